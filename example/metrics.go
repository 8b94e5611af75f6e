package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// metrics counts what the guards decide, and how long that takes. It needs
// nothing but the standard library; package ginjwtprom does the same, with
// histograms, for programs that use Prometheus' client library.
type metrics struct {
	mu        sync.Mutex
	decisions map[string]int // by labels
	seconds   map[string]summary
}

type summary struct {
	count int
	sum   float64
}

func newMetrics() *metrics {
	return &metrics{decisions: map[string]int{}, seconds: map[string]summary{}}
}

// observe is for ginjwt.Observe. The labels of an Event have few values, and none
// that a client makes up: each new value would be one more series to store.
func (m *metrics) observe(_ context.Context, ev ginjwt.Event) {
	decision := labels("outcome", string(ev.Outcome), "code", ev.Code, "reason", string(ev.Reason), "guard", ev.Guard,
		"route", ev.Route, "method", ev.Method, "scheme", ev.Scheme, "issuer", ev.Issuer, "alg", ev.Algorithm)
	outcome := labels("outcome", string(ev.Outcome), "cached", strconv.FormatBool(ev.Cached))
	m.mu.Lock()
	defer m.mu.Unlock()
	m.decisions[decision]++
	s := m.seconds[outcome]
	m.seconds[outcome] = summary{s.count + 1, s.sum + ev.Duration.Seconds()}
}

// serve answers in Prometheus' text format, version 0.0.4.
func (m *metrics) serve(c *gin.Context) {
	c.Data(200, "text/plain; version=0.0.4; charset=utf-8", []byte(m.text()))
}

func (m *metrics) text() string {
	var b strings.Builder
	m.mu.Lock()
	defer m.mu.Unlock()
	b.WriteString("# HELP ginjwt_decisions_total What the guards decided.\n# TYPE ginjwt_decisions_total counter\n")
	for _, l := range sorted(m.decisions) {
		fmt.Fprintf(&b, "ginjwt_decisions_total{%s} %d\n", l, m.decisions[l])
	}
	b.WriteString("# HELP ginjwt_decision_seconds How long the guards took.\n# TYPE ginjwt_decision_seconds summary\n")
	for _, l := range sorted(m.seconds) {
		fmt.Fprintf(&b, "ginjwt_decision_seconds_sum{%s} %g\nginjwt_decision_seconds_count{%[1]s} %[3]d\n", l, m.seconds[l].sum, m.seconds[l].count)
	}
	return b.String()
}

func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// labels returns pairs of names and values as they stand between the braces.
func labels(pairs ...string) string {
	var list []string
	for pair := range slices.Chunk(pairs, 2) {
		list = append(list, pair[0]+`="`+escapes.Replace(pair[1])+`"`)
	}
	return strings.Join(list, ",")
}
