package jwks_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

// A request that leaves takes nobody's key along.
func TestRemoteFetchGoesOnWithoutWhoBeganIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{keys: []string{remoteKey("a", remoteX1)}, delay: 5 * time.Second}
		s := remoteOf(t, w)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		go func() {
			_, err := s.FindKey(ctx, ginjwt.EdDSA, "a")
			assert.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, time.Second, time.Since(began))
		}()
		synctest.Wait()
		require.NoError(t, seek(s, "a"))
		assert.Equal(t, 5*time.Second, time.Since(began))
		assert.Equal(t, 1, w.fetches())
	})
}

// Verifiers tie what they remember to a key, so the same one must come back.
func TestRemoteKeyStaysTheSameAcrossFetches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		find := func(s *jwks.Source, kid string) ginjwt.Key {
			key, err := s.FindKey(t.Context(), ginjwt.EdDSA, kid)
			require.NoError(t, err)
			return key
		}
		w := &wire{keys: []string{remoteKey("a", remoteX1), remoteKey("b", remoteX2)}}
		s := remoteOf(t, w)
		a, b := find(s, "a"), find(s, "b")
		w.set(func() { w.keys = []string{remoteKey("b", remoteX1), remoteKey("a", remoteX1)} })
		require.NoError(t, s.Refresh(t.Context()))
		assert.True(t, a == find(s, "a"), "the same key at another place")
		assert.False(t, b == find(s, "b"), "the same ID for another key")
	})
}

// A caller's transport may panic, or end its goroutine as a test's FailNow does;
// neither may leave requests waiting for a fetch that is gone.
func TestRemoteSurvivesACallersTransport(t *testing.T) {
	for rule, fault := range map[string]func(){
		"a panic":                  func() { panic("a bug") },
		"a panic with an error":    func() { panic(errors.New("a bug")) },
		"a panic with nil":         func() { panic(nil) }, // as a bug would
		"the end of its goroutine": runtime.Goexit,
	} {
		t.Run(rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &wire{keys: []string{remoteKey("a", remoteX1)}}
				var bad atomic.Bool
				bad.Store(true)
				s := remoteOf(t, roundTrip(func(req *http.Request) (*http.Response, error) {
					if bad.Load() {
						fault()
					}
					return w.RoundTrip(req)
				}))
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				_, err := s.FindKey(ctx, ginjwt.EdDSA, "a")
				requireOutage(t, err, "10")
				bad.Store(false)
				time.Sleep(10 * time.Second)
				_, err = s.FindKey(ctx, ginjwt.EdDSA, "a")
				require.NoError(t, err)
			})
		})
	}
}

// What an observer does, or how long it takes, keeps no request from its key.
func TestRemoteSurvivesItsObserver(t *testing.T) {
	var s *jwks.Source
	for rule, observe := range map[string]func(ctx context.Context){
		"panics":             func(context.Context) { panic("a bug") },
		"ends its goroutine": func(context.Context) { runtime.Goexit() },
		"asks for a key": func(ctx context.Context) {
			ctx, cancel := context.WithTimeout(ctx, time.Minute)
			defer cancel()
			_, err := s.FindKey(ctx, ginjwt.EdDSA, "a")
			assert.NoError(t, err)
		},
		"is slow": func(context.Context) { time.Sleep(time.Minute) },
	} {
		t.Run(rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &wire{keys: []string{remoteKey("a", remoteX1)}}
				s = remoteOf(t, w, jwks.Observe(func(ctx context.Context, _ jwks.Event) { observe(ctx) }))
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				began := time.Now()
				_, err := s.FindKey(ctx, ginjwt.EdDSA, "a")
				require.NoError(t, err)
				assert.Zero(t, time.Since(began))
				time.Sleep(2 * time.Minute) // until the observer is done
			})
		})
	}
}

// Refresh is for a key that was withdrawn: a fetch that had begun before that may
// bring it once more, so Refresh must not be content with it.
func TestRemoteRefreshFetchesAfterItWasCalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{keys: []string{remoteKey("a", remoteX1), remoteKey("b", remoteX2)}, delay: time.Second}
		s := remoteOf(t, w)
		go func() { assert.NoError(t, seek(s, "a")) }()
		synctest.Wait()
		w.set(func() { w.keys = w.keys[:1] })
		require.NoError(t, s.Refresh(t.Context()))
		require.ErrorIs(t, seek(s, "b"), ginjwt.ErrUnknownKey)
		require.NoError(t, seek(s, "a"))
	})
}

func TestRemoteWarmUpFetchesBeforeAnyToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{keys: []string{remoteKey("a", remoteX1)}}
		s := remoteOf(t, w, jwks.WarmUp())
		synctest.Wait()
		require.Equal(t, 1, w.fetches())
		require.NoError(t, seek(s, "a"))
		require.Equal(t, 1, w.fetches())
	})
}

func TestRemoteReplacesAllKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{keys: []string{remoteKey("a", remoteX1)}}
		s := remoteOf(t, w)
		require.NoError(t, seek(s, "a"))
		w.set(func() { w.keys = []string{remoteKey("b", remoteX2)} })
		time.Sleep(14 * time.Minute)
		require.NoError(t, seek(s, "a"), "known until the fetch in the background ends")
		synctest.Wait()
		require.ErrorIs(t, seek(s, "a"), ginjwt.ErrUnknownKey)
		require.NoError(t, seek(s, "b"))
		require.Equal(t, 2, w.fetches())
	})
}

// Key IDs that are not there are remembered by no one: a flood of them fills
// nothing.
func TestRemoteForgedKeyIDsTakeNoMemory(t *testing.T) {
	w := &wire{keys: []string{remoteKey("a", remoteX1)}}
	s := remoteOf(t, w, jwks.CoolDown(30*time.Second))
	require.NoError(t, seek(s, "a"))
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	for i := range 100_000 { // of 256 bytes each: 25 MB
		if err := seek(s, fmt.Sprintf("%0256d", i)); !errors.Is(err, ginjwt.ErrUnknownKey) {
			require.ErrorIs(t, err, ginjwt.ErrUnknownKey)
		}
	}
	assert.Less(t, heap()-before, int64(8<<20))
	assert.LessOrEqual(t, w.fetches(), 2)
	require.NoError(t, seek(s, "a"))
}

// A clock that jumps causes a fetch, neither a refusal nor an end of fetching.
func TestRemoteClockSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{keys: []string{remoteKey("a", remoteX1)}}
		var step atomic.Int64
		s := remoteOf(t, w, jwks.Clock(func() time.Time { return time.Now().Add(time.Duration(step.Load())) }))
		require.NoError(t, seek(s, "a"))
		for i, to := range []time.Duration{25 * time.Hour, 24 * time.Hour, 0, -25 * time.Hour, 0} {
			step.Store(int64(to))
			require.NoError(t, seek(s, "a"), to)
			synctest.Wait()
			require.Equal(t, i+2, w.fetches(), "a fetch for the step to %v", to)
			require.ErrorIs(t, seek(s, "forged"), ginjwt.ErrUnknownKey, to)
			require.Equal(t, i+2, w.fetches(), "and no more than one")
		}
		w.set(func() { w.err = errors.New("down") })
		step.Store(int64(25 * time.Hour))
		requireOutage(t, seek(s, "a"), "10")
		step.Store(0)
		require.NoError(t, seek(s, "a"), "a clock that went wrong for a while")
		synctest.Wait()
	})
}
