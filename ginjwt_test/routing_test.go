package ginjwt_test

import (
	"compress/gzip"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

const detailScopes = `{"detail":"Not enough permissions"}`

// adminOf is a group with one route, and a log of whether its guard was asked.
func adminOf(d *depApp) *gin.RouterGroup {
	admin := d.Group("/admin", ginjwt.Require(d.step("guard"), d.user))
	admin.GET("/stats", d.end)
	return admin
}

func TestRequestsWithoutARoute(t *testing.T) {
	t.Parallel()
	nothing := func(c *gin.Context) { c.String(404, "nothing here") }
	notFound, notAllowed := "404 page not found", "405 method not allowed"
	runDeps(t, []depRow{
		{rule: "4 a group's guards do not run for a path below it that has no route", app: func(d *depApp) { adminOf(d) },
			send: "GET /admin/nothing", status: 404, text: notFound},
		{rule: "4 nor for another method", app: func(d *depApp) { adminOf(d) },
			send: "POST /admin/stats", status: 405, text: notAllowed, header: map[string]string{"Allow": "GET"}},
		{rule: "4 which is 404 unless the engine is told", app: func(d *depApp) { adminOf(d); d.HandleMethodNotAllowed = false },
			send: "POST /admin/stats", status: 404, text: notFound, header: map[string]string{"Allow": ""}},
		{rule: "the engine's guards do: what is not there is not told to nobody", app: func(d *depApp) {
			d.Use(ginjwt.Require(d.step("engine"), d.user))
			adminOf(d)
		}, send: "GET /admin/nothing", status: 401, challenge: graphNobody, text: detailNobody, log: "engine"},
		{rule: "the engine's guards do for another method", app: func(d *depApp) {
			d.Use(ginjwt.Require(d.step("engine"), d.user))
			adminOf(d)
		}, send: "DELETE /admin/stats", status: 401, challenge: graphNobody, text: detailNobody, log: "engine", header: map[string]string{"Allow": "GET"}},
		{rule: "the engine's guards let somebody through to 404", app: func(d *depApp) { d.Use(ginjwt.Require(d.user)); adminOf(d) },
			send: "GET /admin/nothing", as: "-", status: 404, text: notFound},
		{rule: "the engine's guards come before NoRoute's", app: func(d *depApp) {
			d.NoRoute(ginjwt.Require(d.step("own")), nothing)
			d.Use(ginjwt.Require(d.step("engine")))
		}, send: "GET /x", status: 404, text: "nothing here", log: "engine own"},
		{rule: "a guarded NoRoute: nobody", app: func(d *depApp) { d.NoRoute(ginjwt.Require(d.resource("A"), d.user), nothing) },
			send: "GET /x", status: 401, challenge: graphNobody, text: detailNobody, log: "+A -A"},
		{rule: "a guarded NoRoute: a bad header", app: func(d *depApp) {
			d.NoRoute(func(c *gin.Context) { c.Request.Header.Set("Authorization", "Bearer a b") }, ginjwt.Require(d.user), nothing)
		}, send: "GET /x", status: 400, challenge: extMalformed, text: extBodies[extMalformed]},
		{rule: "a guarded NoRoute: somebody", app: func(d *depApp) { d.NoRoute(ginjwt.Require(d.resource("A"), d.user), nothing) },
			send: "GET /x", as: "-", status: 404, text: "nothing here", log: "+A -A"},
		{rule: "a guarded NoRoute without the scope", app: func(d *depApp) { d.NoRoute(ginjwt.Require(ginjwt.Security(d.user, "me")), nothing) },
			send: "GET /x", as: "-", status: 403, challenge: lacking("me"), text: detailScopes},
		{rule: "a typed handler as NoRoute", app: func(d *depApp) {
			d.NoRoute(ginjwt.Handle(d.user, func(c *gin.Context, u graphUser) { c.String(404, "nothing, "+u.Name) }))
		}, send: "GET /x", as: "-", status: 404, text: "nothing, johndoe"},
		{rule: "a guard alone as NoRoute: Gin's own 404 follows", app: func(d *depApp) { d.NoRoute(ginjwt.Require(d.user)) },
			send: "GET /x", as: "-", status: 404, text: notFound},
		{rule: "a guarded NoMethod: nobody", app: func(d *depApp) { adminOf(d); d.NoMethod(ginjwt.Require(d.user), nothing) },
			send: "PUT /admin/stats", status: 401, challenge: graphNobody, text: detailNobody, header: map[string]string{"Allow": "GET"}},
		{rule: "a guarded NoMethod: somebody", app: func(d *depApp) {
			adminOf(d)
			d.NoMethod(ginjwt.Handle(d.user, func(c *gin.Context, u graphUser) { c.String(405, "not that, "+u.Name) }))
		}, send: "PUT /admin/stats", as: "-", status: 405, text: "not that, johndoe", header: map[string]string{"Allow": "GET"}},
		{rule: "FastAPI's bodies for both", app: func(d *depApp) {
			d.NoRoute(func(c *gin.Context) { ginjwt.Abort(c, ginjwt.HTTPError(404, "Not Found")) })
		}, send: "GET /x", status: 404, text: `{"detail":"Not Found"}`, header: map[string]string{"Content-Type": "application/json"}},
	})
}

func TestRedirectsRunNoGuard(t *testing.T) {
	t.Parallel()
	to := func(location string) map[string]string {
		return map[string]string{"Location": location, "WWW-Authenticate": ""}
	}
	guarded := func(d *depApp) {
		d.Use(ginjwt.Require(d.step("engine"), d.user))
		d.RedirectFixedPath = true
		adminOf(d).POST("/stats", d.end)
	}
	runDeps(t, []depRow{
		{rule: "a slash too many", app: guarded, send: "GET /admin/stats/", status: 301, text: "<a href=\"/admin/stats\">Moved Permanently</a>.\n\n", header: to("/admin/stats")},
		{rule: "a slash too many, POST", app: guarded, send: "POST /admin/stats/", status: 307, text: "*", header: to("/admin/stats")},
		{rule: "another letter case", app: guarded, send: "GET /ADMIN/Stats", status: 301, text: "*", header: to("/admin/stats")},
		{rule: "dots", app: guarded, send: "GET /admin/x/../stats", status: 301, text: "*", header: to("/admin/stats")},
		{rule: "the query is kept, and with it a token that is there", app: guarded, send: "GET /admin/stats/?access_token=abc", status: 301, text: "*",
			header: to("/admin/stats?access_token=abc")},
		{rule: "where it leads, the guard decides", app: guarded, send: "GET /admin/stats", status: 401, challenge: graphNobody, text: detailNobody, log: "engine"},
		{rule: "without redirects, the engine's guards run", app: func(d *depApp) { guarded(d); d.RedirectTrailingSlash, d.RedirectFixedPath = false, false },
			send: "GET /admin/stats/", status: 401, challenge: graphNobody, text: detailNobody, log: "engine"},
	})
}

// Whatever a path looks like, no handler of a guarded group runs for nobody.
func TestNoPathLeadsAroundAGuard(t *testing.T) {
	t.Parallel()
	for rule, set := range map[string]func(*gin.Engine){
		"as it is": func(*gin.Engine) {}, "raw paths": func(e *gin.Engine) { e.UseRawPath, e.UnescapePathValues = true, false },
		"escaped paths": func(e *gin.Engine) { e.UseEscapedPath = true }, "extra slashes": func(e *gin.Engine) { e.RemoveExtraSlash = true },
		"fixed paths": func(e *gin.Engine) { e.RedirectFixedPath = true }, "no redirects": func(e *gin.Engine) { e.RedirectTrailingSlash = false },
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			d := newDepApp(t)
			set(d.Engine)
			admin := d.Group("/admin", ginjwt.Require(d.user))
			admin.Any("/stats", d.end)
			admin.GET("/files/*path", d.end)
			srv := depServer(t, d)
			for _, target := range []string{
				"/admin/stats", "//admin/stats", "/admin//stats", "/admin/./stats", "/x/../admin/stats", "/admin/%73tats", "/%61dmin/stats", "/admin%2Fstats",
				"/admin%2fstats", "/admin/stats;x", "/admin/stats%00", "/admin/stats%2e", "/ADMIN/STATS", "/admin/stats?", "/admin/files/..%2f..%2fx", "/admin/files/../stats",
				"http://elsewhere/admin/stats", "/admin/files/", "*", "/admin\\stats",
			} {
				for _, method := range []string{"GET", "HEAD", "POST", "OPTIONS", "TRACE", "X"} {
					answer := wireSend(t, srv, method+" "+target+" HTTP/1.1\r\n"+wireEnd)
					if answer.StatusCode == 200 { // to OPTIONS *, net/http answers itself
						assert.Equal(t, "OPTIONS *", method+" "+target)
					}
				}
			}
			srv.Close()
			assert.Empty(t, d.log.all())
		})
	}
}

func TestOtherMethodsOfARoute(t *testing.T) {
	t.Parallel()
	both := func(d *depApp) {
		g := d.Group("/", ginjwt.Require(d.resource("A"), d.user))
		g.GET("/", d.end)
		g.HEAD("/", d.end)
	}
	cors := func(c *gin.Context) {
		if c.Request.Method == http.MethodOptions {
			c.AbortWithStatus(204)
		}
	}
	runDeps(t, []depRow{
		{rule: "HEAD is no route's by itself", app: func(d *depApp) { adminOf(d) }, send: "HEAD /admin/stats", status: 405, text: "*", header: map[string]string{"Allow": "GET"}},
		{rule: "HEAD for nobody: the challenge, the length, no body", app: both, send: "HEAD /", status: 401, challenge: graphNobody, text: "*", log: "+A -A",
			header: map[string]string{"Content-Length": "30", "Content-Type": "application/json"}},
		{rule: "GET beside it: the same", app: both, status: 401, challenge: graphNobody, text: detailNobody, log: "+A -A",
			header: map[string]string{"Content-Length": "30", "Content-Type": "application/json"}},
		{rule: "HEAD for somebody", app: both, send: "HEAD /", as: "-", text: "*", log: "+A handler -A", header: map[string]string{"Content-Length": "2"}},
		{rule: "Any guards every method", app: func(d *depApp) { d.Any("/", ginjwt.Handle(d.user, d.asUser)) }, send: "TRACE /", status: 401, challenge: graphNobody, text: detailNobody},
		{rule: "OPTIONS without a route runs no group's guard", app: func(d *depApp) { adminOf(d) }, send: "OPTIONS /admin/stats", status: 405, text: "*"},
		{rule: "OPTIONS meets the engine's guard", app: func(d *depApp) { d.Use(ginjwt.Require(d.user), cors); adminOf(d) },
			send: "OPTIONS /admin/stats", status: 401, challenge: graphNobody, text: detailNobody},
		{rule: "so what answers a preflight stands before it", app: func(d *depApp) { d.Use(cors, ginjwt.Require(d.step("engine"), d.user)); adminOf(d) },
			send: "OPTIONS /admin/stats", status: 204, text: "*"},
	})
}

func TestStaticFilesOfAGuardedGroup(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.txt"), []byte("ok"), 0o600))
	files := func(d *depApp) {
		g := d.Group("/files", ginjwt.Require(d.resource("A"), d.user))
		g.Static("/dir", dir)
		g.StaticFile("/one", filepath.Join(dir, "a.txt"))
	}
	rows := []depRow{
		{rule: "a file", app: files, send: "GET /files/dir/a.txt", as: "-", log: "+A -A"},
		{rule: "HEAD", app: files, send: "HEAD /files/dir/a.txt", as: "-", text: "*", log: "+A -A"},
		{rule: "one file", app: files, send: "GET /files/one", as: "-", log: "+A -A"},
		{rule: "a missing file runs NoRoute, inside of the guard", app: func(d *depApp) {
			files(d)
			d.NoRoute(ginjwt.Handle(d.user, func(c *gin.Context, u graphUser) { d.log.add("noroute"); c.String(404, u.Name) }))
		}, send: "GET /files/dir/b.txt", as: "-", status: 404, text: "johndoe", log: "+A noroute -A"},
		{rule: "and a guard in NoRoute shares what is known", app: func(d *depApp) {
			files(d)
			d.NoRoute(ginjwt.Require(ginjwt.Security(d.user, "me")), d.end)
		}, send: "GET /files/dir/b.txt", as: "-", status: 403, challenge: lacking("me"), text: detailScopes, log: "+A -A"},
	}
	for _, path := range []string{"/files/dir/a.txt", "/files/dir/b.txt", "/files/dir/", "/files/one"} {
		rows = append(rows, depRow{rule: "nobody at " + path, app: files, send: "GET " + path, status: 401, challenge: graphNobody, text: detailNobody, log: "+A -A"})
	}
	runDeps(t, rows)
}

// zipped is what middleware for compression puts in the writer's place.
type zipped struct {
	gin.ResponseWriter
	to *gzip.Writer
}

func (z zipped) Write(b []byte) (int, error)       { z.Header().Del("Content-Length"); return z.to.Write(b) }
func (z zipped) WriteString(s string) (int, error) { return z.Write([]byte(s)) }

func zip(c *gin.Context) {
	c.Header("Content-Encoding", "gzip")
	z := zipped{c.Writer, gzip.NewWriter(c.Writer)}
	c.Writer = z
	defer func() { _ = z.to.Close() }()
	c.Next()
}

func TestWritersOfOtherMiddleware(t *testing.T) {
	t.Parallel()
	render := ginjwt.OnError(func(c *gin.Context, e *ginjwt.Error) { c.String(200, "rendered "+e.Detail) })
	login := ginjwt.Handle(ginjwt.PasswordForm(), func(*gin.Context, loginForm) {})
	runDeps(t, []depRow{ // the client unpacks what says that it is packed
		{rule: "before the guard: an answer", app: func(d *depApp) { d.GET("/", zip, ginjwt.Require(d.resource("A"), d.user), d.end) }, as: "-", log: "+A handler -A"},
		{rule: "before the guard: a refusal", app: func(d *depApp) { d.GET("/", zip, ginjwt.Require(d.user), d.end) }, status: 401, challenge: graphNobody, text: detailNobody},
		{rule: "before the guard: a refusal with another body", app: func(d *depApp) { d.GET("/", zip, render, ginjwt.Require(d.user), d.end) },
			status: 401, challenge: graphNobody, text: "rendered Not authenticated"},
		{rule: "after the guard: an answer", app: func(d *depApp) { d.GET("/", ginjwt.Require(d.resource("A"), d.user), zip, d.end) }, as: "-", log: "+A handler -A"},
		{rule: "after the guard: a refusal is not packed", app: func(d *depApp) { d.GET("/", ginjwt.Require(d.user), zip, d.end) },
			status: 401, challenge: graphNobody, text: detailNobody, header: map[string]string{"Content-Length": "30", "Content-Encoding": ""}},
		{rule: "between two guards: a refusal by the second", app: func(d *depApp) {
			d.GET("/", ginjwt.Require(d.user), zip, ginjwt.Require(ginjwt.Security(d.user, "me")), d.end)
		}, as: "-", status: 403, challenge: lacking("me"), text: detailScopes},
		{rule: "before a login", app: func(d *depApp) { d.POST("/", zip, login) }, send: "POST /", body: "{}", status: 400, text: exampleError("invalid_request", "The request body must be application/x-www-form-urlencoded"),
			header: map[string]string{"Cache-Control": "no-store"}},
		{rule: "before a login that is too large", app: func(d *depApp) {
			d.POST("/", func(c *gin.Context) { c.Request.Header.Set("Content-Type", formType) }, zip, login)
		}, send: "POST /", body: strings.Repeat("a", loginLimit+1), status: 413, text: exampleError("invalid_request", "The request body is too large")},
	})
	assert.Implements(t, (*gin.ResponseWriter)(nil), zipped{})
}
