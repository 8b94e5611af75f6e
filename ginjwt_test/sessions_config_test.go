package ginjwt_test

import (
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

func sessGoodConfig[D any](t testing.TB) sessions.Config[D] {
	t.Helper()
	issuer, _ := newIssuer(t)
	return sessions.Config[D]{Issuer: issuer, Password: func(*gin.Context, loginForm) (sessions.Login[D], error) {
		return sessions.Login[D]{Subject: "alice"}, nil
	}}
}

func TestSessionsConfig(t *testing.T) {
	t.Parallel()
	type config = sessions.Config[int]
	_, err := sessions.New(sessGoodConfig[int](t))
	require.NoError(t, err)
	for _, tc := range []struct {
		rule, says string
		spoil      func(*config)
	}{
		{"no issuer", "Issuer is nil", func(c *config) { c.Issuer = nil }},
		{"no password, and by default", "PasswordByDefault is set, and Password is nil", func(c *config) { c.Password, c.PasswordByDefault = nil, true }},
		{"IdleTTL below 0", "IdleTTL is -1h0m0s", func(c *config) { c.IdleTTL = -time.Hour }},
		{"IdleTTL of a fraction", "IdleTTL is 1.5s", func(c *config) { c.IdleTTL = 1500 * time.Millisecond }},
		{"TTL below 0", "TTL is -1h0m0s", func(c *config) { c.TTL = -time.Hour }},
		{"TTL of a fraction", "TTL is 1ms", func(c *config) { c.TTL = time.Millisecond }},
		{"IdleTTL over TTL", "IdleTTL (2h0m0s) is longer than TTL (1h0m0s)", func(c *config) { c.IdleTTL, c.TTL = 2*time.Hour, time.Hour }},
		{"Grace over 30 s", "Grace is 30.000000001s", func(c *config) { c.Grace = 30*time.Second + 1 }},
		{"Grace below 0", "Grace is -1s", func(c *config) { c.Grace = -time.Second }},
		{"MaxPerSubject below 0", "MaxPerSubject is negative: -1", func(c *config) { c.MaxPerSubject = -1 }},
		{"an origin without a scheme", "TrustedOrigins", func(c *config) { c.Cookies = &sessions.Cookies{TrustedOrigins: []string{"app.example.com"}} }},
		{"an origin with a path", "TrustedOrigins", func(c *config) { c.Cookies = &sessions.Cookies{TrustedOrigins: []string{"https://app.example.com/x"}} }},
	} {
		cfg := sessGoodConfig[int](t)
		tc.spoil(&cfg)
		s, err := sessions.New(cfg)
		assert.Nil(t, s, tc.rule)
		assert.ErrorContains(t, err, tc.says, tc.rule)
	}
	t.Run("all faults at once", func(t *testing.T) {
		_, err := sessions.New(sessions.Config[func()]{
			PasswordByDefault: true, IdleTTL: -1, TTL: -1, Grace: time.Hour, MaxPerSubject: -1, Cookies: &sessions.Cookies{TrustedOrigins: []string{"a", "b"}},
		})
		for _, says := range []string{"Issuer is nil", "Password is nil", "IdleTTL", "TTL is", "Grace", "MaxPerSubject", "func() cannot be kept as JSON", `"a"`, `"b"`} {
			assert.ErrorContains(t, err, says)
		}
	})
	t.Run("the limits themselves", func(t *testing.T) {
		cfg := sessGoodConfig[int](t)
		cfg.Grace, cfg.IdleTTL, cfg.TTL, cfg.MaxPerSubject = 30*time.Second, time.Hour, time.Hour, 1
		_, err := sessions.New(cfg)
		assert.NoError(t, err)
	})
}

func TestSessionsMemoryConfig(t *testing.T) {
	t.Parallel()
	store, err := sessions.NewMemory(sessions.MemoryConfig{MaxEntries: -1})
	assert.Nil(t, store)
	assert.ErrorContains(t, err, "MaxEntries is negative: -1")
}

type (
	sessOpen   struct{ Name string }
	sessHidden struct {
		Name   string
		tenant string
	}
	sessClosed struct{ name string }
	sessPipe   struct{ Done chan struct{} }
	sessDeep   struct{ Pipe *sessPipe }
	sessAny    struct{ Value any }
)

// What comes back must be what went in: a field that JSON does not keep would be
// lost at the first refresh, without a word.
func TestSessionsDataThatJSONCannotKeep(t *testing.T) {
	t.Parallel()
	_, _ = sessHidden{tenant: ""}, sessClosed{name: ""}
	for rule, err := range map[string]error{
		"a function":               sessNew[func()](t),
		"a channel":                sessNew[chan int](t),
		"a channel in a struct":    sessNew[sessPipe](t),
		"behind a nil pointer":     sessNew[*sessPipe](t),
		"behind a nil map":         sessNew[map[string]sessPipe](t),
		"behind two nil pointers":  sessNew[*sessDeep](t),
		"no field that is kept":    sessNew[sessClosed](t),
		"a field that is lost":     sessNew[sessHidden](t),
		"a complex number":         sessNew[complex128](t),
		"a type that is forgotten": sessNew[sessAny](t),
	} {
		assert.ErrorContains(t, err, "cannot be kept as JSON", rule)
	}
	for rule, err := range map[string]error{
		"nothing":            sessNew[struct{}](t),
		"a number":           sessNew[int64](t),
		"a struct":           sessNew[sessOpen](t),
		"a pointer":          sessNew[*sessOpen](t),
		"nested":             sessNew[map[string][]*sessUser](t),
		"a time":             sessNew[time.Time](t),
		"a set of a package": sessNew[ginjwt.Audience](t),
	} {
		assert.NoError(t, err, rule)
	}
}

func sessNew[D any](t testing.TB) error {
	_, err := sessions.New(sessGoodConfig[D](t))
	return err
}

func TestSessionsDefaults(t *testing.T) {
	t.Parallel()
	plain := func(cfg *sessConfig) { cfg.Claims, cfg.Store = nil, nil }
	t.Run("14 days idle, in memory, no other claims", func(t *testing.T) {
		t.Parallel()
		w := newSessWorld(t, plain)
		w.store = nil
		tokens := w.logIn("alice")
		assert.ElementsMatch(t, []string{"iss", "sub", "aud", "exp", "iat", "jti", "scope", "sid"}, sessKeys(sessPayload(t, tokens.Access)))
		w.clock.advance(14*24*time.Hour - 1)
		tokens = w.refresh(tokens.Refresh)
		w.clock.advance(14 * 24 * time.Hour)
		assert.Equal(t, sessRefused, w.tryRefresh(tokens.Refresh).body)
	})
	t.Run("90 days in all", func(t *testing.T) {
		t.Parallel()
		w := newSessWorld(t, plain)
		tokens := w.logIn("alice")
		for range 9 {
			w.clock.advance(10*24*time.Hour - time.Second)
			tokens = w.refresh(tokens.Refresh)
		}
		w.clock.advance(9 * time.Second)
		assert.Equal(t, sessRefused, w.tryRefresh(tokens.Refresh).body)
	})
	t.Run("a TTL below 14 days bounds the idle time", func(t *testing.T) {
		t.Parallel()
		w := newSessWorld(t, func(cfg *sessConfig) { cfg.TTL = time.Hour })
		tokens := w.logIn("alice")
		w.clock.advance(time.Hour)
		assert.Equal(t, sessRefused, w.tryRefresh(tokens.Refresh).body)
	})
	t.Run("an IdleTTL above 90 days is not cut off", func(t *testing.T) {
		t.Parallel()
		w := newSessWorld(t, func(cfg *sessConfig) { cfg.IdleTTL = 100 * 24 * time.Hour })
		tokens := w.logIn("alice")
		w.clock.advance(100*24*time.Hour - time.Second)
		w.refresh(tokens.Refresh)
	})
	t.Run("no grace", func(t *testing.T) {
		t.Parallel()
		w := newSessWorld(t, plain)
		tokens := w.logIn("alice")
		next := w.refresh(tokens.Refresh)
		w.tryRefresh(tokens.Refresh).requireRefusal(t, 400, "invalid_grant")
		w.requireDead(next)
	})
	t.Run("100 sessions a user", func(t *testing.T) {
		t.Parallel()
		w := newSessWorld(t, plain)
		first := w.logIn("alice")
		w.clock.advance(time.Second)
		for range 99 {
			w.logIn("alice")
		}
		require.Equal(t, 200, w.me(first.Access))
		w.logIn("alice")
		w.requireDead(first)
		assert.Len(t, w.list("alice"), 100)
	})
}

// A Password that forgets to say who logged in is a bug, and nobody's session.
func TestSessionsLoginOfNobody(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t, func(cfg *sessConfig) {
		cfg.Password = func(*gin.Context, loginForm) (sessLogin, error) { return sessLogin{}, nil }
	})
	a := w.post("/token", sessForm("grant_type", "password", "username", "alice", "password", "right"))
	assert.Equal(t, 500, a.status)
	assert.Empty(t, w.list(""))
}
