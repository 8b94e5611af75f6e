package ginjwt_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// answerOf sends a GET for / with the header lines "Name: value".
func answerOf(r http.Handler, lines ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w
}

func wwwAuthenticate(w *httptest.ResponseRecorder) string {
	return strings.Join(w.Header().Values("WWW-Authenticate"), ", ")
}

// Each row is a guard with requests that are refused. The document has an answer
// for each status, and the example of its challenge is the challenge.
func TestDocumentShowsTheRefusalsAsTheyAre(t *testing.T) {
	t.Parallel()
	issuer, verifier := newIssuer(t)
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token", ginjwt.Scopes{"a": "", "b": "", "c": ""}, ginjwt.Realm(`the "API"`)), verifier)
	key := ginjwt.APIKeyHeader("X-Key")
	forbid := func(*gin.Context, string) error { return ginjwt.Forbidden("No") }
	forbidClaims := func(*gin.Context, ginjwt.Claims) error { return ginjwt.Forbidden("No") }
	bearer := "Authorization: Bearer " + sign(t, issuer, "alice", "a")
	malformed := "Authorization: Bearer"
	for name, tc := range map[string]struct {
		guard ginjwt.Guard
		lines map[int][]string // by the status that they get
		none  []int            // statuses that cannot be
	}{
		"a token":                {claims, map[int][]string{401: nil, 400: {malformed}}, []int{403}},
		"a token with scopes":    {ginjwt.Security(claims, "b"), map[int][]string{401: nil, 400: {malformed}, 403: {bearer}}, nil},
		"one of two scopes":      {ginjwt.SecurityAny(claims, "b", "c"), map[int][]string{401: nil, 400: {malformed}, 403: {bearer}}, nil},
		"a token and a check":    {ginjwt.Check(claims, "role", forbidClaims), map[int][]string{401: nil, 400: {malformed}, 403: {bearer}}, nil},
		"an API key":             {key, map[int][]string{401: nil, 400: {"X-Key: a", "X-Key: b"}}, []int{403}},
		"an API key and a check": {ginjwt.Check(key, "role", forbid), map[int][]string{401: nil, 403: {"X-Key: a"}}, nil},
		"a password":             {ginjwt.HTTPBasic(), map[int][]string{401: nil, 400: {"Authorization: Basic ä"}}, []int{403}},
		"another scheme":         {ginjwt.HTTPBase("digest", ginjwt.Realm("r")), map[int][]string{401: nil, 400: {"Authorization: Digest"}}, []int{403}},
		"a token or a key":       {ginjwt.AnyOf(claims, ginjwt.Depends(key, claimsOfKey)), map[int][]string{401: nil, 400: {malformed}}, []int{403}},
		"a token and a key":      {ginjwt.AllOf(claims, key), map[int][]string{400: {malformed}}, []int{403}},
		"no credentials, but a check": {ginjwt.Check(ginjwt.Provide(func(*gin.Context) (string, error) { return "", nil }), "open", forbid),
			map[int][]string{403: nil}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newEngine()
			r.GET("/", ginjwt.Require(tc.guard), ok)
			d, _ := docOf(t, r)
			answers := d.operation(t, "get", "/").Responses
			for status, lines := range tc.lines {
				w := answerOf(r, lines...)
				require.Equal(t, status, w.Code, w.Body)
				shown := answers[itoa(status)]
				if !assert.NotNil(t, shown, "%d is not in the document", status) {
					continue
				}
				assert.Equal(t, wwwAuthenticate(w), shown.challenge(), "the challenge of %d", status)
				assert.Equal(t, `{"$ref":"#/components/schemas/Error"}`, shown.schema(t, "application/json"))
				assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
				requireJSONFits(t, d.Components.Schemas["Error"], w.Body.Bytes())
			}
			for _, status := range tc.none {
				assert.NotContains(t, answers, itoa(status))
			}
			assert.Contains(t, answers, "200")
		})
	}
}

func claimsOfKey(*gin.Context, string) (ginjwt.Claims, error) { return ginjwt.Claims{}, nil }

func itoa(status int) string { b, _ := json.Marshal(status); return string(b) }

// requireJSONFits checks what the document's own schemas say: an object, the
// members that are required and the types of those that are known.
func requireJSONFits(t testing.TB, schema any, body []byte) {
	t.Helper()
	var members map[string]any
	require.NoError(t, json.Unmarshal(body, &members), "%s", body)
	s, isObject := schema.(map[string]any)
	require.True(t, isObject, "%v", schema)
	require.Equal(t, "object", s["type"])
	for _, name := range s["required"].([]any) {
		require.Contains(t, members, name)
	}
	for name, value := range members {
		property, known := s["properties"].(map[string]any)[name].(map[string]any)
		if !known {
			continue
		}
		switch property["type"] {
		case "string":
			assert.IsType(t, "", value, name)
		case "integer":
			assert.IsType(t, 0.0, value, name)
		case "boolean":
			assert.IsType(t, true, value, name)
		}
	}
}

// What is open has no refusals, and what is optional has those of bad
// credentials.
func TestDocumentShowsNoRefusalsThatCannotBe(t *testing.T) {
	t.Parallel()
	_, verifier := newIssuer(t)
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), verifier)
	r := newEngine()
	r.GET("/open", ginjwt.Public(), ok)
	r.GET("/optional", ginjwt.Handle(ginjwt.Optional(claims), okWith[*ginjwt.Claims]))
	d, _ := docOf(t, r)
	assert.Equal(t, []string{"200"}, keysOf(d.operation(t, "get", "/open").Responses))
	assert.ElementsMatch(t, []string{"200", "400", "401"}, keysOf(d.operation(t, "get", "/optional").Responses))
	assert.Nil(t, d.operation(t, "get", "/open").Security)
}

func keysOf[V any](m map[string]V) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	return keys
}
