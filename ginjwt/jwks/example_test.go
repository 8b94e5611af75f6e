package jwks_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

// startProvider starts a service that signs tokens and publishes its keys, on this
// machine: another team's, or an identity provider.
func startProvider() (server *httptest.Server, sign func(subject string) string) {
	r := gin.New()
	server = httptest.NewServer(r)
	ring := ginjwt.Must(jwks.NewRing(jwks.RingConfig{}, jwks.RingKey{Key: ginjwt.Must(ginjwt.GenerateKey(ginjwt.ES256))}))
	issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{
		Keys: ring, Issuer: server.URL, Audience: []string{"https://api.example"},
	}))
	r.GET("/.well-known/openid-configuration", func(c *gin.Context) {
		c.JSON(200, gin.H{"issuer": server.URL, "jwks_uri": server.URL + "/jwks.json"})
	})
	r.GET("/jwks.json", jwks.Handler(ring))
	r.POST("/introspect", func(c *gin.Context) {
		c.JSON(200, gin.H{
			"active": c.PostForm("token") == "t-81c2", "sub": "johndoe", "iss": server.URL,
			"aud": "https://api.example", "exp": time.Now().Add(time.Hour).Unix(),
		})
	})
	return server, func(subject string) string { return ginjwt.Must(issuer.Sign(&ginjwt.Claims{Subject: subject})) }
}

// show prints what a route answers that is guarded by verifier.
func show(verifier *ginjwt.Verifier, token string) {
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.HTTPBearer(), verifier)
	r := gin.New()
	r.GET("/", ginjwt.Handle(claims, func(c *gin.Context, claims ginjwt.Claims) { c.String(200, claims.Subject) }))

	req := httptest.NewRequest("GET", "/", nil)
	req.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	fmt.Println(w.Code, w.Body)
}

// The tokens of a provider that has metadata. The keys are fetched when the
// first token comes.
func ExampleDiscover() {
	provider, sign := startProvider()
	defer provider.Close()
	name := provider.URL // "https://id.example.com"

	verifier, err := jwks.Discover(name, ginjwt.Policy{Audience: []string{"https://api.example"}},
		jwks.InsecureLoopbackHTTP()) // for this machine only
	if err != nil {
		fmt.Println(err)
		return
	}
	show(verifier, sign("johndoe"))
	show(verifier, "abc")
	// Output:
	// 200 johndoe
	// 401 {"detail":"Could not validate credentials"}
}

// A key set without metadata: its URL and the tokens' issuer are given.
func ExampleRemote() {
	provider, sign := startProvider()
	defer provider.Close()

	keys := ginjwt.Must(jwks.Remote(provider.URL+"/jwks.json", jwks.InsecureLoopbackHTTP())) // for this machine only
	verifier := ginjwt.Must(ginjwt.NewVerifier(keys, ginjwt.Policy{
		Issuer: provider.URL, Audience: []string{"https://api.example"},
	}))
	show(verifier, sign("johndoe"))
	// Output:
	// 200 johndoe
}

// The keys are known before the service says that it is ready. While the
// provider is down they are used on; without any, it is 503.
func ExampleSource_Refresh() {
	provider, sign := startProvider()
	token := sign("johndoe")
	keys := ginjwt.Must(jwks.DiscoverKeys(provider.URL, jwks.InsecureLoopbackHTTP()))
	policy := ginjwt.Policy{Issuer: provider.URL, Audience: []string{"https://api.example"}}
	fmt.Println(keys.Refresh(context.Background()))

	provider.Close() // it is down
	show(ginjwt.Must(ginjwt.NewVerifier(keys, policy)), token)
	late := ginjwt.Must(jwks.DiscoverKeys(provider.URL, jwks.InsecureLoopbackHTTP()))
	show(ginjwt.Must(ginjwt.NewVerifier(late, policy)), token)
	// Output:
	// <nil>
	// 200 johndoe
	// 503 {"detail":"Service unavailable"}
}

// Opaque tokens, which only the authorization server can read.
func ExampleIntrospect() {
	provider, _ := startProvider()
	defer provider.Close()

	verifier := ginjwt.Must(jwks.Introspect(provider.URL+"/introspect", "api", "the client's secret",
		ginjwt.Policy{Issuer: provider.URL, Audience: []string{"https://api.example"}},
		jwks.InsecureLoopbackHTTP())) // for this machine only
	show(verifier, "t-81c2")
	show(verifier, "t-0000")
	// Output:
	// 200 johndoe
	// 401 {"detail":"Could not validate credentials"}
}

// Two keys, of which the next one signs from Sunday on. All instances of the
// service are given the same.
func ExampleNewRing() {
	now := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC) // a Friday
	sunday := now.AddDate(0, 0, 2)
	current := ginjwt.Must(ginjwt.GenerateKey(ginjwt.ES256)).WithID("january")
	next := ginjwt.Must(ginjwt.GenerateKey(ginjwt.ES256)).WithID("february")
	ring := ginjwt.Must(jwks.NewRing(jwks.RingConfig{Now: func() time.Time { return now }},
		jwks.RingKey{Key: current}, jwks.RingKey{Key: next, From: sunday}))

	key, _ := ring.SigningKey(context.Background())
	fmt.Println(key.ID())
	now = sunday
	key, _ = ring.SigningKey(context.Background())
	fmt.Println(key.ID())
	_, err := ring.FindKey(context.Background(), ginjwt.ES256, "january") // tokens of it are still good
	fmt.Println(err)
	now = sunday.Add(time.Hour)
	_, err = ring.FindKey(context.Background(), ginjwt.ES256, "january")
	fmt.Println(err)
	// Output:
	// january
	// february
	// <nil>
	// ginjwt: unknown key
}

// A key that others got hold of is withdrawn: its tokens are refused from the
// next request on.
func ExampleRing_Set() {
	stolen := jwks.RingKey{Key: ginjwt.Must(ginjwt.GenerateKey(ginjwt.ES256))}
	ring := ginjwt.Must(jwks.NewRing(jwks.RingConfig{}, stolen))
	issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{
		Keys: ring, Issuer: "https://api.example", Audience: []string{"https://api.example"},
	}))
	verifier := ginjwt.Must(issuer.Verifier(ginjwt.Policy{}))
	token := ginjwt.Must(issuer.Sign(&ginjwt.Claims{Subject: "johndoe"}))

	show(verifier, token)
	fmt.Println(ring.Set(jwks.RingKey{Key: ginjwt.Must(ginjwt.GenerateKey(ginjwt.ES256))}))
	show(verifier, token)
	show(verifier, ginjwt.Must(issuer.Sign(&ginjwt.Claims{Subject: "johndoe"})))
	// Output:
	// 200 johndoe
	// <nil>
	// 401 {"detail":"Could not validate credentials"}
	// 200 johndoe
}

// The key set is public: it has no secret in it, and caches may keep it.
func ExampleHandler() {
	key := ginjwt.Must(ginjwt.GenerateKey(ginjwt.ES256)).WithID("january")
	ring := ginjwt.Must(jwks.NewRing(jwks.RingConfig{}, jwks.RingKey{Key: key}))

	r := gin.New()
	r.GET("/.well-known/jwks.json", ginjwt.Public(), jwks.Handler(ring))
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/.well-known/jwks.json", nil))
	fmt.Println(w.Code, w.Header().Get("Content-Type"), w.Header().Get("Cache-Control"))
	// Output:
	// 200 application/jwk-set+json public, max-age=900
}

// Failures and skipped keys as log lines or metrics of one's own.
func ExampleObserve() {
	provider, sign := startProvider()
	defer provider.Close()

	events := make(chan jwks.Event, 1) // nobody waits for the observer
	verifier := ginjwt.Must(jwks.Discover(provider.URL, ginjwt.Policy{Audience: []string{"https://api.example"}},
		jwks.InsecureLoopbackHTTP(), // for this machine only
		jwks.Observe(func(_ context.Context, ev jwks.Event) { events <- ev })))
	show(verifier, sign("johndoe"))
	ev := <-events
	fmt.Println("keys:", ev.Keys, ev.Err)
	// Output:
	// 200 johndoe
	// keys: 1 <nil>
}
