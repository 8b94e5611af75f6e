package ginjwt_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

func TestMergeAddsTheSchemesOfItsRoutesAlone(t *testing.T) {
	t.Parallel()
	e := newMergeEngine()
	e.GET("/elsewhere", ginjwt.Require(ginjwt.HTTPBasic()), ok)
	paths := `"paths":{"/api/users/{id}":{"get":{}}}`
	ours := map[string]any{"a": "A.", "b": "B."}
	mine, old := map[string]any{"type": "mine"}, map[string]any{
		"type": "oauth2", "flow": "password", "tokenUrl": "/token", "scopes": ours,
	}
	flow := map[string]any{"type": "oauth2", "flows": map[string]any{"password": map[string]any{"tokenUrl": "/token", "scopes": ours}}}

	for rule, more := range map[string]string{
		"one of the same name is replaced": `"OAuth2PasswordBearer":{"type":"mine"},"Mine":{"type":"mine"}`,
		"others stay":                      `"Mine":{"type":"mine"}`,
	} {
		doc, _ := mergeInto(t, `{"openapi":"3.1.0",`+paths+`,"components":{"securitySchemes":{`+more+`}}}`, e)
		assert.Equal(t, map[string]any{"OAuth2PasswordBearer": flow, "Mine": mine}, doc.Components.SecuritySchemes, rule)
		doc, _ = mergeInto(t, spec20(paths+`,"securityDefinitions":{`+more+`}`), e)
		assert.Equal(t, map[string]any{"OAuth2PasswordBearer": old, "Mine": mine}, doc.Swagger2, rule)
	}
	doc, text := mergeInto(t, `{"openapi":"3.1.0",`+paths+`}`, e)
	assert.Equal(t, map[string]any{"OAuth2PasswordBearer": flow}, doc.Components.SecuritySchemes, "there were no components")
	assert.NotContains(t, text, "securityDefinitions")
	_, text = mergeInto(t, spec20(paths), e)
	assert.NotContains(t, text, "components")
	_, text = mergeInto(t, spec31(`{"/api/open":{"get":{}}}`), e)
	assert.Equal(t, spec31(`{"/api/open":{"get":{"security":[]}}}`), text, "nothing is added for open routes")
}

func TestMergeSaysEachSchemeAsSwagger20Can(t *testing.T) {
	t.Parallel()
	name, about := ginjwt.SchemeName("S"), ginjwt.Description("Ours.")
	for rule, tt := range map[string]struct {
		guard ginjwt.Guard
		want  string
	}{
		"OAuth 2.0 with a password": {ginjwt.OAuth2PasswordBearer("token", name, about, ginjwt.RefreshURL("/r"), ginjwt.Scopes{"a": "A"}),
			`{"type":"oauth2","description":"Ours.","flow":"password","tokenUrl":"token","scopes":{"a":"A"}}`},
		"it has scopes, if only none": {ginjwt.OAuth2PasswordBearer("token", name),
			`{"type":"oauth2","flow":"password","tokenUrl":"token","scopes":{}}`},
		"OAuth 2.0 with a code": {ginjwt.OAuth2AuthorizationCodeBearer("https://a.example/a", "https://a.example/t", name),
			`{"type":"oauth2","flow":"accessCode","authorizationUrl":"https://a.example/a","tokenUrl":"https://a.example/t","scopes":{}}`},
		"Basic": {ginjwt.HTTPBasic(name, about), `{"type":"basic","description":"Ours."}`},
		"a bearer token is written by hand": {ginjwt.HTTPBearer(name, ginjwt.BearerFormat("JWT")),
			`{"type":"apiKey","description":"Write \"Bearer\", a space and the token.","name":"Authorization","in":"header"}`},
		"below the scheme's own description": {ginjwt.HTTPBearer(name, about),
			`{"type":"apiKey","description":"Ours.\n\nWrite \"Bearer\", a space and the token.","name":"Authorization","in":"header"}`},
		"other schemes of HTTP": {ginjwt.HTTPBase("DPoP", name),
			`{"type":"apiKey","description":"Write \"DPoP\", a space and the credentials.","name":"Authorization","in":"header"}`},
		"OpenID Connect": {ginjwt.OpenIDConnect("https://a.example/.well-known/openid-configuration", name),
			`{"type":"apiKey","description":"Write \"Bearer\", a space and an access token of the provider at https://a.example/.well-known/openid-configuration.","name":"Authorization","in":"header"}`},
		"a key in a header":  {ginjwt.APIKeyHeader("X-Key", name, about), `{"type":"apiKey","description":"Ours.","name":"X-Key","in":"header"}`},
		"a key in the query": {ginjwt.APIKeyQuery("key", name), `{"type":"apiKey","name":"key","in":"query"}`},
		"a key in a cookie": {ginjwt.APIKeyCookie("sid", name),
			`{"type":"apiKey","description":"Write \"sid=\" and the value of the cookie.","name":"Cookie","in":"header"}`},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			e := newEngine()
			e.GET("/", ginjwt.Require(tt.guard), ok)
			_, text := mergeInto(t, spec20(`"paths":{"/":{"get":{}}}`), e)
			assert.Equal(t, spec20(`"paths":{"/":{"get":{"security":[{"S":[]}]}}},"securityDefinitions":{"S":`+tt.want+`}`), text)
		})
	}
}

func TestMergeSaysSchemesAsDocumentDoesIn3(t *testing.T) {
	t.Parallel()
	e := newEngine()
	guards := []ginjwt.Guard{
		ginjwt.OAuth2AuthorizationCodeBearer("https://a.example/a", "https://a.example/t"), ginjwt.HTTPBasic(), ginjwt.APIKeyCookie("sid"),
		ginjwt.OpenIDConnect("https://a.example/.well-known/openid-configuration"), ginjwt.HTTPBearer(ginjwt.BearerFormat("<JWT>")),
	}
	e.GET("/", ginjwt.Require(guards...), ok)
	made, _ := docOf(t, e)
	for _, v := range []string{"3.0.3", "3.1.0"} {
		spec := `{"openapi":"` + v + `","paths":{"/":{"get":{}}}}`
		doc, text := mergeInto(t, spec, e)
		assert.Contains(t, text, `"\u003cJWT\u003e"`, "what a page could take for its own is escaped")
		for range 20 {
			_, again := mergeInto(t, spec, e)
			require.Equal(t, text, again, "the order is always the same")
		}
		assert.Len(t, doc.Components.SecuritySchemes, len(guards), v)
		assert.Equal(t, made.Components.SecuritySchemes, doc.Components.SecuritySchemes, v)
	}
}

// Before 3.1, the list of a scheme that is neither OAuth 2.0 nor, in 3.0, OpenID
// Connect, must be empty.
func TestMergeWritesScopesWhereTheVersionHasThem(t *testing.T) {
	t.Parallel()
	const kept, none = `[{"S":["a"]}]`, `[{"S":[]}]`
	name := ginjwt.SchemeName("S")
	for rule, tt := range map[string]struct {
		scheme           *ginjwt.Dependency[string]
		in20, in30, in31 string
	}{
		"OAuth 2.0":      {mergeToken(name), kept, kept, kept},
		"OpenID Connect": {ginjwt.OpenIDConnect("https://a.example/.well-known/openid-configuration", name), none, kept, kept},
		"a bearer token": {ginjwt.HTTPBearer(name), none, none, kept},
		"an API key":     {ginjwt.APIKeyHeader("X-Key", name), none, none, kept},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			e := newEngine()
			e.GET("/", ginjwt.Require(ginjwt.Security(mergeGrants(tt.scheme), "a")), ok)
			for head, want := range map[string]string{`"swagger":"2.0"`: tt.in20, `"openapi":"3.0.0"`: tt.in30, `"openapi":"3.1.0"`: tt.in31} {
				doc, _ := mergeInto(t, `{`+head+`,"paths":{"/":{"get":{}}}}`, e)
				assert.Equal(t, want, doc.security(t, "get", "/"), head)
			}
		})
	}
}

// Ways that differed in such scopes alone are one: Swagger 2.0 allows none twice.
func TestMergeWritesNoWayTwice(t *testing.T) {
	t.Parallel()
	key, token := mergeGrants(ginjwt.APIKeyHeader("X-Key", ginjwt.SchemeName("Key"))), mergeGrants(mergeToken(ginjwt.SchemeName("Token")))
	e := newEngine()
	e.GET("/key", ginjwt.Require(ginjwt.SecurityAny(key, "a", "b")), ok)
	e.GET("/token", ginjwt.Require(ginjwt.SecurityAny(token, "a", "b")), ok)
	for head, want := range map[string]string{
		`"swagger":"2.0"`: `[{"Key":[]}]`, `"openapi":"3.0.0"`: `[{"Key":[]}]`, `"openapi":"3.1.0"`: `[{"Key":["a"]},{"Key":["b"]}]`,
	} {
		doc, _ := mergeInto(t, `{`+head+`,"paths":{"/key":{"get":{}},"/token":{"get":{}}}}`, e)
		assert.Equal(t, want, doc.security(t, "get", "/key"), head)
		assert.Equal(t, `[{"Token":["a"]},{"Token":["b"]}]`, doc.security(t, "get", "/token"), head)
	}
}
