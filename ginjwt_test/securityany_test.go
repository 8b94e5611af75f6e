package ginjwt_test

import (
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
)

func TestSecurityAnyDemandsAtLeastOneScope(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	anyOf := ginjwt.SecurityAny(g.user, "read", "write")
	cases := map[string]struct {
		guard   ginjwt.Guard
		granted ginjwt.Scope
		lacks   string // the challenge's scopes, or empty where the request passes
	}{
		"the first":                             {anyOf, "read", ""},
		"the last":                              {anyOf, "write", ""},
		"both":                                  {anyOf, "write read", ""},
		"one among others":                      {anyOf, "a write b", ""},
		"none granted":                          {anyOf, "", "read write"},
		"another granted":                       {anyOf, "admin", "read write"},
		"a longer name":                         {anyOf, "reads awrite read:all", "read write"},
		"other letter case":                     {anyOf, "READ Write", "read write"},
		"of one scope, granted":                 {ginjwt.SecurityAny(g.user, "read"), "read", ""},
		"of one scope, lacking":                 {ginjwt.SecurityAny(g.user, "read"), "write", "read"},
		"each scope named once":                 {ginjwt.SecurityAny(g.user, "read", "read"), "", "read"},
		"below Security, both met":              {ginjwt.Security(anyOf, "me"), "me write", ""},
		"below Security, the inner one lacks":   {ginjwt.Security(anyOf, "me"), "me", "me read write"},
		"below Security, the outer one lacks":   {ginjwt.Security(anyOf, "me"), "read write", "me read write"},
		"over Security, both met":               {ginjwt.SecurityAny(ginjwt.Security(g.user, "me"), "read", "write"), "me read", ""},
		"over Security, the inner one lacks":    {ginjwt.SecurityAny(ginjwt.Security(g.user, "me"), "read", "write"), "read", "read write me"},
		"over Security, the outer one lacks":    {ginjwt.SecurityAny(ginjwt.Security(g.user, "me"), "read", "write"), "me", "read write me"},
		"over SecurityAny: one of each":         {ginjwt.SecurityAny(anyOf, "a", "b"), "b read", ""},
		"over SecurityAny: one of the inner":    {ginjwt.SecurityAny(anyOf, "a", "b"), "read write", "a b read write"},
		"over SecurityAny: one of the outer":    {ginjwt.SecurityAny(anyOf, "a", "b"), "a b", "a b read write"},
		"a demand of all below one of any":      {ginjwt.SecurityAny(ginjwt.Security(g.user, "x", "y"), "x", "z"), "x", "x z y"},
		"through a chain":                       {pass(ginjwt.Security(pass(anyOf), "me")), "me", "me read write"},
		"under Optional":                        {ginjwt.Optional(anyOf), "me", "read write"},
		"the claims themselves":                 {ginjwt.SecurityAny(g.claims, "read", "write"), "me", "read write"},
		"over Grants, of which one counts":      {ginjwt.SecurityAny(ginjwt.Grants(g.user, func(graphUser) []string { return []string{"write"} }), "read", "write"), "", ""},
		"over Grants, the token's do not count": {ginjwt.SecurityAny(ginjwt.Grants(g.user, func(graphUser) []string { return nil }), "read", "write"), "read", "read write"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := altOK
			if tc.lacks != "" {
				want = altForbidden(lacking(tc.lacks))
			}
			want.check(t, graphEngine(ginjwt.Require(tc.guard)), "Authorization", "Bearer "+sign(t, g.issuer, "johndoe", tc.granted))
		})
	}
}

func TestSecurityAnyIsJudgedBeforeTheUsersFunctions(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	r := graphEngine(ginjwt.Require(ginjwt.SecurityAny(g.user, "read", "write")))
	assert.Equal(t, 403, get(r, "/", sign(t, g.issuer, "johndoe", "me")).Code)
	assert.Zero(t, g.calls.Load(), "no user is looked up for a token that does not suffice")
	for token, want := range map[string]altAnswer{"": {401, []string{graphNobody}}, "Bearer a.b.c": {401, []string{graphInvalid}}} {
		want.check(t, r, "Authorization", token)
	}
}

func TestSecurityAnyKeepsItsScopes(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	demanded := []string{"read", "write"}
	r := graphEngine(ginjwt.Require(ginjwt.SecurityAny(g.user, demanded...)))
	demanded[0], demanded[1] = "changed", "changed"
	assert.Equal(t, 200, get(r, "/", sign(t, g.issuer, "johndoe", "write")).Code)
	w := get(r, "/", sign(t, g.issuer, "johndoe", "changed"))
	assert.Equal(t, []string{lacking("read write")}, w.Header().Values("WWW-Authenticate"))
}

// TestSecurityAnyBehindGet: the same demand where a handler asks.
func TestSecurityAnyBehindGet(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	secured := ginjwt.Security(ginjwt.SecurityAny(g.user, "read", "write"), "me")
	r := graphEngine(ginjwt.Require(g.user), func(c *gin.Context) {
		u, err := secured.Get(c)
		if err != nil {
			ginjwt.Abort(c, err)
			return
		}
		c.String(http.StatusOK, u.Name)
	})
	altForbidden(lacking("me read write")).check(t, r, "Authorization", "Bearer "+sign(t, g.issuer, "johndoe", "me"))
	altOK.check(t, r, "Authorization", "Bearer "+sign(t, g.issuer, "johndoe", "me write"))
}
