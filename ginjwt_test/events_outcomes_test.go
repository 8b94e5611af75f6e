package ginjwt_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

func eventClaims(_ *gin.Context, c ginjwt.Claims) (ginjwt.Claims, error) { return c, nil }

// outcomeWorld is a chain whose keys and revocations can be lost.
type outcomeWorld struct {
	*cacheWorld
	claims, user *ginjwt.Dependency[ginjwt.Claims]
}

func newOutcomeWorld(t *testing.T, opts ...ginjwt.SchemeOption) *outcomeWorld {
	t.Helper()
	w, v := newCacheWorld(t)
	o := &outcomeWorld{cacheWorld: w, claims: ginjwt.JWT[ginjwt.Claims](ginjwt.HTTPBearer(opts...), v)}
	o.user = ginjwt.Depends(o.claims, eventClaims)
	return o
}

// The whole event of each kind of decision.
func TestTheEventOfEveryOutcome(t *testing.T) {
	t.Parallel()
	key := ginjwt.APIKeyHeader("X-Key")
	good, bad := "Authorization: Bearer {good}", "Authorization: Bearer {bad}"
	const scoped = "scopes demanded: admin me"
	down := errors.New("down")
	for rule, tc := range map[string]struct {
		guard  func(w *outcomeWorld) ginjwt.Guard
		change func(w *outcomeWorld, r *http.Request) *http.Request
		line   string
		want   ginjwt.Event
	}{
		"accepted":                             {guard: outcomeUser, line: good, want: outcomeOK},
		"refused":                              {guard: outcomeUser, line: bad, want: outcomeRefused(401, ginjwt.CodeInvalidToken, ginjwt.ReasonSignature, "")},
		"no credentials":                       {guard: outcomeUser, want: ginjwt.Event{Outcome: ginjwt.OutcomeRefused, Status: 401, Code: ginjwt.CodeNoCredentials}},
		"malformed credentials":                {guard: outcomeUser, line: "Authorization: Bearer a b", want: ginjwt.Event{Outcome: ginjwt.OutcomeRefused, Status: 400, Code: ginjwt.CodeMalformedCredentials, Cause: "Malformed Authorization header", Scheme: "HTTPBearer"}},
		"optional, and nobody":                 {guard: outcomeOptional, want: ginjwt.Event{Outcome: ginjwt.OutcomeAnonymous}},
		"optional, and somebody":               {guard: outcomeOptional, line: good, want: outcomeOK},
		"optional, and a bad token":            {guard: outcomeOptional, line: bad, want: outcomeRefused(401, ginjwt.CodeInvalidToken, ginjwt.ReasonSignature, "")},
		"optional, and another scheme":         {guard: outcomeOptional, line: "Authorization: Basic YTpi", want: ginjwt.Event{Outcome: ginjwt.OutcomeAnonymous, Ignored: ginjwt.IgnoredOtherScheme}},
		"nobody, by OptionalOr":                {guard: func(w *outcomeWorld) ginjwt.Guard { return ginjwt.OptionalOr(w.user, ginjwt.Claims{}) }, want: ginjwt.Event{Outcome: ginjwt.OutcomeAnonymous}},
		"nobody, above the Optional":           {guard: func(w *outcomeWorld) ginjwt.Guard { return ginjwt.Depends(ginjwt.Optional(w.user), outcomeAbove) }, want: ginjwt.Event{Outcome: ginjwt.OutcomeAnonymous, Guard: "outcomeAbove"}},
		"nobody, over AnyOf":                   {guard: func(w *outcomeWorld) ginjwt.Guard { return ginjwt.Optional(ginjwt.AnyOf(outcomeKeyed(key), w.user)) }, want: ginjwt.Event{Outcome: ginjwt.OutcomeAnonymous, Guard: "AnyOf(outcomeKey, eventClaims)"}},
		"no scheme at all is nobody's absence": {guard: func(*outcomeWorld) ginjwt.Guard { return ginjwt.Provide(eventOne) }, want: ginjwt.Event{Outcome: ginjwt.OutcomeAccepted, Guard: "eventOne"}},
		"another credential is somebody's":     {guard: func(w *outcomeWorld) ginjwt.Guard { return ginjwt.AllOf(ginjwt.Optional(w.user), key) }, line: "X-Key: abc", want: ginjwt.Event{Outcome: ginjwt.OutcomeAccepted, Guard: "AllOf", Scheme: "APIKeyHeader"}},
		"a scope is missing": {guard: func(w *outcomeWorld) ginjwt.Guard {
			return ginjwt.Security(ginjwt.Security(w.user, "me"), "admin", "me")
		}, line: good, want: outcomeRefused(403, ginjwt.CodeInsufficientScope, "", scoped)},
		"a scope is missing below an Optional": {guard: func(w *outcomeWorld) ginjwt.Guard { return ginjwt.Optional(ginjwt.Security(w.user, "admin", "me")) }, line: good, want: outcomeRefused(403, ginjwt.CodeInsufficientScope, "", scoped)},
		"a check that fails":                   {guard: func(w *outcomeWorld) ginjwt.Guard { return ginjwt.Check(w.user, "role:admin", outcomeNo) }, line: good, want: outcomeAs(outcomeRefused(403, ginjwt.CodeForbidden, "", "check role:admin: no"), "role:admin")},
		"forbidden by a user's function":       {guard: func(w *outcomeWorld) ginjwt.Guard { return ginjwt.Depends(w.user, outcomeForbids) }, line: good, want: outcomeAs(outcomeRefused(403, ginjwt.CodeForbidden, "", ""), "outcomeForbids")},
		"a user who is gone":                   {guard: func(w *outcomeWorld) ginjwt.Guard { return ginjwt.Depends(w.user, outcomeGone) }, line: good, want: outcomeAs(outcomeRefused(401, ginjwt.CodeUnauthenticated, "", ""), "outcomeGone")},
		"a plain error is ours":                {guard: func(w *outcomeWorld) ginjwt.Guard { return ginjwt.Depends(w.user, outcomeBug) }, line: good, want: outcomeAs(outcomeFailed(500, ginjwt.CodeInternal, "a bug"), "outcomeBug")},
		"keys that are down":                   {guard: outcomeUser, line: good, change: func(w *outcomeWorld, r *http.Request) *http.Request { w.keyErr = down; return r }, want: outcomeUnknown(outcomeFailed(503, ginjwt.CodeUnavailable, "down"))},
		"a revoker that is down":               {guard: outcomeUser, line: good, change: func(w *outcomeWorld, r *http.Request) *http.Request { w.lost = down; return r }, want: outcomeFailed(503, ginjwt.CodeUnavailable, "down")},
		"the client left":                      {guard: func(w *outcomeWorld) ginjwt.Guard { return ginjwt.Depends(w.user, outcomeContext) }, line: good, change: outcomeCancelled, want: outcomeAs(outcomeRefused(499, ginjwt.CodeClientClosed, "", "context canceled\ncontext canceled"), "outcomeContext")},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w := newOutcomeWorld(t)
			req := httptest.NewRequest(http.MethodGet, "/", nil)
			tokens := map[string]string{"{good}": w.token(t, `,"scope":"me"`), "{bad}": extBroken(w.token(t, ""))}
			outcomeHeader(req, tc.line, tokens)
			if tc.change != nil {
				req = tc.change(w, req)
			}
			var log eventLog
			graphEngine(log.observe(), ginjwt.Require(tc.guard(w))).ServeHTTP(httptest.NewRecorder(), req)
			want := tc.want
			if want.Guard == "" {
				want.Guard = "eventClaims"
			}
			want.Method, want.Route = "GET", "/"
			got := log.only1(t)
			got.Guard = eventShort(got.Guard)
			assert.Equal(t, want, got)
		})
	}
}

// outcomeOK is the event of a good token, and what a later refusal of it has.
var outcomeOK = ginjwt.Event{Outcome: ginjwt.OutcomeAccepted, Scheme: "HTTPBearer", Issuer: testIssuer, Algorithm: "HS256"}

func outcomeRefused(status int, code string, reason ginjwt.Reason, cause string) ginjwt.Event {
	ev := outcomeOK
	ev.Outcome, ev.Status, ev.Code, ev.Reason, ev.Cause = ginjwt.OutcomeRefused, status, code, reason, cause
	if reason != "" {
		return outcomeUnknown(ev)
	}
	return ev
}

func outcomeFailed(status int, code, cause string) ginjwt.Event {
	ev := outcomeRefused(status, code, "", cause)
	ev.Outcome = ginjwt.OutcomeFailed
	return ev
}

func outcomeUnknown(ev ginjwt.Event) ginjwt.Event {
	ev.Algorithm, ev.KeyID = "unknown", "unknown"
	return ev
}

func outcomeAs(ev ginjwt.Event, guard string) ginjwt.Event {
	ev.Guard = guard
	return ev
}

func outcomeUser(w *outcomeWorld) ginjwt.Guard     { return w.user }
func outcomeOptional(w *outcomeWorld) ginjwt.Guard { return ginjwt.Optional(w.user) }

func outcomeKeyed(key *ginjwt.Dependency[string]) *ginjwt.Dependency[ginjwt.Claims] {
	return ginjwt.Depends(key, outcomeKey)
}

func outcomeKey(*gin.Context, string) (ginjwt.Claims, error) { return ginjwt.Claims{}, nil }
func outcomeAbove(*gin.Context, *ginjwt.Claims) (int, error) { return 1, nil }
func outcomeNo(*gin.Context, ginjwt.Claims) error            { return errors.New("no") }
func outcomeForbids(*gin.Context, ginjwt.Claims) (int, error) {
	return 0, ginjwt.Forbidden("Inactive user")
}
func outcomeGone(*gin.Context, ginjwt.Claims) (int, error) { return 0, ginjwt.Unauthenticated("Gone") }
func outcomeBug(*gin.Context, ginjwt.Claims) (int, error)  { return 0, errors.New("a bug") }
func outcomeContext(c *gin.Context, _ ginjwt.Claims) (int, error) {
	return 0, c.Request.Context().Err()
}
func outcomeCancelled(_ *outcomeWorld, r *http.Request) *http.Request {
	ctx, cancel := context.WithCancel(r.Context())
	cancel()
	return r.WithContext(ctx)
}

// A source that breaks its promise is told as what it is.
func TestTheEventOfABugOfTheUsersSource(t *testing.T) {
	t.Parallel()
	w := newOutcomeWorld(t)
	w.key = ginjwt.Key{}
	var log eventLog
	require.Equal(t, 503, get(graphEngine(log.observe(), ginjwt.Require(w.user)), "/", w.token(t, "")).Code)
	assert.Contains(t, log.only1(t).Cause, "the zero Key")
}
