package provider_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

// introspect returns the Verifier of the provider's opaque tokens.
func (p *provider) introspect(policy ginjwt.Policy, opts ...jwks.Option) *ginjwt.Verifier {
	policy.Issuer = p.issuer
	return ginjwt.Must(jwks.Introspect(p.issuer+"/token/introspection", api, apiSecret, policy, append(opts, jwks.InsecureLoopbackHTTP())...))
}

func TestOpaqueTokens(t *testing.T) {
	t.Parallel()
	p := startShared(t)
	app := run(t, p.issuer, p.introspect(ginjwt.Policy{Audience: []string{api}}))

	t.Run("an answer becomes typed claims", func(t *testing.T) {
		got := app.accepts(t, p.token(t, opaque, "items:read items:write"))
		assert.Equal(t, service, got.Client)
		assert.Equal(t, "acme", got.Tenant)
		assert.Equal(t, []string{"items:read", "items:write"}, got.Scopes)
		assert.WithinDuration(t, time.Now().Add(2*time.Hour), time.Unix(got.Expires, 0), time.Minute)
	})
	t.Run("a user's access token is alice's", func(t *testing.T) {
		assert.Equal(t, "alice", app.accepts(t, p.logIn(t, opaque, "").AccessToken).Subject)
	})
}

func TestRefusedOpaqueTokens(t *testing.T) {
	t.Parallel()
	p := startShared(t)
	app := run(t, p.issuer, p.introspect(ginjwt.Policy{Audience: []string{api}}))

	t.Run("a token without the scope may not", func(t *testing.T) {
		for _, scope := range []string{"", "items:write"} {
			got := app.get(t, p.token(t, opaque, scope))
			assert.Equal(t, http.StatusForbidden, got.status)
			assert.Contains(t, got.header.Get("WWW-Authenticate"), `error="insufficient_scope"`)
			assert.Contains(t, got.header.Get("WWW-Authenticate"), `scope="items:read"`)
		}
	})
	t.Run("a token for another API is refused", func(t *testing.T) {
		app.refuses(t, p.token(t, otherOpaque, "items:read"), ginjwt.ReasonAudience)
	})
	t.Run("garbage is refused", func(t *testing.T) {
		for _, garbage := range []string{"garbage", "a.b.c", "..."} {
			app.refuses(t, garbage, ginjwt.ReasonInactive)
		}
	})
	t.Run("a token is refused at once when it is revoked", func(t *testing.T) {
		token := p.token(t, opaque, "items:read")
		app.accepts(t, token)
		p.revoke(t, token)
		app.refuses(t, token, ginjwt.ReasonInactive)
	})
	t.Run("a token that is bound to a key is no bearer token", func(t *testing.T) {
		app.refuses(t, p.bound(t, opaque), ginjwt.ReasonInactive)
	})
	t.Run("a refresh token is no access token", func(t *testing.T) {
		app.refuses(t, p.logIn(t, opaque, "").RefreshToken, ginjwt.ReasonAudience)
	})
}

// The provider answers a question about a JWT with 400. Anybody can write one, and
// what that brings is no outage.
func TestAJWTIsNoOpaqueToken(t *testing.T) {
	t.Parallel()
	p := startShared(t)
	app := run(t, p.issuer, p.introspect(ginjwt.Policy{Audience: []string{api}}))
	t.Run("an access token of the same provider", func(t *testing.T) {
		app.refuses(t, p.token(t, api, "items:read"), ginjwt.ReasonInactive)
	})
	t.Run("what anybody can write", func(t *testing.T) {
		app.refuses(t, encode([]byte(`{"alg":"none"}`))+".e30.", ginjwt.ReasonInactive)
	})
}

// The provider says that a refresh token is active, and whose it is. What is
// missing is an audience, and the token_type that each access token has.
func TestARefreshTokenIsNoAccessTokenForAnyAudience(t *testing.T) {
	t.Parallel()
	p := startShared(t)
	app := run(t, p.issuer, p.introspect(ginjwt.Policy{AnyAudience: true}))
	app.accepts(t, p.token(t, opaque, "items:read"))
	got := app.get(t, p.logIn(t, opaque, "").RefreshToken)
	assert.Equal(t, http.StatusUnauthorized, got.status)
}

func TestCachedAnswers(t *testing.T) {
	t.Parallel()
	p := startShared(t)
	now := &clock{}
	var asked atomic.Int32
	app := run(t, p.issuer, p.introspect(ginjwt.Policy{Audience: []string{api}, Now: now.Now}, jwks.CacheFor(time.Minute, 100),
		jwks.Observe(func(context.Context, jwks.Event) { asked.Add(1) })))
	token, revoked := p.token(t, opaque, "items:read"), p.token(t, opaque, "items:read")

	for range 3 {
		app.accepts(t, token)
		app.accepts(t, revoked)
	}
	assert.EqualValues(t, 2, asked.Load(), "one question for each token")
	p.revoke(t, revoked)
	now.advance(50 * time.Second)
	app.accepts(t, revoked)
	assert.EqualValues(t, 2, asked.Load())
	now.advance(10 * time.Second)
	app.refuses(t, revoked, ginjwt.ReasonInactive)
	app.accepts(t, token)
	assert.EqualValues(t, 4, asked.Load())
}

func TestIntrospectingClient(t *testing.T) {
	t.Parallel()
	p := startShared(t)
	token := p.token(t, opaque, "items:read")
	tests := []struct {
		name, id, secret string
		opts             []jwks.Option
		want             int
	}{
		{"HTTP Basic, whatever is in ID and secret", api, apiSecret, nil, http.StatusOK},
		{"form fields", "api-by-form", apiSecret, []jwks.Option{jwks.ClientSecretPost()}, http.StatusOK},
		{"a wrong secret is not the sender's fault", api, "wrong", nil, http.StatusServiceUnavailable},
		{"an unknown client is not the sender's fault", "nobody", apiSecret, nil, http.StatusServiceUnavailable},
		{"no client is not the sender's fault", "", "", []jwks.Option{jwks.HTTPClient(http.DefaultClient)}, http.StatusServiceUnavailable},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			verifier := ginjwt.Must(jwks.Introspect(p.issuer+"/token/introspection", tc.id, tc.secret,
				ginjwt.Policy{Issuer: p.issuer, Audience: []string{api}}, append(tc.opts, jwks.InsecureLoopbackHTTP())...))
			app := run(t, p.issuer, verifier)
			if tc.want == http.StatusOK {
				app.accepts(t, token)
			} else {
				app.cannotTell(t, token)
			}
		})
	}
}

// A server closes connections that are idle, and may do so just when the next
// question is under way. That can be asked again.
func TestAConnectionThatEndsIsNoOutage(t *testing.T) {
	t.Parallel()
	p := start(t)
	app := run(t, p.issuer, p.introspect(ginjwt.Policy{Audience: []string{api}}))
	token := p.token(t, opaque, "items:read")
	app.accepts(t, token)
	p.hangUp(t)
	app.accepts(t, token)
	assert.Zero(t, p.asked(t, "hangUp"), "the provider did hang up")
	assert.Equal(t, 3, p.asked(t, "/token/introspection"))
}
