package ginjwttest_test

import (
	"encoding/base64"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

type numbered struct {
	ginjwt.Claims
	Name   string `json:"name"`
	Number int64  `json:"number"`
}

// large has no float64.
const large = 9007199254740993

type signer interface {
	ginjwttest.Signer
	Verifier(ginjwt.Policy) (*ginjwt.Verifier, error)
}

// verifier verifies the tokens of a kit's Issuer as a service does.
type kitIssuer struct{ *ginjwttest.Issuer }

func (i kitIssuer) Verifier(p ginjwt.Policy) (*ginjwt.Verifier, error) {
	p.Audience = []string{service}
	return jwks.Discover(i.URL, p, jwks.InsecureLoopbackHTTP())
}

// signers are all that Token takes.
func signers(t *testing.T) map[string]signer {
	t.Helper()
	cfg := ginjwt.IssuerConfig{Issuer: issuerName, Audience: []string{service}, Now: clock.Now}
	with := func(change func(*ginjwt.IssuerConfig)) signer {
		c := cfg
		change(&c)
		return ginjwt.Must(ginjwt.NewIssuer(c))
	}
	ring, err := jwks.NewRing(jwks.RingConfig{Now: clock.Now},
		jwks.RingKey{Key: ginjwt.Must(ginjwt.GenerateKey(ginjwt.EdDSA)), From: clock.Now().Add(-48 * time.Hour)},
		jwks.RingKey{Key: ginjwt.Must(ginjwt.GenerateKey(ginjwt.ES384)), From: clock.Now().Add(-time.Hour)})
	require.NoError(t, err)
	idp := ginjwttest.NewIssuer(t, service)
	idp.UseClock(clock)
	return map[string]signer{
		"a secret":         with(func(c *ginjwt.IssuerConfig) { c.Key = ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256)) }),
		"a key with an ID": with(func(c *ginjwt.IssuerConfig) { c.Key = ginjwt.Must(ginjwt.GenerateKey(ginjwt.ES256)).WithID("a") }),
		"a ring":           with(func(c *ginjwt.IssuerConfig) { c.Keys = ring }),
		"the kit's own":    kitIssuer{idp},
	}
}

func TestTokenWithFlaws(t *testing.T) {
	t.Parallel()
	flaws := map[string]struct {
		flaws []ginjwttest.Flaw
		want  ginjwt.Reason
	}{
		"none":             {nil, ""},
		"expired":          {[]ginjwttest.Flaw{ginjwttest.Expired}, ginjwt.ReasonExpired},
		"not yet valid":    {[]ginjwttest.Flaw{ginjwttest.NotYetValid}, ginjwt.ReasonNotYet},
		"wrong issuer":     {[]ginjwttest.Flaw{ginjwttest.WrongIssuer}, ginjwt.ReasonIssuer},
		"wrong audience":   {[]ginjwttest.Flaw{ginjwttest.WrongAudience}, ginjwt.ReasonAudience},
		"wrong type":       {[]ginjwttest.Flaw{ginjwttest.WrongType}, ginjwt.ReasonType},
		"wrong key":        {[]ginjwttest.Flaw{ginjwttest.WrongKey}, ginjwt.ReasonSignature},
		"without expiry":   {[]ginjwttest.Flaw{ginjwttest.WithoutExpiry}, ginjwt.ReasonNoExpiry},
		"several, in one":  {[]ginjwttest.Flaw{ginjwttest.Expired, ginjwttest.WrongAudience, ginjwttest.NotYetValid}, ginjwt.ReasonAudience},
		"the later stands": {[]ginjwttest.Flaw{ginjwttest.Expired, ginjwttest.WithoutExpiry}, ginjwt.ReasonNoExpiry},
		"the key first":    {[]ginjwttest.Flaw{ginjwttest.Expired, ginjwttest.WrongKey}, ginjwt.ReasonSignature},
	}
	for kind, issuer := range signers(t) {
		// With the longest Leeway that there is, each flaw is still one.
		verifier, err := issuer.Verifier(ginjwt.Policy{Now: clock.Now, Leeway: 5 * time.Minute})
		require.NoError(t, err)
		for name, tc := range flaws {
			t.Run(kind+", "+name, func(t *testing.T) {
				t.Parallel()
				token := ginjwttest.Token(t, issuer, &numbered{ginjwt.Claims{Subject: "johndoe", Scope: "me"}, "John", large}, tc.flaws...)
				claims, err := ginjwt.Verify[numbered](t.Context(), verifier, token)
				if tc.want != "" {
					require.ErrorIs(t, err, tc.want)
					return
				}
				require.NoError(t, err)
				assert.Equal(t, []any{"johndoe", ginjwt.Scope("me"), "John", int64(large)},
					[]any{claims.Subject, claims.Scope, claims.Name, claims.Number})
			})
		}
	}
}

// TestAFlawLeavesAllElse: numbers that no float64 holds as well.
func TestAFlawLeavesAllElse(t *testing.T) {
	t.Parallel()
	issuer := signers(t)["a key with an ID"]
	flawed := ginjwttest.Token(t, issuer, &numbered{ginjwt.Claims{Subject: "johndoe", JWTID: "1"}, "John", large}, ginjwttest.WrongAudience)
	parts := strings.Split(flawed, ".")
	header, err := base64.RawURLEncoding.DecodeString(parts[0])
	require.NoError(t, err)
	assert.JSONEq(t, `{"alg":"ES256","kid":"a","typ":"at+jwt"}`, string(header))
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	assert.Contains(t, string(payload), `"number":9007199254740993`)
	assert.Contains(t, string(payload), `"aud":"https://other-service.example"`)
	assert.Contains(t, string(payload), `"jti":"1"`)
}

// mute is a Signer that does not say how it signs.
type mute struct{ ginjwttest.Signer }

// embeds signs as what it embeds, and says how.
type embeds struct{ *ginjwt.Issuer }

func TestTokenFailsWithAReason(t *testing.T) {
	t.Parallel()
	issuer := signers(t)["a secret"]
	claims := &ginjwt.Claims{Subject: "johndoe"}
	for name, tc := range map[string]struct {
		make func(testing.TB) string
		text string
	}{
		"a flaw of a signer without Config": {
			func(t testing.TB) string { return ginjwttest.Token(t, mute{issuer}, claims, ginjwttest.Expired) },
			"a ginjwttest_test.mute does not say how it signs, so its token cannot be made bad",
		},
		"claims that the issuer does not sign": {
			func(t testing.TB) string { return ginjwttest.Token(t, issuer, &ginjwt.Claims{Issuer: "x"}) }, `iss is "x"`,
		},
		"nil claims": {
			func(t testing.TB) string { return ginjwttest.Token(t, issuer, (*ginjwt.Claims)(nil)) }, "claims must be a pointer",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := watch(t, func(tb testing.TB) { tc.make(tb) })
			assert.True(t, w.fatal)
			assert.Contains(t, w.all(), "ginjwttest: Token: ")
			assert.Contains(t, w.all(), tc.text)
		})
	}
	assert.NotEmpty(t, ginjwttest.Token(t, mute{issuer}, claims), "a good token needs no Config")
	own := embeds{issuer.(*ginjwt.Issuer)}
	assert.NotEmpty(t, ginjwttest.Token(t, own, claims, ginjwttest.Expired), "an Issuer that is embedded")
}

func TestAuthorizedCopies(t *testing.T) {
	t.Parallel()
	req := httptest.NewRequest("GET", "/", nil)
	req.Header.Set("Authorization", "Basic YTpi")
	other := ginjwttest.Authorized(req, "abc")
	assert.Equal(t, []string{"Bearer abc"}, other.Header.Values("Authorization"))
	assert.Equal(t, "Basic YTpi", req.Header.Get("Authorization"))
}

func TestClock(t *testing.T) {
	t.Parallel()
	c := ginjwttest.NewClock()
	start := c.Now()
	assert.Zero(t, start.Nanosecond())
	assert.Equal(t, start, c.Now(), "it stands still")
	c.Advance(time.Hour)
	assert.Equal(t, start.Add(time.Hour), c.Now())
	c.Advance(-2 * time.Hour)
	assert.Equal(t, start.Add(-time.Hour), c.Now())
	c.Set(start)
	assert.Equal(t, start, c.Now())
}
