package ginjwt_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// A login: form in, token out, both as RFC 6749 has them.
func ExamplePasswordForm() {
	login := func(_ *gin.Context, form ginjwt.OAuth2PasswordRequestForm) (ginjwt.Token, error) {
		if form.Username != "johndoe" || form.Password != "secret" { // compare slow hashes instead
			return ginjwt.Token{}, ginjwt.InvalidGrant("Incorrect username or password")
		}
		return issuer.Token(&ginjwt.Claims{Subject: form.Username, Scope: "me"})
	}

	r := gin.New()
	r.POST("/token", ginjwt.Handle(ginjwt.Depends(ginjwt.PasswordForm(), login), ginjwt.WriteToken))
	for _, password := range []string{"secret", "wrong"} {
		form := url.Values{"username": {"johndoe"}, "password": {password}}
		req := httptest.NewRequest("POST", "/token", strings.NewReader(form.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		fmt.Println(w.Code, w.Header().Get("Cache-Control"))
	}
	// Output:
	// 200 no-store
	// 400 no-store
}

// A grant of another kind: a service logs in with a secret of its own (RFC 6749
// section 4.4).
func ExampleTokenForm() {
	login := func(_ *gin.Context, form url.Values) (ginjwt.Token, error) {
		switch {
		case form.Get("grant_type") != "client_credentials":
			return ginjwt.Token{}, ginjwt.UnsupportedGrantType("Use client_credentials")
		case form.Get("client_id") != "robot" || !ginjwt.ConstantTimeEqual(form.Get("client_secret"), "k-5f2b7c"):
			return ginjwt.Token{}, ginjwt.InvalidClient("Unknown client or wrong secret")
		}
		return issuer.Token(&ginjwt.Claims{Subject: "robot", Scope: "reports"})
	}

	r := gin.New()
	r.POST("/token", ginjwt.Handle(ginjwt.Depends(ginjwt.TokenForm(), login), ginjwt.WriteToken))
	for _, secret := range []string{"k-5f2b7c", "stolen"} {
		form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"robot"}, "client_secret": {secret}}
		req := httptest.NewRequest("POST", "/token", strings.NewReader(form.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		fmt.Println(w.Code, strings.Contains(w.Body.String(), `"scope":"reports"`))
	}
	// Output:
	// 200 true
	// 401 false
}

// An issuer fills in what a token needs: iss, aud, iat, exp and a random jti.
func ExampleIssuer_Sign() {
	issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{
		Key:       ginjwt.Must(ginjwt.GenerateKey(ginjwt.ES256)),
		Issuer:    "https://api.example",
		Audience:  []string{"https://api.example"},
		AccessTTL: 5 * time.Minute,
	}))
	token, err := issuer.Sign(&ginjwt.Claims{Subject: "johndoe"})
	if err != nil {
		fmt.Println(err)
		return
	}

	verifier := ginjwt.Must(issuer.Verifier(ginjwt.Policy{}))
	claims, err := ginjwt.Verify[ginjwt.Claims](context.Background(), verifier, token)
	fmt.Println(claims.Subject, claims.Issuer, claims.ExpiresAt.Sub(claims.IssuedAt.Time), err)
	// Output:
	// johndoe https://api.example 5m0s <nil>
}

// What RFC 6749 section 5.1 answers a login with.
func ExampleIssuer_Token() {
	token, err := issuer.Token(&ginjwt.Claims{Subject: "johndoe", Scope: "me items"})
	fmt.Println(token.TokenType, token.ExpiresIn, token.Scope, err)
	// Output:
	// bearer 900 me items <nil>
}

// A secret is at least as long as its hash, and a key never prints itself.
func ExampleNewKey() {
	key, err := ginjwt.NewKey(ginjwt.HS256, "32 bytes or more, from a secret store") // os.Getenv
	fmt.Println(key, err)
	_, err = ginjwt.NewKey(ginjwt.HS256, "secret")
	fmt.Println(err)
	// Output:
	// HS256 key "" <nil>
	// ginjwt: NewKey: HS256: the secret has 6 bytes and must have at least 32; make one with: openssl rand -base64 32
}

// The public key of another issuer, as "openssl pkey -pubout" writes it.
func ExampleKeyFromPEM() {
	key, err := ginjwt.KeyFromPEM(ginjwt.EdDSA, []byte(`
-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEARMBrhKphbQchjh26nKYtZKxSB4rqc+DG33Z/IInnpTo=
-----END PUBLIC KEY-----
`))
	fmt.Println(key.Algorithm(), key.CanSign(), err)
	// Output:
	// EdDSA false <nil>
}

// The keys of a new service. In production they are loaded: NewKey, KeyFromPEM.
func ExampleGenerateKey() {
	for _, alg := range []ginjwt.Algorithm{ginjwt.HS256, ginjwt.ES256, ginjwt.EdDSA} {
		key, err := ginjwt.GenerateKey(alg)
		fmt.Println(key.Algorithm(), key.CanSign(), key.Public() != nil, err)
	}
	// Output:
	// HS256 true false <nil>
	// ES256 true true <nil>
	// EdDSA true true <nil>
}
