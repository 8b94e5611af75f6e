package ginjwt_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

// misfit are sessions of a program of its own, whose users are of type D.
func misfit[D any](t *testing.T, issuer *ginjwt.Issuer, store sessions.Store, user D, more ...func(*sessions.Config[D])) (*sessions.Sessions[D], func(pairs ...string) *httptest.ResponseRecorder) {
	t.Helper()
	cfg := sessions.Config[D]{Issuer: issuer, Store: store, Password: func(*gin.Context, ginjwt.OAuth2PasswordRequestForm) (sessions.Login[D], error) {
		return sessions.Login[D]{Subject: "alice", Data: user}, nil
	}}
	for _, change := range more {
		change(&cfg)
	}
	logins, err := sessions.New(cfg)
	require.NoError(t, err)
	r := gin.New()
	r.POST("/token", logins.Token())
	return logins, func(pairs ...string) *httptest.ResponseRecorder {
		req := httptest.NewRequest("POST", "/token", strings.NewReader(sessForm(pairs...).Encode()))
		req.Header.Set("Content-Type", formType)
		rec := httptest.NewRecorder()
		r.ServeHTTP(rec, req)
		return rec
	}
}

var passwordGrant = []string{"grant_type", "password", "username", "alice", "password", "secret"}

// Sessions outlive a deployment. What the one before stored and this one cannot
// read is a bug, which must not end the session: the next deployment may mend it.
func TestSessionsOfAnotherDeploymentsType(t *testing.T) {
	t.Parallel()
	issuer, _ := newIssuer(t)
	store, err := sessions.NewMemory(sessions.MemoryConfig{})
	require.NoError(t, err)
	before, askBefore := misfit(t, issuer, store, "text")
	after, askAfter := misfit(t, issuer, store, 7)
	var tokens sessTokens
	require.NoError(t, json.Unmarshal(askBefore(passwordGrant...).Body.Bytes(), &tokens))

	refused := askAfter("grant_type", "refresh_token", "refresh_token", tokens.Refresh)
	assert.Equal(t, 500, refused.Code)
	assert.NotContains(t, refused.Body.String(), "text")
	_, err = after.List(t.Context(), "alice")
	assert.ErrorContains(t, err, "cannot be read as int")

	assert.Equal(t, 200, askBefore("grant_type", "refresh_token", "refresh_token", tokens.Refresh).Code, "nothing has changed")
	list, err := before.List(t.Context(), "alice")
	require.NoError(t, err)
	assert.Len(t, list, 1)
	assert.NoError(t, after.EndAll(t.Context(), "alice"), "they can be ended all the same")
}

// unwritable is a user that JSON cannot have.
type unwritable struct{ Name string }

func (unwritable) MarshalJSON() ([]byte, error) { return nil, errors.New("no JSON for this") }

func TestUserThatCannotBeStoredIsNotLoggedIn(t *testing.T) {
	t.Parallel()
	issuer, _ := newIssuer(t)
	store, err := sessions.NewMemory(sessions.MemoryConfig{})
	require.NoError(t, err)
	logins, ask := misfit(t, issuer, store, unwritable{"alice"})
	rec := ask(passwordGrant...)
	assert.Equal(t, 500, rec.Code)
	assert.NotContains(t, rec.Body.String(), "access_token")
	list, err := logins.List(t.Context(), "alice")
	require.NoError(t, err)
	assert.Empty(t, list)
}

// If two others came before, with what came of this token too, it was stolen.
func TestRotationThatIsLateTwiceEndsTheSession(t *testing.T) {
	t.Parallel()
	w, faulty := newSessFaulty(t)
	tokens := w.logIn("alice")
	var rotations atomic.Int32
	faulty.set(func(_ context.Context, method string) error {
		if method == "Rotate" {
			rotations.Add(1)
			return sessions.ErrConflict
		}
		return nil
	})
	late := w.tryRefresh(tokens.Refresh)
	assert.Equal(t, 400, late.status)
	assert.Contains(t, late.body, `"error":"invalid_grant"`)
	assert.Equal(t, int32(2), rotations.Load(), "it is judged again once")
	faulty.set(nil)
	w.requireDead(tokens)
}

func TestClientsOfTheTokenEndpoint(t *testing.T) {
	t.Parallel()
	issuer, _ := newIssuer(t)
	clients := func(cfg *sessions.Config[string]) {
		cfg.Client = func(_ context.Context, id, secret string) (bool, error) {
			if id == "down" {
				return false, errors.New("no database")
			}
			return id == "app" && secret == "app-secret", nil
		}
	}
	_, ask := misfit(t, issuer, nil, "alice", clients)
	cases := map[string]struct {
		id, secret string
		status     int
		code       string
	}{
		"a client that is known":     {"app", "app-secret", 200, ""},
		"another secret":             {"app", "app-secret2", 401, "invalid_client"},
		"an ID that is no text":      {"app\n", "app-secret", 400, "invalid_request"},
		"a secret that is no text":   {"app", "app-secret\x00", 400, "invalid_request"},
		"clients that are not there": {"down", "app-secret", 503, ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := ask(append([]string{"client_id", tc.id, "client_secret", tc.secret}, passwordGrant...)...)
			assert.Equal(t, tc.status, rec.Code, rec.Body)
			assert.Equal(t, tc.status == 503, rec.Header().Get("Retry-After") != "")
			if tc.code != "" {
				assert.Contains(t, rec.Body.String(), `"error":"`+tc.code+`"`)
			}
		})
	}
}

// Where a request came to is what the connection says. If it says nothing, the
// cookies that plain HTTP may carry are not set.
func TestLoopbackCookiesNeedAConnection(t *testing.T) {
	t.Parallel()
	issuer, _ := newIssuer(t)
	_, ask := misfit(t, issuer, nil, "alice", func(cfg *sessions.Config[string]) {
		cfg.Cookies = &sessions.Cookies{InsecureLoopback: true}
	})
	rec := ask(passwordGrant...)
	assert.Equal(t, 500, rec.Code)
	assert.Empty(t, rec.Result().Cookies())
}

// sealedKeys sign, and are then out of reach.
type sealedKeys struct {
	ginjwt.Key
	sealed atomic.Bool
}

func (k *sealedKeys) SigningKey(context.Context) (ginjwt.Key, error) { return k.Key, nil }

func (k *sealedKeys) FindKey(ctx context.Context, alg ginjwt.Algorithm, kid string) (ginjwt.Key, error) {
	if k.sealed.Load() {
		return ginjwt.Key{}, errors.New("the vault is sealed")
	}
	return k.Key.FindKey(ctx, alg, kid)
}

// A token that cannot be judged is neither good nor bad: nobody must hear that it
// is revoked, or that it is not active.
func TestTokensThatCannotBeJudged(t *testing.T) {
	t.Parallel()
	keys := &sealedKeys{Key: ginjwt.Must(ginjwt.GenerateKey(ginjwt.ES256))}
	issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{Keys: keys, Issuer: testIssuer, Audience: []string{testAudience}}))
	logins, ask := misfit(t, issuer, nil, "alice")
	var tokens sessTokens
	require.NoError(t, json.Unmarshal(ask(passwordGrant...).Body.Bytes(), &tokens))
	r := gin.New()
	r.POST("/revoke", logins.Revoke())
	r.POST("/introspect", logins.Introspect(graphValue(1)))
	r.POST("/logout", logins.Logout())
	for _, path := range []string{"/introspect", "/revoke", "/logout"} {
		for _, sealed := range []bool{true, false} {
			keys.sealed.Store(sealed)
			req := httptest.NewRequest("POST", path, strings.NewReader(sessForm("token", tokens.Access).Encode()))
			req.Header.Set("Content-Type", formType)
			if path == "/logout" {
				req.Header.Set("Authorization", "Bearer "+tokens.Access)
			}
			rec := httptest.NewRecorder()
			r.ServeHTTP(rec, req)
			assert.Equal(t, sealed, rec.Code == 503, "%s: %d %s", path, rec.Code, rec.Body)
			assert.Equal(t, sealed, rec.Header().Get("Retry-After") != "", path)
		}
	}
}
