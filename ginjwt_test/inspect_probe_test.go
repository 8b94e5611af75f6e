package ginjwt_test

import (
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/inspect"
)

// untouchable fails the test if any function of the user's is called.
func untouchable(t *testing.T) *gin.Engine {
	called := func(what string) { t.Errorf("%s was called", what) }
	token := ginjwt.OAuth2PasswordBearer("/token")
	user := ginjwt.Depends(token, func(*gin.Context, string) (string, error) { called("Depends"); return "", nil })
	granting := ginjwt.Grants(user, func(string) []string { called("Grants"); return nil })
	all := ginjwt.Check(ginjwt.Security(granting, "me"), "x", func(*gin.Context, string) error { called("Check"); return nil })
	none := ginjwt.Provide(func(*gin.Context) (string, error) { called("Provide"); return "", nil })
	e := newEngine()
	e.Use(func(*gin.Context) { called("a middleware") })
	e.Use(ginjwt.OnError(func(*gin.Context, *ginjwt.Error) { called("OnError") }))
	e.Use(ginjwt.Require(all, none))
	e.GET("/a", ginjwt.Handle2(all, ginjwt.Optional(user), func(*gin.Context, string, *string) { called("Handle2") }))
	e.GET("/b", ginjwt.Handle(ginjwt.AnyOf(all, ginjwt.APIKeyHeader("X")), func(*gin.Context, string) { called("Handle") }))
	e.GET("/panic", ginjwt.Handle(all, func(*gin.Context, string) { panic("called") }), func(*gin.Context) { panic("called") })
	e.NoRoute(func(*gin.Context) { called("NoRoute") })
	return e
}

func TestNothingOfTheUsersRunsWhenARouteIsLookedAt(t *testing.T) {
	t.Parallel()
	assert.Len(t, allRoutes(t, untouchable(t)), 3)
}

// A context without a request is what looks at a handler, and what a unit test
// of the user's may have by mistake: that lets nobody through.
func TestAHandlerCalledWithoutARequestLetsNobodyThrough(t *testing.T) {
	t.Parallel()
	p := newDemandable()
	passed := func(*gin.Context, string) { t.Error("let through") }
	cases := map[string]gin.HandlerFunc{
		"Require":        ginjwt.Require(p.token),
		"Handle":         ginjwt.Handle(p.token, passed),
		"an API key":     ginjwt.Handle(p.key, passed),
		"a query key":    ginjwt.Handle(p.query, passed),
		"a cookie":       ginjwt.Handle(ginjwt.APIKeyCookie("c"), passed),
		"AnyOf":          ginjwt.Handle(ginjwt.AnyOf(p.token, p.key), passed),
		"Security":       ginjwt.Handle(ginjwt.Security(p.token, "me"), passed),
		"two schemes":    ginjwt.Handle(both(p.token, p.other), passed),
		"a user's guard": func(c *gin.Context) { ginjwt.Require(p.token)(c) },
	}
	for name, h := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			c, _ := gin.CreateTestContext(w)
			require.Nil(t, c.Request)
			h(c)
			assert.True(t, c.IsAborted())
			assert.Equal(t, 401, c.Writer.Status())
		})
	}
}

// Nor does a middleware that loses the request open what comes after it.
func TestALostRequestIsNotAuthorized(t *testing.T) {
	t.Parallel()
	p := newDemandable()
	e := newEngine()
	e.GET("/", func(c *gin.Context) {
		r := c.Request
		c.Request = nil
		c.Next()
		c.Request = r
	}, ginjwt.Require(p.token), func(*gin.Context) { t.Error("let through") })
	assert.Equal(t, 401, get(e, "/", "granted").Code)
}

// Public is asked by name, too, and does nothing to a context of whatever kind.
func TestPublicDoesNothing(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	c, _ := gin.CreateTestContext(w)
	ginjwt.Public()(c)
	assert.False(t, c.IsAborted())
	assert.Empty(t, w.Body.String())
	assert.Empty(t, c.Keys)
}

func TestRoutesCanBeLookedAtWhileServing(t *testing.T) {
	t.Parallel()
	p := newDemandable()
	e := newEngine()
	e.Use(ginjwt.Require(checked(ginjwt.Security(p.token, "me"), "x")))
	e.POST(`/things\:batch`, plainHandler)
	e.GET("/a/:id", ginjwt.Handle(p.token, answerString))
	get(e, "/", "") // Gin writes to its tree when it serves its first request
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				assert.Equal(t, 403, get(e, "/a/1", "granted").Code)
			}
		})
		all.Go(func() {
			for range 50 {
				routes, err := inspect.Routes(e)
				assert.NoError(t, err)
				assert.Equal(t, "Token me, check x", routes[0].Access())
			}
		})
	}
	all.Wait()
}

func TestEngineOfARouter(t *testing.T) {
	t.Parallel()
	e := newEngine()
	for name, r := range map[string]gin.IRouter{
		"the engine":     e,
		"a group":        e.Group("/a"),
		"a nested group": e.Group("/a").Group("/b", plainHandler),
		"its own group":  &e.RouterGroup,
	} {
		found, err := inspect.Engine(r)
		require.NoError(t, err, name)
		assert.Same(t, e, found, name)
	}
	type wrapped struct{ *gin.RouterGroup }
	for name, r := range map[string]gin.IRouter{
		"nil":              nil,
		"a nil engine":     (*gin.Engine)(nil),
		"a nil group":      (*gin.RouterGroup)(nil),
		"a group of none":  &gin.RouterGroup{},
		"a foreign router": wrapped{e.Group("/a")},
	} {
		found, err := inspect.Engine(r)
		assert.Error(t, err, name)
		assert.Nil(t, found, name)
	}
}
