package merge_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/openapi"
)

type thing struct {
	Body struct {
		Name string `json:"name"`
	}
}

// newHuma returns a program whose operations huma handles, on a group that is
// guarded and on one that is not, and their documents.
func newHuma(servers ...*huma.Server) (e *gin.Engine, guarded, open huma.API) {
	e = gin.New()
	bearer := ginjwt.HTTPBearer(ginjwt.BearerFormat("JWT"))
	token := ginjwt.OAuth2PasswordBearer("/token", ginjwt.Scopes{"read": "Read."})
	user := ginjwt.Grants(token, func(string) []string { return []string{"read"} })

	config := func() huma.Config {
		c := huma.DefaultConfig("Things", "1.0.0")
		c.Servers = servers
		c.Security = []map[string][]string{{"elsewhere": {}}}
		c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"elsewhere": {Type: "http", Scheme: "basic"}}
		return c
	}
	guarded = humagin.NewWithGroup(e, e.Group("/v1", ginjwt.Require(ginjwt.Security(user, "read"))), config())
	huma.Get(guarded, "/things/{thing-id}", getThing)
	huma.Put(guarded, "/things/{thing-id}", putThing)
	open = humagin.NewWithGroup(e, e.Group("/v2"), config())
	huma.Get(open, "/things/{thing-id}", getThing)
	e.GET("/v2/keys", ginjwt.Require(bearer), func(*gin.Context) {})
	return e, guarded, open
}

type which struct {
	ID int `path:"thing-id"`
}

type changed struct {
	ID   int `path:"thing-id"`
	Body struct {
		Name string `json:"name"`
	}
}

func getThing(context.Context, *which) (*thing, error) { return &thing{}, nil }

func putThing(context.Context, *changed) (*struct{}, error) { return nil, nil }

func documentOf(t *testing.T, api huma.API) []byte {
	t.Helper()
	text, err := json.Marshal(api.OpenAPI())
	require.NoError(t, err)
	return text
}

func document30Of(t *testing.T, api huma.API) []byte {
	t.Helper()
	text, err := api.OpenAPI().Downgrade()
	require.NoError(t, err)
	return text
}

func TestHumasDocumentGetsItsSecurity(t *testing.T) {
	t.Parallel()
	e, guarded, open := newHuma(&huma.Server{URL: "https://api.example/v1"})
	_, _, behind := newHuma(&huma.Server{URL: "https://api.example/v2"})
	read := openapi3.SecurityRequirements{{"OAuth2PasswordBearer": {"read"}}}
	nobody := openapi3.SecurityRequirements{}
	for name, tt := range map[string]struct {
		spec []byte
		want openapi3.SecurityRequirements
	}{
		"3.1, behind the path of the server":                {documentOf(t, guarded), read},
		"3.0, behind the path of the server":                {document30Of(t, guarded), read},
		"open operations override what holds for all":       {documentOf(t, behind), nobody},
		"3.0, open operations override what holds for all":  {document30Of(t, behind), nobody},
		"the path of the server decides which routes it is": {documentOf(t, open), read},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			merged, err := openapi.Merge(tt.spec, e)
			require.NoError(t, err)
			doc := valid(t, merged)
			got := doc.Paths.Find("/things/{thing-id}").Get.Security
			require.NotNil(t, got)
			assert.Equal(t, tt.want, *got)
			assert.Equal(t, openapi3.SecurityRequirements{{"elsewhere": {}}}, doc.Security)
			names := slices.Sorted(maps.Keys(doc.Components.SecuritySchemes))
			if len(tt.want) == 0 {
				assert.Equal(t, []string{"elsewhere"}, names)
			} else {
				assert.Equal(t, []string{"OAuth2PasswordBearer", "elsewhere"}, names)
			}
		})
	}
}

func valid(t *testing.T, text []byte) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(text)
	require.NoError(t, err)
	require.NoError(t, doc.Validate(t.Context()))
	return doc
}

// What the document says is what is enforced.
func TestHumasRoutesDemandWhatTheirDocumentSays(t *testing.T) {
	t.Parallel()
	e, _, _ := newHuma()
	for path, want := range map[string]int{"/v1/things/1": http.StatusUnauthorized, "/v2/things/1": http.StatusOK} {
		answer := httptest.NewRecorder()
		e.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
		assert.Equal(t, want, answer.Code, path)
	}
}

// Huma's own decoder sees no other difference.
func TestNothingElseOfHumasDocumentChanges(t *testing.T) {
	t.Parallel()
	e, guarded, _ := newHuma(&huma.Server{URL: "/v1"})
	for name, spec := range map[string][]byte{"3.1": documentOf(t, guarded), "3.0": document30Of(t, guarded)} {
		merged, err := openapi.Merge(spec, e)
		require.NoError(t, err, name)
		var before, after map[string]any
		require.NoError(t, json.Unmarshal(spec, &before), name)
		require.NoError(t, json.Unmarshal(merged, &after), name)
		require.NotEqual(t, before, after, name)
		item := after["paths"].(map[string]any)["/things/{thing-id}"].(map[string]any)
		for _, verb := range []string{"get", "put"} {
			delete(item[verb].(map[string]any), "security")
		}
		delete(after["components"].(map[string]any)["securitySchemes"].(map[string]any), "OAuth2PasswordBearer")
		assert.Equal(t, before, after, name)
		again, err := openapi.Merge(merged, e)
		require.NoError(t, err, name)
		assert.Equal(t, string(merged), string(again), name)
	}
}
