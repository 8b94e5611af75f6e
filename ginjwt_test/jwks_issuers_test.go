package ginjwt_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

// issProvider is an identity provider with one key, whose ID is "1" as that of
// each of the others.
type issProvider struct {
	*ginjwt.Issuer
	srv      *httptest.Server
	key      ginjwt.Key
	asked    atomic.Int64
	down     atomic.Bool
	audience string
}

func newIssProvider(t testing.TB, audience string) *issProvider {
	t.Helper()
	p := &issProvider{audience: audience}
	key, err := ginjwt.GenerateKey(ginjwt.ES256)
	require.NoError(t, err)
	p.key = key.WithID("1")
	ring, err := jwks.NewRing(jwks.RingConfig{}, jwks.RingKey{Key: p.key})
	require.NoError(t, err)
	r := newEngine()
	r.Use(func(c *gin.Context) {
		if p.asked.Add(1); p.down.Load() {
			c.AbortWithStatus(http.StatusInternalServerError)
		}
	})
	r.GET("/keys", jwks.Handler(ring))
	r.GET("/.well-known/openid-configuration", func(c *gin.Context) {
		c.JSON(200, gin.H{"issuer": p.srv.URL, "jwks_uri": p.srv.URL + "/keys"})
	})
	p.srv = wireServer(t, r)
	p.Issuer = p.signsAs(t, p.key)
	return p
}

// signsAs returns an issuer that calls itself p and signs with key.
func (p *issProvider) signsAs(t testing.TB, key ginjwt.Key) *ginjwt.Issuer {
	t.Helper()
	i, err := ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: key, Issuer: p.srv.URL, Audience: []string{p.audience}})
	require.NoError(t, err)
	return i
}

func (p *issProvider) options() []jwks.Option {
	return []jwks.Option{jwks.InsecureLoopbackHTTP(), jwks.HTTPClient(p.srv.Client()), jwks.Observe(func(context.Context, jwks.Event) {})}
}

func (p *issProvider) discovered(t testing.TB, policy ginjwt.Policy) *ginjwt.Verifier {
	t.Helper()
	policy.Audience = []string{p.audience}
	v, err := jwks.Discover(p.srv.URL, policy, p.options()...)
	require.NoError(t, err)
	return v
}

func (p *issProvider) remote(t testing.TB, policy ginjwt.Policy) *ginjwt.Verifier {
	t.Helper()
	source, err := jwks.Remote(p.srv.URL+"/keys", p.options()...)
	require.NoError(t, err)
	policy.Issuer, policy.Audience = p.srv.URL, []string{p.audience}
	v, err := ginjwt.NewVerifier(source, policy)
	require.NoError(t, err)
	return v
}

// issWorld is a service that accepts three issuers' tokens: one discovered, one
// with its key set's URL, one with its key.
type issWorld struct {
	a, b     *issProvider
	c        *ginjwt.Issuer
	cKey     ginjwt.Key
	verifier *ginjwt.Verifier
	api      *gin.Engine
}

func newIssWorld(t testing.TB, policy ginjwt.Policy) *issWorld {
	t.Helper()
	w := &issWorld{a: newIssProvider(t, "for-a"), b: newIssProvider(t, "for-b")}
	key, err := ginjwt.GenerateKey(ginjwt.ES256)
	require.NoError(t, err)
	w.cKey = key.WithID("1")
	w.c, err = ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: w.cKey, Issuer: "https://c.example", Audience: []string{"for-c"}})
	require.NoError(t, err)
	own, err := w.c.Verifier(policy)
	require.NoError(t, err)
	b := policy
	b.Types = []string{"at+jwt"}
	w.verifier, err = ginjwt.ByIssuer(w.a.discovered(t, policy), w.b.remote(t, b), own)
	require.NoError(t, err)
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.HTTPBearer(), w.verifier)
	who := ginjwt.Depends(claims, func(_ *gin.Context, c ginjwt.Claims) (string, error) { return c.Issuer + " " + c.Subject, nil })
	w.api = newEngine()
	w.api.GET("/", ginjwt.Handle(who, func(c *gin.Context, who string) { c.String(200, who) }))
	return w
}

func issPrivate(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return private
}

func (w *issWorld) requests() int64 { return w.a.asked.Load() + w.b.asked.Load() }

func TestIssuersEachVouchForTheirOwn(t *testing.T) {
	t.Parallel()
	w := newIssWorld(t, ginjwt.Policy{})
	for _, i := range []*ginjwt.Issuer{w.a.Issuer, w.b.Issuer, w.c} {
		res := get(w.api, "/", sign(t, i, "alice", ""))
		require.Equal(t, 200, res.Code)
		assert.Equal(t, i.Config().Issuer+" alice", res.Body.String())
	}
	before := w.requests()
	confused, err := ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: w.a.key, Issuer: w.a.srv.URL, Audience: []string{"for-b"}})
	require.NoError(t, err)
	for rule, tc := range map[string]struct {
		issuer *ginjwt.Issuer
		reason ginjwt.Reason
	}{
		"A's token, by B's key":          {w.a.signsAs(t, w.b.key), ginjwt.ReasonSignature},
		"A's token, by our own key":      {w.a.signsAs(t, w.cKey), ginjwt.ReasonSignature},
		"B's token, by A's key":          {w.b.signsAs(t, w.a.key), ginjwt.ReasonSignature},
		"A's token, for B's audience":    {confused, ginjwt.ReasonAudience},
		"our own token, by A's key":      {ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: w.a.key, Issuer: "https://c.example", Audience: []string{"for-c"}})), ginjwt.ReasonSignature},
		"a stranger's token, by A's key": {ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: w.a.key, Issuer: w.a.srv.URL + "/", Audience: []string{"for-a"}})), ginjwt.ReasonIssuer},
	} {
		_, err := ginjwt.Verify[ginjwt.Claims](t.Context(), w.verifier, sign(t, tc.issuer, "alice", ""))
		assert.ErrorIs(t, err, tc.reason, rule)
	}
	assert.Equal(t, before, w.requests(), "a bad signature fetches nothing")
}

func TestIssuersHaveTypesOfTheirOwn(t *testing.T) {
	t.Parallel()
	f, g := newForger(t, ginjwt.ES256, issPrivate(t)), newForger(t, ginjwt.ES256, issPrivate(t))
	var verifiers []*ginjwt.Verifier
	for iss, one := range map[string]struct {
		key   ginjwt.Key
		types []string
	}{"https://f.example": {f.key, []string{"JWT"}}, "https://g.example": {g.key, []string{"at+jwt"}}} {
		ring, err := jwks.NewRing(jwks.RingConfig{}, jwks.RingKey{Key: one.key.WithID("1")})
		require.NoError(t, err)
		r := newEngine()
		r.GET("/", jwks.Handler(ring))
		source, err := jwks.Remote(wireServer(t, r).URL, jwks.InsecureLoopbackHTTP())
		require.NoError(t, err)
		v, err := ginjwt.NewVerifier(source, ginjwt.Policy{Issuer: iss, AnyAudience: true, Types: one.types})
		require.NoError(t, err)
		verifiers = append(verifiers, v)
	}
	v, err := ginjwt.ByIssuer(verifiers...)
	require.NoError(t, err)
	for _, tc := range []struct {
		forger   forger
		iss, typ string
		reason   ginjwt.Reason
	}{
		{f, "https://f.example", "JWT", ""}, {f, "https://f.example", "at+jwt", ginjwt.ReasonType},
		{g, "https://g.example", "at+jwt", ""}, {g, "https://g.example", "JWT", ginjwt.ReasonType},
	} {
		payload := fmt.Sprintf(`{"iss":%q,"exp":%d}`, tc.iss, time.Now().Unix()+60)
		_, err = ginjwt.Verify[ginjwt.Claims](t.Context(), v, tc.forger.token(t, fmt.Sprintf(`{"alg":"ES256","typ":%q,"kid":"1"}`, tc.typ), payload))
		if tc.reason == "" {
			assert.NoError(t, err, "%s %s", tc.iss, tc.typ)
		} else {
			assert.ErrorIs(t, err, tc.reason, "%s %s", tc.iss, tc.typ)
		}
	}
}

// The same subject and the same jti at two issuers are two users and two
// tokens, for all that remembers anything.
func TestIssuersKeepTheirSubjectsApart(t *testing.T) {
	t.Parallel()
	store, err := sessions.NewMemory(sessions.MemoryConfig{})
	require.NoError(t, err)
	denied, err := sessions.NewDenylist(store, time.Hour)
	require.NoError(t, err)
	w := newIssWorld(t, ginjwt.Policy{CacheSize: 100, Revoker: denied})
	issuers := []*ginjwt.Issuer{w.a.Issuer, w.b.Issuer, w.c}
	token := func(i *ginjwt.Issuer, jti, sid string) string {
		claims := ginjwt.Claims{Subject: "alice", JWTID: jti}
		claims.SessionID = sid
		return ginjwt.Must(i.Sign(&claims))
	}
	requireOnly := func(jti, sid string, revoke func(*ginjwt.Claims)) {
		t.Helper()
		var tokens []string
		for _, i := range issuers {
			tokens = append(tokens, token(i, jti, sid))
		}
		for range 3 { // the second time from the cache
			for n, i := range issuers {
				require.Equal(t, i.Config().Issuer+" alice", get(w.api, "/", tokens[n]).Body.String())
			}
		}
		claims, err := ginjwt.Verify[ginjwt.Claims](t.Context(), w.verifier, tokens[0])
		require.NoError(t, err)
		revoke(&claims)
		assert.Equal(t, 401, get(w.api, "/", tokens[0]).Code, "revoked at A")
		assert.Equal(t, 200, get(w.api, "/", tokens[1]).Code, "not at B")
		assert.Equal(t, 200, get(w.api, "/", tokens[2]).Code, "not at C")
	}
	requireOnly("j1", "s1", func(c *ginjwt.Claims) { require.NoError(t, denied.Revoke(t.Context(), c)) })
	requireOnly("j2", "s2", func(c *ginjwt.Claims) {
		require.NoError(t, denied.RevokeSession(t.Context(), c.Issuer, c.Subject, c.SessionID))
	})
	requireOnly("j3", "s3", func(c *ginjwt.Claims) { require.NoError(t, denied.RevokeSubject(t.Context(), c.Issuer, c.Subject)) })
}

func TestIssuersUnknownCostNothing(t *testing.T) {
	t.Parallel()
	w := newIssWorld(t, ginjwt.Policy{CacheSize: 100})
	f := newForger(t, ginjwt.ES256, issPrivate(t))
	exp := time.Now().Unix() + 600
	for i := range 1000 {
		header := fmt.Sprintf(`{"alg":"ES256","typ":"at+jwt","kid":"%d"}`, i)
		payload := fmt.Sprintf(`{"iss":"%s/%d","aud":"for-a","exp":%d}`, w.a.srv.URL, i, exp)
		_, err := ginjwt.Verify[ginjwt.Claims](t.Context(), w.verifier, b64(header)+"."+b64(payload)+".AAAA")
		require.ErrorIs(t, err, ginjwt.ReasonIssuer)
	}
	for rule, iss := range map[string]string{
		"none": `"x":1`, "null": `"iss":null`, "a number": `"iss":1`, "an array": fmt.Sprintf(`"iss":[%q]`, w.a.srv.URL), "empty": `"iss":""`,
		"in another case": fmt.Sprintf(`"Iss":%q`, w.a.srv.URL), "a slash more": fmt.Sprintf(`"iss":"%s/"`, w.a.srv.URL),
	} {
		_, err := ginjwt.Verify[ginjwt.Claims](t.Context(), w.verifier, f.token(t, `{"alg":"ES256","kid":"1"}`, "{"+iss+`,"aud":"for-a"}`))
		var e *ginjwt.Error
		require.ErrorAs(t, err, &e, rule)
		assert.Equal(t, 401, e.Status, rule)
	}
	assert.Zero(t, w.requests(), "nobody was asked about them")
}

func TestIssuersDoNotShareAnOutage(t *testing.T) {
	t.Parallel()
	clock := newSessClock()
	clock.nanos.Store(time.Now().UnixNano())
	a, b := newIssProvider(t, "for-a"), newIssProvider(t, "for-b")
	v, err := ginjwt.ByIssuer(a.discovered(t, ginjwt.Policy{Now: clock.Now}), b.discovered(t, ginjwt.Policy{Now: clock.Now}))
	require.NoError(t, err)
	api := introAPI(v)
	b.down.Store(true)
	ofA, ofB := sign(t, a.Issuer, "alice", ""), sign(t, b.Issuer, "alice", "")
	for range 5 {
		requireOutage(t, get(api, "/me", ofB))
		assert.Equal(t, 200, get(api, "/me", ofA).Code)
		assert.Equal(t, 401, get(api, "/me", sign(t, a.signsAs(t, b.key), "alice", "")).Code)
	}
	assert.EqualValues(t, 2, b.asked.Load(), "one fetch in a cool-down: both forms of its metadata")
	b.down.Store(false)
	requireOutage(t, get(api, "/me", ofB))
	clock.advance(10 * time.Second)
	assert.Equal(t, 200, get(api, "/me", ofB).Code)
	assert.EqualValues(t, 2, a.asked.Load(), "B's outage is not asked about at A")
}
