package ginjwt

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt/internal/override"
)

// An Outcome is what became of a request at a guard.
type Outcome string

// The outcomes.
const (
	OutcomeAccepted  Outcome = "accepted"  // let through
	OutcomeAnonymous Outcome = "anonymous" // let through without credentials, which are optional
	OutcomeRefused   Outcome = "refused"   // the client's fault: 4xx
	OutcomeFailed    Outcome = "failed"    // ours: 5xx
)

// An Event is one decision of a guard, for logs and metrics. It holds no
// credentials and, but for what a user's error quotes in Cause, nothing that a
// client chose.
type Event struct {
	// Outcome is what became of the request.
	Outcome Outcome
	// Status, Code and Reason are those of the refusal: the answer's status, an
	// Error's Code, and why a token was refused.
	Status int
	Code   string
	Reason Reason
	// Cause is the text of the error behind a failure, or behind a refusal that
	// has no Reason, without the credentials of the request that have more than
	// three bytes. For malformed credentials it says what is wrong with them, and
	// for a scope that is missing which were demanded.
	Cause string
	// Guard is the name of the function or security scheme that the guard ends
	// in. Method is that of the request, or "unknown" if it is none of HTTP's own,
	// and Route is the pattern that it was matched with.
	Guard, Method, Route string
	// Scheme names the security schemes whose credentials were sent, with " and "
	// between them.
	Scheme string
	// Ignored says what else was sent and not looked at: one of the constants, or
	// "".
	Ignored string
	// Issuer is the configured issuer by whose keys and policy a token was judged,
	// Algorithm and KeyID are the token's. They are "unknown" where only the client
	// vouches for them: the last two are told once the signature is good.
	Issuer, Algorithm, KeyID string
	// Cached says that the token was remembered, and its signature not checked
	// again.
	Cached bool
	// Duration is the time from the guard's begin to the decision. Of several in
	// one handler, each begins when the one before it has decided.
	Duration time.Duration

	subject func() string
}

// What Event.Ignored can be.
const (
	IgnoredOtherScheme = "credentials of another scheme" // which count as none were sent
	IgnoredCookie      = "a cookie beside a header"      // the header wins; see FromCookie
)

// Subject returns the sub of the token, if that was good, whatever became of the
// request; or "". It is a method, for it tells who somebody is: a log or a trace
// has it only if it asks.
func (ev Event) Subject() string {
	if ev.subject == nil {
		return ""
	}
	return ev.subject()
}

type observer = func(context.Context, Event)

// Observe returns middleware that calls fn with each decision of the guards
// after it, on the request's goroutine: what fn waits for, the client waits for.
// Several Observes all see them. Without one, failures are logged to
// slog.Default; with one, they are not. Observe panics if fn is nil.
func Observe(fn func(context.Context, Event)) gin.HandlerFunc {
	needFunc("Observe", fn)
	return func(c *gin.Context) {
		changeSettings(c, func(s *settings) { s.observers = append(s.observers, fn) })
	}
}

// LogEvents returns middleware that logs each decision to l: what was accepted
// or let through without credentials at debug level, what was refused at info,
// failures at error. It is an [Observe]. It panics if l is nil.
func LogEvents(l *slog.Logger) gin.HandlerFunc {
	if l == nil {
		panic("ginjwt: LogEvents: nil logger")
	}
	return Observe(func(ctx context.Context, ev Event) { ev.log(ctx, l) })
}

func (ev Event) log(ctx context.Context, l *slog.Logger) {
	level := slog.LevelDebug
	switch ev.Outcome {
	case OutcomeRefused:
		level = slog.LevelInfo
	case OutcomeFailed:
		level = slog.LevelError
	case OutcomeAccepted, OutcomeAnonymous:
	}
	if !l.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{slog.String("guard", ev.Guard), slog.String("method", ev.Method), slog.String("route", ev.Route)}
	if ev.Status != 0 {
		attrs = append(attrs, slog.Int("status", ev.Status), slog.String("code", ev.Code))
	}
	if ev.Reason != "" {
		attrs = append(attrs, slog.String("reason", string(ev.Reason)))
	}
	for _, a := range []struct{ name, value string }{
		{"cause", ev.Cause}, {"scheme", ev.Scheme}, {"ignored", ev.Ignored}, {"issuer", ev.Issuer}, {"alg", ev.Algorithm}, {"kid", ev.KeyID},
	} {
		if a.value != "" {
			attrs = append(attrs, slog.String(a.name, a.value))
		}
	}
	attrs = append(attrs, slog.Bool("cached", ev.Cached), slog.Duration("duration", ev.Duration))
	l.LogAttrs(ctx, level, "ginjwt: request "+string(ev.Outcome), attrs...)
}

// accepted tells the observers that the guard n has let the request pass.
func (s *slot) accepted(c *gin.Context, n *node) {
	if !s.settings.observed() && override.Watching(c) == nil {
		return
	}
	returned := false
	defer func() {
		if !returned { // an observer panicked: no handler may run, even if a Recovery goes on
			c.Abort()
		}
	}()
	ev := Event{Outcome: OutcomeAccepted, Guard: n.displayName()}
	r := run{slot: s, c: c}
	if len(n.schemes) > 0 && !r.sent(n.schemes) && !r.covered(n) {
		ev.Outcome = OutcomeAnonymous
	}
	r.fillEvent(&ev, n)
	publish(c, s.settings.listeners(), ev)
	tell(c, n, ev)
	s.settings = s.settings.begin()
	returned = true
}

// report tells the observers of a refusal or failure. If there are none, what
// only the operator can mend is logged.
func report(c *gin.Context, e *Error) {
	fns, last, watched := settingsOf(c).listeners(), lastGuard(c), override.Watching(c) != nil
	if e.Status < 500 && (last == nil || len(fns) == 0 && !watched) {
		return // no guard decided, or nobody asked
	}
	ev := Event{Outcome: OutcomeRefused, Status: e.Status, Code: e.Code}
	errors.As(e.Err, &ev.Reason)
	if e.Status >= 500 {
		ev.Outcome = OutcomeFailed
	}
	switch {
	case ev.Reason != "":
	case e.Err != nil:
		ev.Cause = redact(c, e.Err.Error())
	case e.Code == CodeMalformedCredentials:
		ev.Cause = redact(c, e.Detail)
	}
	if last != nil {
		ev.Guard = last.displayName()
		if len(fns) > 0 || watched {
			r := run{slot: slotOf(c), c: c}
			r.fillEvent(&ev, last)
			if scopes := r.demanded(last); e.Code == CodeInsufficientScope && ev.Cause == "" && len(scopes) > 0 {
				ev.Cause = "scopes demanded: " + strings.Join(scopes, " ")
			}
		}
	}
	if len(fns) == 0 && ev.Outcome == OutcomeFailed {
		fns = []observer{func(ctx context.Context, ev Event) { ev.log(ctx, slog.Default()) }}
	}
	publish(c, fns, ev)
	tell(c, last, ev)
}

// publish completes ev with what is known of the request, and tells fns.
func publish(c *gin.Context, fns []observer, ev Event) {
	ctx := context.Background()
	if c.Request != nil {
		ctx, ev.Method = c.Request.Context(), knownMethod(c.Request.Method)
	}
	ev.Route = c.FullPath()
	for _, fn := range fns {
		fn(ctx, ev)
	}
}

// knownMethod returns method if it is one of RFC 9110 section 9.1 or RFC 5789, or
// else "unknown". A client can make up any number of others, and metrics would
// keep a series for each.
func knownMethod(method string) string {
	switch method {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE":
		return method
	}
	return unknown
}

// lastGuard returns the guard that the request came to last, or nil.
func lastGuard(c *gin.Context) *node {
	if s := slotOf(c); s != nil {
		return s.lastGuard
	}
	return nil
}
