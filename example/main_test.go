package main

import (
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

// setup returns the program and the key that it signs with.
func setup() (*gin.Engine, ginjwt.Key) {
	key := ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256))
	return setupRouter(key, ginjwt.Must(sessions.NewMemory(sessions.MemoryConfig{})), nil), key
}

func TestReadMe(t *testing.T) {
	r, _ := setup()
	req := httptest.NewRequest("GET", "/users/me/", nil)

	ginjwttest.Unauthorized(t, ginjwttest.Do(t, r, req))
	ginjwttest.Forbidden(t, ginjwttest.Do(t, r, ginjwttest.As(req, users["johndoe"])), "me")
	rec := ginjwttest.Do(t, r, ginjwttest.As(req, users["johndoe"], "me"))
	assert.Equal(t, 200, rec.Code)
	assert.JSONEq(t, `{"username":"johndoe","email":"johndoe@example.com","full_name":"John Doe","disabled":false}`, rec.Body.String())
}

func TestEveryRouteIsGuarded(t *testing.T) {
	r, _ := setup()
	ginjwttest.EveryRouteGuarded(t, r, "GET /feed") // which greets guests
}

func TestForgedTokensAreRefused(t *testing.T) {
	r, key := setup()
	issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: key, Issuer: ownIssuer, Audience: []string{"example"}}))
	token := ginjwttest.Token(t, issuer, &ginjwt.Claims{Subject: "johndoe", Scope: "me"})
	ginjwttest.RefusesForged(t, r, ginjwttest.Authorized(httptest.NewRequest("GET", "/users/me/", nil), token), key)
}
