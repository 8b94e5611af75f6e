package ginjwt_test

import (
	"context"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// bind is a dependency of a user's own on the JSON body, as FastAPI's 422.
func (d *depApp) bind() *ginjwt.Dependency[string] {
	return ginjwt.Provide(func(c *gin.Context) (string, error) {
		d.log.add("bind")
		var item struct {
			Name string `json:"name" binding:"required"`
		}
		if err := c.ShouldBindJSON(&item); err != nil {
			return "", ginjwt.HTTPError(422, "Invalid body")
		}
		return item.Name, nil
	})
}

const detailBind = `{"detail":"Invalid body"}`

func TestParityErrorsOfDependencies(t *testing.T) {
	t.Parallel()
	runDeps(t, []depRow{
		{rule: "13 the first error ends it: those beside and above do not run", app: func(d *depApp) {
			top := d.both(d.fails("fails", errTeapot), d.step("beside"), "top")
			d.GET("/", ginjwt.Require(d.step("before"), top, d.step("after")), d.log.handler("next"), ginjwt.Handle(d.step("own"), d.use))
		}, status: 418, text: depTeapot, log: "before fails"},
		{rule: "13 two errors are not collected", app: func(d *depApp) {
			d.GET("/", ginjwt.Handle2(d.fails("one", errTeapot), d.fails("two", ginjwt.Forbidden("")), func(*gin.Context, string, string) {}))
		}, status: 418, text: depTeapot, log: "one"},
		{rule: "13 an error that is asked for twice is told once", app: func(d *depApp) {
			fails := d.fails("fails", errTeapot)
			d.GET("/", ginjwt.Require(d.both(fails, fails, "both")), d.end)
		}, status: 418, text: depTeapot, log: "fails"},
		{rule: "13 an error in an outer group keeps the inner ones from running", app: func(d *depApp) {
			d.Group("/", ginjwt.Require(d.fails("outer", errTeapot))).Group("/", ginjwt.Require(d.user)).GET("/", d.end)
		}, status: 418, text: depTeapot, log: "outer"},
		{rule: "14 nobody, with a bad body: 401, and the body is not read", app: func(d *depApp) {
			d.POST("/", ginjwt.Handle2(d.user, d.bind(), func(c *gin.Context, _ graphUser, _ string) { d.end(c) }))
		}, send: "POST /", body: `{"name":`, status: 401, challenge: graphNobody, text: detailNobody},
		{rule: "14 nobody in a group, with a bad body for the route", app: func(d *depApp) {
			d.Group("/", ginjwt.Require(d.user)).POST("/", ginjwt.Handle(d.bind(), d.use))
		}, send: "POST /", body: `{"name":`, status: 401, challenge: graphNobody, text: detailNobody},
		{rule: "14 somebody, with a bad body", app: func(d *depApp) {
			d.Group("/", ginjwt.Require(d.user)).POST("/", ginjwt.Handle(d.bind(), d.use))
		}, send: "POST /", as: "-", body: `{"name":`, status: 422, text: detailBind, log: "bind"},
		{rule: "14 somebody without the scope, with a bad body", app: func(d *depApp) {
			d.POST("/", ginjwt.Handle2(ginjwt.Security(d.user, "me"), d.bind(), func(c *gin.Context, _ graphUser, _ string) { d.end(c) }))
		}, send: "POST /", as: "-", body: `{}`, status: 403, challenge: lacking("me"), text: `{"detail":"Not enough permissions"}`},
		{rule: "14 the user's own binding before the user: the first declared decides", app: func(d *depApp) {
			d.POST("/", ginjwt.Handle2(d.bind(), d.user, func(c *gin.Context, _ string, _ graphUser) { d.end(c) }))
		}, send: "POST /", body: `{}`, status: 422, text: detailBind, log: "bind"},
		{rule: "14 the login form before the user: credentials are first all the same", app: func(d *depApp) {
			d.POST("/", ginjwt.Handle2(ginjwt.PasswordForm(), d.user, func(c *gin.Context, _ loginForm, _ graphUser) { d.end(c) }))
		}, send: "POST /", body: `{}`, status: 401, challenge: graphNobody, text: detailNobody},
	})
}

// depParameters are FastAPI's class with __call__: the parameters are fields.
type depParameters struct {
	d     *depApp
	limit string
}

func (p depParameters) read(*gin.Context) (string, error) { p.d.log.add(p.limit); return p.limit, nil }

// depFromType is a generic constructor of dependencies.
func depFromType[T any](v T) *ginjwt.Dependency[T] {
	return ginjwt.Provide(func(*gin.Context) (T, error) { return v, nil })
}

// depSettings lives as long as the program does.
var depSettings = ginjwt.Provide(func(*gin.Context) (string, error) { return "settings", nil })

func TestParityKindsOfDependencies(t *testing.T) {
	t.Parallel()
	header := func(name string) *ginjwt.Dependency[string] { // parametrised, as a Go function
		return ginjwt.Provide(func(c *gin.Context) (string, error) { return c.GetHeader(name), nil })
	}
	say2 := func(c *gin.Context, a, b string) { c.String(200, a+" "+b) }
	runDeps(t, []depRow{
		{rule: "23 a function that returns a dependency: each call is its own", app: func(d *depApp) {
			d.GET("/", ginjwt.Handle2(header("Accept-Encoding"), header("User-Agent"), say2))
		}, text: "gzip Go-http-client/1.1"},
		{rule: "23 a method of a value: each value is its own", app: func(d *depApp) {
			ten, all := depParameters{d, "ten"}, depParameters{d, "all"}
			d.GET("/", ginjwt.Handle2(ginjwt.Provide(ten.read), ginjwt.Provide(all.read), say2))
		}, text: "ten all", log: "ten all"},
		{rule: "23 a generic function", app: func(d *depApp) {
			d.GET("/", ginjwt.Handle2(depFromType("text"), depFromType([]int{7}), func(c *gin.Context, s string, n []int) { c.String(200, "%s %d", s, n[0]) }))
		}, text: "text 7"},
		{rule: "23 a package variable, shared by two engines", app: func(d *depApp) {
			other := newEngine()
			other.GET("/", ginjwt.Handle(depSettings, func(c *gin.Context, s string) { c.String(200, s) }))
			d.GET("/", ginjwt.Handle(depSettings, func(c *gin.Context, s string) { c.String(200, "%s, %s", s, get(other, "/", "").Body) }))
		}, text: "settings, settings"},
		{rule: "23 a value of an interface type, nil too", app: func(d *depApp) {
			d.GET("/", ginjwt.Handle(ginjwt.Provide(func(*gin.Context) (error, error) { return nil, nil }), func(c *gin.Context, v error) { c.String(200, "%v", v) }))
		}, text: "<nil>"},
		{rule: "24 a dependency sees the path, the query and the route", app: func(d *depApp) {
			page := ginjwt.Provide(func(c *gin.Context) (string, error) { return c.Param("id") + c.Query("page") + c.FullPath(), nil })
			d.GET("/items/:id", ginjwt.Handle(page, func(c *gin.Context, s string) { c.String(200, s) }))
		}, send: "GET /items/4?page=2", text: "42/items/:id"},
		{rule: "25 a header and a cookie of a dependency are in the handler's answer", app: func(d *depApp) {
			d.GET("/", ginjwt.Handle(d.headers(), d.use))
		}, log: "handler", header: map[string]string{"X-Cost": "3", "Set-Cookie": "seen=1"}},
		{rule: "25 they are in the answer to an error, too", app: func(d *depApp) {
			d.GET("/", ginjwt.Require(d.headers(), d.user), d.end)
		}, status: 401, challenge: graphNobody, text: detailNobody, header: map[string]string{"X-Cost": "3", "Set-Cookie": "seen=1", "Content-Type": "application/json"}},
		{rule: "25 the handler's status wins over a dependency's", app: func(d *depApp) {
			d.GET("/", ginjwt.Handle(d.headers(), func(c *gin.Context, _ string) { c.String(203, "ok") }))
		}, status: 203},
		{rule: "25 a dependency's status stands if the handler sets none", app: func(d *depApp) {
			d.GET("/", ginjwt.Handle(d.headers(), func(c *gin.Context, _ string) { _, _ = c.Writer.WriteString("ok") }))
		}, status: 202},
		{rule: "28 scopes add up along a chain, the outermost first", app: func(d *depApp) {
			d.GET("/", ginjwt.Handle(ginjwt.Security(ginjwt.Security(d.user, "me"), "items", "write", "me"), d.asUser))
		}, as: "me", status: 403, challenge: lacking("items write me"), text: `{"detail":"Not enough permissions"}`},
		{rule: "28 they do not flow to what stands beside", app: func(d *depApp) {
			d.GET("/", ginjwt.Handle2(d.user, ginjwt.Security(pass(d.user), "me"), func(*gin.Context, graphUser, graphUser) {}))
		}, as: "items", status: 403, challenge: lacking("me"), text: `{"detail":"Not enough permissions"}`},
		{rule: "28 a group's scopes are demanded as well as the route's", app: func(d *depApp) {
			d.Group("/", ginjwt.Require(ginjwt.Security(d.user, "admin"))).GET("/", ginjwt.Handle(ginjwt.Security(d.user, "items"), d.asUser))
		}, as: "items", status: 403, challenge: lacking("admin"), text: `{"detail":"Not enough permissions"}`},
		{rule: "28 and a token with both passes", app: func(d *depApp) {
			d.Group("/", ginjwt.Require(ginjwt.Security(d.user, "admin"))).GET("/", ginjwt.Handle(ginjwt.Security(d.user, "items"), d.asUser))
		}, as: "items admin", log: "handler"},
		{rule: "29 a handler reads what was granted from the claims", app: func(d *depApp) {
			d.GET("/", ginjwt.Handle(d.claims, func(c *gin.Context, m ginjwt.Claims) { c.JSON(200, m.Scope.List()) }))
		}, as: "items me", text: `["items","me"]`, header: map[string]string{"Content-Type": "application/json; charset=utf-8"}},
	})
}

// headers is a dependency that sets a status, a header and a cookie.
func (d *depApp) headers() *ginjwt.Dependency[string] {
	return ginjwt.Provide(func(c *gin.Context) (string, error) {
		c.Status(202)
		c.Header("X-Cost", "3")
		c.Header("Set-Cookie", "seen=1")
		return "", nil
	})
}

// Feature 24, BackgroundTasks: a goroutine keeps what it was given.
func TestParityWorkAfterTheResponse(t *testing.T) {
	t.Parallel()
	d := &depApp{graphChain: newGraphChain(t), Engine: newEngine()}
	late := d.step("late")
	answered, done := make(chan struct{}), make(chan struct{})
	work := func(ctx context.Context) {
		defer close(done)
		<-answered
		u, err := d.user.Get(ctx)
		assert.NoError(t, err)
		assert.Equal(t, "johndoe", u.Name)
		_, err = late.Get(ctx)
		assert.ErrorIs(t, err, ginjwt.ErrRequestOver)
	}
	d.GET("/", ginjwt.Handle(d.user, func(c *gin.Context, _ graphUser) {
		go work(ginjwt.Context(c))
		d.end(c)
	}))
	srv := depServer(t, d)
	assert.Equal(t, "ok", depSend(t, srv, depRow{as: "-"}.request(t, d)).body)
	close(answered)
	graphWithin(t, func() { <-done })
	assert.Equal(t, []string{"handler"}, d.log.all())
}

// Feature 30: what is declared runs in order; what is asked for at a time, in
// goroutines, runs at a time.
func TestParityDependenciesAtATime(t *testing.T) {
	t.Parallel()
	d := &depApp{graphChain: newGraphChain(t), Engine: newEngine()}
	met := make(chan string)
	a := ginjwt.Provide(func(*gin.Context) (string, error) { met <- "a"; return "a", nil })
	b := ginjwt.Provide(func(*gin.Context) (string, error) { return "b after " + <-met, nil })
	d.GET("/", ginjwt.Handle(d.user, func(c *gin.Context, _ graphUser) {
		ctx := ginjwt.Context(c)
		go func() { _, _ = a.Get(ctx) }()
		c.String(200, ginjwt.Must(b.Get(ctx)))
	}))
	srv := depServer(t, d)
	graphWithin(t, func() { assert.Equal(t, "b after a", depSend(t, srv, depRow{as: "-"}.request(t, d)).body) })
}
