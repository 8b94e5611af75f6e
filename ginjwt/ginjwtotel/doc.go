// Package ginjwtotel tells OpenTelemetry what the guards of ginjwt decide.
//
//	r := gin.New()
//	r.Use(otelgin.Middleware("my-service")) // before Observe: it begins the span
//	r.Use(ginjwtotel.Observe())
//	r.Use(ginjwt.LogEvents(slog.Default()))
//
// Each decision becomes an event "ginjwt.decision" on the span of the request's
// context, and is counted:
//
//   - ginjwt.decisions, a counter;
//   - ginjwt.decision.duration, a histogram in seconds, by ginjwt.outcome and
//     ginjwt.cached.
//
// The counter and the span event have the attributes http.route,
// http.request.method, http.response.status_code (of a refusal or failure),
// error.type (the Code of the ginjwt.Error), ginjwt.outcome, ginjwt.reason,
// ginjwt.guard, ginjwt.scheme, ginjwt.issuer and ginjwt.alg. The span event alone
// has ginjwt.cached, ginjwt.duration in seconds, ginjwt.ignored, ginjwt.kid and
// ginjwt.cause, and enduser.id if [WithSubject] asks for it. What an event does not
// tell is left out.
//
// No attribute of a metric is a client's choice, so a client cannot make the
// metrics grow. That holds as long as the codes that a program puts into its own
// ginjwt.Errors do not depend on the request.
//
// One [Observe] suffices: two on a request's way tell of it twice. Where an
// observer is set, ginjwt no longer logs failures by itself: that is why the code
// above has [ginjwt.LogEvents].
//
// # Security
//
// No token, secret or password is in a span or a metric. ginjwt.cause, which is
// on spans alone, quotes the errors of your own functions, without the
// credentials of the request. Who somebody is, is told only by [WithSubject].
//
// # Compatibility
//
// As for package ginjwt. Until v1.0.0 a minor version may rename metrics and
// attributes: some follow OpenTelemetry's semantic conventions, which change as
// well. This is a module of its own, so that nobody depends on OpenTelemetry who
// does not use it; the versions that it needs are in its go.mod.
package ginjwtotel
