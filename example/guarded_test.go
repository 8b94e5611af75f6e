package main

import (
	"net/http/httptest"
	"testing"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

func TestEveryRouteIsGuarded(t *testing.T) {
	r := setupRouter(ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256)), ginjwt.Must(sessions.NewMemory(sessions.MemoryConfig{})), nil)
	ginjwttest.EveryRouteGuarded(t, r, "GET /feed") // which greets guests
}

func TestForgedTokensAreRefused(t *testing.T) {
	key := ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256))
	r := setupRouter(key, ginjwt.Must(sessions.NewMemory(sessions.MemoryConfig{})), nil)
	issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: key, Issuer: ownIssuer, Audience: []string{"example"}}))
	token := ginjwttest.Token(t, issuer, &ginjwt.Claims{Subject: "johndoe", Scope: "me"})
	ginjwttest.RefusesForged(t, r, ginjwttest.Authorized(httptest.NewRequest("GET", "/users/me/", nil), token), key)
}
