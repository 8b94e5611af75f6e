package provider_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

func TestJWTs(t *testing.T) {
	t.Parallel()
	p := startShared(t)
	var fetches atomic.Int32
	verifier := ginjwt.Must(jwks.Discover(p.issuer, ginjwt.Policy{Audience: []string{api}}, jwks.InsecureLoopbackHTTP(),
		jwks.Observe(func(_ context.Context, ev jwks.Event) {
			fetches.Add(1)
			assert.NoError(t, ev.Err)
			assert.Equal(t, 3, ev.Keys, "one each of RSA, EC and Ed25519; that for encryption is none")
			assert.Empty(t, ev.Skipped)
		})))
	app := run(t, p.issuer, verifier)

	t.Run("an access token becomes typed claims", func(t *testing.T) {
		got := app.accepts(t, p.token(t, api, "items:read items:write"))
		assert.Equal(t, service, got.Subject, "RFC 9068 section 2.2: the client, where there is no user")
		assert.Equal(t, service, got.Client)
		assert.Equal(t, "acme", got.Tenant)
		assert.Equal(t, []string{"items:read", "items:write"}, got.Scopes)
		assert.WithinDuration(t, time.Now().Add(2*time.Hour), time.Unix(got.Expires, 0), time.Minute)
	})
	t.Run("a user's access token is alice's", func(t *testing.T) {
		got := app.accepts(t, p.logIn(t, api, "").AccessToken)
		assert.Equal(t, "alice", got.Subject)
		assert.Equal(t, web, got.Client)
	})
	for _, resource := range []string{"urn:api:es256", "urn:api:eddsa"} {
		t.Run("the key set has a key for "+resource, func(t *testing.T) {
			app.accepts(t, p.token(t, resource, "items:read"))
		})
	}
	assert.EqualValues(t, 1, fetches.Load(), "one fetch does for all of these")
}

func TestRefusedJWTs(t *testing.T) {
	t.Parallel()
	p := startShared(t)
	app := run(t, p.issuer, ginjwt.Must(jwks.Discover(p.issuer, ginjwt.Policy{Audience: []string{api}}, jwks.InsecureLoopbackHTTP())))

	t.Run("a token without the scope may not", func(t *testing.T) {
		for _, scope := range []string{"", "items:write"} {
			got := app.get(t, p.token(t, api, scope))
			assert.Equal(t, http.StatusForbidden, got.status)
			assert.Contains(t, got.header.Get("WWW-Authenticate"), `error="insufficient_scope"`)
			assert.Contains(t, got.header.Get("WWW-Authenticate"), `scope="items:read"`)
		}
	})
	t.Run("a token for another API is refused", func(t *testing.T) {
		app.refuses(t, p.token(t, other, "items:read"), ginjwt.ReasonAudience)
	})
	t.Run("garbage is refused", func(t *testing.T) { app.refuses(t, "garbage", ginjwt.ReasonMalformed) })
	t.Run("an opaque token is no JWT", func(t *testing.T) {
		app.refuses(t, p.token(t, opaque, "items:read"), ginjwt.ReasonMalformed)
	})
	t.Run("a refresh token is no access token", func(t *testing.T) {
		app.refuses(t, p.logIn(t, api, "").RefreshToken, ginjwt.ReasonMalformed)
	})
	t.Run("claims that were changed are refused", func(t *testing.T) {
		parts := strings.Split(p.token(t, api, "items:write"), ".")
		payload, err := base64.RawURLEncoding.DecodeString(parts[1])
		require.NoError(t, err)
		parts[1] = encode([]byte(strings.Replace(string(payload), "items:write", "items:read", 1)))
		app.refuses(t, strings.Join(parts, "."), ginjwt.ReasonSignature)
	})
	t.Run("a token that is bound to a key is no bearer token", func(t *testing.T) {
		app.refuses(t, p.bound(t, api), ginjwt.ReasonBound)
	})
}

// TestIDTokens has an API that goes by the name of its client, so that the ID
// token's audience is the right one.
func TestIDTokens(t *testing.T) {
	t.Parallel()
	p := startShared(t)
	withNonce, bare := p.logIn(t, api, "n-0S6_WzA2Mj").IDToken, p.logIn(t, api, "").IDToken
	tests := []struct {
		name   string
		policy ginjwt.Policy
		token  string
		want   ginjwt.Reason
	}{
		{"it is for the client, not for the API", ginjwt.Policy{Audience: []string{api}}, bare, ginjwt.ReasonAudience},
		{"a nonce gives it away", ginjwt.Policy{Audience: []string{web}}, withNonce, ginjwt.ReasonType},
		{"nothing gives it away but its typ", ginjwt.Policy{Audience: []string{web}, Types: []string{"at+jwt"}}, bare, ginjwt.ReasonType},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			verifier := ginjwt.Must(jwks.Discover(p.issuer, tc.policy, jwks.InsecureLoopbackHTTP()))
			run(t, p.issuer, verifier).refuses(t, tc.token, tc.want)
		})
	}
}

// TestAlgorithmsOfAKeyWithoutOne: the provider publishes one RSA key without alg
// and signs with it for RS256 and PS256 both.
func TestAlgorithmsOfAKeyWithoutOne(t *testing.T) {
	t.Parallel()
	p := startShared(t)
	policy := ginjwt.Policy{Audience: []string{api}}
	rs256, ps256 := p.token(t, api, "items:read"), p.token(t, "urn:api:ps256", "items:read")

	t.Run("an RSA key is for RS256", func(t *testing.T) {
		app := run(t, p.issuer, ginjwt.Must(jwks.Discover(p.issuer, policy, jwks.InsecureLoopbackHTTP())))
		app.accepts(t, rs256)
		app.refuses(t, ps256, ginjwt.ReasonAlgorithm)
	})
	t.Run("unless another is named", func(t *testing.T) {
		app := run(t, p.issuer, ginjwt.Must(jwks.Discover(p.issuer, policy, jwks.InsecureLoopbackHTTP(), jwks.Algorithms(ginjwt.PS256))))
		app.accepts(t, ps256)
		app.refuses(t, rs256, ginjwt.ReasonAlgorithm)
	})
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// bound returns a token of the service that is bound to a key of its own (RFC
// 9449).
func (p *provider) bound(t *testing.T, resource string) string {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	header, err := json.Marshal(map[string]any{
		"typ": "dpop+jwt", "alg": "EdDSA", "jwk": map[string]string{"kty": "OKP", "crv": "Ed25519", "x": encode(public)},
	})
	require.NoError(t, err)
	payload, err := json.Marshal(map[string]any{"jti": rand.Text(), "htm": "POST", "htu": p.issuer + "/token", "iat": time.Now().Unix()})
	require.NoError(t, err)
	signed := encode(header) + "." + encode(payload)
	proof := signed + "." + encode(ed25519.Sign(private, []byte(signed)))
	got := p.clientCredentials(t, resource, "items:read", http.Header{"Dpop": {proof}})
	require.Equal(t, "DPoP", got.TokenType)
	return got.AccessToken
}
