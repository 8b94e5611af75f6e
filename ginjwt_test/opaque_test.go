package ginjwt_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// opaqueTable is a user's own Introspector: a table of API tokens.
type opaqueTable struct {
	mu     sync.Mutex
	tokens map[string]string // the claims, as JSON
	err    error
	asked  []string
	ctx    context.Context
}

func (o *opaqueTable) Introspect(ctx context.Context, token string) ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked, o.ctx = append(o.asked, token), ctx
	claims, known := o.tokens[token]
	if o.err != nil || !known {
		return []byte(claims), errors.Join(o.err, map[bool]error{false: ginjwt.ErrInactive}[known])
	}
	return []byte(claims), nil
}

// opaqueClaims has a field that hides one of ours.
type opaqueClaims struct {
	ginjwt.Claims
	Plan string `json:"plan"`
	Type string `json:"typ"`
}

const opaqueGood = `{"sub":"alice","scope":"me","plan":"free","exp":4102444800}`

var opaquePolicy = ginjwt.Policy{AnyIssuer: true, AnyAudience: true}

func newOpaque(t testing.TB, policy ginjwt.Policy) (*opaqueTable, *ginjwt.Verifier) {
	t.Helper()
	table := &opaqueTable{tokens: map[string]string{"key-1": opaqueGood}}
	v, err := ginjwt.NewOpaqueVerifier(table, policy)
	require.NoError(t, err)
	return table, v
}

func TestOpaqueTokensGiveTypedClaims(t *testing.T) {
	t.Parallel()
	table, v := newOpaque(t, opaquePolicy)
	token := ginjwt.HTTPBearer()
	claims := ginjwt.JWT[opaqueClaims](token, v)
	r := newEngine()
	r.GET("/me", ginjwt.Handle(ginjwt.Security(claims, "me"), func(c *gin.Context, me opaqueClaims) { c.String(200, me.Subject+" "+me.Plan) }))
	r.GET("/admin", ginjwt.Require(ginjwt.Security(claims, "admin")), func(*gin.Context) { t.Error("ran") })
	r.GET("/maybe", ginjwt.Handle(ginjwt.Optional(claims), func(c *gin.Context, me *opaqueClaims) { c.JSON(200, me == nil) }))
	r.GET("/twice", ginjwt.Require(claims), ginjwt.Handle(claims, func(c *gin.Context, _ opaqueClaims) { c.Status(204) }))

	assert.Equal(t, "alice free", get(r, "/me", "key-1").Body.String())
	assert.Equal(t, 403, get(r, "/admin", "key-1").Code)
	assert.Equal(t, "true", get(r, "/maybe", "").Body.String())
	assert.Equal(t, 401, get(r, "/maybe", "key-2").Code)
	table.asked = nil
	assert.Equal(t, 204, get(r, "/twice", "key-1").Code)
	assert.Equal(t, []string{"key-1"}, table.asked, "once a request")

	refused := get(r, "/me", "key-2")
	assert.Equal(t, 401, refused.Code)
	assert.JSONEq(t, `{"detail":"Could not validate credentials"}`, refused.Body.String())
	assert.Equal(t, `Bearer realm="api", error="invalid_token", error_description="The access token is invalid"`, refused.Header().Get("WWW-Authenticate"))
	other, err := ginjwt.Verify[ginjwt.Claims](t.Context(), v, "key-1")
	require.NoError(t, err, "another claims type, by the same Verifier")
	assert.Equal(t, "alice", other.Subject)
}

func TestOpaqueTokenIsJudged(t *testing.T) {
	t.Parallel()
	now := time.Unix(1772366400, 0)
	revoker := &introRevoker{subject: "mallory"}
	table, v := newOpaque(t, ginjwt.Policy{
		Issuer: "me", Audience: []string{"api"}, MaxLifetime: time.Hour, MaxTokenBytes: 100, Leeway: time.Second, Revoker: revoker, Now: func() time.Time { return now },
	})
	with := func(more string) string {
		said := map[string]any{"iss": "me", "aud": "api", "sub": "alice", "iat": now.Unix(), "exp": now.Unix() + 3600}
		require.NoError(t, json.Unmarshal([]byte("{"+more+"}"), &said))
		for name, value := range said {
			if value == nil {
				delete(said, name)
			}
		}
		return string(ginjwt.Must(json.Marshal(said)))
	}
	for rule, tc := range map[string]struct {
		claims string
		reason ginjwt.Reason
	}{
		"good": {with(""), ""}, "good within the leeway": {with(fmt.Sprintf(`"iat":%d,"exp":%d`, now.Unix()-9, now.Unix())), ""},
		"another issuer": {with(`"iss":"you"`), ginjwt.ReasonIssuer}, "another audience": {with(`"aud":"you"`), ginjwt.ReasonAudience},
		"no exp": {with(`"exp":null`), ginjwt.ReasonNoExpiry}, "expired": {with(fmt.Sprintf(`"iat":1,"exp":%d`, 3000)), ginjwt.ReasonExpired},
		"too long": {with(fmt.Sprintf(`"exp":%d`, now.Unix()+3601)), ginjwt.ReasonLifetime}, "no iat": {with(`"iat":null`), ginjwt.ReasonLifetime},
		"not yet": {with(fmt.Sprintf(`"nbf":%d`, now.Unix()+9)), ginjwt.ReasonNotYet}, "bound": {with(`"cnf":{}`), ginjwt.ReasonBound},
		"a refresh token": {with(`"typ":"Refresh"`), ginjwt.ReasonType}, "revoked": {with(`"sub":"mallory"`), ginjwt.ReasonRevoked},
	} {
		table.tokens["t"] = tc.claims
		claims, err := ginjwt.Verify[opaqueClaims](t.Context(), v, "t")
		if tc.reason == "" {
			require.NoError(t, err, rule)
			assert.Equal(t, "alice", claims.Subject, rule)
			continue
		}
		assert.ErrorIs(t, err, tc.reason, rule)
		assert.Zero(t, claims, rule)
	}
	table.asked = nil
	for token, reason := range map[string]ginjwt.Reason{
		"": ginjwt.ReasonMalformed, "=": ginjwt.ReasonMalformed, "a b": ginjwt.ReasonMalformed, "a=b": ginjwt.ReasonMalformed, "ä": ginjwt.ReasonMalformed, "a\x00": ginjwt.ReasonMalformed,
		strings.Repeat("a", 101): ginjwt.ReasonTooLarge,
	} {
		_, err := ginjwt.Verify[ginjwt.Claims](t.Context(), v, token)
		assert.ErrorIs(t, err, reason, "%q", token)
	}
	assert.Empty(t, table.asked, "the Introspector sees nothing but tokens")
}

// Whatever an Introspector of the user's returns, no token passes; and what is
// not the client's fault is no 401.
func TestVerifyTrustsNoIntrospector(t *testing.T) {
	t.Parallel()
	down := errors.New("the table is down")
	for rule, tc := range map[string]struct {
		claims string
		err    error
		status int
		cause  error
	}{
		"ErrInactive":                  {"", ginjwt.ErrInactive, 401, ginjwt.ReasonInactive},
		"ErrInactive with good claims": {opaqueGood, ginjwt.ErrInactive, 401, ginjwt.ReasonInactive},
		"ErrInactive, wrapped":         {"", fmt.Errorf("%w: no such row", ginjwt.ErrInactive), 401, ginjwt.ReasonInactive},
		"an outage":                    {"", down, 503, down},
		"an outage with good claims":   {opaqueGood, down, 503, down},
		"an answer of its own":         {"", ginjwt.HTTPError(429, "Slow down"), 429, nil},
		"no claims and no error":       {"", nil, 503, nil},
		"claims that are no JSON":      {"alice", nil, 503, nil},
		"claims that are no object":    {`["alice"]`, nil, 503, nil},
		"null":                         {"null", nil, 503, nil},
		"a claim of the wrong type":    {`{"sub":1,"exp":4102444800}`, nil, 503, nil},
		"a claim twice":                {`{"sub":"a","sub":"b","exp":4102444800}`, nil, 503, nil},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			v, err := ginjwt.NewOpaqueVerifier(opaqueFunc(func() ([]byte, error) { return []byte(tc.claims), tc.err }), opaquePolicy)
			require.NoError(t, err)
			claims, err := ginjwt.Verify[ginjwt.Claims](t.Context(), v, "key-1")
			var e *ginjwt.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, tc.status, e.Status)
			assert.Zero(t, claims)
			if tc.cause != nil {
				assert.ErrorIs(t, err, tc.cause)
			}
			if tc.status == 503 {
				assert.Equal(t, "1", e.Header.Get("Retry-After"))
			}
		})
	}
}

// opaqueFunc is an Introspector of one function.
type opaqueFunc func() ([]byte, error)

func (f opaqueFunc) Introspect(context.Context, string) ([]byte, error) { return f() }

func TestOpaqueIntrospectorSeesTheRequest(t *testing.T) {
	t.Parallel()
	table, v := newOpaque(t, opaquePolicy)
	type key struct{}
	ctx, leave := context.WithCancel(context.WithValue(t.Context(), key{}, "here"))
	_, err := ginjwt.Verify[ginjwt.Claims](ctx, v, "key-1")
	require.NoError(t, err)
	assert.Equal(t, "here", table.ctx.Value(key{}))
	leave()
	table.err = context.Canceled
	_, err = ginjwt.Verify[ginjwt.Claims](ctx, v, "key-1")
	var e *ginjwt.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, 499, e.Status)
}

func TestOpaqueIntrospectorThatPanics(t *testing.T) {
	t.Parallel()
	v, err := ginjwt.NewOpaqueVerifier(opaqueFunc(func() ([]byte, error) { panic("a bug") }), opaquePolicy)
	require.NoError(t, err)
	r := newEngine()
	r.Use(gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, _ any) { c.AbortWithStatus(http.StatusInternalServerError) }))
	r.GET("/", ginjwt.Require(ginjwt.JWT[ginjwt.Claims](ginjwt.HTTPBearer(), v)), func(*gin.Context) { t.Error("ran") })
	assert.Equal(t, 500, get(r, "/", "key-1").Code)
}

func TestNewOpaqueVerifierReportsAllFaults(t *testing.T) {
	t.Parallel()
	v, err := ginjwt.NewOpaqueVerifier(nil, ginjwt.Policy{CacheSize: 10, Types: []string{"JWT"}, Leeway: -1})
	assert.Nil(t, v)
	for _, text := range []string{"nil Introspector", "CacheSize", "Types", "Leeway", "Issuer is empty", "Audience is empty"} {
		assert.ErrorContains(t, err, text)
	}
	_, opaque := newOpaque(t, opaquePolicy)
	_, static := newIssuer(t)
	_, err = ginjwt.ByIssuer(static, opaque)
	assert.ErrorContains(t, err, "verifier 2 is for opaque tokens, which name no issuer; give it a route or a scheme of its own")
}

// Requests at a time get claims that are their own.
func TestOpaqueClaimsAreOnesOwn(t *testing.T) {
	t.Parallel()
	answer := []byte(`{"roles":["reader"],"tenant":"acme","exp":4102444800}`)
	v, err := ginjwt.NewOpaqueVerifier(opaqueFunc(func() ([]byte, error) { return answer, nil }), opaquePolicy)
	require.NoError(t, err)
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			claims, err := ginjwt.Verify[introClaims](t.Context(), v, "key-1")
			assert.NoError(t, err)
			assert.Equal(t, []string{"reader"}, claims.Roles)
			claims.Roles[0] = "admin"
		})
	}
	group.Wait()
}
