package ginjwt_test

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/inspect"
)

// credentialNames are the schemes of a world, each with a place of its own.
var credentialNames = []string{"Bearer", "Header", "Query"}

// world is what random routes are made of. A credential says itself which scopes
// it grants: "granted.a.b".
type world struct {
	r       *rand.Rand
	schemes []*ginjwt.Dependency[string] // raw
	grants  []*ginjwt.Dependency[string] // with scopes
	plain   bool                         // no choice: neither AnyOf nor SecurityAny nor Optional was used
	checks  int
}

func newWorld(seed uint64) *world {
	w := &world{r: rand.New(rand.NewPCG(seed, 7)), plain: true}
	w.schemes = []*ginjwt.Dependency[string]{
		ginjwt.OAuth2PasswordBearer("/token", ginjwt.SchemeName("Bearer")),
		ginjwt.APIKeyHeader("X-Key", ginjwt.SchemeName("Header")),
		ginjwt.APIKeyQuery("key", ginjwt.SchemeName("Query")),
	}
	for _, s := range w.schemes {
		w.grants = append(w.grants, ginjwt.Grants(s, func(credential string) []string {
			return strings.Split(credential, ".")[1:]
		}))
	}
	return w
}

func (w *world) scopes() []string {
	return [][]string{{"a"}, {"b"}, {"a", "b"}, {"b", "a"}}[w.r.IntN(4)]
}

// dependency returns a random graph that is at most depth deep. What the library
// refuses to build is left out.
func (w *world) dependency(depth int) *ginjwt.Dependency[string] {
	if depth == 0 {
		from := w.grants
		if w.r.IntN(4) == 0 {
			from = w.schemes
		}
		return from[w.r.IntN(len(from))]
	}
	d, plain := w.dependency(depth-1), w.plain
	made, ok := attempt(func() *ginjwt.Dependency[string] { return w.over(d, depth) })
	if !ok {
		w.plain = plain
		return d
	}
	return made
}

func (w *world) over(d *ginjwt.Dependency[string], depth int) *ginjwt.Dependency[string] {
	same := func(_ *gin.Context, v string) (string, error) { return v, nil }
	switch w.r.IntN(11) {
	case 0, 1:
		return ginjwt.Security(d, w.scopes()...)
	case 2:
		w.plain = false
		return ginjwt.SecurityAny(d, w.scopes()...)
	case 3:
		w.checks++
		return ginjwt.Check(d, "check", func(*gin.Context, string) error { return nil })
	case 4:
		return ginjwt.Depends(d, same)
	case 5:
		other := w.dependency(depth - 1)
		return ginjwt.Depends2(d, other, func(_ *gin.Context, a, _ string) (string, error) { return a, nil })
	case 6:
		guards := ginjwt.AllOf(d, w.dependency(depth-1), w.dependency(0))
		return ginjwt.Depends(guards, func(*gin.Context, struct{}) (string, error) { return "", nil })
	case 7:
		w.plain = false
		return ginjwt.Depends(ginjwt.Optional(d), func(*gin.Context, *string) (string, error) { return "", nil })
	case 8:
		w.plain = false
		return ginjwt.OptionalOr(d, "nobody")
	}
	w.plain = false
	return ginjwt.AnyOf(d, w.dependency(depth-1))
}

// attempt returns what build makes, and false if that panics.
func attempt[T any](build func() T) (v T, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	return build(), true
}

// engine returns an engine with one random route, GET /groups/route.
func (w *world) engine() *gin.Engine {
	e := newEngine()
	g := e.Group("")
	for range w.r.IntN(3) {
		g = g.Group("", w.guard())
	}
	if w.r.IntN(4) == 0 {
		g.Use(ginjwt.Public())
	}
	g = g.Group("/groups", func(c *gin.Context) { c.Next() })
	g.GET("/route", w.handlers()...)
	return e
}

func (w *world) guard() gin.HandlerFunc {
	guards := []ginjwt.Guard{w.dependency(w.r.IntN(3))}
	if w.r.IntN(3) == 0 {
		guards = append(guards, w.dependency(w.r.IntN(2)))
	}
	return ginjwt.Require(guards...)
}

func (w *world) handlers() []gin.HandlerFunc {
	d := w.dependency(w.r.IntN(5))
	ok := func(c *gin.Context) { c.Status(http.StatusOK) }
	switch w.r.IntN(4) {
	case 0:
		return []gin.HandlerFunc{ginjwt.Require(d), ok}
	case 1:
		return []gin.HandlerFunc{ginjwt.Handle2(d, w.dependency(2), func(c *gin.Context, _, _ string) { ok(c) })}
	case 2:
		return []gin.HandlerFunc{ginjwt.Handle3(d, w.dependency(1), w.dependency(1), func(c *gin.Context, _, _, _ string) { ok(c) })}
	}
	return []gin.HandlerFunc{ginjwt.Handle(d, func(c *gin.Context, _ string) { ok(c) })}
}

// A wallet is the credentials of a request, by scheme, and what each grants.
type wallet map[string][]string

func (w wallet) request() *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/groups/route", nil)
	for name, scopes := range w {
		credential := strings.Join(append([]string{"granted"}, scopes...), ".")
		switch name {
		case "Bearer":
			r.Header.Set("Authorization", "Bearer "+credential)
		case "Header":
			r.Header.Set("X-Key", credential)
		case "Query":
			r.URL.RawQuery = url.Values{"key": {credential}}.Encode()
		}
	}
	return r
}

// wallets returns every set of credentials with every set of scopes.
func wallets() []wallet {
	all := []wallet{{}}
	for _, name := range credentialNames {
		for _, w := range all {
			for _, scopes := range [][]string{{}, {"a"}, {"b"}, {"a", "b"}} {
				more := wallet{name: scopes}
				maps.Copy(more, w)
				all = append(all, more)
			}
		}
	}
	return all
}

// suffices reports whether w has what a way of r asks for.
func (w wallet) suffices(r inspect.Route) bool {
	if slices.ContainsFunc(r.Security, w.pays) {
		return true
	}
	return len(r.Security) == 0
}

func (w wallet) pays(way inspect.Way) bool {
	for _, d := range way {
		granted, sent := w[d.Scheme.Name]
		if !sent {
			return false
		}
		for _, s := range d.Scopes {
			if !strings.Contains(strings.Join(granted, ""), s) {
				return false
			}
		}
	}
	return true
}

// exactly returns the credentials that way asks for, and no others.
func exactly(way inspect.Way) wallet {
	w := wallet{}
	for _, d := range way {
		w[d.Scheme.Name] = d.Scopes
	}
	return w
}
