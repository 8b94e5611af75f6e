package ginjwt_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

// idp is an identity provider on loopback that answers as the test says,
// and counts what it is asked.
type idp struct {
	t      *testing.T
	server *httptest.Server
	issuer string

	now      atomic.Int64 // seconds, of the services' clock
	fetches  atomic.Int32 // of the key set
	metadata atomic.Int32 // of metadata, in either form
	sent     atomic.Int64 // bytes of key sets that went out

	mu         sync.Mutex
	answerKeys http.HandlerFunc
	answerMeta http.HandlerFunc
	events     []jwks.Event
	ended      chan struct{} // closed at the end, for handlers that hang
}

// newIDP returns a provider that is well and has no keys. At the end of the
// test, nothing that was started for it may run any more.
func newIDP(t *testing.T) *idp {
	t.Helper()
	p := &idp{t: t, ended: make(chan struct{})}
	p.now.Store(forgeNow)
	unlabel := idpLabel(t.Name())
	p.server = httptest.NewServer(p)
	p.issuer = p.server.URL
	p.answerMeta = p.describe(p.server.URL + "/keys")
	p.publish()
	t.Cleanup(func() {
		close(p.ended)
		unlabel()
		requireNoIDPGoroutine(t, t.Name(), "ginjwt/jwks.", "net/http.(*persistConn)") // though the provider goes on
		p.server.Close()
		requireNoIDPGoroutine(t, t.Name(), "")
	})
	return p
}

// idpLabel marks the goroutine, and all that it begins from now on.
func idpLabel(name string) (unlabel func()) {
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels("provider", name)))
	return func() { pprof.SetGoroutineLabels(context.Background()) }
}

// requireNoIDPGoroutine waits for the end of all goroutines that are marked so and
// are in one of functions.
func requireNoIDPGoroutine(t *testing.T, name string, functions ...string) {
	t.Helper()
	marked := func() string {
		var all bytes.Buffer
		if err := pprof.Lookup("goroutine").WriteTo(&all, 1); err != nil {
			return err.Error()
		}
		for stack := range strings.SplitSeq(all.String(), "\n\n") {
			in := func(function string) bool { return strings.Contains(stack, function) }
			if in(fmt.Sprintf(`"provider":%q`, name)) && slices.ContainsFunc(functions, in) {
				return stack
			}
		}
		return ""
	}
	if !assert.Eventually(t, func() bool { return marked() == "" }, 10*time.Second, 10*time.Millisecond) {
		t.Errorf("a goroutine is left:\n%s", marked())
	}
}

func (p *idp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	keys, meta := p.answerKeys, p.answerMeta
	p.mu.Unlock()
	switch {
	case strings.Contains(r.URL.Path, "/.well-known/"):
		p.metadata.Add(1)
		meta(w, r)
	case r.URL.Path == "/keys":
		p.fetches.Add(1)
		keys(&idpWriter{w, &p.sent}, r)
	default:
		keys(w, r) // where a redirect leads
	}
}

type idpWriter struct {
	http.ResponseWriter
	sent *atomic.Int64
}

func (w *idpWriter) Write(b []byte) (int, error) {
	n, err := w.ResponseWriter.Write(b)
	w.sent.Add(int64(n))
	return n, err
}

func (w *idpWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (p *idp) keysAre(answer http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answerKeys = answer
}

func (p *idp) metadataIs(answer http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answerMeta = answer
}

// publish makes the key set one of keys, each a JSON text.
func (p *idp) publish(keys ...string) { p.keysAre(idpSays(idpKeySet(keys...))) }

// describe is metadata with keySet as its jwks_uri.
func (p *idp) describe(keySet string) http.HandlerFunc {
	return idpSays(fmt.Sprintf(`{"issuer":%q,"jwks_uri":%q}`, p.issuer, keySet))
}

func idpKeySet(keys ...string) string { return `{"keys":[` + strings.Join(keys, ",") + `]}` }

// idpSays is an answer with status 200.
func idpSays(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}

// hang answers nothing until the client leaves, or the test ends.
func (p *idp) hang(_ http.ResponseWriter, r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-p.ended:
	}
}

func (p *idp) clock() time.Time        { return time.Unix(p.now.Load(), 0) }
func (p *idp) advance(d time.Duration) { p.now.Add(int64(d / time.Second)) }

func (p *idp) observe(_ context.Context, ev jwks.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = append(p.events, ev)
}

// told returns the events so far.
func (p *idp) told() []jwks.Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]jwks.Event(nil), p.events...)
}

func (p *idp) options(opts []jwks.Option) []jwks.Option {
	return append([]jwks.Option{jwks.InsecureLoopbackHTTP(), jwks.Observe(p.observe), jwks.Clock(p.clock)}, opts...)
}

func (p *idp) policy() ginjwt.Policy {
	return ginjwt.Policy{Issuer: p.issuer, Audience: []string{testAudience}, Now: p.clock}
}

// discovered returns a service that trusts the provider by its metadata.
func (p *idp) discovered(opts ...jwks.Option) idpService {
	p.t.Helper()
	v, err := jwks.Discover(p.issuer, p.policy(), p.options(opts)...)
	require.NoError(p.t, err)
	return newIDPService(v)
}

// idpService is a Gin program with one guarded route.
type idpService struct{ *gin.Engine }

func newIDPService(v *ginjwt.Verifier) idpService {
	r := newEngine()
	r.Use(ginjwt.Observe(func(context.Context, ginjwt.Event) {})) // nothing is logged
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), v)
	r.GET("/me", ginjwt.Handle(claims, func(c *gin.Context, me ginjwt.Claims) { c.String(http.StatusOK, me.Subject) }))
	return idpService{r}
}

// requireAnswer demands of the service all that a client sees with that status.
func (s idpService) requireAnswer(t testing.TB, status int, token string, why ...any) {
	t.Helper()
	w := get(s, "/me", token)
	require.Equal(t, status, w.Code, why...)
	challenge, retry := w.Header().Get("WWW-Authenticate"), w.Header().Get("Retry-After")
	switch status {
	case http.StatusOK:
		require.Equal(t, "alice", w.Body.String())
		require.Empty(t, challenge+retry)
	case http.StatusUnauthorized:
		require.Contains(t, challenge, `error="invalid_token"`)
		require.JSONEq(t, `{"detail":"Could not validate credentials"}`, w.Body.String())
		require.Empty(t, retry)
	case http.StatusServiceUnavailable:
		require.Regexp(t, `^([1-9]|10)$`, retry, "seconds, within the CoolDown")
		require.JSONEq(t, `{"detail":"Service unavailable"}`, w.Body.String())
		require.Empty(t, challenge)
	}
}

// idpKey is a key of the provider with its ID.
type idpKey struct {
	forger
	kid string
	jwk string
}

func newIDPKey(t testing.TB, kid string) idpKey {
	t.Helper()
	key := ecdsaOf(t, ginjwt.ES256)
	return idpKey{newForger(t, ginjwt.ES256, key), kid, idpECKey(t, &key.PublicKey, fmt.Sprintf(`"kid":%q,"alg":"ES256","use":"sig"`, kid))}
}

// idpECKey returns a key on P-256 with more members.
func idpECKey(t testing.TB, key *ecdsa.PublicKey, more string) string {
	t.Helper()
	point, err := key.Bytes()
	require.NoError(t, err)
	x, y := base64.RawURLEncoding.EncodeToString(point[1:33]), base64.RawURLEncoding.EncodeToString(point[33:])
	if more != "" {
		more = "," + more
	}
	return fmt.Sprintf(`{"kty":"EC","crv":"P-256","x":%q,"y":%q%s}`, x, y, more)
}

// token returns a token that is good for ten minutes.
func (p *idp) token(s idpKey) string {
	p.t.Helper()
	return p.tokenWith(s.forger, fmt.Sprintf(`,"kid":%q`, s.kid))
}

func (p *idp) tokenWith(f forger, header string) string {
	p.t.Helper()
	return f.token(p.t, f.headerOf(header), fmt.Sprintf(`{"iss":%q,"aud":%q,"sub":"alice","exp":%d}`, p.issuer, testAudience, p.now.Load()+600))
}

// settled waits until n key sets were fetched, or not, and each was told.
func (p *idp) settled(n int) {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return len(p.told()) == n }, 10*time.Second, time.Millisecond)
}
