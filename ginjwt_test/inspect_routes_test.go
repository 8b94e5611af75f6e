package ginjwt_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/inspect"
)

// allRoutes returns e's routes by method and path.
func allRoutes(t *testing.T, e *gin.Engine) map[string]inspect.Route {
	t.Helper()
	routes, err := inspect.Routes(e)
	require.NoError(t, err)
	listed := e.Routes()
	require.Len(t, routes, len(listed))
	byName := map[string]inspect.Route{}
	for i, r := range routes {
		assert.Equal(t, listed[i].Method, r.Method)
		assert.Equal(t, listed[i].Path, r.Path)
		byName[r.Method+" "+r.Path] = r
	}
	return byName
}

type pets struct{ name string }

func (p *pets) list(*gin.Context)            {}
func (p pets) show(_ *gin.Context, _ string) {}

func generic[T any](*gin.Context, T)     {}
func genericPlain[T any](_ *gin.Context) {}

// zoo is an engine with every kind of route that Gin has.
func zoo() *gin.Engine {
	p := newDemandable()
	e := gin.New()
	e.Use(func(c *gin.Context) { c.Next() }, gin.Recovery())
	e.NoRoute(ginjwt.Require(p.other), plainHandler)
	e.NoMethod(plainHandler)
	e.GET("/", plainHandler)
	e.GET("/early", plainHandler)
	e.StaticFile("/favicon.ico", "favicon.ico")
	e.StaticFS("/fs", http.FS(fstest.MapFS{}))

	g := e.Group("/api", func(c *gin.Context) { c.Next() })
	g.Use(ginjwt.Require(p.token))
	g.Static("/static", "static")
	g.Any("/any", ginjwt.Handle(p.other, answerString))
	g.Match([]string{"GET", "PURGE"}, "/match", plainHandler)
	g.Handle("CUSTOM", "/custom", plainHandler)

	cats := &pets{"cats"}
	v1 := g.Group("/v1").Group("/:tenant", ginjwt.Require(p.key))
	v1.GET("/pets", cats.list)
	v1.GET("/pets/:id", ginjwt.Handle(p.token, pets{"dogs"}.show))
	v1.GET("/pets/:id/files/*path", ginjwt.Handle(p.token, generic[string]))
	v1.GET("/pets/mine", genericPlain[int])
	v1.POST(`/pets\:batch`, func(*gin.Context) {})
	v1.POST(`/pets\:other/:id`, gin.WrapF(func(http.ResponseWriter, *http.Request) {}))
	v1.GET("/wrapped/*rest", gin.WrapH(http.NotFoundHandler()))
	return e
}

func TestRoutesAreThoseOfGin(t *testing.T) {
	t.Parallel()
	routes := allRoutes(t, zoo())
	cases := map[string]struct {
		template string
		params   []string
		handler  string // its end
		access   string
		guard    int
		handlers int
	}{
		"GET /":                                 {"/", nil, "ginjwt_test_test.plainHandler", "open", 0, 3},
		"GET /early":                            {"/early", nil, "plainHandler", "open", 0, 3},
		"HEAD /favicon.ico":                     {"/favicon.ico", nil, "", "open", 0, 3},
		"GET /fs/*filepath":                     {"/fs/{filepath}", []string{"filepath"}, "", "open", 0, 3},
		"HEAD /api/static/*filepath":            {"/api/static/{filepath}", []string{"filepath"}, "", "Token", 4, 5},
		"TRACE /api/any":                        {"/api/any", nil, "answerString", "Token and Other", 4, 5},
		"PURGE /api/match":                      {"/api/match", nil, "plainHandler", "Token", 4, 5},
		"CUSTOM /api/custom":                    {"/api/custom", nil, "plainHandler", "Token", 4, 5},
		"GET /api/v1/:tenant/pets":              {"/api/v1/{tenant}/pets", []string{"tenant"}, "(*pets).list", "Token and Key", 4, 6},
		"GET /api/v1/:tenant/pets/:id":          {"/api/v1/{tenant}/pets/{id}", []string{"tenant", "id"}, "pets.show", "Token and Key", 4, 6},
		"GET /api/v1/:tenant/pets/mine":         {"/api/v1/{tenant}/pets/mine", []string{"tenant"}, "genericPlain[...]", "Token and Key", 4, 6},
		"POST /api/v1/:tenant/pets\\:batch":     {"/api/v1/{tenant}/pets:batch", []string{"tenant"}, "zoo.func3", "Token and Key", 4, 6},
		"GET /api/v1/:tenant/wrapped/*rest":     {"/api/v1/{tenant}/wrapped/{rest}", []string{"tenant", "rest"}, "", "Token and Key", 4, 6},
		"POST /api/v1/:tenant/pets\\:other/:id": {"/api/v1/{tenant}/pets:other/{id}", []string{"tenant", "id"}, "", "Token and Key", 4, 6},
		"GET /api/v1/:tenant/pets/:id/files/*path": {"/api/v1/{tenant}/pets/{id}/files/{path}",
			[]string{"tenant", "id", "path"}, "generic[...]", "Token and Key", 4, 6},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, ok := routes[name]
			require.True(t, ok)
			assert.Equal(t, tc.template, r.Template)
			assert.Equal(t, tc.params, r.Params)
			assert.True(t, strings.HasSuffix(r.Handler, tc.handler), r.Handler)
			assert.NotContains(t, r.Handler, "-fm")
			assert.Equal(t, tc.access, r.Access())
			assert.Equal(t, tc.guard, r.Guard)
			assert.Equal(t, tc.handlers, r.Handlers)
			assert.Empty(t, r.Misplaced)
		})
	}
	for name := range routes {
		assert.NotContains(t, name, "NoRoute")
	}
}

// Gin takes the backslashes out of the paths when it serves its first request.
func TestEscapedColonsAreTextBeforeAndAfterTheFirstRequest(t *testing.T) {
	t.Parallel()
	e := gin.New()
	e.POST(`/things\:batch`, plainHandler)
	e.POST(`/things\:batch/:id`, plainHandler)
	e.POST(`/things\:best`, plainHandler)
	before := allRoutes(t, e)
	e.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/things:batch", nil))
	after := allRoutes(t, e)
	for _, path := range []string{"/things:batch", "/things:batch/:id", "/things:best"} {
		escaped := strings.Replace(path, ":", `\:`, 1)
		require.Contains(t, before, "POST "+escaped)
		require.Contains(t, after, "POST "+path)
		assert.Equal(t, strings.Replace(path, ":id", "{id}", 1), before["POST "+escaped].Template)
		assert.Equal(t, before["POST "+escaped].Template, after["POST "+path].Template)
		assert.Equal(t, before["POST "+escaped].Params, after["POST "+path].Params)
	}
}

func TestARouteRegisteredBeforeUseIsOpen(t *testing.T) {
	t.Parallel()
	p := newDemandable()
	e := gin.New()
	e.GET("/early", plainHandler)
	e.Use(ginjwt.Require(p.token))
	e.GET("/late", plainHandler)
	routes := allRoutes(t, e)
	assert.Equal(t, "open", routes["GET /early"].Access())
	assert.Equal(t, "Token", routes["GET /late"].Access())
}

func TestOneHandlerValueAtTwoRoutesIsTwoRoutes(t *testing.T) {
	t.Parallel()
	p := newDemandable()
	e := gin.New()
	guard, handler := ginjwt.Require(ginjwt.Security(p.token, "me")), ginjwt.Handle(p.other, answerString)
	e.GET("/a", guard, guard, handler)
	e.GET("/b", handler)
	routes := allRoutes(t, e)
	assert.Equal(t, "Token me and Other", routes["GET /a"].Access())
	assert.Equal(t, "Other", routes["GET /b"].Access())
}

// What a Route holds can be changed by its owner without harm to the next.
func TestRoutesShareNothingWithTheHandlers(t *testing.T) {
	t.Parallel()
	p := newDemandable()
	e := gin.New()
	e.GET("/", ginjwt.Handle(checked(ginjwt.Security(p.token, "me"), "x"), answerString))
	first := allRoutes(t, e)["GET /"]
	first.Security[0][0].Scopes[0] = "changed"
	first.Security[0][0].Scheme.Name = "changed"
	first.Security[0][0].Scheme.Flows.Password.Scopes["changed"] = "changed"
	first.Security[0][0].Scheme.Places[0].Name = "changed"
	first.Checks[0] = "changed"
	second := allRoutes(t, e)["GET /"]
	assert.Equal(t, "Token me, check x", second.Access())
	assert.Equal(t, []inspect.Place{{In: "header", Name: "Authorization"}}, second.Security[0][0].Scheme.Places)
	assert.Empty(t, second.Security[0][0].Scheme.Flows.Password.Scopes)
}

func TestRoutesWantAnEngine(t *testing.T) {
	t.Parallel()
	routes, err := inspect.Routes(nil)
	assert.Empty(t, routes)
	assert.EqualError(t, err, "ginjwt: inspect: the engine is nil")
	routes, err = inspect.Routes(gin.New())
	assert.Empty(t, routes)
	assert.NoError(t, err)
}
