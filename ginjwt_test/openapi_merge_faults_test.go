package ginjwt_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/openapi"
)

func TestMergeNamesEachFault(t *testing.T) {
	t.Parallel()
	const routed, get = `"paths":{"/api/users/{x}":{"get":{}}}`, `{"get":{}}`
	const yaml, version = "is YAML: convert it to JSON", "of a version that is not known"
	for rule, tt := range map[string]struct{ spec, want string }{
		"nothing":                              {``, "the document is no JSON object"},
		"no JSON":                              {`<html>`, "the document is no JSON object"},
		"no object":                            {`[]`, "the document is no JSON object"},
		"null":                                 {`null`, "the document is no JSON object"},
		"JSON that ends early":                 {`{"openapi":"3.1.0",` + routed, "the document is no JSON object"},
		"two documents":                        {spec31(`{}`) + spec31(`{}`), "the document is no JSON object"},
		"a member twice":                       {`{"openapi":"3.1.0","openapi":"3.1.0"}`, `duplicate object member name "openapi"`},
		"a path twice":                         {spec31(`{"/a":{},"/a":{}}`), `duplicate object member name "/a"`},
		"a member twice where nothing is read": {`{"openapi":"3.1.0",` + routed + `,"x":[{"y":1,"\u0079":2}]}`, `duplicate object member name "y" within "/x/0"`},
		"text that is no UTF-8":                {`{"openapi":"3.1.0",` + routed + ",\"x\":\"\xff\"}", "invalid UTF-8"},
		"YAML":                                 {"openapi: 3.1.0\npaths: {}\n", yaml},
		"YAML of 2.0, after a comment":         {"# by hand\n---\nswagger: '2.0'\n", yaml},
		"YAML with names in quotes":            {"---\n\"openapi\": \"3.1.0\"\n", yaml},
		"JSON in lines that ends early":        {"{\n\"openapi\": \"3.1.0\"", "the document is no JSON object"},
		"no version":                           {`{` + routed + `}`, version},
		"Swagger 1.2":                          {`{"swagger":"1.2",` + routed + `}`, version},
		"a number":                             {`{"swagger":2.0,` + routed + `}`, version},
		"OpenAPI 2":                            {`{"openapi":"2.0",` + routed + `}`, version},
		"OpenAPI 3.2":                          {`{"openapi":"3.2.0",` + routed + `}`, version},
		"OpenAPI 3.10":                         {`{"openapi":"3.10.0",` + routed + `}`, version},
		"OpenAPI 4":                            {`{"openapi":"4.3.1.0",` + routed + `}`, version},
		"two versions":                         {`{"swagger":"2.0","openapi":"3.0.0",` + routed + `}`, version},
		"no paths":                             {`{"openapi":"3.1.0"}`, "the document's /paths is not what it has to be: it is missing"},
		"paths that are no object":             {spec31(`[]`), "the document's /paths is not"},
		"no paths at all":                      {spec31(`{}`), "no operation of the document is a route of the engine"},
		"paths of another program":             {spec31(`{"/other":{"get":{}}}`), "no operation of the document is a route of the engine"},
		"methods of another program":           {spec31(`{"/api/users/{x}":{"post":{}}}`), "no operation of the document is a route of the engine"},
		"a path that is no object":             {spec31(`{"/api/open":{"get":{}},"/api/users/{x}":7}`), "the document's /paths/~1api~1users~1{x} is not"},
		"an operation that is no object":       {spec31(`{"/api/users/{x}":{"get":true}}`), "the document's /paths/~1api~1users~1{x}/get is not"},
		"a path that is elsewhere":             {spec31(`{"/api/users/{x}":{"$ref":"users.json"}}`), "/api/users/{x} is a $ref"},
		"servers that are no list":             {`{"openapi":"3.1.0","servers":{},` + routed + `}`, "the document's /servers is not"},
		"components that are no object":        {`{"openapi":"3.1.0","components":null,` + routed + `}`, "the document's /components is not"},
		"schemes that are no object":           {`{"openapi":"3.1.0","components":{"securitySchemes":[]},` + routed + `}`, "the document's /components/securitySchemes is not"},
		"definitions that are no object":       {`{"swagger":"2.0","securityDefinitions":"",` + routed + `}`, "the document's /securityDefinitions is not"},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			out, err := openapi.Merge([]byte(tt.spec), newMergeEngine())
			require.ErrorContains(t, err, tt.want)
			assert.Nil(t, out)
			for line := range strings.Lines(err.Error()) {
				assert.True(t, strings.HasPrefix(line, "ginjwt: openapi: "), line)
			}
		})
	}
	_, err := openapi.Merge([]byte(spec31(`{"/api/users/{x}":`+get+`}`)), nil)
	assert.ErrorContains(t, err, "the engine is nil")
}

// What is no route need not be understood.
func TestMergeDoesNotReadWhatIsNoRoute(t *testing.T) {
	t.Parallel()
	const more = `"/other":{"$ref":"other.json"},"/third":7,"x-note":"text","/api/open":{"post":7,"x":null}`
	text, err := openapi.Merge([]byte(spec31(`{"/api/users/{x}":{"get":{}},`+more+`}`)), newMergeEngine())
	require.NoError(t, err)
	assert.Contains(t, string(text), more)
}

func TestMergeFindsTheFaultsThatDocumentFinds(t *testing.T) {
	t.Parallel()
	for rule, guards := range map[string][]ginjwt.Guard{
		"two schemes with one name":    {ginjwt.APIKeyHeader("X-A", ginjwt.SchemeName("S")), ginjwt.APIKeyHeader("X-B", ginjwt.SchemeName("S"))},
		"a scope that is not declared": {ginjwt.Security(mergeGrants(mergeToken()), "a", "c")},
		"a name that is none":          {ginjwt.APIKeyHeader("X-A", ginjwt.SchemeName("the key"))},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			e := newEngine()
			for i, g := range guards {
				e.GET(fmt.Sprintf("/r%d", i), ginjwt.Require(g), ok)
			}
			_, want := openapi.Document(e, apiConfig)
			require.Error(t, want)
			paths := `"paths":{"/r0":{"get":{}},"/r1":{"get":{}}}`
			for _, head := range []string{`"swagger":"2.0"`, `"openapi":"3.0.0"`, `"openapi":"3.1.0"`} {
				_, err := openapi.Merge([]byte(`{`+head+`,`+paths+`}`), e)
				assert.EqualError(t, err, want.Error(), head)
			}
			e.GET("/free", ok)
			_, err := openapi.Merge([]byte(spec31(`{"/free":{"get":{}}}`)), e)
			assert.NoError(t, err, "those of routes that are not in the document are none of its own")
		})
	}
}

func TestMergeNamesAllFaultsTogether(t *testing.T) {
	t.Parallel()
	e := newMergeEngine()
	e.GET("/c", ginjwt.Require(ginjwt.Security(mergeGrants(mergeToken()), "c")), ok)
	_, err := openapi.Merge([]byte(`{"openapi":"3.1.0","servers":7,"components":7,"paths":{"/api/users/{x}":{"get":7,"put":7},"/api/open":{"$ref":"x"},"/c":{"get":{}}}}`), e)
	require.Error(t, err)
	for _, want := range []string{"/servers", "/components", "/get", "/put", "$ref", `"c"`} {
		assert.ErrorContains(t, err, want)
	}
	assert.Len(t, strings.Split(err.Error(), "\n"), 6)
	_, err = openapi.Merge(nil, nil)
	assert.ErrorContains(t, err, "the engine is nil")
	assert.ErrorContains(t, err, "no JSON object")
}

// All that has no security in it is as it was: order, numbers and escapes.
func TestMergeKeepsTheRestAsItIs(t *testing.T) {
	t.Parallel()
	e := newEngine()
	e.GET("/z", ginjwt.Require(ginjwt.APIKeyHeader("X-Key")), ok)
	e.GET("/a", ok)
	const compact = `{"x-n":[1.0,1e400,-0,12345678901234567890,0.10],"paths":{"x-\u0061":null,"/z":{"x":"\u003cb\/\ud83d\ude00é","get":{"x-b":{},"security":SECZ,"x-a":[]}},"/a":{"get":{"z":1,"security":SECA}}},"info":{"b":"","a":"<&>"},"openapi":"3.1.0","components":{"z":{},"securitySchemes":{"Z":{"$ref":"x"},"APIKeyHeader":KEY,"A":{}},"a":{}},"x-last":true}`
	fill := func(z, a, key string) string {
		return strings.NewReplacer("SECZ", z, "SECA", a, "KEY", key).Replace(compact)
	}
	before := fill(`[{"Z":[]}]`, `null`, `{"old":1}`)
	want := fill(`[{"APIKeyHeader":[]}]`, `[]`, `{"type":"apiKey","name":"X-Key","in":"header"}`)
	_, text := mergeInto(t, before, e)
	assert.Equal(t, want, text)

	given := []byte(before)
	_, err := openapi.Merge(given, e)
	require.NoError(t, err)
	assert.Equal(t, before, string(given), "the document that is passed is not written to")
}

func TestMergeKeepsTheFormat(t *testing.T) {
	t.Parallel()
	const lines = "{\n>\"openapi\": \"3.1.0\",\n>\"paths\": {\n>>\"/api/open\": {\n>>>\"get\": {\n>>>>\"x\": [\n>>>>>1.0\n>>>>],\n>>>>\"y\": \"\\u003c\",\n>>>>\"z\": {}%s\n>>>}\n>>}\n>}\n}"
	const security = ",\n>>>>\"security\": []"
	for rule, one := range map[string]string{"four spaces": "    ", "two spaces": "  ", "a tab": "\t", "lines without indentation": ""} {
		for end, line := range map[string]string{"": "", ", and a last line": "\n"} {
			in := strings.ReplaceAll(fmt.Sprintf(lines, "")+line, ">", one)
			_, text := mergeInto(t, in, newMergeEngine())
			assert.Equal(t, strings.ReplaceAll(fmt.Sprintf(lines, security)+line, ">", one), text, rule+end)
			_, text = mergeInto(t, strings.ReplaceAll(in, "\n", "\r\n"), newMergeEngine())
			assert.Equal(t, strings.ReplaceAll(fmt.Sprintf(lines, security)+line, ">", one), text, rule+end)
		}
	}
	_, text := mergeInto(t, spec31(`{"/api/open":{"get":{}}}`)+"\n", newMergeEngine())
	assert.Equal(t, spec31(`{"/api/open":{"get":{"security":[]}}}`)+"\n", text, "one line")
}

// stripped returns doc without any security.
func stripped(t testing.TB, text []byte) []byte {
	t.Helper()
	var doc map[string]any
	require.NoError(t, json.Unmarshal(text, &doc))
	for _, item := range doc["paths"].(map[string]any) {
		for _, op := range item.(map[string]any) {
			delete(op.(map[string]any), "security")
		}
	}
	if components, isObject := doc["components"].(map[string]any); isObject {
		delete(components, "securitySchemes")
	}
	out, err := json.Marshal(doc)
	require.NoError(t, err)
	return out
}

// newDeclaredWorld returns the world of seed, whose tokens declare its scopes.
func newDeclaredWorld(seed uint64) *world {
	w := newWorld(seed)
	w.schemes[0] = ginjwt.OAuth2PasswordBearer("/token", ginjwt.Scopes{"a": "", "b": ""}, ginjwt.SchemeName("Bearer"))
	w.grants[0] = mergeGrants(w.schemes[0])
	return w
}

// What Merge fills in is what Document writes, and again it is the same.
func TestMergeGivesBackTheSecurityOfADocument(t *testing.T) {
	t.Parallel()
	for seed := range uint64(randomRoutes) {
		e := newDeclaredWorld(seed).engine()
		e.GET("/groups/open/:id", ok)
		made, err := openapi.Document(e, apiConfig)
		require.NoError(t, err, "seed %d", seed)
		bare := stripped(t, made)
		require.NotContains(t, string(bare), `"security"`, "seed %d", seed)
		back, err := openapi.Merge(bare, e)
		require.NoError(t, err, "seed %d", seed)
		require.JSONEq(t, string(made), strings.ReplaceAll(string(back), `,"security":[]`, ""), "seed %d", seed)
		for _, spec := range []string{string(made), spec20(`"paths":{"/groups/route":{"get":{}}}`), `{"openapi":"3.0.0","paths":{"/groups/route":{"get":{}}}}`} {
			_, once := mergeInto(t, spec, e)
			_, twice := mergeInto(t, once, e)
			require.Equal(t, once, twice, "seed %d: a document that was merged stays as it is", seed)
		}
	}
}
