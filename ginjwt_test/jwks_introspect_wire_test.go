package ginjwt_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

func introB64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// introRequest is all that an endpoint receives.
type introRequest struct{ method, uri, contentType, authorization, cookie, body string }

func introRequestOf(r *http.Request) introRequest {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		body = []byte(err.Error())
	}
	h := r.Header
	return introRequest{r.Method, r.RequestURI, h.Get("Content-Type"), h.Get("Authorization"), h.Get("Cookie"), string(body)}
}

// The request of RFC 7662 section 2.1, and the client's password as RFC 6749
// section 2.3.1 has it: form-encoded before Base64.
func TestIntrospectSendsNoMoreThanItMust(t *testing.T) {
	t.Parallel()
	const question = "token=a%2Bb%2F~-._c%3D&token_type_hint=access_token"
	machine := introTransport(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer of-the-machine")
		return http.DefaultTransport.RoundTrip(r)
	})
	for rule, tc := range map[string]struct {
		id, secret          string
		opts                []jwks.Option
		authorization, body string
	}{
		"Basic":                           {"api", "secret", nil, "Basic " + introB64("api:secret"), question},
		"Basic with what must be encoded": {"a:b", "p%&+ä /", nil, "Basic " + introB64("a%3Ab:p%25%26%2B%C3%A4+%2F"), question},
		"ClientSecretPost": {"a:b", "p%&+ä", []jwks.Option{jwks.ClientSecretPost()}, "",
			"client_id=a%3Ab&client_secret=p%25%26%2B%C3%A4&" + question},
		"a client that authenticates by itself": {"", "", []jwks.Option{jwks.HTTPClient(&http.Client{Transport: machine})}, "Bearer of-the-machine", question},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			seen := make(chan introRequest, 1)
			srv := wireServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				seen <- introRequestOf(r)
				_, _ = io.WriteString(w, `{"active":true,"token_type":"Bearer","exp":`+fmt.Sprint(time.Now().Unix()+60)+`}`)
			}))
			v, err := jwks.Introspect(srv.URL+"/introspect?realm=a", tc.id, tc.secret, ginjwt.Policy{AnyIssuer: true, AnyAudience: true},
				append([]jwks.Option{jwks.InsecureLoopbackHTTP()}, tc.opts...)...)
			require.NoError(t, err)
			_, err = ginjwt.Verify[ginjwt.Claims](t.Context(), v, "a+b/~-._c=")
			require.NoError(t, err)
			assert.Equal(t, introRequest{"POST", "/introspect?realm=a", formType, tc.authorization, "", tc.body}, <-seen)
		})
	}
}

// introSecrets are all spellings of what must not be told.
var introSecrets = []string{introToken, introSecret, introB64("api:" + introSecret)}

func requireNoSecret(t testing.TB, where, text string) {
	t.Helper()
	for _, secret := range introSecrets {
		require.NotContains(t, text, secret[:min(len(secret), 12)], where) // nor a part, where a text was cut
	}
}

// introLog is a log that can be read while it is written.
type introLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *introLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *introLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Whatever the server, or the user's own client, does with what it was sent: it
// does not come back in an error, an event or a log.
func TestIntrospectTellsNoSecrets(t *testing.T) {
	t.Parallel()
	dump := func(r *http.Request) string {
		body, _ := io.ReadAll(r.Body)
		return fmt.Sprint(r.Header, " ", string(body))
	}
	hijack := func(w http.ResponseWriter, text string) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_, _ = io.WriteString(conn, text)
			_ = conn.Close()
		}
	}
	for rule, tc := range map[string]struct {
		answer http.HandlerFunc
		client introTransport
	}{
		"a good answer":    {answer: nil},
		"inactive":         {answer: introReply(200, `{"active":false}`)},
		"an echo":          {answer: func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, dump(r)) }},
		"an echo as JSON":  {answer: func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprintf(w, `{"active":%q}`, dump(r)) }},
		"an echoing error": {answer: func(w http.ResponseWriter, r *http.Request) { http.Error(w, dump(r), 500) }},
		"a redirect that quotes the token": {answer: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "https://other.example/?token="+introToken+"&secret="+introSecret)
			w.WriteHeader(307)
		}},
		"a broken redirect that does": {answer: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "https://[/?token="+introToken+"&secret="+introSecret)
			w.WriteHeader(307)
		}},
		"an echo that is no HTTP": {answer: func(w http.ResponseWriter, r *http.Request) { hijack(w, dump(r)+"\r\n\r\n") }},
		"an echo in a header": {answer: func(w http.ResponseWriter, r *http.Request) {
			hijack(w, "HTTP/1.1 200 OK\r\n"+introToken+introSecret+"\r\n\r\n")
		}},
		"a client whose error quotes the request": {client: func(r *http.Request) (*http.Response, error) { return nil, errors.New("cannot send " + dump(r)) }},
		"a client whose long error does": {client: func(r *http.Request) (*http.Response, error) {
			return nil, errors.New(strings.Repeat("-", 185) + introToken)
		}},
		"a client whose longer error does": {client: func(r *http.Request) (*http.Response, error) {
			return nil, errors.New(strings.Repeat("-", 185) + introToken + strings.Repeat("-", 300))
		}},
		"a client whose panic does": {client: func(r *http.Request) (*http.Response, error) { panic("cannot send " + dump(r)) }},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			var log introLog
			var w *introWorld
			opts := []jwks.Option{jwks.CacheFor(time.Minute, 10)}
			if tc.client != nil {
				opts = append(opts, introOver(tc.client))
			}
			w = newIntroWorld(t, opts...)
			if tc.answer != nil {
				w.does(tc.answer)
			}
			_, err := ginjwt.Verify[introClaims](t.Context(), w.verifier, introToken)
			requireNoSecret(t, "the error", fmt.Sprintf("%v %+v %#v", err, err, err))
			assert.Less(t, len(fmt.Sprint(err)), 400, "a text of others is cut")
			res := get(w.api, "/me", introToken)
			requireNoSecret(t, "the response", res.Body.String()+fmt.Sprint(res.Header()))
			for _, ev := range w.told(1) {
				requireNoSecret(t, "an event", fmt.Sprintf("%v %+v %#v", ev, ev, ev))
				requireNoSecret(t, "the cause in an event", fmt.Sprint(ev.Err))
			}
			logged := newIntroWorld(t, append(opts, jwks.LogEvents(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))...)
			if tc.answer != nil {
				logged.does(tc.answer)
			}
			get(logged.api, "/me", introToken)
			require.Eventually(t, func() bool { return log.String() != "" }, introPatience, time.Millisecond)
			requireNoSecret(t, "the log", log.String())
		})
	}
}

// The log of a refusal or an outage, as a service without an observer has it.
func TestIntrospectEventsOfRequestsTellNoSecrets(t *testing.T) {
	t.Parallel()
	w := newIntroWorld(t)
	var events []ginjwt.Event
	r := newEngine()
	r.Use(ginjwt.Observe(func(_ context.Context, ev ginjwt.Event) { events = append(events, ev) }))
	r.GET("/me", ginjwt.Require(ginjwt.JWT[introClaims](ginjwt.HTTPBearer(), w.verifier)))
	for _, answer := range []http.HandlerFunc{introReply(200, `{"active":false}`), introReply(500, introToken)} {
		w.does(answer)
		get(r, "/me", introToken)
	}
	require.Len(t, events, 2)
	requireNoSecret(t, "events", fmt.Sprintf("%v %+v %#v", events, events, events)+events[0].Cause+events[1].Cause)
}

// introPrinter prints a value, and all of ours that can be reached from it, with
// each verb: what a debugger, or a careless log, would show.
type introPrinter struct {
	out  strings.Builder
	seen map[uintptr]bool
}

func (p *introPrinter) print(v reflect.Value, depth int) {
	if !v.IsValid() || depth > 12 {
		return
	}
	if pkg := v.Type().PkgPath(); pkg != "" && !strings.Contains(pkg, "ginjwt") {
		return // of the standard library's, whose buffers hold what was sent
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Map:
		if v.IsNil() || p.seen[v.Pointer()] {
			return
		}
		p.seen[v.Pointer()] = true
	}
	foreign := v.Kind() == reflect.Pointer && v.Type().Elem().PkgPath() != "" && !strings.Contains(v.Type().Elem().PkgPath(), "ginjwt")
	if !foreign {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x", "%q"} {
			fmt.Fprintf(&p.out, verb+"\n", v)
		}
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		p.print(v.Elem(), depth+1)
	case reflect.Struct:
		for _, field := range v.Fields() {
			p.print(field, depth+1)
		}
	case reflect.Map:
		for key, value := range v.Seq2() {
			p.print(key, depth+1)
			p.print(value, depth+1)
		}
	case reflect.Slice, reflect.Array:
		for i := range min(v.Len(), 100) {
			p.print(v.Index(i), depth+1)
		}
	}
}

func TestIntrospectVerifierPrintsNoSecrets(t *testing.T) {
	t.Parallel()
	for rule, opts := range map[string][]jwks.Option{"Basic": nil, "ClientSecretPost": {jwks.ClientSecretPost()}} {
		w := newIntroWorld(t, append(opts, jwks.CacheFor(time.Minute, 10))...)
		w.requireStatus(200)
		p := introPrinter{seen: map[uintptr]bool{}}
		p.print(reflect.ValueOf(w.verifier), 0)
		p.print(reflect.ValueOf(w.verifier).Elem(), 0)
		printed := p.out.String()
		require.Contains(t, printed, w.endpoint, "%s: the printer reaches the introspector's fields", rule)
		requireNoSecret(t, rule, printed)
		for _, secret := range introSecrets { // as %x and %d print them
			require.NotContains(t, printed, fmt.Sprintf("%x", secret))
			require.NotContains(t, printed, strings.Trim(fmt.Sprint([]byte(secret)), "[]"))
		}
	}
}
