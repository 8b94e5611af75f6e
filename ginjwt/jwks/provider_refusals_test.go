package jwks_test

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

// reasons are why the samples of a provider are refused when they are judged by
// policy alone. What is not named is accepted, for a Check or a scope to judge.
var reasons = map[string]struct {
	start   func() *provider
	policy  ginjwt.Policy
	refused map[string]ginjwt.Reason
}{
	"Auth0": {auth0, ginjwt.Policy{Audience: []string{"https://api.example.com"}}, map[string]ginjwt.Reason{
		"ID token":                                   ginjwt.ReasonType,
		"ID token without nonce":                     ginjwt.ReasonAudience,
		"access token for another API":               ginjwt.ReasonAudience,
		"another tenant's access token":              ginjwt.ReasonKey,
		"another tenant's, with our name and key ID": ginjwt.ReasonSignature,
	}},
	"Auth0, only RFC 9068, client ID in Audience": {auth0, ginjwt.Policy{Audience: []string{"https://api.example.com", "my_client_id"}, Types: []string{"at+jwt"}}, map[string]ginjwt.Reason{
		"access token":                               ginjwt.ReasonType,
		"machine's access token":                     ginjwt.ReasonType,
		"access token, scope without permission":     ginjwt.ReasonType,
		"ID token":                                   ginjwt.ReasonType,
		"ID token without nonce":                     ginjwt.ReasonType,
		"access token for another API":               ginjwt.ReasonType,
		"another tenant's access token":              ginjwt.ReasonType,
		"another tenant's, with our name and key ID": ginjwt.ReasonType,
	}},
	"Keycloak": {keycloak, ginjwt.Policy{Audience: []string{"items-api"}}, map[string]ginjwt.Reason{
		"ID token":                     ginjwt.ReasonType,
		"ID token with the API in aud": ginjwt.ReasonType,
		"refresh token":                ginjwt.ReasonKey,
		"refresh token, realm's key and the API in aud": ginjwt.ReasonType,
		"logout token":                            ginjwt.ReasonType,
		"access token bound to a key":             ginjwt.ReasonBound,
		"access token without an audience mapper": ginjwt.ReasonAudience,
		"another realm's access token":            ginjwt.ReasonKey,
		"another realm's, with our name":          ginjwt.ReasonKey,
	}},
	// The ID token with the same aud is not refused: that is what the Check is for.
	"Entra ID": {func() *provider { return entra("2.0") }, ginjwt.Policy{Audience: []string{entraAPI}}, map[string]ginjwt.Reason{
		"ID token with the same aud and a nonce": ginjwt.ReasonType,
		"access token of the other version":      ginjwt.ReasonIssuer,
		"another tenant's access token":          ginjwt.ReasonIssuer,
		"access token for Microsoft Graph":       ginjwt.ReasonAudience,
	}},
	"Cognito": {cognito, ginjwt.Policy{AnyAudience: true}, map[string]ginjwt.Reason{
		"ID token":                              ginjwt.ReasonType,
		"ID token without at_hash":              ginjwt.ReasonType,
		"ID token with a client_id and a scope": ginjwt.ReasonType,
		"another pool's access token":           ginjwt.ReasonKey,
		"another pool's, with our name":         ginjwt.ReasonKey,
	}},
	"Google": {google, ginjwt.Policy{Audience: []string{"https://items.example.com"}}, map[string]ginjwt.Reason{
		"identity token for another service":     ginjwt.ReasonAudience,
		"ID token of a login":                    ginjwt.ReasonType,
		"ID token of Sign in with Google":        ginjwt.ReasonAudience,
		"ID token of gcloud's user":              ginjwt.ReasonType,
		"issuer without https://":                ginjwt.ReasonIssuer,
		"another provider's, with Google's name": ginjwt.ReasonSignature,
		"user's access token":                    ginjwt.ReasonMalformed,
	}},
	"Okta": {okta, ginjwt.Policy{Audience: []string{"api://default"}}, map[string]ginjwt.Reason{
		"ID token":                          ginjwt.ReasonType,
		"ID token without at_hash":          ginjwt.ReasonAudience,
		"the organization's access token":   ginjwt.ReasonKey,
		"the organization's, with our name": ginjwt.ReasonKey,
	}},
}

// discovered returns the verifier of p's issuer.
func discovered(t testing.TB, p *provider, policy ginjwt.Policy, opts ...jwks.Option) *ginjwt.Verifier {
	t.Helper()
	opts = append([]jwks.Option{jwks.InsecureLoopbackHTTP(), jwks.LogEvents(slog.New(slog.DiscardHandler))}, opts...)
	v, err := jwks.Discover(p.issuer, policy, opts...)
	require.NoError(t, err)
	return v
}

// requireReasons verifies each of p's samples and compares why it is refused.
func requireReasons[C any, P ginjwt.ClaimsOf[C]](t *testing.T, v *ginjwt.Verifier, p *provider, refused map[string]ginjwt.Reason) {
	t.Helper()
	named := 0
	for _, s := range p.samples {
		_, err := ginjwt.Verify[C, P](context.Background(), v, s.raw)
		want, bad := refused[s.name]
		if !bad {
			assert.NoError(t, err, s.name)
			continue
		}
		named++
		assert.ErrorIs(t, err, want, s.name)
	}
	assert.Len(t, refused, named, "a sample that there is not")
}

func TestProviderSamplesAreRefusedForWhatTheyAre(t *testing.T) {
	t.Parallel()
	for name, tc := range reasons {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := tc.start()
			defer p.Close()
			requireReasons[ginjwt.Claims](t, discovered(t, p, tc.policy), p, tc.refused)
		})
	}
}

func TestProviderEntraVersion1(t *testing.T) {
	t.Parallel()
	p := entra("1.0")
	defer p.Close()
	keys, err := jwks.Remote(p.keysURL, jwks.InsecureLoopbackHTTP())
	require.NoError(t, err)
	v, err := ginjwt.NewVerifier(keys, ginjwt.Policy{Issuer: p.issuer, Audience: []string{"api://" + entraAPI}})
	require.NoError(t, err)
	requireReasons[ginjwt.Claims](t, v, p, map[string]ginjwt.Reason{
		"ID token with the same aud and a nonce": ginjwt.ReasonType,
		"access token of the other version":      ginjwt.ReasonIssuer,
		"another tenant's access token":          ginjwt.ReasonIssuer,
		"access token for Microsoft Graph":       ginjwt.ReasonAudience,
	})
}

func TestProviderZitadel(t *testing.T) {
	t.Parallel()
	p := zitadel()
	defer p.Close()
	policy := ginjwt.Policy{Issuer: p.issuer, Audience: []string{"69234247558357051"}}
	v, err := jwks.Introspect(p.issuer+"/oauth/v2/introspect", "api@items", "api-secret", policy, jwks.InsecureLoopbackHTTP())
	require.NoError(t, err)
	requireReasons[ginjwt.Claims](t, v, p, map[string]ginjwt.Reason{
		"access token for another project": ginjwt.ReasonAudience,
		"another instance's access token":  ginjwt.ReasonIssuer,
		"token that is revoked":            ginjwt.ReasonInactive,
	})
}

// A field that takes token_use away from ginjwt.Claims takes no check away.
func TestProviderClaimsOfOnesOwn(t *testing.T) {
	t.Parallel()
	type Claims struct {
		ginjwt.Claims
		TokenUse string   `json:"token_use"`
		Client   string   `json:"client_id"`
		Groups   []string `json:"cognito:groups"`
	}
	p := cognito()
	defer p.Close()
	v := discovered(t, p, ginjwt.Policy{AnyAudience: true})
	requireReasons[Claims](t, v, p, reasons["Cognito"].refused)
	c, err := ginjwt.Verify[Claims](t.Context(), v, p.samples[0].raw)
	require.NoError(t, err)
	assert.Equal(t, Claims{c.Claims, "access", "my_web_app", []string{"readers"}}, c)
	assert.Equal(t, "my_web_app", c.ClientID)
}

// Auth0's own claims have URLs for names.
func TestProviderClaimNamedByURL(t *testing.T) {
	t.Parallel()
	type Claims struct {
		ginjwt.Claims
		Roles []string `json:"https://api.example.com/roles"`
	}
	p := auth0()
	defer p.Close()
	token := rsaSigner(0, "NjVBRjY5MDlCMUI", "JWT").sign(claimSet{
		"iss": p.issuer, "aud": "https://api.example.com", "sub": "auth0|123456", "https://api.example.com/roles": []string{"admin"},
	})
	c, err := ginjwt.Verify[Claims](t.Context(), discovered(t, p, ginjwt.Policy{Audience: []string{"https://api.example.com"}}), token)
	require.NoError(t, err)
	assert.Equal(t, []string{"admin"}, c.Roles)
}

// The metadata of common, organizations and consumers name no tenant. No token
// is accepted by them, not even one whose iss is spelt in the same way.
func TestProviderEntraCommonIsNoIssuer(t *testing.T) {
	t.Parallel()
	p := entra("2.0")
	defer p.Close()
	base := p.issuer[:len(p.issuer)-len("/"+entraTenant+"/v2.0")]
	p.issuer = base + "/common/v2.0"
	var said atomic.Value
	v := discovered(t, p, ginjwt.Policy{Audience: []string{entraAPI}}, jwks.Observe(func(_ context.Context, ev jwks.Event) { said.Store(ev.Err) }))
	p.samples = append(p.samples, sample{"its name", rsaSigner(0, "Rf9cH1bXaSmd8Jq3oY5xw", "JWT").sign(claimSet{"iss": p.issuer, "aud": entraAPI, "scp": "Items.Read"})})
	for _, s := range p.samples {
		_, err := ginjwt.Verify[ginjwt.Claims](t.Context(), v, s.raw)
		var e *ginjwt.Error
		require.ErrorAs(t, err, &e, s.name)
		assert.Equal(t, http.StatusServiceUnavailable, e.Status, s.name)
	}
	require.NotNil(t, said.Load())
	assert.ErrorContains(t, said.Load().(error), "login.microsoftonline.com/{tenantid}/v2.0", "it says why")
}

// Several tenants are several verifiers, though they share their keys.
func TestProviderEntraTenantsStayApart(t *testing.T) {
	t.Parallel()
	ours, theirs := entra("2.0"), entra("2.0") // the same name at another host
	defer ours.Close()
	defer theirs.Close()
	policy := ginjwt.Policy{Audience: []string{entraAPI}}
	v, err := ginjwt.ByIssuer(discovered(t, ours, policy), discovered(t, theirs, policy))
	require.NoError(t, err)
	for _, p := range []*provider{ours, theirs} {
		requireReasons[ginjwt.Claims](t, v, p, reasons["Entra ID"].refused)
	}
}

// No key set has a key for HS512, as which Keycloak signs its refresh tokens:
// one that is sent by mistake needs no fetch, and is no outage while there is one.
func TestProviderSymmetricTokenAsksNobody(t *testing.T) {
	t.Parallel()
	p := keycloak()
	var fetches, later atomic.Int32
	v := discovered(t, p, ginjwt.Policy{Audience: []string{"items-api"}},
		jwks.Observe(func(context.Context, jwks.Event) { fetches.Add(1) }),
		jwks.Clock(func() time.Time { return time.Now().Add(time.Duration(later.Load()) * time.Second) }))
	tokens := map[string]string{}
	for _, s := range p.samples {
		tokens[s.name] = s.raw
	}
	_, err := ginjwt.Verify[ginjwt.Claims](t.Context(), v, tokens["access token"])
	require.NoError(t, err)
	require.EqualValues(t, 1, fetches.Load())

	later.Store(60) // the cool-down is over
	p.Close()       // an outage, while the keys serve
	_, err = ginjwt.Verify[ginjwt.Claims](t.Context(), v, tokens["refresh token"])
	assert.ErrorIs(t, err, ginjwt.ReasonKey)
	assert.EqualValues(t, 1, fetches.Load())
}
