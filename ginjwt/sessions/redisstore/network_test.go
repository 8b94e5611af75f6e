package redisstore_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/sessions"
	"github.com/ginjwt/gin-depends/ginjwt/sessions/redisstore"
)

// slack is what a busy machine may add to a bound.
const slack = 700 * time.Millisecond

func newTag() (tag sessions.Tag) {
	_, _ = rand.Read(tag[:])
	return tag
}

func newRecord() sessions.Record {
	now := time.Now()
	r := sessions.Record{ID: rand.Text(), Created: now, Used: now, Ends: now.Add(time.Hour), Data: []byte(`{"sub":"0123456789","scope":"me items","hint":"Mozilla/5.0 (X11; Linux x86_64)","data":{}}`)}
	_, _ = rand.Read(r.Current[:])
	return r
}

func TestARevocationElsewhereIsNoticedThoughTheNetworkIsSilent(t *testing.T) {
	for name, cfg := range map[string]redisstore.Config{
		"within what is the default": {LocalTTL: 2 * time.Second, Timeout: time.Second},
		// So short that rueidis has not given up the connection by then.
		"within what is set": {LocalTTL: 300 * time.Millisecond, Timeout: 500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) { noticedThoughSilent(t, cfg) })
	}
}

func noticedThoughSilent(t *testing.T, cfg redisstore.Config) {
	s := sharedServer(t)
	network := newProxy(t, s.addr)
	here, elsewhere := open(t, option(network.addr()), cfg), open(t, option(s.addr), redisstore.Config{})
	tag := newTag()
	good := func() bool {
		revoked, _, err := here.Revoked(t.Context(), tag, "s", "j")
		return err == nil && !revoked
	}
	require.True(t, good()) // the answer is in memory
	network.set(true, 0)
	require.NoError(t, elsewhere.End(t.Context(), tag, "s", time.Hour))
	ended, noticed := time.Now(), time.Duration(0)
	for good() {
		noticed = time.Since(ended)
	}
	t.Logf("the token was accepted until %v after its revocation", noticed)
	assert.NotZero(t, noticed, "the network was not silent")
	assert.Less(t, noticed, cfg.LocalTTL+slack/7)
	assert.Less(t, time.Since(ended), cfg.LocalTTL+cfg.Timeout+slack, "the call after that waited too long")
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); {
		begun := time.Now()
		assert.False(t, good(), "accepted again")
		assert.Less(t, time.Since(begun), cfg.Timeout+slack, "a call waited too long")
	}
	network.set(false, 0)
	require.Eventually(t, func() bool {
		revoked, _, err := here.Revoked(t.Context(), tag, "s", "j")
		return err == nil && revoked
	}, 10*time.Second, 10*time.Millisecond, "no recovery")
}

func TestCallsDoNotPileUpOnASilentNetwork(t *testing.T) {
	s := sharedServer(t)
	network := newProxy(t, s.addr)
	store := open(t, option(network.addr()), redisstore.Config{Timeout: 8 * time.Second})
	require.NoError(t, store.Revoke(t.Context(), newTag(), "j", time.Hour))
	before := runtime.NumGoroutine()
	network.set(true, 0)
	var calls sync.WaitGroup
	var mu sync.Mutex
	var longest time.Duration
	for wave := range 4 {
		for i := range 2000 {
			calls.Go(func() {
				ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
				defer stop()
				begun := time.Now()
				var err error
				if i%2 == 0 {
					_, _, err = store.Revoked(ctx, newTag(), "s", "j")
				} else {
					_, _, err = store.Get(ctx, newTag(), "s")
				}
				mu.Lock()
				defer mu.Unlock()
				longest = max(longest, time.Since(begun))
				assert.Error(t, err, "wave %d", wave)
			})
		}
		time.Sleep(500 * time.Millisecond) // in all, more calls than a connection has room for
	}
	calls.Wait()
	t.Logf("of 8000 calls on a silent network the longest took %v", longest)
	assert.Less(t, longest, 4*time.Second)
	network.set(false, 0)
	require.Eventually(t, func() bool {
		_, _, err := store.Revoked(t.Context(), newTag(), "s", "j")
		return err == nil
	}, 10*time.Second, 10*time.Millisecond, "no recovery")
	assert.Eventually(t, func() bool { return runtime.NumGoroutine() < before+20 }, 10*time.Second, 50*time.Millisecond, "goroutines are left")
}

func TestASlowRedisIsBoundByTheContextAndByTimeout(t *testing.T) {
	s := newServer(t)
	store := open(t, option(s.addr), redisstore.Config{Timeout: 200 * time.Millisecond})
	require.NoError(t, store.Revoke(t.Context(), newTag(), "j", time.Hour))
	require.Equal(t, "+OK", s.ask("CLIENT", "PAUSE", "2500", "ALL"))
	tag := newTag()
	for name, limit := range map[string]time.Duration{"the context's deadline": 50 * time.Millisecond, "Timeout": time.Hour} {
		for what, call := range map[string]func(context.Context) error{
			"Create":  func(ctx context.Context) error { return store.Create(ctx, tag, newRecord(), time.Hour, 9, time.Hour) },
			"Get":     func(ctx context.Context) error { _, _, err := store.Get(ctx, tag, "s"); return err },
			"End":     func(ctx context.Context) error { return store.End(ctx, tag, "s", time.Hour) },
			"Revoked": func(ctx context.Context) error { _, _, err := store.Revoked(ctx, tag, "s", "j"); return err },
		} {
			ctx, stop := context.WithTimeout(t.Context(), limit)
			begun := time.Now()
			err := call(ctx)
			took := time.Since(begun)
			stop()
			assert.ErrorIs(t, err, context.DeadlineExceeded, "%s by %s", what, name)
			assert.NotErrorIs(t, err, sessions.ErrNotFound)
			assert.Less(t, took, min(limit, 200*time.Millisecond)+150*time.Millisecond, "%s by %s", what, name)
		}
	}
	require.Eventually(t, func() bool {
		_, _, err := store.Revoked(t.Context(), tag, "s", "j")
		return err == nil
	}, 10*time.Second, 10*time.Millisecond, "no recovery")
}

// rueidis has calls for the same key wait for the first, and fail with it.
func TestACallDoesNotFailByAnothersContext(t *testing.T) {
	s := sharedServer(t)
	network := newProxy(t, s.addr)
	store := open(t, option(network.addr()), redisstore.Config{Timeout: 5 * time.Second})
	for range 10 {
		tag := newTag()
		require.NoError(t, store.Revoke(t.Context(), tag, "j", time.Hour))
		network.set(false, 40*time.Millisecond)
		ctx, stop := context.WithCancel(t.Context())
		var calls sync.WaitGroup
		calls.Go(func() { _, _, _ = store.Revoked(ctx, tag, "s", "j") })
		for range 5 {
			calls.Go(func() {
				time.Sleep(15 * time.Millisecond) // the first is to be under way
				revoked, _, err := store.Revoked(t.Context(), tag, "s", "j")
				assert.NoError(t, err)
				assert.True(t, revoked)
			})
		}
		time.Sleep(30 * time.Millisecond)
		stop()
		calls.Wait()
		network.set(false, 0)
	}
}

func encodeTag(tag sessions.Tag) string { return base64.RawURLEncoding.EncodeToString(tag[:]) }
