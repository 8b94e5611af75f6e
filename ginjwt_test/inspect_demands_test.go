package ginjwt_test

import (
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/inspect"
)

// onlyRoute returns the one route of an engine that register fills.
func onlyRoute(t *testing.T, register func(*gin.Engine)) inspect.Route {
	t.Helper()
	e := gin.New()
	register(e)
	routes, err := inspect.Routes(e)
	require.NoError(t, err)
	require.Len(t, routes, 1)
	return routes[0]
}

func plainHandler(c *gin.Context) { c.Status(http.StatusOK) }

func answerString(c *gin.Context, _ string) { c.Status(http.StatusOK) }

// demandable are dependencies to make demands of.
type demandable struct{ token, key, rawKey, query, other *ginjwt.Dependency[string] }

func newDemandable() demandable {
	granting := func(d *ginjwt.Dependency[string]) *ginjwt.Dependency[string] {
		return ginjwt.Grants(d, func(string) []string { return nil })
	}
	rawKey := ginjwt.APIKeyHeader("X-Key", ginjwt.SchemeName("Key"))
	return demandable{
		token: granting(ginjwt.OAuth2PasswordBearer("/token", ginjwt.SchemeName("Token"))),
		key:   granting(rawKey), rawKey: rawKey,
		query: granting(ginjwt.APIKeyQuery("key", ginjwt.SchemeName("Query"))),
		other: ginjwt.APIKeyHeader("X-Other", ginjwt.SchemeName("Other")),
	}
}

func both(a, b *ginjwt.Dependency[string]) *ginjwt.Dependency[string] {
	return ginjwt.Depends2(a, b, func(_ *gin.Context, v, _ string) (string, error) { return v, nil })
}

func checked(d *ginjwt.Dependency[string], name string) *ginjwt.Dependency[string] {
	return ginjwt.Check(d, name, func(*gin.Context, string) error { return nil })
}

func maybe(d *ginjwt.Dependency[string]) *ginjwt.Dependency[string] {
	return ginjwt.OptionalOr(d, "")
}

func TestDemandsOfADependency(t *testing.T) {
	t.Parallel()
	p := newDemandable()
	me := ginjwt.Security(p.token, "me")
	cases := map[string]struct {
		d    *ginjwt.Dependency[string]
		want string
	}{
		"a scheme":                             {p.other, "Other"},
		"scopes, the outermost first":          {ginjwt.Security(me, "items", "more"), "Token items more me"},
		"each scope once":                      {ginjwt.Security(me, "me", "items"), "Token me items"},
		"any of some scopes":                   {ginjwt.SecurityAny(me, "a", "b"), "Token a me, or Token b me"},
		"any of the same scopes":               {ginjwt.SecurityAny(p.token, "a", "a"), "Token a"},
		"scopes side by side":                  {both(ginjwt.Security(p.token, "x"), me), "Token x me"},
		"two schemes are an and":               {both(p.other, me), "Other and Token me"},
		"AnyOf is an or":                       {ginjwt.AnyOf(me, p.key), "Token me, or Key"},
		"AnyOf in an and":                      {both(p.other, ginjwt.AnyOf(me, p.key)), "Other and Token me, or Other and Key"},
		"an and in AnyOf":                      {ginjwt.AnyOf(both(p.other, me), p.key), "Other and Token me, or Key"},
		"AnyOf in AnyOf":                       {ginjwt.AnyOf(ginjwt.AnyOf(me, p.key), p.query), "Token me, or Key, or Query"},
		"Security over AnyOf":                  {ginjwt.Security(ginjwt.AnyOf(me, p.key), "x"), "Token x me, or Key x"},
		"Optional":                             {maybe(me), "Token me, optional"},
		"Optional twice":                       {maybe(maybe(me)), "Token me, optional"},
		"Optional AnyOf":                       {maybe(ginjwt.AnyOf(me, p.key)), "Token me, or Key, optional"},
		"Optional of two is all or nothing":    {maybe(both(p.other, me)), "Other and Token me, optional"},
		"Optional beside what is required":     {both(p.other, maybe(me)), "Other and Token me, or Other"},
		"two Optionals":                        {both(maybe(p.other), maybe(me)), "Other and Token me, or Other, or Token me, optional"},
		"Optional of what is required as well": {both(maybe(p.token), me), "Token me"},
		"a check":                              {checked(me, "role:admin"), "Token me, check role:admin"},
		"each check once":                      {both(checked(me, "x"), checked(me, "x")), "Token me, check x"},
		"the outer check first":                {checked(checked(me, "inner"), "outer"), "Token me, check outer, check inner"},
		"scopes over Grants over scopes":       {ginjwt.Security(ginjwt.Grants(me, func(string) []string { return nil }), "x"), "Token x me"},
		"the token's scopes, not the key's":    {ginjwt.Security(ginjwt.Grants(both(p.token, p.other), func(string) []string { return nil }), "x"), "Token x and Other"},
		"Depends":                              {ginjwt.Depends(me, func(_ *gin.Context, v string) (string, error) { return v, nil }), "Token me"},
		"AllOf": {ginjwt.Depends(ginjwt.AllOf(p.other, me), func(*gin.Context, struct{}) (string, error) { return "", nil }),
			"Other and Token me"},
		"scopes of an AnyOf are not those of a key beside it": {ginjwt.Security(both(ginjwt.AnyOf(p.token, p.key), maybe(p.key)), "x"),
			"Token x and Key, or Token x, or Key x"},
		"nor of one that is required beside it": {ginjwt.Security(both(ginjwt.AnyOf(p.token, p.key), p.rawKey), "x"),
			"Token x and Key, or Key x"},
		"a key with the token's name beside it": {ginjwt.Security(both(p.token, ginjwt.APIKeyHeader("X-Same", ginjwt.SchemeName("Token"))), "x"),
			"Token x and Token"},
		"Optional with scopes cannot be left out by who is known": {both(maybe(ginjwt.Security(p.token, "x")), me), "Token x me"},
		"AnyOf is not left to who has its first credentials":      {both(ginjwt.AnyOf(ginjwt.Security(p.token, "x"), p.key), me), "Token x me"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := onlyRoute(t, func(e *gin.Engine) { e.GET("/", ginjwt.Handle(tc.d, answerString)) })
			assert.Equal(t, tc.want, r.Access())
			guarded := onlyRoute(t, func(e *gin.Engine) { e.GET("/", ginjwt.Require(tc.d), plainHandler) })
			assert.Equal(t, tc.want, guarded.Access(), "Require demands what Handle does")
		})
	}
}

func TestDemandsOfARouteAddUp(t *testing.T) {
	t.Parallel()
	p := newDemandable()
	me, items := ginjwt.Security(p.token, "me"), ginjwt.Security(p.token, "items")
	cases := map[string]struct {
		register func(*gin.Engine)
		want     string
		guard    int
	}{
		"the group's scopes first": {func(e *gin.Engine) {
			e.Group("/g", ginjwt.Require(me)).GET("/", ginjwt.Handle(items, answerString))
		}, "Token me items", 1},
		"nested groups": {func(e *gin.Engine) {
			g := e.Group("/a", plainHandler, ginjwt.Require(p.other)).Group("/b", ginjwt.Require(items))
			g.GET("/", ginjwt.Handle(me, answerString))
		}, "Other and Token items me", 2},
		"several guards in one Require": {func(e *gin.Engine) {
			e.GET("/", ginjwt.Require(p.other, checked(me, "x"), p.key), plainHandler)
		}, "Other and Token me and Key, check x", 1},
		"Handle2": {func(e *gin.Engine) {
			e.GET("/", ginjwt.Handle2(p.other, me, func(*gin.Context, string, string) {}))
		}, "Other and Token me", 1},
		"Handle3": {func(e *gin.Engine) {
			e.GET("/", ginjwt.Handle3(p.other, me, p.key, func(*gin.Context, string, string, string) {}))
		}, "Other and Token me and Key", 1},
		"optional in the group, required at the route": {func(e *gin.Engine) {
			e.Group("/", ginjwt.Require(maybe(p.token))).GET("/", ginjwt.Handle(me, answerString))
		}, "Token me", 1},
		"optional in the group, another required": {func(e *gin.Engine) {
			e.Group("/", ginjwt.Require(maybe(p.token))).GET("/", ginjwt.Handle(p.other, answerString))
		}, "Token and Other, or Other", 1},
		"scopes of an optional demand in the group": {func(e *gin.Engine) {
			e.Group("/", ginjwt.Require(maybe(items))).GET("/", ginjwt.Handle(me, answerString))
		}, "Token items me", 1},
		"schemes that are alike are one": {func(e *gin.Engine) {
			e.Group("/", ginjwt.Require(ginjwt.APIKeyHeader("X"))).GET("/", ginjwt.Handle(ginjwt.APIKeyHeader("X"), answerString))
		}, "APIKeyHeader", 1},
		"a demand without credentials is no guard": {func(e *gin.Engine) {
			none := ginjwt.Provide(func(*gin.Context) (string, error) { return "", nil })
			e.GET("/", ginjwt.Require(none), ginjwt.Handle(none, answerString))
		}, "open", 0},
		"Public": {func(e *gin.Engine) { e.GET("/", ginjwt.Public(), plainHandler) }, "public", 0},
		"Public opens nothing": {func(e *gin.Engine) {
			e.Group("/", ginjwt.Require(me)).GET("/", ginjwt.Public(), plainHandler)
		}, "Token me", 1},
		"a guard that is last guards nothing": {func(e *gin.Engine) {
			e.GET("/", plainHandler, ginjwt.Require(me))
		}, "open: the guard is the last handler", 0},
		"a guard after a Handle guards nothing": {func(e *gin.Engine) {
			e.GET("/", ginjwt.Handle(p.other, answerString), ginjwt.Require(checked(me, "x")), plainHandler)
		}, "Other: a guard stands after the handler that answers", 1},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := onlyRoute(t, tc.register)
			assert.Equal(t, tc.want, r.Access())
			assert.Equal(t, tc.guard, r.Guard)
		})
	}
}
