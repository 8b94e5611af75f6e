package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/sessions"
	"github.com/ginjwt/gin-depends/ginjwt/sessions/redisstore"
)

// acknowledged has what Redis said that it did.
type acknowledged struct {
	mu       sync.Mutex
	revoked  []string
	sessions []sessions.Record
}

func (a *acknowledged) some(i int) (jti string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.revoked) == 0 {
		return ""
	}
	return a.revoked[i*7919%len(a.revoked)]
}

func TestRedisKilledUnderTrafficAndStartedAgain(t *testing.T) {
	s := newServer(t, "--appendonly", "yes", "--appendfsync", "everysec")
	store := open(t, option(s.addr), redisstore.Config{})
	tag := newTag()
	var done acknowledged
	var stopped atomic.Bool
	var failures, answers atomic.Int64
	var traffic sync.WaitGroup
	fail := func(err error) {
		failures.Add(1)
		assert.NotErrorIs(t, err, sessions.ErrNotFound)
		assert.NotErrorIs(t, err, sessions.ErrConflict)
		assert.NotErrorIs(t, err, sessions.ErrFull)
	}
	for w := range 4 {
		traffic.Go(func() { // revokes and logs in
			for i := 0; !stopped.Load(); i++ {
				jti, r := fmt.Sprintf("%d-%d", w, i), newRecord()
				revoked, created := store.Revoke(t.Context(), tag, jti, time.Hour), store.Create(t.Context(), tag, r, time.Hour, 1_000_000, time.Hour)
				if err := errors.Join(revoked, created); err != nil {
					fail(err)
				}
				done.mu.Lock()
				if revoked == nil {
					done.revoked = append(done.revoked, jti)
				}
				if created == nil && len(done.sessions) < 2000 {
					done.sessions = append(done.sessions, r)
				}
				done.mu.Unlock()
				time.Sleep(time.Millisecond)
			}
		})
		traffic.Go(func() { // presents revoked tokens
			for i := 0; !stopped.Load(); i++ {
				jti := done.some(i)
				if jti == "" {
					continue
				}
				revoked, _, err := store.Revoked(t.Context(), tag, "", jti)
				if err != nil {
					fail(err)
					continue
				}
				answers.Add(1)
				if !assert.True(t, revoked, "a revoked token was accepted: %s", jti) {
					return
				}
			}
		})
	}
	for range 3 {
		time.Sleep(300 * time.Millisecond) // traffic
		s.kill()
		time.Sleep(200 * time.Millisecond) // an outage
		ctx, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
		_, _, err := store.Get(ctx, tag, "none")
		stop()
		assert.Error(t, err, "without Redis nothing is known")
		assert.NotErrorIs(t, err, sessions.ErrNotFound)
		s.start(t)
		back, before := time.Now(), answers.Load()
		require.Eventually(t, func() bool { return answers.Load() > before+10 }, 10*time.Second, time.Millisecond, "no recovery")
		t.Logf("answers again %v after Redis was back", time.Since(back))
	}
	stopped.Store(true)
	traffic.Wait()
	for _, jti := range done.revoked {
		revoked, _, err := store.Revoked(t.Context(), tag, "", jti)
		require.NoError(t, err)
		require.True(t, revoked, "the revocation of %s was acknowledged and lost", jti)
	}
	for _, r := range done.sessions {
		_, _, err := store.Get(t.Context(), tag, r.ID)
		require.NoError(t, err, "a session was acknowledged and lost")
	}
	t.Logf("%d revocations and %d sessions kept, %d answers, %d failures", len(done.revoked), len(done.sessions), answers.Load(), failures.Load())
}

func TestAFullRedisRefusesSessionsAndTakesRevocations(t *testing.T) {
	s := newServer(t)
	store := open(t, option(s.addr), redisstore.Config{})
	ctx := t.Context()
	tag, r := newTag(), newRecord()
	require.NoError(t, store.Create(ctx, tag, r, time.Hour, 9, time.Hour))
	require.Equal(t, "+OK", s.ask("CONFIG", "SET", "maxmemory", "1"))

	refused := newRecord()
	other := newTag()
	require.ErrorIs(t, store.Create(ctx, other, refused, time.Hour, 9, time.Hour), sessions.ErrFull)
	list, err := store.List(ctx, other)
	require.NoError(t, err)
	assert.Empty(t, list, "a session that was refused is there")

	assert.NoError(t, store.Rotate(ctx, tag, r.ID, r.Current, sessions.Rotation{Used: r.Used}, time.Hour))
	assert.NoError(t, store.Revoke(ctx, tag, "j", time.Hour))
	assert.NoError(t, store.End(ctx, tag, "s", time.Hour))
	assert.NoError(t, store.EndAll(ctx, tag, "", time.Hour))
	for _, ids := range [][2]string{{"", "j"}, {"s", ""}, {r.ID, ""}} {
		revoked, generation, err := store.Revoked(ctx, tag, ids[0], ids[1])
		require.NoError(t, err)
		assert.True(t, revoked, "%q", ids)
		assert.NotZero(t, generation)
	}
}
