package ginjwt_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// Tokens of another issuer, whose key, name and audience must be given.
func ExampleNewVerifier() {
	public, private, _ := ed25519.GenerateKey(nil)
	key, err := ginjwt.NewKey(ginjwt.EdDSA, public)
	if err != nil {
		fmt.Println(err)
		return
	}
	verifier, err := ginjwt.NewVerifier(key, ginjwt.Policy{
		Issuer:   "https://login.example",
		Audience: []string{"https://api.example"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("https://login.example/token"), verifier)
	r := gin.New()
	r.GET("/", ginjwt.Handle(claims, func(c *gin.Context, claims ginjwt.Claims) { c.String(200, claims.Subject) }))

	login := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{ // the other side
		Key:    ginjwt.Must(ginjwt.NewKey(ginjwt.EdDSA, private)),
		Issuer: "https://login.example", Audience: []string{"https://api.example"},
	}))
	show(r, "/", ginjwt.Must(login.Sign(&ginjwt.Claims{Subject: "johndoe"})))
	show(r, "/", tokenOf("johndoe", "")) // another issuer's
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

// Claims of one's own.
func ExampleVerify() {
	type AccessClaims struct {
		ginjwt.Claims
		Tenant string `json:"tenant"`
	}
	verifier := ginjwt.Must(exampleIssuer.Verifier(ginjwt.Policy{}))
	token, err := exampleIssuer.Sign(&AccessClaims{Claims: ginjwt.Claims{Subject: "johndoe"}, Tenant: "acme"})
	if err != nil {
		fmt.Println(err)
		return
	}

	claims, err := ginjwt.Verify[AccessClaims](context.Background(), verifier, token)
	fmt.Println(claims.Subject, claims.Tenant, err)

	_, err = ginjwt.Verify[AccessClaims](context.Background(), verifier, token+"A")
	var refusal *ginjwt.Error
	fmt.Println(errors.As(err, &refusal) && refusal.Code == ginjwt.CodeInvalidToken)
	// Output:
	// johndoe acme <nil>
	// true
}
