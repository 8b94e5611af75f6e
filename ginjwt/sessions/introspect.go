package sessions

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/internal/describe"
)

// introspection is the answer of RFC 7662 section 2.2. For a token that is not
// active, all but Active is empty.
type introspection struct {
	Active    bool               `json:"active"`
	Scope     ginjwt.Scope       `json:"scope,omitzero"`
	ClientID  string             `json:"client_id,omitzero"`
	TokenType string             `json:"token_type,omitzero"`
	ExpiresAt ginjwt.NumericDate `json:"exp,omitzero"`
	IssuedAt  ginjwt.NumericDate `json:"iat,omitzero"`
	NotBefore ginjwt.NumericDate `json:"nbf,omitzero"`
	Subject   string             `json:"sub,omitzero"`
	Audience  ginjwt.Audience    `json:"aud,omitzero"`
	Issuer    string             `json:"iss,omitzero"`
	JWTID     string             `json:"jti,omitzero"`
	SessionID string             `json:"sid,omitzero"`
}

// Introspect returns the introspection endpoint of RFC 7662, for POST: it says
// whether an access token or a refresh token is good, revocation included, and
// for whom. caller guards it, for only services that tokens are presented to
// may ask (section 4): an API key, a client's password, a token with a scope.
func (s *Sessions[D]) Introspect(caller ginjwt.Guard) gin.HandlerFunc {
	answer := ginjwt.Depends2(ginjwt.AllOf(caller), ginjwt.TokenForm(), s.introspect)
	return endpoint(describe.Introspection, ginjwt.Handle(answer, func(c *gin.Context, in introspection) {
		body, err := json.Marshal(in)
		if err != nil {
			ginjwt.Abort(c, err)
			return
		}
		c.Header("Content-Type", "application/json")
		c.Data(http.StatusOK, "application/json", body)
	}))
}

func (s *Sessions[D]) introspect(c *gin.Context, _ struct{}, form url.Values) (introspection, error) {
	token := form.Get("token")
	if token == "" {
		return introspection{}, ginjwt.InvalidRequest("Missing form field: token")
	}
	ctx := c.Request.Context()
	if t, ok := parseRefreshToken(token); ok {
		return s.introspectRefresh(c, t)
	}
	claims, err := ginjwt.Verify[ginjwt.Claims](ctx, s.verifier, token)
	if e := asError(err); e != nil && e.Status == http.StatusUnauthorized {
		return introspection{}, nil
	}
	if err != nil {
		return introspection{}, err
	}
	if revoked, err := s.Revoker().Revoked(ctx, &claims); revoked || err != nil {
		return introspection{}, outage(ctx, err)
	}
	if !s.mayIntrospect(c, claims) {
		return introspection{}, nil
	}
	return introspection{
		Active: true, Scope: claims.Scope, ClientID: claims.ClientID, TokenType: "Bearer",
		ExpiresAt: claims.ExpiresAt, IssuedAt: claims.IssuedAt, NotBefore: claims.NotBefore,
		Subject: claims.Subject, Audience: claims.Audience, Issuer: claims.Issuer,
		JWTID: claims.JWTID, SessionID: claims.SessionID,
	}, nil
}

// mayIntrospect reports whether the caller may see the token of claims.
func (s *Sessions[D]) mayIntrospect(c *gin.Context, claims ginjwt.Claims) bool {
	return s.cfg.MayIntrospect == nil || s.cfg.MayIntrospect(c, &claims)
}

// introspectRefresh tells of a refresh token only if it is the newest.
func (s *Sessions[D]) introspectRefresh(c *gin.Context, t refreshToken) (introspection, error) {
	d, r, err := s.session(c.Request.Context(), t)
	if err != nil || r.ID == "" || !same(t.rotationHash(), r.Current) || !s.cfg.Now().Before(r.Ends) {
		return introspection{}, err
	}
	claims := ginjwt.Claims{Issuer: s.issuer, Subject: d.Subject, Scope: d.Scope}
	claims.ClientID, claims.SessionID = d.Client, r.ID
	if !s.mayIntrospect(c, claims) {
		return introspection{}, nil
	}
	return introspection{
		Active: true, Scope: d.Scope, ClientID: d.Client, Subject: d.Subject, Issuer: s.issuer,
		TokenType: "refresh_token", // so that nobody takes it for an access token
		IssuedAt:  ginjwt.NewNumericDate(r.Used), SessionID: r.ID,
	}, nil
}
