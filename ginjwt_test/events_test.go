package ginjwt_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// eventLog collects events.
type eventLog struct {
	mu     sync.Mutex
	events []ginjwt.Event
}

func (l *eventLog) observe() gin.HandlerFunc {
	return ginjwt.Observe(func(_ context.Context, ev ginjwt.Event) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.events = append(l.events, ev)
	})
}

// guards returns the guards of the events, with their outcomes.
func (l *eventLog) guards() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var names []string
	for _, ev := range l.events {
		name := ev.Guard[strings.LastIndexByte(ev.Guard, '.')+1:]
		names = append(names, name+" "+string(ev.Outcome))
	}
	return names
}

// requireNothingOf fails if a text shows the token, a part of it or what is in it.
func requireNothingOf(t *testing.T, token, text string) {
	t.Helper()
	require.NotContains(t, text, eventSecret)
	require.NotContains(t, text, testIssuer)
	for i, part := range strings.Split(token, ".") {
		require.NotContains(t, text, part, "part %d", i)
	}
}

func TestEventOfEveryReason(t *testing.T) {
	t.Parallel()
	seen := map[ginjwt.Reason]bool{}
	for _, tc := range refusedTokens(t) {
		seen[tc.reason] = true
		t.Run(string(tc.reason), func(t *testing.T) {
			t.Parallel()
			var log eventLog
			var lines bytes.Buffer
			logger := slog.New(slog.NewJSONHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug}))
			claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), refusingVerifier(t, 10))
			r := gin.New()
			r.GET("/users/:id", log.observe(), ginjwt.LogEvents(logger), ginjwt.Require(claims))
			for range 2 {
				require.Equal(t, 401, get(r, "/users/"+eventSecret, tc.token).Code)
			}
			want := ginjwt.Event{
				Outcome: ginjwt.OutcomeRefused, Status: 401, Code: ginjwt.CodeInvalidToken, Reason: tc.reason,
				Guard: "JWT", Method: http.MethodGet, Route: "/users/:id",
			}
			if tc.reason == ginjwt.ReasonExpired {
				want.Code = ginjwt.CodeExpiredToken
			}
			require.Equal(t, []ginjwt.Event{want, want}, log.events)
			requireNothingOf(t, tc.token, fmt.Sprintf("%#v", log.events))
			requireNothingOf(t, tc.token, lines.String())
			assert.Contains(t, lines.String(), string(tc.reason))
			assert.Contains(t, lines.String(), `"level":"INFO"`)
			assert.Equal(t, 2, strings.Count(lines.String(), "\n"), "one line each")
		})
	}
	assert.Len(t, seen, 17, "every Reason has its case")
}

func eventUser(_ *gin.Context, c ginjwt.Claims) (string, error) { return c.Subject, nil }

func TestOneEventPerDecision(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	user := ginjwt.Depends(g.claims, eventUser)
	form := ginjwt.PasswordForm()
	both := ginjwt.Depends2(user, form, eventBoth)
	token := sign(t, g.issuer, "johndoe", "me")
	nothing := func(*gin.Context, string) {}
	cases := map[string]struct {
		handlers []gin.HandlerFunc
		token    string
		want     []string
	}{
		"Handle":                        {[]gin.HandlerFunc{ginjwt.Handle(user, nothing)}, token, []string{"eventUser accepted"}},
		"Handle without credentials":    {[]gin.HandlerFunc{ginjwt.Handle(user, nothing)}, "", []string{"eventUser refused"}},
		"a malformed header":            {[]gin.HandlerFunc{ginjwt.Handle(user, nothing)}, "a b", []string{"eventUser refused"}},
		"a token that is none":          {[]gin.HandlerFunc{ginjwt.Handle(user, nothing)}, "abc", []string{"eventUser refused"}},
		"Require, one for each guard":   {[]gin.HandlerFunc{ginjwt.Require(g.claims, user)}, token, []string{"JWT accepted", "eventUser accepted"}},
		"Require ends with a refusal":   {[]gin.HandlerFunc{ginjwt.Require(g.claims, user)}, "", []string{"JWT refused"}},
		"a group's and the route's":     {[]gin.HandlerFunc{ginjwt.Require(user), ginjwt.Handle(user, nothing)}, token, []string{"eventUser accepted", "eventUser accepted"}},
		"a scope that is missing":       {[]gin.HandlerFunc{ginjwt.Require(ginjwt.Security(user, "admin"))}, token, []string{"eventUser refused"}},
		"Get is no guard":               {[]gin.HandlerFunc{ginjwt.Require(ginjwt.Provide(eventOne)), func(c *gin.Context) { _, _ = user.Get(c) }}, "", []string{"eventOne accepted"}},
		"a failure":                     {[]gin.HandlerFunc{ginjwt.Require(ginjwt.Provide(eventDown))}, "", []string{"eventDown failed"}},
		"a guard beside the body":       {[]gin.HandlerFunc{ginjwt.Require(user, form)}, token, []string{"eventUser accepted", "PasswordForm refused"}},
		"a guard above the body":        {[]gin.HandlerFunc{ginjwt.Require(both)}, token, []string{"eventBoth refused"}},
		"an optional guard":             {[]gin.HandlerFunc{ginjwt.Require(ginjwt.Optional(user))}, "", []string{"eventUser accepted"}},
		"Public":                        {[]gin.HandlerFunc{ginjwt.Public()}, "", nil},
		"a plain handler that aborts":   {[]gin.HandlerFunc{func(c *gin.Context) { ginjwt.Abort(c, ginjwt.Forbidden("no")) }}, "", nil},
		"an abort after the guard":      {[]gin.HandlerFunc{ginjwt.Require(user), func(c *gin.Context) { ginjwt.Abort(c, ginjwt.Forbidden("no")) }}, token, []string{"eventUser accepted", "eventUser refused"}},
		"a guard that is never come to": {[]gin.HandlerFunc{func(c *gin.Context) { c.Abort() }, ginjwt.Require(user)}, token, nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log eventLog
			get(graphEngine(append([]gin.HandlerFunc{log.observe()}, tc.handlers...)...), "/", tc.token)
			assert.Equal(t, tc.want, log.guards())
		})
	}
}

func eventBoth(_ *gin.Context, _ string, _ ginjwt.OAuth2PasswordRequestForm) (string, error) {
	return "", nil
}

func eventOne(*gin.Context) (int, error) { return 1, nil }

func eventDown(*gin.Context) (int, error) { return 0, errors.New("down") }

func TestObserversStack(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	var root, first, second, late, between graphLog
	note := func(l *graphLog) gin.HandlerFunc {
		return ginjwt.Observe(func(_ context.Context, ev ginjwt.Event) { l.add(ev.Route) })
	}
	guard := ginjwt.Require(g.claims)
	r := gin.New()
	r.Use(note(&root), note(&root))
	a := r.Group("/a", note(&first))
	b := r.Group("/b", note(&second))
	a.GET("", guard)
	b.GET("", guard, note(&between), guard, guard)
	r.GET("/c", guard, note(&late))
	token := sign(t, g.issuer, "johndoe", "")
	var all sync.WaitGroup
	for range 4 {
		for _, path := range []string{"/a", "/b", "/c"} {
			all.Go(func() { assert.Equal(t, 200, get(r, path, token).Code) })
		}
	}
	all.Wait()
	count := func(l *graphLog) map[string]int {
		n := map[string]int{}
		for _, name := range l.all() {
			n[name]++
		}
		return n
	}
	assert.Equal(t, map[string]int{"/a": 8, "/b": 24, "/c": 8}, count(&root), "each of two, all routes")
	assert.Equal(t, map[string]int{"/a": 4}, count(&first))
	assert.Equal(t, map[string]int{"/b": 12}, count(&second))
	assert.Equal(t, map[string]int{"/b": 8}, count(&between), "only the guards after it")
	assert.Empty(t, count(&late))
}

func TestObserversAreCalledInOrderWithTheRequestsContext(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	var order []any
	note := func(name string) gin.HandlerFunc {
		return ginjwt.Observe(func(ctx context.Context, _ ginjwt.Event) { order = append(order, name, ctx.Value(revokerKey{})) })
	}
	r := graphEngine(note("outer"), note("inner"), ginjwt.Require(g.claims))
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	r.ServeHTTP(httptest.NewRecorder(), req.WithContext(context.WithValue(t.Context(), revokerKey{}, "mark")))
	assert.Equal(t, []any{"outer", "mark", "inner", "mark"}, order)
}

// OnError and Observe are kept in one place: neither may lose the other.
func TestObserveAndOnErrorStandTogether(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	for name, order := range map[string]func(l *eventLog) []gin.HandlerFunc{
		"Observe first": func(l *eventLog) []gin.HandlerFunc { return []gin.HandlerFunc{l.observe(), renderText("mine")} },
		"OnError first": func(l *eventLog) []gin.HandlerFunc { return []gin.HandlerFunc{renderText("mine"), l.observe()} },
		"after a guard": func(l *eventLog) []gin.HandlerFunc {
			return []gin.HandlerFunc{ginjwt.Require(graphValue(1)), renderText("mine"), l.observe()}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log eventLog
			w := get(graphEngine(append(order(&log), ginjwt.Require(g.claims))...), "/", "")
			assert.Contains(t, w.Body.String(), "mine")
			assert.Equal(t, []string{"JWT refused"}, log.guards())
		})
	}
}

// A failure tells its cause, without the credentials that an error may quote.
func TestEventOfAFailure(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	token := f.token(t, f.headerOf(""), goodPayload(""))
	down := errors.New("keys are down, asked for " + token)
	v := forgeVerifier(t, source(func(ginjwt.Algorithm, string) (ginjwt.Key, error) { return ginjwt.Key{}, down }), nil)
	var log eventLog
	var lines bytes.Buffer
	r := graphEngine(log.observe(), ginjwt.LogEvents(slog.New(slog.NewTextHandler(&lines, nil))),
		ginjwt.Require(ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), v)))
	require.Equal(t, 503, get(r, "/", token).Code)
	require.Equal(t, []ginjwt.Event{{
		Outcome: ginjwt.OutcomeFailed, Status: 503, Code: ginjwt.CodeUnavailable,
		Cause: "keys are down, asked for [...]", Guard: "JWT", Method: http.MethodGet, Route: "/",
	}}, log.events)
	requireNothingOf(t, token, lines.String())
	assert.Contains(t, lines.String(), "level=ERROR")
}

// What is put in place of credentials must not be found and replaced in turn:
// a header of many words would blow a log line up.
func TestRedactedCauseDoesNotGrow(t *testing.T) {
	t.Parallel()
	var log eventLog
	down := ginjwt.Provide(func(*gin.Context) (int, error) { return 0, errors.New("database is down") })
	r := graphEngine(log.observe(), ginjwt.Require(down))
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	req.Header.Set("Authorization", "Bearer database"+strings.Repeat(" redacted", 1000))
	req.Header.Add("Authorization", "Bearer database")
	r.ServeHTTP(httptest.NewRecorder(), req)
	require.Len(t, log.events, 1)
	assert.NotContains(t, log.events[0].Cause, "database")
	assert.Less(t, len(log.events[0].Cause), 100)
}

func TestLogLevels(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	for level, guard := range map[string]ginjwt.Guard{
		"level=DEBUG": ginjwt.Provide(eventOne), "level=INFO": g.user, "level=ERROR": ginjwt.Provide(eventDown),
	} {
		var lines bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug}))
		get(graphEngine(ginjwt.LogEvents(logger), ginjwt.Require(guard)), "/", "")
		assert.Contains(t, lines.String(), level)
		assert.Equal(t, 1, strings.Count(lines.String(), "\n"))
	}
}

// Without an observer, what an operator must mend is logged, and nothing that
// any client can cause.
func TestDefaultLog(t *testing.T) {
	logged := graphCaptureLog(t)
	g := newGraphChain(t)
	cases := map[string]struct {
		handlers []gin.HandlerFunc
		says     string
	}{
		"accepted":                  {[]gin.HandlerFunc{ginjwt.Require(ginjwt.Provide(eventOne))}, ""},
		"refused":                   {[]gin.HandlerFunc{ginjwt.Require(g.user)}, ""},
		"failed":                    {[]gin.HandlerFunc{ginjwt.Require(ginjwt.Provide(eventDown))}, "down"},
		"failed in a handler":       {[]gin.HandlerFunc{func(c *gin.Context) { ginjwt.Abort(c, errors.New("handler down")) }}, "handler down"},
		"failed, observed":          {[]gin.HandlerFunc{new(eventLog).observe(), ginjwt.Require(ginjwt.Provide(eventDown))}, ""},
		"failed, observed too late": {[]gin.HandlerFunc{ginjwt.Require(ginjwt.Provide(eventDown)), new(eventLog).observe()}, "down"},
		"failed, with OnError":      {[]gin.HandlerFunc{renderText("mine"), ginjwt.Require(ginjwt.Provide(eventDown))}, "down"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			logged.Reset()
			get(graphEngine(tc.handlers...), "/", "")
			if tc.says == "" {
				assert.Empty(t, logged.String())
				return
			}
			assert.Contains(t, logged.String(), tc.says)
			assert.Equal(t, 1, strings.Count(logged.String(), "\n"))
		})
	}
}

// An observer that panics is the user's bug: no guard is skipped for it, not
// even under a Recovery that lets the chain go on.
func TestObserverThatPanicsOpensNothing(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	panics := ginjwt.Observe(func(context.Context, ginjwt.Event) { panic("a bug") })
	lax := gin.CustomRecoveryWithWriter(nil, func(*gin.Context, any) {})
	for name, guard := range map[string]gin.HandlerFunc{
		"before the guard that refuses": ginjwt.Require(ginjwt.Provide(eventOne), g.user),
		"at the guard that refuses":     ginjwt.Require(g.user),
		"in Handle2":                    ginjwt.Handle2(ginjwt.Provide(eventOne), g.user, func(*gin.Context, int, graphUser) {}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log graphLog
			get(graphEngine(lax, panics, guard, log.handler("later")), "/", "")
			assert.Empty(t, log.all())
			strict := gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, _ any) { c.AbortWithStatus(500) })
			assert.GreaterOrEqual(t, get(graphEngine(strict, panics, guard), "/", "").Code, 400)
		})
	}
}

func TestEventMethods(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]string{"GET": "GET", "PATCH": "PATCH", "TRACE": "TRACE", "get": "unknown", "PROPFIND": "unknown", "GET\u00a0": "unknown"} {
		var log eventLog
		r := gin.New()
		r.Use(log.observe(), ginjwt.Require(ginjwt.Provide(eventOne)))
		req := httptest.NewRequest("GET", "/no/such/route", nil)
		req.Method = method
		r.ServeHTTP(httptest.NewRecorder(), req)
		require.Len(t, log.events, 1)
		assert.Equal(t, want, log.events[0].Method)
		assert.Empty(t, log.events[0].Route, "the client's path is no pattern")
	}
}

func TestObserveSetUpMistakes(t *testing.T) {
	t.Parallel()
	assert.Contains(t, panicText(func() { ginjwt.Observe(nil) }), "ginjwt: Observe: nil function")
	assert.Contains(t, panicText(func() { ginjwt.LogEvents(nil) }), "ginjwt: LogEvents: nil logger")
}
