package ginjwt_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// issuerAt returns an issuer with key and a standing clock.
func issuerAt(t testing.TB, key ginjwt.Key, change func(*ginjwt.IssuerConfig)) *ginjwt.Issuer {
	t.Helper()
	cfg := ginjwt.IssuerConfig{Key: key, Issuer: testIssuer, Audience: []string{testAudience}, Now: forgeClock}
	if change != nil {
		change(&cfg)
	}
	issuer, err := ginjwt.NewIssuer(cfg)
	require.NoError(t, err)
	return issuer
}

// parts returns a token's header and payload.
func parts(t testing.TB, token string) (header, payload map[string]any) {
	t.Helper()
	segments := strings.Split(token, ".")
	require.Len(t, segments, 3)
	require.NoError(t, json.Unmarshal(fromB64(t, segments[0]), &header))
	require.NoError(t, json.Unmarshal(fromB64(t, segments[1]), &payload))
	return header, payload
}

func TestSignFillsIn(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	claims := tenancy{Tenant: "t", Claims: ginjwt.Claims{Subject: "alice", Scope: "me"}}
	before := claims
	token, err := issuerAt(t, f.key.WithID("one"), nil).Sign(&claims)
	require.NoError(t, err)
	assert.Equal(t, before, claims, "the caller's claims are not changed")
	header, payload := parts(t, token)
	assert.Equal(t, map[string]any{"alg": "HS256", "typ": "at+jwt", "kid": "one"}, header)
	jti, _ := payload["jti"].(string)
	assert.GreaterOrEqual(t, len(jti), 20)
	delete(payload, "jti")
	assert.Equal(t, map[string]any{"iss": testIssuer, "aud": testAudience, "sub": "alice", "scope": "me", "tenant": "t",
		"iat": float64(forgeNow), "exp": float64(forgeNow + 900)}, payload, "15 minutes by default, and nothing else")

	header, _ = parts(t, sign(t, issuerAt(t, f.key, nil), "alice", ""))
	assert.NotContains(t, header, "kid", "a secret has no ID")
	rsaKey := forgerFor(t, ginjwt.RS256).key
	header, _ = parts(t, sign(t, issuerAt(t, rsaKey, nil), "alice", ""))
	assert.Equal(t, rsaKey.ID(), header["kid"])
}

func TestSignKeepsWhatIsSet(t *testing.T) {
	t.Parallel()
	issuer := issuerAt(t, hmacForger(t).key, func(c *ginjwt.IssuerConfig) { c.Audience = []string{"a", "b"} })
	_, payload := parts(t, sign(t, issuer, "alice", ""))
	assert.Equal(t, []any{"a", "b"}, payload["aud"])
	token, err := issuer.Sign(&ginjwt.Claims{Issuer: testIssuer, Audience: ginjwt.NewAudience("b"), JWTID: "mine",
		ExpiresAt: ginjwt.NewNumericDate(time.Unix(forgeNow+1, 0)), NotBefore: ginjwt.NewNumericDate(time.Unix(forgeNow, 0))})
	require.NoError(t, err)
	_, payload = parts(t, token)
	assert.Equal(t, map[string]any{"iss": testIssuer, "aud": "b", "jti": "mine", "iat": float64(forgeNow),
		"exp": float64(forgeNow + 1), "nbf": float64(forgeNow)}, payload)
}

func TestTokenTellsTheLifetime(t *testing.T) {
	t.Parallel()
	issuer := issuerAt(t, hmacForger(t).key, func(c *ginjwt.IssuerConfig) { c.AccessTTL = time.Hour })
	token, err := issuer.Token(&ginjwt.Claims{Subject: "alice", Scope: "me items"})
	require.NoError(t, err)
	assert.Equal(t, "bearer", token.TokenType)
	assert.Equal(t, 3600, token.ExpiresIn)
	assert.Equal(t, ginjwt.Scope("me items"), token.Scope)
	assert.Empty(t, token.RefreshToken)
	token, err = issuer.Token(&ginjwt.Claims{ExpiresAt: ginjwt.NewNumericDate(time.Unix(forgeNow+60, 0))})
	require.NoError(t, err)
	assert.Equal(t, 60, token.ExpiresIn)
}

func TestSignRefuses(t *testing.T) {
	t.Parallel()
	issuer := issuerAt(t, hmacForger(t).key, nil)
	at := func(sec int64) ginjwt.NumericDate { return ginjwt.NewNumericDate(time.Unix(sec, 0)) }
	type deep struct {
		ginjwt.Claims
		X any `json:"x"`
	}
	var nested any
	for range 40 {
		nested = []any{nested}
	}
	var none *tenancy
	cases := []struct {
		rule   string
		claims ginjwt.AnyClaims
	}{
		{"nil", nil},
		{"a nil pointer", none},
		{"a nil pointer to Claims", (*ginjwt.Claims)(nil)},
		{"another's iss", &ginjwt.Claims{Issuer: "https://other.example"}},
		{"another's aud", &ginjwt.Claims{Audience: ginjwt.NewAudience("https://other.example")}},
		{"another's aud beside its own", &ginjwt.Claims{Audience: ginjwt.NewAudience(testAudience, "https://other.example")}},
		{"an empty aud beside its own", &ginjwt.Claims{Audience: ginjwt.NewAudience(testAudience, "")}},
		{"exp later than its TTL", &ginjwt.Claims{ExpiresAt: at(forgeNow + 901)}},
		{"exp at now", &ginjwt.Claims{ExpiresAt: at(forgeNow)}},
		{"exp in the past", &ginjwt.Claims{ExpiresAt: at(1)}},
		{"a date before 1970", &ginjwt.Claims{NotBefore: at(-1)}},
		{"invalid UTF-8", &ginjwt.Claims{Subject: "\xff"}},
		{"claims that cannot be JSON", &deep{X: func() {}}},
		{"claims that its Verifier finds too deep", &deep{X: nested}},
		{"claims that its Verifier finds too large", &ginjwt.Claims{Subject: strings.Repeat("x", 64<<10)}},
	}
	for _, tc := range cases {
		t.Run(tc.rule, func(t *testing.T) {
			var token string
			var err error
			require.NotPanics(t, func() { token, err = issuer.Sign(tc.claims) })
			require.Error(t, err)
			assert.Empty(t, token)
			assert.Regexp(t, "^ginjwt: ", err.Error())
			answer, err := issuer.Token(tc.claims)
			require.Error(t, err)
			assert.Zero(t, answer)
		})
	}
}

func TestNewIssuerReportsAllFaults(t *testing.T) {
	t.Parallel()
	f := forgerFor(t, ginjwt.ES256)
	good := ginjwt.IssuerConfig{Key: f.key, Issuer: testIssuer, Audience: []string{testAudience}}
	with := func(change func(*ginjwt.IssuerConfig)) ginjwt.IssuerConfig { c := good; change(&c); return c }
	public, err := ginjwt.NewKey(ginjwt.ES256, &ecdsaOf(t, ginjwt.ES256).PublicKey)
	require.NoError(t, err)
	cases := []struct {
		rule string
		cfg  ginjwt.IssuerConfig
		says []string
	}{
		{"everything at once", ginjwt.IssuerConfig{AccessTTL: -1}, []string{"no key", "Issuer is empty", "Audience is empty", "AccessTTL"}},
		{"a public key", with(func(c *ginjwt.IssuerConfig) { c.Key = public }), []string{"public key"}},
		{"both keys", with(func(c *ginjwt.IssuerConfig) { c.Keys = &ring{} }), []string{"both set"}},
		{"an empty audience among others", with(func(c *ginjwt.IssuerConfig) { c.Audience = []string{"x", ""} }), []string{"empty entry"}},
		{"parts of a second", with(func(c *ginjwt.IssuerConfig) { c.AccessTTL = 1500 * time.Millisecond }), []string{"whole seconds"}},
		{"a key ID that its Verifier finds too long", with(func(c *ginjwt.IssuerConfig) { c.Key = f.key.WithID(strings.Repeat("k", 257)) }), []string{"256"}},
	}
	for _, tc := range cases {
		t.Run(tc.rule, func(t *testing.T) {
			issuer, err := ginjwt.NewIssuer(tc.cfg)
			require.Error(t, err)
			assert.Nil(t, issuer)
			for _, text := range tc.says {
				assert.ErrorContains(t, err, text)
			}
		})
	}
}

// The Verifier of an issuer takes what it signs and nothing else, even of the
// same key.
func TestIssuerVerifierTakesOnlyItsOwn(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	issuer := issuerAt(t, f.key, nil)
	v, err := issuer.Verifier(ginjwt.Policy{})
	require.NoError(t, err)
	own := `,"typ":"at+jwt"`
	payload := goodPayload(`,"iat":1800000000`)
	cases := []struct {
		rule, token string
		want        ginjwt.Reason
	}{
		{"its own", sign(t, issuer, "alice", ""), ""},
		{"the same by hand", f.token(t, f.headerOf(own), payload), ""},
		{"without typ", f.token(t, f.headerOf(""), payload), ginjwt.ReasonType},
		{"with typ JWT", f.token(t, f.headerOf(`,"typ":"JWT"`), payload), ginjwt.ReasonType},
		{"without iat", f.token(t, f.headerOf(own), goodPayload("")), ginjwt.ReasonLifetime},
		{"living longer", f.token(t, f.headerOf(own), payloadWithout("exp", `,"iat":1799999500,"exp":1800000401`)), ginjwt.ReasonLifetime},
		{"of another issuer", f.token(t, f.headerOf(own), payloadWithout("iss", `,"iss":"x","iat":1800000000`)), ginjwt.ReasonIssuer},
		{"for another audience", f.token(t, f.headerOf(own), payloadWithout("aud", `,"aud":"x","iat":1800000000`)), ginjwt.ReasonAudience},
		{"of another key", sign(t, issuerAt(t, secretForger(t, "x").key, nil), "alice", ""), ginjwt.ReasonSignature},
	}
	for _, tc := range cases {
		t.Run(tc.rule, func(t *testing.T) { requireVerdict[ginjwt.Claims](t, v, tc.token, tc.want) })
	}
}

func TestIssuerVerifierRefusesPolicies(t *testing.T) {
	t.Parallel()
	issuer := issuerAt(t, hmacForger(t).key, nil)
	for text, p := range map[string]ginjwt.Policy{
		"Policy.Issuer": {Issuer: "x"}, "AnyIssuer": {AnyIssuer: true}, "NoIssuer": {NoIssuer: true}, "Policy.Audience": {Audience: []string{testAudience}},
		"AnyAudience": {AnyAudience: true}, "Policy.Types": {Types: []string{"JWT"}}, "MaxLifetime": {MaxLifetime: time.Hour}, "Leeway": {Leeway: time.Hour},
	} {
		v, err := issuer.Verifier(p)
		require.ErrorContains(t, err, text)
		assert.Nil(t, v)
	}
	_, err := issuer.Verifier(ginjwt.Policy{AnyIssuer: true, Leeway: time.Hour, Types: []string{"x"}})
	for _, text := range []string{"AnyIssuer", "Leeway", "Types"} {
		assert.ErrorContains(t, err, text, "all faults together")
	}
}

// ring is a SigningKeys that a test turns.
type ring struct {
	mu      sync.Mutex
	current ginjwt.Key
	all     []ginjwt.Key
	err     error
}

func (r *ring) SigningKey(context.Context) (ginjwt.Key, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.current, r.err
}

func (r *ring) FindKey(ctx context.Context, alg ginjwt.Algorithm, kid string) (ginjwt.Key, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return ginjwt.Keys(r.all...).FindKey(ctx, alg, kid)
}

func (r *ring) turn(current ginjwt.Key, all ...ginjwt.Key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.current, r.all = current, all
}

func TestIssuerWithKeysThatRotate(t *testing.T) {
	t.Parallel()
	one, two := forgerFor(t, ginjwt.ES256).key, forgerFor(t, ginjwt.EdDSA).key
	keys := &ring{current: one, all: []ginjwt.Key{one}}
	issuer := issuerAt(t, ginjwt.Key{}, func(c *ginjwt.IssuerConfig) { c.Keys = keys })
	for _, size := range []int{0, 10} {
		keys.turn(one, one)
		v, err := issuer.Verifier(ginjwt.Policy{CacheSize: size})
		require.NoError(t, err)
		first := sign(t, issuer, "alice", "")
		requireVerdict[ginjwt.Claims](t, v, first, "")
		keys.turn(two, one, two)
		second := sign(t, issuer, "alice", "")
		header, _ := parts(t, second)
		assert.Equal(t, "EdDSA", header["alg"])
		requireVerdict[ginjwt.Claims](t, v, first, "")
		requireVerdict[ginjwt.Claims](t, v, second, "")
		keys.turn(two, two)
		requireVerdict[ginjwt.Claims](t, v, first, ginjwt.ReasonKey)
		requireVerdict[ginjwt.Claims](t, v, second, "")
	}
	public, err := ginjwt.NewKey(ginjwt.ES256, &ecdsaOf(t, ginjwt.ES256).PublicKey)
	require.NoError(t, err)
	for _, bad := range []ginjwt.Key{{}, public} {
		keys.turn(bad, one)
		_, err := issuer.Sign(&ginjwt.Claims{})
		require.ErrorContains(t, err, "zero or public")
	}
	keys.err = errors.New("the store of keys is down")
	_, err = issuer.Sign(&ginjwt.Claims{})
	require.ErrorIs(t, err, keys.err)
}

// Sign is used by many requests at once, also with the same claims.
func TestSignConcurrently(t *testing.T) {
	t.Parallel()
	issuer := issuerAt(t, hmacForger(t).key, nil)
	v, err := issuer.Verifier(ginjwt.Policy{CacheSize: 100})
	require.NoError(t, err)
	shared := &tenancy{Tenant: "t", Claims: ginjwt.Claims{Subject: "alice"}}
	var ids sync.Map
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 50 {
				token, err := issuer.Sign(shared)
				if !assert.NoError(t, err) {
					return
				}
				claims, err := ginjwt.Verify[tenancy](t.Context(), v, token)
				if !assert.NoError(t, err) {
					return
				}
				_, twice := ids.LoadOrStore(claims.JWTID, true)
				assert.False(t, twice, "each token has a jti of its own")
			}
		})
	}
	wg.Wait()
}
