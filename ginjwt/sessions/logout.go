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
			s.clearCookies(c) // refused ones as well: the page's scripts could not remove them
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
			return errors.Join(s.endAccess(ctx, claims), s.endSessionOf(ctx, refresh))
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
	return s.endSessionOf(ctx, refresh)
}

// refreshTokenOf returns the refresh token of a request, and false if it has none:
// the body need not be a form.
func (s *Sessions[D]) refreshTokenOf(c *gin.Context) (refreshToken, bool) {
	var form url.Values
	if strings.HasPrefix(c.ContentType(), "application/x-www-form-urlencoded") {
		form, _ = tokenForm.Get(c)
	}
	t, given, err := s.presented(c, form)
	return t, given && err == nil
}

var tokenForm = ginjwt.TokenForm()

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
	// Verify says so only if all else is good, the signature included. So the
	// payload can be read without further checks.
	parts := strings.Split(token, ".")
	payload, decodeErr := base64.RawURLEncoding.DecodeString(parts[1])
	if decodeErr != nil || json.Unmarshal(payload, &claims) != nil {
		return ginjwt.Claims{}, err
	}
	return claims, nil
}
