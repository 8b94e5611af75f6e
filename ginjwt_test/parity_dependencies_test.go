package ginjwt_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// depApp is what a row of the tables below sets its service up with: the usual
// chain to the user, and a log of what ran.
type depApp struct {
	*graphChain
	*gin.Engine
	log graphLog
}

// depRow is one row: a service, one request for it over HTTP, and what came of
// it. The number in rule is that of FastAPI's feature.
type depRow struct {
	rule string
	app  func(d *depApp)
	send string // method and path; GET / if it is empty
	as   string // the scopes of johndoe's token, "-" for one without; nobody if it is empty
	body string // JSON

	status    int // 200 if it is 0
	challenge string
	text      string // the body; "ok" if it is empty, anything if it is "*"
	log       string
	header    map[string]string
}

func runDeps(t *testing.T, rows []depRow) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.rule, func(t *testing.T) {
			t.Parallel()
			d := &depApp{graphChain: newGraphChain(t), Engine: newEngine()}
			d.HandleMethodNotAllowed = true
			row.app(d)
			srv := depServer(t, d)
			answer := depSend(t, srv, row.request(t, d))
			srv.Close() // waits for what the server still does
			row.judge(t, answer, d.log.all())
		})
	}
}

func (row depRow) request(t *testing.T, d *depApp) *http.Request {
	method, path, _ := strings.Cut(row.send, " ")
	if row.send == "" {
		method, path = "GET", "/"
	}
	req, err := http.NewRequest(method, path, strings.NewReader(row.body))
	require.NoError(t, err)
	if row.as != "" {
		req.Header.Set("Authorization", "Bearer "+sign(t, d.issuer, "johndoe", ginjwt.Scope(strings.Trim(row.as, "-"))))
	}
	if row.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return req
}

func (row depRow) judge(t *testing.T, answer wireAnswer, ran []string) {
	if row.status == 0 {
		row.status = 200
	}
	if row.text == "" {
		row.text = "ok"
	}
	assert.Equal(t, row.status, answer.StatusCode)
	assert.Equal(t, row.challenge, strings.Join(answer.Header.Values("WWW-Authenticate"), " and "))
	if row.text != "*" {
		assert.Equal(t, row.text, answer.body)
	}
	assert.Equal(t, row.log, strings.Join(ran, " "))
	for name, value := range row.header {
		assert.Equal(t, value, strings.Join(answer.Header.Values(name), " and "), name)
	}
}

// depServer serves h, and keeps net/http's log of panics to itself.
func depServer(t *testing.T, h http.Handler) *httptest.Server {
	return wireServer(t, h, func(srv *http.Server) { srv.ErrorLog = log.New(io.Discard, "", 0) })
}

// depSend sends req, whose URL is a path, to srv. Redirects are answers, too.
func depSend(t *testing.T, srv *httptest.Server, req *http.Request) wireAnswer {
	t.Helper()
	resp, err := depDo(srv, req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return wireAnswer{resp, string(body)}
}

func depDo(srv *httptest.Server, req *http.Request) (*http.Response, error) {
	req.URL.Scheme, req.URL.Host = "http", srv.Listener.Addr().String()
	client := *srv.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client.Do(req)
}

func (d *depApp) step(name string) *ginjwt.Dependency[string] { return d.log.step(name) }

// over is a dependency on below that records name.
func (d *depApp) over(below *ginjwt.Dependency[string], name string) *ginjwt.Dependency[string] {
	return ginjwt.Depends(below, func(*gin.Context, string) (string, error) { d.log.add(name); return name, nil })
}

// both is a dependency on two that records name.
func (d *depApp) both(a, b *ginjwt.Dependency[string], name string) *ginjwt.Dependency[string] {
	return ginjwt.Depends2(a, b, func(*gin.Context, string, string) (string, error) { d.log.add(name); return name, nil })
}

// resource is a dependency with a clean-up, both recorded.
func (d *depApp) resource(name string) *ginjwt.Dependency[string] { return graphResource(&d.log, name) }

// fails is a dependency that records name and fails with err.
func (d *depApp) fails(name string, err error) *ginjwt.Dependency[string] {
	return ginjwt.Provide(func(*gin.Context) (string, error) { d.log.add(name); return "", err })
}

// end is the plain handler at the end of a route.
func (d *depApp) end(c *gin.Context) {
	d.log.add("handler")
	c.String(200, "ok")
}

// use is end for Handle.
func (d *depApp) use(c *gin.Context, _ string) { d.end(c) }

func (d *depApp) asUser(c *gin.Context, _ graphUser) { d.end(c) }

// tell answers with what Get says of user.
func (d *depApp) tell(c *gin.Context) {
	if u, err := d.user.Get(c); err != nil {
		c.String(200, err.Error())
	} else {
		c.String(200, u.Name)
	}
}

var errTeapot = ginjwt.HTTPError(418, "teapot")

const depTeapot = `{"detail":"teapot"}`

func TestParityOrderOfDependencies(t *testing.T) {
	t.Parallel()
	runDeps(t, []depRow{
		{rule: "1 depth first, in order of declaration", app: func(d *depApp) {
			d.GET("/", ginjwt.Handle(d.both(d.over(d.step("a1"), "a"), d.over(d.step("b1"), "b"), "top"), d.use))
		}, log: "a1 a b1 b top handler"},
		{rule: "1 what two share runs where it is asked for first", app: func(d *depApp) {
			shared := d.step("shared")
			d.GET("/", ginjwt.Handle2(d.step("first"), d.both(d.over(shared, "a"), d.over(shared, "b"), "top"),
				func(c *gin.Context, _, _ string) { d.end(c) }))
		}, log: "first shared a b top handler"},
		{rule: "1 three at once", app: func(d *depApp) {
			abc := ginjwt.Depends3(d.step("a"), d.step("b"), d.step("c"), func(*gin.Context, string, string, string) (string, error) { return "", nil })
			d.GET("/", ginjwt.Handle3(abc, d.step("d"), d.step("e"), func(c *gin.Context, _, _, _ string) { d.end(c) }))
		}, log: "a b c d e handler"},
		{rule: "2 engine, group, nested group, route, handler", app: func(d *depApp) {
			d.Use(ginjwt.Require(d.step("app1"), d.step("app2")))
			outer := d.Group("/outer", ginjwt.Require(d.step("outer")))
			outer.Use(ginjwt.Require(d.step("outer2")))
			inner := outer.Group("/inner", ginjwt.Require(d.step("inner")))
			inner.GET("/", ginjwt.Require(d.step("op1"), d.step("op2")),
				ginjwt.Handle2(d.over(d.step("sub"), "top"), d.step("paramB"), func(c *gin.Context, _, _ string) { d.end(c) }))
		}, send: "GET /outer/inner/", log: "app1 app2 outer outer2 inner op1 op2 sub top paramB handler"},
		{rule: "2 plain middleware stands where it is written", app: func(d *depApp) {
			d.Use(d.log.handler("mw1"), ginjwt.Require(d.step("a")), d.log.handler("mw2"))
			d.GET("/", d.log.handler("mw3"), ginjwt.Handle(d.step("b"), d.use))
		}, log: "mw1 a mw2 mw3 b handler"},
		{rule: "2 a group's Use after a route does not guard that route", app: func(d *depApp) {
			g := d.Group("/")
			g.GET("/", d.end)
			g.Use(ginjwt.Require(d.user))
		}, log: "handler"},
		{rule: "2 a group's Use after a route guards the next", app: func(d *depApp) {
			g := d.Group("/")
			g.GET("/before", d.end)
			g.Use(ginjwt.Require(d.user))
			g.GET("/", d.end)
		}, status: 401, challenge: graphNobody, text: detailNobody},
		{rule: "2 a group's guards do not reach the group beside it", app: func(d *depApp) {
			d.Group("/a", ginjwt.Require(d.user, d.step("a")))
			d.Group("/b", ginjwt.Require(d.step("b"))).GET("/", d.end)
		}, send: "GET /b/", log: "b handler"},
	})
}

const detailNobody = `{"detail":"Not authenticated"}`

func TestParityOneResultPerRequest(t *testing.T) {
	t.Parallel()
	runDeps(t, []depRow{
		{rule: "3 what a group worked out is ready for the route", app: func(d *depApp) {
			shared := d.step("shared")
			d.Use(ginjwt.Require(shared))
			d.Group("/", ginjwt.Require(d.over(shared, "group"))).GET("/", ginjwt.Handle(d.over(shared, "own"), d.use))
		}, log: "shared group own handler"},
		{rule: "3 what lay below a group's guard, too", app: func(d *depApp) {
			deep := d.step("deep")
			d.Group("/", ginjwt.Require(d.over(d.over(deep, "mid"), "top"))).GET("/", ginjwt.Handle(deep, d.use))
		}, log: "deep mid top handler"},
		{rule: "3 a plain handler reads the group's value", app: func(d *depApp) {
			d.Group("/", ginjwt.Require(d.user)).GET("/", d.tell)
		}, as: "-", text: "johndoe"},
		{rule: "5 one result for the whole tree", app: func(d *depApp) {
			shared := d.step("shared")
			d.GET("/", ginjwt.Require(shared, shared), ginjwt.Handle2(shared, d.both(shared, d.over(shared, "a"), "top"),
				func(c *gin.Context, _, _ string) { d.end(c) }))
		}, log: "shared a top handler"},
		{rule: "5 an error is a result, too", app: func(d *depApp) {
			fails := d.fails("fails", errTeapot)
			d.GET("/", ginjwt.Require(d.step("a")), func(c *gin.Context) { _, _ = fails.Get(c) }, ginjwt.Handle(fails, d.use))
		}, status: 418, text: depTeapot, log: "a fails"},
		{rule: "6 scopes that are demanded above it do not make it run again", app: func(d *depApp) {
			user := ginjwt.Depends(d.user, func(*gin.Context, graphUser) (string, error) { d.log.add("user"); return "", nil })
			d.GET("/", ginjwt.Require(ginjwt.Security(user, "me")), ginjwt.Handle2(ginjwt.Security(user, "items"), user,
				func(c *gin.Context, _, _ string) { d.end(c) }))
		}, as: "me items", log: "user handler"},
		{rule: "7 nor does their order", app: func(d *depApp) {
			user := ginjwt.Depends(d.user, func(*gin.Context, graphUser) (string, error) { d.log.add("user"); return "", nil })
			d.GET("/", ginjwt.Require(ginjwt.Security(user, "a", "b"), ginjwt.Security(user, "b", "a")), d.end)
		}, as: "a b", log: "user handler"},
		{rule: "8 there is one lifetime, so one instance", app: func(d *depApp) {
			db := d.resource("db")
			d.GET("/", ginjwt.Require(db), ginjwt.Handle(d.over(db, "user"), d.use))
		}, log: "+db user handler -db"},
		{rule: "9 two dependencies of one function are two", app: func(d *depApp) {
			fn := func(*gin.Context) (string, error) { d.log.add("fn"); return "", nil }
			d.GET("/", ginjwt.Require(ginjwt.Provide(fn), ginjwt.Provide(fn)), d.end)
		}, log: "fn fn handler"},
		{rule: "10 to run again, call the function", app: func(d *depApp) {
			fn := func(*gin.Context) (string, error) { d.log.add("fn"); return "", nil }
			again := ginjwt.Depends(ginjwt.Provide(fn), func(c *gin.Context, _ string) (string, error) { return fn(c) })
			d.GET("/", ginjwt.Handle(again, d.use))
		}, log: "fn fn handler"},
		{rule: "11 another dependency runs again on every level", app: func(d *depApp) {
			fresh := func() *ginjwt.Dependency[string] { return d.step("fresh") }
			d.Use(ginjwt.Require(fresh()))
			d.GET("/", ginjwt.Require(fresh(), fresh()), ginjwt.Handle(fresh(), d.use))
		}, log: "fresh fresh fresh fresh handler"},
		{rule: "12 what is remembered does not walk again what lies below it", app: func(d *depApp) {
			mid := d.over(d.step("leaf"), "mid")
			d.GET("/", ginjwt.Require(mid, mid), ginjwt.Handle(mid, d.use))
		}, log: "leaf mid handler"},
	})
}
