//lint:file-ignore SA1019 keys put together by hand are what is tested

package ginjwt_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/hex"
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

func rsaOf(t testing.TB, bits int) *rsa.PrivateKey {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, bits)
	require.NoError(t, err)
	return k
}

func ecdsaOf(t testing.TB, alg ginjwt.Algorithm) *ecdsa.PrivateKey {
	t.Helper()
	curve := map[ginjwt.Algorithm]elliptic.Curve{ginjwt.ES256: elliptic.P256(), ginjwt.ES384: elliptic.P384(), ginjwt.ES512: elliptic.P521()}[alg]
	k, err := ecdsa.GenerateKey(curve, rand.Reader)
	require.NoError(t, err)
	return k
}

func ed25519Of(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, k, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	return k
}

// badKey is a key that must be refused.
type badKey struct {
	rule     string
	alg      ginjwt.Algorithm
	material any
	says     string
}

func runBadKeys(t *testing.T, cases []badKey) {
	t.Helper()
	for _, tc := range cases {
		t.Run(tc.rule, func(t *testing.T) {
			var key ginjwt.Key
			var err error
			require.NotPanics(t, func() { key, err = ginjwt.NewKey(tc.alg, tc.material) })
			requireRefusedKey(t, key, err, tc.says)
		})
	}
}

// rocaModulus returns an odd number of 2048 bits that is 65537 to the power of
// zero modulo each small prime, as the flawed generator's are for some power.
func rocaModulus() *big.Int {
	n := big.NewInt(2)
	for p := int64(3); p <= 167; p += 2 {
		if big.NewInt(p).ProbablyPrime(10) {
			n.Mul(n, big.NewInt(p))
		}
	}
	top := new(big.Int).Lsh(big.NewInt(3), 2046)
	k := top.Div(top, n)
	return n.Mul(n, k).Add(n, big.NewInt(1))
}

func TestNewKeyRefusesRSA(t *testing.T) {
	t.Parallel()
	good := rsaOf(t, 2048)
	public := func(n *big.Int, e int) *rsa.PublicKey { return &rsa.PublicKey{N: n, E: e} }
	even := new(big.Int).Sub(good.N, big.NewInt(1))
	huge := new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 16384), big.NewInt(1))
	runBadKeys(t, []badKey{
		{"nil", ginjwt.RS256, nil, "pass an *rsa.PublicKey"},
		{"a nil public key", ginjwt.RS256, (*rsa.PublicKey)(nil), "nil or empty"},
		{"a nil private key", ginjwt.RS256, (*rsa.PrivateKey)(nil), "nil"},
		{"a zero public key", ginjwt.RS256, &rsa.PublicKey{}, "nil or empty"},
		{"a zero private key", ginjwt.RS256, &rsa.PrivateKey{}, "nil or empty"},
		{"no pointer", ginjwt.RS256, good.PublicKey, "rsa.PublicKey"},
		{"a modulus of zero", ginjwt.RS256, public(new(big.Int), 65537), "nil or empty"},
		{"a negative modulus", ginjwt.RS256, public(new(big.Int).Neg(good.N), 65537), "nil or empty"},
		{"1024 bits", ginjwt.RS256, &rsaOf(t, 1024).PublicKey, "at least 2048"},
		{"2047 bits", ginjwt.PS256, public(new(big.Int).SetBit(new(big.Int).SetBit(good.N, 2047, 0), 2046, 1), 65537), "at least 2048"},
		{"16385 bits", ginjwt.RS256, public(huge, 65537), "at most 16384"},
		{"an even modulus", ginjwt.RS256, public(even, 65537), "even"},
		{"e = 0", ginjwt.RS256, public(good.N, 0), "exponent"},
		{"e = 1", ginjwt.RS256, public(good.N, 1), "exponent"},
		{"e = 2", ginjwt.RS256, public(good.N, 2), "exponent"},
		{"e = 65536", ginjwt.RS256, public(good.N, 65536), "exponent"},
		{"e negative", ginjwt.RS256, public(good.N, -3), "exponent"},
		{"e over 2^31", ginjwt.RS256, public(good.N, 1<<31+1), "exponent"},
		{"ROCA", ginjwt.RS256, public(rocaModulus(), 65537), "ROCA"},
		{"an EC key", ginjwt.RS256, ecdsaOf(t, ginjwt.ES256), "*ecdsa.PrivateKey"},
		{"a secret", ginjwt.RS256, forgeSecret, "[]uint8"},
		{"an RSA key for HS256", ginjwt.HS256, &good.PublicKey, "*rsa.PublicKey"},
	})
	for _, alg := range []ginjwt.Algorithm{ginjwt.RS256, ginjwt.RS512, ginjwt.PS384} {
		_, err := ginjwt.NewKey(alg, public(good.N, 3))
		require.NoError(t, err, "e = 3 is small but sound")
	}
}

// Keys that were put together by hand, as those read from a JWK are.
func TestNewKeyRefusesUnsoundPrivateRSA(t *testing.T) {
	t.Parallel()
	a, b := rsaOf(t, 2048), rsaOf(t, 2048)
	one := big.NewInt(1)
	hand := func(n, d *big.Int, primes ...*big.Int) *rsa.PrivateKey {
		return &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: n, E: 65537}, D: d, Primes: primes}
	}
	runBadKeys(t, []badKey{
		{"no D and no primes", ginjwt.RS256, hand(a.N, nil), "not sound"},
		{"no D", ginjwt.RS256, hand(a.N, nil, a.Primes...), "not sound"},
		{"no primes", ginjwt.RS256, hand(a.N, a.D), "not sound"},
		{"one prime", ginjwt.RS256, hand(a.N, a.D, a.Primes[0]), "not sound"},
		{"a nil prime", ginjwt.RS256, hand(a.N, a.D, a.Primes[0], nil), "not sound"},
		{"another key's primes", ginjwt.RS256, hand(a.N, a.D, b.Primes...), "not sound"},
		{"another key's D", ginjwt.RS256, hand(a.N, b.D, a.Primes...), "not sound"},
		{"another key's modulus", ginjwt.RS256, hand(b.N, a.D, a.Primes...), "not sound"},
		{"D of one", ginjwt.RS256, hand(a.N, one, a.Primes...), "not sound"},
		{"D of zero", ginjwt.PS256, hand(a.N, new(big.Int), a.Primes...), "not sound"},
		{"D negative", ginjwt.PS256, hand(a.N, new(big.Int).Neg(a.D), a.Primes...), "not sound"},
		{"primes of one and N", ginjwt.RS256, hand(a.N, a.D, one, a.N), "not sound"},
		{"a prime of zero", ginjwt.RS256, hand(a.N, a.D, new(big.Int), a.Primes[1]), "not sound"},
	})
	sound := hand(a.N, a.D, a.Primes...)
	key, err := ginjwt.NewKey(ginjwt.RS256, sound)
	require.NoError(t, err, "by hand, but sound")
	requireSigns(t, key)
}

func TestNewKeyRefusesECDSA(t *testing.T) {
	t.Parallel()
	k256, k384 := ecdsaOf(t, ginjwt.ES256), ecdsaOf(t, ginjwt.ES384)
	other := ecdsaOf(t, ginjwt.ES256)
	public := func(c elliptic.Curve, x, y *big.Int) *ecdsa.PublicKey { return &ecdsa.PublicKey{Curve: c, X: x, Y: y} }
	private := func(p ecdsa.PublicKey, d *big.Int) *ecdsa.PrivateKey { return &ecdsa.PrivateKey{PublicKey: p, D: d} }
	one, zero, p := big.NewInt(1), new(big.Int), elliptic.P256().Params().P
	runBadKeys(t, []badKey{
		{"nil", ginjwt.ES256, nil, "pass an *ecdsa.PublicKey"},
		{"a nil public key", ginjwt.ES256, (*ecdsa.PublicKey)(nil), "nil or empty"},
		{"a nil private key", ginjwt.ES256, (*ecdsa.PrivateKey)(nil), "nil"},
		{"a zero public key", ginjwt.ES256, &ecdsa.PublicKey{}, "nil or empty"},
		{"a zero private key", ginjwt.ES256, &ecdsa.PrivateKey{}, "nil or empty"},
		{"no X", ginjwt.ES256, public(elliptic.P256(), nil, k256.Y), "nil or empty"},
		{"no Y", ginjwt.ES256, public(elliptic.P256(), k256.X, nil), "nil or empty"},
		{"no curve", ginjwt.ES256, public(nil, k256.X, k256.Y), "nil or empty"},
		{"a nil curve in an interface", ginjwt.ES256, public((*elliptic.CurveParams)(nil), k256.X, k256.Y), ""},
		{"a curve by its parameters", ginjwt.ES256, public(elliptic.P256().Params(), k256.X, k256.Y), ""},
		{"P-256 for ES512", ginjwt.ES512, &k256.PublicKey, "on P-256; the algorithm is for P-521"},
		{"P-256 for ES384", ginjwt.ES384, k256, "on P-256"},
		{"P-384 for ES256", ginjwt.ES256, &k384.PublicKey, "on P-384"},
		{"P-224", ginjwt.ES256, &ecdsa.PublicKey{Curve: elliptic.P224(), X: elliptic.P224().Params().Gx, Y: elliptic.P224().Params().Gy}, "on P-224"},
		{"off the curve", ginjwt.ES256, public(elliptic.P256(), k256.X, new(big.Int).Add(k256.Y, one)), "no point"},
		{"a point of another curve", ginjwt.ES256, public(elliptic.P256(), k384.X, k384.Y), "no point"},
		{"the point at infinity", ginjwt.ES256, public(elliptic.P256(), zero, zero), "no point"},
		{"a negative X", ginjwt.ES256, public(elliptic.P256(), new(big.Int).Neg(k256.X), k256.Y), "no point"},
		{"an X beyond the field", ginjwt.ES256, public(elliptic.P256(), new(big.Int).Add(k256.X, p), k256.Y), "no point"},
		{"a private key without D", ginjwt.ES256, private(k256.PublicKey, nil), "not sound"},
		{"D of zero", ginjwt.ES256, private(k256.PublicKey, zero), "not sound"},
		{"D negative", ginjwt.ES256, private(k256.PublicKey, new(big.Int).Neg(k256.D)), "not sound"},
		{"D of another key", ginjwt.ES256, private(k256.PublicKey, other.D), "not sound"},
		{"D with the order added", ginjwt.ES256, private(k256.PublicKey, new(big.Int).Add(k256.D, elliptic.P256().Params().N)), "not sound"},
		{"a secret", ginjwt.ES256, "secret", "string"},
		{"an Ed25519 key", ginjwt.ES256, ed25519Of(t), "ed25519.PrivateKey"},
	})
}

// smallOrderPoints are all encodings of the eight points of small order of
// edwards25519, those that are not canonical included.
var smallOrderPoints = []string{
	"0100000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000080",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0000000000000000000000000000000000000000000000000000000000000080",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
}

func TestNewKeyRefusesEd25519(t *testing.T) {
	t.Parallel()
	k, other := ed25519Of(t), ed25519Of(t)
	public := k.Public().(ed25519.PublicKey)
	mixed := append(bytes.Clone(k[:32]), other[32:]...)
	// y = 2 has no x on the curve; p + 3 is 3 spelt in another way.
	noPoint := append([]byte{2}, make([]byte, 31)...)
	spelt, err := hex.DecodeString("f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")
	require.NoError(t, err)
	cases := []badKey{
		{"nil", ginjwt.EdDSA, nil, "pass an ed25519.PublicKey"},
		{"a nil public key", ginjwt.EdDSA, ed25519.PublicKey(nil), "0 bytes"},
		{"a nil private key", ginjwt.EdDSA, ed25519.PrivateKey(nil), "0 bytes"},
		{"31 bytes", ginjwt.EdDSA, public[:31], "31 bytes"},
		{"33 bytes", ginjwt.EdDSA, append(public[:32:32], 0), "33 bytes"},
		{"a private key of 32 bytes", ginjwt.EdDSA, k[:32], "32 bytes"},
		{"a private key with another's public key", ginjwt.EdDSA, ed25519.PrivateKey(mixed), "does not belong"},
		{"a private key of zeros", ginjwt.EdDSA, make(ed25519.PrivateKey, 64), "does not belong"},
		{"bytes of no type", ginjwt.EdDSA, []byte(public), "[]uint8"},
		{"a pointer", ginjwt.EdDSA, &public, "*ed25519.PublicKey"},
		{"no point", ginjwt.EdDSA, ed25519.PublicKey(noPoint), "no point"},
		{"a point spelt in another way", ginjwt.EdDSA, ed25519.PublicKey(spelt), "no point"},
	}
	for _, text := range smallOrderPoints {
		point, err := hex.DecodeString(text)
		require.NoError(t, err)
		cases = append(cases, badKey{"small order " + text, ginjwt.EdDSA, ed25519.PublicKey(point), "small order"})
	}
	runBadKeys(t, cases)
}

func fromB64(t testing.TB, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	require.NoError(t, err)
	return b
}

// The examples of RFC 7638 section 3.1 and RFC 8037 appendix A.3, and the
// first key of RFC 7517 appendix A.1.
func TestKeyIDIsTheThumbprint(t *testing.T) {
	t.Parallel()
	n := new(big.Int).SetBytes(fromB64(t, "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"))
	key, err := ginjwt.NewKey(ginjwt.RS256, &rsa.PublicKey{N: n, E: 65537})
	require.NoError(t, err)
	assert.Equal(t, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", key.ID())
	key, err = ginjwt.NewKey(ginjwt.EdDSA, ed25519.PublicKey(fromB64(t, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")))
	require.NoError(t, err)
	assert.Equal(t, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", key.ID())
	key, err = ginjwt.NewKey(ginjwt.ES256, &ecdsa.PublicKey{Curve: elliptic.P256(),
		X: new(big.Int).SetBytes(fromB64(t, "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4")),
		Y: new(big.Int).SetBytes(fromB64(t, "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"))})
	require.NoError(t, err)
	assert.Equal(t, "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s", key.ID())
}

func TestKeyIDs(t *testing.T) {
	t.Parallel()
	r := rsaOf(t, 2048)
	public, err := ginjwt.NewKey(ginjwt.RS256, &r.PublicKey)
	require.NoError(t, err)
	private, err := ginjwt.NewKey(ginjwt.RS256, r)
	require.NoError(t, err)
	assert.Equal(t, public.ID(), private.ID())
	named := public.WithID("mine")
	assert.Equal(t, "mine", named.ID())
	assert.NotEqual(t, "mine", public.ID(), "WithID changes nothing of the key that it is called on")
	assert.Empty(t, hmacForger(t).key.ID(), "a thumbprint of a secret would tell of it")
}
