package ginjwt_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// forgeNow is the time of every forged token, so that the dates in the tables
// can be read.
const forgeNow = 1_800_000_000

// forgeSecret is the secret of the forged HMAC tokens.
var forgeSecret = []byte("a secret that no tutorial has printed, and with enough bytes for HS512 too")

// forger signs any bytes, well-formed or not.
type forger struct {
	alg    ginjwt.Algorithm
	method jwt.SigningMethod
	sign   any // as golang-jwt takes it
	key    ginjwt.Key
}

func newForger(t testing.TB, alg ginjwt.Algorithm, material any) forger {
	t.Helper()
	key, err := ginjwt.NewKey(alg, material)
	require.NoError(t, err)
	return forger{alg, jwt.GetSigningMethod(string(alg)), material, key}
}

func hmacForger(t testing.TB) forger {
	t.Helper()
	return newForger(t, ginjwt.HS256, forgeSecret)
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// segments signs two segments as they are.
func (f forger) segments(t testing.TB, header, payload string) string {
	t.Helper()
	signature, err := f.method.Sign(header+"."+payload, f.sign)
	require.NoError(t, err)
	return header + "." + payload + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// token signs a header and a payload as they are.
func (f forger) token(t testing.TB, header, payload string) string {
	t.Helper()
	return f.segments(t, b64(header), b64(payload))
}

// headerOf returns a header with alg and more members, each with its comma.
func (f forger) headerOf(more string) string {
	return fmt.Sprintf(`{"alg":%q%s}`, string(f.alg), more)
}

// goodPayload returns the claims of a good token and more members, each with
// its comma.
func goodPayload(more string) string {
	return fmt.Sprintf(`{"iss":%q,"aud":%q,"sub":"alice","exp":%d%s}`, testIssuer, testAudience, forgeNow+600, more)
}

// payloadWithout returns goodPayload without the member called name, and more
// instead of it.
func payloadWithout(name, more string) string {
	members := map[string]string{
		"iss": fmt.Sprintf(`"iss":%q`, testIssuer),
		"aud": fmt.Sprintf(`"aud":%q`, testAudience),
		"sub": `"sub":"alice"`,
		"exp": fmt.Sprintf(`"exp":%d`, forgeNow+600),
	}
	parts := []string{`"x":1`}
	for _, m := range []string{"iss", "aud", "sub", "exp"} {
		if m != name {
			parts = append(parts, members[m])
		}
	}
	return "{" + strings.Join(parts, ",") + more + "}"
}

func forgeClock() time.Time { return time.Unix(forgeNow, 0) }

// strictPolicy is the policy of the tables: all rules at their strictest.
func strictPolicy() ginjwt.Policy {
	return ginjwt.Policy{Issuer: testIssuer, Audience: []string{testAudience}, Now: forgeClock}
}

// forgeVerifier returns a Verifier by strictPolicy, changed by change.
func forgeVerifier(t testing.TB, keys ginjwt.KeySource, change func(*ginjwt.Policy)) *ginjwt.Verifier {
	t.Helper()
	p := strictPolicy()
	if change != nil {
		change(&p)
	}
	v, err := ginjwt.NewVerifier(keys, p)
	require.NoError(t, err)
	return v
}

// requireVerdict verifies token as a C and demands want, or that it is accepted
// if want is "". It holds each refusal to what is promised of all of them.
func requireVerdict[C any, P ginjwt.ClaimsOf[C]](t testing.TB, v *ginjwt.Verifier, token string, want ginjwt.Reason) {
	t.Helper()
	claims, err := ginjwt.Verify[C, P](t.Context(), v, token)
	if want == "" {
		require.NoError(t, err)
		return
	}
	requireRefusal(t, err, token, want)
	var none C
	require.Equal(t, none, claims, "nothing of a refused token is returned")
}

// requireRefusal demands a 401 for the reason want, whose text gives nothing
// of the token away.
func requireRefusal(t testing.TB, err error, token string, want ginjwt.Reason) {
	t.Helper()
	require.Error(t, err)
	require.ErrorIs(t, err, want)
	var refusal *ginjwt.Error
	require.ErrorAs(t, err, &refusal)
	code := ginjwt.CodeInvalidToken
	if want == ginjwt.ReasonExpired {
		code = ginjwt.CodeExpiredToken
	}
	assert.Equal(t, 401, refusal.Status)
	assert.Equal(t, code, refusal.Code)
	assert.Equal(t, "Could not validate credentials", refusal.Detail)
	assert.Equal(t, "ginjwt: 401 "+code+": Could not validate credentials: "+string(want), err.Error(),
		"no decoder text and no part of the token")
	if len(token) > 8 {
		assert.NotContains(t, err.Error(), token)
	}
}

// tokenCase is a token that is signed well, and what becomes of it.
type tokenCase struct {
	rule    string // what the case guards
	header  string // if "", the plain one
	payload string // if "", the good one
	want    ginjwt.Reason
}

// runTokens verifies each case with the forger's key.
func runTokens(t *testing.T, cases []tokenCase, change func(*ginjwt.Policy)) {
	t.Helper()
	f := hmacForger(t)
	v := forgeVerifier(t, f.key, change)
	for _, tc := range cases {
		t.Run(tc.rule, func(t *testing.T) {
			header, payload := tc.header, tc.payload
			if header == "" {
				header = f.headerOf("")
			}
			if payload == "" {
				payload = goodPayload("")
			}
			requireVerdict[ginjwt.Claims](t, v, f.token(t, header, payload), tc.want)
		})
	}
}

// forgeKeys makes keys of every kind once, for RSA keys take long.
var forgeKeys = sync.OnceValues(func() (map[ginjwt.Algorithm]any, error) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	keys := map[ginjwt.Algorithm]any{
		ginjwt.HS256: forgeSecret, ginjwt.HS384: forgeSecret, ginjwt.HS512: forgeSecret,
		ginjwt.RS256: rsaKey, ginjwt.RS384: rsaKey, ginjwt.RS512: rsaKey,
		ginjwt.PS256: rsaKey, ginjwt.PS384: rsaKey, ginjwt.PS512: rsaKey,
	}
	curves := map[ginjwt.Algorithm]elliptic.Curve{ginjwt.ES256: elliptic.P256(), ginjwt.ES384: elliptic.P384(), ginjwt.ES512: elliptic.P521()}
	for alg, curve := range curves {
		if keys[alg], err = ecdsa.GenerateKey(curve, rand.Reader); err != nil {
			return nil, err
		}
	}
	_, keys[ginjwt.EdDSA], err = ed25519.GenerateKey(rand.Reader)
	return keys, err
})

// forgerFor returns a forger with the shared key for alg.
func forgerFor(t testing.TB, alg ginjwt.Algorithm) forger {
	t.Helper()
	keys, err := forgeKeys()
	require.NoError(t, err)
	return newForger(t, alg, keys[alg])
}
