package browser_test

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// requireWhole logs in and calls what is guarded.
func (p *docs) requireWhole() {
	p.t.Helper()
	p.requireTry("readUsersMe", "401", `"detail": "Not authenticated"`)
	p.logIn("me")
	p.requireTry("readUsersMe", "200", `"full_name": "John Doe"`)
}

// TestDocsPlaces: the page works wherever it is mounted.
func TestDocsPlaces(t *testing.T) {
	t.Parallel()
	for rule, c := range map[string]struct {
		page   string
		change func(*documented)
	}{
		"at the root":                      {"/docs", func(d *documented) {}},
		"a relative token URL":             {"/docs", func(d *documented) { d.tokenURL = "token" }},
		"with a query":                     {"/docs?theme=x", func(d *documented) {}},
		"on a group":                       {"/internal/docs", func(d *documented) { d.group = "/internal" }},
		"a path of several segments":       {"/a/docs", func(d *documented) { d.cfg.DocsPath = "/a/docs" }},
		"both paths of several":            {"/a/b/docs", func(d *documented) { d.cfg.DocsPath, d.cfg.Path = "/a/b/docs", "/c/d/spec.json" }},
		"both on a group":                  {"/v1/x/docs", func(d *documented) { d.group, d.cfg.DocsPath, d.cfg.Path = "/v1", "/x/docs", "/y/openapi.json" }},
		"letters that a URL does not have": {"/%C3%BC%20b/docs", func(d *documented) { d.cfg.DocsPath, d.cfg.Path = "/ü b/docs", "/ö.json" }},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			d := newDocumented(t, c.change)
			p := openDocs(t, d.at("127.0.0.1")+c.page)
			p.requireWhole()
		})
	}
}

// prefixed is a proxy that serves a service below /api. What is called outside
// of that is nothing.
func prefixed(t *testing.T, d *documented) site {
	t.Helper()
	target, err := url.Parse(d.at("127.0.0.1"))
	require.NoError(t, err)
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
	}}
	return serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/api/") {
			t.Errorf("%s is called, which is outside of the prefix", r.URL.Path)
			http.NotFound(w, r)
			return
		}
		http.StripPrefix("/api", proxy).ServeHTTP(w, r)
	}), false)
}

// TestDocsBehindPrefix: all that the page does stays behind a prefix that the
// service does not know.
func TestDocsBehindPrefix(t *testing.T) {
	t.Parallel()
	for rule, c := range map[string]struct {
		page   string
		change func(*documented)
	}{
		"an absolute token URL":                 {"/docs", func(d *documented) { d.tokenURL = "/token" }},
		"a relative token URL":                  {"/docs", func(d *documented) { d.tokenURL = "token" }},
		"on a group":                            {"/internal/docs", func(d *documented) { d.group = "/internal" }},
		"a path of several segments":            {"/a/docs", func(d *documented) { d.cfg.DocsPath = "/a/docs" }},
		"letters that a URL does not have":      {"/%C3%BC%20b/docs", func(d *documented) { d.cfg.DocsPath = "/ü b/docs" }},
		"its relative token URL is the group's": {"/internal/docs", func(d *documented) { d.group, d.tokenURL = "/internal", "../token" }},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			d := newDocumented(t, c.change)
			p := openDocs(t, prefixed(t, d).at("127.0.0.1")+"/api"+c.page)
			p.requireWhole()
			assert.Contains(t, p.shown(block("readUsersMe")+" .request-url"), "/api/users/me/")
			assert.Equal(t, 200, d.next(t, "/token", 0).status)
		})
	}
}

// TestDocsServers: what the document says of the service is what counts.
func TestDocsServers(t *testing.T) {
	t.Parallel()
	d := newDocumented(t, func(d *documented) { d.cfg.Servers = []string{"/api"} })
	p := openDocs(t, prefixed(t, d).at("127.0.0.1")+"/api/docs")
	p.requireTry("readPublic", "200", `"public": true`)
}

// TestDocsGuarded: behind a guard, the page is there for whoever passes it, and
// so is all that it is made of.
func TestDocsGuarded(t *testing.T) {
	t.Parallel()
	guard := ginjwt.Require(ginjwt.Depends(ginjwt.HTTPBasic(ginjwt.SchemeName("Staff")), checkBasic))
	d := newDocumented(t, func(d *documented) { d.group, d.guard = "/internal", &guard })
	for _, path := range []string{"/docs", "/openapi.json", "/docs/init.js", "/docs/swagger-ui.css"} {
		response, err := http.Get(d.at("127.0.0.1") + "/internal" + path)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, 401, response.StatusCode, path)
	}
	p := openDocs(t, strings.Replace(d.at("127.0.0.1"), "://", "://admin:p%3Aass@", 1)+"/internal/docs")
	p.requireWhole()
	p.requireTry("readPublic", "200", `"public": true`)
	assert.Empty(t, d.next(t, "/public", 0).authorization, "what was entered for the page is not sent to others unasked")
}
