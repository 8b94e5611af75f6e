package ginjwt_test

import (
	"sync/atomic"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// newGroups has an open route and groups, one in the other.
func newGroups(g *graphChain) *gin.Engine {
	r := newEngine()
	ok := func(c *gin.Context) { c.String(200, "ok") }
	r.GET("/open", ginjwt.Public(), ok)
	api := r.Group("/api", ginjwt.Require(g.user))
	api.GET("/plain", ok)
	api.GET("/public", ginjwt.Public(), ok)
	api.GET("/user", ginjwt.Handle(g.user, func(c *gin.Context, u graphUser) { c.String(200, u.Name) }))
	api.GET("/get", func(c *gin.Context) {
		u, err := g.user.Get(c)
		if err != nil {
			ginjwt.Abort(c, err)
			return
		}
		c.String(200, u.Name)
	})
	admin := api.Group("/admin", ginjwt.Require(ginjwt.Security(g.user, "admin")))
	admin.GET("/plain", ok)
	admin.GET("/items", ginjwt.Handle(ginjwt.Security(g.user, "items"), func(c *gin.Context, u graphUser) { c.String(200, u.Name) }))
	return r
}

func TestAGroupGuardsEachOfItsRoutes(t *testing.T) {
	t.Parallel()
	cases := []struct {
		path    string
		granted ginjwt.Scope
		sent    bool
		status  int
		body    string
	}{
		{"/open", "", false, 200, "ok"},
		{"/api/plain", "", false, 401, `{"detail":"Not authenticated"}`},
		{"/api/public", "", false, 401, `{"detail":"Not authenticated"}`},
		{"/api/user", "", false, 401, `{"detail":"Not authenticated"}`},
		{"/api/admin/plain", "", false, 401, `{"detail":"Not authenticated"}`},
		{"/api/plain", "", true, 200, "ok"},
		{"/api/user", "", true, 200, "johndoe"},
		{"/api/get", "", true, 200, "johndoe"},
		{"/api/admin/plain", "", true, 403, `{"detail":"Not enough permissions"}`},
		{"/api/admin/plain", "items", true, 403, `{"detail":"Not enough permissions"}`},
		{"/api/admin/plain", "admin", true, 200, "ok"},
		{"/api/admin/items", "admin", true, 403, `{"detail":"Not enough permissions"}`},
		{"/api/admin/items", "items", true, 403, `{"detail":"Not enough permissions"}`},
		{"/api/admin/items", "items admin", true, 200, "johndoe"},
	}
	for _, tc := range cases {
		t.Run(tc.path+" with "+string(tc.granted), func(t *testing.T) {
			t.Parallel()
			g := newGraphChain(t)
			token := ""
			if tc.sent {
				token = sign(t, g.issuer, "johndoe", tc.granted)
			}
			w := get(newGroups(g), tc.path, token)
			assert.Equal(t, tc.status, w.Code)
			assert.Equal(t, tc.body, w.Body.String())
			if tc.sent {
				assert.EqualValues(t, 1, g.calls.Load(), "groups and routes share the result")
			}
		})
	}
}

func TestRequireWorksItsGuardsOutInOrder(t *testing.T) {
	t.Parallel()
	var log graphLog
	r := newEngine()
	r.Use(ginjwt.Require(log.step("engine")))
	group := r.Group("/", ginjwt.Require(log.step("a"), log.step("b")))
	group.GET("/", ginjwt.Require(log.step("c")), ginjwt.Handle2(log.step("d"), log.step("e"), func(*gin.Context, string, string) { log.add("handler") }))
	get(r, "/", "")
	assert.Equal(t, []string{"engine", "a", "b", "c", "d", "e", "handler"}, log.all())
}

func TestAGuardInsideOfAClosure(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	var log graphLog
	guard := ginjwt.Require(g.user)
	r := graphEngine(func(c *gin.Context) {
		guard(c)
		if c.IsAborted() {
			log.add("refused")
			return
		}
		u, err := g.user.Get(c)
		assert.NoError(t, err)
		log.add("admitted " + u.Name)
	}, log.handler("next"))
	assert.Equal(t, 401, get(r, "/", "").Code)
	assert.Equal(t, []string{"refused"}, log.all())
	assert.Equal(t, 200, get(r, "/", sign(t, g.issuer, "johndoe", "")).Code)
	assert.Equal(t, []string{"refused", "next", "admitted johndoe"}, log.all())
}

// TestTwoGuardsInsideOfAClosure: they are guards of the same request.
func TestTwoGuardsInsideOfAClosure(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	d := counting(&calls)
	guard := ginjwt.Require(d)
	get(graphEngine(func(c *gin.Context) { guard(c); guard(c) }), "/", "")
	assert.EqualValues(t, 1, calls.Load())
}

func TestConditionalGuardOnTheEngine(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	guard := ginjwt.Require(g.user)
	r := newEngine()
	r.Use(func(c *gin.Context) {
		if c.FullPath() != "/open" {
			guard(c)
		}
	})
	r.GET("/open", func(c *gin.Context) { c.Status(204) })
	r.GET("/closed", ginjwt.Handle(g.user, func(c *gin.Context, _ graphUser) { c.Status(204) }))
	assert.Equal(t, 204, get(r, "/open", "").Code)
	assert.Equal(t, 401, get(r, "/closed", "").Code)
	assert.Equal(t, 204, get(r, "/closed", sign(t, g.issuer, "johndoe", "")).Code)
	assert.EqualValues(t, 1, g.calls.Load())
}
