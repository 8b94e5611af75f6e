package ginjwt_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// secretForger returns a forger of HS256 tokens whose secret begins with seed.
func secretForger(t testing.TB, seed string) forger {
	t.Helper()
	return newForger(t, ginjwt.HS256, []byte(seed+strings.Repeat(" and something more", 3)))
}

func TestKeysFindsTheKey(t *testing.T) {
	t.Parallel()
	a, b := secretForger(t, "a"), secretForger(t, "b")
	e, r := forgerFor(t, ginjwt.ES256), forgerFor(t, ginjwt.RS256)
	e2 := newForger(t, ginjwt.ES256, ecdsaOf(t, ginjwt.ES256))
	kid := func(id string) string { return `,"kid":"` + id + `"` }
	named := ginjwt.Keys(a.key.WithID("a"), b.key.WithID("b"), e.key, r.key)
	unnamed := ginjwt.Keys(a.key, b.key)
	twoPublic := ginjwt.Keys(e.key, e2.key)
	cases := []struct {
		rule   string
		keys   ginjwt.KeySource
		signer forger
		header string
		want   ginjwt.Reason
	}{
		{"the key of that ID", named, a, kid("a"), ""},
		{"the other key of that ID", named, b, kid("b"), ""},
		{"the ID of another key", named, a, kid("b"), ginjwt.ReasonSignature},
		{"an unknown ID never falls back to another key", named, a, kid("c"), ginjwt.ReasonKey},
		{"an unknown ID never falls back to the only key for the algorithm", named, r, kid("c"), ginjwt.ReasonKey},
		{"an ID of another algorithm's key", named, a, kid(e.key.ID()), ginjwt.ReasonKey},
		{"no ID, the only key for the algorithm", named, r, "", ""},
		{"no ID, another only key", named, e, "", ""},
		{"no ID, the first of two secrets", named, a, "", ""},
		{"no ID, the second of two secrets", named, b, "", ""},
		{"no ID, neither of two secrets", named, secretForger(t, "c"), "", ginjwt.ReasonSignature},
		{"secrets without IDs, the first", unnamed, a, "", ""},
		{"secrets without IDs, the second", unnamed, b, "", ""},
		{"secrets without IDs, an ID", unnamed, a, kid("a"), ginjwt.ReasonKey},
		{"no ID, two public keys are not tried in turn", twoPublic, e, "", ginjwt.ReasonKey},
		{"two public keys by ID", twoPublic, e2, kid(e2.key.ID()), ""},
		{"an algorithm without a key", twoPublic, a, "", ginjwt.ReasonKey},
	}
	for _, tc := range cases {
		t.Run(tc.rule, func(t *testing.T) {
			v := forgeVerifier(t, tc.keys, nil)
			token := tc.signer.token(t, tc.signer.headerOf(tc.header), goodPayload(""))
			requireVerdict[ginjwt.Claims](t, v, token, tc.want)
			requireVerdict[ginjwt.Claims](t, v, token, tc.want)
		})
	}
}

// Of three secrets, a token without an ID could be any's.
func TestKeysTriesNoThirdSecret(t *testing.T) {
	t.Parallel()
	a, b, c := secretForger(t, "a"), secretForger(t, "b"), secretForger(t, "c")
	v := forgeVerifier(t, ginjwt.Keys(a.key.WithID("a"), b.key.WithID("b"), c.key.WithID("c")), nil)
	for _, f := range []forger{a, b, c} {
		requireVerdict[ginjwt.Claims](t, v, f.token(t, f.headerOf(""), goodPayload("")), ginjwt.ReasonKey)
	}
	requireVerdict[ginjwt.Claims](t, v, c.token(t, c.headerOf(`,"kid":"c"`), goodPayload("")), "")
}

// The list is copied: who changes it later changes no verifier.
func TestKeysCopiesTheList(t *testing.T) {
	t.Parallel()
	a, b := secretForger(t, "a"), secretForger(t, "b")
	list := []ginjwt.Key{a.key}
	v := forgeVerifier(t, ginjwt.Keys(list...), nil)
	list[0] = b.key
	requireVerdict[ginjwt.Claims](t, v, a.token(t, a.headerOf(""), goodPayload("")), "")
}

func TestNewVerifierReportsAllFaults(t *testing.T) {
	t.Parallel()
	a, b := secretForger(t, "a"), secretForger(t, "b")
	c := secretForger(t, "c")
	good := strictPolicy()
	with := func(change func(*ginjwt.Policy)) ginjwt.Policy { p := strictPolicy(); change(&p); return p }
	cases := []struct {
		rule   string
		keys   ginjwt.KeySource
		policy ginjwt.Policy
		says   []string
	}{
		{"everything at once", nil, ginjwt.Policy{Leeway: -1, MaxLifetime: -1, CacheSize: -1, MaxTokenBytes: -1, Types: []string{}},
			[]string{"no keys", "Issuer is empty", "Audience is empty", "Leeway", "MaxLifetime", "CacheSize", "MaxTokenBytes", "Types"}},
		{"a zero key", ginjwt.Key{}, good, []string{"zero Key"}},
		{"no keys in the set", ginjwt.Keys(), good, []string{"no keys given"}},
		{"zero keys in the set", ginjwt.Keys(a.key, ginjwt.Key{}, ginjwt.Key{}), good, []string{"key 2 is the zero Key", "key 3 is the zero Key"}},
		{"an ID twice", ginjwt.Keys(a.key.WithID("x"), b.key.WithID("x")), good, []string{`the ID "x"`}},
		{"an ID twice for two algorithms", ginjwt.Keys(a.key.WithID("x"), forgerFor(t, ginjwt.ES256).key.WithID("x")), good, []string{`the ID "x"`}},
		{"keys that no token can name", ginjwt.Keys(a.key, b.key, c.key), good, []string{"WithID"}},
		{"an ID that no token can have", a.key.WithID(strings.Repeat("k", 257)), good, []string{"256"}},
		{"an ID that no token can have, in a set", ginjwt.Keys(a.key.WithID(strings.Repeat("k", 257))), good, []string{"256"}},
		{"an issuer set and waived", a.key, with(func(p *ginjwt.Policy) { p.AnyIssuer = true }), []string{"AnyIssuer"}},
		{"an issuer waived twice", a.key, with(func(p *ginjwt.Policy) { p.Issuer, p.AnyIssuer, p.NoIssuer = "", true, true }), []string{"exclude each other"}},
		{"an audience set and waived", a.key, with(func(p *ginjwt.Policy) { p.AnyAudience = true }), []string{"AnyAudience"}},
		{"an empty audience among others", a.key, with(func(p *ginjwt.Policy) { p.Audience = []string{"x", ""} }), []string{"empty entry"}},
		{"a leeway over 5 minutes", a.key, with(func(p *ginjwt.Policy) { p.Leeway = 5*time.Minute + 1 }), []string{"Leeway"}},
		{"a token size over 64 KiB", a.key, with(func(p *ginjwt.Policy) { p.MaxTokenBytes = 64<<10 + 1 }), []string{"MaxTokenBytes"}},
	}
	for _, tc := range cases {
		t.Run(tc.rule, func(t *testing.T) {
			v, err := ginjwt.NewVerifier(tc.keys, tc.policy)
			require.Error(t, err)
			assert.Nil(t, v)
			for _, text := range tc.says {
				assert.ErrorContains(t, err, text)
			}
			for line := range strings.SplitSeq(err.Error(), "\n") {
				assert.True(t, strings.HasPrefix(line, "ginjwt: "), line)
			}
		})
	}
}

// The policy is copied: who changes it later changes no verifier.
func TestNewVerifierCopiesThePolicy(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	p := strictPolicy()
	p.Types = []string{"JWT"}
	v, err := ginjwt.NewVerifier(f.key, p)
	require.NoError(t, err)
	p.Audience[0], p.Types[0] = "other", "x"
	requireVerdict[ginjwt.Claims](t, v, f.token(t, f.headerOf(`,"typ":"JWT"`), goodPayload("")), "")
}

// source is a KeySource of one function.
type source func(alg ginjwt.Algorithm, kid string) (ginjwt.Key, error)

func (s source) FindKey(_ context.Context, alg ginjwt.Algorithm, kid string) (ginjwt.Key, error) {
	return s(alg, kid)
}

// Whatever a source of the user's returns, no token passes and nothing panics.
func TestVerifyTrustsNoKeySource(t *testing.T) {
	t.Parallel()
	f, other := hmacForger(t), forgerFor(t, ginjwt.ES256)
	down := errors.New("the store of keys is down")
	teapot := &ginjwt.Error{Status: 429, Code: "slow", Detail: "Slow down"}
	key := func(k ginjwt.Key, err error) source {
		return func(ginjwt.Algorithm, string) (ginjwt.Key, error) { return k, err }
	}
	cases := []struct {
		rule   string
		source source
		status int
		cause  error
	}{
		{"the zero Key", key(ginjwt.Key{}, nil), 503, nil},
		{"the zero Key with an ID", key(ginjwt.Key{}.WithID("x"), nil), 503, nil},
		{"a key of another algorithm", key(other.key, nil), 401, ginjwt.ReasonAlgorithm},
		{"a key of another hash", key(forgerFor(t, ginjwt.HS512).key, nil), 401, ginjwt.ReasonAlgorithm},
		{"ErrUnknownKey", key(ginjwt.Key{}, ginjwt.ErrUnknownKey), 401, ginjwt.ReasonKey},
		{"ErrUnknownKey, wrapped", key(ginjwt.Key{}, errors.Join(down, ginjwt.ErrUnknownKey)), 401, ginjwt.ReasonKey},
		{"ErrUnknownKey with a good key", key(f.key, ginjwt.ErrUnknownKey), 401, ginjwt.ReasonKey},
		{"an outage", key(ginjwt.Key{}, down), 503, down},
		{"an outage with a good key", key(f.key, down), 503, down},
		{"an answer of its own", key(ginjwt.Key{}, teapot), 429, nil},
	}
	for _, tc := range cases {
		t.Run(tc.rule, func(t *testing.T) {
			v := forgeVerifier(t, tc.source, nil)
			token := f.token(t, f.headerOf(""), goodPayload(""))
			claims, err := ginjwt.Verify[ginjwt.Claims](t.Context(), v, token)
			var refusal *ginjwt.Error
			require.ErrorAs(t, err, &refusal)
			assert.Equal(t, tc.status, refusal.Status)
			assert.Zero(t, claims)
			if tc.cause != nil {
				assert.ErrorIs(t, err, tc.cause)
			}
			if tc.status == 503 {
				assert.Equal(t, "1", refusal.Header.Get("Retry-After"))
			}
		})
	}
}

// A source sees what the token says, and no more than one call for each.
func TestVerifyAsksTheKeySource(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	var asked []string
	v := forgeVerifier(t, source(func(alg ginjwt.Algorithm, kid string) (ginjwt.Key, error) {
		asked = append(asked, string(alg)+" "+kid)
		return f.key, nil
	}), nil)
	requireVerdict[ginjwt.Claims](t, v, f.token(t, f.headerOf(`,"kid":"../x"`), goodPayload("")), "")
	requireVerdict[ginjwt.Claims](t, v, f.token(t, f.headerOf(""), goodPayload("")), "")
	requireVerdict[ginjwt.Claims](t, v, f.token(t, f.headerOf(`,"kid":"../x"`), goodPayload("")), "")
	for _, bad := range []string{"a.b", "a.b.c", b64(`{"alg":"none"}`) + ".e30.AA", b64(`{"alg":"HS256","typ":"x"}`) + ".e30.AA"} {
		_, err := ginjwt.Verify[ginjwt.Claims](t.Context(), v, bad)
		require.Error(t, err)
	}
	assert.Equal(t, []string{"HS256 ../x", "HS256 ", "HS256 ../x"}, asked)
}

// A source that panics is a bug like any other: Recovery sees it, no handler
// runs, and the next request is served.
func TestKeySourceThatPanics(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	bad := true
	v := forgeVerifier(t, source(func(ginjwt.Algorithm, string) (ginjwt.Key, error) {
		if bad {
			panic("a bug")
		}
		return f.key, nil
	}), nil)
	r := newEngine()
	r.Use(gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, _ any) { c.AbortWithStatus(http.StatusInternalServerError) }))
	ran := 0
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), v)
	r.GET("/", ginjwt.Handle(claims, func(c *gin.Context, _ ginjwt.Claims) { ran++ }))
	token := f.token(t, f.headerOf(""), goodPayload(""))
	assert.GreaterOrEqual(t, get(r, "/", token).Code, 500)
	assert.Zero(t, ran)
	bad = false
	assert.Equal(t, http.StatusOK, get(r, "/", token).Code)
	assert.Equal(t, 1, ran)
}
