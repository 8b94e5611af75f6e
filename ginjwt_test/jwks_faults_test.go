package ginjwt_test

import (
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

// idpFault is an answer that is no key set. good is a key that could be in it.
type idpFault struct {
	rule   string
	answer func(p *idp, good string) http.HandlerFunc
	says   string // in the event
}

const idpMiB = 1 << 20

func idpStatus(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

func idpRedirect(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusFound)
	}
}

// idpBreaksOff breaks off before all that it announced was sent.
func idpBreaksOff(length, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if length != "" {
			w.Header().Set("Content-Length", length)
		}
		_, _ = w.Write([]byte(body))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// idpMiBs sends so many MiB of white space, or fewer if nobody reads on.
func idpMiBs(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		chunk := []byte(strings.Repeat(" ", idpMiB/16))
		for range n * 16 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}
}

// idpBomb is 100 MiB that are few on the wire.
func idpBomb(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Encoding", "gzip")
	packed := gzip.NewWriter(w)
	defer packed.Close()
	idpMiBs(100)(idpPackedWriter{w, packed}, r)
}

type idpPackedWriter struct {
	http.ResponseWriter
	packed *gzip.Writer
}

func (w idpPackedWriter) Write(b []byte) (int, error) { return w.packed.Write(b) }

func idpAlways(answer http.HandlerFunc) func(*idp, string) http.HandlerFunc {
	return func(*idp, string) http.HandlerFunc { return answer }
}

// idpAround is a text about a good key.
func idpAround(text func(good string) string) func(*idp, string) http.HandlerFunc {
	return func(_ *idp, good string) http.HandlerFunc { return idpSays(text(good)) }
}

// idpCut is a good key set that breaks off.
func idpCut(length string) func(*idp, string) http.HandlerFunc {
	return func(_ *idp, good string) http.HandlerFunc { return idpBreaksOff(length, idpKeySet(good)) }
}

// idpElsewhere is a redirect to the key set under another name.
func idpElsewhere(old, name string) func(*idp, string) http.HandlerFunc {
	return func(p *idp, _ string) http.HandlerFunc {
		return idpRedirect(strings.Replace(p.server.URL, old, name, 1) + "/keys")
	}
}

func idpHangs(p *idp, _ string) http.HandlerFunc { return p.hang }

func idpEndless(p *idp, _ string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		idpSays(`{"keys":[`)(w, r)
		_ = http.NewResponseController(w).Flush()
		p.hang(w, r)
	}
}

// idpFaults are answers to a question for the key set.
var idpFaults = []idpFault{
	{"500", idpAlways(idpStatus(500)), "status 500"},
	{"503", idpAlways(idpStatus(503)), "status 503"},
	{"404", idpAlways(idpStatus(404)), "status 404"},
	{"no content", idpAlways(idpStatus(204)), "status 204"},
	{"not modified", idpAlways(idpStatus(304)), "status 304"},
	{"an HTML page with status 200", idpAlways(idpSays("<!DOCTYPE html><title>Sign in</title>")), "no JSON object"},
	{"nothing with status 200", idpAlways(idpSays("")), "no JSON object"},
	{"the connection is closed", idpAlways(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), ""},
	{"cut off, by its length", idpCut("1000"), "breaks off"},
	{"cut off, in chunks", idpCut(""), "breaks off"},
	{"no answer at all", idpHangs, "deadline"},
	{"an answer that does not end", idpEndless, "deadline"},
	{"100 MiB", idpAlways(idpMiBs(100)), "1048576 bytes"},
	{"100 MiB, packed", idpAlways(idpBomb), "1048576 bytes"},
	{"a byte more than 1 MiB", idpAround(func(k string) string { return idpKeySet(k) + strings.Repeat(" ", idpMiB+1-len(idpKeySet(k))) }), "1048576 bytes"},
	{"10 000 keys", idpAround(func(k string) string { return idpKeySet(strings.Repeat("{},", 9999) + k) }), "10000 keys"},
	{"101 keys", idpAround(func(k string) string { return idpKeySet(strings.Repeat("{},", 100) + k) }), "101 keys"},
	{"no keys", idpAlways(idpSays(`{}`)), "no usable key"},
	{"an empty set", idpAlways(idpSays(idpKeySet())), "no usable key"},
	{"null", idpAlways(idpSays(`{"keys":null}`)), "no usable key"},
	{"Keys with a capital", idpAround(func(k string) string { return `{"Keys":[` + k + `]}` }), "no usable key"},
	{"only a key to encrypt with", idpAround(func(k string) string { return idpKeySet(strings.Replace(k, `"sig"`, `"enc"`, 1)) }), "no usable key"},
	{"keys that are no list", idpAround(func(k string) string { return `{"keys":{"a":` + k + `}}` }), "malformed"},
	{"a list", idpAround(func(k string) string { return `[` + k + `]` }), "no JSON object"},
	{"a mark of byte order", idpAround(func(k string) string { return "\xef\xbb\xbf" + idpKeySet(k) }), "no JSON object"},
	{"a repeated member", idpAround(func(k string) string { return `{"keys":[` + k + `],"keys":[` + k + `]}` }), "malformed"},
	{"a repeated member of a key", idpAround(func(k string) string { return idpKeySet(strings.Replace(k, `{`, `{"kid":"b",`, 1)) }), "malformed"},
	{"invalid UTF-8", idpAround(func(k string) string { return idpKeySet(strings.Replace(k, `{`, "{\"x5t\":\"\xff\",", 1)) }), "malformed"},
	{"more after its end", idpAround(func(k string) string { return idpKeySet(k) + "{}" }), "malformed"},
	{"deep nesting", idpAlways(idpSays(strings.Repeat(`{"keys":[`, 50_000))), "malformed"},
	{"a redirect to another host", idpAlways(idpRedirect("http://localhost.example/keys")), "redirect to another host"},
	{"a redirect to another name of this host", idpElsewhere("127.0.0.1", "localhost"), "redirect to another host"},
	{"a redirect to another scheme", idpElsewhere("http:", "https:"), "redirect to another host or scheme"},
	{"redirects without end", idpAlways(idpRedirect("/again")), "more than 3 redirects"},
	{"a redirect to nowhere", idpAlways(idpRedirect("")), ""},
	{"a redirect to what is no address", idpAlways(idpRedirect("http://[" + strings.Repeat("x", idpMiB/4))), ""},
}

// eachIDPFault calls test for each fault, with a provider of its own and a key.
func eachIDPFault(t *testing.T, test func(t *testing.T, p *idp, bad http.HandlerFunc, a idpKey, opts ...jwks.Option)) {
	t.Helper()
	for _, f := range idpFaults {
		t.Run(f.rule, func(t *testing.T) {
			p, a := newIDP(t), newIDPKey(t, "a")
			var opts []jwks.Option
			if f.says == "deadline" {
				opts = append(opts, jwks.Timeout(2*time.Second))
			}
			test(t, p, f.answer(p, a.jwk), a, opts...)
			assert.Less(t, p.sent.Load(), int64(32*idpMiB), "what nobody reads cannot be sent")
			p.requireEvents(p.token(a))
			for _, ev := range p.told() {
				if ev.Err != nil {
					assert.ErrorContains(t, ev.Err, f.says)
				}
			}
		})
	}
}

// requireEvents demands one event for each fetch, that none holds token, and that
// none is as long as a provider likes.
func (p *idp) requireEvents(token string) {
	p.t.Helper()
	p.settled(int(p.fetches.Load()))
	for _, ev := range p.told() {
		text := fmt.Sprintf("%+v", ev)
		assert.NotContains(p.t, text, token)
		assert.NotContains(p.t, text, token[strings.LastIndexByte(token, '.')+1:])
		assert.Less(p.t, len(text), 4<<10, "a line of a log: %.100s", text)
	}
}

// A service starts though its provider is down, answers 503 and not 401, asks
// once in each CoolDown, and needs no restart when the provider is back.
func TestFaultsAtStart(t *testing.T) {
	t.Parallel()
	eachIDPFault(t, func(t *testing.T, p *idp, bad http.HandlerFunc, a idpKey, opts ...jwks.Option) {
		p.keysAre(bad)
		s := p.discovered(opts...)
		s.requireAnswer(t, 503, p.token(a))
		p.advance(idpCoolDown - time.Second)
		s.requireAnswer(t, 503, p.token(a), "within the CoolDown")
		require.EqualValues(t, 1, p.fetches.Load())
		p.publish(a.jwk)
		p.advance(time.Second)
		s.requireAnswer(t, 200, p.token(a), "the provider is back")
		require.EqualValues(t, 2, p.fetches.Load())
		require.EqualValues(t, 2, p.metadata.Load(), "after a failure, the key set may have moved")
	})
}

// Keys that are there serve on, for MaxStale; what they cannot judge is 503.
func TestFaultsLater(t *testing.T) {
	t.Parallel()
	eachIDPFault(t, func(t *testing.T, p *idp, bad http.HandlerFunc, a idpKey, opts ...jwks.Option) {
		unknown := newIDPKey(t, "unknown")
		p.publish(a.jwk)
		s := p.discovered(append(opts, jwks.MaxStale(time.Hour))...)
		s.requireAnswer(t, 200, p.token(a))
		p.keysAre(bad)
		p.advance(14 * time.Minute) // the time to fetch anew, in the background
		s.requireAnswer(t, 200, p.token(a))
		s.requireAnswer(t, 503, p.token(unknown))
		s.requireAnswer(t, 200, p.token(a))
		require.EqualValues(t, 2, p.fetches.Load())
		p.advance(45 * time.Minute)
		s.requireAnswer(t, 200, p.token(a), "still")
		p.advance(time.Minute)
		s.requireAnswer(t, 503, p.token(a), "too old")
		p.publish(a.jwk)
		p.advance(idpCoolDown)
		require.Eventually(t, func() bool { return get(s, "/me", p.token(a)).Code == 200 }, 10*time.Second, time.Millisecond, "the provider is back")
		s.requireAnswer(t, 401, p.token(unknown))
		require.LessOrEqual(t, int(p.fetches.Load()), 5, "one for each time that the clock stepped beyond the CoolDown")
	})
}

func TestFaultsRedirectsThatAreFollowed(t *testing.T) {
	t.Parallel()
	for hops, status := range []int{200, 200, 200, 200, 503} {
		t.Run(fmt.Sprintf("%d redirects", hops), func(t *testing.T) {
			t.Parallel()
			p, a := newIDP(t), newIDPKey(t, "a")
			p.keysAre(func(w http.ResponseWriter, r *http.Request) {
				next := strings.TrimPrefix(r.URL.Path, "/keys") + "/x"
				if len(next) > 2*hops {
					idpSays(idpKeySet(a.jwk))(w, r)
					return
				}
				idpRedirect(next)(w, r)
			})
			p.discovered().requireAnswer(t, status, p.token(a))
		})
	}
}

// With HTTPS, a redirect to plain HTTP is not followed, not even on this machine
// where that may be asked itself.
func TestFaultsRedirectToPlainHTTP(t *testing.T) {
	t.Parallel()
	p, a := newIDP(t), newIDPKey(t, "a")
	p.publish(a.jwk)
	secure := httptest.NewTLSServer(idpRedirect(p.server.URL + "/keys"))
	t.Cleanup(secure.Close)
	keys, err := jwks.Remote(secure.URL, p.options([]jwks.Option{jwks.HTTPClient(secure.Client())})...)
	require.NoError(t, err)
	require.ErrorContains(t, keys.Refresh(t.Context()), "redirect to another host or scheme")
	assert.Zero(t, p.fetches.Load())
}
