package ginjwttest_test

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

const (
	issuerName = "https://issuer.example"
	service    = "https://api.example"
)

// holes names, for each forgery, the rule without which a verifier takes it.
var holes = map[string]string{
	"alg none, no signature":                         "none is no algorithm",
	"alg None, no signature":                         "none is no algorithm",
	"alg NONE, no signature":                         "none is no algorithm",
	"alg nOnE, no signature":                         "none is no algorithm",
	"alg none, the signature kept":                   "none is no algorithm",
	"alg none over a good signature":                 "an algorithm is the key's",
	"alg empty":                                      "an algorithm is the key's",
	"alg missing":                                    "an algorithm is the key's",
	"alg a number":                                   "an algorithm is the key's",
	"alg unknown":                                    "an algorithm is the key's",
	"alg of another family":                          "an algorithm is the key's",
	"alg in lower case":                              "an algorithm is the key's",
	"no signature":                                   "a signature is right",
	"no signature and no dot before it":              "no unsecured token",
	"one bit of the signature changed":               "a signature is right",
	"half a signature":                               "a signature is right",
	"a signature with more behind it":                "a signature is right",
	"a signature of zeros":                           "a signature is right",
	"another sub under the same signature":           "a signature is right",
	"signed with another key":                        "a signature is right",
	"an ECDSA signature as DER":                      "no DER",
	"an ECDSA signature whose r and s are the order": "r and s are not 0",
	"HMAC with an empty secret":                      "no empty secret",
	"HMAC with the secret \"secret\"":                "no sample secret",
	"a kid that names an empty file":                 "a kid is no path",
	"a kid that is SQL":                              "a kid is no query",
	"HMAC with the public key's PEM as the secret":   "a PEM is no secret",
	"HMAC with that without its line end":            "a PEM without its line end is no secret",
	"HMAC with the public key's DER as the secret":   "a DER is no secret",
	"the key in the header (jwk)":                    "keys are ours",
	"the key at a URL of the header (jku)":           "keys are ours",
	"a certificate in the header (x5c)":              "keys are ours",
	"a certificate at a URL of the header (x5u)":     "keys are ours",
	"padding":                              "no padding",
	"five parts":                           "three parts",
	"a fourth part":                        "three parts",
	"10,000 dots behind it":                "three parts",
	"an empty header":                      "an object",
	"an empty payload":                     "an object",
	"a character outside of the alphabet":  "an alphabet",
	"other bits behind the signature":      "no spare bits",
	"JSON instead of three parts":          "one serialization",
	"100 KiB of claims":                    "a size",
	"crit with an extension":               "crit is understood",
	"crit that is empty":                   "crit is understood",
	"b64 false":                            "crit is understood",
	"a compressed payload (zip)":           "no compression",
	"an unknown kid":                       "a kid is known",
	"a kid that is a number":               "a kid is a text",
	"a kid of 300 bytes":                   "a kid is known",
	"typ of a DPoP proof":                  "a typ is known",
	"typ of a logout token":                "a typ is known",
	"typ that is a number":                 "a typ is a text",
	"alg twice":                            "each member once",
	"a header that is an array":            "an object",
	"a header with more behind it":         "one value",
	"expired (exp)":                        "exp is ahead",
	"no exp":                               "exp is there",
	"exp 0":                                "exp 0 is a date",
	"exp that is a string":                 "exp is a number",
	"exp beyond the year 9999":             "exp has a range",
	"not yet valid (nbf)":                  "nbf is past",
	"nbf beyond 64 bits":                   "nbf has a range",
	"nbf that is a string":                 "nbf is a number",
	"issued in the future (iat)":           "iat is past",
	"another issuer":                       "iss is ours",
	"no iss":                               "iss is there",
	"iss that is a list":                   "iss is a text",
	"another audience":                     "aud is ours",
	"no aud":                               "aud is there",
	"aud that is empty":                    "aud is not empty",
	"aud that is a number":                 "aud is text",
	"sub that is a number":                 "sub is a text",
	"sub that is a list":                   "sub is a text",
	"sub that is empty":                    "sub is not empty",
	"scope that is a number":               "scope is a text",
	"exp twice":                            "each member once",
	"sub twice":                            "each member once",
	"sub twice, once with an escape":       "each member once",
	"null":                                 "an object",
	"a list":                               "an object",
	"a text":                               "an object",
	"nothing":                              "an object",
	"more behind the claims":               "one value",
	"claims that break off":                "whole JSON",
	"no UTF-8":                             "UTF-8",
	"half a surrogate":                     "UTF-8",
	"nesting that is too deep":             "a depth",
	"an ID token (at_hash)":                "an ID token is none",
	"an ID token (nonce)":                  "an ID token is none",
	"a logout token (events)":              "a logout token is none",
	"Keycloak's refresh token":             "a refresh token is none",
	"Keycloak's ID token":                  "an ID token is none",
	"Cognito's ID token":                   "an ID token is none",
	"a token that is bound to a key (cnf)": "a bound token needs a proof",
}

// finer names what lets a forgery through for some kinds of keys beside.
var finer = map[ginjwt.Algorithm]map[string]string{
	ginjwt.HS256: {
		"no signature": "a whole signature", "half a signature": "a whole signature", "a signature with more behind it": "a whole signature",
	},
	ginjwt.ES256: {"a signature with more behind it": "a whole signature", "a signature of zeros": "r and s are not 0"},
}

// signing is a key, what golang-jwt verifies with, and a good token.
type signing struct {
	key      ginjwt.Key
	verifies any
	token    string
}

func newSigning(t *testing.T, alg ginjwt.Algorithm) signing {
	t.Helper()
	key := ginjwt.Must(ginjwt.GenerateKey(alg))
	var verifies any = key.Public()
	if verifies == nil {
		secret := []byte(rand.Text() + rand.Text())
		key, verifies = ginjwt.Must(ginjwt.NewKey(alg, secret)).WithID("first"), secret
	}
	issuer, err := ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: key, Issuer: issuerName, Audience: []string{service}, Now: clock.Now})
	require.NoError(t, err)
	return signing{key, verifies, ginjwttest.Token(t, issuer, &ginjwt.Claims{Subject: "johndoe", Scope: "me"})}
}

func (s signing) without(rule string) naive {
	return newNaive(rule, s.key, s.verifies, issuerName, service, clock.Now().Unix())
}

// clock is that of all tokens here. It is never moved.
var clock = ginjwttest.NewClock()

func bearer(token string) *http.Request {
	return ginjwttest.Authorized(httptest.NewRequest("GET", "/me", nil), token)
}

// TestTheBatteryFindsEveryHole: a verifier that keeps all rules refuses all
// forgeries, and one without a rule takes those against it: so that none is
// refused for another fault than its own.
func TestTheBatteryFindsEveryHole(t *testing.T) {
	t.Parallel()
	for _, alg := range []ginjwt.Algorithm{ginjwt.HS256, ginjwt.RS256, ginjwt.ES256} {
		t.Run(string(alg), func(t *testing.T) {
			t.Parallel()
			s := newSigning(t, alg)
			require.True(t, s.without("").accepts(s.token))
			for _, forgery := range ginjwttest.Forged(t, s.token, s.key) {
				assert.False(t, s.without("").accepts(forgery.Token), "%s, and all rules are kept", forgery.Name)
				rule := holes[forgery.Name]
				require.NotEmpty(t, rule, "%s: no rule is known that it breaks", forgery.Name)
				assert.True(t, s.without(rule).accepts(s.token), "without the rule %q", rule)
				assert.True(t, s.without(rule).accepts(forgery.Token), "%s, without the rule %q", forgery.Name, rule)
				if rule := finer[alg][forgery.Name]; rule != "" {
					assert.True(t, s.without(rule).accepts(forgery.Token), "%s, without the rule %q", forgery.Name, rule)
				}
			}
		})
	}
}

func TestForgeriesHaveNames(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, alg := range []ginjwt.Algorithm{ginjwt.HS256, ginjwt.HS512, ginjwt.RS256, ginjwt.PS256, ginjwt.ES384, ginjwt.ES512, ginjwt.EdDSA} {
		s := signing{key: ginjwt.Must(ginjwt.GenerateKey(alg))}
		issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: s.key, Issuer: issuerName, Audience: []string{service}}))
		good := ginjwttest.Token(t, issuer, &ginjwt.Claims{Subject: "admin"})
		names, tokens := map[string]bool{}, map[string]bool{}
		for _, forgery := range ginjwttest.Forged(t, good, s.key) {
			assert.False(t, names[forgery.Name], "%s: %s is there twice", alg, forgery.Name)
			assert.False(t, tokens[forgery.Token], "%s: %s is another's token", alg, forgery.Name)
			assert.NotEqual(t, good, forgery.Token, "%s: %s is no forgery", alg, forgery.Name)
			names[forgery.Name], tokens[forgery.Token], known[forgery.Name] = true, true, true
		}
		assert.GreaterOrEqual(t, len(names), 40, alg)
	}
	for name := range holes {
		assert.True(t, known[name] || strings.HasPrefix(name, "an ECDSA"), "there is no forgery %q", name)
	}
}
