package peers

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// What the token says and every contender demands.
const (
	issuer   = "https://issuer.example"
	audience = "https://api.example"
	subject  = "johndoe"
	keyID    = "2026-11"
)

// Names returns the issuer and the subject of all tokens.
func Names() (iss, sub string) { return issuer, subject }

// Algorithms are those that are measured.
var Algorithms = []string{"HS256", "RS256", "ES256", "EdDSA"}

// Fixture is a key for one algorithm, which signs the tokens that all
// contenders are given.
type Fixture struct {
	Method    jwt.SigningMethod
	SignKey   any // []byte or a private key
	VerifyKey any // []byte or a public key
}

// NewFixture returns a Fixture with a new key for alg, one of Algorithms.
func NewFixture(alg string) (*Fixture, error) {
	f := &Fixture{Method: jwt.GetSigningMethod(alg)}
	var private crypto.Signer
	var err error
	switch alg {
	case "HS256":
		secret := make([]byte, 32)
		_, err = rand.Read(secret)
		f.SignKey, f.VerifyKey = secret, secret
		return f, err
	case "RS256":
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	case "ES256":
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "EdDSA":
		_, private, err = ed25519.GenerateKey(rand.Reader)
	default:
		return nil, fmt.Errorf("peers: no fixture for algorithm %q", alg)
	}
	if err != nil {
		return nil, err
	}
	f.SignKey, f.VerifyKey = private, private.Public()
	return f, nil
}

// claims returns what the good token says, as whole seconds of now.
func claims(now time.Time) jwt.MapClaims {
	return jwt.MapClaims{
		"iss": issuer, "sub": subject, "aud": audience,
		"exp": now.Add(time.Hour).Unix(), "iat": now.Unix(),
		"jti": "8VvQvS1mI3oJ6yFh2kq0Zg", "scope": "me items",
	}
}

// sign returns a token of claims, an RFC 9068 access token.
func sign(method jwt.SigningMethod, key any, c jwt.Claims) (string, error) {
	t := jwt.NewWithClaims(method, c)
	t.Header["typ"], t.Header["kid"] = "at+jwt", keyID
	return t.SignedString(key)
}

// Good returns the token that everybody accepts for the next hour.
func (f *Fixture) Good() (string, error) { return sign(f.Method, f.SignKey, claims(time.Now())) }

// Many returns n good tokens that differ in their jti and signature. They share
// one block of memory, so that the collector has little to do with them.
func (f *Fixture) Many(n int) ([]string, error) {
	var block strings.Builder
	ends := make([]int, n)
	c := claims(time.Now())
	for i := range n {
		c["jti"] = fmt.Sprintf("token-%07d", i) // all of one length
		token, err := sign(f.Method, f.SignKey, c)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			block.Grow(n * len(token))
		}
		block.WriteString(token)
		ends[i] = block.Len()
	}
	tokens, start := make([]string, n), 0
	for i, end := range ends {
		tokens[i], start = block.String()[start:end], end
	}
	return tokens, nil
}

const withoutExpiry = "without exp"

// Bad returns tokens that everybody must refuse with 401, by what is wrong.
func (f *Fixture) Bad() (map[string]string, error) {
	good, err := f.Good()
	if err != nil {
		return nil, err
	}
	dot := strings.LastIndexByte(good, '.')
	bad := map[string]string{
		"forged: no signature":        good[:dot+1],
		"forged: a changed signature": good[:dot+1] + changed(good[dot+1:]),
		"forged: a changed payload":   strings.Replace(good, ".", ".e30", 1),
		"no token at all":             "abc",
	}
	for what, change := range map[string]func(jwt.MapClaims){
		"expired":              func(c jwt.MapClaims) { c["exp"] = time.Now().Add(-time.Hour).Unix() },
		withoutExpiry:          func(c jwt.MapClaims) { delete(c, "exp") },
		"not valid yet":        func(c jwt.MapClaims) { c["nbf"] = time.Now().Add(time.Hour).Unix() },
		"another issuer's":     func(c jwt.MapClaims) { c["iss"] = issuer + ".evil.example" },
		"without issuer":       func(c jwt.MapClaims) { delete(c, "iss") },
		"for another audience": func(c jwt.MapClaims) { c["aud"] = "https://other.example" },
		"without audience":     func(c jwt.MapClaims) { delete(c, "aud") },
		"for several others":   func(c jwt.MapClaims) { c["aud"] = []string{"a", "b"} },
		"expired in 1970":      func(c jwt.MapClaims) { c["exp"] = 1 },
	} {
		c := claims(time.Now())
		change(c)
		if bad[what], err = sign(f.Method, f.SignKey, c); err != nil {
			return nil, err
		}
	}
	return bad, f.addForged(bad)
}

// addForged adds tokens whose signature is right for the wrong key or algorithm.
func (f *Fixture) addForged(bad map[string]string) error {
	other, err := NewFixture(f.Method.Alg())
	if err != nil {
		return err
	}
	if bad["forged: another key's"], err = other.Good(); err != nil {
		return err
	}
	c := claims(time.Now())
	if bad["forged: alg none"], err = sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, c); err != nil {
		return err
	}
	secret, ok := f.VerifyKey.([]byte)
	if !ok { // RFC 8725 section 2.1: the public key's text as an HMAC secret
		der, err := x509.MarshalPKIXPublicKey(f.VerifyKey)
		if err != nil {
			return err
		}
		secret = pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	}
	bad["forged: another algorithm"], err = sign(jwt.SigningMethodHS384, secret, c)
	return err
}

// changed returns a signature with another first character.
func changed(signature string) string {
	if signature[0] == 'A' {
		return "B" + signature[1:]
	}
	return "A" + signature[1:]
}
