package openapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// validate returns what is wrong with a document: by the JSON Schema of OpenAPI
// 3.1, and by the rules of its text.
func validate(text []byte) error { return errors.Join(bySchema(text), byRules(text)) }

func bySchema(text []byte) error {
	d, err := libopenapi.NewDocument(text)
	if err != nil {
		return err
	}
	v, errs := validator.NewValidator(d)
	if err := errors.Join(errs...); err != nil {
		return err
	}
	_, faults := v.ValidateDocument()
	for _, f := range faults {
		errs = append(errs, fmt.Errorf("%s: %s", f.Message, f.Reason))
		for _, s := range f.SchemaValidationErrors {
			errs = append(errs, fmt.Errorf("%s: %s", s.KeywordLocation, s.Reason))
		}
	}
	return errors.Join(errs...)
}

func byRules(text []byte) error {
	d, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return err
	}
	return d.Validate(background)
}

func TestDocumentsAreValid(t *testing.T) {
	t.Parallel()
	for name, program := range programs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.NoError(t, validate(document(t, program)))
		})
	}
}

// Each change to a good document is refused: the two are really asked.
func TestBrokenDocumentsAreRefused(t *testing.T) {
	t.Parallel()
	text := string(document(t, everyCombination))
	require.NoError(t, validate([]byte(text)))
	for name, tc := range map[string]struct {
		from, to string
		check    func([]byte) error
	}{
		"no title":                         {`"title":"A \u003cprogram\u003e",`, "", bySchema},
		"another version":                  {`"openapi":"3.1.0"`, `"openapi":"3.1"`, bySchema},
		"scopes that are null":             {`"scopes":{"a":"A","b":"B"}`, `"scopes":null`, bySchema},
		"a requirement that is null":       {`{"OAuth2PasswordBearer":["a","b"]}`, `{"OAuth2PasswordBearer":null}`, bySchema},
		"a flow without its URL":           {`"tokenUrl":"/token",`, "", bySchema},
		"a scheme of no type":              {`"type":"oauth2",`, "", bySchema},
		"a key without its name":           {`"name":"X-Key",`, "", bySchema},
		"a key in no place":                {`"in":"header"`, `"in":"body"`, bySchema},
		"an answer without a description":  {`"description":"Successful response"`, `"description":null`, bySchema},
		"a status that is none":            {`"responses":{"200"`, `"responses":{"20"`, bySchema},
		"a schema of no type":              {`"type":"object"`, `"type":"thing"`, byRules},
		"a scheme that is not there":       {`{"HTTPBearer":["role"]}`, `{"Other":["role"]}`, byRules},
		"a reference that leads nowhere":   {`#/components/schemas/Error`, `#/components/schemas/None`, byRules},
		"a parameter that is not declared": {`"/any":`, `"/any/{id}":`, byRules},
		"an ID that another has":           {`"operationId":"ok_get_any"`, `"operationId":"introspectToken"`, byRules},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, text, tc.from)
			assert.Error(t, tc.check([]byte(strings.Replace(text, tc.from, tc.to, 1))))
		})
	}
}

// The schemes are those of another library, too, and nothing of them is lost.
func TestSchemesAreKinOpenAPIs(t *testing.T) {
	t.Parallel()
	text := document(t, everyScheme)
	var d struct {
		Components struct {
			SecuritySchemes map[string]json.RawMessage
		}
	}
	require.NoError(t, json.Unmarshal(text, &d))
	require.Len(t, d.Components.SecuritySchemes, 9)
	for name, raw := range d.Components.SecuritySchemes {
		var s openapi3.SecurityScheme
		require.NoError(t, json.Unmarshal(raw, &s), name)
		assert.NoError(t, s.Validate(background), name)
		assert.Empty(t, s.Extensions, name)
		assert.Equal(t, "About *it*.", s.Description)
		again, err := json.Marshal(&s)
		require.NoError(t, err)
		assert.JSONEq(t, string(raw), string(again), name)
	}
	var all openapi3.T
	require.NoError(t, json.Unmarshal(text, &all))
	assert.Equal(t, "/token", all.Components.SecuritySchemes["OAuth2PasswordBearer"].Value.Flows.Password.TokenURL)
	assert.Equal(t, "https://login.example/authorize", all.Components.SecuritySchemes["OAuth2AuthorizationCodeBearer"].Value.Flows.AuthorizationCode.AuthorizationURL)
	requirement := (*all.Paths.Value("/basic").Get.Security)[0]
	assert.Equal(t, openapi3.SecurityRequirement{"HTTPBasic": {}}, requirement)
}
