package ginjwt_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

// requireOutage asserts that the answer is 503, that it says when to come back,
// and nothing of why.
func requireOutage(t testing.TB, res *httptest.ResponseRecorder) {
	t.Helper()
	require.Equal(t, 503, res.Code, res.Body)
	assert.JSONEq(t, `{"detail":"Service unavailable"}`, res.Body.String())
	assert.Empty(t, res.Header().Get("WWW-Authenticate"), "the token may be good")
	after, err := strconv.Atoi(res.Header().Get("Retry-After"))
	assert.NoError(t, err)
	assert.Positive(t, after)
}

func introReply(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// IN-08: what is no clear answer is none.
func TestIntrospectFailsClosed(t *testing.T) {
	t.Parallel()
	const good = `"iss":"` + testIssuer + `","aud":"` + testAudience + `","sub":"alice","exp":1772999999`
	says := func(body string) http.HandlerFunc { return introReply(200, body) }
	for rule, answer := range map[string]http.HandlerFunc{
		"active is a string":          says(`{"active":"true",` + good + `}`),
		"active is a number":          says(`{"active":1,` + good + `}`),
		"active is null":              says(`{"active":null,` + good + `}`),
		"active is an object":         says(`{"active":{"active":true},` + good + `}`),
		"active is missing":           says(`{` + good + `}`),
		"active in another case":      says(`{"Active":true,` + good + `}`),
		"active is the string false":  says(`{"active":"false"}`),
		"active twice":                says(`{"active":true,"active":true,` + good + `}`),
		"active and not":              says(`{"active":false,` + good + `,"active":true}`),
		"active twice by an escape":   says(`{"active":true,` + good + `,"\u0061ctive":false}`),
		"exp twice":                   says(`{"active":true,` + good + `,"exp":1}`),
		"another member twice":        says(`{"active":true,` + good + `,"x":1,"x":2}`),
		"a member twice, deeper":      says(`{"active":true,` + good + `,"x":{"y":1,"y":2}}`),
		"exp is a string":             says(strings.Replace(`{"active":true,`+good+`}`, "1772999999", `"1772999999"`, 1)),
		"exp is an object":            says(strings.Replace(`{"active":true,`+good+`}`, "1772999999", `{}`, 1)),
		"exp overflows":               says(strings.Replace(`{"active":true,`+good+`}`, "1772999999", `1e999`, 1)),
		"an array":                    says(`[{"active":true,` + good + `}]`),
		"null":                        says(`null`),
		"nothing":                     says(``),
		"HTML":                        says(`<html><body>Log in</body></html>`),
		"truncated JSON":              says(`{"active":true,` + good),
		"more after it":               says(`{"active":true,` + good + `}{"active":false}`),
		"a byte order mark":           says("\ufeff" + `{"active":true,` + good + `}`),
		"invalid UTF-8":               says("{\"active\":true," + good + ",\"x\":\"\xff\"}"),
		"a JWT":                       says("eyJhbGciOiJub25lIn0.eyJhY3RpdmUiOnRydWV9."),
		"over 1 MiB":                  says(`{"active":true,` + good + `,"x":"` + strings.Repeat("x", 1<<20) + `"}`),
		"1 MiB of blanks before it":   says(strings.Repeat(" ", 1<<20) + `{"active":true,` + good + `}`),
		"1 MiB of blanks after it":    says(`{"active":true,` + good + `}` + strings.Repeat(" ", 1<<20)),
		"nested too deeply":           says(`{"active":true,` + good + `,"x":` + strings.Repeat("[", 10001) + strings.Repeat("]", 10001) + `}`),
		"201":                         introReply(201, `{"active":true,`+good+`}`),
		"204":                         introReply(204, ""),
		"206":                         introReply(206, `{"active":true,`+good+`}`),
		"400":                         introReply(400, `{"error":"invalid_request"}`),
		"400 with an error twice":     introReply(400, `{"error":"unsupported_token_type","error":"x"}`),
		"400 in another case":         introReply(400, `{"error":"Unsupported_Token_Type"}`),
		"401 with that code":          introReply(401, `{"error":"unsupported_token_type"}`),
		"401":                         introReply(401, `{"active":true,`+good+`}`),
		"403":                         introReply(403, `{"active":false}`),
		"404":                         introReply(404, `{"active":false}`),
		"429":                         introReply(429, `{"active":true,`+good+`}`),
		"500":                         introReply(500, `{"active":true,`+good+`}`),
		"503":                         introReply(503, ""),
		"a redirect without Location": introReply(302, `{"active":true,`+good+`}`),
		"a body that breaks off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"active":true,`+good+`}`)
		},
		"a connection that breaks off": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w := newIntroWorld(t, jwks.CacheFor(time.Minute, 10))
			w.does(answer)
			requireOutage(t, get(w.api, "/me", introToken))
			requireOutage(t, get(w.api, "/maybe", introToken))
			for _, ev := range w.told(2) {
				assert.Error(t, ev.Err)
				assert.Equal(t, w.endpoint, ev.URL)
			}
			w.active("")
			w.requireStatus(200, "nothing of it is kept")
		})
	}
}

// A claim of the wrong type is the server's mistake, as a malformed answer is:
// the client's token may be good, and must not be thrown away.
func TestIntrospectTakesMalformedClaimsForAnOutage(t *testing.T) {
	t.Parallel()
	for rule, more := range map[string]string{
		"sub is a number": `"sub":1`, "sub is empty": `"sub":""`, "aud is a number": `"aud":1`, "aud holds a number": `"aud":["` + testAudience + `",1]`,
		"iss is an array": `"iss":["` + testIssuer + `"]`, "nbf is a string": `"nbf":"1"`, "iat is a string": `"iat":"1"`, "exp is negative": `"exp":-1`,
		"exp in milliseconds": `"exp":1772999999000`, "scope is an array": `"scope":["me"]`, "a field of the user's": `"tenant":1`,
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w := newIntroWorld(t)
			w.active(more)
			requireOutage(t, get(w.api, "/me", introToken))
		})
	}
}

// RFC 7009 section 2.2.1 has this code for a token of a kind that the server does
// not know: a JWT of somebody else's, say, which is no outage.
func TestIntrospectOfAnUnsupportedTokenType(t *testing.T) {
	t.Parallel()
	w := newIntroWorld(t)
	w.does(introReply(400, `{"error":"unsupported_token_type"}`))
	w.requireStatus(401)
}

func TestIntrospectRedirects(t *testing.T) {
	t.Parallel()
	elsewhere := wireServer(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("another host was asked")
	}))
	for rule, tc := range map[string]struct {
		status   int
		location string
		ok       bool
	}{
		"307 on the same host keeps the question": {307, "/moved", true},
		"308 on the same host keeps the question": {308, "/moved", true},
		"301 loses the token":                     {301, "/moved", false},
		"302 loses the token":                     {302, "/moved", false},
		"303 loses the token":                     {303, "/moved", false},
		"to another host":                         {307, elsewhere.URL, false},
		"to another scheme":                       {307, "https:", false},
		"to itself, for ever":                     {307, "", false},
		"to no URL":                               {307, "http://[", false},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w := newIntroWorld(t)
			answer := w.answerOf("")
			w.does(func(rw http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/moved" {
					_, _ = io.WriteString(rw, answer) // whatever was asked
					assert.Equal(t, http.MethodPost, r.Method)
					assert.Equal(t, introToken, r.FormValue("token"))
					return
				}
				location := tc.location
				if location == "https:" {
					location = "https://" + r.Host
				}
				rw.Header().Set("Location", location)
				rw.WriteHeader(tc.status)
			})
			if tc.ok {
				w.requireStatus(200)
				return
			}
			requireOutage(t, get(w.api, "/me", introToken))
			assert.LessOrEqual(t, w.asked.Load(), int64(5))
		})
	}
}

func TestIntrospectDoesNotWaitForASlowServer(t *testing.T) {
	t.Parallel()
	for rule, begin := range map[string]bool{"no answer": false, "an answer that does not end": true} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w := newIntroWorld(t, jwks.Timeout(50*time.Millisecond))
			release := make(chan struct{})
			t.Cleanup(func() { close(release) }) // before the server is closed
			answer := w.answerOf("")
			w.does(func(rw http.ResponseWriter, _ *http.Request) {
				if begin {
					_, _ = io.WriteString(rw, answer[:1])
					rw.(http.Flusher).Flush()
					answer = answer[1:]
				}
				select {
				case <-release:
				case <-time.After(introPatience): // it was waited for after all
					_, _ = io.WriteString(rw, answer)
				}
			})
			requireOutage(t, get(w.api, "/me", introToken))
		})
	}
}

func TestIntrospectWhileTheServerIsDown(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	v, err := jwks.Introspect(srv.URL, "api", introSecret, ginjwt.Policy{AnyIssuer: true, AnyAudience: true},
		jwks.InsecureLoopbackHTTP(), jwks.Observe((&introWorld{}).observe))
	require.NoError(t, err, "a service starts while the server is down")
	requireOutage(t, get(introAPI(v), "/me", introToken))
}

func TestIntrospectReportsAllFaults(t *testing.T) {
	t.Parallel()
	const https = "https://id.example/introspect"
	good := ginjwt.Policy{AnyIssuer: true, AnyAudience: true}
	for rule, tc := range map[string]struct {
		endpoint, id, secret string
		policy               ginjwt.Policy
		opts                 []jwks.Option
		texts                []string
	}{
		"everything": {"http://id.example", "api", "", ginjwt.Policy{Leeway: -1, CacheSize: 5, Types: []string{"JWT"}},
			[]jwks.Option{jwks.Timeout(0), jwks.CacheFor(time.Hour, 1), jwks.WarmUp(), {}, jwks.HTTPClient(nil), jwks.Observe(nil), jwks.LogEvents(nil), jwks.Clock(nil)},
			[]string{"https://", "an ID and a secret", "Issuer is empty", "Audience is empty", "Leeway", "CacheSize", "Types", "Timeout", "CacheFor", "WarmUp means nothing",
				"option 4 is zero", "HTTPClient", "Observe", "LogEvents", "Clock"}},
		"both of CacheFor":          {https, "a", "b", good, []jwks.Option{jwks.CacheFor(time.Hour, 0)}, []string{"size is 0", "1h0m0s"}},
		"CacheFor of no time":       {https, "a", "b", good, []jwks.Option{jwks.CacheFor(0, 1)}, []string{"CacheFor"}},
		"a negative size":           {https, "a", "b", good, []jwks.Option{jwks.CacheFor(1, -1)}, []string{"size is -1"}},
		"no URL":                    {"", "a", "b", good, nil, []string{"absolute URL"}},
		"a URL with a password":     {"https://user:" + introSecret + "@id.example", "a", "b", good, nil, []string{"no password"}},
		"a URL that is none":        {"https://user:" + introSecret + "@[", "a", "b", good, nil, []string{"no URL"}},
		"plain HTTP":                {"http://127.0.0.1/introspect", "a", "b", good, nil, []string{"InsecureLoopbackHTTP"}},
		"plain HTTP elsewhere":      {"http://id.example", "a", "b", good, []jwks.Option{jwks.InsecureLoopbackHTTP()}, []string{"not https://"}},
		"a secret without an ID":    {https, "", introSecret, good, nil, []string{"an ID and a secret"}},
		"nobody, by no client":      {https, "", "", good, nil, []string{"HTTPClient"}},
		"nobody's ClientSecretPost": {https, "", "", good, []jwks.Option{jwks.HTTPClient(http.DefaultClient), jwks.ClientSecretPost()}, []string{"ClientSecretPost"}},
		"options of keys": {https, "a", "b", good, []jwks.Option{jwks.CoolDown(1), jwks.MaxStale(1), jwks.Algorithms(ginjwt.RS256)},
			[]string{"CoolDown", "MaxStale", "Algorithms"}},
		"a Timeout beyond 10 s": {https, "a", "b", good, []jwks.Option{jwks.Timeout(11 * time.Second)}, []string{"Timeout"}},
	} {
		v, err := jwks.Introspect(tc.endpoint, tc.id, tc.secret, tc.policy, tc.opts...)
		if !assert.Error(t, err, rule) {
			continue
		}
		assert.Nil(t, v, rule)
		for _, text := range tc.texts {
			assert.ErrorContains(t, err, text, rule)
		}
		assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), introSecret, rule)
	}
}
