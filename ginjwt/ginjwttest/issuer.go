package ginjwttest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// An Issuer is an identity provider on a loopback address, for tests of services
// that take tokens from elsewhere: it has metadata (OpenID Connect Discovery and
// RFC 8414), a key set, and a token endpoint for client credentials. It does
// what a test says: rotates keys, is down, slow, or talks nonsense.
//
//	idp := ginjwttest.NewIssuer(t, "https://api.example.com")
//	verifier := ginjwt.Must(jwks.Discover(idp.URL, ginjwt.Policy{Audience: []string{"https://api.example.com"}}, jwks.InsecureLoopbackHTTP()))
//	token := ginjwttest.Token(t, idp, &ginjwt.Claims{Subject: "johndoe", Scope: "me"})
type Issuer struct {
	// URL is the issuer: what tokens have as iss.
	URL string

	server *httptest.Server
	clock  func() time.Time
	issuer *ginjwt.Issuer
	pages  *http.ServeMux

	mu        sync.Mutex
	signing   ginjwt.Key
	published []ginjwt.Key
	fault     http.HandlerFunc // answers instead of pages, if it is set
	over      chan struct{}    // closed to answer the requests that wait in Slow; nil without them
	asked     map[string]int   // how often, by path
	released  chan struct{}    // closed when the test is over
}

// NewIssuer starts an Issuer of tokens for audience, which is stopped when t is
// over. It signs with ES256.
func NewIssuer(t testing.TB, audience ...string) *Issuer {
	t.Helper()
	i := &Issuer{clock: time.Now, asked: map[string]int{}, released: make(chan struct{})}
	i.signing = ginjwt.Must(ginjwt.GenerateKey(ginjwt.ES256))
	i.published = []ginjwt.Key{i.signing}
	i.server = httptest.NewServer(i.handler())
	i.URL = i.server.URL
	t.Cleanup(func() {
		close(i.released)
		i.server.Close()
	})
	var err error
	i.issuer, err = ginjwt.NewIssuer(ginjwt.IssuerConfig{Keys: rotatingKeys{i}, Issuer: i.URL, Audience: audience, Now: i.now})
	if err != nil {
		t.Fatalf("ginjwttest: NewIssuer: %v", err)
	}
	return i
}

// rotatingKeys are the keys of an Issuer, as the test has them by now.
type rotatingKeys struct{ i *Issuer }

func (k rotatingKeys) SigningKey(context.Context) (ginjwt.Key, error) {
	k.i.mu.Lock()
	defer k.i.mu.Unlock()
	return k.i.signing, nil
}

func (k rotatingKeys) FindKey(_ context.Context, alg ginjwt.Algorithm, kid string) (ginjwt.Key, error) {
	k.i.mu.Lock()
	defer k.i.mu.Unlock()
	for _, key := range k.i.published {
		if key.ID() == kid && key.Algorithm() == alg {
			return key, nil
		}
	}
	return ginjwt.Key{}, ginjwt.ErrUnknownKey
}

func (i *Issuer) now() time.Time {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.clock()
}

// UseClock makes the tokens' dates those of a clock.
func (i *Issuer) UseClock(c *Clock) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.clock = c.Now
}

// Sign signs an access token as a ginjwt.Issuer does.
func (i *Issuer) Sign(claims ginjwt.AnyClaims) (string, error) { return i.issuer.Sign(claims) }

// Config says how i signs.
func (i *Issuer) Config() ginjwt.IssuerConfig { return i.issuer.Config() }

// Rotate publishes a new key and signs with it from now on. The old one stays
// published.
func (i *Issuer) Rotate() {
	key := ginjwt.Must(ginjwt.GenerateKey(ginjwt.ES256))
	i.mu.Lock()
	defer i.mu.Unlock()
	i.signing, i.published = key, append(i.published, key)
}

// RotateUnpublished signs with a new key from now on, which is in the key set
// only after Publish: as a provider does whose caches lag behind.
func (i *Issuer) RotateUnpublished() {
	key := ginjwt.Must(ginjwt.GenerateKey(ginjwt.ES256))
	i.mu.Lock()
	defer i.mu.Unlock()
	i.signing = key
}

// Publish puts the key that signs into the key set.
func (i *Issuer) Publish() {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, k := range i.published {
		if k.ID() == i.signing.ID() {
			return
		}
	}
	i.published = append(i.published, i.signing)
}

// Withdraw takes all keys but the one that signs out of the key set.
func (i *Issuer) Withdraw() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.published = []ginjwt.Key{i.signing}
}

// Down answers everything with 503 from now on.
func (i *Issuer) Down() {
	i.set(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "down", http.StatusServiceUnavailable) }, nil)
}

// Slow answers nothing from now on, until the request's end or the test's. Up,
// Down and Garbage answer those who wait.
func (i *Issuer) Slow() {
	over := make(chan struct{})
	i.set(func(w http.ResponseWriter, req *http.Request) {
		select {
		case <-req.Context().Done():
		case <-i.released:
		case <-over:
			i.answer(w, req)
		}
	}, over)
}

// Garbage answers everything with a page that is no JSON from now on.
func (i *Issuer) Garbage() {
	i.set(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html><body>Sign in</body></html>") }, nil)
}

// Up ends Down, Slow and Garbage.
func (i *Issuer) Up() { i.set(nil, nil) }

// set replaces the fault. Requests that wait in Slow are answered by the new one.
func (i *Issuer) set(fault http.HandlerFunc, over chan struct{}) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.over != nil {
		close(i.over)
	}
	i.fault, i.over = fault, over
}

// Asked returns how often the path of a URL was asked for, faults included:
// "/keys" is the key set, "/token" the token endpoint.
func (i *Issuer) Asked(path string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked[path]
}
