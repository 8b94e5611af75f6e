package ginjwt_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/openapi"
)

// resourceFaults returns the lines of err without their beginning.
func resourceFaults(t testing.TB, err error) (faults []string) {
	t.Helper()
	if err == nil {
		return nil
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		text, ok := strings.CutPrefix(line, "ginjwt: openapi: ProtectedResource: ")
		require.True(t, ok, line)
		faults = append(faults, text)
	}
	return faults
}

func TestMountProtectedResourceNamesFaults(t *testing.T) {
	t.Parallel()
	const strange = "that is no URL, or has characters that a URL must encode"
	path := func(id string) string {
		return `Resource: "` + id + `" has a path that cannot be a route's: write it without dots, empty parts, ':', '*' and '%'`
	}
	type p = openapi.ProtectedResource
	cases := map[string]struct {
		change func(*p)
		want   []string
	}{
		"no resource":              {func(p *p) { p.Resource = "" }, []string{`Resource: "" is no absolute URL without a fragment`}},
		"plain http":               {func(p *p) { p.Resource = "http://api.example" }, []string{`Resource: "http://api.example" is not https://`}},
		"another scheme":           {func(p *p) { p.Resource = "urn:api" }, []string{`Resource: "urn:api" is no absolute URL without a fragment`}},
		"a fragment":               {func(p *p) { p.Resource = "https://api.example#a" }, []string{`Resource: "https://api.example#a" is no absolute URL without a fragment`}},
		"a password":               {func(p *p) { p.Resource = "https://a:b@api.example" }, []string{"Resource: a URL that all clients see must hold no password"}},
		"a control character":      {func(p *p) { p.Resource = "https://api.example/\n" }, []string{"Resource: " + strange}},
		"a query":                  {func(p *p) { p.Resource = "https://api.example/a?b=c" }, []string{`Resource: "https://api.example/a?b=c" has a query, which cannot be told apart by a route`}},
		"an empty query":           {func(p *p) { p.Resource = "https://api.example?" }, []string{`Resource: "https://api.example?" has a query, which cannot be told apart by a route`}},
		"a parameter of Gin's":     {func(p *p) { p.Resource = "https://api.example/:id" }, []string{path("https://api.example/:id")}},
		"a star":                   {func(p *p) { p.Resource = "https://api.example/*" }, []string{path("https://api.example/*")}},
		"an encoded character":     {func(p *p) { p.Resource = "https://api.example/a%2fb" }, []string{path("https://api.example/a%2fb")}},
		"two slashes":              {func(p *p) { p.Resource = "https://api.example/a//b" }, []string{path("https://api.example/a//b")}},
		"two slashes at the end":   {func(p *p) { p.Resource = "https://api.example/a//" }, []string{path("https://api.example/a//")}},
		"two slashes and no more":  {func(p *p) { p.Resource = "https://api.example//" }, []string{path("https://api.example//")}},
		"dots":                     {func(p *p) { p.Resource = "https://api.example/a/../b" }, []string{path("https://api.example/a/../b")}},
		"no server":                {func(p *p) { p.AuthorizationServers = nil }, []string{"AuthorizationServers is empty: clients would not know where to get a token"}},
		"an empty server":          {func(p *p) { p.AuthorizationServers = []string{""} }, []string{`AuthorizationServers: "" is no absolute URL without a fragment`}},
		"a server over plain http": {func(p *p) { p.AuthorizationServers = []string{"http://login.example"} }, []string{`AuthorizationServers: "http://login.example" is not https://`}},
		"a server with a query":    {func(p *p) { p.AuthorizationServers = []string{"https://login.example?a"} }, []string{`AuthorizationServers: "https://login.example?a" has a query, which no issuer has`}},
		"a page that is a script":  {func(p *p) { p.Documentation = "javascript:alert(1)" }, []string{`Documentation: "javascript:alert(1)" is no URL of a page`}},
		"a policy without a host":  {func(p *p) { p.Policy = "/policy" }, []string{`Policy: "/policy" is no URL of a page`}},
		"terms that are a file":    {func(p *p) { p.Terms = "file:///terms" }, []string{`Terms: "file:///terms" is no URL of a page`}},
		"scopes that are none":     {func(p *p) { p.Scopes = []string{"a b", "", `"`, "é", "fine"} }, []string{`Scopes: "a b" is no scope`, `Scopes: "" is no scope`, `Scopes: "\"" is no scope`, `Scopes: "é" is no scope`}},
		"a member twice":           {func(p *p) { p.Extra = map[string]any{"resource_name": "x"} }, []string{`Extra: "resource_name" has a field of its own, or is known`}},
		"null":                     {func(p *p) { p.Extra = map[string]any{"x": nil} }, []string{`Extra: "x" is empty: leave it out`}},
		"null of a type":           {func(p *p) { p.Extra = map[string]any{"x": (*int)(nil)} }, []string{`Extra: "x" is empty: leave it out`}},
		"an empty list":            {func(p *p) { p.Extra = map[string]any{"x": []string{}} }, []string{`Extra: "x" is empty: leave it out`}},
		"an empty object":          {func(p *p) { p.Extra = map[string]any{"x": map[string]any{}} }, []string{`Extra: "x" is empty: leave it out`}},
		"an empty text":            {func(p *p) { p.Extra = map[string]any{"x": ""} }, []string{`Extra: "x" is empty: leave it out`}},
		"no signature, as a choice": {func(p *p) {
			p.Extra = map[string]any{"resource_signing_alg_values_supported": []string{"ES256", "none"}}
		}, []string{`Extra: "resource_signing_alg_values_supported" must not have "none"`}},
		"all of them": {func(p *p) {
			p.Resource, p.AuthorizationServers, p.Terms = "x", nil, "y"
		}, []string{`Resource: "x" is no absolute URL without a fragment`, "AuthorizationServers is empty: clients would not know where to get a token", `Terms: "y" is no URL of a page`}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := gin.New()
			resourceRoute(r, "/a", resourceDocument)
			p := resourceOf(resourceID)
			tc.change(&p)
			assert.Equal(t, tc.want, resourceFaults(t, openapi.MountProtectedResource(r, p)))
			assert.Len(t, r.Routes(), 1, "nothing is served")
		})
	}
}

func TestMountProtectedResourceCannotWriteWhatIsNoJSON(t *testing.T) {
	t.Parallel()
	r := gin.New()
	resourceRoute(r, "/a", resourceDocument)
	p := resourceOf(resourceID)
	p.Extra = map[string]any{"x": math.NaN()}
	faults := resourceFaults(t, openapi.MountProtectedResource(r, p))
	require.Len(t, faults, 1)
	assert.Contains(t, faults[0], "Extra: ")
	assert.Len(t, r.Routes(), 1)
}

// What a challenge names and what is mounted are one: else a client would be
// sent to a page that is not there, or that speaks of another resource.
func TestMountProtectedResourceChecksTheChallenges(t *testing.T) {
	t.Parallel()
	give := ": give it ginjwt.ResourceMetadata(\"" + resourceDocument + "/mcp\")"
	nobody := "no route's challenge names the document: give their bearer scheme ginjwt.ResourceMetadata(\"" + resourceDocument + "/mcp\")"
	plain := func(path string, d *ginjwt.Dependency[string]) func(*gin.Engine) {
		return func(r *gin.Engine) { r.GET(path, ginjwt.Handle(d, okWith[string])) }
	}
	named := func(path, document string) func(*gin.Engine) {
		return func(r *gin.Engine) { resourceRoute(r, path, document) }
	}
	own := named("/mcp", resourceDocument+"/mcp")
	bearer := ginjwt.HTTPBearer()
	cases := map[string]struct {
		routes []func(*gin.Engine)
		want   []string
	}{
		"as it should be":             {[]func(*gin.Engine){own}, nil},
		"no route at all":             {nil, []string{nobody}},
		"no guarded one":              {[]func(*gin.Engine){func(r *gin.Engine) { r.GET("/mcp", ginjwt.Public(), ok) }}, []string{nobody}},
		"its route names none":        {[]func(*gin.Engine){plain("/mcp", bearer)}, []string{"GET /mcp is a route of the resource, and HTTPBearer names none" + give}},
		"one of its routes":           {[]func(*gin.Engine){own, plain("/mcp/x", bearer)}, []string{"GET /mcp/x is a route of the resource, and HTTPBearer names none" + give}},
		"one with a parameter":        {[]func(*gin.Engine){own, plain("/mcp/:x", bearer)}, []string{"GET /mcp/:x is a route of the resource, and HTTPBearer names none" + give}},
		"another alternative":         {[]func(*gin.Engine){own, plain("/mcp/x", ginjwt.AnyOf(ginjwt.APIKeyHeader("X"), bearer))}, []string{"GET /mcp/x is a route of the resource, and HTTPBearer names none" + give}},
		"an optional one":             {[]func(*gin.Engine){own, func(r *gin.Engine) { r.GET("/mcp/x", ginjwt.Handle(ginjwt.Optional(bearer), okWith[*string])) }}, []string{"GET /mcp/x is a route of the resource, and HTTPBearer names none" + give}},
		"a route outside of it":       {[]func(*gin.Engine){own, plain("/x", bearer), plain("/mcpx", bearer), plain("/", bearer)}, nil},
		"other schemes":               {[]func(*gin.Engine){own, plain("/mcp/x", ginjwt.APIKeyHeader("X")), plain("/mcp/y", ginjwt.HTTPBase("digest"))}, nil},
		"its route names another's":   {[]func(*gin.Engine){own, named("/mcp/x", resourceDocument)}, []string{"GET /mcp/x is a route of the resource, and HTTPBearer names \"" + resourceDocument + "\"" + give}},
		"or one that is misspelt":     {[]func(*gin.Engine){named("/mcp", resourceDocument+"/mpc")}, []string{"GET /mcp is a route of the resource, and HTTPBearer names \"" + resourceDocument + "/mpc\"" + give}},
		"or of another host":          {[]func(*gin.Engine){named("/mcp", "https://api2.example"+resourceWellKnown+"/mcp")}, []string{"GET /mcp is a route of the resource, and HTTPBearer names \"https://api2.example" + resourceWellKnown + "/mcp\"" + give}},
		"or with a slash more":        {[]func(*gin.Engine){named("/mcp", resourceDocument+"/mcp/")}, []string{"GET /mcp is a route of the resource, and HTTPBearer names \"" + resourceDocument + "/mcp/\"" + give}},
		"a resource below it":         {[]func(*gin.Engine){own, named("/mcp/a", resourceDocument+"/mcp/a"), named("/mcp/a/b", resourceDocument+"/mcp/a")}, nil},
		"a resource beside that":      {[]func(*gin.Engine){own, named("/mcp/b", resourceDocument+"/mcp/a")}, []string{"GET /mcp/b is a route of the resource, and HTTPBearer names \"" + resourceDocument + "/mcp/a\"" + give}},
		"a name that goes on":         {[]func(*gin.Engine){own, named("/mcp/b", resourceDocument+"/mcp2/b")}, []string{"GET /mcp/b is a route of the resource, and HTTPBearer names \"" + resourceDocument + "/mcp2/b\"" + give}},
		"a proxy takes the path away": {[]func(*gin.Engine){named("/", resourceDocument+"/mcp")}, nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := gin.New()
			for _, add := range tc.routes {
				add(r)
			}
			before := len(r.Routes())
			assert.Equal(t, tc.want, resourceFaults(t, openapi.MountProtectedResource(r, resourceOf(resourceID+"/mcp"))))
			assert.Equal(t, tc.want == nil, len(r.Routes()) > before)
		})
	}
}

func TestMountProtectedResourceKnowsItsPlace(t *testing.T) {
	t.Parallel()
	const guarded = "a guard stands before the document, which is for clients without a token: use a group that was made before the guard"
	guard := ginjwt.Require(ginjwt.APIKeyHeader("X"))
	for name, tc := range map[string]struct {
		router func(*gin.Engine) gin.IRouter
		want   []string
	}{
		"the engine":            {func(r *gin.Engine) gin.IRouter { return r }, nil},
		"a group":               {func(r *gin.Engine) gin.IRouter { return r.Group("", gin.Recovery(), ginjwt.Public()) }, nil},
		"a group with a prefix": {func(r *gin.Engine) gin.IRouter { return r.Group("/v1") }, []string{`the group has the prefix "/v1", and the document is found without one only`}},
		"a guarded group":       {func(r *gin.Engine) gin.IRouter { return r.Group("", guard) }, []string{guarded}},
		"a guarded engine":      {func(r *gin.Engine) gin.IRouter { r.Use(guard); return r }, []string{guarded}},
		"a group from before":   {func(r *gin.Engine) gin.IRouter { g := r.Group(""); r.Use(guard); return g }, nil},
		"with an optional guard": {func(r *gin.Engine) gin.IRouter {
			return r.Group("", ginjwt.Require(ginjwt.Optional(ginjwt.APIKeyHeader("X"))))
		}, []string{guarded}},
		"where a page is already": {func(r *gin.Engine) gin.IRouter { r.GET(resourceWellKnown, ok); return r }, []string{`"` + resourceWellKnown + `" is a route already`}},
		"where it is already": {func(r *gin.Engine) gin.IRouter {
			require.NoError(t, openapi.MountProtectedResource(r, resourceOf(resourceID)))
			return r
		}, []string{`"` + resourceWellKnown + `" is a route already`}},
	} {
		t.Run(name, func(t *testing.T) {
			r := gin.New()
			resourceRoute(r, "/a", resourceDocument)
			assert.Equal(t, tc.want, resourceFaults(t, openapi.MountProtectedResource(tc.router(r), resourceOf(resourceID))))
		})
	}
	assert.ErrorContains(t, openapi.MountProtectedResource(nil, resourceOf(resourceID)), "is no engine")
	assert.ErrorContains(t, openapi.MountProtectedResource(foreignRouter{gin.New()}, resourceOf(resourceID)), "is no engine")
}
