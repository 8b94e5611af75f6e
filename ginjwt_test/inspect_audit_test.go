package ginjwt_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/inspect"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

// audited returns the lines that Audit writes of an engine that register fills,
// and those of its error.
func audited(register func(*gin.Engine, demandable), opts ...inspect.Option) (table, faults []string) {
	e := newEngine()
	register(e, newDemandable())
	var out strings.Builder
	if err := inspect.Audit(&out, e, opts...); err != nil {
		faults = strings.Split(err.Error(), "\n")
	}
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n"), faults
}

const noGuard = " is open: no guard stands before it (if that is meant, say ginjwt.Public at the route)"

func TestAuditNamesWhatIsOpen(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		register func(*gin.Engine, demandable)
		opts     []inspect.Option
		want     []string
	}{
		"a plain route": {func(e *gin.Engine, _ demandable) { e.GET("/a", plainHandler) }, nil,
			[]string{"GET /a" + noGuard}},
		"a guarded route is not":     {func(e *gin.Engine, p demandable) { e.GET("/a", ginjwt.Require(p.token), plainHandler) }, nil, nil},
		"nor one that Handle guards": {func(e *gin.Engine, p demandable) { e.GET("/a", ginjwt.Handle(p.token, answerString)) }, nil, nil},
		"nor a public one":           {func(e *gin.Engine, _ demandable) { e.GET("/a", ginjwt.Public(), plainHandler) }, nil, nil},
		"all methods of Any": {func(e *gin.Engine, _ demandable) { e.Match([]string{"GET", "PUT"}, "/a", plainHandler) }, nil,
			[]string{"GET /a" + noGuard, "PUT /a" + noGuard}},
		"static files": {func(e *gin.Engine, _ demandable) { e.Static("/s", "s") }, nil,
			[]string{"GET /s/*filepath" + noGuard, "HEAD /s/*filepath" + noGuard}},
		"a route registered before Use": {func(e *gin.Engine, p demandable) {
			e.GET("/a", plainHandler)
			e.Use(ginjwt.Require(p.token))
			e.GET("/b", plainHandler)
		}, nil, []string{"GET /a" + noGuard}},
		"a guard that is last": {func(e *gin.Engine, p demandable) { e.GET("/a", plainHandler, ginjwt.Require(p.token)) }, nil,
			[]string{"GET /a is open: the guard is the last handler"}},
		"a second guard that is last": {func(e *gin.Engine, p demandable) {
			e.GET("/a", ginjwt.Require(p.token), plainHandler, ginjwt.Require(p.key))
		}, nil, []string{"GET /a has a guard that guards nothing: the guard is the last handler"}},
		"a guard after a Handle": {func(e *gin.Engine, p demandable) {
			e.GET("/a", ginjwt.Handle(p.token, answerString), ginjwt.Require(p.key), plainHandler)
		}, nil, []string{"GET /a has a guard that guards nothing: a guard stands after the handler that answers"}},
		"a guard after an open Handle": {func(e *gin.Engine, p demandable) {
			none := ginjwt.Provide(func(*gin.Context) (string, error) { return "", nil })
			e.GET("/a", ginjwt.Handle(none, answerString), ginjwt.Handle(p.key, answerString))
		}, nil, []string{"GET /a is open: a guard stands after the handler that answers"}},
		"a misplaced guard at a public route": {func(e *gin.Engine, p demandable) {
			e.GET("/a", ginjwt.Public(), plainHandler, ginjwt.Require(p.token))
		}, nil, []string{"GET /a is open: the guard is the last handler"}},
		"optional credentials": {func(e *gin.Engine, p demandable) { e.GET("/a", ginjwt.Handle(maybe(p.token), answerString)) }, nil,
			[]string{"GET /a is open: its credentials are optional (if that is meant, name it in Except)"}},
		"not those that Public says": {func(e *gin.Engine, p demandable) {
			e.GET("/a", ginjwt.Public(), ginjwt.Handle(maybe(p.token), answerString))
		}, nil, nil},
		"a guard in a function of the user's": {func(e *gin.Engine, p demandable) {
			guard := ginjwt.Require(p.token)
			e.GET("/a", func(c *gin.Context) { guard(c) }, plainHandler)
		}, nil, []string{"GET /a" + noGuard}},
		"a handler of net/http": {func(e *gin.Engine, _ demandable) { e.GET("/a", gin.WrapH(http.NotFoundHandler())) }, nil,
			[]string{"GET /a" + noGuard}},
		"a check without credentials": {func(e *gin.Engine, _ demandable) {
			none := ginjwt.Provide(func(*gin.Context) (string, error) { return "", nil })
			e.GET("/a", ginjwt.Require(checked(none, "address")), plainHandler)
		}, nil, []string{"GET /a" + noGuard}},
		"an engine without routes": {func(*gin.Engine, demandable) {}, nil,
			[]string{"the engine has no routes: call Audit when all are registered"}},
		"NoRoute is no route": {func(e *gin.Engine, _ demandable) { e.NoRoute(plainHandler) }, nil,
			[]string{"the engine has no routes: call Audit when all are registered"}},
		"several at once, in Gin's order": {func(e *gin.Engine, p demandable) {
			e.POST("/b", plainHandler)
			e.GET("/a", ginjwt.Handle(maybe(p.token), answerString))
			e.GET("/c", plainHandler, ginjwt.Require(p.token))
		}, []inspect.Option{inspect.Except("/x")}, []string{
			"POST /b" + noGuard,
			"GET /a is open: its credentials are optional (if that is meant, name it in Except)",
			"GET /c is open: the guard is the last handler",
			`Except names "/x", and there is no such route`,
		}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, faults := audited(tc.register, tc.opts...)
			assert.Equal(t, prefixed(tc.want), faults)
		})
	}
}

func prefixed(faults []string) (all []string) {
	for _, f := range faults {
		all = append(all, "ginjwt: audit: "+f)
	}
	return all
}

func TestExceptNamesOpenRoutesAndNoOthers(t *testing.T) {
	t.Parallel()
	register := func(e *gin.Engine, p demandable) {
		e.GET("/feed", ginjwt.Handle(maybe(p.token), answerString))
		e.POST("/feed", plainHandler)
		e.GET("/guarded", ginjwt.Require(p.token), plainHandler)
		e.GET("/public", ginjwt.Public(), plainHandler)
	}
	guarded := func(name string) string { return `Except names "` + name + `", which is guarded, or open by itself` }
	none := func(name string) string { return `Except names "` + name + `", and there is no such route` }
	get, post := "GET /feed is open: its credentials are optional (if that is meant, name it in Except)", "POST /feed"+noGuard
	cases := map[string]struct {
		except []string
		want   []string
	}{
		"none":                        {nil, []string{get, post}},
		"a method and a path":         {[]string{"GET /feed"}, []string{post}},
		"a path, for all methods":     {[]string{"/feed"}, nil},
		"both methods":                {[]string{"POST /feed", "GET /feed"}, nil},
		"twice the same":              {[]string{"/feed", "GET /feed"}, nil},
		"a stale one":                 {[]string{"/feed", "/gone"}, []string{none("/gone")}},
		"a method that is not there":  {[]string{"/feed", "PUT /feed"}, []string{none("PUT /feed")}},
		"the method in small letters": {[]string{"/feed", "get /feed"}, []string{none("get /feed")}},
		"a slash too many":            {[]string{"/feed", "/feed/"}, []string{none("/feed/")}},
		"a guarded one":               {[]string{"/feed", "/guarded"}, []string{guarded("/guarded")}},
		"a public one":                {[]string{"/feed", "GET /public"}, []string{guarded("GET /public")}},
		"an empty one":                {[]string{"/feed", ""}, []string{none("")}},
		"no pattern":                  {[]string{"/*"}, []string{get, post, none("/*")}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, faults := audited(register, inspect.Except(tc.except...))
			assert.Equal(t, prefixed(tc.want), faults)
		})
	}
}

// An exception does not excuse a guard that was meant and guards nothing.
func TestExceptDoesNotExcuseAMisplacedGuard(t *testing.T) {
	t.Parallel()
	_, faults := audited(func(e *gin.Engine, p demandable) { e.GET("/a", plainHandler, ginjwt.Require(p.token)) }, inspect.Except("/a"))
	assert.Equal(t, prefixed([]string{"GET /a is open: the guard is the last handler"}), faults)
}

func TestAuditWarns(t *testing.T) {
	t.Parallel()
	table, faults := audited(func(e *gin.Engine, p demandable) {
		e.Group("/", ginjwt.Require(p.token)).GET("/a", ginjwt.Public(), plainHandler)
		e.GET("/b", ginjwt.Handle(ginjwt.AnyOf(p.key, p.query), answerString))
		e.GET("/c", ginjwt.Public(), plainHandler)
	})
	assert.Empty(t, faults)
	require.Len(t, table, 5)
	assert.Equal(t, []string{
		"warning: GET /a is behind a guard: Public opens nothing there",
		"warning: GET /b takes credentials in the query parameter key: URLs are logged, and sent on by browsers",
	}, table[3:])
}

func TestAuditKnowsEndpoints(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	key, err := ginjwt.GenerateKey(ginjwt.ES256)
	require.NoError(t, err)
	ring, err := jwks.NewRing(jwks.RingConfig{}, jwks.RingKey{Key: key})
	require.NoError(t, err)
	login := ginjwt.Depends(ginjwt.PasswordForm(), func(*gin.Context, ginjwt.OAuth2PasswordRequestForm) (ginjwt.Token, error) {
		return ginjwt.Token{}, nil
	})
	e := newEngine()
	e.POST("/login", ginjwt.Handle(login, ginjwt.WriteToken))
	e.POST("/token", w.Token())
	e.POST("/logout", w.Logout())
	e.POST("/revoke", w.Revoke())
	e.POST("/introspect", w.Introspect(sessCaller()))
	e.GET("/keys", jwks.Handler(ring))
	require.NoError(t, inspect.Audit(io.Discard, e))
	routes := allRoutes(t, e)
	for path, want := range map[string][2]string{
		"POST /login": {"login", "login"}, "POST /token": {"token", "token"}, "POST /logout": {"logout", "logout"},
		"POST /revoke": {"revocation", "revocation"}, "POST /introspect": {"introspection", "HTTPBasic"}, "GET /keys": {"key set", "key set"},
	} {
		assert.Equal(t, want[0], routes[path].Endpoint, path)
		assert.Equal(t, want[1], routes[path].Access(), path)
	}
	assert.Equal(t, "PasswordForm", routes["POST /login"].Form)
	assert.Equal(t, "TokenForm", routes["POST /introspect"].Form)
}

// Introspection is not open by its nature, and neither is a form behind a guard.
func TestAuditTrustsNoEndpointBlindly(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	anybody := ginjwt.Provide(func(*gin.Context) (string, error) { return "", nil })
	_, faults := audited(func(e *gin.Engine, p demandable) {
		e.POST("/introspect", w.Introspect(anybody))
		form := ginjwt.Depends2(maybe(p.token), ginjwt.PasswordForm(), func(*gin.Context, string, ginjwt.OAuth2PasswordRequestForm) (string, error) {
			return "", nil
		})
		e.POST("/password", ginjwt.Handle(form, answerString))
		e.POST("/middleware", ginjwt.Require(ginjwt.PasswordForm()), plainHandler)
	})
	assert.Equal(t, prefixed([]string{
		"POST /introspect" + noGuard,
		"POST /password is open: its credentials are optional (if that is meant, name it in Except)",
		"POST /middleware" + noGuard,
	}), faults)
}

func TestAuditNeverPassesWithoutALook(t *testing.T) {
	t.Parallel()
	assert.EqualError(t, inspect.Audit(io.Discard, nil), "ginjwt: inspect: the engine is nil")
	e := newEngine()
	e.GET("/a", ginjwt.Public(), plainHandler)
	require.NoError(t, inspect.Audit(io.Discard, e))
	assert.EqualError(t, inspect.Audit(io.Discard, e, nil), "ginjwt: audit: nil Option")
}

type brokenWriter struct{ good int }

var errBroken = errors.New("the writer is broken")

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.good -= len(p); w.good < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

// What cannot be told is not passed over, wherever the writer fails.
func TestAuditFailsWithItsWriter(t *testing.T) {
	t.Parallel()
	e := newEngine()
	e.GET("/a", ginjwt.Handle(newDemandable().query, answerString))
	e.GET("/b", plainHandler)
	var whole strings.Builder
	require.Error(t, inspect.Audit(&whole, e))
	for good := range whole.Len() {
		err := inspect.Audit(&brokenWriter{good}, e)
		require.ErrorIs(t, err, errBroken, "after %d bytes", good)
		require.ErrorContains(t, err, "GET /b"+noGuard)
	}
}
