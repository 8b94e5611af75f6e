// Package ginjwtprom counts for Prometheus what the guards of ginjwt decide.
//
//	metrics, err := ginjwtprom.New(prometheus.DefaultRegisterer)
//	if err != nil {
//		log.Fatal(err)
//	}
//	r := gin.New()
//	r.Use(metrics.Observe())
//	r.Use(ginjwt.LogEvents(slog.Default()))
//	r.GET("/metrics", gin.WrapH(promhttp.Handler()))
//
// There are two metrics:
//
//   - ginjwt_decisions_total, a counter with the labels outcome, code, reason,
//     guard, route, method, scheme, issuer and alg;
//   - ginjwt_decision_duration_seconds, a histogram with the labels outcome and
//     cached ("true" or "false").
//
// A label is empty where a [ginjwt.Event] does not tell it. None is a client's
// choice, so a client cannot add series. That holds as long as the codes that a
// program puts into its own ginjwt.Errors do not depend on the request.
//
// One [Metrics.Observe] suffices: two on a request's way tell of it twice. Where an
// observer is set, ginjwt no longer logs failures by itself: that is why the code
// above has [ginjwt.LogEvents].
//
// # Security
//
// No token, secret or password is in a label, and nobody's name. The labels tell
// routes, issuers and reasons of refusals: serve /metrics to your own network, or
// behind a guard.
//
// # Compatibility
//
// As for package ginjwt. Until v1.0.0 a minor version may rename metrics and
// labels. This is a module of its own, so that nobody depends on Prometheus' client
// who does not use it; the versions that it needs are in its go.mod.
package ginjwtprom
