package ginjwt_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// goTo routes the request on to path.
func (d *depApp) goTo(path string) gin.HandlerFunc {
	return func(c *gin.Context) {
		d.log.add("goto")
		c.Request.URL.Path = path
		d.HandleContext(c)
	}
}

// HandleContext begins again: another request in all but the credentials.
func TestHandleContextOverHTTP(t *testing.T) {
	t.Parallel()
	inner := func(d *depApp) {
		d.GET("/inner", ginjwt.Require(d.resource("I"), d.user), d.end)
		d.GET("/open", ginjwt.Public(), d.tell)
	}
	runDeps(t, []depRow{
		{rule: "nobody comes in by another route's door", app: func(d *depApp) { inner(d); d.GET("/", ginjwt.Public(), d.goTo("/inner")) },
			status: 401, challenge: graphNobody, text: detailNobody, log: "goto +I -I"},
		{rule: "nor by one that asks for less", app: func(d *depApp) {
			inner(d)
			d.GET("/admin", ginjwt.Handle(ginjwt.Security(d.user, "admin"), d.asUser))
			d.GET("/", ginjwt.Require(d.user), d.goTo("/admin"))
		}, as: "me", status: 403, challenge: lacking("admin"), text: detailScopes, log: "goto"},
		{rule: "nothing is remembered: a dependency of both runs twice, each clean-up once, the inner first", app: func(d *depApp) {
			shared := d.resource("S")
			d.GET("/inner", ginjwt.Require(shared), d.end)
			d.GET("/", ginjwt.Require(shared), d.goTo("/inner"))
		}, log: "+S goto +S handler -S -S"},
		{rule: "the engine's guards run twice, too", app: func(d *depApp) {
			d.Use(ginjwt.Require(d.resource("E")))
			inner(d)
			d.GET("/", d.goTo("/inner"))
		}, as: "-", log: "+E goto +E +I handler -I -E -E"},
		{rule: "an unguarded route does not know the user of the outer one", app: func(d *depApp) { inner(d); d.GET("/", ginjwt.Require(d.user), d.goTo("/open")) },
			as: "-", text: ginjwt.ErrNotGuarded.Error(), log: "goto"},
		{rule: "nor does the outer one afterwards", app: func(d *depApp) {
			inner(d)
			d.GET("/", ginjwt.Require(d.resource("O"), d.user), d.goTo("/open"), func(c *gin.Context) { c.String(200, " "); d.tell(c) })
		}, as: "-", text: ginjwt.ErrNotGuarded.Error() + " " + ginjwt.ErrNotGuarded.Error(), log: "+O goto -O"},
		{rule: "a guard after it judges again", app: func(d *depApp) {
			inner(d)
			d.GET("/", ginjwt.Public(), d.goTo("/open"), ginjwt.Handle(d.resource("O"), d.use))
		}, text: ginjwt.ErrNotGuarded.Error() + "ok", log: "goto +O handler -O"},
		{rule: "Gin goes on with the outer handlers after the inner refusal: let it be the last", app: func(d *depApp) {
			inner(d)
			d.GET("/", ginjwt.Public(), d.goTo("/inner"), d.log.handler("next"))
		}, status: 401, challenge: graphNobody, text: detailNobody, log: "goto +I -I next"},
		{rule: "from NoRoute", app: func(d *depApp) { inner(d); d.NoRoute(d.goTo("/inner")) }, send: "GET /spa/page", as: "-", log: "goto +I handler -I"},
		{rule: "from NoRoute, for nobody", app: func(d *depApp) { inner(d); d.NoRoute(d.goTo("/inner")) }, send: "GET /spa/page",
			status: 401, challenge: graphNobody, text: detailNobody, log: "goto +I -I"},
		{rule: "from inside of a typed handler", app: func(d *depApp) {
			inner(d)
			d.GET("/", ginjwt.Handle(d.resource("O"), func(c *gin.Context, _ string) { d.goTo("/inner")(c) }))
		}, as: "-", log: "+O goto +I handler -I -O"},
		{rule: "OnError of the outer route does not reach the inner one", app: func(d *depApp) {
			inner(d)
			d.GET("/", ginjwt.OnError(func(c *gin.Context, _ *ginjwt.Error) { c.String(200, "rendered") }), d.goTo("/inner"))
		}, status: 401, challenge: graphNobody, text: detailNobody, log: "goto +I -I"},
	})
}

// Handlers of net/http get the results through the request's context, and a
// mounted engine has a request of its own.
func TestHandlersOfNetHTTP(t *testing.T) {
	t.Parallel()
	carry := func(c *gin.Context) { c.Request = c.Request.WithContext(ginjwt.Context(c)) }
	plain := func(d *depApp) gin.HandlerFunc {
		return gin.WrapF(func(w http.ResponseWriter, req *http.Request) {
			u, err := d.user.Get(req.Context())
			_, _ = fmt.Fprintf(w, "%s %v", u.Name, err)
		})
	}
	mounted := func(d *depApp, handlers ...gin.HandlerFunc) gin.HandlerFunc {
		sub := newEngine()
		sub.GET("/sub/:id", handlers...)
		return gin.WrapH(sub)
	}
	runDeps(t, []depRow{
		{rule: "nobody", app: func(d *depApp) { d.GET("/", ginjwt.Require(d.user), carry, plain(d)) }, status: 401, challenge: graphNobody, text: detailNobody},
		{rule: "with Context, it knows the user", app: func(d *depApp) { d.GET("/", ginjwt.Require(d.user), carry, plain(d)) }, as: "-", text: "johndoe <nil>"},
		{rule: "without, it does not", app: func(d *depApp) { d.GET("/", ginjwt.Require(d.user), plain(d)) }, as: "-", text: " " + ginjwt.ErrForeignContext.Error()},
		{rule: "Context before the guard carries nothing", app: func(d *depApp) { d.GET("/", carry, ginjwt.Require(d.user), plain(d)) }, as: "-", text: " " + ginjwt.ErrNotGuarded.Error()},
		{rule: "a mounted engine is guarded from outside", app: func(d *depApp) { d.Any("/sub/*rest", ginjwt.Require(d.user), mounted(d, d.end)) },
			send: "GET /sub/1", status: 401, challenge: graphNobody, text: detailNobody},
		{rule: "4 a mounted engine does not share results", app: func(d *depApp) {
			shared := d.resource("S")
			d.Any("/sub/*rest", ginjwt.Require(shared), mounted(d, ginjwt.Handle(shared, d.use)))
		}, send: "GET /sub/1", log: "+S +S handler -S -S"},
		{rule: "nor with its own context, if that carries them", app: func(d *depApp) { d.Any("/sub/*rest", ginjwt.Require(d.user), carry, mounted(d, d.tell)) },
			send: "GET /sub/1", as: "-", text: ginjwt.ErrNotGuarded.Error()},
		{rule: "nor with Context of its own", app: func(d *depApp) {
			d.Any("/sub/*rest", ginjwt.Require(d.user), carry, mounted(d, func(c *gin.Context) { carry(c); plain(d)(c) }))
		}, send: "GET /sub/1", as: "-", text: " " + ginjwt.ErrNotGuarded.Error()},
		{rule: "but through the request's context", app: func(d *depApp) {
			d.Any("/sub/*rest", ginjwt.Require(d.user), carry, mounted(d, plain(d)))
		}, send: "GET /sub/1", as: "-", text: "johndoe <nil>"},
		{rule: "a mounted engine's refusal is the answer", app: func(d *depApp) {
			d.Any("/sub/*rest", ginjwt.Require(d.resource("S")), mounted(d, ginjwt.Handle(ginjwt.Security(d.user, "me"), d.asUser)))
		}, send: "GET /sub/1", as: "-", status: 403, challenge: lacking("me"), text: detailScopes, log: "+S -S"},
	})
}

func TestMiddlewareBetweenGuards(t *testing.T) {
	t.Parallel()
	around := func(d *depApp, name string) gin.HandlerFunc {
		return func(c *gin.Context) { d.log.add(name + "{"); c.Next(); d.log.add("}" + name) }
	}
	abort := func(c *gin.Context) { c.AbortWithStatusJSON(409, gin.H{"detail": "mine"}) }
	runDeps(t, []depRow{
		{rule: "c.Next between two guards", app: func(d *depApp) {
			d.GET("/", ginjwt.Require(d.resource("A")), around(d, "m"), ginjwt.Require(d.resource("B")), around(d, "n"), ginjwt.Handle(d.resource("C"), d.use))
		}, log: "+A m{ +B n{ +C handler }n }m -C -B -A"},
		{rule: "c.Next before all guards", app: func(d *depApp) { d.GET("/", around(d, "m"), ginjwt.Require(d.resource("A")), d.end) }, log: "m{ +A handler -A }m"},
		{rule: "a refusal inside of it", app: func(d *depApp) {
			d.GET("/", ginjwt.Require(d.resource("A")), around(d, "m"), ginjwt.Require(d.user), around(d, "n"), d.end)
		}, status: 401, challenge: graphNobody, text: detailNobody, log: "+A m{ }m -A"},
		{rule: "c.Next after a refusal runs nothing", app: func(d *depApp) {
			d.GET("/", func(c *gin.Context) { ginjwt.Require(d.user)(c); c.Next(); c.Next() }, d.end)
		}, status: 401, challenge: graphNobody, text: detailNobody},
		{rule: "middleware that aborts between two guards", app: func(d *depApp) {
			d.GET("/", ginjwt.Require(d.resource("A")), abort, ginjwt.Require(d.step("B")), d.end)
		}, status: 409, text: `{"detail":"mine"}`, log: "+A -A"},
		{rule: "a handler after a typed handler", app: func(d *depApp) { d.GET("/", ginjwt.Handle(d.resource("A"), d.use), d.log.handler("after")) }, log: "+A handler after -A"},
		{rule: "c.Next inside of a typed handler", app: func(d *depApp) {
			d.GET("/", ginjwt.Handle(d.resource("A"), func(c *gin.Context, _ string) { c.Next(); d.log.add("last") }), d.end)
		}, log: "+A handler last -A"},
		{rule: "a guard that is called by a handler, inside of a guarded route", app: func(d *depApp) {
			d.GET("/", ginjwt.Require(d.resource("A")), func(c *gin.Context) { ginjwt.Require(d.user)(c); d.log.add("asked") }, d.end)
		}, status: 401, challenge: graphNobody, text: detailNobody, log: "+A asked -A"},
		{rule: "one guard of two dependencies, called by middleware: both decide before the handler", app: func(d *depApp) {
			d.Use(func(c *gin.Context) { ginjwt.Require(d.step("A"), d.user)(c) })
			d.GET("/", d.end)
		}, status: 401, challenge: graphNobody, text: detailNobody, log: "A"},
		{rule: "c.Next in another goroutine that is waited for", app: func(d *depApp) {
			d.GET("/", func(c *gin.Context) {
				done := make(chan struct{})
				go func() { defer close(done); c.Next() }()
				<-done
			}, ginjwt.Require(d.resource("A"), d.user), ginjwt.Handle(d.resource("B"), d.use))
		}, as: "-", log: "+A +B handler -B -A"},
	})
}

// The first guard that middleware calls runs the rest of the chain, since its
// clean-ups come after it. So a second one decides when the handler has run:
// nothing can take the answer back, but it must not look like a refusal.
func TestAGuardThatComesTooLateIsABug(t *testing.T) {
	t.Parallel()
	d := newDepApp(t)
	var outcomes []ginjwt.Outcome
	d.Use(ginjwt.Observe(func(_ context.Context, ev ginjwt.Event) { outcomes = append(outcomes, ev.Outcome) }), func(c *gin.Context) {
		if ginjwt.Require(d.user)(c); !c.IsAborted() {
			ginjwt.Require(ginjwt.Security(d.user, "admin"))(c) // meant for some paths only
		}
	})
	d.GET("/", d.end)
	srv := depServer(t, d)
	answer := depSend(t, srv, depRow{as: "-"}.request(t, d))
	srv.Close()
	if answer.StatusCode == 403 {
		assert.Empty(t, d.log.all())
		return
	}
	assert.Equal(t, ginjwt.OutcomeFailed, outcomes[len(outcomes)-1], "the handler ran, and the client has %d", answer.StatusCode)
}
