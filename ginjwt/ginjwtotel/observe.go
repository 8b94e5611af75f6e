package ginjwtotel

import (
	"context"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// meterName is the instrumentation scope of the metrics.
const meterName = "github.com/ginjwt/gin-depends/ginjwt/ginjwtotel"

// An Option changes what Observe does.
type Option func(*config)

type config struct {
	meters  metric.MeterProvider
	subject bool
}

// WithMeterProvider makes the metrics p's. By default, they are those of
// otel.GetMeterProvider. It panics if p is nil.
func WithMeterProvider(p metric.MeterProvider) Option {
	if p == nil {
		panic("ginjwtotel: WithMeterProvider: nil provider")
	}
	return func(c *config) { c.meters = p }
}

// WithSubject puts the sub of a good token on the span, as enduser.id. By
// default, a trace does not tell who somebody is. Metrics never do.
func WithSubject() Option {
	return func(c *config) { c.subject = true }
}

// Observe returns middleware that tells OpenTelemetry of each decision of the
// guards after it: on the span of the request's context, if that is recorded, and
// by metrics. It panics if an option is nil. An instrument that the MeterProvider
// does not make is reported to otel.Handle, and done without.
func Observe(opts ...Option) gin.HandlerFunc {
	c := config{meters: otel.GetMeterProvider()}
	for _, opt := range opts {
		if opt == nil {
			panic("ginjwtotel: Observe: nil option")
		}
		opt(&c)
	}
	decisions, duration := c.instruments()
	return ginjwt.Observe(func(ctx context.Context, ev ginjwt.Event) {
		decisions.Add(ctx, 1, metric.WithAttributes(bounded(ev)...))
		duration.Record(ctx, ev.Duration.Seconds(), metric.WithAttributes(outcome(ev), cached(ev)))
		if span := trace.SpanFromContext(ctx); span.IsRecording() {
			span.AddEvent("ginjwt.decision", trace.WithAttributes(c.detailed(ev)...))
		}
	})
}

// bounds are the histogram's, in seconds: a remembered token takes microseconds,
// and one whose keys must be fetched takes up to a second.
var bounds = []float64{
	1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4,
	1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1,
}

// instruments makes the metrics. One that cannot be made does nothing.
func (c config) instruments() (metric.Int64Counter, metric.Float64Histogram) {
	meter := c.meters.Meter(meterName)
	decisions, err := meter.Int64Counter("ginjwt.decisions",
		metric.WithUnit("{decision}"), metric.WithDescription("What the guards decided."))
	if err != nil {
		otel.Handle(err)
		decisions = noop.Int64Counter{}
	}
	duration, err := meter.Float64Histogram("ginjwt.decision.duration",
		metric.WithUnit("s"), metric.WithDescription("How long the guards took."),
		metric.WithExplicitBucketBoundaries(bounds...))
	if err != nil {
		otel.Handle(err)
		duration = noop.Float64Histogram{}
	}
	return decisions, duration
}
