package ginjwt_test

import (
	"encoding/json"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/openapi"
)

func TestDescribeAddsWhatCannotBeKnown(t *testing.T) {
	t.Parallel()
	r := newEngine()
	r.POST("/books", openapi.Describe(openapi.Op{
		ID: "addBook", Summary: "Add a book", Description: "It *must* be new.", Tags: []string{"books", "write"}, Deprecated: true,
		Request: map[string]any{"type": "object"}, Response: map[string]any{"type": "integer"}, Status: 201,
		Responses: map[int]any{409: map[string]any{"type": "string"}, 410: nil, 599: nil},
	}), ok)
	d, _ := docOf(t, r)
	o := d.operation(t, "post", "/books")
	assert.Equal(t, "addBook", o.OperationID)
	assert.Equal(t, "Add a book", o.Summary)
	assert.Equal(t, "It *must* be new.", o.Description)
	assert.Equal(t, []string{"books", "write"}, o.Tags)
	assert.True(t, o.Deprecated)
	assert.True(t, o.RequestBody.Required)
	assert.Equal(t, `{"type":"object"}`, o.RequestBody.schemaOf(t))
	assert.ElementsMatch(t, []string{"201", "409", "410", "599"}, keysOf(o.Responses))
	assert.Equal(t, `{"type":"integer"}`, o.Responses["201"].schemaOf(t))
	assert.Equal(t, `{"type":"string"}`, o.Responses["409"].schemaOf(t))
	assert.Empty(t, o.Responses["410"].Content)
	for status, text := range map[string]string{"201": "Successful response", "409": "Conflict", "410": "Gone", "599": "Status 599"} {
		assert.Equal(t, text, o.Responses[status].Description)
	}
}

func (b *apiBody) schemaOf(t testing.TB) string {
	t.Helper()
	return b.schema(t, "application/json")
}

// What stands closer to the route wins, field by field; tags add up.
func TestDescribeOfTheRouteWinsOverItsGroup(t *testing.T) {
	t.Parallel()
	r := newEngine()
	r.Use(openapi.Describe(openapi.Op{Tags: []string{"all"}, Description: "Of all.", Responses: map[int]any{429: true, 418: true}}))
	g := r.Group("/g", openapi.Describe(openapi.Op{
		Tags: []string{"group", "all"}, Summary: "Of the group", Deprecated: true, Status: 202, Response: false, Responses: map[int]any{429: false},
	}))
	g.GET("/own", openapi.Describe(openapi.Op{Tags: []string{"own"}, Summary: "Its own", Status: 203}), openapi.Describe(openapi.Op{Response: true}), ok)
	g.GET("/other", readBooks)
	r.GET("/outside", ok)
	d, _ := docOf(t, r)

	own := d.operation(t, "get", "/g/own")
	assert.Equal(t, []string{"all", "group", "own"}, own.Tags)
	assert.Equal(t, "Its own", own.Summary)
	assert.Equal(t, "Of all.", own.Description)
	assert.True(t, own.Deprecated)
	assert.ElementsMatch(t, []string{"203", "418", "429"}, keysOf(own.Responses))
	assert.Equal(t, "true", own.Responses["203"].schemaOf(t))
	assert.Equal(t, "false", own.Responses["429"].schemaOf(t))
	assert.Equal(t, "true", own.Responses["418"].schemaOf(t))

	other := d.operation(t, "get", "/g/other")
	assert.Equal(t, "Of the group", other.Summary)
	assert.Equal(t, "readBooks", other.OperationID)
	assert.Equal(t, "false", other.Responses["202"].schemaOf(t))
	assert.Equal(t, []string{"all"}, d.operation(t, "get", "/outside").Tags)
}

// A group's Describe must fit all routes of it, whatever they answer.
func TestDescribeOnAGroupWithEndpoints(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	for name, op := range map[string]openapi.Op{
		"a status":    {Status: 201},
		"a response":  {Response: true},
		"a request":   {Request: true},
		"both":        {Status: 202, Response: true},
		"the default": {Status: 200, Response: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newEngine()
			r.Use(openapi.Describe(op))
			r.POST("/token", w.Token())
			r.POST("/logout", w.Logout())
			var d apiDoc
			var text string
			require.NotPanics(t, func() { d, text = docOf(t, r) })
			assert.NotContains(t, text, "null")
			for _, path := range []string{"/token", "/logout"} {
				for status, answer := range d.operation(t, "post", path).Responses {
					if assert.NotNil(t, answer, "%s %s", path, status) {
						assert.NotEmpty(t, answer.Description, "%s %s", path, status)
					}
				}
			}
		})
	}
}

// Whatever marshals to a schema is one.
func TestDescribeTakesSchemasOfAnyType(t *testing.T) {
	t.Parallel()
	type schema struct {
		Type string `json:"type"`
		Min  int    `json:"minLength,omitempty"`
	}
	for name, tc := range map[string]struct {
		schema any
		want   string
	}{
		"a map":               {map[string]any{"type": "string"}, `{"type":"string"}`},
		"encoding/json's raw": {json.RawMessage(`{ "type": "string" }`), `{"type":"string"}`},
		"json/v2's raw":       {jsontext.Value(`{"type":"string"}`), `{"type":"string"}`},
		"a struct":            {schema{"string", 3}, `{"minLength":3,"type":"string"}`},
		"a pointer":           {&schema{Type: "string"}, `{"type":"string"}`},
		"true":                {true, "true"},
		"false":               {false, "false"},
		"an empty object":     {struct{}{}, "{}"},
		"an own marshaller":   {marshaller(`{"const":1}`), `{"const":1}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newEngine()
			r.POST("/", openapi.Describe(openapi.Op{Request: tc.schema, Response: tc.schema, Responses: map[int]any{404: tc.schema}}), ok)
			d, _ := docOf(t, r)
			o := d.operation(t, "post", "/")
			for _, b := range []*apiBody{o.RequestBody, o.Responses["200"], o.Responses["404"]} {
				assert.Equal(t, tc.want, b.schemaOf(t))
			}
		})
	}
}

type marshaller string

func (m marshaller) MarshalJSON() ([]byte, error) { return []byte(m), nil }

// References within a schema, as libraries make them, must still lead somewhere
// when it is a part of the document.
func TestDescribeKeepsReferencesWithinASchema(t *testing.T) {
	t.Parallel()
	r := newEngine()
	r.POST("/", openapi.Describe(openapi.Op{Request: json.RawMessage(`{"$ref":"#/$defs/Book","$defs":{"Book":{"type":"object"}}}`)}), ok)
	b, err := openapi.Document(r, apiConfig)
	if err != nil {
		assert.ErrorContains(t, err, "#/$defs/Book", "or else it says that it cannot")
		return
	}
	assert.NotContains(t, string(b), `"#/$defs/Book"`, "it refers to the document's root, where nothing is")
}

// What is described does not change what is enforced, and what is known stays
// if nothing else is said.
func TestDescribeKeepsSecurityAndItsAnswers(t *testing.T) {
	t.Parallel()
	key := ginjwt.APIKeyHeader("X-Key")
	r := newEngine()
	r.GET("/", openapi.Describe(openapi.Op{Response: true, Responses: map[int]any{401: map[string]any{"type": "string"}}}), ginjwt.Require(key), ok)
	d, _ := docOf(t, r)
	o := d.operation(t, "get", "/")
	assert.Equal(t, []map[string][]string{{"APIKeyHeader": {}}}, o.Security)
	assert.Equal(t, "APIKey", o.Responses["401"].challenge())
	assert.Equal(t, `{"type":"string"}`, o.Responses["401"].schemaOf(t))
	assert.NotNil(t, o.Responses["400"])
	assert.Equal(t, 401, answerOf(r).Code)
	assert.Equal(t, 200, answerOf(r, "X-Key: k").Code)
}

// The caller's values can be used again.
func TestDescribeKeepsNothingOfTheCallers(t *testing.T) {
	t.Parallel()
	tags, responses := []string{"a"}, map[int]any{404: nil}
	describe := openapi.Describe(openapi.Op{Tags: tags, Responses: responses})
	tags[0] = "changed"
	responses[500] = nil
	r := newEngine()
	r.GET("/a", describe, openapi.Describe(openapi.Op{Tags: []string{"b"}, Responses: map[int]any{409: nil}}), ok)
	r.GET("/z", describe, ok)
	d, _ := docOf(t, r)
	assert.Equal(t, []string{"a", "b"}, d.operation(t, "get", "/a").Tags)
	assert.Equal(t, []string{"a"}, d.operation(t, "get", "/z").Tags)
	assert.ElementsMatch(t, []string{"200", "404"}, keysOf(d.operation(t, "get", "/z").Responses))
}

// Handlers that describe do nothing while requests are served.
func TestDescribeAndHiddenDoNothingToRequests(t *testing.T) {
	t.Parallel()
	r := newEngine()
	r.GET("/", openapi.Hidden(), openapi.Describe(openapi.Op{Status: 500}), ok)
	w := answerOf(r)
	assert.Equal(t, 200, w.Code)
	assert.Empty(t, w.Header())
}
