package ginjwt_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/openapi"
)

const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src CONNECT" +
	"; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

func TestPageHasItsHeaders(t *testing.T) {
	t.Parallel()
	w := send(mounted(t, apiConfig), "GET", "/docs")
	require.Equal(t, 200, w.Code)
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Cache-Control": "no-cache", "Content-Security-Policy": strings.Replace(pagePolicy, "CONNECT", "'self'", 1),
	} {
		assert.Equal(t, want, w.Header().Get(name), name)
	}
	assert.NotRegexp(t, `<script>|<style|onload|javascript:|https?://`, w.Body.String(), "the policy would forbid it")
}

// What the page may call: each with its connect-src.
func TestPageMayCallTheEndpointsThatAreNamed(t *testing.T) {
	t.Parallel()
	code := func(tokenURL string, opts ...ginjwt.SchemeOption) ginjwt.Guard {
		return ginjwt.OAuth2AuthorizationCodeBearer("https://login.example/authorize", tokenURL, opts...)
	}
	for name, tc := range map[string]struct {
		cfg   openapi.Config
		guard ginjwt.Guard
		want  string
	}{
		"an own token endpoint":       {openapi.Config{}, ginjwt.OAuth2PasswordBearer("/token"), "'self'"},
		"a token endpoint elsewhere":  {openapi.Config{}, code("https://login.example/token?a=b"), "'self' https://login.example"},
		"with a port":                 {openapi.Config{}, code("http://127.0.0.1:8080/token"), "'self' http://127.0.0.1:8080"},
		"a refresh endpoint":          {openapi.Config{}, code("/token", ginjwt.RefreshURL("https://refresh.example/r")), "'self' https://refresh.example"},
		"an OpenID provider":          {openapi.Config{}, ginjwt.OpenIDConnect("https://id.example/.well-known/openid-configuration"), "'self' https://id.example"},
		"servers":                     {openapi.Config{Servers: []string{"https://b.example/v1", "/v2", "https://a.example"}}, nil, "'self' https://a.example https://b.example"},
		"what the caller adds":        {openapi.Config{ConnectTo: []string{"https://z.example", "https://a.example"}}, code("https://login.example/t"), "'self' https://a.example https://login.example https://z.example"},
		"each once":                   {openapi.Config{ConnectTo: []string{"https://login.example"}}, code("https://login.example/t"), "'self' https://login.example"},
		"no text that ends the field": {openapi.Config{}, code("https://a.example;script-src/token"), "'self'"},
		"no white space":              {openapi.Config{}, code("https://a.example *\n/token"), "'self'"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.cfg.Title, tc.cfg.Version = "t", "1"
			r := mounted(t, tc.cfg, func(r *gin.Engine) {
				if tc.guard != nil {
					r.GET("/me", ginjwt.Require(tc.guard), ok)
				}
			})
			assert.Equal(t, strings.Replace(pagePolicy, "CONNECT", tc.want, 1), send(r, "GET", "/docs").Header().Get("Content-Security-Policy"))
		})
	}
}

func TestPageEscapesItsTexts(t *testing.T) {
	t.Parallel()
	const evil = `</title></script><script>alert("1")</script>`
	r := mounted(t, openapi.Config{Title: evil, Description: evil, Version: "1", ClientID: evil, DocsPath: `/do"cs<b>`}, func(r *gin.Engine) {
		r.GET("/", openapi.Describe(openapi.Op{Summary: evil}), ok)
	})
	page := send(r, "GET", "/do%22cs%3Cb%3E").Body.String()
	assert.NotContains(t, page, "<script>")
	assert.NotContains(t, page, "<b>")
	assert.Contains(t, page, "<title>&lt;/title&gt;&lt;/script&gt;&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt;</title>")
	for _, path := range []string{"/openapi.json", "/do%22cs%3Cb%3E/init.js"} {
		body := send(r, "GET", path).Body.String()
		require.NotEmpty(t, body)
		assert.NotContains(t, body, "<script>", path)
		assert.NotContains(t, body, "</script>", path)
	}
}

var pageFile = regexp.MustCompile(`(?:src|href)="([^"]*)"`)

// Wherever the page is, its files and the document are found from there, as a
// browser resolves them.
func TestPageFindsItsFilesAndTheDocument(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		group          string
		cfg            openapi.Config
		page, document string
	}{
		"by default":                {"", openapi.Config{}, "/docs", "/openapi.json"},
		"in a group":                {"/api/v1/", openapi.Config{}, "/api/v1/docs", "/api/v1/openapi.json"},
		"a deeper page":             {"", openapi.Config{DocsPath: "/a/b/docs"}, "/a/b/docs", "/openapi.json"},
		"a deeper document":         {"", openapi.Config{Path: "/a/b/spec.json"}, "/docs", "/a/b/spec.json"},
		"both deeper, in a group":   {"/g", openapi.Config{Path: "/x/spec.json", DocsPath: "/y/docs"}, "/g/y/docs", "/g/x/spec.json"},
		"the document below a page": {"", openapi.Config{Path: "/docs/spec.json"}, "/docs", "/docs/spec.json"},
		"the page below a document": {"", openapi.Config{Path: "/spec", DocsPath: "/spec/docs"}, "/spec/docs", "/spec"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.cfg.Title, tc.cfg.Version = "t", "1"
			r := newEngine()
			require.NoError(t, openapi.Mount(r.Group(tc.group), tc.cfg))
			here, err := url.Parse("http://localhost" + tc.page)
			require.NoError(t, err)
			page := send(r, "GET", here.Path)
			require.Equal(t, 200, page.Code)
			files := pageFile.FindAllStringSubmatch(page.Body.String(), -1)
			require.Len(t, files, 4)
			for _, f := range files {
				file, err := here.Parse(f[1])
				require.NoError(t, err)
				assert.Equal(t, 200, send(r, "GET", file.Path).Code, file.Path)
			}
			script := send(r, "GET", tc.page+"/init.js").Body.String()
			found := regexp.MustCompile(`"document":"([^"]*)"`).FindStringSubmatch(script)
			require.NotNil(t, found)
			document, err := here.Parse(found[1])
			require.NoError(t, err)
			assert.Equal(t, tc.document, document.Path)
			assert.Equal(t, 200, send(r, "GET", document.Path).Code)
			assert.Contains(t, script, `"docsPath":"`+tc.page+`"`)
		})
	}
}

func TestPageScriptHasItsSettings(t *testing.T) {
	t.Parallel()
	settings := func(cfg openapi.Config) string {
		cfg.Title, cfg.Version = "t", "1"
		script := send(mounted(t, cfg), "GET", "/docs/init.js").Body.String()
		require.NotContains(t, script, "SETTINGS")
		return regexp.MustCompile(`const settings = (.*);`).FindStringSubmatch(script)[1]
	}
	assert.JSONEq(t, `{"document":"openapi.json","docsPath":"/docs","files":"docs","clientId":"","persistAuthorization":false}`, settings(openapi.Config{}))
	assert.JSONEq(t, `{"document":"openapi.json","docsPath":"/docs","files":"docs","clientId":"me","persistAuthorization":true}`,
		settings(openapi.Config{ClientID: "me", PersistAuthorization: true}))
}

// Each file with its type; all are sent compressed to those who take that, and
// only to those.
func TestPageServesItsFiles(t *testing.T) {
	t.Parallel()
	r := mounted(t, apiConfig)
	for name, kind := range map[string]string{
		"swagger-ui-bundle.js": "text/javascript; charset=utf-8", "swagger-ui.css": "text/css; charset=utf-8", "favicon-32x32.png": "image/png",
		"oauth2-redirect.html": "text/html; charset=utf-8", "oauth2-redirect.js": "text/javascript; charset=utf-8", "init.js": "text/javascript; charset=utf-8",
	} {
		plain := send(r, "GET", "/docs/"+name)
		require.Equal(t, 200, plain.Code, name)
		assert.Equal(t, kind, plain.Header().Get("Content-Type"))
		assert.Equal(t, "nosniff", plain.Header().Get("X-Content-Type-Options"))
		assert.Empty(t, plain.Header().Get("Content-Encoding"))
		packed := send(r, "GET", "/docs/"+name, "Accept-Encoding: br, gzip")
		body := packed.Body.Bytes()
		if packed.Header().Get("Content-Encoding") == "gzip" {
			assert.Equal(t, "Accept-Encoding", packed.Header().Get("Vary"))
			assert.Equal(t, "Accept-Encoding", plain.Header().Get("Vary"))
			assert.NotEqual(t, plain.Header().Get("ETag"), packed.Header().Get("ETag"), "they are two representations")
			unzip, err := gzip.NewReader(bytes.NewReader(body))
			require.NoError(t, err)
			body, err = io.ReadAll(unzip)
			require.NoError(t, err)
		} else {
			assert.Less(t, len(body), 10_000, "%s is large and not compressed", name)
		}
		assert.Equal(t, plain.Body.Bytes(), body)
	}
	for _, refuses := range []string{"gzip;q=0", "identity", "br", "gzip; q=0.0, br", "x-notgzip"} {
		w := send(r, "GET", "/docs/swagger-ui.css", "Accept-Encoding: "+refuses)
		assert.Empty(t, w.Header().Get("Content-Encoding"), refuses)
	}
}

func TestPageServesNothingElse(t *testing.T) {
	t.Parallel()
	r := mounted(t, apiConfig)
	for _, path := range []string{"/docs/nothing.js", "/docs/init.js.map", "/docs/swagger-ui.css.gz", "/docs/..%2fopenapi.json", "/docs/page", "/docs/a/b", "/docs/INIT.JS"} {
		w := send(r, "GET", path)
		assert.Equal(t, 404, w.Code, path)
		assert.Empty(t, w.Header().Get("ETag"))
	}
	w := send(r, "GET", "/docs/nothing.js")
	assert.JSONEq(t, `{"detail":"Not Found"}`, w.Body.String())
	assert.Equal(t, 301, send(r, "GET", "/docs/").Code, "the page is where relative token endpoints are resolved")
	assert.Equal(t, 404, send(r, "POST", "/docs").Code)
}

// The page that an authorization server sends the code to calls nobody.
func TestPageOfTheRedirect(t *testing.T) {
	t.Parallel()
	r := mounted(t, apiConfig)
	w := send(r, "GET", "/docs/oauth2-redirect.html")
	assert.Equal(t, strings.Replace(pagePolicy, "CONNECT", "'none'", 1), w.Header().Get("Content-Security-Policy"))
	assert.Equal(t, "no-referrer", w.Header().Get("Referrer-Policy"), "its URL has the code in it")
	assert.Contains(t, w.Body.String(), `<script src="oauth2-redirect.js"></script>`)
	assert.NotContains(t, w.Body.String(), "<script>")
}
