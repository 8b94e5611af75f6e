package ginjwt_test

import (
	"errors"
	"math"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/openapi"
)

func TestDocumentNamesEachFault(t *testing.T) {
	t.Parallel()
	_, verifier := newIssuer(t)
	token := func(opts ...ginjwt.SchemeOption) *ginjwt.Dependency[ginjwt.Claims] {
		return ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token", opts...), verifier)
	}
	const noSchema = "that is no JSON Schema but a "
	const pass = ": pass a value that marshals to one"
	for name, tc := range map[string]struct {
		routes func(*gin.Engine)
		want   string // without the prefix
	}{
		"two schemes of one name": {func(r *gin.Engine) {
			r.GET("/a", ginjwt.Require(ginjwt.APIKeyHeader("A")), ok)
			r.GET("/b", ginjwt.Require(ginjwt.APIKeyHeader("B")), ok)
			r.GET("/c", ginjwt.Require(ginjwt.APIKeyHeader("C")), ok)
		}, `two security schemes that differ have the name "APIKeyHeader": give one another with SchemeName`},
		"a name that no component can have": {func(r *gin.Engine) {
			r.GET("/a", ginjwt.Require(ginjwt.APIKeyHeader("A", ginjwt.SchemeName("my key"))), ok)
			r.GET("/b", ginjwt.Require(ginjwt.APIKeyHeader("A", ginjwt.SchemeName("my key"))), ok)
		}, `the security scheme "my key" has a name that OpenAPI does not allow: use letters, digits, '.', '_' and '-'`},
		"a scope that is not declared": {func(r *gin.Engine) {
			r.GET("/a/:id", ginjwt.Require(ginjwt.Security(token(ginjwt.Scopes{"me": ""}), "me", "admin")), ok)
		}, `GET /a/:id demands the scope "admin", which OAuth2PasswordBearer does not declare: add it to its Scopes`},
		"a scope, and none declared": {func(r *gin.Engine) { r.GET("/a", ginjwt.Require(ginjwt.Security(token(), "me")), ok) },
			`GET /a demands the scope "me", which OAuth2PasswordBearer does not declare: add it to its Scopes`},
		"a request that is no schema": {func(r *gin.Engine) { r.POST("/a", openapi.Describe(openapi.Op{Request: "string"}), ok) },
			"POST /a is described with a Request " + noSchema + "string" + pass},
		"a response that is no schema": {func(r *gin.Engine) { r.POST("/a", openapi.Describe(openapi.Op{Response: []int{1}}), ok) },
			"POST /a is described with a Response " + noSchema + "[]int" + pass},
		"further answers that are no schema": {func(r *gin.Engine) { r.POST("/a", openapi.Describe(openapi.Op{Responses: map[int]any{404: 1}}), ok) },
			"POST /a is described with a Responses " + noSchema + "int" + pass},
		"what cannot be marshalled": {func(r *gin.Engine) { r.POST("/a", openapi.Describe(openapi.Op{Response: math.NaN()}), ok) },
			"POST /a is described with a Response " + noSchema + "float64" + pass},
		"a nil pointer": {func(r *gin.Engine) { r.POST("/a", openapi.Describe(openapi.Op{Response: (*struct{})(nil)}), ok) },
			"POST /a is described with a Response " + noSchema + "*struct {}" + pass},
		"a marshaller that fails": {func(r *gin.Engine) { r.POST("/a", openapi.Describe(openapi.Op{Response: marshaller("{")}), ok) },
			"POST /a is described with a Response " + noSchema + "ginjwt_test.marshaller" + pass},
		"a status that is none": {func(r *gin.Engine) { r.GET("/a", openapi.Describe(openapi.Op{Status: 99}), ok) },
			"GET /a is described with the status 99, which is none"},
		"a further status that is none": {func(r *gin.Engine) { r.GET("/a", openapi.Describe(openapi.Op{Responses: map[int]any{600: nil}}), ok) },
			"GET /a is described with the status 600, which is none"},
		"an ID that another has": {func(r *gin.Engine) {
			r.GET("/a", openapi.Describe(openapi.Op{ID: "x"}), ok)
			r.POST("/b", openapi.Describe(openapi.Op{ID: "x"}), ok)
		}, `POST /b has the ID "x", which another operation has too`},
		"an ID for a group": {func(r *gin.Engine) {
			g := r.Group("/g", openapi.Describe(openapi.Op{ID: "x"}))
			g.GET("/a", ok)
			g.GET("/b", ok)
		}, `GET /g/b has the ID "x", which another operation has too`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newEngine()
			tc.routes(r)
			routes := len(r.Routes())
			_, err := openapi.Document(r, apiConfig)
			assert.EqualError(t, err, "ginjwt: openapi: "+tc.want)
			assert.EqualError(t, openapi.Mount(r, apiConfig), "ginjwt: openapi: "+tc.want)
			assert.Len(t, r.Routes(), routes, "a Mount that fails registers nothing")
		})
	}
}

// What has no fault: two schemes that are alike, roles of a scheme that has no
// scopes of its own, and faults of what is not in the document.
func TestDocumentFindsNoFaultIn(t *testing.T) {
	t.Parallel()
	_, verifier := newIssuer(t)
	for name, routes := range map[string]func(*gin.Engine){
		"two schemes that are alike": func(r *gin.Engine) {
			for _, path := range []string{"/a", "/b"} {
				r.GET(path, ginjwt.Require(ginjwt.OAuth2PasswordBearer("/token", ginjwt.Scopes{"a": "A", "b": "B"})), ok)
			}
		},
		"roles of a bearer token": func(r *gin.Engine) {
			r.GET("/a", ginjwt.Require(ginjwt.Security(ginjwt.JWT[ginjwt.Claims](ginjwt.HTTPBearer(), verifier), "admin")), ok)
		},
		"a hidden route": func(r *gin.Engine) {
			r.GET("/a", openapi.Hidden(), openapi.Describe(openapi.Op{Status: 1, Request: 1}), ginjwt.Require(ginjwt.APIKeyHeader("A", ginjwt.SchemeName("ä"))), ok)
		},
		"no routes": func(*gin.Engine) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newEngine()
			routes(r)
			d, text := docOf(t, r)
			assert.NotNil(t, d.Paths)
			assert.NotContains(t, text, "null")
		})
	}
}

func TestConfigNamesEachFault(t *testing.T) {
	t.Parallel()
	const (
		noPage   = ` is no path for a page: it begins with a slash, does not end with one, and has no parameters`
		noOrigin = ` is no origin, such as "https://login.example.com"`
	)
	change := func(fn func(*openapi.Config)) openapi.Config {
		cfg := apiConfig
		fn(&cfg)
		return cfg
	}
	for want, cfg := range map[string]openapi.Config{
		"Title is empty": change(func(c *openapi.Config) { c.Title = "" }),
		`Version is empty: it is the API's, such as "1.0.0"`: change(func(c *openapi.Config) { c.Version = "" }),
		`"docs"` + noPage:                                         change(func(c *openapi.Config) { c.DocsPath = "docs" }),
		`"/docs/"` + noPage:                                       change(func(c *openapi.Config) { c.DocsPath = "/docs/" }),
		`"/"` + noPage:                                            change(func(c *openapi.Config) { c.Path = "/" }),
		`"/:id"` + noPage:                                         change(func(c *openapi.Config) { c.Path = "/:id" }),
		`"/*all"` + noPage:                                        change(func(c *openapi.Config) { c.DocsPath = "/*all" }),
		`"/a?b"` + noPage:                                         change(func(c *openapi.Config) { c.DocsPath = "/a?b" }),
		`"/a#b"` + noPage:                                         change(func(c *openapi.Config) { c.DocsPath = "/a#b" }),
		`Path and DocsPath are the same: "/docs"`:                 change(func(c *openapi.Config) { c.Path = "/docs" }),
		`Servers: "" is no URL`:                                   change(func(c *openapi.Config) { c.Servers = []string{"/", ""} }),
		`Servers: "http://a b" is no URL`:                         change(func(c *openapi.Config) { c.Servers = []string{"http://a b"} }),
		`ConnectTo: ""` + noOrigin:                                change(func(c *openapi.Config) { c.ConnectTo = []string{""} }),
		`ConnectTo: "login.example.com"` + noOrigin:               change(func(c *openapi.Config) { c.ConnectTo = []string{"login.example.com"} }),
		`ConnectTo: "https://a.example/token"` + noOrigin:         change(func(c *openapi.Config) { c.ConnectTo = []string{"https://a.example/token"} }),
		`ConnectTo: "https://a.example/"` + noOrigin:              change(func(c *openapi.Config) { c.ConnectTo = []string{"https://a.example/"} }),
		`ConnectTo: "https://user@a.example"` + noOrigin:          change(func(c *openapi.Config) { c.ConnectTo = []string{"https://user@a.example"} }),
		`ConnectTo: "ftp://a.example"` + noOrigin:                 change(func(c *openapi.Config) { c.ConnectTo = []string{"ftp://a.example"} }),
		`ConnectTo: "https://a.example; script-src *"` + noOrigin: change(func(c *openapi.Config) { c.ConnectTo = []string{"https://a.example; script-src *"} }),
		`ConnectTo: "https://a;script-src"` + noOrigin:            change(func(c *openapi.Config) { c.ConnectTo = []string{"https://a;script-src"} }),
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			r := newEngine()
			assert.EqualError(t, openapi.Mount(r, cfg), "ginjwt: openapi: Config: "+want)
			assert.Empty(t, r.Routes())
		})
	}
}

func TestFaultsComeAllTogether(t *testing.T) {
	t.Parallel()
	_, verifier := newIssuer(t)
	r := newEngine()
	r.GET("/a", ginjwt.Require(ginjwt.APIKeyHeader("A", ginjwt.SchemeName("no name"))), openapi.Describe(openapi.Op{Status: 1, Request: 1}), ok)
	r.GET("/b", ginjwt.Require(ginjwt.Security(ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), verifier), "x")), openapi.Describe(openapi.Op{ID: "i"}), ok)
	r.GET("/c", openapi.Describe(openapi.Op{ID: "i"}), ok)
	const want = `ginjwt: openapi: Config: Title is empty
ginjwt: openapi: Config: Version is empty: it is the API's, such as "1.0.0"
ginjwt: openapi: the security scheme "no name" has a name that OpenAPI does not allow: use letters, digits, '.', '_' and '-'
ginjwt: openapi: GET /a is described with a Request that is no JSON Schema but a int: pass a value that marshals to one
ginjwt: openapi: GET /a is described with the status 1, which is none
ginjwt: openapi: GET /b demands the scope "x", which OAuth2PasswordBearer does not declare: add it to its Scopes
ginjwt: openapi: GET /c has the ID "i", which another operation has too`
	for range 5 { // whatever the order of a map
		_, err := openapi.Document(r, openapi.Config{})
		require.EqualError(t, err, want)
		require.EqualError(t, openapi.Mount(r, openapi.Config{}), want)
	}
	_, err := openapi.Document(nil, apiConfig)
	assert.EqualError(t, err, "ginjwt: inspect: the engine is nil")
}

// What cannot be written is a fault when it is mounted, and not at each request.
func TestTextThatIsNotUTF8IsAFault(t *testing.T) {
	t.Parallel()
	for name, mount := range map[string]func(*gin.Engine) error{
		"a title": func(r *gin.Engine) error { return openapi.Mount(r, openapi.Config{Title: "\xff", Version: "1"}) },
		"a summary": func(r *gin.Engine) error {
			r.GET("/", openapi.Describe(openapi.Op{Summary: "\xff"}), ok)
			return openapi.Mount(r, apiConfig)
		},
		"a scheme's description": func(r *gin.Engine) error {
			r.GET("/", ginjwt.Require(ginjwt.HTTPBearer(ginjwt.Description("\xff"))), ok)
			return openapi.Mount(r, apiConfig)
		},
	} {
		r := newEngine()
		if err := mount(r); err == nil {
			assert.Equal(t, 200, get(r, "/openapi.json", "").Code, name)
		} else {
			assert.NotErrorIs(t, err, errors.ErrUnsupported, name)
			for _, route := range r.Routes() {
				assert.Equal(t, "/", route.Path, "%s: nothing is mounted", name)
			}
		}
	}
}
