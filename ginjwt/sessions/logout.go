package sessions

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/internal/describe"
)

// Logout returns a handler, for POST, that ends the session of the access token
// that it is sent, expired or not, or of the refresh token in the form or the
// cookie. It answers 204. A session that is over already is no error.
func (s *Sessions[D]) Logout() gin.HandlerFunc {
	var places []ginjwt.SchemeOption
	if k := s.cfg.Cookies; k != nil {
		places = append(places, ginjwt.FromCookie(k.AccessName()))
		if len(k.TrustedOrigins) > 0 {
			places = append(places, ginjwt.TrustedOrigins(k.TrustedOrigins...))
		}
	}
	token := ginjwt.HTTPBearer(places...)
	return endpoint(describe.Logout, ginjwt.Handle2(s.sameOrigin(), ginjwt.Optional(token), func(c *gin.Context, _ struct{}, access *string) {
		if c.Request.Method != http.MethodPost {
			c.Header("Allow", http.MethodPost)
			ginjwt.Abort(c, ginjwt.HTTPError(http.StatusMethodNotAllowed, "Log out with POST"))
			return
		}
		err := s.logOut(c, token, access)
		if e := asError(err); err == nil || e != nil && e.Status == http.StatusUnauthorized {
			s.clearCookies(c) // refused ones too, which no script could remove
		}
		if err != nil {
			ginjwt.Abort(c, err)
			return
		}
		c.Header("Cache-Control", "no-store")
		c.Status(http.StatusNoContent)
		c.Writer.WriteHeaderNow()
	}))
}

func (s *Sessions[D]) logOut(c *gin.Context, token *ginjwt.Dependency[string], access *string) error {
	ctx := c.Request.Context()
	refresh, given := s.refreshTokenOf(c)
	if access != nil {
		claims, err := s.authentic(ctx, *access)
		switch {
		case err == nil && given:
			return errors.Join(s.endAccess(ctx, claims), s.endPresentedToken(ctx, refresh))
		case err == nil:
			return s.endAccess(ctx, claims)
		case !given || asError(err) == nil || asError(err).Status != http.StatusUnauthorized:
			return err
		}
	}
	if !given {
		_, err := token.Get(c) // says how to authenticate
		return err
	}
	return s.endPresentedToken(ctx, refresh)
}

// refreshTokenOf returns the refresh token of a request whose body, if it is a
// form at all, may have one.
func (s *Sessions[D]) refreshTokenOf(c *gin.Context) (refreshToken, bool) {
	var form url.Values
	if strings.HasPrefix(c.ContentType(), "application/x-www-form-urlencoded") {
		form, _ = tokenForm.Get(c)
	}
	t, given, err := s.presented(c, form)
	return t, given && err == nil
}

var tokenForm = ginjwt.TokenForm()

// endPresented ends the session of the refresh token that came with a login, if
// one did.
func (s *Sessions[D]) endPresented(c *gin.Context, form url.Values) error {
	t, given, err := s.presented(c, form)
	if err != nil || !given {
		return nil //nolint:nilerr // none, and the login has nothing to do with it
	}
	return s.endPresentedToken(c.Request.Context(), t)
}

// endPresentedToken ends the session of t, if it is not over.
func (s *Sessions[D]) endPresentedToken(ctx context.Context, t refreshToken) error {
	r, _, err := s.record(ctx, t)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.endRecord(ctx, t.tag, r.ID)
}

// record returns the session of t and the subject's generation, or ErrNotFound
// if it is over or the family secret is another: to know a session's ID, or to
// make one up, must tell nothing and end nothing.
func (s *Sessions[D]) record(ctx context.Context, t refreshToken) (r Record, generation int64, err error) {
	r, generation, err = s.cfg.Store.Get(ctx, t.tag, t.sessionID())
	switch {
	case errors.Is(err, ErrNotFound), err == nil && !same(t.familyHash(), r.Family):
		return Record{}, 0, ErrNotFound
	case err != nil:
		return Record{}, 0, outage(ctx, err)
	}
	return r, generation, nil
}

func (s *Sessions[D]) endRecord(ctx context.Context, tag Tag, id string) error {
	return outage(ctx, s.cfg.Store.End(ctx, tag, id, s.retain))
}

// endAccess ends the session of an access token, or revokes it by itself if it
// has none.
func (s *Sessions[D]) endAccess(ctx context.Context, claims ginjwt.Claims) error {
	if claims.SessionID == "" {
		return s.revokeAccess(ctx, claims)
	}
	return s.endRecord(ctx, s.tag(claims.Subject), claims.SessionID)
}

// revokeAccess revokes one access token and nothing of its session.
func (s *Sessions[D]) revokeAccess(ctx context.Context, claims ginjwt.Claims) error {
	return outage(ctx, s.cfg.Store.Revoke(ctx, s.tag(claims.Subject), claims.JWTID, s.retain))
}

// authentic returns the claims of an access token that the Issuer signed, even
// if it has expired since.
func (s *Sessions[D]) authentic(ctx context.Context, token string) (ginjwt.Claims, error) {
	claims, err := ginjwt.Verify[ginjwt.Claims](ctx, s.verifier, token)
	if e := asError(err); e == nil || e.Code != ginjwt.CodeExpiredToken {
		return claims, err
	}
	// That it expired is told only of a token that is good in all else, so what
	// it says can be taken as it stands.
	parts := strings.Split(token, ".")
	payload, decodeErr := base64.RawURLEncoding.DecodeString(parts[1])
	if decodeErr != nil || json.Unmarshal(payload, &claims) != nil {
		return ginjwt.Claims{}, err
	}
	return claims, nil
}

func asError(err error) *ginjwt.Error {
	var e *ginjwt.Error
	errors.As(err, &e)
	return e
}
