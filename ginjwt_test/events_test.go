package ginjwt_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
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

// only returns the events as they can be compared: each without its Duration,
// which must be positive, and without the function behind Subject.
func (l *eventLog) only(t *testing.T) []ginjwt.Event {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	var events []ginjwt.Event
	for _, ev := range l.events {
		require.Positive(t, ev.Duration)
		var plain ginjwt.Event
		from, to := reflect.ValueOf(ev), reflect.ValueOf(&plain).Elem()
		for i := range from.NumField() {
			if f := from.Type().Field(i); f.IsExported() && f.Name != "Duration" {
				to.Field(i).Set(from.Field(i))
			}
		}
		events = append(events, plain)
	}
	return events
}

// only1 returns the only event, as it can be compared.
func (l *eventLog) only1(t *testing.T) ginjwt.Event {
	t.Helper()
	events := l.only(t)
	require.Len(t, events, 1)
	return events[0]
}

// guards returns the guards of the events, with their outcomes.
func (l *eventLog) guards() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var names []string
	for _, ev := range l.events {
		names = append(names, eventShort(ev.Guard)+" "+string(ev.Outcome))
	}
	return names
}

// eventShort is a guard's name without the package's.
func eventShort(guard string) string {
	if strings.HasPrefix(guard, "AnyOf(") {
		return strings.ReplaceAll(guard, "ginjwt_test_test.", "")
	}
	return guard[strings.LastIndexByte(guard, '.')+1:]
}

// outcomeHeader sets a header line, with tokens for their names.
func outcomeHeader(r *http.Request, line string, tokens map[string]string) {
	for name, value := range tokens {
		line = strings.ReplaceAll(line, name, value)
	}
	if name, value, ok := strings.Cut(line, ": "); ok {
		r.Header.Add(name, value)
	}
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
		"Handle2, one for each":         {[]gin.HandlerFunc{ginjwt.Handle2(g.claims, user, func(*gin.Context, ginjwt.Claims, string) {})}, token, []string{"JWT accepted", "eventUser accepted"}},
		"Handle2 ends with a refusal":   {[]gin.HandlerFunc{ginjwt.Handle2(user, ginjwt.Provide(eventDown), func(*gin.Context, string, int) {})}, token, []string{"eventUser accepted", "eventDown failed"}},
		"Require ends with a refusal":   {[]gin.HandlerFunc{ginjwt.Require(g.claims, user)}, "", []string{"JWT refused"}},
		"a group's and the route's":     {[]gin.HandlerFunc{ginjwt.Require(user), ginjwt.Handle(user, nothing)}, token, []string{"eventUser accepted", "eventUser accepted"}},
		"a scope that is missing":       {[]gin.HandlerFunc{ginjwt.Require(ginjwt.Security(user, "admin"))}, token, []string{"eventUser refused"}},
		"Get is no guard":               {[]gin.HandlerFunc{ginjwt.Require(ginjwt.Provide(eventOne)), func(c *gin.Context) { _, _ = user.Get(c) }}, "", []string{"eventOne accepted"}},
		"a failure":                     {[]gin.HandlerFunc{ginjwt.Require(ginjwt.Provide(eventDown))}, "", []string{"eventDown failed"}},
		"a guard beside the body":       {[]gin.HandlerFunc{ginjwt.Require(user, form)}, token, []string{"eventUser accepted", "PasswordForm refused"}},
		"a guard above the body":        {[]gin.HandlerFunc{ginjwt.Require(both)}, token, []string{"eventBoth refused"}},
		"an optional guard":             {[]gin.HandlerFunc{ginjwt.Require(ginjwt.Optional(user))}, "", []string{"eventUser anonymous"}},
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
	r := newEngine()
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
		r := newEngine()
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
