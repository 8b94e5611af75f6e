package ginjwt_test

import (
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

func idpBase64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// idpRSAKey returns a key with the exponent e and more members.
func idpRSAKey(key *rsa.PublicKey, e *big.Int, more string) string {
	return fmt.Sprintf(`{"kty":"RSA","n":%q,"e":%q%s}`, idpBase64(key.N.Bytes()), idpBase64(e.Bytes()), more)
}

func idpEdKey(x []byte, more string) string {
	return fmt.Sprintf(`{"kty":"OKP","crv":"Ed25519","x":%q%s}`, idpBase64(x), more)
}

// requireSkipped demands of the only event that these are the keys that were
// told, each as "kid: a part of the reason".
func (p *idp) requireSkipped(want ...string) {
	p.t.Helper()
	p.settled(1)
	events := p.told()
	require.NoError(p.t, events[0].Err)
	skipped := events[0].Skipped
	require.Len(p.t, skipped, len(want), "%v", skipped)
	for i, k := range skipped {
		kid, reason, _ := strings.Cut(want[i], ": ")
		assert.Equal(p.t, kid, k.ID)
		assert.Contains(p.t, k.Reason, reason)
	}
}

// Each of these keys stands in a set beside a good one, which must go on: the
// token of the key is refused, and what should not be there is told.
func TestFaultsKeysThatAreNotUsed(t *testing.T) {
	t.Parallel()
	ec := ecdsaOf(t, ginjwt.ES256)
	ecToken := newForger(t, ginjwt.ES256, ec)
	weak, strong := rsaOf(t, 1024), rsaOf(t, 2048)
	rsaToken := newForger(t, ginjwt.RS256, strong)
	f4 := big.NewInt(65537)
	wide := new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 64), f4)
	one := append([]byte{1}, make([]byte, 31)...) // the neutral element: anybody can sign for it
	ecKey := func(more string) string { return idpECKey(t, &ec.PublicKey, `"kid":"x"`+more) }
	x := func(name, value string) string {
		return strings.Replace(ecKey(""), `"`+name+`":"`, `"`+name+`":"`+value, 1)
	}
	for rule, tc := range map[string]struct {
		jwk   string
		token forger
		told  []string
	}{
		"to encrypt with":                {ecKey(`,"use":"enc"`), ecToken, nil},
		"a use that nobody knows":        {ecKey(`,"use":"tls"`), ecToken, nil},
		"operations without verify":      {ecKey(`,"key_ops":["sign","encrypt"]`), ecToken, nil},
		"no operations":                  {ecKey(`,"key_ops":[]`), ecToken, nil},
		"an unknown type":                {strings.Replace(ecKey(""), `"EC"`, `"PQ"`, 1), ecToken, nil},
		"no type":                        {`{"kid":"x"}`, ecToken, nil},
		"an unknown curve":               {strings.Replace(ecKey(""), `"P-256"`, `"secp256k1"`, 1), ecToken, nil},
		"an unknown algorithm":           {ecKey(`,"alg":"ES256K"`), ecToken, nil},
		"an algorithm of another curve":  {ecKey(`,"alg":"ES384"`), ecToken, nil},
		"an algorithm of another type":   {ecKey(`,"alg":"HS256"`), ecToken, nil},
		"no algorithm at all":            {ecKey(`,"alg":"none"`), ecToken, nil},
		"a secret":                       {`{"kty":"oct","kid":"x","k":"` + idpBase64(forgeSecret) + `"}`, hmacForger(t), []string{"x: symmetric"}},
		"a secret that says what it is":  {`{"kty":"oct","kid":"x","alg":"HS256","k":"` + idpBase64(forgeSecret) + `"}`, hmacForger(t), []string{"x: symmetric"}},
		"a private key":                  {ecKey(`,"d":"AQ"`), ecToken, []string{"x: private"}},
		"an ID that is no text":          {idpECKey(t, &ec.PublicKey, `"kid":7`), ecToken, []string{": malformed"}},
		"an ID that is null":             {idpECKey(t, &ec.PublicKey, `"kid":null,"alg":"ES384"`), ecToken, nil},
		"a key that is a text":           {`"x"`, ecToken, []string{": malformed"}},
		"a long ID":                      {idpECKey(t, &ec.PublicKey, `"kid":"`+strings.Repeat("k", 257)+`"`), ecToken, []string{strings.Repeat("k", 256) + ": 256 bytes"}},
		"an RSA key of 1024 bits":        {idpRSAKey(&weak.PublicKey, f4, `,"kid":"x"`), rsaToken, []string{"x: 1024 bits"}},
		"an RSA key with the exponent 1": {idpRSAKey(&strong.PublicKey, big.NewInt(1), `,"kid":"x"`), rsaToken, []string{"x: "}},
		"an even exponent":               {idpRSAKey(&strong.PublicKey, big.NewInt(65536), `,"kid":"x"`), rsaToken, []string{"x: exponent"}},
		"an exponent beyond 64 bits":     {idpRSAKey(&strong.PublicKey, wide, `,"kid":"x"`), rsaToken, []string{"x: "}},
		"an RSA key without a modulus":   {`{"kty":"RSA","kid":"x","e":"AQAB"}`, rsaToken, []string{"x: "}},
		"no point on the curve":          {strings.NewReplacer(`"x":`, `"y":`, `"y":`, `"x":`).Replace(ecKey("")), ecToken, []string{"x: "}},
		"coordinates of 100 KiB":         {x("x", strings.Repeat("Q", 100<<10)), ecToken, []string{"x: "}},
		"the point at infinity":          {`{"kty":"EC","crv":"P-256","kid":"x","x":"AA","y":"AA"}`, ecToken, []string{"x: "}},
		"no Base64":                      {x("x", "*"), ecToken, []string{"x: malformed"}},
		"a point of small order":         {idpEdKey(one, `,"kid":"x"`), newForger(t, ginjwt.EdDSA, ed25519Of(t)), []string{"x: "}},
		"31 bytes of Ed25519":            {idpEdKey(one[:31], `,"kid":"x"`), newForger(t, ginjwt.EdDSA, ed25519Of(t)), []string{"x: "}},
	} {
		t.Run(rule, func(t *testing.T) {
			p, good := newIDP(t), newIDPKey(t, "good")
			p.publish(tc.jwk, good.jwk)
			s := p.discovered()
			s.requireAnswer(t, 200, p.token(good))
			s.requireAnswer(t, 401, p.tokenWith(tc.token, `,"kid":"x"`))
			s.requireAnswer(t, 200, p.token(good))
			p.requireSkipped(tc.told...)
			assert.EqualValues(t, 1, p.fetches.Load())
		})
	}
}

// Two keys of one ID are none, whatever their types; those that are not for
// signatures do not count.
func TestFaultsTwoKeysOfOneID(t *testing.T) {
	t.Parallel()
	a, b := newIDPKey(t, "a"), newIDPKey(t, "a")
	twice := []string{"a: same ID", "a: same ID"}
	edKey := idpEdKey(ed25519Of(t).Public().(ed25519.PublicKey), `,"kid":"a"`)
	for rule, tc := range map[string]struct {
		others []string
		status int
		told   []string
	}{
		"another key":                   {[]string{b.jwk}, 401, twice},
		"the very same":                 {[]string{a.jwk}, 401, twice},
		"three":                         {[]string{a.jwk, b.jwk}, 401, append(twice, twice[0])},
		"one of another type":           {[]string{edKey}, 401, twice},
		"one to encrypt with":           {[]string{strings.Replace(b.jwk, `"sig"`, `"enc"`, 1)}, 200, nil},
		"one of an unknown type":        {[]string{strings.Replace(b.jwk, `"EC"`, `"PQ"`, 1)}, 200, nil},
		"a secret":                      {[]string{`{"kty":"oct","kid":"a","k":"AAAA"}`}, 401, []string{"a: same ID", "a: symmetric"}},
		"a private one":                 {[]string{strings.Replace(b.jwk, `{`, `{"d":"AQ",`, 1)}, 401, []string{"a: same ID", "a: private"}},
		"one whose ID has another case": {[]string{strings.Replace(b.jwk, `"kid":"a"`, `"kid":"A"`, 1)}, 200, nil},
		"two without an ID":             {[]string{idpEdKey(make([]byte, 1), ""), idpEdKey(make([]byte, 2), "")}, 200, []string{": ", ": "}},
	} {
		t.Run(rule, func(t *testing.T) {
			p, good := newIDP(t), newIDPKey(t, "good")
			p.publish(append([]string{a.jwk, good.jwk}, tc.others...)...)
			s := p.discovered()
			s.requireAnswer(t, 200, p.token(good))
			s.requireAnswer(t, tc.status, p.token(a))
			p.requireSkipped(tc.told...)
		})
	}
}

// Keys that do not say what they are for: it follows from their type and curve,
// and an RSA key is for RS256 alone.
func TestFaultsKeysWithoutAlgorithm(t *testing.T) {
	t.Parallel()
	ec, rsaKey, ed := ecdsaOf(t, ginjwt.ES256), rsaOf(t, 2048), ed25519Of(t)
	p := newIDP(t)
	p.publish(idpECKey(t, &ec.PublicKey, `"kid":"ec","x5c":["*"],"x5u":"`+p.server.URL+`/keys"`),
		idpRSAKey(&rsaKey.PublicKey, big.NewInt(65537), `,"kid":"rsa"`),
		idpEdKey(ed.Public().(ed25519.PublicKey), `,"kid":"ed","key_ops":["verify"]`))
	s := p.discovered()
	for _, tc := range []struct {
		alg    ginjwt.Algorithm
		key    any
		kid    string
		status int
	}{
		{ginjwt.ES256, ec, "ec", 200}, {ginjwt.RS256, rsaKey, "rsa", 200}, {ginjwt.EdDSA, ed, "ed", 200},
		{ginjwt.RS384, rsaKey, "rsa", 401}, {ginjwt.RS512, rsaKey, "rsa", 401}, {ginjwt.PS256, rsaKey, "rsa", 401},
	} {
		f := newForger(t, tc.alg, tc.key)
		s.requireAnswer(t, tc.status, p.tokenWith(f, fmt.Sprintf(`,"kid":%q`, tc.kid)), tc.alg)
		if tc.status == 200 {
			s.requireAnswer(t, 200, p.tokenWith(f, ""), "without an ID, it is the only key for %v", tc.alg)
		}
	}
	p.requireSkipped()
	only := p.discovered(jwks.Algorithms(ginjwt.PS256, ginjwt.ES256))
	only.requireAnswer(t, 200, p.tokenWith(newForger(t, ginjwt.PS256, rsaKey), `,"kid":"rsa"`))
	only.requireAnswer(t, 401, p.tokenWith(newForger(t, ginjwt.RS256, rsaKey), `,"kid":"rsa"`))
	only.requireAnswer(t, 401, p.tokenWith(newForger(t, ginjwt.EdDSA, ed), `,"kid":"ed"`))
	assert.EqualValues(t, 2, p.fetches.Load())
}

// A hundred keys are taken, and so is a set of 1 MiB.
func TestFaultsLargestKeySet(t *testing.T) {
	t.Parallel()
	p, good := newIDP(t), newIDPKey(t, "good")
	keys := make([]string, 99)
	for i := range keys {
		keys[i] = idpEdKey(ed25519Of(t).Public().(ed25519.PublicKey), fmt.Sprintf(`,"kid":"k%d"`, i))
	}
	set := idpKeySet(slices.Concat(keys, []string{good.jwk})...)
	p.keysAre(idpSays(set + strings.Repeat(" ", idpMiB-len(set))))
	p.discovered().requireAnswer(t, 200, p.token(good))
	p.requireSkipped()
	assert.Equal(t, 100, p.told()[0].Keys)
}
