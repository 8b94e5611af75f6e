package sessions

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/internal/describe"
)

// Revoke returns the revocation endpoint of RFC 7009, for POST: a refresh token
// ends its session, an access token is revoked by itself. A token that is none
// is no error. Clients authenticate as at the token endpoint, and can revoke
// their own tokens only.
func (s *Sessions[D]) Revoke() gin.HandlerFunc {
	form := ginjwt.Depends2(s.sameOrigin(), ginjwt.TokenForm(), func(c *gin.Context, _ struct{}, form url.Values) (struct{}, error) {
		client, err := s.client(c, form)
		if err != nil {
			return struct{}{}, err
		}
		switch form.Get("token_type_hint") {
		case "", "access_token", "refresh_token": // the two cannot be mistaken for each other
		default:
			return struct{}{}, coded(ginjwt.InvalidRequest("Only access tokens and refresh tokens can be revoked"), 400, "unsupported_token_type")
		}
		if form.Get("token") == "" {
			return struct{}{}, ginjwt.InvalidRequest("Missing form field: token")
		}
		return struct{}{}, s.revoke(c.Request.Context(), form.Get("token"), client)
	})
	return endpoint(describe.Revocation, ginjwt.Handle(form, func(c *gin.Context, _ struct{}) {
		c.Status(http.StatusOK)
		c.Writer.WriteHeaderNow()
	}))
}

func (s *Sessions[D]) revoke(ctx context.Context, token, client string) error {
	if t, ok := parseRefreshToken(token); ok {
		return s.revokeRefresh(ctx, t, client)
	}
	claims, err := s.authentic(ctx, token)
	switch e := asError(err); {
	case err == nil && claims.ClientID != client:
		return errForeignToken()
	case err == nil:
		return s.revokeAccess(ctx, claims)
	case e != nil && e.Status == http.StatusUnauthorized:
		return nil // no token of ours (RFC 7009 section 2.2)
	}
	return err
}

func (s *Sessions[D]) revokeRefresh(ctx context.Context, t refreshToken, client string) error {
	d, r, err := s.session(ctx, t)
	switch {
	case err != nil || r.ID == "":
		return err
	case d.Client != client:
		return errForeignToken()
	}
	return s.endRecord(ctx, t.tag, r.ID)
}

// errForeignToken is the refusal of RFC 7009 section 2.1.
func errForeignToken() error { return ginjwt.InvalidGrant("The token was issued to another client") }
