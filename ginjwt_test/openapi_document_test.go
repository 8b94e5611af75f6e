package ginjwt_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/openapi"
)

// apiDoc is an OpenAPI document, as far as the tests read it.
type apiDoc struct {
	OpenAPI    string
	Info       map[string]string
	Servers    []map[string]string
	Paths      map[string]map[string]*apiOperation
	Components struct{ Schemas, SecuritySchemes map[string]any }
}

type apiOperation struct {
	OperationID string
	Summary     string
	Description string
	Tags        []string
	Deprecated  bool
	Parameters  []map[string]any
	RequestBody *apiBody
	Responses   map[string]*apiBody
	Security    []map[string][]string
}

type apiBody struct {
	Description string
	Required    bool
	Headers     map[string]struct{ Example string }
	Content     map[string]struct{ Schema any }
}

// challenge returns the WWW-Authenticate that the document shows for an answer,
// or "".
func (b *apiBody) challenge() string {
	if b == nil {
		return ""
	}
	return b.Headers["WWW-Authenticate"].Example
}

// schema returns the schema of a body of JSON, as JSON.
func (b *apiBody) schema(t testing.TB, kind string) string {
	t.Helper()
	require.NotNil(t, b)
	require.Contains(t, b.Content, kind)
	text, err := json.Marshal(b.Content[kind].Schema)
	require.NoError(t, err)
	return string(text)
}

var apiConfig = openapi.Config{Title: "API", Version: "1"}

// docOf returns the document of e, and its text.
func docOf(t testing.TB, e *gin.Engine) (d apiDoc, text string) {
	t.Helper()
	b, err := openapi.Document(e, apiConfig)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &d))
	return d, string(b)
}

func (d apiDoc) operation(t testing.TB, method, path string) *apiOperation {
	t.Helper()
	o := d.Paths[path][method]
	require.NotNil(t, o, "%s %s is not in the document", method, path)
	return o
}

func ok(c *gin.Context) { c.Status(http.StatusOK) }

func okWith[T any](c *gin.Context, _ T) { ok(c) }

// The security parts of FastAPI's tutorial005 are these, to the letter.
func TestDocumentOfTheScopesTutorialIsFastAPIs(t *testing.T) {
	t.Parallel()
	_, verifier := newIssuer(t)
	token := ginjwt.OAuth2PasswordBearer("token", ginjwt.Scopes{"me": "Read information about the current user.", "items": "Read items."})
	user := ginjwt.JWT[ginjwt.Claims](token, verifier)
	active := ginjwt.Security(ginjwt.Depends(user, func(_ *gin.Context, c ginjwt.Claims) (string, error) { return c.Subject, nil }), "me")
	routes := map[string]func(*gin.Engine){
		"with Handle": func(r *gin.Engine) {
			r.GET("/users/me/", ginjwt.Handle(active, okWith[string]))
			r.GET("/users/me/items/", ginjwt.Handle(ginjwt.Security(active, "items"), okWith[string]))
			r.GET("/status/", ginjwt.Handle(user, okWith[ginjwt.Claims]))
		},
		"with Require before plain handlers": func(r *gin.Engine) {
			r.GET("/users/me/", ginjwt.Require(active), ok)
			r.GET("/users/me/items/", ginjwt.Require(ginjwt.Security(active, "items")), ok)
			r.GET("/status/", ginjwt.Require(user), ok)
		},
		"with a group whose scope is the outer one": func(r *gin.Engine) {
			r.GET("/users/me/", ginjwt.Handle(active, okWith[string]))
			r.Group("/users", ginjwt.Require(ginjwt.Security(user, "items"))).GET("/me/items/", ginjwt.Handle(active, okWith[string]))
			r.Group("", ginjwt.Require(user)).GET("/status/", ok)
		},
	}
	for name, add := range routes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newEngine()
			r.POST("/token", ginjwt.Handle(ginjwt.PasswordForm(), okWith[loginForm]))
			add(r)
			d, text := docOf(t, r)
			assert.Equal(t, "3.1.0", d.OpenAPI)
			schemes, err := json.Marshal(d.Components.SecuritySchemes)
			require.NoError(t, err)
			assert.JSONEq(t, `{"OAuth2PasswordBearer":{"type":"oauth2","flows":{"password":{"tokenUrl":"token",
				"scopes":{"me":"Read information about the current user.","items":"Read items."}}}}}`, string(schemes))
			assert.NotContains(t, text, "null")
			for path, want := range map[string]string{
				"/users/me/":       `[{"OAuth2PasswordBearer":["me"]}]`,
				"/users/me/items/": `[{"OAuth2PasswordBearer":["items","me"]}]`,
				"/status/":         `[{"OAuth2PasswordBearer":[]}]`,
			} {
				security, err := json.Marshal(d.operation(t, "get", path).Security)
				require.NoError(t, err)
				assert.Equal(t, want, string(security), path)
			}
			assert.Nil(t, d.operation(t, "post", "/token").Security)
		})
	}
}

// Each scheme as FastAPI writes it.
func TestDocumentOfEachScheme(t *testing.T) {
	t.Parallel()
	name, about := ginjwt.SchemeName("S"), ginjwt.Description("About it.")
	for what, tc := range map[string]struct {
		guard ginjwt.Guard
		want  string
	}{
		"OAuth2PasswordBearer without scopes": {ginjwt.OAuth2PasswordBearer("token", name),
			`{"type":"oauth2","flows":{"password":{"tokenUrl":"token","scopes":{}}}}`},
		"OAuth2PasswordBearer with all options": {ginjwt.OAuth2PasswordBearer("/token", name, about, ginjwt.RefreshURL("/refresh"), ginjwt.Scopes{"a": "A"}, ginjwt.FromCookie("t"), ginjwt.Realm("x")),
			`{"type":"oauth2","description":"About it.","flows":{"password":{"tokenUrl":"/token","refreshUrl":"/refresh","scopes":{"a":"A"}}}}`},
		"OAuth2AuthorizationCodeBearer": {ginjwt.OAuth2AuthorizationCodeBearer("https://a.example/authorize", "https://a.example/token", name, about, ginjwt.RefreshURL("https://a.example/r")),
			`{"type":"oauth2","description":"About it.","flows":{"authorizationCode":{"authorizationUrl":"https://a.example/authorize","tokenUrl":"https://a.example/token","refreshUrl":"https://a.example/r","scopes":{}}}}`},
		"OpenIDConnect": {ginjwt.OpenIDConnect("https://a.example/.well-known/openid-configuration", name),
			`{"type":"openIdConnect","openIdConnectUrl":"https://a.example/.well-known/openid-configuration"}`},
		"HTTPBearer":             {ginjwt.HTTPBearer(name), `{"type":"http","scheme":"bearer"}`},
		"HTTPBearer with format": {ginjwt.HTTPBearer(name, ginjwt.BearerFormat("JWT")), `{"type":"http","scheme":"bearer","bearerFormat":"JWT"}`},
		"HTTPBasic":              {ginjwt.HTTPBasic(name, about), `{"type":"http","scheme":"basic","description":"About it."}`},
		"HTTPBase of Digest":     {ginjwt.HTTPBase("digest", name), `{"type":"http","scheme":"digest"}`},
		"HTTPBase as written":    {ginjwt.HTTPBase("DPoP", name), `{"type":"http","scheme":"DPoP"}`},
		"APIKeyHeader":           {ginjwt.APIKeyHeader("X-Key", name), `{"type":"apiKey","in":"header","name":"X-Key"}`},
		"APIKeyQuery":            {ginjwt.APIKeyQuery("key", name, about), `{"type":"apiKey","in":"query","name":"key","description":"About it."}`},
		"APIKeyCookie":           {ginjwt.APIKeyCookie("sid", name), `{"type":"apiKey","in":"cookie","name":"sid"}`},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			r := newEngine()
			r.GET("/", ginjwt.Require(tc.guard), ok)
			d, _ := docOf(t, r)
			schemes, err := json.Marshal(d.Components.SecuritySchemes)
			require.NoError(t, err)
			assert.JSONEq(t, `{"S":`+tc.want+`}`, string(schemes))
			assert.Equal(t, []map[string][]string{{"S": {}}}, d.operation(t, "get", "/").Security)
		})
	}
}

// What OpenAPI's operators say is what the graph says: all of an object, one of
// the list.
func TestDocumentCombinesSchemesAsTheGuardsDo(t *testing.T) {
	t.Parallel()
	_, verifier := newIssuer(t)
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token", ginjwt.SchemeName("T"), ginjwt.Scopes{"a": "", "b": "", "c": ""}), verifier)
	user := ginjwt.Depends(claims, func(_ *gin.Context, c ginjwt.Claims) (string, error) { return c.Subject, nil })
	key, query := ginjwt.APIKeyHeader("X-Key", ginjwt.SchemeName("K")), ginjwt.APIKeyQuery("q", ginjwt.SchemeName("Q"))
	granting := ginjwt.Grants(key, func(string) []string { return []string{"a"} })
	for name, tc := range map[string]struct {
		guards []ginjwt.Guard
		want   string
	}{
		"two guards are one object":           {[]ginjwt.Guard{user, key}, `[{"K":[],"T":[]}]`},
		"AllOf is one object":                 {[]ginjwt.Guard{ginjwt.AllOf(key, query)}, `[{"K":[],"Q":[]}]`},
		"the same guard twice is once":        {[]ginjwt.Guard{user, user}, `[{"T":[]}]`},
		"AnyOf is several":                    {[]ginjwt.Guard{ginjwt.AnyOf(user, key, query)}, `[{"T":[]},{"K":[]},{"Q":[]}]`},
		"AnyOf and another":                   {[]ginjwt.Guard{ginjwt.AnyOf(user, key), query}, `[{"Q":[],"T":[]},{"K":[],"Q":[]}]`},
		"Optional adds {}":                    {[]ginjwt.Guard{ginjwt.Optional(user)}, `[{"T":[]},{}]`},
		"OptionalOr adds {}":                  {[]ginjwt.Guard{ginjwt.OptionalOr(key, "nobody")}, `[{"K":[]},{}]`},
		"Optional of AnyOf":                   {[]ginjwt.Guard{ginjwt.Optional(ginjwt.AnyOf(user, key))}, `[{"T":[]},{"K":[]},{}]`},
		"required is not made optional":       {[]ginjwt.Guard{user, ginjwt.Optional(user)}, `[{"T":[]}]`},
		"a required one beside an optional":   {[]ginjwt.Guard{key, ginjwt.Optional(user)}, `[{"K":[],"T":[]},{"K":[]}]`},
		"Security":                            {[]ginjwt.Guard{ginjwt.Security(user, "a", "b")}, `[{"T":["a","b"]}]`},
		"scopes of the outer first":           {[]ginjwt.Guard{ginjwt.Security(ginjwt.Security(user, "a"), "b")}, `[{"T":["b","a"]}]`},
		"each scope once":                     {[]ginjwt.Guard{ginjwt.Security(user, "a", "b"), ginjwt.Security(user, "b", "c")}, `[{"T":["a","b","c"]}]`},
		"scopes are of the token, not a key":  {[]ginjwt.Guard{key, ginjwt.Security(user, "a")}, `[{"K":[],"T":["a"]}]`},
		"SecurityAny is one each":             {[]ginjwt.Guard{ginjwt.SecurityAny(user, "a", "b")}, `[{"T":["a"]},{"T":["b"]}]`},
		"SecurityAny over Security":           {[]ginjwt.Guard{ginjwt.SecurityAny(ginjwt.Security(user, "c"), "a", "b")}, `[{"T":["a","c"]},{"T":["b","c"]}]`},
		"Security over AnyOf is for each":     {[]ginjwt.Guard{ginjwt.Security(ginjwt.AnyOf(user, granting), "a")}, `[{"T":["a"]},{"K":["a"]}]`},
		"Optional of Security keeps scopes":   {[]ginjwt.Guard{ginjwt.Optional(ginjwt.Security(user, "a"))}, `[{"T":["a"]},{}]`},
		"what needs no credentials says none": {[]ginjwt.Guard{ginjwt.Provide(func(*gin.Context) (int, error) { return 1, nil })}, `null`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newEngine()
			r.GET("/", ginjwt.Require(tc.guards...), ok)
			d, _ := docOf(t, r)
			security, err := json.Marshal(d.operation(t, "get", "/").Security)
			require.NoError(t, err)
			assert.Equal(t, tc.want, string(security))
		})
	}
}

// Two variants of a scheme that the document shows alike can both stand before a
// route. Neither may make the other's scopes disappear.
func TestDocumentAddsUpTheScopesOfSchemesShownAlike(t *testing.T) {
	t.Parallel()
	_, verifier := newIssuer(t)
	scopes := ginjwt.Scopes{"a": "", "b": ""}
	plain := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token", scopes), verifier)
	cookie := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token", scopes, ginjwt.FromCookie("t")), verifier)
	for name, tc := range map[string]struct {
		outer, inner *ginjwt.Dependency[ginjwt.Claims]
		want         []string
	}{
		"the outer has scopes": {ginjwt.Security(plain, "a"), cookie, []string{"a"}},
		"the inner has scopes": {plain, ginjwt.Security(cookie, "b"), []string{"b"}},
		"both have":            {ginjwt.Security(cookie, "a"), ginjwt.Security(plain, "b"), []string{"a", "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newEngine()
			r.Group("", ginjwt.Require(tc.outer)).GET("/", ginjwt.Handle(tc.inner, okWith[ginjwt.Claims]))
			d, _ := docOf(t, r)
			assert.Equal(t, []map[string][]string{{"OAuth2PasswordBearer": tc.want}}, d.operation(t, "get", "/").Security)
		})
	}
}
