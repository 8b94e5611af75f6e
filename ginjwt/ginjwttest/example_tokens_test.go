package ginjwttest_test

import (
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

// guarded is a server with one route, which is guarded by verifier.
func guarded(verifier *ginjwt.Verifier) *gin.Engine {
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), verifier)
	r := gin.New()
	r.GET("/", ginjwt.Handle(claims, func(c *gin.Context, claims ginjwt.Claims) { c.String(200, claims.Subject) }))
	return r
}

var testKey = ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256))

// testIssuer signs the tokens of a test, by a clock that the test moves.
func testIssuer(clock *ginjwttest.Clock) *ginjwt.Issuer {
	return ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{
		Key: testKey, Issuer: "https://api.example", Audience: []string{"https://api.example"}, Now: clock.Now,
	}))
}

// A good token, and two that have one thing wrong each.
func ExampleToken() {
	issuer := testIssuer(ginjwttest.NewClock())
	r := guarded(ginjwt.Must(issuer.Verifier(ginjwt.Policy{})))
	req := httptest.NewRequest("GET", "/", nil)
	johndoe := &ginjwt.Claims{Subject: "johndoe"}

	show(ginjwttest.Do(t, r, ginjwttest.Authorized(req, ginjwttest.Token(t, issuer, johndoe))))
	show(ginjwttest.Do(t, r, ginjwttest.Authorized(req, ginjwttest.Token(t, issuer, johndoe, ginjwttest.Expired))))
	show(ginjwttest.Do(t, r, ginjwttest.Authorized(req, ginjwttest.Token(t, issuer, johndoe, ginjwttest.WrongAudience))))
	// Output:
	// 200 johndoe
	// 401 {"detail":"Could not validate credentials"}
	// 401 {"detail":"Could not validate credentials"}
}

// A token is good for 15 minutes. Nobody waits for that.
func ExampleClock() {
	clock := ginjwttest.NewClock()
	issuer := testIssuer(clock)
	r := guarded(ginjwt.Must(issuer.Verifier(ginjwt.Policy{Now: clock.Now})))
	token := ginjwttest.Token(t, issuer, &ginjwt.Claims{Subject: "johndoe"})
	req := ginjwttest.Authorized(httptest.NewRequest("GET", "/", nil), token)

	show(ginjwttest.Do(t, r, req))
	clock.Advance(15 * time.Minute)
	show(ginjwttest.Do(t, r, req))
	// Output:
	// 200 johndoe
	// 401 {"detail":"Could not validate credentials"}
}

// A provider that rotates its keys, and then is down: known keys are used on.
func ExampleNewIssuer() {
	defer over() // as at the end of a test
	idp := ginjwttest.NewIssuer(t, "https://api.example")
	verifier := ginjwt.Must(jwks.Discover(idp.URL,
		ginjwt.Policy{Audience: []string{"https://api.example"}}, jwks.InsecureLoopbackHTTP()))
	r := guarded(verifier)
	try := func() {
		token := ginjwttest.Token(t, idp, &ginjwt.Claims{Subject: "johndoe"})
		show(ginjwttest.Do(t, r, ginjwttest.Authorized(httptest.NewRequest("GET", "/", nil), token)))
	}

	idp.Rotate()
	try()
	idp.Down()
	try()
	// Output:
	// 200 johndoe
	// 200 johndoe
}

// Dozens of attacks on one route. All are refused by the first server; the second
// does not look at the issuer, and the test says what that lets in.
func ExampleRefusesForged() {
	issuer := testIssuer(ginjwttest.NewClock())
	r := guarded(ginjwt.Must(issuer.Verifier(ginjwt.Policy{})))
	token := ginjwttest.Token(t, issuer, &ginjwt.Claims{Subject: "johndoe"})
	req := ginjwttest.Authorized(httptest.NewRequest("GET", "/", nil), token)

	ginjwttest.RefusesForged(t, r, req, testKey)

	lax := guarded(ginjwt.Must(ginjwt.NewVerifier(testKey, ginjwt.Policy{AnyIssuer: true, Audience: []string{"https://api.example"}})))
	ginjwttest.RefusesForged(t, lax, req, testKey)
	// Output:
	// ginjwttest: GET / does not refuse a forged token: another issuer
	// 	200 OK
	// 	johndoe
	// ginjwttest: GET / does not refuse a forged token: no iss
	// 	200 OK
	// 	johndoe
}

// The test of a server in which somebody forgot a guard.
func ExampleEveryRouteGuarded() {
	r := setupRouter()
	r.GET("/stats", func(c *gin.Context) { c.String(200, "2 users") })

	ginjwttest.EveryRouteGuarded(t, r, "/feed") // open on purpose
	// Output:
	// ginjwttest: GET /stats (github.com/ginjwt/gin-depends/ginjwt/ginjwttest_test.ExampleEveryRouteGuarded.func1) answers 200 OK to nobody, not 401
	// 	the audit sees: open
}

// The scope that a client is told to ask for.
func ExampleChallenges() {
	rec := ginjwttest.Do(t, setupRouter(), ginjwttest.As(httptest.NewRequest("GET", "/users/me", nil), User{"johndoe"}))

	challenges, err := ginjwttest.Challenges(rec.Result().Header)
	fmt.Println(challenges[0].Scheme, challenges[0].Params["error"], challenges[0].Params["scope"], err)
	// Output:
	// Bearer insufficient_scope me <nil>
}
