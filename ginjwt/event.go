package ginjwt

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
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
		set(c, func(s *settings) { s.observers = append(s.observers, fn) })
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

// accepted tells the observers that n let the request pass.
func (s *slot) accepted(c *gin.Context, n *node) {
	if !s.settings.observed() {
		return
	}
	returned := false
	defer func() {
		if !returned { // the guards to come were not asked, whatever a Recovery does
			c.Abort()
		}
	}()
	ev := Event{Outcome: OutcomeAccepted, Guard: n.shownName()}
	r := run{slot: s, c: c}
	if len(n.schemes) > 0 && !r.sent(n.schemes) && !r.covered(n) {
		ev.Outcome = OutcomeAnonymous
	}
	r.detail(&ev, n)
	publish(c, s.settings.observers, ev)
	s.settings = s.settings.begin()
	returned = true
}

// report tells the observers of a refusal or failure. If there are none, what
// only the operator can mend is logged.
func report(c *gin.Context, e *Error) {
	var fns []observer
	if s := settingsOf(c); s != nil {
		fns = s.observers
	}
	guard := lastGuard(c)
	if e.Status < 500 && (len(fns) == 0 || guard == "") {
		return // nobody asked, or no guard decided
	}
	if len(fns) == 0 {
		fns = []observer{func(ctx context.Context, ev Event) { ev.log(ctx, slog.Default()) }}
	}
	ev := Event{Outcome: OutcomeRefused, Status: e.Status, Code: e.Code, Guard: guard}
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
	if s := slotOf(c); s != nil && s.last != nil && s.settings.observed() {
		r := run{slot: s, c: c}
		r.detail(&ev, s.last)
		if scopes := r.demanded(s.last); e.Code == CodeInsufficientScope && ev.Cause == "" && len(scopes) > 0 {
			ev.Cause = "scopes demanded: " + strings.Join(scopes, " ")
		}
	}
	publish(c, fns, ev)
}

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

// knownMethod returns method if it is one of RFC 9110 section 9.1 or RFC 5789:
// others are a client's invention, and metrics would grow with them.
func knownMethod(method string) string {
	switch method {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE":
		return method
	}
	return "unknown"
}

// lastGuard returns the name of the guard that the request came to last.
func lastGuard(c *gin.Context) string {
	if s := slotOf(c); s != nil && s.last != nil {
		return s.last.shownName()
	}
	return ""
}

// redact takes the request's credentials out of a text that others made, the
// longest first: one may begin like another.
func redact(c *gin.Context, text string) string {
	if c.Request == nil {
		return text
	}
	found := secrets(c)
	if len(found) > maxSecrets {
		return redacted // nobody sends that many, and to look for them all takes long
	}
	var forms []string
	for _, secret := range found {
		quoted, ascii := strconv.Quote(secret), strconv.QuoteToASCII(secret)
		forms = append(forms, secret, url.QueryEscape(secret), quoted[1:len(quoted)-1], ascii[1:len(ascii)-1])
	}
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, form := range forms {
		if len(form) >= shortestSecret {
			pairs = append(pairs, form, redacted)
		}
	}
	return strings.NewReplacer(pairs...).Replace(text) // in one go: what it puts there is not looked at again
}

// maxSecrets is how many credentials of a request are looked for in a cause.
const maxSecrets = 64

// secrets returns the request's credentials: the Authorization header as it is,
// without its scheme, and decoded; what is in the places of the schemes that
// guard the route; and what any scheme has found.
func secrets(c *gin.Context) (found []string) {
	for _, value := range c.Request.Header["Authorization"] {
		_, credentials, _ := strings.Cut(strings.TrimSpace(value), " ")
		credentials = strings.TrimSpace(credentials)
		found = append(found, value, credentials)
		if pair, ok := decodeBasic(credentials); ok {
			_, password, _ := strings.Cut(pair, ":")
			found = append(found, pair, password)
		}
	}
	schemes, _ := guarding(c)
	if s := slotOf(c); s != nil {
		nodes, texts := s.credentials()
		schemes, found = append(schemes, nodes...), append(found, texts...)
	}
	for _, n := range schemes {
		for _, p := range n.scheme.places {
			values, _ := p.values(c)
			found = append(found, values...)
			if p.in == inQuery && c.Request.URL != nil {
				found = append(found, rawQueryValues(c.Request.URL.RawQuery, p.name)...)
			}
		}
	}
	if o, ok := c.Request.Context().Value(offerKey{}).(*offer); ok {
		found = append(found, o.tokens()...)
	}
	return found
}

// shortestSecret is the length below which a credential is not looked for: it
// would be found in ordinary words.
const shortestSecret = 4

const redacted = "[...]"
