package ginjwt_test

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// graphResource is a dependency with a clean-up, which records both.
func graphResource(l *graphLog, name string) *ginjwt.Dependency[string] {
	return ginjwt.Provide(func(c *gin.Context) (string, error) {
		l.add("+" + name)
		ginjwt.Cleanup(c, func() { l.add("-" + name) })
		return name, nil
	})
}

func TestCleanupRunsAfterTheOutermostChain(t *testing.T) {
	t.Parallel()
	use := func(*gin.Context, string) {}
	cases := map[string]struct {
		chain func(l *graphLog) []gin.HandlerFunc
		want  []string
	}{
		"last added first, after the handler": {func(l *graphLog) []gin.HandlerFunc {
			return []gin.HandlerFunc{ginjwt.Require(graphResource(l, "a"), graphResource(l, "b")), l.handler("handler")}
		}, []string{"+a", "+b", "handler", "-b", "-a"}},
		"an inner Handle does not end it": {func(l *graphLog) []gin.HandlerFunc {
			return []gin.HandlerFunc{ginjwt.Require(graphResource(l, "a")), ginjwt.Handle(graphResource(l, "b"), use), l.handler("handler")}
		}, []string{"+a", "+b", "handler", "-b", "-a"}},
		"a Handle that is followed by others": {func(l *graphLog) []gin.HandlerFunc {
			return []gin.HandlerFunc{ginjwt.Handle(graphResource(l, "a"), use), l.handler("handler"), l.handler("last")}
		}, []string{"+a", "handler", "last", "-a"}},
		"an outer middleware's end comes later": {func(l *graphLog) []gin.HandlerFunc {
			outer := func(c *gin.Context) { c.Next(); l.add("outer") }
			return []gin.HandlerFunc{outer, ginjwt.Require(graphResource(l, "a")), l.handler("handler")}
		}, []string{"+a", "handler", "-a", "outer"}},
		"a refusal after it": {func(l *graphLog) []gin.HandlerFunc {
			return []gin.HandlerFunc{ginjwt.Require(graphResource(l, "a"), graphFails(ginjwt.Forbidden(""))), l.handler("handler")}
		}, []string{"+a", "-a"}},
		"an Abort in a handler": {func(l *graphLog) []gin.HandlerFunc {
			abort := func(c *gin.Context) { ginjwt.Abort(c, ginjwt.Forbidden("")); l.add("aborted") }
			return []gin.HandlerFunc{ginjwt.Require(graphResource(l, "a")), abort, l.handler("handler")}
		}, []string{"+a", "aborted", "-a"}},
		"an error of the dependency itself": {func(l *graphLog) []gin.HandlerFunc {
			fails := ginjwt.Provide(func(c *gin.Context) (int, error) {
				ginjwt.Cleanup(c, func() { l.add("-x") })
				return 0, ginjwt.Forbidden("")
			})
			return []gin.HandlerFunc{ginjwt.Require(fails)}
		}, []string{"-x"}},
		"added by a clean-up": {func(l *graphLog) []gin.HandlerFunc {
			nested := func(c *gin.Context) {
				ginjwt.Cleanup(c, func() { l.add("first") })
				ginjwt.Cleanup(c, func() { ginjwt.Cleanup(c, func() { l.add("nested") }); l.add("second") })
			}
			return []gin.HandlerFunc{ginjwt.Require(graphValue(1)), nested}
		}, []string{"second", "nested", "first"}},
		"added with a copy": {func(l *graphLog) []gin.HandlerFunc {
			copied := func(c *gin.Context) { ginjwt.Cleanup(c.Copy(), func() { l.add("-copy") }); l.add("handler") }
			return []gin.HandlerFunc{ginjwt.Require(graphValue(1)), copied}
		}, []string{"handler", "-copy"}},
		"added in a dependency of a derived context": {func(l *graphLog) []gin.HandlerFunc {
			d := graphResource(l, "a")
			return []gin.HandlerFunc{ginjwt.Require(graphValue(1)), func(c *gin.Context) { _, _ = d.Get(ginjwt.Context(c)); l.add("handler") }}
		}, []string{"+a", "handler", "-a"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log graphLog
			get(graphEngine(tc.chain(&log)...), "/", "")
			assert.Equal(t, tc.want, log.all())
		})
	}
}

func TestCleanupReadsAndResolves(t *testing.T) {
	t.Parallel()
	var log graphLog
	known, late := graphValue("known"), log.step("late")
	r := graphEngine(ginjwt.Require(known), func(c *gin.Context) {
		ginjwt.Cleanup(c, func() {
			v, err := known.Get(c)
			assert.NoError(t, err)
			log.add(v)
			_, err = late.Get(c)
			assert.NoError(t, err, "the request is not over yet")
		})
	})
	get(r, "/", "")
	assert.Equal(t, []string{"known", "late"}, log.all())
}

func TestCleanupsRunWhateverEndsTheChain(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]struct {
		fn     func()
		status int
	}{
		"a panic":  {func() { panic("boom") }, 500},
		"a Goexit": {runtime.Goexit, 200},
	} {
		for _, place := range []string{"handler", "dependency", "clean-up"} {
			t.Run(name+" in a "+place, func(t *testing.T) {
				t.Parallel()
				var log graphLog
				var recovered any
				bad := ginjwt.Provide(func(*gin.Context) (int, error) { end.fn(); return 0, nil })
				last := map[string]gin.HandlerFunc{
					"handler":    func(*gin.Context) { end.fn() },
					"dependency": ginjwt.Require(bad),
					"clean-up":   func(c *gin.Context) { ginjwt.Cleanup(c, end.fn) },
				}[place]
				r := graphEngine(
					gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, v any) { recovered = v; c.AbortWithStatus(500) }),
					ginjwt.Require(graphResource(&log, "a"), graphResource(&log, "b")), last,
				)
				w := httptest.NewRecorder()
				graphWithin(t, func() { r.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil)) })
				assert.Equal(t, []string{"+a", "+b", "-b", "-a"}, log.all())
				if end.status == 500 {
					assert.Equal(t, "boom", recovered, "Recovery sees the panic itself")
					assert.Equal(t, 500, w.Code)
				}
			})
		}
	}
}

func TestEachCleanupRunsEvenIfAnotherPanics(t *testing.T) {
	t.Parallel()
	var log graphLog
	r := graphEngine(gin.CustomRecoveryWithWriter(nil, func(*gin.Context, any) { log.add("recovered") }),
		ginjwt.Require(graphValue(1)), func(c *gin.Context) {
			for _, name := range []string{"a", "b", "c", "d"} {
				ginjwt.Cleanup(c, func() {
					log.add(name)
					if name == "b" || name == "c" {
						panic(name)
					}
				})
			}
		})
	get(r, "/", "")
	assert.Equal(t, []string{"d", "c", "b", "a", "recovered"}, log.all())
}

func TestAfterAPanicGetSaysSo(t *testing.T) {
	t.Parallel()
	var asked bool
	bad := ginjwt.Provide(func(*gin.Context) (int, error) { panic("boom") })
	r := graphEngine(gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, _ any) { c.AbortWithStatus(500) }),
		ginjwt.Require(graphValue(1)), func(c *gin.Context) {
			ginjwt.Cleanup(c, func() {
				asked = true
				_, err := bad.Get(c)
				assert.ErrorContains(t, err, "panicked")
				_, ok := bad.Peek(c)
				assert.False(t, ok)
			})
		}, ginjwt.Require(bad))
	assert.Equal(t, 500, get(r, "/", "").Code)
	assert.True(t, asked)
}

func TestCleanupDuringAPanicSeesStatus200(t *testing.T) {
	t.Parallel()
	status := 0
	r := graphEngine(gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, _ any) { c.AbortWithStatus(500) }),
		ginjwt.Require(graphValue(1)), func(c *gin.Context) {
			ginjwt.Cleanup(c, func() { status = c.Writer.Status() })
			panic("boom")
		})
	assert.Equal(t, 500, get(r, "/", "").Code)
	assert.Equal(t, 200, status, "so commit in the handler, never in a clean-up")
}

func TestCleanupPanicsWhereNothingWouldCallIt(t *testing.T) {
	t.Parallel()
	r := graphEngine(func(c *gin.Context) {
		assert.PanicsWithValue(t,
			"ginjwt: Cleanup was called outside of any ginjwt handler: guard the route with Handle or Require, or use defer",
			func() { ginjwt.Cleanup(c, func() {}) })
		c.Status(204)
	})
	assert.Equal(t, 204, get(r, "/", "").Code)
	r = graphEngine(ginjwt.Require(graphValue(1)), func(c *gin.Context) {
		assert.PanicsWithValue(t, "ginjwt: Cleanup: nil function", func() { ginjwt.Cleanup(c, nil) })
		c.Status(204)
	})
	assert.Equal(t, 204, get(r, "/", "").Code)
}

func TestCleanupAfterTheRequestRunsAtOnce(t *testing.T) {
	t.Parallel()
	var kept *gin.Context
	get(graphEngine(ginjwt.Require(graphValue(1)), func(c *gin.Context) { kept = c.Copy() }), "/", "")
	ran := false
	ginjwt.Cleanup(kept, func() { ran = true })
	assert.True(t, ran)
}

// TestCleanupAfterHandleContext: Gin empties c.Keys for a request that is routed
// on, so a clean-up that is added after that comes too early; it must not be lost.
func TestCleanupAfterHandleContext(t *testing.T) {
	t.Parallel()
	var log graphLog
	r := newEngine()
	r.GET("/new", ginjwt.Require(graphResource(&log, "new")))
	r.GET("/", ginjwt.Require(graphResource(&log, "old")), func(c *gin.Context) {
		c.Request.URL.Path = "/new"
		r.HandleContext(c)
		ginjwt.Cleanup(c, func() { log.add("late") })
	})
	get(r, "/", "")
	assert.ElementsMatch(t, []string{"+old", "+new", "-new", "late", "-old"}, log.all())
	assert.Equal(t, "-old", log.all()[4])
}

func TestCleanupsOfANestedRequestAreItsOwn(t *testing.T) {
	t.Parallel()
	var log graphLog
	r := newEngine()
	r.GET("/inner", ginjwt.Require(graphResource(&log, "inner")))
	outer := ginjwt.Provide(func(c *gin.Context) (int, error) {
		ginjwt.Cleanup(c, func() { log.add("-outer") })
		get(r, "/inner", "")
		return 0, nil
	})
	r.GET("/", ginjwt.Require(outer), log.handler("handler"))
	get(r, "/", "")
	assert.Equal(t, []string{"+inner", "-inner", "handler", "-outer"}, log.all())
}
