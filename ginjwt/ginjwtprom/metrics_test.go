package ginjwtprom_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwtprom"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

const (
	decisions = "ginjwt_decisions_total"
	durations = "ginjwt_decision_duration_seconds"
)

func newMetrics(t *testing.T) (*prometheus.Registry, gin.HandlerFunc) {
	t.Helper()
	reg := prometheus.NewPedanticRegistry()
	m, err := ginjwtprom.New(reg)
	require.NoError(t, err)
	return reg, m.Observe()
}

func TestTheLabelsOfADecision(t *testing.T) {
	t.Parallel()
	const bearer, user = "OAuth2PasswordBearer", "user"
	for rule, tc := range map[string]struct {
		method, path string
		token        func(w *world) string // none if nil
		status       int
		want         [9]string // in the order of the labels: alg code guard issuer method outcome reason route scheme
	}{
		"accepted": {"GET", "/users/7", func(w *world) string { return w.token(t) }, 200,
			[9]string{"HS256", "", user, issuerName, "GET", "accepted", "", "/users/:id", bearer}},
		"anonymous": {"GET", "/feed", nil, 200,
			[9]string{"", "", user, "", "GET", "anonymous", "", "/feed", ""}},
		"no credentials": {"GET", "/users/7", nil, 401,
			[9]string{"", "no_credentials", user, "", "GET", "refused", "", "/users/:id", ""}},
		"expired, which is told after the signature": {"GET", "/users/7", func(w *world) string { return w.token(t, ginjwttest.Expired) }, 401,
			[9]string{"HS256", "expired_token", user, issuerName, "GET", "refused", "token expired", "/users/:id", bearer}},
		"another's signature, whose alg nobody vouches for": {"GET", "/users/7", func(w *world) string { return w.token(t, ginjwttest.WrongKey) }, 401,
			[9]string{"unknown", "invalid_token", user, issuerName, "GET", "refused", "signature wrong", "/users/:id", bearer}},
		"a scope is missing": {"GET", "/admin", func(w *world) string { return w.token(t) }, 403,
			[9]string{"HS256", "insufficient_scope", user, issuerName, "GET", "refused", "", "/admin", bearer}},
		"a failure of ours": {"GET", "/down", func(w *world) string { return w.token(t) }, 503,
			[9]string{"HS256", "unavailable", "failing", issuerName, "GET", "failed", "", "/down", bearer}},
		"a method that is none of HTTP's": {"PROPFIND", "/users/7", func(w *world) string { return w.token(t) }, 200,
			[9]string{"HS256", "", user, issuerName, "unknown", "accepted", "", "/users/:id", bearer}},
		"no route": {"GET", "/nowhere", nil, 401,
			[9]string{"", "no_credentials", user, "", "GET", "refused", "", "", ""}},
		"a code that is no UTF-8 does not panic": {"GET", "/latin1", func(w *world) string { return w.token(t) }, 403,
			[9]string{"HS256", "caf\uFFFD", "failing", issuerName, "GET", "refused", "", "/latin1", bearer}},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			reg, observe := newMetrics(t)
			w := newWorld(t, observe)
			authorization := ""
			if tc.token != nil {
				authorization = "Bearer " + tc.token(w)
			}
			require.Equal(t, tc.status, w.send(tc.method, tc.path, authorization))
			want := "# HELP " + decisions + " What the guards decided.\n# TYPE " + decisions + " counter\n" + decisions + "{"
			for i, name := range []string{"alg", "code", "guard", "issuer", "method", "outcome", "reason", "route", "scheme"} {
				want += fmt.Sprintf("%s=\"%s\",", name, tc.want[i])
			}
			assert.NoError(t, testutil.GatherAndCompare(reg, strings.NewReader(strings.TrimSuffix(want, ",")+"} 1\n"), decisions))
			problems, err := testutil.GatherAndLint(reg)
			require.NoError(t, err)
			assert.Empty(t, problems)
		})
	}
}

func TestTheDurationIsToldByOutcomeAndCache(t *testing.T) {
	t.Parallel()
	reg, observe := newMetrics(t)
	w := newWorld(t, observe)
	good := "Bearer " + w.token(t)
	for range 3 {
		require.Equal(t, 200, w.send("GET", "/users/7", good))
	}
	require.Equal(t, 401, w.send("GET", "/users/7", ""))

	counts := map[string]uint64{}
	for _, m := range gather(t, reg)[durations].GetMetric() {
		h := m.GetHistogram()
		counts[labels(m)] = h.GetSampleCount()
		assert.Positive(t, h.GetSampleSum())
		assert.Less(t, h.GetSampleSum(), 60.0, "seconds")
		buckets := h.GetBucket()
		assert.Equal(t, 1e-6, buckets[0].GetUpperBound())
		assert.Equal(t, 1.0, buckets[len(buckets)-1].GetUpperBound())
	}
	assert.Equal(t, map[string]uint64{
		"cached=false outcome=accepted": 1,
		"cached=true outcome=accepted":  2,
		"cached=false outcome=refused":  1,
	}, counts)
}

// What grows with what clients send is memory that they can take.
func TestAClientAddsNoSeries(t *testing.T) {
	t.Parallel()
	reg, observe := newMetrics(t)
	w := newWorld(t, observe)
	w.storm(t, "MARKONE")
	before := series(t, reg)
	w.storm(t, "MARKTWO")
	assert.Equal(t, before, series(t, reg))
	assert.Greater(t, before, 20, "the storm comes to many decisions")
	for _, family := range gather(t, reg) {
		for _, m := range family.GetMetric() {
			assert.NotContains(t, strings.ToUpper(labels(m)), "MARK")
			assert.NotContains(t, labels(m), "key-1", "key IDs change with each rotation")
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	t.Run("no registerer", func(t *testing.T) {
		t.Parallel()
		m, err := ginjwtprom.New(nil)
		assert.Nil(t, m)
		assert.EqualError(t, err, "ginjwtprom: New: nil registerer")
	})
	for _, name := range []string{decisions, durations} {
		t.Run("a name that is taken, and leaves nothing behind: "+name, func(t *testing.T) {
			t.Parallel()
			reg := &ledger{Registry: prometheus.NewRegistry(), registered: map[prometheus.Collector]bool{}}
			taken := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: "Another's."})
			require.NoError(t, reg.Register(taken))
			m, err := ginjwtprom.New(reg)
			assert.Nil(t, m)
			require.ErrorContains(t, err, "ginjwtprom: "+name)
			assert.Equal(t, map[prometheus.Collector]bool{taken: true}, reg.registered)
		})
	}
	t.Run("a second time", func(t *testing.T) {
		t.Parallel()
		reg := prometheus.NewRegistry()
		_, err := ginjwtprom.New(reg)
		require.NoError(t, err)
		m, err := ginjwtprom.New(reg)
		assert.Nil(t, m)
		var already prometheus.AlreadyRegisteredError
		assert.ErrorAs(t, err, &already)
	})
}

// A ledger is a registry that knows what it has, which Gather does not tell of a
// vector without series.
type ledger struct {
	*prometheus.Registry
	registered map[prometheus.Collector]bool
}

func (r *ledger) Register(c prometheus.Collector) error {
	err := r.Registry.Register(c)
	if err == nil {
		r.registered[c] = true
	}
	return err
}

func (r *ledger) Unregister(c prometheus.Collector) bool {
	delete(r.registered, c)
	return r.Registry.Unregister(c)
}

func TestOnlyNewMakesMetrics(t *testing.T) {
	t.Parallel()
	const text = "ginjwtprom: Observe: Metrics that New did not make"
	assert.PanicsWithValue(t, text, func() { new(ginjwtprom.Metrics).Observe() })
	assert.PanicsWithValue(t, text, func() { (*ginjwtprom.Metrics)(nil).Observe() })
}

func TestTheTextThatPrometheusReads(t *testing.T) {
	t.Parallel()
	reg, observe := newMetrics(t)
	w := newWorld(t, observe)
	w.engine.GET("/metrics", gin.WrapH(promhttp.HandlerFor(reg, promhttp.HandlerOpts{})))
	token := w.token(t)
	require.Equal(t, 200, w.send(http.MethodGet, "/users/7", "Bearer "+token))
	rec := httptest.NewRecorder()
	w.engine.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, 200, rec.Code)
	assert.Contains(t, rec.Body.String(), `outcome="accepted"`)
	assert.Contains(t, rec.Body.String(), durations+`_bucket{cached="false",outcome="accepted",le="1e-06"}`)
	assert.NotContains(t, rec.Body.String(), token)
	assert.NotContains(t, rec.Body.String(), "johndoe")
	assert.Contains(t, rec.Body.String(), string(ginjwt.HS256))
}

func gather(t *testing.T, reg *prometheus.Registry) map[string]*dto.MetricFamily {
	t.Helper()
	families, err := reg.Gather()
	require.NoError(t, err)
	found := map[string]*dto.MetricFamily{}
	for _, f := range families {
		found[f.GetName()] = f
	}
	return found
}

func series(t *testing.T, reg *prometheus.Registry) int {
	t.Helper()
	n, err := testutil.GatherAndCount(reg, decisions, durations)
	require.NoError(t, err)
	return n
}

func labels(m *dto.Metric) string {
	var list []string
	for _, l := range m.GetLabel() {
		list = append(list, l.GetName()+"="+l.GetValue())
	}
	return strings.Join(list, " ")
}
