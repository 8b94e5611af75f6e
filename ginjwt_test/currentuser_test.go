package ginjwt_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

const (
	graphNobody  = `Bearer realm="api"`
	graphInvalid = `Bearer realm="api", error="invalid_token", error_description="The access token is invalid"`
)

type graphUser struct{ Name string }

// graphChain is the usual chain, from the token to the user.
type graphChain struct {
	issuer *ginjwt.Issuer
	token  *ginjwt.Dependency[string]
	claims *ginjwt.Dependency[ginjwt.Claims]
	user   *ginjwt.Dependency[graphUser]
	calls  atomic.Int32 // of the user's function
}

func newGraphChain(t testing.TB) *graphChain {
	t.Helper()
	issuer, verifier := newIssuer(t)
	g := &graphChain{issuer: issuer, token: ginjwt.OAuth2PasswordBearer("/token")}
	g.claims = ginjwt.JWT[ginjwt.Claims](g.token, verifier)
	g.user = ginjwt.Depends(g.claims, func(_ *gin.Context, c ginjwt.Claims) (graphUser, error) {
		g.calls.Add(1)
		return graphUser{c.Subject}, nil
	})
	return g
}

func graphEngine(handlers ...gin.HandlerFunc) *gin.Engine {
	r := newEngine()
	r.GET("/", handlers...)
	return r
}

// plainEngine is graphEngine for tests of what happens if nobody observes.
func plainEngine(handlers ...gin.HandlerFunc) *gin.Engine {
	r := gin.New()
	r.GET("/", handlers...)
	return r
}

// graphValue is a dependency without anything below it.
func graphValue[T any](v T) *ginjwt.Dependency[T] {
	return ginjwt.Provide(func(*gin.Context) (T, error) { return v, nil })
}

// graphFails is a dependency that always fails with err.
func graphFails(err error) *ginjwt.Dependency[int] {
	return ginjwt.Provide(func(*gin.Context) (int, error) { return 0, err })
}

// graphWithin fails the test if fn takes so long that it must be a deadlock.
func graphWithin(t *testing.T, fn func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); fn() }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		require.FailNow(t, "deadlock")
	}
}

// graphLog records names in the order in which they came.
type graphLog struct {
	mu    sync.Mutex
	names []string
}

func (l *graphLog) add(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.names = append(l.names, name)
}

func (l *graphLog) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.names...)
}

// step is a dependency that records name when it is worked out.
func (l *graphLog) step(name string) *ginjwt.Dependency[string] {
	return ginjwt.Provide(func(*gin.Context) (string, error) { l.add(name); return name, nil })
}

// handler is a plain handler that records name.
func (l *graphLog) handler(name string) gin.HandlerFunc {
	return func(*gin.Context) { l.add(name) }
}

type graphService struct{ greeting string }

func (s graphService) hello(c *gin.Context, u graphUser) { c.String(200, s.greeting+u.Name) }

func TestCurrentUserReachesHandlersTyped(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	show := func(c *gin.Context, u graphUser) { c.String(200, u.Name) }
	cases := map[string]struct {
		handler gin.HandlerFunc
		want    string
	}{
		"a function":     {ginjwt.Handle(g.user, show), "johndoe"},
		"a method value": {ginjwt.Handle(g.user, graphService{"hi "}.hello), "hi johndoe"},
		"two values in their order": {ginjwt.Handle2(g.user, graphValue(2), func(c *gin.Context, u graphUser, n int) {
			c.String(200, "%s %d", u.Name, n)
		}), "johndoe 2"},
		"three values in their order": {ginjwt.Handle3(graphValue("a"), g.user, graphValue(3), func(c *gin.Context, s string, u graphUser, n int) {
			c.String(200, "%s %s %d", s, u.Name, n)
		}), "a johndoe 3"},
		"a dependency on three others": {ginjwt.Handle(ginjwt.Depends3(graphValue("x"), g.user, graphValue(7),
			func(_ *gin.Context, s string, u graphUser, n int) (string, error) {
				return s + u.Name + string(rune('0'+n)), nil
			}),
			func(c *gin.Context, s string) { c.String(200, s) }), "xjohndoe7"},
	}
	token := sign(t, g.issuer, "johndoe", "")
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := get(graphEngine(tc.handler), "/", token)
			assert.Equal(t, 200, w.Code)
			assert.Equal(t, tc.want, w.Body.String())
		})
	}
}

func TestCurrentUserRefusals(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	good := sign(t, g.issuer, "johndoe", "")
	refusing := func(err error) *ginjwt.Dependency[int] {
		return ginjwt.Depends(g.user, func(*gin.Context, graphUser) (int, error) { return 0, err })
	}
	cases := map[string]struct {
		guard           ginjwt.Guard
		token           string
		status          int
		challenge, body string
	}{
		"no credentials": {g.user, "", 401, graphNobody, `{"detail":"Not authenticated"}`},
		"a bad token":    {g.user, "a.b.c", 401, graphInvalid, `{"detail":"Could not validate credentials"}`},
		"a user who is gone gets the challenge of the schemes below": {
			refusing(ginjwt.Unauthenticated("User is gone")), good, 401, graphInvalid, `{"detail":"User is gone"}`},
		"forbidden gets no challenge": {
			refusing(ginjwt.Forbidden("No")), good, 403, "", `{"detail":"No"}`},
		"any status of the user's": {
			refusing(ginjwt.HTTPError(400, "Inactive user")), good, 400, "", `{"detail":"Inactive user"}`},
		"text is written as JSON": {
			refusing(ginjwt.HTTPError(418, "a \"b\"\n\x00")), good, 418, "", `{"detail":"a \"b\"\n\u0000"}`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var later graphLog
			w := get(graphEngine(ginjwt.Require(tc.guard), later.handler("handler"), later.handler("after")), "/", tc.token)
			assert.Equal(t, tc.status, w.Code)
			assert.Equal(t, tc.challenge, w.Header().Get("WWW-Authenticate"))
			assert.Equal(t, tc.body, w.Body.String())
			assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
			assert.Empty(t, later.all(), "no later handler runs after a refusal")
		})
	}
}

func TestRefusedHandleRunsNothingLater(t *testing.T) {
	t.Parallel()
	bad := graphFails(ginjwt.Forbidden("no"))
	one := graphValue(1)
	var log graphLog
	h1 := func(*gin.Context, int) { log.add("h") }
	h2 := func(*gin.Context, int, int) { log.add("h") }
	h3 := func(*gin.Context, int, int, int) { log.add("h") }
	unreached := ginjwt.Provide(func(*gin.Context) (int, error) { log.add("later dependency"); return 0, nil })
	cases := map[string]gin.HandlerFunc{
		"Handle":                  ginjwt.Handle(bad, h1),
		"Handle2, first refused":  ginjwt.Handle2(bad, unreached, h2),
		"Handle2, second refused": ginjwt.Handle2(one, bad, h2),
		"Handle3, first refused":  ginjwt.Handle3(bad, unreached, unreached, h3),
		"Handle3, second refused": ginjwt.Handle3(one, bad, unreached, h3),
		"Handle3, third refused":  ginjwt.Handle3(one, one, bad, h3),
		"Require, second refused": ginjwt.Require(one, bad, unreached),
	}
	for name, guard := range cases {
		t.Run(name, func(t *testing.T) {
			w := get(graphEngine(guard, log.handler("next")), "/", "")
			assert.Equal(t, 403, w.Code)
			assert.Equal(t, `{"detail":"no"}`, w.Body.String(), "one body only")
			assert.Empty(t, log.all())
		})
	}
}

func TestHandlersAfterHandleRunOnceAndSeeTheUser(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	var log graphLog
	r := graphEngine(
		func(c *gin.Context) {
			_, known := g.user.Peek(c)
			assert.False(t, known)
			c.Next()
			u, known := g.user.Peek(c)
			assert.True(t, known, "an access log reads the user after the handler")
			assert.Equal(t, "johndoe", u.Name)
		},
		ginjwt.Handle(g.user, func(*gin.Context, graphUser) { log.add("handle") }),
		func(c *gin.Context) {
			u, err := g.user.Get(c)
			assert.NoError(t, err)
			log.add("next " + u.Name)
		},
		ginjwt.Handle(g.user, func(c *gin.Context, _ graphUser) { log.add("last"); c.Status(204) }),
	)
	assert.Equal(t, 204, get(r, "/", sign(t, g.issuer, "johndoe", "")).Code)
	assert.Equal(t, []string{"handle", "next johndoe", "last"}, log.all())
	assert.EqualValues(t, 1, g.calls.Load())
}

func TestHandleAfterAbortInItsHandler(t *testing.T) {
	t.Parallel()
	var log graphLog
	r := graphEngine(
		ginjwt.Handle(graphValue(1), func(c *gin.Context, _ int) { c.AbortWithStatus(409) }),
		log.handler("next"),
	)
	assert.Equal(t, 409, get(r, "/", "").Code)
	assert.Empty(t, log.all(), "a handler's own Abort ends the chain")
}

func TestPublicOpensNothingAndChangesNothing(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	var log graphLog
	assert.Equal(t, 200, get(graphEngine(ginjwt.Public(), log.handler("open")), "/", "").Code)
	assert.Equal(t, []string{"open"}, log.all())
	assert.Equal(t, 401, get(graphEngine(ginjwt.Require(g.user), ginjwt.Public(), log.handler("closed")), "/", "").Code)
	assert.Equal(t, []string{"open"}, log.all())
}

func TestPublicAloneGuardsNothing(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	r := graphEngine(ginjwt.Public(), func(c *gin.Context) {
		_, err := g.user.Get(c)
		assert.ErrorIs(t, err, ginjwt.ErrNotGuarded)
	})
	assert.Equal(t, 200, get(r, "/", sign(t, g.issuer, "johndoe", "")).Code)
}

func TestGuardsWorkWithAnyMethodAndWithoutABody(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	r := newEngine()
	r.Any("/", ginjwt.Handle(g.user, func(c *gin.Context, u graphUser) { c.String(200, u.Name) }))
	r.NoRoute(ginjwt.Require(g.user), func(c *gin.Context) { c.String(404, "nothing") })
	token := sign(t, g.issuer, "johndoe", "")
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete} {
		w := ginjwttest.Do(t, r, ginjwttest.Authorized(httptest.NewRequest(method, "/", nil), token))
		assert.Equal(t, 200, w.Code, method)
	}
	ginjwttest.EveryRouteGuarded(t, r)
	assert.Equal(t, 401, get(r, "/nowhere", "").Code)
	assert.Equal(t, 404, get(r, "/nowhere", token).Code)
}
