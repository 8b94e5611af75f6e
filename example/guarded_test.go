package main

import (
	"net/http/httptest"
	"testing"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

func TestEveryRouteIsGuarded(t *testing.T) {
	r := newRouter(ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256)))
	ginjwttest.EveryRouteGuarded(t, r, "GET /feed") // which greets guests
}

func TestForgedTokensAreRefused(t *testing.T) {
	key := ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256))
	issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: key, Issuer: ownIssuer, Audience: []string{ownAudience}}))
	token := ginjwttest.Token(t, issuer, &ginjwt.Claims{Subject: "johndoe", Scope: "me"})
	req := ginjwttest.Authorized(httptest.NewRequest("GET", "/users/me/", nil), token)
	ginjwttest.RefusesForged(t, newRouter(key), req, key)
}
