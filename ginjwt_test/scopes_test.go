package ginjwt_test

import (
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

func lacking(scopes string) string {
	return `Bearer realm="api", error="insufficient_scope", error_description="The token lacks a required scope", scope="` + scopes + `"`
}

func pass[T any](d *ginjwt.Dependency[T]) *ginjwt.Dependency[T] { return ginjwt.Depends(d, same) }

func TestSecurityDemandsEveryScope(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	active := ginjwt.Security(pass(g.user), "me")
	cases := map[string]struct {
		guard   ginjwt.Guard
		granted ginjwt.Scope
		lacks   string // the challenge's scopes, or empty where the request passes
	}{
		"the one":                                 {active, "me", ""},
		"more than enough":                        {active, "a me b", ""},
		"none granted":                            {active, "", "me"},
		"another granted":                         {active, "items", "me"},
		"a longer name":                           {active, "me2 ame", "me"},
		"other letter case":                       {active, "ME", "me"},
		"one of two":                              {ginjwt.Security(g.user, "me", "items"), "me", "me items"},
		"the other of two":                        {ginjwt.Security(g.user, "me", "items"), "items", "me items"},
		"both of two":                             {ginjwt.Security(g.user, "me", "items"), "items me", ""},
		"outermost first":                         {ginjwt.Security(active, "items"), "", "items me"},
		"outermost first, the inner one lacking":  {ginjwt.Security(active, "items"), "items", "items me"},
		"outermost first, the outer one lacking":  {ginjwt.Security(active, "items"), "me", "items me"},
		"along a chain, granted":                  {ginjwt.Security(active, "items"), "me items", ""},
		"three levels":                            {ginjwt.Security(pass(ginjwt.Security(pass(active), "b")), "a"), "a b", "a b me"},
		"each scope once":                         {ginjwt.Security(active, "me", "items", "me"), "", "me items"},
		"over Depends2, in order of declaration":  {ginjwt.Depends2(ginjwt.Security(g.user, "x"), active, pairUp), "", "x me"},
		"over a Check":                            {ginjwt.Security(ginjwt.Check(active, "role", refuse), "items"), "me", "items me"},
		"under Optional":                          {ginjwt.Optional(ginjwt.Security(active, "items")), "me", "items me"},
		"a guard without demands above demanding": {pass(active), "", "me"},
		"the claims themselves":                   {ginjwt.Security(g.claims, "me"), "", "me"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var later graphLog
			r := graphEngine(ginjwt.Require(tc.guard), later.handler("later"))
			w := get(r, "/", sign(t, g.issuer, "johndoe", tc.granted))
			if tc.lacks == "" {
				assert.Equal(t, 200, w.Code)
				assert.Equal(t, []string{"later"}, later.all())
				return
			}
			assert.Equal(t, 403, w.Code)
			assert.Equal(t, `{"detail":"Not enough permissions"}`, w.Body.String())
			assert.Equal(t, []string{lacking(tc.lacks)}, w.Header()["Www-Authenticate"])
			assert.Empty(t, later.all())
		})
	}
}

func pairUp(_ *gin.Context, a, b graphUser) (graphUser, error) { return a, nil }
func refuse(*gin.Context, graphUser) error                     { return errors.New("no") }

func TestACredentialThatIsMissingIsNoMissingScope(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	r := graphEngine(ginjwt.Require(ginjwt.Security(g.user, "me")))
	for token, challenge := range map[string]string{"": graphNobody, "a.b.c": graphInvalid} {
		w := get(r, "/", token)
		assert.Equal(t, 401, w.Code)
		assert.Equal(t, challenge, w.Header().Get("WWW-Authenticate"))
	}
}

func TestScopesAreJudgedBeforeTheUsersFunctions(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	assert.Equal(t, 403, get(graphEngine(ginjwt.Require(ginjwt.Security(g.user, "me"))), "/", sign(t, g.issuer, "a", "")).Code)
	assert.Zero(t, g.calls.Load(), "no user is looked up for a token that does not suffice")
}

func TestOneUserUnderDifferentDemands(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	r := graphEngine(ginjwt.Require(ginjwt.Security(g.user, "a")), ginjwt.Handle(ginjwt.Security(g.user, "b"), func(*gin.Context, graphUser) {}))
	assert.Equal(t, 200, get(r, "/", sign(t, g.issuer, "johndoe", "a b")).Code)
	assert.EqualValues(t, 1, g.calls.Load())
	w := get(r, "/", sign(t, g.issuer, "johndoe", "a"))
	assert.Equal(t, lacking("b"), w.Header().Get("WWW-Authenticate"), "the scopes of the guard that refused")
}

func TestTheScopesOfOneTokenNeverServeAnother(t *testing.T) {
	t.Parallel()
	a := newGraphChain(t)
	issuer, verifier := newIssuer(t)
	second := ginjwt.JWT[ginjwt.Claims](ginjwt.Provide(func(c *gin.Context) (string, error) { return c.GetHeader("X-Token"), nil }), verifier)
	both := func(a *ginjwt.Dependency[ginjwt.Claims], b *ginjwt.Dependency[ginjwt.Claims]) gin.HandlerFunc {
		return ginjwt.Handle(ginjwt.Depends2(a, b, func(*gin.Context, ginjwt.Claims, ginjwt.Claims) (int, error) { return 0, nil }),
			func(c *gin.Context, _ int) { c.Status(204) })
	}
	cases := map[string]struct {
		handler    gin.HandlerFunc
		one, other ginjwt.Scope
		status     int
		lacks      string // the challenge's scopes, or empty without one
	}{
		"demanded of the other, granted by the other": {both(a.claims, ginjwt.Security(second, "admin")), "", "admin", 204, ""},
		"demanded of the other, granted by the one":   {both(a.claims, ginjwt.Security(second, "admin")), "admin", "me", 403, ""}, // the other comes by no scheme
		"demanded of the one, granted by the other":   {both(ginjwt.Security(a.claims, "admin"), second), "me", "admin", 403, "admin"},
		"each its own":                         {both(ginjwt.Security(a.claims, "a"), ginjwt.Security(second, "b")), "a", "b", 204, ""},
		"each the other's":                     {both(ginjwt.Security(a.claims, "a"), ginjwt.Security(second, "b")), "b", "a", 403, "a"},
		"the challenge names no other token's": {both(ginjwt.Security(a.claims, "a"), ginjwt.Security(second, "b")), "x", "b", 403, "a"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := ginjwttest.Authorized(httptest.NewRequest("GET", "/", nil), sign(t, a.issuer, "one", tc.one))
			req.Header.Set("X-Token", sign(t, issuer, "other", tc.other))
			w := ginjwttest.Do(t, graphEngine(tc.handler), req)
			if tc.lacks != "" {
				ginjwttest.Forbidden(t, w, tc.lacks)
				return
			}
			assert.Equal(t, tc.status, w.Code)
			assert.Empty(t, w.Header().Values("WWW-Authenticate"))
		})
	}
}

func TestGrantsReplaceWhatLiesBelow(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	rights := func(scopes ...string) *ginjwt.Dependency[graphUser] {
		return ginjwt.Grants(g.user, func(graphUser) []string { return scopes })
	}
	cases := map[string]struct {
		guard  ginjwt.Guard
		token  ginjwt.Scope
		status int
	}{
		"granted by the function":            {ginjwt.Security(rights("x", "admin"), "admin"), "", 200},
		"the token's scopes count no more":   {ginjwt.Security(rights("x"), "admin"), "admin", 403},
		"nothing is granted":                 {ginjwt.Security(rights(), "admin"), "admin", 403},
		"below Grants the token's own count": {pass(ginjwt.Grants(ginjwt.Security(g.user, "me"), func(graphUser) []string { return nil })), "me", 200},
		"below Grants its own do not":        {ginjwt.Grants(ginjwt.Security(g.user, "me"), func(graphUser) []string { return []string{"me"} }), "", 403},
		"both demands, each by its own":      {ginjwt.Security(ginjwt.Grants(ginjwt.Security(g.user, "me"), func(graphUser) []string { return []string{"admin"} }), "admin"), "me", 200},
		"Grants of Grants":                   {ginjwt.Security(ginjwt.Grants(rights("a"), func(graphUser) []string { return []string{"b"} }), "a"), "a", 403},
		"two scopes in one string are none":  {ginjwt.Security(rights("read all"), "read"), "", 403},
		"a scope with a quote is none":       {ginjwt.Security(rights(`a"`, ""), "a"), "", 403},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := get(graphEngine(ginjwt.Require(tc.guard)), "/", sign(t, g.issuer, "johndoe", tc.token))
			assert.Equal(t, tc.status, w.Code)
		})
	}
}

func TestGrantsKeepTheCallersSlice(t *testing.T) {
	t.Parallel()
	rights := []string{"a b", "c"}
	d := ginjwt.Security(ginjwt.Grants(graphValue(1), func(int) []string { return rights }), "c")
	assert.Equal(t, 200, get(graphEngine(ginjwt.Require(d)), "/", "").Code)
	assert.Equal(t, []string{"a b", "c"}, rights)

	demanded := []string{"c"}
	d = ginjwt.Security(ginjwt.Grants(graphValue(1), func(int) []string { return rights }), demanded...)
	demanded[0] = "changed"
	assert.Equal(t, 200, get(graphEngine(ginjwt.Require(d)), "/", "").Code)
}

func TestADemandBehindGetNamesItsScopes(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	secured := ginjwt.Security(g.user, "items")
	token := sign(t, g.issuer, "johndoe", "me")
	for name, handlers := range map[string][]gin.HandlerFunc{
		"in a handler": {ginjwt.Require(g.user), func(c *gin.Context) { _, err := secured.Get(c); ginjwt.Abort(c, err) }},
		"in a dependency on nothing": {ginjwt.Require(ginjwt.Provide(func(c *gin.Context) (graphUser, error) {
			return secured.Get(c)
		}))},
		"in a dependency on another": {ginjwt.Require(ginjwt.Depends(graphValue(1), func(c *gin.Context, _ int) (graphUser, error) {
			return secured.Get(c)
		}))},
		"in a dependency that met a demand of its own": {ginjwt.Require(ginjwt.Depends(ginjwt.Security(g.user, "me"), func(c *gin.Context, _ graphUser) (graphUser, error) {
			return secured.Get(c)
		}))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := get(graphEngine(handlers...), "/", token)
			assert.Equal(t, 403, w.Code)
			assert.Equal(t, []string{lacking("items")}, w.Header()["Www-Authenticate"])
		})
	}
}

func TestCheck(t *testing.T) {
	graphCaptureLog(t)
	g := newGraphChain(t)
	token := sign(t, g.issuer, "johndoe", "")
	check := func(err error) ginjwt.Guard {
		return ginjwt.Check(g.user, "role:admin", func(_ *gin.Context, u graphUser) error {
			assert.Equal(t, "johndoe", u.Name)
			return err
		})
	}
	cases := map[string]struct {
		guard        ginjwt.Guard
		token        string
		status       int
		body, header string
	}{
		"met":                             {check(nil), token, 200, "", ""},
		"not met":                         {check(errors.New("cause")), token, 403, `{"detail":"Not enough permissions"}`, ""},
		"an *Error is used as it is":      {check(ginjwt.HTTPError(404, "Not here")), token, 404, `{"detail":"Not here"}`, ""},
		"a 401 gets the challenge":        {check(ginjwt.Unauthenticated("gone")), token, 401, `{"detail":"gone"}`, graphInvalid},
		"an outage is told":               {check(ginjwt.Unavailable(nil)), token, 503, `{"detail":"Service unavailable"}`, ""},
		"a nil *Error is a bug":           {check(brokenError()), token, 500, graphInternal, ""},
		"a bad status is a bug":           {check(ginjwt.HTTPError(200, "")), token, 500, graphInternal, ""},
		"not asked without credentials":   {check(nil), "", 401, `{"detail":"Not authenticated"}`, graphNobody},
		"the value goes on":               {ginjwt.Depends(ginjwt.Check(g.user, "x", func(*gin.Context, graphUser) error { return nil }), refuseOthers), token, 200, "", ""},
		"a scope is judged before":        {ginjwt.Security(ginjwt.Check(g.user, "x", refuse), "me"), token, 403, `{"detail":"Not enough permissions"}`, lacking("me")},
		"a Check of what is not a scheme": {ginjwt.Check(graphValue(1), "x", func(*gin.Context, int) error { return errors.New("no") }), "", 403, `{"detail":"Not enough permissions"}`, ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := get(graphEngine(ginjwt.Require(tc.guard)), "/", tc.token)
			require.Equal(t, tc.status, w.Code)
			assert.Equal(t, tc.body, w.Body.String())
			assert.Equal(t, tc.header, w.Header().Get("WWW-Authenticate"))
		})
	}
}

func refuseOthers(_ *gin.Context, u graphUser) (graphUser, error) {
	if u.Name != "johndoe" {
		return u, ginjwt.Forbidden("")
	}
	return u, nil
}
