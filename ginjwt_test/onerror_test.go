package ginjwt_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
)

func renderText(name string) gin.HandlerFunc {
	return ginjwt.OnError(func(c *gin.Context, e *ginjwt.Error) { c.String(e.Status, "%s: %s", name, e.Detail) })
}

func TestStatusAndChallengeStand(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	cases := map[string]struct {
		render func(*gin.Context, *ginjwt.Error)
		body   string
	}{
		"a JSON with 200":       {func(c *gin.Context, e *ginjwt.Error) { c.JSON(200, gin.H{"title": e.Detail}) }, `{"title":"Not authenticated"}`},
		"a text with 200":       {func(c *gin.Context, _ *ginjwt.Error) { c.String(200, "text") }, "text"},
		"nothing":               {func(*gin.Context, *ginjwt.Error) {}, ""},
		"a status alone":        {func(c *gin.Context, _ *ginjwt.Error) { c.Status(204) }, ""},
		"AbortWithStatus":       {func(c *gin.Context, _ *ginjwt.Error) { c.AbortWithStatus(200) }, ""},
		"WriteHeader":           {func(c *gin.Context, _ *ginjwt.Error) { c.Writer.WriteHeader(200); c.Writer.WriteHeaderNow() }, ""},
		"Flush":                 {func(c *gin.Context, _ *ginjwt.Error) { c.Writer.WriteHeader(200); c.Writer.Flush() }, ""},
		"Write":                 {func(c *gin.Context, _ *ginjwt.Error) { _, _ = c.Writer.Write([]byte("raw")) }, "raw"},
		"WriteString":           {func(c *gin.Context, _ *ginjwt.Error) { _, _ = c.Writer.WriteString("raw") }, "raw"},
		"http.Error":            {func(c *gin.Context, _ *ginjwt.Error) { http.Error(c.Writer, "raw", 200) }, "raw\n"},
		"a response controller": {func(c *gin.Context, _ *ginjwt.Error) { _ = http.NewResponseController(c.Writer).Flush() }, ""},
		"a body after a flush":  {func(c *gin.Context, _ *ginjwt.Error) { c.Writer.Flush(); c.String(200, "text") }, "text"},
		"the challenge deleted": {func(c *gin.Context, _ *ginjwt.Error) {
			c.Writer.Header().Del("WWW-Authenticate")
			c.String(200, "text")
		}, "text"},
		"the challenge changed": {func(c *gin.Context, _ *ginjwt.Error) { c.Header("WWW-Authenticate", "Mine"); c.String(200, "text") }, "text"},
		"a challenge added":     {func(c *gin.Context, _ *ginjwt.Error) { c.Writer.Header().Add("WWW-Authenticate", "Mine") }, ""},
		"all headers deleted":   {func(c *gin.Context, _ *ginjwt.Error) { clear(c.Writer.Header()) }, ""},
		"the error's status":    {func(c *gin.Context, e *ginjwt.Error) { e.Status = 200; c.String(e.Status, "text") }, "text"},
		"the error's challenge": {func(c *gin.Context, e *ginjwt.Error) {
			e.Header.Del("WWW-Authenticate")
			c.Writer.Header().Del("WWW-Authenticate")
		}, ""},
		"the error's header":      {func(c *gin.Context, e *ginjwt.Error) { e.Header.Set("WWW-Authenticate", "Mine") }, ""},
		"the error's whole value": {func(c *gin.Context, e *ginjwt.Error) { *e = ginjwt.Error{Status: 302} }, ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var later graphLog
			r := graphEngine(ginjwt.OnError(tc.render), ginjwt.Require(g.user), later.handler("later"))
			w := get(r, "/", "")
			assert.Equal(t, 401, w.Code)
			assert.Equal(t, []string{graphNobody}, w.Result().Header["Www-Authenticate"])
			assert.Equal(t, tc.body, w.Body.String())
			assert.Empty(t, later.all())
		})
	}
}

func TestOnErrorSeesEveryRefusal(t *testing.T) {
	graphCaptureLog(t)
	for name, tc := range map[string]struct {
		handler gin.HandlerFunc
		want    string
		status  int
	}{
		"of a guard":             {ginjwt.Require(graphFails(ginjwt.Forbidden("no"))), "o: no", 403},
		"of Abort":               {func(c *gin.Context) { ginjwt.Abort(c, ginjwt.HTTPError(404, "no")) }, "o: no", 404},
		"a failure, fixed text":  {ginjwt.Require(graphFails(errors.New("cause"))), "o: Internal Server Error", 500},
		"not what Gin writes":    {func(c *gin.Context) { c.String(404, "plain") }, "plain", 404},
		"an outage's RetryAfter": {ginjwt.Require(graphFails(ginjwt.Unavailable(nil))), "o: Service unavailable", 503},
	} {
		w := get(graphEngine(renderText("o"), tc.handler), "/", "")
		assert.Equal(t, tc.want, w.Body.String(), name)
		assert.Equal(t, tc.status, w.Code, name)
		if tc.status == 503 {
			assert.Equal(t, "1", w.Header().Get("Retry-After"))
		}
	}
}

func TestTheInnermostOnErrorWins(t *testing.T) {
	t.Parallel()
	bad := graphFails(ginjwt.Forbidden("no"))
	r := newEngine()
	r.Use(renderText("engine"))
	r.GET("/engine", ginjwt.Require(bad))
	group := r.Group("/group", renderText("group"))
	group.GET("/group", ginjwt.Require(bad))
	group.GET("/route", renderText("route"), ginjwt.Require(bad))
	for path, want := range map[string]string{"/engine": "engine: no", "/group/group": "group: no", "/group/route": "route: no"} {
		assert.Equal(t, want, get(r, path, "").Body.String())
	}
}

func TestOnErrorConcernsOnlyGuardsAfterIt(t *testing.T) {
	t.Parallel()
	bad := graphFails(ginjwt.Forbidden("no"))
	w := get(graphEngine(ginjwt.Require(bad), renderText("late")), "/", "")
	assert.Equal(t, `{"detail":"no"}`, w.Body.String())
}

func TestOnErrorDoesNotGuard(t *testing.T) {
	t.Parallel()
	d := graphValue(1)
	r := graphEngine(renderText("o"), func(c *gin.Context) {
		_, err := d.Get(c)
		assert.ErrorIs(t, err, ginjwt.ErrNotGuarded)
	})
	assert.Equal(t, 200, get(r, "/", "").Code)
}

func TestTheTokenEndpointIsExempt(t *testing.T) {
	t.Parallel()
	refuse := map[string]func() error{
		"invalid_grant":          func() error { return ginjwt.InvalidGrant("Wrong") },
		"invalid_scope":          func() error { return ginjwt.InvalidScope("Wrong") },
		"invalid_request":        func() error { return ginjwt.InvalidRequest("Wrong") },
		"invalid_client":         func() error { return ginjwt.InvalidClient("Wrong") },
		"unsupported_grant_type": func() error { return ginjwt.UnsupportedGrantType("Wrong") },
	}
	for code, refusal := range refuse {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			login := ginjwt.Depends(ginjwt.PasswordForm(), func(*gin.Context, ginjwt.OAuth2PasswordRequestForm) (ginjwt.Token, error) {
				return ginjwt.Token{}, refusal()
			})
			r := newEngine()
			r.POST("/token", renderText("o"), ginjwt.Handle(login, ginjwt.WriteToken))
			req := httptest.NewRequest(http.MethodPost, "/token", strings.NewReader("username=a&password=b"))
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			r.ServeHTTP(w, req)
			assert.Equal(t, `{"error":"`+code+`","error_description":"Wrong","detail":"Wrong"}`, w.Body.String())
			assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
			if code == "invalid_client" {
				assert.Equal(t, 401, w.Code)
				assert.Equal(t, []string{`Basic realm="token"`}, w.Header()["Www-Authenticate"])
			} else {
				assert.Equal(t, 400, w.Code)
			}
		})
	}
}

func TestARendererCannotChangeASharedError(t *testing.T) {
	t.Parallel()
	shared := &ginjwt.Error{Status: 409, Detail: "Taken", Header: http.Header{"X-A": {"a"}}}
	r := graphEngine(ginjwt.OnError(func(c *gin.Context, e *ginjwt.Error) {
		e.Detail = "translated " + e.Detail
		e.Header.Set("X-A", "b")
		c.String(e.Status, e.Detail)
	}), ginjwt.Require(graphFails(shared)))
	for range 2 {
		assert.Equal(t, "translated Taken", get(r, "/", "").Body.String())
	}
	assert.Equal(t, "Taken", shared.Detail)
	assert.Equal(t, http.Header{"X-A": {"a"}}, shared.Header)
}

func TestARendererThatPanics(t *testing.T) {
	t.Parallel()
	var cleaned bool
	r := graphEngine(gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, _ any) { c.AbortWithStatus(500) }),
		ginjwt.OnError(func(*gin.Context, *ginjwt.Error) { panic("boom") }),
		ginjwt.Require(graphValue(1)),
		func(c *gin.Context) { ginjwt.Cleanup(c, func() { cleaned = true }) },
		ginjwt.Require(graphFails(ginjwt.Forbidden(""))))
	assert.Equal(t, 500, get(r, "/", "").Code)
	assert.True(t, cleaned)
}

func TestAfterARendererTheWriterIsGinsAgain(t *testing.T) {
	t.Parallel()
	var before, after gin.ResponseWriter
	r := graphEngine(func(c *gin.Context) { before = c.Writer; c.Next(); after = c.Writer },
		renderText("o"), ginjwt.Require(graphFails(ginjwt.Forbidden(""))))
	get(r, "/", "")
	assert.Same(t, before, after)
}
