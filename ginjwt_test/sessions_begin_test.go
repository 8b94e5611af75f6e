package ginjwt_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

func (w *sessWorld) begin(user string, headers ...string) sessAnswer {
	w.t.Helper()
	return w.do("POST", "/passkey", "", "", append(headers, "X-Passkey: "+user)...)
}

// A session that Begin began is like any other.
func TestSessionsBegin(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	a := w.begin("alice")
	loginHeaders(t, a.header)
	tokens := sessTokensOf(t, a)
	assert.Equal(t, []any{"bearer", 900, "me items"}, []any{tokens.Type, tokens.ExpiresIn, tokens.Scope})
	var me sessClaims
	require.NoError(t, json.Unmarshal([]byte(w.do("GET", "/me", "", "", "Authorization: Bearer "+tokens.Access).body), &me))
	assert.Equal(t, []string{"alice", "alice"}, []string{me.Subject, me.Name})
	require.Len(t, w.list("alice"), 1)
	assert.Equal(t, me.SessionID, w.list("alice")[0].ID)
	next := w.refresh(tokens.Refresh)
	assert.Equal(t, 200, w.me(next.Access))
	assert.Equal(t, 400, w.tryRefresh(tokens.Refresh).status, "used")
	w.requireDead(next)
}

func TestSessionsWithoutPasswords(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t, func(cfg *sessConfig) { cfg.Password = nil })
	a := w.post("/token", sessForm("grant_type", "password", "username", "alice", "password", "right"))
	assert.Equal(t, 400, a.status)
	assert.JSONEq(t, `{"error":"unsupported_grant_type","error_description":"The grant type must be refresh_token","detail":"The grant type must be refresh_token"}`, a.body)
	assert.Equal(t, 200, w.me(w.refresh(sessTokensOf(t, w.begin("alice")).Refresh).Access))
}

// A form that is a refresh but for its grant_type is not asked for a user name.
func TestSessionsRefreshWithoutGrantType(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t, func(cfg *sessConfig) { cfg.PasswordByDefault = true })
	tokens := sessTokensOf(t, w.post("/token", sessForm("username", "alice", "password", "right")))
	a := w.post("/token", sessForm("refresh_token", tokens.Refresh))
	assert.Equal(t, 400, a.status)
	assert.Contains(t, a.body, "Missing form field: grant_type")
	next := sessTokensOf(t, w.post("/token", sessForm("username", "bob", "password", "right", "refresh_token", tokens.Refresh)))
	assert.Equal(t, 200, w.me(next.Access))
	w.requireDead(tokens) // that of the login's form
}

func TestSessionsBeginWithCookies(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t, withCookies)
	before := w.logInWithCookies("alice")
	a := w.begin("alice", append(sameOriginChrome(w), sessCookieLine(before))...)
	require.Equal(t, 200, a.status, a.body)
	require.Len(t, a.cookie, 2)
	assert.JSONEq(t, `{"access_token":"","token_type":"bearer","expires_in":900,"scope":"me items"}`, a.body, "the tokens are in the cookies alone")
	assert.Equal(t, "no-store", a.header.Get("Cache-Control"))
	assert.Equal(t, 200, w.do("GET", "/me", "", "", sessCookieLine(a.cookie[:1])).status)
	assert.Equal(t, 200, w.refreshWithCookies(a.cookie).status)
	assert.Equal(t, 401, w.do("GET", "/me", "", "", sessCookieLine(before[:1])).status, "the session that the browser had is over")

	for page, headers := range crossOriginPages {
		a := w.begin("mallory", headers...)
		assert.Equal(t, 403, a.status, page)
		assert.Empty(t, a.cookie, page)
	}
	assert.Empty(t, w.list("mallory"))
	back := w.do("GET", "/passkey", "", "", append(crossOriginPages["a form of another site"], "X-Passkey: bob")...)
	assert.Equal(t, 200, back.status, "an identity provider sends its users back by a GET")
	assert.Len(t, back.cookie, 2)
}

func TestSessionsBeginFails(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	for rule, tc := range map[string]struct {
		user   string
		status int
		spoil  func(*sessWorld)
	}{
		"a login of nobody":   {"nobody", 500, func(*sessWorld) {}},
		"a user who is gone":  {"alice", 403, func(w *sessWorld) { w.failClaims(ginjwt.Forbidden("Gone")) }},
		"a user store's down": {"alice", 503, func(w *sessWorld) { w.failClaims(ginjwt.Unavailable(down)) }},
		"a bug":               {"alice", 500, func(w *sessWorld) { w.failClaims(down) }},
		"all sessions were ended meanwhile": {"alice", 400, func(w *sessWorld) {
			w.setClaims(func(_ *gin.Context, login sessLogin) (ginjwt.AnyClaims, error) {
				return &ginjwt.Claims{Scope: login.Scope}, w.EndAll(context.Background(), "alice")
			})
		}},
		"a full store": {"alice", 503, func(w *sessWorld) {
			for range 3 {
				w.logIn("bob")
				w.clock.advance(time.Second)
			}
		}},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w := newSessWorld(t, func(cfg *sessConfig) {
				store, err := sessions.NewMemory(sessions.MemoryConfig{MaxEntries: 3, Now: cfg.Issuer.Config().Now})
				require.NoError(t, err)
				cfg.Store = store
			})
			tc.spoil(w)
			a := w.begin(tc.user)
			assert.Equal(t, tc.status, a.status, a.body)
			assert.NotContains(t, a.body, "down")
			assert.Empty(t, w.list(tc.user))
		})
	}
}
