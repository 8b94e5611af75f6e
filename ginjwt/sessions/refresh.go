package sessions

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// errRefused is the answer to refresh tokens that are unknown, expired, revoked,
// used or another client's: it does not tell which.
func errRefused() error { return ginjwt.InvalidGrant("The refresh token is not valid") }

// refresh renews the session of the refresh token that is presented. If another
// request rotated it in between, it is judged once more, by what is stored now.
func (s *Sessions[D]) refresh(c *gin.Context, form url.Values, client string) (issued, error) {
	presented, given, err := s.presented(c, form)
	if err != nil {
		return issued{}, err
	}
	token := issued{}
	err = errRefused()
	if given {
		asked := ginjwt.Scope(form.Get("scope"))
		token, err = s.refreshOnce(c, presented, asked, client)
		if errors.Is(err, ErrConflict) {
			token, err = s.refreshOnce(c, presented, asked, client)
		}
		if errors.Is(err, ErrConflict) { // its successor was used by now, too
			err = s.endBecause(c.Request.Context(), presented, errRefused())
		}
	}
	if e := asError(err); e != nil && e.Code == ginjwt.CodeInvalidGrant {
		s.clearCookies(c)
	}
	return token, err
}

// refreshOnce signs first and rotates then: a refresh that fails uses nothing up.
func (s *Sessions[D]) refreshOnce(c *gin.Context, presented refreshToken, asked ginjwt.Scope, client string) (issued, error) {
	ctx := c.Request.Context()
	old, err := s.renewable(ctx, presented, client)
	if err != nil {
		return issued{}, err
	}
	scope, err := narrowed(old.data.Scope, asked)
	if err != nil {
		return issued{}, err
	}
	token, err := s.sign(c, old.data, scope, old.record.ID, old.generation, old.record.Ends.Sub(old.now))
	if gone(err) {
		return issued{}, s.endBecause(ctx, presented, errRefused())
	}
	if err != nil {
		return issued{}, err
	}
	next := presented.successor(old.record.Salt)
	if !old.replayed {
		next, err = s.rotate(ctx, presented, old.record, old.now)
	}
	if err != nil {
		return issued{}, err
	}
	token.RefreshToken = next.String()
	return issued{token, s.idle(old.record, old.now)}, nil
}

// renewable is a session that a refresh token may renew at the time now.
type renewable[D any] struct {
	record     Record
	data       data[D]
	generation int64
	now        time.Time
	replayed   bool // the token was used before, and is within Grace
}

// renewable returns the session that presented may renew. One that was used
// before, and is not within Grace, was stolen: its session ends.
func (s *Sessions[D]) renewable(ctx context.Context, presented refreshToken, client string) (renewable[D], error) {
	r, generation, err := s.record(ctx, presented)
	if errors.Is(err, ErrNotFound) {
		return renewable[D]{}, errRefused()
	}
	if err != nil {
		return renewable[D]{}, err
	}
	d, err := unpack[D](r)
	if err != nil {
		return renewable[D]{}, err
	}
	now := s.cfg.Now()
	if d.Client != client || r.Ends.Sub(now) < time.Second {
		return renewable[D]{}, errRefused()
	}
	replayed := !same(presented.rotationHash(), r.Current)
	if replayed && (!same(presented.rotationHash(), r.Previous) || !now.Before(r.GraceEnds)) {
		return renewable[D]{}, s.endBecause(ctx, presented, errRefused())
	}
	return renewable[D]{r, d, generation, now, replayed}, nil
}

// rotate stores the successor of presented, and returns it. The error is
// ErrConflict if another request came before.
func (s *Sessions[D]) rotate(ctx context.Context, presented refreshToken, r Record, now time.Time) (refreshToken, error) {
	salt := newSalt()
	next := presented.successor(salt)
	to := Rotation{Current: next.rotationHash(), Used: now}
	if s.cfg.Grace > 0 {
		to.Previous, to.Salt, to.GraceEnds = presented.rotationHash(), salt, now.Add(s.cfg.Grace)
	}
	if err := ctx.Err(); err != nil {
		return next, err
	}
	err := s.cfg.Store.Rotate(ctx, presented.tag, r.ID, presented.rotationHash(), to, s.idle(r, now))
	switch {
	case errors.Is(err, ErrConflict):
		return next, err
	case errors.Is(err, ErrNotFound):
		return next, errRefused()
	}
	return next, outage(ctx, err)
}

// idle returns how long the session can be left unused from now on.
func (s *Sessions[D]) idle(r Record, now time.Time) time.Duration {
	return min(s.cfg.IdleTTL, r.Ends.Sub(now))
}
