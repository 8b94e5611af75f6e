package ginjwt_test

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	metricComment = regexp.MustCompile(`^# (HELP [a-z_]+ .+|TYPE [a-z_]+ (counter|summary))$`)
	metricSample  = regexp.MustCompile(`^([a-z_]+)\{((?:[a-z]+="(?:[^"\\]|\\["\\n])*",?)*)\} (\S+)$`)
)

// metrics returns the example's metrics by name and labels, as they stand in
// the text, all of which must be in Prometheus' format.
func (a *exampleApp) metrics(t *testing.T) (samples map[string]float64, text string) {
	t.Helper()
	answer := a.do(t, "GET", "/metrics", "", nil)
	require.Equal(t, 200, answer.status)
	require.Equal(t, "text/plain; version=0.0.4; charset=utf-8", answer.header.Get("Content-Type"))
	require.True(t, strings.HasSuffix(answer.body, "\n"))
	samples = map[string]float64{}
	for line := range strings.SplitSeq(strings.TrimSuffix(answer.body, "\n"), "\n") {
		if metricComment.MatchString(line) {
			continue
		}
		m := metricSample.FindStringSubmatch(line)
		require.NotNil(t, m, line)
		value, err := strconv.ParseFloat(m[3], 64)
		require.NoError(t, err, line)
		require.NotContains(t, samples, m[1]+"{"+m[2]+"}", "each once")
		samples[m[1]+"{"+m[2]+"}"] = value
	}
	return samples, answer.body
}

func testExampleMetrics(t *testing.T, app *exampleApp) {
	before, _ := app.metrics(t)
	assert.Empty(t, before, "to look at the metrics is no decision")

	good := app.login(t, "johndoe", "secret", "me").AccessToken
	for range 3 {
		require.Equal(t, 200, app.do(t, "GET", "/users/me/", "Bearer "+good, nil).status)
	}
	require.Equal(t, 401, app.do(t, "GET", "/users/me/", "Bearer "+extBroken(good), nil).status)
	require.Equal(t, 403, app.do(t, "GET", "/users/me/items/", "Bearer "+good, nil).status)
	require.Equal(t, 200, app.do(t, "GET", "/feed", "", nil).status)
	samples, text := app.metrics(t)
	const me = `guard="main.onlyActive",route="/users/me/",method="GET",scheme="OAuth2PasswordBearer",issuer="example"`
	for labels, want := range map[string]float64{
		`outcome="accepted",code="",reason="",` + me + `,alg="HS256"`:                                                       3,
		`outcome="refused",code="invalid_token",reason="signature wrong",` + me + `,alg="unknown"`:                          1,
		`outcome="anonymous",code="",reason="",guard="main.findUser",route="/feed",method="GET",scheme="",issuer="",alg=""`: 1,
		`outcome="refused",code="insufficient_scope",reason="",guard="main.onlyActive",route="/users/me/items/",method="GET",` +
			`scheme="OAuth2PasswordBearer",issuer="example",alg="HS256"`: 1,
	} {
		assert.Equal(t, want, samples["ginjwt_decisions_total{"+labels+"}"], "%s in\n%s", labels, text)
	}
	decided := map[bool]float64{}
	for name, value := range samples {
		if strings.HasPrefix(name, "ginjwt_decision_seconds_sum") {
			assert.Positive(t, value, name)
			continue
		}
		decided[strings.HasPrefix(name, "ginjwt_decisions_total")] += value
	}
	assert.Equal(t, decided[true], decided[false], "each decision took its time")
	testExampleMetricsAreBounded(t, app, good)
}

// No client can make a series of its own, or put anything of its own there.
func testExampleMetricsAreBounded(t *testing.T, app *exampleApp, good string) {
	const mark = "m4rk"
	f := secretForger(t, "evil")
	send := func(i int) {
		own := mark + strconv.Itoa(i)
		for _, token := range []string{
			f.token(t, f.headerOf(`,"kid":"`+own+`"`), payloadOf(own)), f.token(t, `{"alg":"`+own+`"}`, goodPayload("")), own, "a b " + own, good + own,
		} {
			app.do(t, "GET", "/users/me/?"+own, "Bearer "+token, nil)
			app.do(t, "GET", "/users/me/", own+" "+token, nil)
		}
		app.do(t, own, "/users/me/", "Bearer "+good, nil)
		app.do(t, "GET", "/"+own, "", nil)
		app.do(t, "DELETE", "/sessions/"+own, "Bearer "+good, nil)
		app.do(t, http.MethodPost, "/token", "", exampleForm(own, own, own))
	}
	send(0)
	once, _ := app.metrics(t)
	for i := range 5 {
		send(i + 1)
	}
	again, text := app.metrics(t)
	assert.Len(t, again, len(once))
	for _, secret := range append(strings.Split(good, "."), mark, "johndoe") {
		assert.NotContains(t, text, secret)
	}
}
