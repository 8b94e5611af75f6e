package ginjwt

import (
	"errors"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"
)

// Token is the answer to a login (RFC 6749 section 5.1).
type Token struct {
	// AccessToken is what Issuer.Sign returns, or an opaque token.
	AccessToken string `json:"access_token"`
	// TokenType is "bearer" if it is empty.
	TokenType string `json:"token_type"`
	// ExpiresIn is the access token's lifetime in seconds.
	ExpiresIn int `json:"expires_in,omitzero"`
	// RefreshToken is left out if it is empty.
	RefreshToken string `json:"refresh_token,omitzero"`
	// Scope is what was granted. It must be told if it differs from what was
	// asked for (RFC 6749 section 3.3), which an empty one cannot be.
	Scope Scope `json:"scope,omitzero"`
}

// WriteToken answers a login with t: 200, and "Cache-Control: no-store". It is
// a handler for Handle. A Token without an AccessToken is answered with 500.
func WriteToken(c *gin.Context, t Token) {
	noStore(c)
	if t.AccessToken == "" {
		Abort(c, errors.New("ginjwt: WriteToken: the login returned a Token without an AccessToken"))
		return
	}
	if t.TokenType == "" {
		t.TokenType = "bearer"
	}
	body, err := json.Marshal(t)
	if err != nil {
		Abort(c, err)
		return
	}
	writeJSON(c, 200, body)
}
