package ginjwtprom

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// Metrics count decisions. New makes them.
type Metrics struct {
	decisions *prometheus.CounterVec
	duration  *prometheus.HistogramVec
}

// New returns Metrics that are registered with reg. It returns an error if reg is
// nil or refuses them, as it does the second time: one Metrics serves any number
// of engines. After an error, none of them is registered.
func New(reg prometheus.Registerer) (*Metrics, error) {
	if reg == nil {
		return nil, errors.New("ginjwtprom: New: nil registerer")
	}
	m := &Metrics{
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ginjwt_decisions_total",
			Help: "What the guards decided.",
		}, []string{"outcome", "code", "reason", "guard", "route", "method", "scheme", "issuer", "alg"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "ginjwt_decision_duration_seconds",
			Help:    "How long the guards took.",
			Buckets: buckets(),
		}, []string{"outcome", "cached"}),
	}
	if err := reg.Register(m.decisions); err != nil {
		return nil, fmt.Errorf("ginjwtprom: ginjwt_decisions_total: %w", err)
	}
	if err := reg.Register(m.duration); err != nil {
		reg.Unregister(m.decisions)
		return nil, fmt.Errorf("ginjwtprom: ginjwt_decision_duration_seconds: %w", err)
	}
	return m, nil
}

// buckets returns the histogram's upper bounds in seconds: a remembered token takes
// microseconds, and one whose keys must be fetched takes up to a second.
func buckets() []float64 {
	return []float64{
		1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4,
		1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1,
	}
}

// Observe returns middleware that counts each decision of the guards after it. It
// panics if m was not made by New.
func (m *Metrics) Observe() gin.HandlerFunc {
	if m == nil || m.decisions == nil {
		panic("ginjwtprom: Observe: Metrics that New did not make")
	}
	return ginjwt.Observe(func(_ context.Context, ev ginjwt.Event) {
		m.decisions.WithLabelValues(
			string(ev.Outcome), label(ev.Code), label(string(ev.Reason)), label(ev.Guard), label(ev.Route),
			ev.Method, label(ev.Scheme), label(ev.Issuer), label(ev.Algorithm),
		).Inc()
		m.duration.WithLabelValues(string(ev.Outcome), strconv.FormatBool(ev.Cached)).Observe(ev.Duration.Seconds())
	})
}

// label returns text as valid UTF-8: Prometheus panics on a label that is not.
func label(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }
