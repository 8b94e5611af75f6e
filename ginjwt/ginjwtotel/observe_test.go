package ginjwtotel_test

import (
	"maps"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/ginjwt/gin-depends/ginjwt/ginjwtotel"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

// telemetry is what a service has told.
type telemetry struct {
	spans  *tracetest.SpanRecorder
	reader *metric.ManualReader
}

// observed returns a world, and what it tells when observed with opts.
func observed(t *testing.T, opts ...ginjwtotel.Option) (*world, telemetry) {
	t.Helper()
	tel := telemetry{tracetest.NewSpanRecorder(), metric.NewManualReader()}
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(tel.spans)).Tracer("test")
	span := func(c *gin.Context) {
		ctx, span := tracer.Start(c.Request.Context(), "request")
		defer span.End()
		c.Request = c.Request.WithContext(ctx)
		c.Next()
	}
	opts = append(opts, ginjwtotel.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(tel.reader))))
	return newWorld(t, span, ginjwtotel.Observe(opts...)), tel
}

// attributes are by name, as the values' text.
type attributes = map[string]string

func byName(list []attribute.KeyValue) attributes {
	found := attributes{}
	for _, a := range list {
		found[string(a.Key)] = a.Value.String()
	}
	return found
}

// events returns the attributes of the events of the spans.
func (tel telemetry) events(t *testing.T) (list []attributes) {
	t.Helper()
	for _, span := range tel.spans.Ended() {
		for _, ev := range span.Events() {
			require.Equal(t, "ginjwt.decision", ev.Name)
			list = append(list, byName(ev.Attributes))
		}
	}
	return list
}

// metrics returns the series of the counter and of the histogram.
func (tel telemetry) metrics(t *testing.T) (counts []metricdata.DataPoint[int64], seconds []metricdata.HistogramDataPoint[float64]) {
	t.Helper()
	var data metricdata.ResourceMetrics
	require.NoError(t, tel.reader.Collect(t.Context(), &data))
	require.Len(t, data.ScopeMetrics, 1)
	assert.Equal(t, "github.com/ginjwt/gin-depends/ginjwt/ginjwtotel", data.ScopeMetrics[0].Scope.Name)
	for _, m := range data.ScopeMetrics[0].Metrics {
		switch m.Name {
		case "ginjwt.decisions":
			assert.Equal(t, "{decision}", m.Unit)
			sum := m.Data.(metricdata.Sum[int64])
			assert.True(t, sum.IsMonotonic)
			counts = sum.DataPoints
		case "ginjwt.decision.duration":
			assert.Equal(t, "s", m.Unit)
			seconds = m.Data.(metricdata.Histogram[float64]).DataPoints
		default:
			t.Errorf("a metric %q", m.Name)
		}
	}
	return counts, seconds
}

type decisionCase struct {
	method, path string
	flaws        []ginjwttest.Flaw
	anonymous    bool
	// bounded are the metric's and the span's attributes, spanOnly the span's.
	bounded, spanOnly attributes
}

func attrs(pairs ...string) attributes {
	found := attributes{}
	for i := 0; i < len(pairs); i += 2 {
		found[pairs[i]] = pairs[i+1]
	}
	return found
}

const (
	route  = string(semconv.HTTPRouteKey)
	method = string(semconv.HTTPRequestMethodKey)
	status = string(semconv.HTTPResponseStatusCodeKey)
	code   = string(semconv.ErrorTypeKey)
	user   = string(semconv.EnduserIDKey)
)

// with returns what each event about a token has, and pairs.
func with(pairs ...string) attributes {
	return attrs(append([]string{method, "GET", "ginjwt.guard", "user", "ginjwt.scheme", "OAuth2PasswordBearer",
		"ginjwt.issuer", issuerName, "ginjwt.alg", "HS256"}, pairs...)...)
}

func decisionCases() map[string]decisionCase {
	kid := attrs("ginjwt.kid", "key-1")
	return map[string]decisionCase{
		"accepted, which tells no status": {path: "/users/7", spanOnly: kid,
			bounded: with("ginjwt.outcome", "accepted", route, "/users/:id")},
		"anonymous, which tells nothing of a token": {path: "/feed", anonymous: true,
			bounded: attrs("ginjwt.outcome", "anonymous", route, "/feed", method, "GET", "ginjwt.guard", "user")},
		"no credentials": {path: "/users/7", anonymous: true,
			bounded: attrs("ginjwt.outcome", "refused", route, "/users/:id", method, "GET", "ginjwt.guard", "user",
				status, "401", code, "no_credentials")},
		"expired": {path: "/users/7", flaws: []ginjwttest.Flaw{ginjwttest.Expired}, spanOnly: kid,
			bounded: with("ginjwt.outcome", "refused", route, "/users/:id", status, "401", code, "expired_token", "ginjwt.reason", "token expired")},
		"another's signature, whose alg and kid nobody vouches for": {path: "/users/7", flaws: []ginjwttest.Flaw{ginjwttest.WrongKey},
			spanOnly: attrs("ginjwt.kid", "unknown"),
			bounded: with("ginjwt.outcome", "refused", route, "/users/:id", status, "401", code, "invalid_token",
				"ginjwt.reason", "signature wrong", "ginjwt.alg", "unknown")},
		"a scope is missing": {path: "/admin", spanOnly: attrs("ginjwt.kid", "key-1", "ginjwt.cause", "scopes demanded: admin"),
			bounded: with("ginjwt.outcome", "refused", route, "/admin", status, "403", code, "insufficient_scope")},
		"a failure of ours": {path: "/down", spanOnly: attrs("ginjwt.kid", "key-1", "ginjwt.cause", "check failing: down"),
			bounded: with("ginjwt.outcome", "failed", route, "/down", status, "503", code, "unavailable", "ginjwt.guard", "failing")},
		"a method that is none of HTTP's": {method: "PROPFIND", path: "/users/7", spanOnly: kid,
			bounded: with("ginjwt.outcome", "accepted", route, "/users/:id", method, semconv.HTTPRequestMethodOther.Value.AsString())},
		"no route": {path: "/nowhere", spanOnly: kid, bounded: with("ginjwt.outcome", "accepted")},
		"what is no UTF-8 becomes it, for OTLP takes nothing else": {path: "/latin1", spanOnly: attrs("ginjwt.kid", "key-1", "ginjwt.cause", "check failing: caf\uFFFD"),
			bounded: with("ginjwt.outcome", "refused", route, "/latin1", status, "403", code, "caf\uFFFD", "ginjwt.guard", "failing")},
	}
}

func TestTheAttributesOfADecision(t *testing.T) {
	t.Parallel()
	for rule, tc := range decisionCases() {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w, tel := observed(t)
			authorization := ""
			if !tc.anonymous {
				authorization = "Bearer " + w.token(t, tc.flaws...)
			}
			if tc.method == "" {
				tc.method = "GET"
			}
			w.send(tc.method, tc.path, authorization)

			counts, _ := tel.metrics(t)
			require.Len(t, counts, 1)
			assert.EqualValues(t, 1, counts[0].Value)
			assert.Equal(t, tc.bounded, byName(counts[0].Attributes.ToSlice()))

			events := tel.events(t)
			require.Len(t, events, 1)
			assert.NotContains(t, []string{"", "0"}, events[0]["ginjwt.duration"])
			delete(events[0], "ginjwt.duration")
			want := attrs("ginjwt.cached", "false")
			maps.Copy(want, tc.bounded)
			maps.Copy(want, tc.spanOnly)
			assert.Equal(t, want, events[0])
		})
	}
}

func TestWhatIsIgnoredIsOnTheSpan(t *testing.T) {
	t.Parallel()
	w, tel := observed(t)
	require.Equal(t, 200, w.send("GET", "/feed", "Basic YTpi"))
	assert.Equal(t, "credentials of another scheme", tel.events(t)[0]["ginjwt.ignored"])
	counts, _ := tel.metrics(t)
	assert.NotContains(t, byName(counts[0].Attributes.ToSlice()), "ginjwt.ignored")
}

func TestTheSubjectIsOnTheSpanIfAskedFor(t *testing.T) {
	t.Parallel()
	for rule, tc := range map[string]struct {
		opts []ginjwtotel.Option
		want string
	}{
		"by default, it is not": {nil, ""},
		"WithSubject":           {[]ginjwtotel.Option{ginjwtotel.WithSubject()}, "johndoe"},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w, tel := observed(t, tc.opts...)
			w.send("GET", "/users/7", "Bearer "+w.token(t))
			w.send("GET", "/users/7", "Bearer "+w.token(t, ginjwttest.Expired))
			events := tel.events(t)
			require.Len(t, events, 2)
			assert.Equal(t, tc.want, events[0][user])
			assert.NotContains(t, events[1], user, "a refused token tells nobody's name")
			counts, _ := tel.metrics(t)
			for _, point := range counts {
				assert.NotContains(t, byName(point.Attributes.ToSlice()), user)
			}
		})
	}
}
