package ginjwt_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// Tokens of another issuer, whose key, name and audience must be given.
func ExampleNewVerifier() {
	public, private, _ := ed25519.GenerateKey(nil)
	key := ginjwt.Must(ginjwt.NewKey(ginjwt.EdDSA, public)) // KeyFromPEM, for what openssl writes
	verifier := ginjwt.Must(ginjwt.NewVerifier(key, ginjwt.Policy{
		Issuer:   "https://login.example",
		Audience: []string{"https://api.example"},
	}))

	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("https://login.example/token"), verifier)
	r := gin.New()
	r.GET("/", ginjwt.Handle(claims, func(c *gin.Context, claims ginjwt.Claims) { c.String(200, claims.Subject) }))

	login := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{ // the other side
		Key:    ginjwt.Must(ginjwt.NewKey(ginjwt.EdDSA, private)),
		Issuer: "https://login.example", Audience: []string{"https://api.example"},
	}))
	show(r, "/", ginjwt.Must(login.Sign(&ginjwt.Claims{Subject: "johndoe"})))
	show(r, "/", tokenFor("johndoe", "")) // another issuer's
	// Output:
	// 200 johndoe
	// 401 {"detail":"Could not validate credentials"}
}

// Everything that is missing is said at once.
func ExampleNewVerifier_faults() {
	_, err := ginjwt.NewVerifier(ginjwt.Keys(), ginjwt.Policy{Leeway: time.Hour})
	fmt.Println(err)
	// Output:
	// ginjwt: Keys: no keys given
	// ginjwt: Policy: Issuer is empty: set it to the iss of your tokens, or say AnyIssuer
	// ginjwt: Policy: Audience is empty: set it to this service's name in aud, or say AnyAudience
	// ginjwt: Policy: Leeway is 1h0m0s: it must be from 0 to 5m0s
}

// Claims of one's own, in a route.
func ExampleJWT() {
	type AccessClaims struct {
		ginjwt.Claims
		Tenant string `json:"tenant"`
	}
	claims := ginjwt.JWT[AccessClaims](ginjwt.OAuth2PasswordBearer("/token"), verifier)

	r := gin.New()
	r.GET("/", ginjwt.Handle(claims, func(c *gin.Context, who AccessClaims) {
		c.String(200, "%s of %s", who.Subject, who.Tenant)
	}))
	show(r, "/", ginjwt.Must(issuer.Sign(&AccessClaims{Claims: ginjwt.Claims{Subject: "johndoe"}, Tenant: "acme"})))
	// Output:
	// 200 johndoe of acme
}

// Outside of Gin: a message of a queue, a stream of gRPC, a job.
func ExampleVerify() {
	for _, token := range []string{tokenFor("johndoe", "me"), "abc"} {
		claims, err := ginjwt.Verify[ginjwt.Claims](context.Background(), verifier, token)
		if refusal, ok := errors.AsType[*ginjwt.Error](err); ok {
			fmt.Println(refusal.Status, refusal.Code, "-", refusal.Err)
			continue
		}
		fmt.Println(claims.Subject, claims.Scope.Has("me"))
	}
	// Output:
	// johndoe true
	// 401 invalid_token - token malformed
}

// A new key signs, and the tokens of the old one are good until they expire. For
// keys that rotate while the program runs, see jwks.NewRing.
func ExampleKeys() {
	before := ginjwt.Must(ginjwt.GenerateKey(ginjwt.ES256))
	after := ginjwt.Must(ginjwt.GenerateKey(ginjwt.ES256))
	audience := []string{"https://api.example"}
	verifier := ginjwt.Must(ginjwt.NewVerifier(ginjwt.Keys(after, before), ginjwt.Policy{Issuer: "login", Audience: audience}))

	unknown := ginjwt.Must(ginjwt.GenerateKey(ginjwt.ES256))
	for _, key := range []ginjwt.Key{before, after, unknown} {
		login := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: key, Issuer: "login", Audience: audience}))
		token := ginjwt.Must(login.Sign(&ginjwt.Claims{Subject: "johndoe"}))
		claims, err := ginjwt.Verify[ginjwt.Claims](context.Background(), verifier, token)
		fmt.Printf("%q %t\n", claims.Subject, errors.Is(err, ginjwt.ReasonKey))
	}
	// Output:
	// "johndoe" false
	// "johndoe" false
	// "" true
}

// Two issuers, each with its own key and policy.
func ExampleByIssuer() {
	newIssuer := func(name string) *ginjwt.Issuer {
		return ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{
			Key: ginjwt.Must(ginjwt.GenerateKey(ginjwt.ES256)), Issuer: name, Audience: []string{"https://api.example"},
		}))
	}
	staff, customers := newIssuer("https://staff.example"), newIssuer("https://shop.example")
	verifier := ginjwt.Must(ginjwt.ByIssuer(
		ginjwt.Must(staff.Verifier(ginjwt.Policy{})),
		ginjwt.Must(customers.Verifier(ginjwt.Policy{})),
	))

	for _, from := range []*ginjwt.Issuer{staff, customers, newIssuer("https://else.example")} {
		token := ginjwt.Must(from.Sign(&ginjwt.Claims{Subject: "johndoe"}))
		claims, err := ginjwt.Verify[ginjwt.Claims](context.Background(), verifier, token)
		fmt.Printf("%q %t\n", claims.Issuer, errors.Is(err, ginjwt.ReasonIssuer))
	}
	// Output:
	// "https://staff.example" false
	// "https://shop.example" false
	// "" true
}

// revoked knows the IDs of tokens that are good no more. Package sessions has a
// Revoker that is complete, and one in Redis.
type revoked struct{ ids sync.Map }

func (r *revoked) Revoked(_ context.Context, c *ginjwt.Claims) (bool, error) {
	_, found := r.ids.Load(c.JWTID)
	return found, nil
}

// A token that is taken back before it expires.
func ExampleRevoker() {
	var revoked revoked
	verifier := ginjwt.Must(issuer.Verifier(ginjwt.Policy{Revoker: &revoked}))
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), verifier)

	r := gin.New()
	r.GET("/me", ginjwt.Handle(claims, func(c *gin.Context, who ginjwt.Claims) { c.String(200, who.Subject) }))
	r.GET("/logout", ginjwt.Handle(claims, func(c *gin.Context, who ginjwt.Claims) {
		revoked.ids.Store(who.JWTID, true)
		c.String(200, "bye")
	}))
	token := tokenFor("johndoe", "")
	show(r, "/me", token)
	show(r, "/logout", token)
	show(r, "/me", token)
	// Output:
	// 200 johndoe
	// 200 bye
	// 401 {"detail":"Could not validate credentials"}
}

// table knows what opaque tokens stand for.
type table map[string]ginjwt.Claims

func (t table) Introspect(_ context.Context, token string) ([]byte, error) {
	claims, ok := t[token]
	if !ok {
		return nil, ginjwt.ErrInactive
	}
	return json.Marshal(claims)
}

// Opaque tokens from a table of one's own. It would have their hashes only.
func ExampleNewOpaqueVerifier() {
	verifier := ginjwt.Must(ginjwt.NewOpaqueVerifier(table{
		"t-81c2": {Subject: "johndoe", ExpiresAt: ginjwt.NewNumericDate(time.Now().Add(time.Hour))},
	}, ginjwt.Policy{AnyIssuer: true, AnyAudience: true}))
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.HTTPBearer(), verifier)

	r := gin.New()
	r.GET("/", ginjwt.Handle(claims, func(c *gin.Context, claims ginjwt.Claims) { c.String(200, claims.Subject) }))
	show(r, "/", "t-81c2")
	show(r, "/", "t-0000")
	// Output:
	// 200 johndoe
	// 401 {"detail":"Could not validate credentials"}
}
