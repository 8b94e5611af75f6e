package ginjwt_test

import (
	"crypto/rand"
	"encoding/base64"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sessForge returns a refresh token like good, with other bytes at from to to.
// One has a tag and a session's ID of 16 bytes each, the family secret of 16,
// and the rotation secret of 32.
func sessForge(t testing.TB, good string, from, to int) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(good)
	require.NoError(t, err)
	require.Len(t, raw, 80)
	_, _ = rand.Read(raw[from:to])
	return base64.RawURLEncoding.EncodeToString(raw)
}

func withGrace(grace time.Duration) func(*sessConfig) {
	return func(cfg *sessConfig) { cfg.Grace = grace }
}

// Whoever has the family secret had a token of the session; with a rotation
// secret that is not the newest, one of two parties has stolen it.
func TestSessionsReuseEndsTheFamily(t *testing.T) {
	t.Parallel()
	for rule, replay := range map[string]func(t *testing.T, w *sessWorld, first, second, newest sessTokens) string{
		"the first token": func(_ *testing.T, _ *sessWorld, first, _, _ sessTokens) string { return first.Refresh },
		"the one before":  func(_ *testing.T, _ *sessWorld, _, second, _ sessTokens) string { return second.Refresh },
		"a rotation secret that never was": func(t *testing.T, _ *sessWorld, _, _, newest sessTokens) string {
			return sessForge(t, newest.Refresh, 48, 80)
		},
		"long after": func(_ *testing.T, w *sessWorld, first, _, _ sessTokens) string {
			w.clock.advance(10 * 24 * time.Hour)
			return first.Refresh
		},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w := newSessWorld(t)
			first, other, bob := w.logIn("alice"), w.logIn("alice"), w.logIn("bob")
			second := w.refresh(first.Refresh)
			newest := w.refresh(second.Refresh)
			token := replay(t, w, first, second, newest)
			w.tryRefresh(token).requireRefusal(t, 400, "invalid_grant")
			for _, tokens := range []sessTokens{newest, first, second} {
				w.requireDead(tokens)
			}
			w.refresh(other.Refresh) // the user's other sessions go on
			w.refresh(bob.Refresh)
		})
	}
}

// Reuse ends a family in the name of whichever client, scope or grace comes with
// it: none of them is looked at first.
func TestSessionsReuseIsJudgedBeforeTheScope(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	first := w.logIn("alice")
	newest := w.refresh(first.Refresh)
	w.tryRefresh(first.Refresh, "scope", "admin").requireRefusal(t, 400, "invalid_grant")
	w.requireDead(newest)
}

// To know a session's ID, which every API that gets an access token does, must
// not be enough to end it, or to learn whether it is.
func TestSessionsTheIDIsNoSecret(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	victim := w.logIn("alice")
	for rule, token := range map[string]string{
		"all secrets made up":     sessForge(t, victim.Refresh, 32, 80),
		"the family secret wrong": sessForge(t, victim.Refresh, 32, 48),
	} {
		nobody := sessForge(t, token, 16, 32) // a session that never was
		for path, form := range map[string][]string{
			"/token":      {"grant_type", "refresh_token", "refresh_token"},
			"/revoke":     {"token"},
			"/logout":     {"refresh_token"},
			"/introspect": {"token"},
		} {
			a := w.post(path, sessForm(append(form, token)...), sessAPI)
			b := w.post(path, sessForm(append(form, nobody)...), sessAPI)
			assert.Equal(t, b.same(), a.same(), "%s at %s", rule, path)
			assert.NotContains(t, a.body, "alice", path)
		}
		w.logIn("eve", "refresh_token", token)
	}
	w.requireAlive(victim)
}

// sessAPI is a caller that may introspect.
const sessAPI = "Authorization: Basic YXBpOnNlY3JldA=="

func TestSessionsGrace(t *testing.T) {
	t.Parallel()
	const grace = 10 * time.Second
	t.Run("all replays within it have the same successor", func(t *testing.T) {
		t.Parallel()
		w := newSessWorld(t, withGrace(grace))
		first := w.logIn("alice")
		second := w.refresh(first.Refresh)
		for range 3 {
			w.clock.advance(grace/3 - 1)
			again := w.refresh(first.Refresh)
			assert.Equal(t, second.Refresh, again.Refresh)
			assert.NotEqual(t, second.Access, again.Access)
			assert.Equal(t, 200, w.me(again.Access))
		}
		require.Len(t, w.list("alice"), 1)
		w.requireAlive(second)
	})
	t.Run("it ends once the successor is used", func(t *testing.T) {
		t.Parallel()
		w := newSessWorld(t, withGrace(grace))
		first := w.logIn("alice")
		second := w.refresh(first.Refresh)
		third := w.refresh(second.Refresh)
		assert.Equal(t, third.Refresh, w.refresh(second.Refresh).Refresh, "the successor's own grace")
		w.tryRefresh(first.Refresh).requireRefusal(t, 400, "invalid_grant")
		w.requireDead(third)
	})
	t.Run("it ends by time, which replays do not extend", func(t *testing.T) {
		t.Parallel()
		w := newSessWorld(t, withGrace(grace))
		first := w.logIn("alice")
		second := w.refresh(first.Refresh)
		w.clock.advance(grace - time.Nanosecond)
		assert.Equal(t, second.Refresh, w.refresh(first.Refresh).Refresh)
		w.clock.advance(time.Nanosecond)
		w.tryRefresh(first.Refresh).requireRefusal(t, 400, "invalid_grant")
		w.requireDead(second)
	})
	t.Run("it is not for a rotation secret that never was", func(t *testing.T) {
		t.Parallel()
		w := newSessWorld(t, withGrace(grace))
		second := w.refresh(w.logIn("alice").Refresh)
		w.tryRefresh(sessForge(t, second.Refresh, 48, 80)).requireRefusal(t, 400, "invalid_grant")
		w.requireDead(second)
	})
	t.Run("it revives nothing", func(t *testing.T) {
		t.Parallel()
		w := newSessWorld(t, withGrace(grace))
		first := w.logIn("alice")
		second := w.refresh(first.Refresh)
		require.NoError(t, w.End(t.Context(), "alice", sessSID(t, first.Access)))
		w.requireDead(first)
		w.requireDead(second)
	})
	t.Run("a replay is a use of the whole scope, and of no more", func(t *testing.T) {
		t.Parallel()
		w := newSessWorld(t, withGrace(grace))
		first := w.logIn("alice", "scope", "me")
		w.refresh(first.Refresh)
		w.tryRefresh(first.Refresh, "scope", "items").requireRefusal(t, 400, "invalid_scope")
		assert.Equal(t, "me", w.refresh(first.Refresh).Scope)
	})
}

func TestSessionsLifetimes(t *testing.T) {
	t.Parallel()
	lived := func(cfg *sessConfig) { cfg.IdleTTL, cfg.TTL = time.Hour, 150*time.Minute }
	t.Run("idle", func(t *testing.T) {
		t.Parallel()
		w := newSessWorld(t, lived)
		tokens := w.logIn("alice")
		w.clock.advance(time.Hour - time.Nanosecond)
		tokens = w.refresh(tokens.Refresh)
		w.clock.advance(time.Hour)
		assert.Empty(t, w.list("alice"))
		assert.Equal(t, sessRefused, w.tryRefresh(tokens.Refresh).body)
	})
	t.Run("in all, however much it is used", func(t *testing.T) {
		t.Parallel()
		w := newSessWorld(t, lived)
		tokens := w.logIn("alice")
		for range 3 {
			w.clock.advance(50*time.Minute - time.Second)
			tokens = w.refresh(tokens.Refresh)
		}
		require.Len(t, w.list("alice"), 1)
		w.clock.advance(3 * time.Second)
		assert.Empty(t, w.list("alice"))
		assert.Equal(t, sessRefused, w.tryRefresh(tokens.Refresh).body)
	})
	t.Run("by the session's own clock too, if the store's is late", func(t *testing.T) {
		t.Parallel()
		late := newSessClock()
		w := newSessWorld(t, lived, func(cfg *sessConfig) { cfg.Store = sessMemory(t, late) })
		tokens := w.logIn("alice")
		w.clock.advance(150 * time.Minute)
		assert.Equal(t, sessRefused, w.tryRefresh(tokens.Refresh).body)
	})
	t.Run("a session is told with its times", func(t *testing.T) {
		t.Parallel()
		w := newSessWorld(t, lived)
		began := w.clock.Now()
		tokens := w.logIn("alice")
		w.clock.advance(time.Minute)
		w.refresh(tokens.Refresh)
		list := w.list("alice")
		require.Len(t, list, 1)
		assert.Equal(t, sessSID(t, tokens.Access), list[0].ID)
		assert.WithinDuration(t, began, list[0].Created, 0)
		assert.WithinDuration(t, began.Add(time.Minute), list[0].Used, 0)
		assert.WithinDuration(t, began.Add(150*time.Minute), list[0].Ends, 0)
	})
}

func TestSessionsMaxPerSubject(t *testing.T) {
	t.Parallel()
	limit := func(cfg *sessConfig) { cfg.MaxPerSubject = 3 }
	t.Run("the one used longest ago goes", func(t *testing.T) {
		t.Parallel()
		w := newSessWorld(t, limit)
		bob := w.logIn("bob")
		var all []sessTokens
		for range 3 {
			w.clock.advance(time.Second)
			all = append(all, w.logIn("alice"))
		}
		w.clock.advance(time.Second)
		all[0] = w.refresh(all[0].Refresh)
		w.clock.advance(time.Second)
		newest := w.logIn("alice")
		w.requireDead(all[1])
		for _, tokens := range []sessTokens{all[0], all[2], newest, bob} {
			w.requireAlive(tokens)
		}
		require.Len(t, w.list("alice"), 3)
	})
	t.Run("many at once", func(t *testing.T) {
		t.Parallel()
		w := newSessWorld(t, limit)
		sessAtOnce(32, func(int) { w.logIn("alice") })
		assert.Len(t, w.list("alice"), 3)
	})
}

// sessAtOnce calls fn n times at once, and waits for all.
func sessAtOnce(n int, fn func(i int)) {
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-start
			fn(i)
		})
	}
	close(start)
	all.Wait()
}

func TestSessionsOneOfManyRefreshes(t *testing.T) { // TE-20
	t.Parallel()
	const clients, rounds = 64, 100
	t.Run("without grace, exactly one wins", func(t *testing.T) {
		t.Parallel()
		w := newSessWorld(t)
		for range rounds {
			tokens := w.logIn("alice")
			var won atomic.Int32
			answers := make([]sessAnswer, clients)
			sessAtOnce(clients, func(i int) {
				if answers[i] = w.tryRefresh(tokens.Refresh); answers[i].status == 200 {
					won.Add(1)
				}
			})
			require.EqualValues(t, 1, won.Load())
			for _, a := range answers {
				if a.status == 200 {
					w.requireDead(sessTokensOf(t, a)) // the others were reuse
				} else {
					require.Equal(t, sessRefused, a.body)
				}
			}
			require.Empty(t, w.list("alice"))
		}
	})
	t.Run("with grace, one family and one successor", func(t *testing.T) {
		t.Parallel()
		w := newSessWorld(t, withGrace(10*time.Second))
		tokens := w.logIn("alice")
		for range rounds {
			next := make([]string, clients)
			sessAtOnce(clients, func(i int) {
				if a := w.tryRefresh(tokens.Refresh); assert.Equal(t, 200, a.status) {
					next[i] = sessTokensOf(t, a).Refresh
				}
			})
			for _, token := range next {
				require.Equal(t, next[0], token)
			}
			require.Len(t, w.list("alice"), 1)
			require.NotEqual(t, tokens.Refresh, next[0])
			tokens.Refresh = next[0]
		}
	})
}
