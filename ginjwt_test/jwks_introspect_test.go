package ginjwt_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

const (
	introToken  = "opaque-token-of-alice"
	introSecret = "the-secret-of-the-client"
)

// introWorld is an introspection endpoint that answers as the test says, and an
// API that asks it.
type introWorld struct {
	t        testing.TB
	clock    *sessClock
	endpoint string
	asked    atomic.Int64
	verifier *ginjwt.Verifier
	api      *gin.Engine

	mu     sync.Mutex
	answer http.HandlerFunc
	events []jwks.Event
}

// introClaims are the claims of the tests, with fields of their own.
type introClaims struct {
	ginjwt.Claims
	Tenant string   `json:"tenant"`
	Roles  []string `json:"roles"`
}

func newIntroWorld(t testing.TB, opts ...jwks.Option) *introWorld {
	t.Helper()
	return newIntroWorldOf(t, ginjwt.Policy{Issuer: testIssuer, Audience: []string{testAudience}}, opts...)
}

func newIntroWorldOf(t testing.TB, policy ginjwt.Policy, opts ...jwks.Option) *introWorld {
	t.Helper()
	w := &introWorld{t: t, clock: newSessClock()}
	srv := wireServer(t, http.HandlerFunc(w.serve))
	w.endpoint = srv.URL + "/introspect"
	w.active("")
	policy.Now = w.clock.Now
	opts = append([]jwks.Option{jwks.InsecureLoopbackHTTP(), jwks.HTTPClient(srv.Client()), jwks.Observe(w.observe)}, opts...)
	var err error
	w.verifier, err = jwks.Introspect(w.endpoint, "api", introSecret, policy, opts...)
	require.NoError(t, err)
	w.api = introAPI(w.verifier)
	return w
}

func introAPI(v *ginjwt.Verifier) *gin.Engine {
	r := newEngine()
	token := ginjwt.HTTPBearer()
	claims := ginjwt.JWT[introClaims](token, v)
	r.GET("/me", ginjwt.Handle(claims, func(c *gin.Context, me introClaims) { c.JSON(200, me) }))
	r.GET("/scoped", ginjwt.Handle(ginjwt.Security(claims, "me"), func(c *gin.Context, me introClaims) { c.JSON(200, me) }))
	r.GET("/admin", ginjwt.Handle(ginjwt.Security(claims, "admin"), func(c *gin.Context, me introClaims) { c.JSON(200, me) }))
	r.GET("/maybe", ginjwt.Handle(ginjwt.Optional(claims), func(c *gin.Context, me *introClaims) { c.JSON(200, me != nil) }))
	return r
}

func (w *introWorld) serve(rw http.ResponseWriter, r *http.Request) {
	w.asked.Add(1)
	w.mu.Lock()
	answer := w.answer
	w.mu.Unlock()
	answer(rw, r)
}

func (w *introWorld) observe(_ context.Context, ev jwks.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, ev)
}

// told returns the events, once there are n: they come after the answer.
func (w *introWorld) told(n int) (events []jwks.Event) {
	w.t.Helper()
	require.Eventually(w.t, func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		events = slices.Clone(w.events)
		return len(events) >= n
	}, introPatience, time.Millisecond)
	return events
}

func (w *introWorld) does(answer http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer = answer
}

func (w *introWorld) says(body string) {
	w.does(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(rw, body)
	})
}

// active makes the endpoint say that each token is good, for ten minutes from
// now. more are members that replace those of the answer; null takes one away.
func (w *introWorld) active(more string) { w.says(w.answerOf(more)) }

func (w *introWorld) answerOf(more string) string {
	said := map[string]any{
		"active": true, "iss": testIssuer, "aud": testAudience, "sub": "alice", "scope": "me",
		"exp": w.clock.Now().Unix() + 600, "token_type": "Bearer", "tenant": "acme", "roles": []string{"reader"},
	}
	require.NoError(w.t, json.Unmarshal([]byte("{"+more+"}"), &said))
	for name, value := range said {
		if value == nil {
			delete(said, name)
		}
	}
	body, err := json.Marshal(said)
	require.NoError(w.t, err)
	return string(body)
}

// requireStatus asserts how the API answers a request with the token.
func (w *introWorld) requireStatus(status int, about ...any) *httptest.ResponseRecorder {
	w.t.Helper()
	res := get(w.api, "/me", introToken)
	require.Equal(w.t, status, res.Code, about...)
	return res
}

func TestIntrospectGivesTypedClaims(t *testing.T) {
	t.Parallel()
	w := newIntroWorld(t)
	claims, err := ginjwt.Verify[introClaims](t.Context(), w.verifier, introToken)
	require.NoError(t, err)
	assert.Equal(t, "alice", claims.Subject)
	assert.Equal(t, testIssuer, claims.Issuer)
	assert.Equal(t, []string{testAudience}, claims.Audience.List())
	assert.Equal(t, w.clock.Now().Unix()+600, claims.ExpiresAt.Unix())
	assert.Equal(t, "acme", claims.Tenant)
	assert.Equal(t, []string{"reader"}, claims.Roles)

	assert.Equal(t, 200, get(w.api, "/scoped", introToken).Code)
	assert.Equal(t, 403, get(w.api, "/admin", introToken).Code)
	assert.Equal(t, "true", get(w.api, "/maybe", introToken).Body.String())
	before := w.asked.Load()
	assert.Equal(t, "false", get(w.api, "/maybe", "").Body.String())
	assert.Equal(t, before, w.asked.Load(), "nothing is asked without a token")
	w.says(`{"active":false}`)
	assert.Equal(t, 401, get(w.api, "/maybe", introToken).Code, "a refused token is not nobody")
	w.does(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(500) })
	assert.Equal(t, 503, get(w.api, "/maybe", introToken).Code)
}

func TestIntrospectRefusals(t *testing.T) {
	t.Parallel()
	w := newIntroWorld(t)
	now := w.clock.Now().Unix()
	for rule, tc := range map[string]struct {
		more   string
		reason ginjwt.Reason
	}{
		"inactive, whatever else is said":  {`"active":false`, ginjwt.ReasonInactive},
		"another issuer":                   {`"iss":"https://other.example"`, ginjwt.ReasonIssuer},
		"no issuer":                        {`"iss":null`, ginjwt.ReasonIssuer},
		"another audience":                 {`"aud":["https://other.example"]`, ginjwt.ReasonAudience},
		"no audience":                      {`"aud":null`, ginjwt.ReasonAudience},
		"no exp":                           {`"exp":null`, ginjwt.ReasonNoExpiry},
		"expired, though it is active":     {fmt.Sprintf(`"exp":%d`, now), ginjwt.ReasonExpired},
		"not yet good":                     {fmt.Sprintf(`"nbf":%d`, now+60), ginjwt.ReasonNotYet},
		"from the future":                  {fmt.Sprintf(`"iat":%d`, now+120), ginjwt.ReasonIssuedAt},
		"bound to a key":                   {`"cnf":{"x5t#S256":"AA"}`, ginjwt.ReasonBound},
		"of DPoP":                          {`"token_type":"DPoP"`, ginjwt.ReasonInactive},
		"of DPoP, with its key":            {`"token_type":"DPoP","cnf":{"jkt":"AA"}`, ginjwt.ReasonInactive},
		"Keycloak's refresh token":         {`"typ":"Refresh"`, ginjwt.ReasonType},
		"Keycloak's offline token":         {`"typ":"Offline"`, ginjwt.ReasonType},
		"Keycloak's ID token":              {`"typ":"ID"`, ginjwt.ReasonType},
		"Hydra's refresh token":            {`"token_use":"refresh_token"`, ginjwt.ReasonType},
		"Hydra's refresh token, as Bearer": {`"token_use":"refresh_token","token_type":"Bearer"`, ginjwt.ReasonType},
		"a refresh token by its type":      {`"token_type":"refresh_token"`, ginjwt.ReasonInactive},
		"an ID token":                      {`"at_hash":"AA"`, ginjwt.ReasonType},
	} {
		w.active(tc.more)
		_, err := ginjwt.Verify[introClaims](t.Context(), w.verifier, introToken)
		assert.ErrorIs(t, err, tc.reason, rule)
		var e *ginjwt.Error
		require.ErrorAs(t, err, &e, rule)
		assert.Equal(t, 401, e.Status, rule)
	}
	for rule, more := range map[string]string{
		"Hydra's access token": `"token_use":"access_token","token_type":"Bearer"`, "Keycloak's access token": `"typ":"Bearer","token_type":"Bearer"`,
		"a type in lower case": `"token_type":"bearer"`, "several audiences": `"aud":["x","` + testAudience + `"]`, "no scope": `"scope":null`,
		"no type": `"token_type":null`,
	} {
		w.active(more)
		w.requireStatus(200, rule)
	}
}

func TestIntrospectWaivesIssuerAndAudienceByName(t *testing.T) {
	t.Parallel()
	w := newIntroWorldOf(t, ginjwt.Policy{AnyIssuer: true, AnyAudience: true})
	w.active(`"iss":null,"aud":null`)
	w.requireStatus(200, "RFC 7662 lets a server say neither")
	w.active("")
	w.requireStatus(200)
	w.active(`"token_type":null`)
	w.requireStatus(401, "nothing tells it from a refresh token")
}

// introRevoker revokes by subject.
type introRevoker struct {
	subject string
	err     error
}

func (r *introRevoker) Revoked(_ context.Context, c *ginjwt.Claims) (bool, error) {
	return c.Subject == r.subject, r.err
}

func TestIntrospectAsksTheRevoker(t *testing.T) {
	t.Parallel()
	revoker := &introRevoker{}
	w := newIntroWorldOf(t, ginjwt.Policy{AnyIssuer: true, AnyAudience: true, Revoker: revoker}, jwks.CacheFor(time.Minute, 10))
	w.requireStatus(200)
	revoker.subject = "alice"
	w.requireStatus(401, "an answer that is remembered, too")
	revoker.subject, revoker.err = "", errors.New("the store is down")
	w.requireStatus(503)
	revoker.err = nil
	w.requireStatus(200)
	assert.EqualValues(t, 1, w.asked.Load())
}

func TestIntrospectIsNotAskedAboutWhatIsNoToken(t *testing.T) {
	t.Parallel()
	w := newIntroWorld(t)
	for rule, tc := range map[string]struct {
		token  string
		reason ginjwt.Reason
	}{
		"empty": {"", ginjwt.ReasonMalformed}, "a space": {"a b", ginjwt.ReasonMalformed}, "a line end": {"a\n", ginjwt.ReasonMalformed},
		"beyond ASCII": {"ä", ginjwt.ReasonMalformed}, "a form of its own": {"a&token=b", ginjwt.ReasonMalformed},
		"too long": {strings.Repeat("a", 16<<10+1), ginjwt.ReasonTooLarge},
	} {
		_, err := ginjwt.Verify[introClaims](t.Context(), w.verifier, tc.token)
		assert.ErrorIs(t, err, tc.reason, rule)
	}
	assert.Zero(t, w.asked.Load())
}

// The endpoint of our own sessions, asked by our own client.
func TestIntrospectOfOurOwnSessions(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	policy := ginjwt.Policy{Issuer: testIssuer, Audience: []string{testAudience}, Now: w.clock.Now}
	v, err := jwks.Introspect(w.srv.URL+"/introspect", "api", "secret", policy, jwks.InsecureLoopbackHTTP(), jwks.HTTPClient(w.srv.Client()))
	require.NoError(t, err)
	api := introAPI(v)
	tokens := w.logIn("alice", "scope", "me")
	claims, err := ginjwt.Verify[ginjwt.Claims](t.Context(), v, tokens.Access)
	require.NoError(t, err)
	assert.Equal(t, "alice", claims.Subject)
	assert.Equal(t, sessSID(t, tokens.Access), claims.SessionID)
	assert.Equal(t, 200, get(api, "/scoped", tokens.Access).Code)
	assert.Equal(t, 403, get(api, "/admin", tokens.Access).Code)
	assert.Equal(t, 401, get(api, "/me", tokens.Refresh).Code, "a refresh token is no access token")
	assert.Equal(t, 401, get(api, "/me", "garbage").Code)
	require.NoError(t, w.EndAll(t.Context(), "alice"))
	assert.Equal(t, 401, get(api, "/me", tokens.Access).Code, "logged out")
	other := w.logIn("bob")
	wrong, err := jwks.Introspect(w.srv.URL+"/introspect", "api", "wrong", policy, jwks.InsecureLoopbackHTTP(), jwks.Observe(func(context.Context, jwks.Event) {}))
	require.NoError(t, err)
	assert.Equal(t, 503, get(introAPI(wrong), "/me", other.Access).Code, "our own wrong password is not the client's fault")
	w.clock.advance(15 * time.Minute)
	assert.Equal(t, 401, get(api, "/me", other.Access).Code, "expired")
}
