package ginjwtotel_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	api "go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/ginjwt/gin-depends/ginjwt/ginjwtotel"
)

func TestTheDurationIsToldByOutcomeAndCache(t *testing.T) {
	t.Parallel()
	w, tel := observed(t)
	good := "Bearer " + w.token(t)
	for range 3 {
		require.Equal(t, 200, w.send("GET", "/users/7", good))
	}
	require.Equal(t, 401, w.send("GET", "/users/7", ""))

	_, seconds := tel.metrics(t)
	counts := map[string]uint64{}
	for _, point := range seconds {
		a := byName(point.Attributes.ToSlice())
		require.Len(t, a, 2)
		counts[a["ginjwt.outcome"]+" "+a["ginjwt.cached"]] = point.Count
		assert.Positive(t, point.Sum)
		assert.Less(t, point.Sum, 60.0, "seconds")
		assert.Equal(t, 1e-6, point.Bounds[0])
		assert.Equal(t, 1.0, point.Bounds[len(point.Bounds)-1])
		assert.IsIncreasing(t, point.Bounds)
	}
	assert.Equal(t, map[string]uint64{"accepted false": 1, "accepted true": 2, "refused false": 1}, counts)

	events := tel.events(t)
	require.Len(t, events, 4)
	assert.Equal(t, "false", events[0]["ginjwt.cached"])
	assert.Equal(t, "true", events[1]["ginjwt.cached"])
}

// What grows with what clients send is memory that they can take.
func TestAClientAddsNoSeries(t *testing.T) {
	t.Parallel()
	w, tel := observed(t, ginjwtotel.WithSubject())
	w.storm(t, "MARKONE")
	before, beforeSeconds := tel.metrics(t)
	w.storm(t, "MARKTWO")
	counts, seconds := tel.metrics(t)
	assert.Greater(t, len(before), 20, "the storm comes to many decisions")
	assert.Len(t, counts, len(before))
	assert.Len(t, seconds, len(beforeSeconds))
	for _, point := range counts {
		for name, value := range byName(point.Attributes.ToSlice()) {
			assert.NotContains(t, strings.ToUpper(value), "MARK", name)
			assert.NotContains(t, value, "key-1", "key IDs change with each rotation")
		}
	}
}

func TestASpanTellsOfNoCredentials(t *testing.T) {
	t.Parallel()
	w, tel := observed(t, ginjwtotel.WithSubject())
	w.storm(t, "MARKONE")
	events := tel.events(t)
	require.NotEmpty(t, events)
	subjects := 0
	for _, ev := range events {
		if ev[user] == "MARKONE" {
			subjects++
		}
		delete(ev, user) // the sub of a good token is MARKONE, too
		for name, value := range ev {
			assert.NotContains(t, strings.ToUpper(value), "MARK", name)
		}
	}
	assert.Positive(t, subjects)
}

func TestARequestWithoutASpanIsCounted(t *testing.T) {
	t.Parallel()
	reader := metric.NewManualReader()
	w := newWorld(t, ginjwtotel.Observe(ginjwtotel.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(reader)))))
	require.Equal(t, 200, w.send("GET", "/users/7", "Bearer "+w.token(t)))
	counts, _ := telemetry{tracetest.NewSpanRecorder(), reader}.metrics(t)
	assert.Len(t, counts, 1)
}

// When clients leave is when one wants to count.
func TestARequestWhoseClientLeftIsTold(t *testing.T) {
	t.Parallel()
	w, tel := observed(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req := httptest.NewRequest("GET", "/users/7", nil).WithContext(ctx)
	w.engine.ServeHTTP(httptest.NewRecorder(), req)
	counts, seconds := tel.metrics(t)
	assert.Len(t, counts, 1)
	assert.Len(t, seconds, 1)
	assert.Len(t, tel.events(t), 1)
}

func TestFaultsOfTheSetup(t *testing.T) {
	t.Parallel()
	assert.PanicsWithValue(t, "ginjwtotel: Observe: nil option", func() { ginjwtotel.Observe(nil) })
	assert.PanicsWithValue(t, "ginjwtotel: WithMeterProvider: nil provider", func() { ginjwtotel.WithMeterProvider(nil) })
}

// The two tests below change what is global, and so do not run beside others.

func TestTheGlobalMeterProviderMayComeLater(t *testing.T) {
	before := otel.GetMeterProvider()
	defer otel.SetMeterProvider(before)
	w := newWorld(t, ginjwtotel.Observe())
	reader := metric.NewManualReader()
	otel.SetMeterProvider(metric.NewMeterProvider(metric.WithReader(reader)))
	require.Equal(t, 200, w.send("GET", "/users/7", "Bearer "+w.token(t)))
	counts, seconds := telemetry{tracetest.NewSpanRecorder(), reader}.metrics(t)
	assert.Len(t, counts, 1)
	assert.Len(t, seconds, 1)
}

// brokenMeters makes no instruments.
type brokenMeters struct{ noop.MeterProvider }

type brokenMeter struct{ noop.Meter }

func (brokenMeters) Meter(string, ...api.MeterOption) api.Meter { return brokenMeter{} }

func (brokenMeter) Int64Counter(string, ...api.Int64CounterOption) (api.Int64Counter, error) {
	return nil, errors.New("no counter")
}

func (brokenMeter) Float64Histogram(string, ...api.Float64HistogramOption) (api.Float64Histogram, error) {
	return nil, errors.New("no histogram")
}

func TestWithoutInstrumentsRequestsAreStillAnswered(t *testing.T) {
	before := otel.GetErrorHandler()
	var told []string
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { told = append(told, err.Error()) }))
	w := newWorld(t, ginjwtotel.Observe(ginjwtotel.WithMeterProvider(brokenMeters{})))
	otel.SetErrorHandler(before)
	assert.Equal(t, []string{"no counter", "no histogram"}, told)
	assert.Equal(t, 200, w.send("GET", "/users/7", "Bearer "+w.token(t)))
}
