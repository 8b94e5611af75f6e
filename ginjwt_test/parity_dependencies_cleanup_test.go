package ginjwt_test

import (
	"fmt"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// recovery is a Recovery that records what it sees.
func (d *depApp) recovery(c *gin.Context) {
	gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, v any) {
		d.log.add(fmt.Sprintf("recovered(%v)", v))
		c.AbortWithStatus(500)
	})(c)
}

func (d *depApp) panics(c *gin.Context) {
	d.log.add("handler")
	panic("boom")
}

// onEnd is a dependency with end as its clean-up.
func (d *depApp) onEnd(name string, end func(c *gin.Context)) *ginjwt.Dependency[string] {
	return ginjwt.Provide(func(c *gin.Context) (string, error) {
		ginjwt.Cleanup(c, func() { d.log.add("-" + name); end(c) })
		return name, nil
	})
}

func TestParityCleanupOrder(t *testing.T) {
	t.Parallel()
	runDeps(t, []depRow{
		{rule: "15 last in, first out", app: func(d *depApp) {
			d.Group("/", ginjwt.Require(d.resource("A"))).GET("/", ginjwt.Require(d.resource("B")), ginjwt.Handle(d.resource("C"), d.use))
		}, log: "+A +B +C handler -C -B -A"},
		{rule: "15 what depends on another goes before it", app: func(d *depApp) {
			session := ginjwt.Depends(d.resource("db"), func(c *gin.Context, _ string) (string, error) {
				d.log.add("+session")
				ginjwt.Cleanup(c, func() { d.log.add("-session") })
				return "", nil
			})
			d.GET("/", ginjwt.Handle(session, d.use))
		}, log: "+db +session handler -session -db"},
		{rule: "15 what was shared is cleaned up once", app: func(d *depApp) {
			a := d.resource("A")
			d.GET("/", ginjwt.Require(a, a), ginjwt.Handle2(d.over(a, "x"), a, func(c *gin.Context, _, _ string) { d.end(c) }))
		}, log: "+A x handler -A"},
		{rule: "15 what the handler asks for is cleaned up, too", app: func(d *depApp) {
			b := d.resource("B")
			d.GET("/", ginjwt.Require(d.resource("A")), func(c *gin.Context) { _, _ = b.Get(c); d.end(c) })
		}, log: "+A +B handler -B -A"},
		{rule: "16 after the handler's own defer, before outer middleware is over", app: func(d *depApp) {
			d.Use(func(c *gin.Context) { c.Next(); d.log.add("outer") })
			d.GET("/", ginjwt.Handle(d.resource("C"), func(c *gin.Context, _ string) { defer d.log.add("-F"); d.end(c) }))
		}, log: "+C handler -F -C outer"},
		{rule: "16 after middleware that stands after the guard", app: func(d *depApp) {
			d.GET("/", ginjwt.Require(d.resource("C")), func(c *gin.Context) { c.Next(); d.log.add("inner") }, d.end)
		}, log: "+C handler inner -C"},
		{rule: "17 the handler's defer ends before the answer is finished, and can still be it", app: func(d *depApp) {
			d.GET("/", ginjwt.Handle(d.resource("C"), func(c *gin.Context, _ string) {
				defer func() { ginjwt.Abort(c, errTeapot) }()
				d.log.add("handler")
			}))
		}, status: 418, text: depTeapot, log: "+C handler -C"},
		{rule: "22 none, or several in one dependency", app: func(d *depApp) {
			several := ginjwt.Provide(func(c *gin.Context) (string, error) {
				for _, name := range []string{"-1", "-2", "-3"} {
					ginjwt.Cleanup(c, func() { d.log.add(name) })
				}
				return "", nil
			})
			d.GET("/", ginjwt.Handle2(d.step("none"), several, func(c *gin.Context, _, _ string) { d.end(c) }))
		}, log: "none handler -3 -2 -1"},
	})
}

func TestParityCleanupAfterErrors(t *testing.T) {
	t.Parallel()
	status := func(d *depApp) *ginjwt.Dependency[string] {
		return d.onEnd("A", func(c *gin.Context) { d.log.add(fmt.Sprint(c.Writer.Status(), c.IsAborted())) })
	}
	runDeps(t, []depRow{
		{rule: "15 a later dependency fails", app: func(d *depApp) {
			d.GET("/", ginjwt.Require(d.resource("A"), d.resource("B"), d.fails("C", errTeapot)), d.end)
		}, status: 418, text: depTeapot, log: "+A +B C -B -A"},
		{rule: "15 a later guard refuses nobody", app: func(d *depApp) {
			d.GET("/", ginjwt.Require(d.resource("A"), d.user), d.end)
		}, status: 401, challenge: graphNobody, text: detailNobody, log: "+A -A"},
		{rule: "15 the dependency itself fails, after it said how to clean up", app: func(d *depApp) {
			d.GET("/", ginjwt.Require(ginjwt.Depends(d.onEnd("A", func(*gin.Context) {}), func(c *gin.Context, _ string) (string, error) {
				ginjwt.Cleanup(c, func() { d.log.add("-B") })
				return "", errTeapot
			})), d.end)
		}, status: 418, text: depTeapot, log: "-B -A"},
		{rule: "15 the handler refuses", app: func(d *depApp) {
			d.GET("/", ginjwt.Handle(d.resource("A"), func(c *gin.Context, _ string) { ginjwt.Abort(c, errTeapot) }), d.end)
		}, status: 418, text: depTeapot, log: "+A -A"},
		{rule: "15 a clean-up is not given the error, but sees the status of the answer", app: func(d *depApp) {
			d.GET("/", ginjwt.Require(status(d), d.fails("B", errTeapot)), d.end)
		}, status: 418, text: depTeapot, log: "B -A 418 true"},
		{rule: "15 the handler panics: Recovery before the guard", app: func(d *depApp) {
			d.GET("/", d.recovery, ginjwt.Require(d.resource("A"), d.resource("B")), d.panics)
		}, status: 500, text: "*", log: "+A +B handler -B -A recovered(boom)"},
		{rule: "15 the handler panics: Recovery after the guard", app: func(d *depApp) {
			d.GET("/", ginjwt.Require(d.resource("A"), d.resource("B")), d.recovery, d.panics)
		}, status: 500, text: "*", log: "+A +B handler recovered(boom) -B -A"},
		{rule: "15 a dependency panics: Recovery before the guard", app: func(d *depApp) {
			d.GET("/", d.recovery, ginjwt.Require(d.resource("A"), ginjwt.Provide(func(*gin.Context) (int, error) { panic("boom") })), d.end)
		}, status: 500, text: "*", log: "+A -A recovered(boom)"},
		{rule: "15 a dependency panics: Recovery between two guards", app: func(d *depApp) {
			d.GET("/", ginjwt.Require(d.resource("A")), d.recovery, ginjwt.Require(ginjwt.Provide(func(*gin.Context) (int, error) { panic("boom") })), d.end)
		}, status: 500, text: "*", log: "+A recovered(boom) -A"},
		{rule: "15 a Recovery that does not abort lets nobody in", app: func(d *depApp) {
			careless := gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, _ any) { c.Status(500) })
			d.GET("/", ginjwt.Require(d.resource("A")), careless, ginjwt.Require(ginjwt.Provide(func(*gin.Context) (int, error) { panic("boom") })), d.end)
		}, status: 500, text: "*", log: "+A -A"},
	})
}

func TestParityCleanupsThatFail(t *testing.T) {
	t.Parallel()
	boom := func(*gin.Context) { panic("late") }
	runDeps(t, []depRow{
		{rule: "19 after an answer: it stands, and the others are called", app: func(d *depApp) {
			d.GET("/", d.recovery, ginjwt.Require(d.resource("A"), d.onEnd("B", boom), d.resource("C")), d.end)
		}, log: "+A +C handler -C -B -A recovered(late)"},
		{rule: "19 nothing was answered: Recovery answers", app: func(d *depApp) {
			d.GET("/", d.recovery, ginjwt.Require(d.resource("A"), d.onEnd("B", boom)), d.log.handler("handler"))
		}, status: 500, text: "*", log: "+A handler -B -A recovered(late)"},
		{rule: "20 after a refusal: the refusal stands", app: func(d *depApp) {
			d.GET("/", d.recovery, ginjwt.Require(d.onEnd("A", boom), d.user), d.end)
		}, status: 401, challenge: graphNobody, text: detailNobody, log: "-A recovered(late)"},
		{rule: "20 in another panic: Recovery sees the later one", app: func(d *depApp) {
			d.GET("/", d.recovery, ginjwt.Require(d.onEnd("A", boom)), d.panics)
		}, status: 500, text: "*", log: "handler -A recovered(late)"},
		{rule: "20 a clean-up's Abort does not replace the answer", app: func(d *depApp) {
			d.GET("/", ginjwt.Require(d.onEnd("A", func(c *gin.Context) { ginjwt.Abort(c, errTeapot) })), d.end)
		}, log: "handler -A"},
		{rule: "20 nor a refusal", app: func(d *depApp) {
			d.GET("/", ginjwt.Require(d.onEnd("A", func(c *gin.Context) { ginjwt.Abort(c, errTeapot) }), d.user), d.end)
		}, status: 401, challenge: graphNobody, text: detailNobody, log: "-A"},
		{rule: "20 it answers if nobody did", app: func(d *depApp) {
			d.GET("/", ginjwt.Require(d.onEnd("A", func(c *gin.Context) { ginjwt.Abort(c, errTeapot) })), d.log.handler("handler"))
		}, status: 418, text: depTeapot, log: "handler -A"},
		{rule: "21 a clean-up cannot swallow a panic", app: func(d *depApp) {
			d.GET("/", d.recovery, ginjwt.Require(d.onEnd("A", func(*gin.Context) { _ = recover() })), d.panics)
		}, status: 500, text: "*", log: "handler -A recovered(boom)"},
		{rule: "21 nor let later handlers run after a refusal", app: func(d *depApp) {
			d.GET("/", ginjwt.Require(d.onEnd("A", func(c *gin.Context) { c.Next() }), d.user), d.end)
		}, status: 401, challenge: graphNobody, text: detailNobody, log: "-A"},
	})
}

// transaction is the pattern for them: rollback as the clean-up, commit in the
// handler. A rollback after the commit does nothing.
func (d *depApp) transaction() *ginjwt.Dependency[func()] {
	return ginjwt.Provide(func(c *gin.Context) (commit func(), err error) {
		committed := false
		ginjwt.Cleanup(c, func() {
			if !committed {
				d.log.add("rollback")
			}
		})
		return func() { committed = true; d.log.add("commit") }, nil
	})
}

func TestParityTransactions(t *testing.T) {
	t.Parallel()
	runDeps(t, []depRow{
		{rule: "committed before the client is answered", app: func(d *depApp) {
			d.GET("/", ginjwt.Handle(d.transaction(), func(c *gin.Context, commit func()) { commit(); d.end(c) }))
		}, log: "commit handler"},
		{rule: "an error in the handler", app: func(d *depApp) {
			d.GET("/", ginjwt.Handle(d.transaction(), func(c *gin.Context, _ func()) { ginjwt.Abort(c, errTeapot) }))
		}, status: 418, text: depTeapot, log: "rollback"},
		{rule: "a panic in the handler", app: func(d *depApp) {
			d.GET("/", d.recovery, ginjwt.Handle(d.transaction(), func(*gin.Context, func()) { panic("boom") }))
		}, status: 500, text: "*", log: "rollback recovered(boom)"},
		{rule: "a later guard refuses", app: func(d *depApp) {
			d.GET("/", ginjwt.Require(d.transaction(), d.user), d.end)
		}, status: 401, challenge: graphNobody, text: detailNobody, log: "rollback"},
	})
}

// Without a Recovery, net/http ends the connection; the clean-ups have run, and
// the server goes on.
func TestParityPanicWithoutRecovery(t *testing.T) {
	t.Parallel()
	d := &depApp{graphChain: newGraphChain(t), Engine: newEngine()}
	d.GET("/panics", ginjwt.Require(d.resource("A")), d.panics)
	d.GET("/late", ginjwt.Require(d.onEnd("B", func(*gin.Context) { panic("late") })), d.end)
	d.GET("/", ginjwt.Require(d.resource("C")), d.end)
	srv := depServer(t, d)
	for _, path := range []string{"/panics", "/late"} {
		resp, err := depDo(srv, depRow{send: "GET " + path}.request(t, d))
		if !assert.Error(t, err, "no answer, whole or half") {
			_ = resp.Body.Close()
		}
	}
	answer := depSend(t, srv, depRow{}.request(t, d))
	require.Equal(t, 200, answer.StatusCode)
	assert.Equal(t, []string{"+A", "handler", "-A", "handler", "-B", "+C", "handler", "-C"}, d.log.all())
}
