package ginjwt_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

// forgedEngine serves GET and POST /me to those whom v lets in with scope me.
func forgedEngine(v *ginjwt.Verifier) *gin.Engine {
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token", ginjwt.Scopes{"me": ""}), v)
	r := newEngine()
	ok := ginjwt.Handle(ginjwt.Security(claims, "me"), func(c *gin.Context, _ ginjwt.Claims) { c.Status(http.StatusNoContent) })
	r.GET("/me", ok)
	return r
}

func forgedRequest(token string) *http.Request {
	return ginjwttest.Authorized(httptest.NewRequest(http.MethodGet, "/me", nil), token)
}

// TestForgeriesAreRefused: by an issuer's own verifier, and by one with a policy
// as loose as it is by default, with keys of every kind, now and in the past.
func TestForgeriesAreRefused(t *testing.T) {
	t.Parallel()
	past := ginjwttest.NewClock()
	past.Set(time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC))
	for _, alg := range []ginjwt.Algorithm{ginjwt.HS256, ginjwt.HS512, ginjwt.RS256, ginjwt.PS256, ginjwt.ES256, ginjwt.ES384, ginjwt.ES512, ginjwt.EdDSA} {
		key := ginjwt.Must(ginjwt.GenerateKey(alg))
		cases := map[string]ginjwt.Key{string(alg): key}
		if alg == ginjwt.HS256 || alg == ginjwt.EdDSA {
			cases[string(alg)+" without a kid"], cases[string(alg)+" with a kid"] = key.WithID(""), key.WithID("k")
		}
		for name, key := range cases {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				cfg := ginjwt.IssuerConfig{Key: key, Issuer: testIssuer, Audience: []string{testAudience}}
				issuer := ginjwt.Must(ginjwt.NewIssuer(cfg))
				own, err := issuer.Verifier(ginjwt.Policy{})
				require.NoError(t, err)
				token := ginjwttest.Token(t, issuer, &ginjwt.Claims{Subject: "johndoe", Scope: "me"})
				ginjwttest.RefusesForged(t, forgedEngine(own), forgedRequest(token), key)

				cfg.Now = past.Now
				token = ginjwttest.Token(t, ginjwt.Must(ginjwt.NewIssuer(cfg)), &ginjwt.Claims{Subject: "johndoe", Scope: "me"})
				lax, err := ginjwt.NewVerifier(key, ginjwt.Policy{
					Issuer: testIssuer, Audience: []string{testAudience}, Now: past.Now, Leeway: 5 * time.Minute, MaxTokenBytes: 64 << 10,
				})
				require.NoError(t, err)
				ginjwttest.RefusesForged(t, forgedEngine(lax), forgedRequest(token), key)
			})
		}
	}
}

// TestForgeriesAreRefusedLateInALongLife: the dates of forgeries are outside of
// the token's, wherever in between it is.
func TestForgeriesAreRefusedLateInALongLife(t *testing.T) {
	t.Parallel()
	clock := ginjwttest.NewClock()
	key := ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256))
	issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: key, Issuer: testIssuer, Audience: []string{testAudience}, AccessTTL: 48 * time.Hour, Now: clock.Now}))
	verifier, err := issuer.Verifier(ginjwt.Policy{})
	require.NoError(t, err)
	token := ginjwttest.Token(t, issuer, &ginjwt.Claims{Subject: "admin", Scope: "me"})
	for _, passed := range []time.Duration{0, 24 * time.Hour, 23*time.Hour + 59*time.Minute} {
		clock.Advance(passed)
		ginjwttest.RefusesForged(t, forgedEngine(verifier), forgedRequest(token), key)
	}
}

// TestForgeriesOfTokensWithFewClaims: what a token does not have is no excuse.
func TestForgeriesOfTokensWithFewClaims(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	verifier := forgeVerifier(t, f.key, nil)
	for name, token := range map[string]string{
		"without iat, kid and typ": f.token(t, f.headerOf(""), goodPayload(`,"scope":"me"`)),
		"without sub":              f.token(t, f.headerOf(""), payloadWithout("sub", `,"scope":"me"`)),
		"with several audiences":   f.token(t, f.headerOf(`,"typ":"JWT"`), payloadWithout("aud", `,"aud":["x","`+testAudience+`"],"scope":"me"`)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ginjwttest.RefusesForged(t, forgedEngine(verifier), forgedRequest(token), f.key)
		})
	}
}

// TestForgeriesAndCaches: a token that was accepted before makes none of its
// forgeries good.
func TestForgeriesAndCaches(t *testing.T) {
	t.Parallel()
	key := ginjwt.Must(ginjwt.GenerateKey(ginjwt.ES256))
	issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: key, Issuer: testIssuer, Audience: []string{testAudience}}))
	verifier, err := issuer.Verifier(ginjwt.Policy{CacheSize: 100})
	require.NoError(t, err)
	token := ginjwttest.Token(t, issuer, &ginjwt.Claims{Subject: "johndoe", Scope: "me"})
	both, err := ginjwt.ByIssuer(verifier)
	require.NoError(t, err)
	for _, v := range []*ginjwt.Verifier{verifier, verifier, both} {
		ginjwttest.RefusesForged(t, forgedEngine(v), forgedRequest(token), key)
	}
}

// TestForgeriesOfARing: the keys that are published and do not sign are no way in.
func TestForgeriesOfARing(t *testing.T) {
	t.Parallel()
	signing := ginjwt.Must(ginjwt.GenerateKey(ginjwt.ES256))
	ring, err := jwks.NewRing(jwks.RingConfig{},
		jwks.RingKey{Key: ginjwt.Must(ginjwt.GenerateKey(ginjwt.EdDSA)), From: time.Now().Add(-48 * time.Hour)},
		jwks.RingKey{Key: signing, From: time.Now().Add(-time.Hour)})
	require.NoError(t, err)
	issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{Keys: ring, Issuer: testIssuer, Audience: []string{testAudience}}))
	verifier, err := issuer.Verifier(ginjwt.Policy{})
	require.NoError(t, err)
	token := ginjwttest.Token(t, issuer, &ginjwt.Claims{Subject: "johndoe", Scope: "me"})
	ginjwttest.RefusesForged(t, forgedEngine(verifier), forgedRequest(token), signing)
}

// TestForgeriesThatAPolicyWaives are named as excepted, and are just these.
func TestForgeriesThatAPolicyWaives(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	token := f.token(t, f.headerOf(`,"typ":"JWT"`), goodPayload(`,"scope":"me"`))
	for name, tc := range map[string]struct {
		change func(*ginjwt.Policy)
		except []string
	}{
		"AnyIssuer": {func(p *ginjwt.Policy) { p.Issuer, p.AnyIssuer = "", true }, []string{"another issuer", "no iss"}},
		"AnyAudience": {func(p *ginjwt.Policy) { p.Audience, p.AnyAudience = nil, true },
			[]string{"another audience", "no aud", "aud that is empty"}},
		"InsecureIgnoreConfirmation": {func(p *ginjwt.Policy) { p.InsecureIgnoreConfirmation = true }, []string{"a token that is bound to a key (cnf)"}},
		"InsecureAcceptIDTokens": {func(p *ginjwt.Policy) { p.InsecureAcceptIDTokens = true }, []string{
			"an ID token (at_hash)", "an ID token (nonce)", "a logout token (events)",
			"Keycloak's refresh token", "Keycloak's ID token", "Cognito's ID token",
		}},
		"Types": {func(p *ginjwt.Policy) { p.Types = []string{"JWT", "dpop+jwt"} }, []string{"typ of a DPoP proof"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			verifier := forgeVerifier(t, f.key, tc.change)
			ginjwttest.RefusesForged(t, forgedEngine(verifier), forgedRequest(token), f.key, tc.except...)
		})
	}
}

// TestForgeriesOfASession: a session's revoker is asked, and none of them is a
// session's either.
func TestForgeriesOfASession(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	token := w.logIn("alice", "scope", "me").Access
	ginjwttest.RefusesForged(t, forgedEngine(w.verifier), forgedRequest(token), w.issuer.Config().Key)
	require.Equal(t, http.StatusOK, w.me(token), "the session is as it was")

	flawed := ginjwttest.Token(t, w.issuer, &ginjwt.Claims{Subject: "alice"}, ginjwttest.Expired)
	_, err := ginjwt.Verify[ginjwt.Claims](t.Context(), w.verifier, flawed)
	require.ErrorIs(t, err, ginjwt.ReasonExpired)
}
