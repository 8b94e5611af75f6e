package ginjwt

import (
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
)

func tokenOf(realm string, scopes ...string) *Dependency[string] {
	token := OAuth2PasswordBearer("/token", Realm(realm))
	return Grants(token, func(string) []string { return scopes })
}

func keep[T any](_ *gin.Context, v T) (T, error)     { return v, nil }
func first[T any](_ *gin.Context, a, _ T) (T, error) { return a, nil }

func TestDemandsAreKnownBeforeAnyRequest(t *testing.T) {
	t.Parallel()
	token := tokenOf("api")
	other := tokenOf("other")
	me := Security(Depends(token, keep), "me")
	items := Security(Depends(me, keep), "items", "me")
	admin := Security(Depends(other, keep), "admin")
	both := Depends2(admin, items, first)
	cases := map[string]struct {
		guard   *Dependency[string]
		granter *Dependency[string]
		want    []string
	}{
		"none":                             {token, token, nil},
		"one":                              {me, token, []string{"me"}},
		"the outermost first, each once":   {items, token, []string{"items", "me"}},
		"through Depends":                  {Depends(items, keep), token, []string{"items", "me"}},
		"through Check":                    {Check(items, "x", func(*gin.Context, string) error { return nil }), token, []string{"items", "me"}},
		"through OptionalOr":               {OptionalOr(items, ""), token, []string{"items", "me"}},
		"through Grants, of what is below": {Grants(items, func(string) []string { return nil }), token, []string{"items", "me"}},
		"of one token":                     {both, token, []string{"items", "me"}},
		"of another":                       {both, other, []string{"admin"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tc.want, tc.guard.demands(&tc.granter.node))
		})
	}
}

func TestSchemesAreKnownBeforeAnyRequest(t *testing.T) {
	t.Parallel()
	a, b := OAuth2PasswordBearer("/a", Realm("a")), OAuth2PasswordBearer("/b", Realm("b"))
	none := Provide(func(*gin.Context) (string, error) { return "", nil })
	cases := map[string]struct {
		guard *Dependency[string]
		want  []*node
	}{
		"none":                    {none, nil},
		"itself":                  {a, []*node{&a.node}},
		"in order of declaration": {Depends2(b, a, first), []*node{&b.node, &a.node}},
		"each once":               {Depends3(a, Depends(a, keep), b, func(*gin.Context, string, string, string) (string, error) { return "", nil }), []*node{&a.node, &b.node}},
		"below an Optional":       {OptionalOr(Depends2(none, b, first), ""), []*node{&b.node}},
		"below Security":          {Security(Grants(a, func(string) []string { return nil }), "x"), []*node{&a.node}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tc.want, tc.guard.schemes)
		})
	}
}

func TestASchemeKnowsWhatItWasToldOf(t *testing.T) {
	t.Parallel()
	scopes := Scopes{"me": "Read your profile."}
	s := OAuth2PasswordBearer("/token", scopes, SchemeName("login"), Description("d"), RefreshURL("/refresh")).scheme
	scopes["admin"] = "added later"
	assert.Equal(t, Scopes{"me": "Read your profile."}, s.scopes)
	assert.Equal(t, []string{"OAuth2PasswordBearer", "login", "d", "/token", "/refresh", "api"},
		[]string{s.kind, s.name, s.description, s.tokenURL, s.refreshURL, s.realm})
	assert.Equal(t, "OAuth2PasswordBearer", OAuth2PasswordBearer("/token").scheme.name)
}

func TestANodeIsNamedAfterTheUsersFunction(t *testing.T) {
	t.Parallel()
	assert.True(t, strings.HasSuffix(Provide(namedFunction).name, ".namedFunction"))
	assert.Equal(t, "role:admin", Check(Provide(namedFunction), "role:admin", func(*gin.Context, int) error { return nil }).check)
}

func namedFunction(*gin.Context) (int, error) { return 0, nil }

func TestThePathToAGranterIsTheOrderOfTheGraph(t *testing.T) {
	t.Parallel()
	a, b, c := Provide(keepNothing), Provide(keepNothing), Provide(keepNothing)
	g := Grants(b, func(string) []string { return nil })
	top := Depends2(a, Depends2(g, c, first), first)
	assert.Equal(t, []*node{&a.node, &g.node}, top.path(&g.node))
	assert.Equal(t, []*node{&g.node}, g.path(&g.node))
	assert.Nil(t, a.path(&g.node))
	assert.Equal(t, []*node{&g.node}, top.granters())
	token := tokenOf("api", "x")
	assert.Equal(t, []*node{&token.node}, Depends2(token, Depends(token, keep), first).granters(), "each once")
	assert.Nil(t, OptionalOr(token, "").granters(), "nobody grants nothing that could be judged")
	assert.True(t, Depends2(a, OptionalOr(token, ""), first).optionalBelow())
	assert.False(t, Grants(OptionalOr(token, ""), func(string) []string { return nil }).optionalBelow())
}

func keepNothing(*gin.Context) (string, error) { return "", nil }
