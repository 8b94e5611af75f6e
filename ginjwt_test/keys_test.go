//lint:file-ignore SA1019 keys put together by hand are what is tested

package ginjwt_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// tutorialSecret stands in FastAPI's tutorial.
const tutorialSecret = "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7"

func randomSecret(t testing.TB, n int) []byte {
	t.Helper()
	b := make([]byte, n)
	_, err := rand.Read(b)
	require.NoError(t, err)
	return b
}

// requireRefusedKey demands one clear error that does not print the material.
func requireRefusedKey(t testing.TB, key ginjwt.Key, err error, says string) {
	t.Helper()
	require.Error(t, err)
	require.ErrorContains(t, err, says)
	assert.True(t, strings.HasPrefix(err.Error(), "ginjwt: "), "a text that says whose it is: %v", err)
	assert.Equal(t, ginjwt.Key{}, key)
}

func TestNewKeyRefusesSecrets(t *testing.T) {
	t.Parallel()
	tutorial, err := hex.DecodeString(tutorialSecret)
	require.NoError(t, err)
	cases := []struct {
		rule     string
		alg      ginjwt.Algorithm
		material any
		says     string
	}{
		{"nil", ginjwt.HS256, nil, "pass a []byte or a string"},
		{"a nil slice", ginjwt.HS256, []byte(nil), "empty"},
		{"an empty slice", ginjwt.HS256, []byte{}, "empty"},
		{"an empty string", ginjwt.HS256, "", "empty"},
		{"another type", ginjwt.HS256, 7, "int"},
		{"a pointer to a slice", ginjwt.HS256, &forgeSecret, "*[]uint8"},
		{"one byte", ginjwt.HS256, "x", ""},
		{"31 bytes for HS256", ginjwt.HS256, randomSecret(t, 31), "must have at least 32"},
		{"47 bytes for HS384", ginjwt.HS384, randomSecret(t, 47), "must have at least 48"},
		{"63 bytes for HS512", ginjwt.HS512, randomSecret(t, 63), "must have at least 64"},
		{"all zero", ginjwt.HS256, make([]byte, 32), "one byte repeated"},
		{"one letter repeated", ginjwt.HS512, strings.Repeat("x", 64), "one byte repeated"},
		{"FastAPI's tutorial as text", ginjwt.HS256, tutorialSecret, "published sample"},
		{"FastAPI's tutorial as text for HS512", ginjwt.HS512, []byte(tutorialSecret), "published sample"},
		{"FastAPI's tutorial decoded", ginjwt.HS256, tutorial, "published sample"},
		{"FastAPI's tutorial from a file, with its line end", ginjwt.HS256, tutorialSecret + "\n", "published sample"},
		{"jwt.io's", ginjwt.HS256, "a-string-secret-at-least-256-bits-long", "published sample"},
		{"Supabase's", ginjwt.HS256, "super-secret-jwt-token-with-at-least-32-characters-long", "published sample"},
		{"digits in a row", ginjwt.HS256, "0123456789abcdef0123456789abcdef", "published sample"},
		{"a JWK", ginjwt.HS256, `{"kty":"RSA","n":"AAAAAAAAAAAAAAAAAAAAAA","e":"AQAB"}`, "KeyFromPEM"},
		{"a key set", ginjwt.HS256, `{"keys":[{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAAAA"}]}`, "KeyFromPEM"},
	}
	for _, tc := range cases {
		t.Run(tc.rule, func(t *testing.T) {
			key, err := ginjwt.NewKey(tc.alg, tc.material)
			requireRefusedKey(t, key, err, tc.says)
		})
	}
	for alg, size := range map[ginjwt.Algorithm]int{ginjwt.HS256: 32, ginjwt.HS384: 48, ginjwt.HS512: 64} {
		_, err := ginjwt.NewKey(alg, randomSecret(t, size))
		require.NoError(t, err, "the hash's size is enough")
	}
}

func TestNewKeyRefusesKeyFilesAsSecrets(t *testing.T) {
	t.Parallel()
	for _, f := range keyFiles(t) {
		block, _ := pem.Decode(f.text)
		for form, secret := range map[string]any{
			"as PEM": f.text, "as a PEM string": string(f.text), "as PEM with a text before it": "key:\n" + string(f.text),
			"as PEM without the last line end": strings.TrimSpace(string(f.text)), "as DER": block.Bytes,
			"as the Base64 within the PEM": base64Of(f.text),
		} {
			t.Run(f.name+" "+form, func(t *testing.T) {
				for _, alg := range []ginjwt.Algorithm{ginjwt.HS256, ginjwt.HS384, ginjwt.HS512} {
					key, err := ginjwt.NewKey(alg, secret, ginjwt.InsecureShortKey())
					requireRefusedKey(t, key, err, "KeyFromPEM")
				}
			})
		}
	}
}

// base64Of returns what stands between a PEM text's first and last line, on
// one line, as some identity providers show a public key.
func base64Of(text []byte) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[1:len(lines)-1], "")
}

func TestInsecureShortKey(t *testing.T) {
	t.Parallel()
	for _, alg := range []ginjwt.Algorithm{ginjwt.HS256, ginjwt.HS384, ginjwt.HS512} {
		for _, secret := range []string{"xy", "a short secret"} {
			f := newForgerShort(t, alg, secret)
			v := forgeVerifier(t, f.key, nil)
			requireVerdict[ginjwt.Claims](t, v, f.token(t, f.headerOf(""), goodPayload("")), "")
		}
	}
	for rule, secret := range map[string]any{
		"empty": "", "nil": []byte(nil), "all zero": make([]byte, 16), "FastAPI's tutorial": tutorialSecret, "of another type": 1,
	} {
		key, err := ginjwt.NewKey(ginjwt.HS256, secret, ginjwt.InsecureShortKey())
		requireRefusedKey(t, key, err, "")
		assert.Error(t, err, rule)
	}
	weak := rsaOf(t, 1024)
	_, err := ginjwt.NewKey(ginjwt.RS256, weak, ginjwt.InsecureShortKey())
	require.NoError(t, err)
}

func newForgerShort(t *testing.T, alg ginjwt.Algorithm, secret string) forger {
	t.Helper()
	f := forgerFor(t, alg)
	key, err := ginjwt.NewKey(alg, secret, ginjwt.InsecureShortKey())
	require.NoError(t, err, "%q", secret)
	f.sign, f.key = []byte(secret), key
	return f
}

func TestNewKeyRefusesAlgorithmsAndOptions(t *testing.T) {
	t.Parallel()
	for _, alg := range []ginjwt.Algorithm{"", "none", "None", "NONE", "hs256", "HS256 ", "ES256K", "RSA1_5", "A256GCM", "dir"} {
		key, err := ginjwt.NewKey(alg, forgeSecret)
		requireRefusedKey(t, key, err, "unknown algorithm")
		key, err = ginjwt.GenerateKey(alg)
		requireRefusedKey(t, key, err, "unknown algorithm")
	}
	key, err := ginjwt.NewKey(ginjwt.HS256, forgeSecret, nil)
	requireRefusedKey(t, key, err, "nil option")
}

func TestGenerateKey(t *testing.T) {
	t.Parallel()
	for _, alg := range allAlgorithms {
		t.Run(string(alg), func(t *testing.T) {
			t.Parallel()
			one, err := ginjwt.GenerateKey(alg)
			require.NoError(t, err)
			assert.Equal(t, alg, one.Algorithm())
			two, err := ginjwt.GenerateKey(alg)
			require.NoError(t, err)
			issuer, err := ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: one, Issuer: testIssuer, Audience: []string{testAudience}})
			require.NoError(t, err)
			token := sign(t, issuer, "alice", "")
			v, err := issuer.Verifier(ginjwt.Policy{})
			require.NoError(t, err)
			requireVerdict[ginjwt.Claims](t, v, token, "")
			other, err := ginjwt.NewVerifier(two.WithID(one.ID()), ginjwt.Policy{Issuer: testIssuer, Audience: []string{testAudience}})
			require.NoError(t, err)
			requireVerdict[ginjwt.Claims](t, other, token, ginjwt.ReasonSignature)
		})
	}
}

// A caller who wipes its material must not leave a zero key behind.
func TestNewKeyCopiesMaterial(t *testing.T) {
	t.Parallel()
	wipe := func(n *big.Int) { clear(n.Bits()) }
	secret := randomSecret(t, 32)
	key, err := ginjwt.NewKey(ginjwt.HS256, secret)
	require.NoError(t, err)
	f := forger{alg: ginjwt.HS256, method: hmacForger(t).method, sign: bytes.Clone(secret), key: key}
	token := f.token(t, f.headerOf(""), goodPayload(""))
	clear(secret)
	requireVerdict[ginjwt.Claims](t, forgeVerifier(t, key, nil), token, "")
	requireSigns(t, key)

	r := rsaOf(t, 2048)
	public, err := ginjwt.NewKey(ginjwt.RS256, &r.PublicKey)
	require.NoError(t, err)
	private, err := ginjwt.NewKey(ginjwt.RS256, r)
	require.NoError(t, err)
	rf := forger{alg: ginjwt.RS256, method: forgerFor(t, ginjwt.RS256).method, sign: r}
	token = rf.token(t, rf.headerOf(""), goodPayload(""))
	wipe(r.N)
	wipe(r.D)
	wipe(r.Primes[0])
	requireVerdict[ginjwt.Claims](t, forgeVerifier(t, public, nil), token, "")
	requireSigns(t, private)

	e := ecdsaOf(t, ginjwt.ES256)
	public, err = ginjwt.NewKey(ginjwt.ES256, &e.PublicKey)
	require.NoError(t, err)
	private, err = ginjwt.NewKey(ginjwt.ES256, e)
	require.NoError(t, err)
	ef := forger{alg: ginjwt.ES256, method: forgerFor(t, ginjwt.ES256).method, sign: e}
	token = ef.token(t, ef.headerOf(""), goodPayload(""))
	wipe(e.X)
	wipe(e.Y)
	wipe(e.D)
	requireVerdict[ginjwt.Claims](t, forgeVerifier(t, public, nil), token, "")
	requireSigns(t, private)

	ed := ed25519Of(t)
	private, err = ginjwt.NewKey(ginjwt.EdDSA, ed)
	require.NoError(t, err)
	clear(ed)
	requireSigns(t, private)
}

// requireSigns demands that key signs what it verifies.
func requireSigns(t *testing.T, key ginjwt.Key) {
	t.Helper()
	issuer, err := ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: key, Issuer: testIssuer, Audience: []string{testAudience}})
	require.NoError(t, err)
	v, err := issuer.Verifier(ginjwt.Policy{})
	require.NoError(t, err)
	requireVerdict[ginjwt.Claims](t, v, sign(t, issuer, "alice", ""), "")
}

func TestKeyNeverPrintsItsMaterial(t *testing.T) {
	t.Parallel()
	secret := []byte("a secret that is easy to find in a text")
	hmac, err := ginjwt.NewKey(ginjwt.HS256, secret)
	require.NoError(t, err)
	ec := ecdsaOf(t, ginjwt.ES256)
	private, err := ginjwt.NewKey(ginjwt.ES256, ec)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(ec)
	require.NoError(t, err)
	type config struct {
		Key    ginjwt.Key
		Ptr    *ginjwt.Key
		hidden ginjwt.Key
	}
	issuer, err := ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: hmac, Issuer: testIssuer, Audience: []string{testAudience}})
	require.NoError(t, err)
	verifier, err := issuer.Verifier(ginjwt.Policy{})
	require.NoError(t, err)
	values := []any{hmac, &hmac, private, []ginjwt.Key{hmac}, map[string]ginjwt.Key{"k": hmac}, ginjwt.Keys(hmac, private),
		config{hmac, &hmac, hmac}, &config{private, &private, private}, ginjwt.IssuerConfig{Key: hmac}, issuer, verifier}
	var forms []string
	for _, raw := range [][]byte{secret, ec.D.Bytes(), der} {
		forms = append(forms, string(raw), fmt.Sprintf("%x", raw), strings.Trim(fmt.Sprint(raw), "[]"),
			fmt.Sprintf("%#v", raw)[7:40], b64(string(raw))[:20], new(big.Int).SetBytes(raw).String())
	}
	for _, v := range values {
		for way, text := range printed(v) {
			for _, form := range forms { // not NotContains, which would print the text
				assert.False(t, strings.Contains(strings.ToLower(text), strings.ToLower(form)), "%T printed with %s", v, way) //nolint:testifylint // see above
			}
		}
	}
	assert.Equal(t, `HS256 key ""`, fmt.Sprint(hmac))
	assert.Equal(t, `HS256 key "one"`, fmt.Sprintf("%#v", hmac.WithID("one")))
	assert.Equal(t, "no key", ginjwt.Key{}.String())
}

// printed returns what v looks like in each way of printing.
func printed(v any) map[string]string {
	ways := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		ways[verb] = fmt.Sprintf(verb, v)
	}
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("m", "v", v)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "v", v)
	if b, err := json.Marshal(v); err == nil {
		out.Write(b)
	}
	ways["slog and JSON"] = out.String()
	return ways
}

func TestZeroKey(t *testing.T) {
	t.Parallel()
	var zero ginjwt.Key
	assert.Equal(t, zero, zero.WithID("x"))
	assert.Empty(t, zero.ID())
	assert.Empty(t, zero.Algorithm())
	_, err := zero.FindKey(context.Background(), ginjwt.HS256, "")
	require.ErrorIs(t, err, ginjwt.ErrUnknownKey)
	_, err = zero.FindKey(context.Background(), "", "")
	require.ErrorIs(t, err, ginjwt.ErrUnknownKey)
}
