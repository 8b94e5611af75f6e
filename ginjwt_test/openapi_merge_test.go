package ginjwt_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/openapi"
)

// merged is a document, as far as Merge fills it in.
type merged struct {
	Paths      map[string]map[string]json.RawMessage
	Components struct{ SecuritySchemes map[string]any }
	Swagger2   map[string]any `json:"securityDefinitions"`
	Security   any
}

func mergeInto(t testing.TB, spec string, e *gin.Engine) (doc merged, text string) {
	t.Helper()
	b, err := openapi.Merge([]byte(spec), e)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &doc), "%s", b)
	return doc, string(b)
}

// security returns the security of an operation as JSON, or "" if it has none.
func (m merged) security(t testing.TB, method, path string) string {
	t.Helper()
	var op map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(m.Paths[path][method], &op), "%s %s", method, path)
	return string(op["security"])
}

// mergeToken is a scheme that declares its scopes, and mergeUser what is granted.
func mergeToken(opts ...ginjwt.SchemeOption) *ginjwt.Dependency[string] {
	return ginjwt.OAuth2PasswordBearer("/token", append([]ginjwt.SchemeOption{ginjwt.Scopes{"a": "A.", "b": "B."}}, opts...)...)
}

func mergeGrants(d *ginjwt.Dependency[string]) *ginjwt.Dependency[string] {
	return ginjwt.Grants(d, func(string) []string { return nil })
}

// newMergeEngine returns an engine whose routes demand nothing, a, and a or
// nothing.
func newMergeEngine() *gin.Engine {
	e := newEngine()
	user := mergeGrants(mergeToken())
	e.GET("/api/open", ok)
	e.GET("/api/users/:id", ginjwt.Require(ginjwt.Security(user, "a")), ok)
	e.PUT("/api/users/:id", ginjwt.Require(ginjwt.Optional(user)), ok)
	e.GET("/api/files/*path", ginjwt.Require(user), ok)
	return e
}

const (
	mergeA    = `[{"OAuth2PasswordBearer":["a"]}]`
	mergeNone = `[{"OAuth2PasswordBearer":[]}]`
)

// spec31 and spec20 return documents with paths as they are given.
func spec31(paths string) string { return `{"openapi":"3.1.0","paths":` + paths + `}` }

func spec20(rest string) string { return `{"swagger":"2.0",` + rest + `}` }

func TestMergeFillsInTheSecurityOfEachRoute(t *testing.T) {
	t.Parallel()
	paths := `{"/api/users/{id}":{"parameters":[],"get":{},"put":{"security":[{"Old":[]}]},"delete":{"security":[{"Old":[]}]}},
		"/api/open":{"get":{"security":[{"Old":[]}]}},"/other":{"get":{"security":[{"Old":[]}]},"post":{}},"/api/files/{path}":{"get":{}}}`
	for name, spec := range map[string]string{
		"2.0":                 spec20(`"security":[{"Old":[]}],"paths":` + paths),
		"3.0":                 `{"openapi":"3.0.4","security":[{"Old":[]}],"paths":` + paths + `}`,
		"3.1":                 `{"openapi":"3.1.2","security":[{"Old":[]}],"paths":` + paths + `}`,
		"a release to come":   `{"openapi":"3.1.10","security":[{"Old":[]}],"paths":` + paths + `}`,
		"a release candidate": `{"openapi":"3.0.0-rc2","security":[{"Old":[]}],"paths":` + paths + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, _ := mergeInto(t, spec, newMergeEngine())
			assert.Equal(t, mergeA, doc.security(t, "get", "/api/users/{id}"), "a guarded route")
			assert.Equal(t, `[{"OAuth2PasswordBearer":[]},{}]`, doc.security(t, "put", "/api/users/{id}"), "an optional one")
			assert.Equal(t, `[]`, doc.security(t, "get", "/api/open"), "an open one overrides what holds for all")
			assert.Equal(t, mergeNone, doc.security(t, "get", "/api/files/{path}"), "a catch-all")
			assert.Equal(t, `[{"Old":[]}]`, doc.security(t, "delete", "/api/users/{id}"), "no route: another method")
			assert.Equal(t, `[{"Old":[]}]`, doc.security(t, "get", "/other"), "no route: another path")
			assert.Empty(t, doc.security(t, "post", "/other"), "no route, and without security")
			assert.Equal(t, []any{map[string]any{"Old": []any{}}}, doc.Security, "what holds for all")
		})
	}
}

func TestMergeFindsRoutesByTheShapeOfTheirPaths(t *testing.T) {
	t.Parallel()
	e := newMergeEngine()
	user := mergeGrants(mergeToken())
	e.GET(`/api/things\:batch`, ginjwt.Require(user), ok)
	e.GET("/api/by_:name/x", ginjwt.Require(user), ok)
	e.GET("/", ginjwt.Require(user), ok)
	e.GET("/api", ginjwt.Require(ginjwt.Security(user, "b")), ok)
	for _, tt := range []struct {
		rule, path, want string
	}{
		{"parameters may have other names", "/api/users/{userID}", mergeA},
		{"parameters may have names that Gin cannot write", "/api/users/{user-id.x}", mergeA},
		{"text is no parameter", "/api/users/id", ""},
		{"a parameter is a whole segment here", "/api/users/{id}.json", ""},
		{"a slash more is another path", "/api/users/{id}/", ""},
		{"letters of another case are another path", "/API/users/{id}", ""},
		{"a colon is text", "/api/things:batch", mergeNone},
		{"a parameter after text", "/api/by_{n}/x", mergeNone},
		{"the root", "/", mergeNone},
		{"no path", "x-path", ""},
		{"no path, though it is that of a route without its slash", "api/users/{id}", ""},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			t.Parallel()
			doc, _ := mergeInto(t, spec31(fmt.Sprintf(`{"/api/open":{"get":{}},%q:{"get":{}}}`, tt.path)), e)
			assert.Equal(t, tt.want, doc.security(t, "get", tt.path))
		})
	}
}

func TestMergePutsPathsBehindThePrefix(t *testing.T) {
	t.Parallel()
	for rule, head := range map[string]string{
		"2.0: basePath":                          `"swagger":"2.0","basePath":"/api"`,
		"2.0: a slash at the end":                `"swagger":"2.0","basePath":"/api/"`,
		"2.0: no slash":                          `"swagger":"2.0","basePath":"api"`,
		"2.0: servers mean nothing":              `"swagger":"2.0","basePath":"/api","servers":[{"url":"/x"}]`,
		"3.x: an absolute server":                `"openapi":"3.0.3","servers":[{"url":"https://api.example:8443/api?x=/y#z"}]`,
		"3.x: a server without a scheme":         `"openapi":"3.0.3","servers":[{"url":"//api.example/api/"}]`,
		"3.x: a relative server":                 `"openapi":"3.1.0","servers":[{"url":"/api/"}]`,
		"3.x: one relative to the document":      `"openapi":"3.1.0","servers":[{"url":"./api"}]`,
		"3.x: the first one counts":              `"openapi":"3.1.0","servers":[{"url":"/api"},{"url":"/x"}]`,
		"3.x: variables have their default":      `"openapi":"3.1.0","servers":[{"url":"https://{host}:{port}/{base}","variables":{"host":{"default":"h.example"},"port":{"default":"8443"},"base":{"default":"api"}}}]`,
		"3.x: a default that should be a string": `"openapi":"3.1.0","servers":[{"url":"https://h.example:{port}/api","variables":{"port":{"default":8443}}}]`,
		"3.x: an escaped one":                    `"openapi":"3.1.0","servers":[{"url":"/%61pi"}]`,
		"3.x: basePath means nothing":            `"openapi":"3.1.0","basePath":"/x","servers":[{"url":"/api"}]`,
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			doc, _ := mergeInto(t, `{`+head+`,"paths":{"/users/{x}":{"get":{}},"/api/users/{x}":{"get":{}}}}`, newMergeEngine())
			assert.Equal(t, mergeA, doc.security(t, "get", "/users/{x}"), "behind it")
			assert.Empty(t, doc.security(t, "get", "/api/users/{x}"), "as it stands: another path, for one was found behind it")
		})
	}
}

func TestMergeDoesWithoutAPrefixThatIsNone(t *testing.T) {
	t.Parallel()
	for rule, head := range map[string]string{
		"2.0: a prefix that a proxy takes off":  `"swagger":"2.0","basePath":"/proxy"`,
		"2.0: the root":                         `"swagger":"2.0","basePath":"/"`,
		"2.0: none":                             `"swagger":"2.0"`,
		"3.x: a prefix that a proxy takes off":  `"openapi":"3.1.0","servers":[{"url":"https://api.example/proxy"}]`,
		"3.x: a server without a path":          `"openapi":"3.1.0","servers":[{"url":"https://api.example"}]`,
		"3.x: where the document is":            `"openapi":"3.1.0","servers":[{"url":"."}]`,
		"3.x: no servers":                       `"openapi":"3.1.0"`,
		"3.x: an empty list of them":            `"openapi":"3.1.0","servers":[]`,
		"3.x: a server that is no URL":          `"openapi":"3.1.0","servers":[{"url":"https://{host}/api"}]`,
		"3.x: variables without a default":      `"openapi":"3.1.0","servers":[{"url":"/{base}","variables":{"base":{}}}]`,
		"3.x: paths that begin with it already": `"openapi":"3.1.0","servers":[{"url":"/api"}]`,
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			doc, _ := mergeInto(t, `{`+head+`,"paths":{"/api/users/{x}":{"get":{}}}}`, newMergeEngine())
			assert.Equal(t, mergeA, doc.security(t, "get", "/api/users/{x}"))
		})
	}
}

func TestMergeFindsTheRootOfAGroup(t *testing.T) {
	t.Parallel()
	user := mergeGrants(mergeToken())
	a, b := ginjwt.Require(ginjwt.Security(user, "a")), ginjwt.Require(ginjwt.Security(user, "b"))
	e := newEngine()
	e.GET("/api", a, ok)
	e.GET("/api/", b, ok)
	e.POST("/api", a, ok)
	doc, _ := mergeInto(t, spec20(`"basePath":"/api","paths":{"/":{"get":{},"post":{}}}`), e)
	assert.Equal(t, `[{"OAuth2PasswordBearer":["b"]}]`, doc.security(t, "get", "/"), "with its slash, if there is such a route")
	assert.Equal(t, mergeA, doc.security(t, "post", "/"), "without, if there is none")
}

func TestMergeTakesTheOperationsOfEveryMethod(t *testing.T) {
	t.Parallel()
	e := newEngine()
	e.Any("/x", ginjwt.Require(mergeGrants(mergeToken())), ok)
	e.Handle("PARAMETERS", "/x", ok)
	verbs := []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}
	doc, text := mergeInto(t, spec31(`{"/x":{"parameters":{},"`+strings.Join(verbs, `":{},"`)+`":{}}}`), e)
	for _, verb := range verbs {
		assert.Equal(t, mergeNone, doc.security(t, verb, "/x"), verb)
	}
	assert.Contains(t, text, `"parameters":{},`, "what is no operation has no security, even if a method is called so")
}

// In Gin's paths braces are text: such a route is none that a document can name.
func TestMergeTellsBracesFromParameters(t *testing.T) {
	t.Parallel()
	a, b := ginjwt.Require(ginjwt.Security(mergeGrants(mergeToken()), "a")), ginjwt.Require(ginjwt.Security(mergeGrants(mergeToken()), "b"))
	for rule, register := range map[string]func(e *gin.Engine){
		"the route with a parameter comes first": func(e *gin.Engine) { e.GET("/books/:id", a, ok); e.GET("/books/{id}", b, ok) },
		"it comes last":                          func(e *gin.Engine) { e.GET("/books/{id}", b, ok); e.GET("/books/:id", a, ok) },
	} {
		e := newEngine()
		register(e)
		doc, _ := mergeInto(t, spec31(`{"/books/{id}":{"get":{}}}`), e)
		assert.Equal(t, mergeA, doc.security(t, "get", "/books/{id}"), rule)
	}
	e := newEngine()
	e.GET("/books/{id}", b, ok)
	_, err := openapi.Merge([]byte(spec31(`{"/books/{id}":{"get":{}}}`)), e)
	assert.ErrorContains(t, err, "no operation of the document is a route")
}

func TestMergePutsNoExtensionBehindThePrefix(t *testing.T) {
	t.Parallel()
	e := newMergeEngine()
	e.GET("/apix-y", ok)
	doc, _ := mergeInto(t, spec20(`"basePath":"/api","paths":{"/open":{"get":{}},"x-y":{"get":{}}}`), e)
	assert.Empty(t, doc.security(t, "get", "x-y"))
}
