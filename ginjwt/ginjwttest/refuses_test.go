package ginjwttest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

// TestRefusesForgedNamesWhatGotThrough: those that the verifier takes, and no others.
func TestRefusesForgedNamesWhatGotThrough(t *testing.T) {
	t.Parallel()
	s := newSigning(t, ginjwt.HS256)
	for _, rule := range []string{"", "none is no algorithm", "keys are ours", "a kid is known", "exp is ahead", "each member once", "an ID token is none"} {
		w := watch(t, func(tb testing.TB) { ginjwttest.RefusesForged(tb, s.without(rule), bearer(s.token), s.key) })
		var want []string
		for _, forgery := range ginjwttest.Forged(t, s.token, s.key) {
			if s.without(rule).accepts(forgery.Token) {
				want = append(want, "ginjwttest: GET /me does not refuse a forged token: "+forgery.Name+"\n\t200 OK")
			}
		}
		assert.Equal(t, want, w.texts, "without the rule %q", rule)
		assert.Equal(t, rule == "", len(want) == 0, rule)
	}
}

// answers answers good with 200, and all else by answer.
func answers(good string, answer http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("Authorization") != "Bearer "+good { // an HMAC is always the same
			answer(w, req)
		}
	})
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func TestRefusesForgedAndWhatIsNoRefusal(t *testing.T) {
	t.Parallel()
	s := newSigning(t, ginjwt.HS256)
	count := len(ginjwttest.Forged(t, s.token, s.key))
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		failed int
		text   string
	}{
		"401 is one":                            {status(401), 0, ""},
		"400 is one":                            {status(400), 0, ""},
		"403 knows who it is":                   {status(403), count, "403 Forbidden"},
		"404 is past the guard":                 {status(404), count, "404 Not Found"},
		"500 is none":                           {status(500), count, "500 Internal Server Error"},
		"503 is none":                           {status(503), count, "503 Service Unavailable"},
		"a redirection is none":                 {status(302), count, "302 Found"},
		"a panic is none, and its text is told": {func(http.ResponseWriter, *http.Request) { panic("nil map") }, count, "it panics: nil map"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := watch(t, func(tb testing.TB) { ginjwttest.RefusesForged(tb, answers(s.token, tc.answer), bearer(s.token), s.key) })
			assert.Len(t, w.texts, tc.failed)
			assert.False(t, w.fatal)
			assert.Contains(t, w.all(), tc.text)
		})
	}
}

func TestRefusesForgedExceptions(t *testing.T) {
	t.Parallel()
	s := newSigning(t, ginjwt.HS256)
	for name, tc := range map[string]struct {
		off    string
		except []string
		want   []string
	}{
		"what is accepted on purpose":          {"no compression", []string{"a compressed payload (zip)"}, nil},
		"several":                              {"a kid is known", []string{"a kid of 300 bytes", "an unknown kid"}, nil},
		"one of several":                       {"a kid is known", []string{"an unknown kid"}, []string{"does not refuse a forged token: a kid of 300 bytes"}},
		"what is refused all the same":         {"", []string{"no exp"}, []string{`"no exp" is excepted, and is refused: take it off the list`}},
		"what is no forgery":                   {"", []string{"no experience"}, []string{`"no experience" is excepted, and no forgery has that name`}},
		"the same twice":                       {"no compression", []string{"a compressed payload (zip)", "a compressed payload (zip)"}, []string{"no forgery has that name"}},
		"one that only other keys' kinds have": {"", []string{"an ECDSA signature as DER"}, []string{"no forgery has that name"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := watch(t, func(tb testing.TB) {
				ginjwttest.RefusesForged(tb, s.without(tc.off), bearer(s.token), s.key, tc.except...)
			})
			if assert.Len(t, w.texts, len(tc.want), w.all()) && len(tc.want) > 0 {
				assert.Contains(t, w.texts[0], tc.want[0])
			}
		})
	}
}

func TestRefusesForgedNeedsATokenToStartFrom(t *testing.T) {
	t.Parallel()
	s := newSigning(t, ginjwt.ES256)
	other := newSigning(t, ginjwt.ES256)
	public := ginjwt.Must(ginjwt.NewKey(ginjwt.ES256, s.key.Public()))
	basic := httptest.NewRequest("GET", "/me", nil)
	basic.SetBasicAuth("johndoe", "secret")
	for name, tc := range map[string]struct {
		h    http.Handler
		req  *http.Request
		key  ginjwt.Key
		text string
	}{
		"no credentials":             {s.without(""), httptest.NewRequest("GET", "/me", nil), s.key, "has no bearer token in its Authorization header; see Authorized"},
		"other credentials":          {s.without(""), basic, s.key, "has no bearer token"},
		"the token is refused":       {status(401), bearer(s.token), s.key, "is refused itself: 401 Unauthorized"},
		"its scopes do not suffice":  {status(403), bearer(s.token), s.key, "is refused itself: 403 Forbidden"},
		"there is no such route":     {http.NotFoundHandler(), bearer(s.token), s.key, "is refused itself: 404 Not Found"},
		"a handler that panics":      {http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("nil map") }), bearer(s.token), s.key, "is refused itself: it panics: nil map"},
		"what is no token":           {status(200), bearer("abc"), s.key, "no token to start from"},
		"a token of two parts":       {status(200), bearer("e30.e30"), s.key, "no token to start from"},
		"an opaque token with dots":  {status(200), bearer("a.b.c"), s.key, "no token to start from"},
		"another key of its kind":    {s.without(""), bearer(s.token), other.key, "the token is refused when key signs it"},
		"a key of another kind":      {s.without(""), bearer(s.token), ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256)), "the token is refused when key signs it"},
		"a public key signs nothing": {s.without(""), bearer(s.token), public, "the key cannot sign"},
		"no key":                     {s.without(""), bearer(s.token), ginjwt.Key{}, "the key cannot sign"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := watch(t, func(tb testing.TB) { ginjwttest.RefusesForged(tb, tc.h, tc.req, tc.key) })
			assert.True(t, w.fatal)
			assert.Len(t, w.texts, 1)
			assert.Contains(t, w.all(), tc.text)
			assert.NotContains(t, w.all(), s.token)
		})
	}
}

// TestRefusesForgedSendsTheBodyEachTime: or a handler that accepts forgeries and
// then misses its body would pass.
func TestRefusesForgedSendsTheBodyEachTime(t *testing.T) {
	t.Parallel()
	s := newSigning(t, ginjwt.HS256)
	lax := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if body, _ := io.ReadAll(req.Body); string(body) != "name=a" {
			w.WriteHeader(http.StatusBadRequest)
		}
	})
	req := ginjwttest.Authorized(httptest.NewRequest("POST", "/me", strings.NewReader("name=a")), s.token)
	w := watch(t, func(tb testing.TB) { ginjwttest.RefusesForged(tb, lax, req, s.key) })
	assert.Len(t, w.texts, len(ginjwttest.Forged(t, s.token, s.key)), "it accepts all of them")
	body, err := io.ReadAll(req.Body)
	assert.NoError(t, err)
	assert.Equal(t, "name=a", string(body), "the request can still be served")
}
