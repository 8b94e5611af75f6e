package describe_test

import (
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/internal/describe"
)

// named returns a marked handler that says name and counts the requests.
func named(name string, served *int) gin.HandlerFunc {
	return describe.Mark(func(c *gin.Context) {
		if n := describe.Asked(c); n != nil {
			n.Handler = name
			return
		}
		*served++
	})
}

func serve(h gin.HandlerFunc) {
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest("GET", "/", nil)
	h(c)
}

func TestOnlyMarkedHandlersAreAsked(t *testing.T) {
	t.Parallel()
	foreign := func(*gin.Context) { t.Error("a foreign handler was called") }
	_, ok := describe.Ask(foreign)
	assert.False(t, ok)
	_, ok = describe.Ask(nil)
	assert.False(t, ok)

	served := 0
	marked := named("x", &served)
	_, ok = describe.Ask(func(c *gin.Context) { t.Error("a wrapper was called"); marked(c) })
	assert.False(t, ok, "the mark is not that of what a handler calls")
}

func TestAHandlerSpeaksForItself(t *testing.T) {
	t.Parallel()
	served := 0
	a, b := named("a", &served), named("b", &served)
	for want, h := range map[string]gin.HandlerFunc{"a": a, "b": b} {
		n, ok := describe.Ask(h)
		require.True(t, ok)
		assert.Equal(t, describe.Note{Handler: want}, n)
	}
	assert.Zero(t, served, "to be asked is not to serve")
	serve(a)
	assert.Equal(t, 1, served)
}

// Without a request, a context asks only if it is Ask's own.
func TestNobodyElseCanAsk(t *testing.T) {
	t.Parallel()
	type key struct{}
	empty, _ := gin.CreateTestContext(httptest.NewRecorder())
	forged := &gin.Context{}
	forged.Set(key{}, &describe.Note{})
	forged.Set("key", &describe.Note{})
	for name, c := range map[string]*gin.Context{"a test's": empty, "a zero one": {}, "with keys of others": forged} {
		assert.Nil(t, describe.Asked(c), name)
	}
	served := 0
	named("x", &served)(empty)
	assert.Equal(t, 1, served)
}

// Even a context of Ask's that was kept serves a request like any other.
func TestAContextWithARequestNeverAsks(t *testing.T) {
	t.Parallel()
	var kept *gin.Context
	h := describe.Mark(func(c *gin.Context) { kept = c })
	_, ok := describe.Ask(h)
	require.True(t, ok)
	require.NotNil(t, describe.Asked(kept))
	kept.Request = httptest.NewRequest("GET", "/", nil)
	assert.Nil(t, describe.Asked(kept))
}

func TestAsChangesTheAnswerAndNothingElse(t *testing.T) {
	t.Parallel()
	served := 0
	h := named("x", &served)
	changed := describe.As(h, func(n *describe.Note) { n.Endpoint, n.Handler = describe.Token, n.Handler+"!" })
	n, ok := describe.Ask(changed)
	require.True(t, ok)
	assert.Equal(t, describe.Note{Handler: "x!", Endpoint: describe.Token}, n)
	n, _ = describe.Ask(h)
	assert.Equal(t, describe.Note{Handler: "x"}, n)
	serve(changed)
	assert.Equal(t, 1, served)
	foreign, ok := describe.Ask(describe.As(func(*gin.Context) { t.Error("called") }, func(n *describe.Note) { n.Public = true }))
	assert.True(t, ok)
	assert.Equal(t, describe.Note{Public: true}, foreign)
}

func TestUnion(t *testing.T) {
	t.Parallel()
	a := append(make([]string, 0, 8), "a", "b")
	assert.Equal(t, []string{"a", "b", "c"}, describe.Union(a, []string{"b", "c", "c"}))
	assert.Equal(t, []string{"a", "b", "d"}, describe.Union(a, []string{"d"}), "no two results share memory")
	assert.Empty(t, describe.Union(nil, nil))
}

func TestSchemesThatAreDescribedAlikeAreTheSame(t *testing.T) {
	t.Parallel()
	one := func() *describe.Scheme {
		return &describe.Scheme{Kind: "K", Name: "N", Scopes: map[string]string{"a": ""}, Places: []describe.Place{{In: "header", Name: "X"}}}
	}
	assert.True(t, one().Same(one()))
	for name, change := range map[string]func(*describe.Scheme){
		"name":   func(s *describe.Scheme) { s.Name = "other" },
		"scopes": func(s *describe.Scheme) { s.Scopes["b"] = "" },
		"place":  func(s *describe.Scheme) { s.Places[0].Name = "Y" },
		"realm":  func(s *describe.Scheme) { s.Challenge = `Bearer realm="other"` },
	} {
		other := one()
		change(other)
		assert.False(t, one().Same(other), name)
	}
}

// BenchmarkAsked is what a request pays for the audit.
func BenchmarkAsked(b *testing.B) {
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest("GET", "/", nil)
	b.ReportAllocs()
	for b.Loop() {
		if describe.Asked(c) != nil {
			b.Fatal("asked")
		}
	}
}
