package ginjwt_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/openapi"
)

// mounted returns an engine with cfg's document and page.
func mounted(t testing.TB, cfg openapi.Config, routes ...func(*gin.Engine)) *gin.Engine {
	t.Helper()
	r := newEngine()
	for _, add := range routes {
		add(r)
	}
	require.NoError(t, openapi.Mount(r, cfg))
	return r
}

// send serves a request without a body; each of lines is "Name: value".
func send(h http.Handler, method, path string, lines ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, path, nil)
	for _, line := range lines {
		name, value, _ := cutLine(line)
		req.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}

func cutLine(line string) (name, value string, found bool) {
	n, v, found := bytes.Cut([]byte(line), []byte(": "))
	return string(n), string(v), found
}

func TestMountServesTheDocument(t *testing.T) {
	t.Parallel()
	r := mounted(t, apiConfig, func(r *gin.Engine) { r.GET("/books", readBooks) })
	want, err := openapi.Document(r, apiConfig)
	require.NoError(t, err)
	w := send(r, "GET", "/openapi.json")
	require.Equal(t, 200, w.Code)
	assert.Equal(t, string(want), w.Body.String())
	assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
	assert.Equal(t, "no-cache", w.Header().Get("Cache-Control"))
	assert.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
	assert.Equal(t, 404, send(r, "POST", "/openapi.json").Code)
}

// Each If-None-Match with its status (RFC 9110 section 13.1.2). TAG stands for the
// document's ETag.
func TestMountAnswersThatNothingHasChanged(t *testing.T) {
	t.Parallel()
	r := mounted(t, apiConfig)
	for _, path := range []string{"/openapi.json", "/docs", "/docs/init.js", "/docs/swagger-ui.css"} {
		tag := send(r, "GET", path).Header().Get("ETag")
		require.Regexp(t, `^"[A-Za-z0-9_-]+"$`, tag)
		for match, status := range map[string]int{
			tag: 304, "W/" + tag: 304, `"a", ` + tag: 304, `"a",W/` + tag + `,"b"`: 304, "*": 304,
			`"a"`: 200, "": 200, tag[1:]: 200, `"a", "b"`: 200,
		} {
			for _, method := range []string{"GET", "HEAD"} {
				w := send(r, method, path, "If-None-Match: "+match)
				assert.Equal(t, status, w.Code, "%s %s with %s", method, path, match)
				assert.Equal(t, tag, w.Header().Get("ETag"))
				assert.Equal(t, "no-cache", w.Header().Get("Cache-Control"))
				if status == 304 {
					assert.Empty(t, w.Body.String())
				}
			}
		}
	}
}

// HEAD is answered as GET is, without the body.
func TestMountAnswersHEAD(t *testing.T) {
	t.Parallel()
	srv := wireServer(t, mounted(t, apiConfig))
	for _, path := range []string{"/openapi.json", "/docs", "/docs/init.js"} {
		got, err := srv.Client().Get(srv.URL + path)
		require.NoError(t, err)
		require.NoError(t, got.Body.Close())
		head, err := srv.Client().Head(srv.URL + path)
		require.NoError(t, err)
		body, err := io.ReadAll(head.Body)
		require.NoError(t, err)
		require.NoError(t, head.Body.Close())
		assert.Equal(t, 200, head.StatusCode)
		assert.Empty(t, body)
		for _, name := range []string{"Content-Type", "ETag", "Cache-Control", "Content-Security-Policy"} {
			assert.Equal(t, got.Header.Values(name), head.Header.Values(name), path)
		}
	}
}

func TestMountOnAGuardedGroup(t *testing.T) {
	t.Parallel()
	r := newEngine()
	g := r.Group("/internal", ginjwt.Require(ginjwt.APIKeyCookie("sid")))
	require.NoError(t, openapi.Mount(g, apiConfig))
	r.GET("/books", readBooks)
	for _, path := range []string{"/internal/openapi.json", "/internal/docs", "/internal/docs/init.js"} {
		w := send(r, "GET", path)
		assert.Equal(t, 401, w.Code, path)
		assert.NotContains(t, w.Body.String(), "books")
		assert.Empty(t, w.Header().Get("ETag"))
		w = send(r, "GET", path, "Cookie: sid=1")
		assert.Equal(t, 200, w.Code, path)
		assert.Equal(t, "private, no-cache", w.Header().Get("Cache-Control"), "no shared cache may have it")
		assert.Contains(t, w.Header().Values("Vary"), "Cookie")
		assert.Equal(t, 404, send(r, "GET", path[len("/internal"):]).Code)
	}
	d, _ := docOf(t, r)
	assert.Equal(t, []string{"/books"}, keysOf(d.Paths))
	assert.Empty(t, d.Components.SecuritySchemes)
}

// A guard of bearer tokens marks nothing as private, for caches know that header.
func TestMountKeepsWhatAnEarlierHandlerSaysOfCaching(t *testing.T) {
	t.Parallel()
	for before, want := range map[string]string{"": "no-cache", "no-store": "no-store", "private": "private, no-cache", "no-cache, private": "no-cache, private"} {
		r := newEngine()
		r.Use(func(c *gin.Context) {
			if before != "" {
				c.Header("Cache-Control", before)
			}
		})
		require.NoError(t, openapi.Mount(r, apiConfig))
		assert.Equal(t, want, send(r, "GET", "/openapi.json").Header().Get("Cache-Control"))
	}
}

type foreignRouter struct{ gin.IRouter }

func TestMountKnowsItsRouter(t *testing.T) {
	t.Parallel()
	for name, router := range map[string]gin.IRouter{
		"nil": nil, "a foreign one": foreignRouter{newEngine()}, "a nil engine": (*gin.Engine)(nil), "a group of no engine": &gin.RouterGroup{},
	} {
		err := openapi.Mount(router, apiConfig)
		assert.ErrorContains(t, err, "is no engine and no group of one", name)
	}
	assert.ErrorContains(t, openapi.Mount((*gin.RouterGroup)(nil), apiConfig), "ginjwt: inspect: ")
	r := newEngine()
	require.NoError(t, openapi.Mount(&r.RouterGroup, apiConfig))
	assert.Equal(t, 200, send(r, "GET", "/docs").Code)
}

func TestMountKnowsRoutesThatComeLater(t *testing.T) {
	t.Parallel()
	r := mounted(t, apiConfig)
	r.GET("/later", readBooks)
	assert.Contains(t, send(r, "GET", "/openapi.json").Body.String(), `"/later"`)
}

// A fault that comes later is the service's: the cause is not the client's.
func TestMountAnswersFaultsThatComeLater(t *testing.T) {
	t.Parallel()
	r := mounted(t, apiConfig)
	r.GET("/later", openapi.Describe(openapi.Op{Status: 1}), readBooks)
	for _, path := range []string{"/openapi.json", "/docs"} {
		w := send(r, "GET", path)
		assert.Equal(t, 500, w.Code, path)
		assert.JSONEq(t, `{"detail":"Internal Server Error"}`, w.Body.String())
	}
}

func TestTwoMountsOnOneEngine(t *testing.T) {
	t.Parallel()
	r := mounted(t, openapi.Config{Title: "One", Version: "1"}, func(r *gin.Engine) { r.GET("/books", readBooks) })
	require.NoError(t, openapi.Mount(r.Group("/two"), openapi.Config{Title: "Two", Version: "2", Path: "/spec", DocsPath: "/spec/page"}))
	require.NoError(t, openapi.Mount(r, openapi.Config{Title: "Three", Version: "3", Path: "/three.json", NoDocs: true}))
	for path, title := range map[string]string{"/openapi.json": "One", "/two/spec": "Two", "/three.json": "Three"} {
		var d apiDoc
		require.NoError(t, json.Unmarshal(send(r, "GET", path).Body.Bytes(), &d))
		assert.Equal(t, title, d.Info["title"])
		assert.Equal(t, []string{"/books"}, keysOf(d.Paths), path)
	}
	for path, title := range map[string]string{"/docs": "One", "/two/spec/page": "Two"} {
		assert.Contains(t, send(r, "GET", path).Body.String(), "<title>"+title+"</title>")
	}
	assert.Len(t, r.Routes(), 1+2*(3+3+1), "no page where there shall be none")
}

// The tokenUrl that is no route for POST is told when mounted: each row with
// whether it is.
func TestMountWarnsOfATokenEndpointThatIsNone(t *testing.T) {
	old := slog.Default()
	t.Cleanup(func() { slog.SetDefault(old) })
	for _, tc := range []struct {
		tokenURL, docs string
		warns          bool
	}{
		{"/token", "", false}, {"token", "", false}, {"./token", "", false}, {"/token?x=1", "", false},
		{"https://login.example/token", "", false},
		{"/nowhere", "", true}, {"nowhere", "", true}, {"/get", "", true}, {"/v1/token/", "", true},
		{"token", "/internal/docs", true}, {"../token", "/internal/docs", false}, {"/slash/", "", false}, {"slash/", "", false},
		{"//login.example/token", "", false}, {"/token#top", "", false}, {"/realms/one/token", "", false},
	} {
		var log bytes.Buffer
		slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
		r := newEngine()
		r.POST("/token", ok)
		r.GET("/get", ok)
		r.POST("/slash/", ok)
		r.POST("/realms/:realm/token", ok)
		r.GET("/me", ginjwt.Require(ginjwt.OAuth2PasswordBearer(tc.tokenURL)), ok)
		require.NoError(t, openapi.Mount(r, openapi.Config{Title: "t", Version: "1", DocsPath: tc.docs}))
		if tc.warns {
			assert.Contains(t, log.String(), `msg="ginjwt: openapi: the token endpoint that a security scheme names is no route for POST" tokenUrl=`+tc.tokenURL+"\n")
			assert.Contains(t, log.String(), "level=WARN")
		} else {
			assert.Empty(t, log.String(), "%s from %s", tc.tokenURL, tc.docs)
		}
	}
}

func TestMountServesManyAtOnce(t *testing.T) {
	t.Parallel()
	_, verifier := newIssuer(t)
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token", ginjwt.Scopes{"a": ""}), verifier)
	r := mounted(t, apiConfig, func(r *gin.Engine) {
		for _, path := range []string{"/a", "/b", "/c/:id"} {
			r.Any(path, ginjwt.Handle(ginjwt.Security(claims, "a"), okWith[ginjwt.Claims]))
		}
		r.POST("/token", ginjwt.Handle(ginjwt.PasswordForm(), okWith[loginForm]))
	})
	var wg sync.WaitGroup
	bodies := make([]string, 16)
	for i := range bodies {
		wg.Go(func() {
			bodies[i] = send(r, "GET", "/openapi.json").Body.String()
			send(r, "GET", "/docs")
			send(r, "GET", "/docs/init.js")
			_, err := openapi.Document(r, apiConfig)
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	for _, body := range bodies {
		assert.Equal(t, bodies[0], body)
	}
	assert.NotEmpty(t, bodies[0])
}

// The same program has the same document, whenever and wherever it is made.
func TestDocumentIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	write := func() string {
		w := newSessWorld(t)
		r := postOnly(w)
		scopes := ginjwt.Scopes{"a": "A", "b": "B", "c": "C", "d": "D"}
		claims := ginjwt.JWT[sessClaims](ginjwt.OAuth2PasswordBearer("/token", scopes), w.verifier)
		r.Any("/any", openapi.Describe(openapi.Op{Responses: map[int]any{404: true, 409: nil, 500: map[string]any{"b": 1, "a": 2}}}), ginjwt.Require(ginjwt.SecurityAny(claims, "d", "a")), ok)
		_, text := docOf(t, r)
		return text
	}
	first := write()
	for range 5 {
		assert.Equal(t, first, write())
	}
}

// Nothing of what is secret, or nobody's concern, is in the document.
func TestDocumentTellsNoSecrets(t *testing.T) {
	t.Parallel()
	const secret = "a secret that no tutorial has printed, 0123456789"
	key, err := ginjwt.NewKey(ginjwt.HS256, secret)
	require.NoError(t, err)
	issuer, err := ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: key, Issuer: testIssuer, Audience: []string{testAudience}})
	require.NoError(t, err)
	verifier, err := issuer.Verifier(ginjwt.Policy{})
	require.NoError(t, err)
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.HTTPBearer(), verifier)
	check := ginjwt.Check(claims, "tenant-of-the-secret-customer", func(*gin.Context, ginjwt.Claims) error { return nil })
	r := newEngine()
	r.GET("/", ginjwt.Require(check), ok)
	require.NoError(t, openapi.Mount(r, openapi.Config{Title: "t", Version: "1", ClientID: "client"}))
	for _, path := range []string{"/openapi.json", "/docs", "/docs/init.js"} {
		body := send(r, "GET", path).Body.String()
		for _, word := range []string{secret, "customer", testIssuer, testAudience, "gin-gonic", ".go", "ginjwt_test"} {
			assert.NotContains(t, body, word, path)
		}
	}
}
