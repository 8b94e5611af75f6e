package jwks

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// fields are the members of a JWK, or of a part of one.
type fields map[string]any

// with returns f with more members; nil takes one away.
func (f fields) with(more fields) fields {
	f = maps.Clone(f)
	for name, value := range more {
		if f[name] = value; value == nil {
			delete(f, name)
		}
	}
	return f
}

func setOf(keys ...any) []byte {
	body, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		panic(err)
	}
	return body
}

func b64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// samples are good keys of each type that were made for this run.
type samples struct {
	rsa, p256, p384, p521, ed fields
	private                   *rsa.PrivateKey
}

var sampled = sync.OnceValue(func() samples {
	private := ginjwt.Must(rsa.GenerateKey(rand.Reader, 2048))
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	return samples{
		rsa:  rsaFields(private.N, big.NewInt(int64(private.E))),
		p256: ecFields(elliptic.P256()), p384: ecFields(elliptic.P384()), p521: ecFields(elliptic.P521()),
		ed: fields{"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": b64url(public)}, private: private,
	}
})

func rsaFields(n, e *big.Int) fields {
	return fields{"kty": "RSA", "kid": "rsa", "n": b64url(n.Bytes()), "e": b64url(e.Bytes())}
}

func ecFields(curve elliptic.Curve) fields {
	point := ginjwt.Must(ginjwt.Must(ecdsa.GenerateKey(curve, rand.Reader)).PublicKey.Bytes())[1:]
	return fields{
		"kty": "EC", "crv": curve.Params().Name, "kid": "ec",
		"x": b64url(point[:len(point)/2]), "y": b64url(point[len(point)/2:]),
	}
}

// names returns the algorithm and ID of each key.
func names(keys []ginjwt.Key) (list []string) {
	for _, k := range keys {
		list = append(list, strings.TrimSpace(string(k.Algorithm())+" "+k.ID()))
	}
	return list
}

type parseCase struct {
	rule    string
	keys    []any
	used    []string
	skipped []string // a part of the reason for each
}

func runParse(t *testing.T, cases []parseCase) {
	for _, tc := range cases {
		t.Run(tc.rule, func(t *testing.T) {
			t.Parallel()
			p, err := parse(setOf(tc.keys...), asymmetric)
			assert.Equal(t, tc.used, names(p.keys))
			assert.Equal(t, tc.used == nil, err != nil, "a set without a usable key is an error, and no other: %v", err)
			assert.Len(t, p.skipped, len(tc.skipped), "%v", p.skipped)
			for _, part := range tc.skipped {
				assert.True(t, slices.ContainsFunc(p.skipped, func(k SkippedKey) bool { return strings.Contains(k.Reason, part) }), "%q in %v", part, p.skipped)
			}
		})
	}
}

func TestParseTakesTheAlgorithmOfTheKey(t *testing.T) {
	t.Parallel()
	s := sampled()
	runParse(t, []parseCase{
		{"RSA without alg is RS256", []any{s.rsa}, []string{"RS256 rsa"}, nil},
		{"RSA with alg", []any{s.rsa.with(fields{"alg": "PS384"})}, []string{"PS384 rsa"}, nil},
		{"P-256", []any{s.p256}, []string{"ES256 ec"}, nil},
		{"P-384", []any{s.p384}, []string{"ES384 ec"}, nil},
		{"P-521", []any{s.p521}, []string{"ES512 ec"}, nil},
		{"Ed25519", []any{s.ed}, []string{"EdDSA ed"}, nil},
		{"use sig", []any{s.ed.with(fields{"use": "sig"})}, []string{"EdDSA ed"}, nil},
		{"key_ops verify", []any{s.ed.with(fields{"key_ops": []string{"sign", "verify"}})}, []string{"EdDSA ed"}, nil},
		{"no kid", []any{s.ed.with(fields{"kid": nil})}, []string{"EdDSA"}, nil},
		{"two without kid", []any{s.ed.with(fields{"kid": nil}), s.p256.with(fields{"kid": nil})}, []string{"EdDSA", "ES256"}, nil},
		{"certificates mean nothing", []any{s.ed.with(fields{"x5c": []string{"x"}, "x5u": "http://evil.example", "x5t": 1})}, []string{"EdDSA ed"}, nil},
		{"the longest kid", []any{s.ed.with(fields{"kid": strings.Repeat("k", 256)})}, []string{"EdDSA " + strings.Repeat("k", 256)}, nil},
		{"names in another case are other names", []any{s.ed.with(fields{"D": "AA", "Kid": "x", "USE": "enc"})}, []string{"EdDSA ed"}, nil},

		{"alg of another type", []any{s.rsa.with(fields{"alg": "ES256"})}, nil, nil},
		{"alg of another curve", []any{s.p256.with(fields{"alg": "ES384"})}, nil, nil},
		{"a symmetric alg on a public key", []any{s.rsa.with(fields{"alg": "HS256"})}, nil, nil},
		{"alg none", []any{s.rsa.with(fields{"alg": "none"})}, nil, nil},
		{"alg in lower case", []any{s.rsa.with(fields{"alg": "rs256"})}, nil, nil},
		{"an encryption alg", []any{s.rsa.with(fields{"alg": "RSA-OAEP"})}, nil, nil},
		{"use enc", []any{s.rsa.with(fields{"use": "enc"})}, nil, nil},
		{"use in another case", []any{s.rsa.with(fields{"use": "SIG"})}, nil, nil},
		{"key_ops without verify", []any{s.rsa.with(fields{"key_ops": []string{"sign"}})}, nil, nil},
		{"no key_ops at all", []any{s.rsa.with(fields{"key_ops": []string{}})}, nil, nil},
		{"an unknown type", []any{fields{"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"}}, nil, nil},
		{"an unknown curve", []any{s.p256.with(fields{"crv": "secp256k1"})}, nil, nil},
		{"X25519", []any{s.ed.with(fields{"crv": "X25519"})}, nil, nil},
	})
}

func TestParseSkipsWhatMustNotBeUsed(t *testing.T) {
	t.Parallel()
	s := sampled()
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	e := big.NewInt(65537)
	beyond := new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 64), e) // 65537 in its last 64 bits
	p := s.private.Primes[0].Bytes()
	runParse(t, []parseCase{
		{"a secret", []any{fields{"kty": "oct", "kid": "o", "k": b64url(make([]byte, 32))}}, nil, []string{"symmetric"}},
		{"a private key", []any{s.ed.with(fields{"d": b64url(make([]byte, 32))})}, nil, []string{"private"}},
		{"a private key whose d is null", []any{s.ed.with(fields{"d": json.RawMessage("null")})}, nil, []string{"private"}},
		{"a prime of an RSA key, which is all of its private key", []any{s.rsa.with(fields{"p": b64url(p)})}, nil, []string{"private"}},
		{"a CRT exponent of an RSA key, likewise", []any{s.rsa.with(fields{"dp": b64url(s.private.Precomputed.Dp.Bytes())})}, nil, []string{"private"}},
		{"1024 bits", []any{rsaFields(small.N, e)}, nil, []string{"1024 bits"}},
		{"exponent 1", []any{rsaFields(s.private.N, big.NewInt(1))}, nil, []string{""}},
		{"an even exponent", []any{rsaFields(s.private.N, big.NewInt(4))}, nil, []string{""}},
		{"an exponent beyond 64 bits is not cut to them", []any{rsaFields(s.private.N, beyond)}, nil, []string{""}},
		{"an even modulus", []any{rsaFields(new(big.Int).Add(s.private.N, big.NewInt(1)), e)}, nil, []string{"even"}},
		{"a point off its curve", []any{s.p256.with(fields{"y": s.p256["x"]})}, nil, []string{""}},
		{"the point at infinity", []any{s.p256.with(fields{"x": b64url(make([]byte, 32)), "y": b64url(make([]byte, 32))})}, nil, []string{""}},
		{"a point of another curve", []any{s.p384.with(fields{"crv": "P-256"})}, nil, []string{""}},
		{"Ed25519 of small order", []any{s.ed.with(fields{"x": b64url(make([]byte, 32))})}, nil, []string{"small order"}},
		{"Ed25519 of 31 bytes", []any{s.ed.with(fields{"x": b64url(make([]byte, 31))})}, nil, []string{"malformed"}},
		{"missing n", []any{s.rsa.with(fields{"n": nil})}, nil, []string{"malformed"}},
		{"n that is no Base64", []any{s.rsa.with(fields{"n": "!"})}, nil, []string{"malformed"}},
		{"a kid beyond 256 bytes", []any{s.ed.with(fields{"kid": strings.Repeat("k", 257)})}, nil, []string{"256"}},
		{"a kid that is a number", []any{s.ed.with(fields{"kid": 1})}, nil, []string{"malformed"}},
		{"a kty that is a number", []any{s.ed.with(fields{"kty": 1})}, nil, []string{"malformed"}},
		{"key_ops that is a string", []any{s.ed.with(fields{"key_ops": "verify"})}, nil, []string{"malformed"}},
		{"what is no object", []any{1, "x", []int{}}, nil, []string{"malformed", "malformed", "malformed"}},
	})
}

func TestParseJudgesKeysApart(t *testing.T) {
	t.Parallel()
	s := sampled()
	oct := fields{"kty": "oct", "kid": "o", "k": "AA"}
	private := fields{"kid": "rsa", "d": b64url(s.private.D.Bytes())}
	runParse(t, []parseCase{
		{"one bad key leaves the others", []any{oct, 1, s.ed}, []string{"EdDSA ed"}, []string{"symmetric", "malformed"}},
		{"two of one kid are both dropped", []any{s.ed.with(fields{"kid": "1"}), s.p256.with(fields{"kid": "1"}), s.rsa}, []string{"RS256 rsa"}, []string{"same ID", "same ID"}},
		{"the same key twice", []any{s.ed, s.ed, s.rsa}, []string{"RS256 rsa"}, []string{"same ID", "same ID"}},
		{"three of one kid", []any{s.ed, s.ed, s.ed, s.rsa}, []string{"RS256 rsa"}, []string{"same ID", "same ID", "same ID"}},
		{"a kid that is spelt with an escape is the same", []any{s.ed, json.RawMessage(strings.Replace(string(ginjwt.Must(json.Marshal(s.ed))), `"ed"`, `"\u0065d"`, 1)), s.rsa},
			[]string{"RS256 rsa"}, []string{"same ID", "same ID"}},
		{"encryption may share the kid", []any{s.rsa.with(fields{"use": "enc"}), s.rsa}, []string{"RS256 rsa"}, nil},
		{"an unknown type may share the kid", []any{fields{"kty": "AKP", "kid": "ed"}, s.ed}, []string{"EdDSA ed"}, nil},
		{"a public key whose private half is in the set", []any{s.rsa, s.rsa.with(private), s.ed}, []string{"EdDSA ed"}, []string{"", ""}},
		{"under another kid", []any{s.rsa, s.rsa.with(private).with(fields{"kid": "2"}), s.ed}, []string{"EdDSA ed"}, []string{"", ""}},
		{"a private key of the same kid", []any{s.rsa, s.p256.with(fields{"kid": "rsa", "d": "AA"}), s.ed}, []string{"EdDSA ed"}, []string{"", ""}},
		{"a secret of the same kid", []any{s.rsa, fields{"kty": "oct", "kid": "rsa", "k": "AA"}, s.ed}, []string{"EdDSA ed"}, []string{"", ""}},
	})
}

func TestParseRefusesTheSet(t *testing.T) {
	t.Parallel()
	good := string(ginjwt.Must(json.Marshal(sampled().ed)))
	for rule, tc := range map[string]struct{ body, text string }{
		"empty":                       {"", "no JSON object"},
		"HTML":                        {"<html></html>", "no JSON object"},
		"an array":                    {"[" + good + "]", "no JSON object"},
		"a byte order mark":           {"\ufeff" + `{"keys":[` + good + `]}`, "no JSON object"},
		"truncated":                   {`{"keys":[` + good, "malformed"},
		"more after it":               {`{"keys":[` + good + `]}{}`, "malformed"},
		"keys twice":                  {`{"keys":[` + good + `],"keys":[]}`, "malformed"},
		"a member of a key twice":     {`{"keys":[{"kid":"a","kid":"b"},` + good + `]}`, "malformed"},
		"keys is an object":           {`{"keys":{}}`, "malformed"},
		"invalid UTF-8":               {"{\"keys\":[" + good + "],\"x\":\"\xff\"}", "malformed"},
		"no keys":                     {`{}`, "no usable key"},
		"keys is null":                {`{"keys":null}`, "no usable key"},
		"no key in it":                {`{"keys":[]}`, "no usable key"},
		"keys in another case":        {`{"Keys":[` + good + `]}`, "no usable key"},
		"101 keys":                    {`{"keys":[` + strings.Repeat(good+",", 100) + good + `]}`, "101 keys"},
		"an error that is no key set": {`{"error":"server_error"}`, "no usable key"},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			p, err := parse([]byte(tc.body), asymmetric)
			require.ErrorContains(t, err, tc.text)
			assert.Empty(t, p.keys)
			assert.NotContains(t, err.Error(), "Ed25519", "the provider's text is not told")
		})
	}
}

// A key agreement key has the length of a point, too.
func TestParseRefusesX25519AsEd25519(t *testing.T) {
	t.Parallel()
	refused := 0
	for range 20 { // half of all numbers are the y of a point
		k, err := ecdh.X25519().GenerateKey(rand.Reader)
		require.NoError(t, err)
		p, _ := parse(setOf(fields{"kty": "OKP", "crv": "X25519", "alg": "EdDSA", "x": b64url(k.PublicKey().Bytes())}), asymmetric)
		refused += 1 - len(p.keys)
	}
	assert.Equal(t, 20, refused)
}

func TestMaxAge(t *testing.T) {
	t.Parallel()
	const none = -1
	for header, want := range map[string]time.Duration{
		"max-age=600": 600, "public, max-age=600": 600, "MAX-AGE=600": 600, `max-age="600"`: 600, " max-age=600 , x=1": 600,
		"no-store": 0, "no-cache": 0, "no-cache, max-age=600": 0, "no-store, max-age=600": 0, "max-age=0": 0,
		"max-age=600, no-cache": 0, "max-age=600, no-store": 0, "max-age=600, must-revalidate, no-store": 0,
		"": none, "public": none, "max-age": none, "max-age=": none, "max-age=-1": none, "max-age=1.5": none, "max-age=x": none,
		"max-age=+5": none, "s-maxage=600": none, "x-max-age=600": none, "private": none,
	} {
		age, told := maxAge(http.Header{"Cache-Control": {header}})
		assert.Equal(t, want != none, told, "%q", header)
		assert.Equal(t, max(want, 0)*time.Second, age, "%q", header) //nolint:durationcheck // want counts seconds
	}
	age, told := maxAge(http.Header{"Cache-Control": {"public", "max-age=600"}})
	assert.True(t, told, "directives may stand on several lines")
	assert.Equal(t, 600*time.Second, age)
	_, told = maxAge(http.Header{"Cache-Control": {fmt.Sprint("max-age=", uint64(1)<<40)}})
	assert.False(t, told, "a number that overflows")
}
