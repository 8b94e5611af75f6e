package ginjwt_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/inspect"
	"github.com/ginjwt/gin-depends/ginjwt/openapi"
)

const resourceWellKnown = "/.well-known/oauth-protected-resource"

// metadataOf returns the document at path as it is, and read.
func metadataOf(t testing.TB, h http.Handler, path string) (text string, members map[string]any) {
	t.Helper()
	w := send(h, "GET", path)
	require.Equal(t, 200, w.Code, path)
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &members))
	return w.Body.String(), members
}

// resourceOf returns the least that there is to say of a resource.
func resourceOf(id string) openapi.ProtectedResource {
	return openapi.ProtectedResource{Resource: id, AuthorizationServers: []string{"https://login.example"}}
}

// resourceRoute adds a route whose scheme names document.
func resourceRoute(r gin.IRouter, path, document string, opts ...ginjwt.SchemeOption) {
	r.GET(path, ginjwt.Handle(ginjwt.HTTPBearer(append(opts, ginjwt.ResourceMetadata(document))...), okWith[string]))
}

func TestProtectedResourceDocument(t *testing.T) {
	t.Parallel()
	g := newResourceGuards(t)
	cases := map[string]struct {
		change func(*openapi.ProtectedResource)
		want   string
	}{
		"the least": {func(*openapi.ProtectedResource) {},
			`{"resource":"https://api.example","authorization_servers":["https://login.example"],"scopes_supported":["me","items"],"bearer_methods_supported":["header"]}`},
		"all that there is": {func(p *openapi.ProtectedResource) {
			p.AuthorizationServers = []string{"https://login.example/tenant", "http://localhost:8080"}
			p.Scopes = []string{"me"}
			p.Name, p.Documentation, p.Policy, p.Terms = "The <API>", "https://api.example/docs", "https://api.example/policy", "http://api.example/terms"
			p.Extra = map[string]any{"resource_name#de": "Die API", "x": []int{1}, "dpop_bound_access_tokens_required": false}
		}, `{"resource":"https://api.example","authorization_servers":["https://login.example/tenant","http://localhost:8080"],` +
			`"scopes_supported":["me"],"bearer_methods_supported":["header"],"resource_name":"The <API>",` +
			`"resource_documentation":"https://api.example/docs","resource_policy_uri":"https://api.example/policy","resource_tos_uri":"http://api.example/terms",` +
			`"dpop_bound_access_tokens_required":false,"resource_name#de":"Die API","x":[1]}`},
		"no scopes at all, rather than an empty list": {func(p *openapi.ProtectedResource) { p.Scopes = []string{} },
			`{"resource":"https://api.example","authorization_servers":["https://login.example"],"bearer_methods_supported":["header"]}`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := gin.New()
			r.GET("/me", ginjwt.Handle(ginjwt.Security(g.claims, "me"), okWith[ginjwt.Claims]))
			r.GET("/items", ginjwt.Handle(ginjwt.Security(ginjwt.Security(g.claims, "me"), "items"), okWith[ginjwt.Claims]))
			r.GET("/health", ginjwt.Public(), ok)
			r.GET("/key", ginjwt.Handle(ginjwt.APIKeyHeader("X-Key"), okWith[string]))
			p := resourceOf(resourceID)
			tc.change(&p)
			require.NoError(t, openapi.MountProtectedResource(r, p))
			text, members := metadataOf(t, r, resourceWellKnown)
			assert.Equal(t, tc.want, text)
			for name, value := range members {
				assert.NotNil(t, value, name)
			}
		})
	}
}

// What the caller changes later is not what is served.
func TestProtectedResourceIsKeptAsItWas(t *testing.T) {
	t.Parallel()
	r := gin.New()
	resourceRoute(r, "/a", resourceDocument)
	p := resourceOf(resourceID)
	p.Extra = map[string]any{"x": "before"}
	require.NoError(t, openapi.MountProtectedResource(r, p))
	p.AuthorizationServers[0], p.Extra["x"] = "https://evil.example", "after"
	text, _ := metadataOf(t, r, resourceWellKnown)
	assert.NotContains(t, text, "evil")
	assert.Contains(t, text, "before")
}

// RFC 9728 section 3.1: the well-known part stands before the path, and a slash
// after the host is not kept.
func TestProtectedResourceIsWhereClientsLook(t *testing.T) {
	t.Parallel()
	const origin = "https://api.example"
	for id, path := range map[string]string{
		origin: resourceWellKnown, origin + "/": resourceWellKnown,
		origin + "/tenant1": resourceWellKnown + "/tenant1", origin + "/tenant1/": resourceWellKnown + "/tenant1/",
		origin + "/a/b_c~d/e.f": resourceWellKnown + "/a/b_c~d/e.f", origin + ":8443/x": resourceWellKnown + "/x",
		"http://localhost:8080/mcp": resourceWellKnown + "/mcp", "http://[::1]:8080": resourceWellKnown,
		"HTTPS://API.example/MCP": resourceWellKnown + "/MCP",
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			r := gin.New()
			host := id[:len(id)-len(path)+len(resourceWellKnown)]
			if path == resourceWellKnown {
				host = id
				if id[len(id)-1] == '/' {
					host = id[:len(id)-1]
				}
			}
			resourceRoute(r, "/elsewhere", host+path) // behind a proxy, paths differ
			p := resourceOf(id)
			require.NoError(t, openapi.MountProtectedResource(r, p))
			_, members := metadataOf(t, r, path)
			assert.Equal(t, id, members["resource"], "identical (section 3.3)")
		})
	}
}

// The methods hold for all routes: only what each of them takes is told.
func TestProtectedResourceTellsHowToSendTheToken(t *testing.T) {
	t.Parallel()
	query, other, cookie := ginjwt.FromQuery("access_token"), ginjwt.FromQuery("token"), ginjwt.FromCookie("access_token")
	header, both := []any{"header"}, []any{"header", "query"}
	for name, tc := range map[string]struct {
		routes [][]ginjwt.SchemeOption
		want   []any
	}{
		"the header":                      {[][]ginjwt.SchemeOption{{}}, header},
		"the query":                       {[][]ginjwt.SchemeOption{{query}}, both},
		"the query of one route":          {[][]ginjwt.SchemeOption{{query}, {}}, header},
		"that of the last":                {[][]ginjwt.SchemeOption{{}, {query}}, header},
		"a parameter that no client sets": {[][]ginjwt.SchemeOption{{other}}, header},
		"a cookie is no method":           {[][]ginjwt.SchemeOption{{cookie}}, header},
		"among others":                    {[][]ginjwt.SchemeOption{{other, cookie, query}}, both},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := gin.New()
			for i, opts := range tc.routes {
				resourceRoute(r, "/"+itoa(i), resourceDocument, opts...)
			}
			require.NoError(t, openapi.MountProtectedResource(r, resourceOf(resourceID)))
			_, members := metadataOf(t, r, resourceWellKnown)
			assert.Equal(t, tc.want, members["bearer_methods_supported"])
		})
	}
}

// Each resource has the scopes of its own routes, and one may lie below another.
func TestTwoProtectedResources(t *testing.T) {
	t.Parallel()
	_, verifier := newIssuer(t)
	r := gin.New()
	for path, document := range map[string]string{"/a": resourceDocument, "/tenant1": resourceDocument + "/tenant1", "/tenant1/x": resourceDocument + "/tenant1", "/tenant2/:id": resourceDocument + "/tenant2"} {
		token := ginjwt.HTTPBearer(ginjwt.ResourceMetadata(document))
		r.GET(path, ginjwt.Handle(ginjwt.Security(ginjwt.JWT[ginjwt.Claims](token, verifier), "of:"+path), okWith[ginjwt.Claims]))
	}
	for id, want := range map[string][]any{"": {"of:/a"}, "/tenant1": {"of:/tenant1", "of:/tenant1/x"}, "/tenant2": {"of:/tenant2/:id"}} {
		require.NoError(t, openapi.MountProtectedResource(r, resourceOf(resourceID+id)))
		_, members := metadataOf(t, r, resourceWellKnown+id)
		assert.Equal(t, want, members["scopes_supported"], id)
	}
}

func TestProtectedResourceIsCachedAndReadByPages(t *testing.T) {
	t.Parallel()
	r := gin.New()
	resourceRoute(r, "/a", resourceDocument)
	require.NoError(t, openapi.MountProtectedResource(r, resourceOf(resourceID)))
	srv := wireServer(t, r)
	ask := func(method string, header http.Header) *http.Response {
		req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+resourceWellKnown, nil)
		require.NoError(t, err)
		maps.Copy(req.Header, header)
		res, err := srv.Client().Do(req)
		require.NoError(t, err)
		t.Cleanup(func() { _ = res.Body.Close() })
		return res
	}
	body := func(res *http.Response) string {
		b, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return string(b)
	}

	got := ask("GET", http.Header{"Origin": {"https://client.example"}})
	require.Equal(t, 200, got.StatusCode)
	want := map[string]string{
		"Content-Type": "application/json", "Cache-Control": "public, max-age=3600", "Access-Control-Allow-Origin": "*",
		"X-Content-Type-Options": "nosniff", "Www-Authenticate": "", "Access-Control-Allow-Credentials": "", "Set-Cookie": "",
	}
	for name, value := range want {
		assert.Equal(t, value, got.Header.Get(name), name)
	}
	tag := got.Header.Get("ETag")
	assert.Regexp(t, `^"[A-Za-z0-9_-]+"$`, tag)
	assert.NotEmpty(t, body(got))

	head := ask("HEAD", nil)
	assert.Equal(t, 200, head.StatusCode)
	assert.Empty(t, body(head))
	for _, name := range []string{"Content-Type", "Content-Length", "ETag", "Cache-Control", "Access-Control-Allow-Origin"} {
		assert.Equal(t, got.Header.Get(name), head.Header.Get(name), name)
	}
	same := ask("GET", http.Header{"If-None-Match": {tag}})
	assert.Equal(t, 304, same.StatusCode)
	assert.Equal(t, "*", same.Header.Get("Access-Control-Allow-Origin"))
	assert.Equal(t, 200, ask("GET", http.Header{"If-None-Match": {`"x"`}}).StatusCode)
	assert.Equal(t, 404, ask("POST", nil).StatusCode)

	// A client's own header, such as MCP-Protocol-Version, makes browsers ask first.
	preflight := ask("OPTIONS", http.Header{"Origin": {"https://client.example"}, "Access-Control-Request-Method": {"GET"}, "Access-Control-Request-Headers": {"mcp-protocol-version"}})
	assert.Equal(t, 204, preflight.StatusCode)
	assert.Empty(t, body(preflight))
	for name, value := range map[string]string{
		"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "GET, HEAD", "Access-Control-Allow-Headers": "*",
		"Access-Control-Max-Age": "86400", "Access-Control-Allow-Credentials": "",
	} {
		assert.Equal(t, value, preflight.Header.Get(name), name)
	}
}

// It is open by its nature, and no operation of the API.
func TestProtectedResourceAmongTheRoutes(t *testing.T) {
	t.Parallel()
	r := gin.New()
	resourceRoute(r, "/a", resourceDocument)
	require.NoError(t, openapi.MountProtectedResource(r.Group("/"), resourceOf(resourceID)))
	var out strings.Builder
	require.NoError(t, inspect.Audit(&out, r))
	assert.NotContains(t, out.String(), "warning", "the route serves what the challenge names")
	routes := allRoutes(t, r)
	for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
		route := routes[method+" "+resourceWellKnown]
		assert.Equal(t, "resource metadata", route.Endpoint)
		assert.Equal(t, "resource metadata", route.Access())
	}
	d, _ := docOf(t, r)
	assert.Equal(t, []string{"/a"}, keysOf(d.Paths))
}
