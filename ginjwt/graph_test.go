package ginjwt

import (
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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

// TestTheLockIsFreeWhileUsersFunctionsRun takes it in each of them.
func TestTheLockIsFreeWhileUsersFunctionsRun(t *testing.T) {
	t.Parallel()
	taken := 0
	take := func(c *gin.Context) {
		v, ok := c.Get(slotKey{})
		if assert.True(t, ok) && assert.True(t, v.(*slot).mu.TryLock(), "the lock is held") {
			v.(*slot).mu.Unlock()
			taken++
		}
	}
	d := Provide(func(c *gin.Context) (string, error) { take(c); return "", nil })
	var current *gin.Context
	g := Grants(d, func(string) []string { take(current); return []string{"x"} })
	check := Check(Security(g, "x"), "check", func(c *gin.Context, _ string) error { take(c); return nil })
	r := gin.New()
	r.GET("/", func(c *gin.Context) { current = c }, Handle(check, func(c *gin.Context, _ string) {
		take(c)
		Cleanup(c, func() { take(c) })
	}), func(c *gin.Context) {
		_, _ = Provide(func(c *gin.Context) (int, error) { take(c); return 0, nil }).Get(c)
	})
	r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	assert.Equal(t, 6, taken)
}

func TestThreadsAreForgotten(t *testing.T) {
	t.Parallel()
	r := gin.New()
	bad := map[string]*Dependency[int]{
		"value":  Provide(func(*gin.Context) (int, error) { return 1, nil }),
		"panic":  Provide(func(*gin.Context) (int, error) { panic("boom") }),
		"Goexit": Provide(func(*gin.Context) (int, error) { runtime.Goexit(); return 0, nil }),
	}
	r.GET("/", Require(Provide(namedFunction)), func(c *gin.Context) {
		for name, d := range bad {
			var wait sync.WaitGroup
			for range 2 {
				wait.Go(func() {
					defer func() { _ = recover() }()
					_, _ = d.Get(c)
				})
			}
			wait.Wait()
			assert.Empty(t, slotOf(c).ensureRare().threads, name)
			assert.False(t, slotOf(c).inGuard.Load(), name)
		}
	})
	r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
}

func TestAGoroutineHasItsNumber(t *testing.T) {
	t.Parallel()
	mine := goroutineID()
	require.NotZero(t, mine)
	assert.Equal(t, mine, goroutineID())
	others := make(chan uint64)
	go func() { others <- goroutineID() }()
	assert.NotEqual(t, mine, <-others)
}

func TestAStackTellsItsResolution(t *testing.T) {
	t.Parallel()
	resolving, guarding := stacked()
	assert.False(t, resolving)
	assert.False(t, guarding)
	type seen struct{ resolving, guarding bool }
	looks := func() *Dependency[seen] {
		return Provide(func(*gin.Context) (seen, error) {
			var s seen
			var down func(n int) // far beyond one look's frames
			down = func(n int) {
				if n > 0 {
					down(n - 1)
					return
				}
				s.resolving, s.guarding = stacked()
			}
			down(300)
			return s, nil
		})
	}
	r := gin.New()
	r.GET("/", Handle(looks(), func(c *gin.Context, s seen) {
		assert.Equal(t, seen{true, true}, s)
		s, err := looks().Get(c)
		assert.NoError(t, err)
		assert.Equal(t, seen{true, false}, s)
		c.Status(204)
	}))
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	assert.Equal(t, 204, w.Code)
}
