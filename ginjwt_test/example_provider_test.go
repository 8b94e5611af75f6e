package ginjwt_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
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
	idp := ginjwttest.NewIssuer(t, "https://api.example")
	app := startExample(t, exe, "OIDC_ISSUER="+idp.URL, "OIDC_AUDIENCE=https://api.example")

	own := app.do(t, "GET", "/users/me/", "Bearer "+app.login(t, "johndoe", "secret", "me").AccessToken, nil)
	assert.Equal(t, 200, own.status, own.body)
	assert.Contains(t, own.body, "John Doe")

	johndoe := "Bearer " + ginjwttest.Token(t, idp, &ginjwt.Claims{Subject: "johndoe", Scope: "me"})
	foreign := app.do(t, "GET", "/users/me/", johndoe, nil)
	assert.Equal(t, 200, foreign.status, foreign.body)
	assert.Contains(t, foreign.body, "johndoe of "+idp.URL)
	assert.NotContains(t, foreign.body, "John Doe", "another issuer's johndoe is somebody else")
	scopeless := "Bearer " + ginjwttest.Token(t, idp, &ginjwt.Claims{Subject: "johndoe"})
	assert.Equal(t, 403, app.do(t, "GET", "/users/me/", scopeless, nil).status, "scopes are judged")
	assert.Equal(t, 401, app.do(t, "GET", "/sessions", johndoe, nil).status, "sessions are the program's own users'")
	assert.Equal(t, 401, app.do(t, "DELETE", "/sessions", johndoe, nil).status)
}
