package ginjwt_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

// told is a testing.TB that notes failures.
type told struct {
	testing.TB
	texts []string
}

func (w *told) Helper() {}

func (w *told) Error(args ...any) { w.texts = append(w.texts, fmt.Sprint(args...)) }

func (w *told) Errorf(format string, args ...any) {
	w.texts = append(w.texts, fmt.Sprintf(format, args...))
}

// guardedRoutes has what routes need, and what they do.
type guardedRoutes struct {
	*gin.Engine
	guard gin.HandlerFunc
	user  *ginjwt.Dependency[ginjwt.Claims]
}

func newGuardedRoutes(t *testing.T) guardedRoutes {
	t.Helper()
	_, verifier := newIssuer(t)
	user := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token", ginjwt.Scopes{"me": ""}), verifier)
	return guardedRoutes{newEngine(), ginjwt.Require(ginjwt.Security(user, "me")), user}
}

func guardedOK(c *gin.Context) { c.Status(http.StatusNoContent) }

func guardedPanic(*gin.Context) { panic("nil map") }

func guardedLogin(*gin.Context, ginjwt.OAuth2PasswordRequestForm) (ginjwt.Token, error) {
	return ginjwt.Token{}, ginjwt.InvalidGrant("nobody logs in here")
}

// guardedAnswer answers with a challenge, or none.
func guardedAnswer(code int, challenge string) gin.HandlerFunc {
	return func(c *gin.Context) {
		if challenge != "" {
			c.Header("WWW-Authenticate", challenge)
		}
		c.AbortWithStatus(code)
	}
}

func TestEveryRouteGuarded(t *testing.T) {
	t.Parallel()
	const ours = "github.com/ginjwt/gin-depends/ginjwt_test_test."
	for name, tc := range map[string]struct {
		set    func(guardedRoutes)
		except []string
		want   []string // of one failure each
	}{
		"a guard": {func(r guardedRoutes) { r.GET("/me", r.guard, guardedOK) }, nil, nil},
		"an open route": {func(r guardedRoutes) { r.GET("/items/:id", guardedOK) }, nil,
			[]string{"GET /items/:id (" + ours + "guardedOK) answers 204 No Content to nobody, not 401\n\tthe audit sees: open"}},
		"an optional guard": {func(r guardedRoutes) { r.GET("/feed", ginjwt.Require(ginjwt.Optional(r.user)), guardedOK) }, nil,
			[]string{"answers 204 No Content to nobody, not 401\n\tthe audit sees: OAuth2PasswordBearer, optional"}},
		"a guard behind the handler": {func(r guardedRoutes) { r.GET("/me", guardedOK, r.guard) }, nil,
			[]string{"answers 401 when its handler has run\n\tthe audit sees: open: the guard is the last handler"}},
		"a panic":              {func(r guardedRoutes) { r.GET("/p", guardedPanic) }, nil, []string{"GET /p (" + ours + "guardedPanic) panics: nil map\n\tthe audit sees: open"}},
		"a panic before guard": {func(r guardedRoutes) { r.GET("/p", guardedPanic, r.guard, guardedOK) }, nil, []string{"panics: nil map\n\tthe audit sees: OAuth2PasswordBearer me"}},
		"a panic that Gin's Recovery catches": {func(r guardedRoutes) {
			r.GET("/p", gin.RecoveryWithWriter(io.Discard), guardedPanic)
		}, nil, []string{"answers 500 Internal Server Error to nobody"}},
		"an exception does not excuse a panic": {func(r guardedRoutes) { r.GET("/p", guardedPanic) }, []string{"GET /p"}, []string{"panics: nil map"}},
		"nor does Public":                      {func(r guardedRoutes) { r.GET("/p", ginjwt.Public(), guardedPanic) }, nil, []string{"panics: nil map\n\tthe audit sees: public"}},
		"a bare 401":                           {func(r guardedRoutes) { r.GET("/x", guardedAnswer(401, "")) }, nil, []string{"answers 401 without a challenge"}},
		"a malformed challenge":                {func(r guardedRoutes) { r.GET("/x", guardedAnswer(401, `Bearer realm="x`)) }, nil, []string{`answers 401 with a malformed challenge: ["Bearer realm=\"x"]`}},
		"403 instead of 401":                   {func(r guardedRoutes) { r.GET("/x", guardedAnswer(403, `Bearer`)) }, nil, []string{"answers 403 Forbidden to nobody, not 401"}},
		"another's guard is one":               {func(r guardedRoutes) { r.GET("/x", guardedAnswer(401, `Basic realm="x"`), guardedOK) }, nil, nil},
		"a challenge that is set too late": {func(r guardedRoutes) {
			r.GET("/x", func(c *gin.Context) {
				c.AbortWithStatus(401)
				c.Writer.WriteHeaderNow()
				c.Header("WWW-Authenticate", "Bearer")
			})
		}, nil, []string{"answers 401 without a challenge"}},
		"one of several methods": {func(r guardedRoutes) { r.POST("/x", guardedOK); r.GET("/x", r.guard, guardedOK) }, nil, []string{"POST /x ("}},
		"all methods":            {func(r guardedRoutes) { r.Any("/x", r.guard, guardedOK) }, nil, nil},
		"open for all methods":   {func(r guardedRoutes) { r.Any("/x", guardedOK) }, nil, []string{"GET /x (", "POST /x (", "PUT /x (", "PATCH /x (", "HEAD /x (", "OPTIONS /x (", "DELETE /x (", "CONNECT /x (", "TRACE /x ("}},
		"a path is excepted for all methods": {func(r guardedRoutes) {
			r.Any("/x", guardedOK)
			r.GET("/y", r.guard, guardedOK)
		}, []string{"/x"}, nil},
		"a method is excepted":          {func(r guardedRoutes) { r.GET("/x", guardedOK); r.PUT("/x", guardedOK) }, []string{"PUT /x"}, []string{"GET /x ("}},
		"the path and a method":         {func(r guardedRoutes) { r.GET("/x", guardedOK) }, []string{"/x", "GET /x"}, nil},
		"an exception that is guarded":  {func(r guardedRoutes) { r.GET("/x", r.guard, guardedOK) }, []string{"/x"}, []string{`"/x" is excepted, and is no route that is open`}},
		"an exception that is no route": {func(r guardedRoutes) { r.GET("/x", r.guard, guardedOK) }, []string{"GET /y"}, []string{`"GET /y" is excepted, and is no route that is open`}},
		"an exception of a real path":   {func(r guardedRoutes) { r.GET("/x/:id", guardedOK) }, []string{"/x/1"}, []string{"GET /x/:id (", `"/x/1" is excepted`}},
		"public":                        {func(r guardedRoutes) { r.GET("/x", ginjwt.Public(), guardedOK) }, nil, nil},
		"public, and excepted beside":   {func(r guardedRoutes) { r.GET("/x", ginjwt.Public(), guardedOK) }, []string{"/x"}, nil},
		"a login is open by its nature": {func(r guardedRoutes) {
			r.POST("/token", ginjwt.Handle(ginjwt.Depends(ginjwt.PasswordForm(), guardedLogin), ginjwt.WriteToken))
		}, nil, nil},
		"a catch-all and parameters":     {func(r guardedRoutes) { r.GET("/a/:x/b/:y/*rest", r.guard, guardedOK) }, nil, nil},
		"an open catch-all":              {func(r guardedRoutes) { r.GET("/files/*path", guardedOK) }, nil, []string{"GET /files/*path ("}},
		"a parameter with text before":   {func(r guardedRoutes) { r.GET("/user_:name", guardedOK) }, nil, []string{"GET /user_:name (" + ours + "guardedOK) answers 204"}},
		"a path that has to be escaped":  {func(r guardedRoutes) { r.GET("/a b/ä/50%/:id", guardedOK) }, nil, []string{"answers 204 No Content"}},
		"a fixed path beside parameters": {func(r guardedRoutes) { r.GET("/x/1", r.guard, guardedOK); r.GET("/x/:id", guardedOK) }, nil, []string{"GET /x/:id ("}},
		"a fixed path above parameters":  {func(r guardedRoutes) { r.GET("/1/:id", r.guard, guardedOK); r.GET("/:x/:y", guardedOK) }, nil, []string{"GET /:x/:y ("}},
		"a group": {func(r guardedRoutes) {
			g := r.Group("/v1", r.guard)
			g.GET("/x", guardedOK)
			g.POST("/y/:id", guardedPanic)
		}, nil, nil},
		"a stream that is open on purpose ends": {func(r guardedRoutes) {
			r.GET("/events", func(c *gin.Context) {
				c.Stream(func(w io.Writer) bool { _, _ = io.WriteString(w, "data:\n\n"); return true })
			})
		}, []string{"/events"}, nil},
		"a connection that cannot be taken over": {func(r guardedRoutes) {
			r.GET("/ws", func(c *gin.Context) {
				if _, _, err := c.Writer.Hijack(); err != nil {
					c.AbortWithStatus(http.StatusInternalServerError)
				}
			})
		}, []string{"/ws"}, nil},
		"no routes": {func(guardedRoutes) {}, nil, []string{"the engine has no routes: call EveryRouteGuarded when all are registered"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newGuardedRoutes(t)
			tc.set(r)
			w := &told{TB: t}
			ginjwttest.EveryRouteGuarded(w, r.Engine, tc.except...)
			require.Len(t, w.texts, len(tc.want), "%q", w.texts)
			for i, text := range tc.want {
				assert.Contains(t, w.texts[i], "ginjwttest: ")
				assert.Contains(t, w.texts[i], text)
			}
		})
	}
}
