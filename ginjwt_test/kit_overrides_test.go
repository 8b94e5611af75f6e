package ginjwt_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

// kitUser is the current user, however somebody says who it is.
type kitUser struct{ Name string }

func kitShow(c *gin.Context, u kitUser) { c.String(200, u.Name) }

// kitGraph has three ways to say who somebody is.
type kitGraph struct {
	claims                          *ginjwt.Dependency[ginjwt.Claims]
	byToken, byKey, byPassword, any *ginjwt.Dependency[kitUser]
}

func newKitGraph(t testing.TB) *kitGraph {
	t.Helper()
	_, verifier := newIssuer(t)
	g := &kitGraph{claims: ginjwt.JWT[ginjwt.Claims](ginjwt.HTTPBearer(), verifier)}
	g.byToken = ginjwt.Depends(g.claims, func(_ *gin.Context, c ginjwt.Claims) (kitUser, error) { return kitUser{c.Subject}, nil })
	key := ginjwt.Grants(ginjwt.APIKeyHeader("X-Key"), func(string) []string { return []string{"key"} })
	g.byKey = ginjwt.Depends(key, func(_ *gin.Context, key string) (kitUser, error) { return kitUser{key}, nil })
	basic := ginjwt.Grants(ginjwt.HTTPBasic(), func(ginjwt.BasicCredentials) []string { return nil })
	g.byPassword = ginjwt.Depends(basic, func(_ *gin.Context, b ginjwt.BasicCredentials) (kitUser, error) { return kitUser{b.Username}, nil })
	g.any = ginjwt.AnyOf(g.byToken, g.byKey, g.byPassword)
	return g
}

func kitRoute(handlers ...gin.HandlerFunc) *gin.Engine {
	r := newEngine()
	r.GET("/", handlers...)
	return r
}

func kitRequest() *http.Request { return httptest.NewRequest(http.MethodGet, "/", nil) }

func kitAsk(t testing.TB, h http.Handler, rs ...ginjwttest.Replacement) *httptest.ResponseRecorder {
	t.Helper()
	return ginjwttest.Do(t, h, ginjwttest.With(kitRequest(), rs...))
}

func TestAnyOfChoosesTheReplacedAlternative(t *testing.T) {
	t.Parallel()
	g := newKitGraph(t)
	r := kitRoute(ginjwt.Handle(g.any, kitShow))
	assert.Equal(t, 401, kitAsk(t, r).Code)
	for name, d := range map[string]*ginjwt.Dependency[kitUser]{"the first": g.byToken, "the second": g.byKey, "the third": g.byPassword, "the whole": g.any} {
		assert.Equal(t, name, kitAsk(t, r, ginjwttest.Value(d, kitUser{name})).Body.String())
	}
	req := kitRequest()
	req.Header.Set("X-Key", "eve")
	assert.Equal(t, "eve", ginjwttest.Do(t, r, req).Body.String())
	both := ginjwttest.With(req, ginjwttest.Value(g.byPassword, kitUser{"bob"}))
	assert.Equal(t, "bob", ginjwttest.Do(t, r, both).Body.String(), "the test's word is first")
	assert.Equal(t, "carl", ginjwttest.Do(t, r, ginjwttest.As(kitRequest(), kitUser{"carl"})).Body.String())
	req = ginjwttest.With(kitRequest(), ginjwttest.Value(g.claims, ginjwt.Claims{Subject: "dora"}))
	assert.Equal(t, "dora", ginjwttest.Do(t, r, req).Body.String(), "what lies below an alternative")
}

// TestARefusedReplacementIsNotPassedOver: AnyOf never falls through.
func TestARefusedReplacementIsNotPassedOver(t *testing.T) {
	t.Parallel()
	g := newKitGraph(t)
	r := kitRoute(ginjwt.Handle(g.any, kitShow))
	req := kitRequest()
	req.Header.Set("X-Key", "eve")
	rec := ginjwttest.Do(t, r, ginjwttest.With(req, ginjwttest.Fails(g.byToken, ginjwt.Unauthenticated("gone"))))
	assert.Equal(t, `{"detail":"gone"}`, rec.Body.String())
	assert.Equal(t, []string{`Bearer realm="api", error="invalid_token", error_description="The access token is invalid"`}, rec.Header()["Www-Authenticate"])
}

// TestADemandOverAnyOfIsJudgedByTheReplacedAlternative: by what it grants, wherever
// in the alternative it stands.
func TestADemandOverAnyOfIsJudgedByTheReplacedAlternative(t *testing.T) {
	t.Parallel()
	g := newKitGraph(t)
	r := kitRoute(ginjwt.Handle(ginjwt.Security(g.any, "me", "key"), kitShow))
	eve := kitUser{"eve"}
	cases := map[string]struct {
		req    *http.Request
		status int
	}{
		"by type":                   {ginjwttest.As(kitRequest(), eve, "me", "key"), 200},
		"by type, without":          {ginjwttest.As(kitRequest(), eve, "me"), 403},
		"the first":                 {ginjwttest.With(kitRequest(), ginjwttest.Value(g.byToken, eve, "me", "key")), 200},
		"the second":                {ginjwttest.With(kitRequest(), ginjwttest.Value(g.byKey, eve, "me", "key")), 200},
		"the second, without":       {ginjwttest.With(kitRequest(), ginjwttest.Value(g.byKey, eve)), 403},
		"claims in the first":       {ginjwttest.With(kitRequest(), ginjwttest.Value(g.claims, ginjwt.Claims{Scope: "me key"})), 200},
		"claims in the first, less": {ginjwttest.With(kitRequest(), ginjwttest.Value(g.claims, ginjwt.Claims{Scope: "me"})), 403},
		"the whole":                 {ginjwttest.With(kitRequest(), ginjwttest.Value(g.any, eve, "me", "key")), 200},
		"the whole, without":        {ginjwttest.With(kitRequest(), ginjwttest.Value(g.any, eve, "me")), 403},
		"all scopes":                {ginjwttest.With(kitRequest(), ginjwttest.Value(g.byKey, eve).WithAllScopes()), 200},
	}
	for name, tc := range cases {
		assert.Equal(t, tc.status, ginjwttest.Do(t, r, tc.req).Code, name)
	}
	rec := ginjwttest.Do(t, r, ginjwttest.As(kitRequest(), eve))
	ginjwttest.Forbidden(t, rec, "me", "key")
}

// TestReplacementsInAGroup: Require works them out, and plain handlers Get and Peek
// them.
func TestReplacementsInAGroup(t *testing.T) {
	t.Parallel()
	g := newKitGraph(t)
	eve := kitUser{"eve"}
	lazy := ginjwt.Depends(g.byToken, func(_ *gin.Context, u kitUser) (string, error) { return "lazy " + u.Name, nil })
	r := kitRoute(ginjwt.Require(ginjwt.AllOf(g.byToken), ginjwt.Security(g.claims, "me")), func(c *gin.Context) {
		u, known := g.byToken.Peek(c)
		assert.True(t, known)
		assert.Equal(t, eve, u)
		text, err := lazy.Get(c)
		assert.NoError(t, err)
		c.String(200, text)
	})
	user := ginjwttest.Value(g.byToken, eve)
	rec := kitAsk(t, r, user, ginjwttest.Value(g.claims, ginjwt.Claims{Scope: "me"}))
	assert.Equal(t, "lazy eve", rec.Body.String())
	ginjwttest.Forbidden(t, kitAsk(t, r, user, ginjwttest.Value(g.claims, ginjwt.Claims{})), "me")
	ginjwttest.Unauthorized(t, kitAsk(t, r, user)) // the claims are demanded beside it
}

// TestCopiesOfARequestSeeItsReplacements: they work out, too, what the request did
// not.
func TestCopiesOfARequestSeeItsReplacements(t *testing.T) {
	t.Parallel()
	g := newKitGraph(t)
	type key struct{}
	for name, of := range map[string]func(*gin.Context) context.Context{
		"the context itself": func(c *gin.Context) context.Context { return c },
		"its copy":           func(c *gin.Context) context.Context { return c.Copy() },
		"Context":            ginjwt.Context,
		"one above Context":  func(c *gin.Context) context.Context { return context.WithValue(ginjwt.Context(c), key{}, 1) },
	} {
		r := kitRoute(ginjwt.Require(g.byToken), func(c *gin.Context) {
			got := make(chan kitUser)
			ctx := of(c)
			go func() {
				u, err := g.byKey.Get(ctx)
				assert.NoError(t, err, name)
				got <- u
			}()
			c.String(200, (<-got).Name)
		})
		rec := kitAsk(t, r, ginjwttest.Value(g.byToken, kitUser{"eve"}), ginjwttest.Value(g.byKey, kitUser{"bob"}))
		assert.Equal(t, "bob", rec.Body.String(), name)
	}
}

// TestAfterTheRequestNothingIsReplaced: what was worked out can still be read.
func TestAfterTheRequestNothingIsReplaced(t *testing.T) {
	t.Parallel()
	g := newKitGraph(t)
	var after context.Context
	r := kitRoute(ginjwt.Require(g.byToken), func(c *gin.Context) { after = ginjwt.Context(c) })
	ginjwttest.Do(t, r, ginjwttest.With(kitRequest(), ginjwttest.Value(g.byToken, kitUser{"eve"})))
	u, err := g.byToken.Get(after)
	assert.NoError(t, err)
	assert.Equal(t, kitUser{"eve"}, u)
	_, err = g.any.Get(after)
	assert.ErrorIs(t, err, ginjwt.ErrRequestOver)
}

// TestOptionalBesideAReplacement: only what lies below the replaced one counts as
// sent.
func TestOptionalBesideAReplacement(t *testing.T) {
	t.Parallel()
	g := newKitGraph(t)
	guest := kitUser{"guest"}
	r := kitRoute(ginjwt.Handle3(g.byKey, ginjwt.OptionalOr(g.byToken, guest), ginjwt.Optional(g.any),
		func(c *gin.Context, a, b kitUser, o *kitUser) { c.String(200, a.Name+" "+b.Name+" "+o.Name) }))
	rec := kitAsk(t, r, ginjwttest.Value(g.byKey, kitUser{"eve"}))
	assert.Equal(t, "eve guest eve", rec.Body.String())
	claims := ginjwt.Optional(g.claims)
	r = kitRoute(ginjwt.Handle2(g.byToken, claims, func(c *gin.Context, u kitUser, claims *ginjwt.Claims) {
		assert.Nil(t, claims, "no token was sent")
		c.String(200, u.Name)
	}))
	assert.Equal(t, "eve", kitAsk(t, r, ginjwttest.Value(g.byToken, kitUser{"eve"})).Body.String())
}

// TestEventsNameTheRealGuard: a replacement is not seen in what is logged.
func TestEventsNameTheRealGuard(t *testing.T) {
	t.Parallel()
	g := newKitGraph(t)
	var events []ginjwt.Event
	observe := ginjwt.Observe(func(_ context.Context, ev ginjwt.Event) { events = append(events, ev) })
	r := kitRoute(observe, ginjwt.Handle(ginjwt.Security(g.byToken, "me"), kitShow))
	eve := kitUser{"eve"}
	kitAsk(t, r)
	real := events[0].Guard
	assert.Contains(t, real, "newKitGraph")
	for name, tc := range map[string]struct {
		req  *http.Request
		want ginjwt.Event
	}{
		"accepted": {ginjwttest.As(kitRequest(), eve, "me"), ginjwt.Event{Outcome: ginjwt.OutcomeAccepted}},
		"refused": {ginjwttest.As(kitRequest(), eve), ginjwt.Event{
			Outcome: ginjwt.OutcomeRefused, Status: 403, Code: ginjwt.CodeInsufficientScope, Cause: "scopes demanded: me",
		}},
		"failed": {ginjwttest.With(kitRequest(), ginjwttest.Fails(g.byToken, assert.AnError)), ginjwt.Event{
			Outcome: ginjwt.OutcomeFailed, Status: 500, Code: ginjwt.CodeInternal, Cause: assert.AnError.Error(),
		}},
	} {
		events = nil
		ginjwttest.Do(t, r, tc.req)
		tc.want.Guard, tc.want.Method, tc.want.Route, tc.want.Scheme = real, "GET", "/", "HTTPBearer"
		for i := range events {
			events[i].Duration = 0
		}
		assert.Equal(t, []ginjwt.Event{tc.want}, events, name)
	}
}

// TestWhatStandsBeforeAReplacementIsFirst: a dependency beside it that refuses is
// asked in its turn, before scopes are judged.
func TestWhatStandsBeforeAReplacementIsFirst(t *testing.T) {
	t.Parallel()
	g := newKitGraph(t)
	csrf := ginjwt.Provide(func(*gin.Context) (int, error) { return 0, ginjwt.HTTPError(400, "csrf") })
	second := func(_ *gin.Context, _ int, u kitUser) (kitUser, error) { return u, nil }
	r := kitRoute(ginjwt.Handle(ginjwt.Security(ginjwt.Depends2(csrf, g.claims, func(_ *gin.Context, _ int, c ginjwt.Claims) (kitUser, error) {
		return kitUser{c.Subject}, nil
	}), "me"), kitShow))
	assert.Equal(t, 400, kitAsk(t, r, ginjwttest.Value(g.claims, ginjwt.Claims{})).Code)
	r = kitRoute(ginjwt.Handle(ginjwt.Security(ginjwt.Depends2(csrf, g.byToken, second), "me"), kitShow))
	assert.Equal(t, 400, kitAsk(t, r, ginjwttest.Value(g.byToken, kitUser{"eve"})).Code)
}
