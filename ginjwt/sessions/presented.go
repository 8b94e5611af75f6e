package sessions

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// presented returns the refresh token that a request presents, from the cookie or
// the form; given is false if it does not have the form of one. None at all, and
// two, are errors.
func (s *Sessions[D]) presented(c *gin.Context, form url.Values) (t refreshToken, given bool, err error) {
	text := form.Get("refresh_token")
	if k := s.cfg.Cookies; k != nil {
		cookies := c.Request.CookiesNamed(k.RefreshName())
		if len(cookies)+len(form["refresh_token"]) > 1 {
			return t, false, ginjwt.InvalidRequest("More than one refresh token")
		}
		if len(cookies) == 1 {
			text = cookies[0].Value
		}
	}
	if text == "" {
		return t, false, ginjwt.InvalidRequest("Missing refresh token")
	}
	t, given = parseRefreshToken(text)
	return t, given, nil
}

// endPresented ends the session of the refresh token that a login presents, if it
// presents one.
func (s *Sessions[D]) endPresented(c *gin.Context, form url.Values) error {
	t, given, err := s.presented(c, form)
	if err != nil || !given {
		return nil //nolint:nilerr // a login needs none
	}
	return s.endSessionOf(c.Request.Context(), t)
}

// endSessionOf ends the session of t, if it is not over.
func (s *Sessions[D]) endSessionOf(ctx context.Context, t refreshToken) error {
	r, _, err := s.record(ctx, t)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.endRecord(ctx, t.tag, r.ID)
}

// record returns the session of t and the subject's generation. It returns
// ErrNotFound if the session is over, and also if t has another family secret:
// whoever knows no more than a session's ID must learn nothing and end nothing.
// The same goes for the session of another issuer, which may be in the same Store,
// for it is t that says where to look.
func (s *Sessions[D]) record(ctx context.Context, t refreshToken) (r Record, generation int64, err error) {
	r, generation, err = s.cfg.Store.Get(ctx, t.tag, t.sessionID())
	switch {
	case errors.Is(err, ErrNotFound), err == nil && !same(t.familyHash(), r.Family):
		return Record{}, 0, ErrNotFound
	case err != nil:
		return Record{}, 0, outage(ctx, err)
	case !s.owns(r, t.tag):
		return Record{}, 0, ErrNotFound
	}
	return r, generation, nil
}

// owns reports whether r, found under tag, is a session of this issuer's subject.
// One that cannot be read is told by whoever reads it.
func (s *Sessions[D]) owns(r Record, tag Tag) bool {
	var d struct {
		Subject string `json:"sub"`
	}
	return json.Unmarshal(r.Data, &d) != nil || s.tag(d.Subject) == tag
}

// session is record with the data read. A session that record does not find is
// no error: r.ID is empty then.
func (s *Sessions[D]) session(ctx context.Context, t refreshToken) (d data[D], r Record, err error) {
	r, _, err = s.record(ctx, t)
	if errors.Is(err, ErrNotFound) {
		return d, r, nil
	}
	if err == nil {
		d, err = unpack[D](r)
	}
	return d, r, err
}

// endBecause ends the session of t, even if its client has left meanwhile, and
// returns answer.
func (s *Sessions[D]) endBecause(ctx context.Context, t refreshToken, answer error) error {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer stop()
	if err := s.cfg.Store.End(ctx, t.tag, t.sessionID(), s.retain); err != nil {
		return ginjwt.Unavailable(err)
	}
	return answer
}
