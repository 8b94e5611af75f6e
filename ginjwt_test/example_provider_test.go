package ginjwt_test

import (
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

// The example accepts a provider's access tokens beside its own, and takes
// nobody of the provider's for one of its own users.
func testExampleProvider(t *testing.T, exe string) {
	t.Run("needs its audience", func(t *testing.T) {
		app := launchExample(t, exe, "OIDC_ISSUER=https://id.example")
		assert.Equal(t, 1, app.exit(t))
		assert.Contains(t, app.log.String(), "OIDC_ISSUER and OIDC_AUDIENCE: ")
		assert.Contains(t, app.log.String(), "Audience")
	})
	issuer, url := exampleProvider(t)
	sign := func(claims *ginjwt.Claims) string {
		t.Helper()
		token, err := issuer.Sign(claims)
		require.NoError(t, err)
		return "Bearer " + token
	}
	app := startExample(t, exe, "OIDC_ISSUER="+url, "OIDC_AUDIENCE=https://api.example")

	own := app.do(t, "GET", "/users/me/", "Bearer "+app.login(t, "johndoe", "secret", "me").AccessToken, nil)
	assert.Equal(t, 200, own.status, own.body)
	assert.Contains(t, own.body, "John Doe")

	johndoe := sign(&ginjwt.Claims{Subject: "johndoe", Scope: "me"})
	foreign := app.do(t, "GET", "/users/me/", johndoe, nil)
	assert.Equal(t, 200, foreign.status, foreign.body)
	assert.Contains(t, foreign.body, "johndoe of "+url)
	assert.NotContains(t, foreign.body, "John Doe", "another issuer's johndoe is somebody else")
	assert.Equal(t, 403, app.do(t, "GET", "/users/me/", sign(&ginjwt.Claims{Subject: "johndoe"}), nil).status, "scopes are judged")
	assert.Equal(t, 401, app.do(t, "GET", "/sessions", johndoe, nil).status, "sessions are the program's own users'")
	assert.Equal(t, 401, app.do(t, "DELETE", "/sessions", johndoe, nil).status)
}

// exampleProvider starts a provider with metadata and a key set.
func exampleProvider(t *testing.T) (*ginjwt.Issuer, string) {
	t.Helper()
	key, err := ginjwt.GenerateKey(ginjwt.ES256)
	require.NoError(t, err)
	ring, err := jwks.NewRing(jwks.RingConfig{}, jwks.RingKey{Key: key})
	require.NoError(t, err)
	r := gin.New()
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.GET("/keys", jwks.Handler(ring))
	r.GET("/.well-known/openid-configuration", func(c *gin.Context) {
		c.JSON(200, gin.H{"issuer": server.URL, "jwks_uri": server.URL + "/keys"})
	})
	issuer, err := ginjwt.NewIssuer(ginjwt.IssuerConfig{Keys: ring, Issuer: server.URL, Audience: []string{"https://api.example"}})
	require.NoError(t, err)
	return issuer, server.URL
}
