package redisstore_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/sessions/redisstore"
)

func TestARevocationMadeHereIsKnownHereAtOnce(t *testing.T) {
	s := sharedServer(t)
	store := open(t, option(s.addr), redisstore.Config{})
	ctx := t.Context()
	for range 200 {
		tag, r := newTag(), newRecord()
		require.NoError(t, store.Create(ctx, tag, r, time.Hour, 9, time.Hour))
		known := func() (sid, jti bool, generation int64) {
			sid, _, err := store.Revoked(ctx, tag, r.ID, "")
			require.NoError(t, err)
			jti, generation, err = store.Revoked(ctx, tag, "", "j")
			require.NoError(t, err)
			return sid, jti, generation
		}
		sid, jti, generation := known()
		require.False(t, sid || jti || generation != 0)
		require.NoError(t, store.Revoke(ctx, tag, "j", time.Hour))
		_, jti, _ = known()
		require.True(t, jti, "after Revoke")
		require.NoError(t, store.Create(ctx, tag, newRecord(), time.Hour, 1, time.Hour))
		sid, _, _ = known()
		require.True(t, sid, "after Create above the limit")
		require.NoError(t, store.EndAll(ctx, tag, "", time.Hour))
		_, _, generation = known()
		require.NotZero(t, generation, "after EndAll")
	}
}

// However answers and messages of changes cross each other, an answer from before
// a change is not kept as one from after it.
func TestAnAnswerFromBeforeAChangeIsNotKept(t *testing.T) {
	s := sharedServer(t)
	here, elsewhere := open(t, option(s.addr), redisstore.Config{}), open(t, option(s.addr), redisstore.Config{})
	ctx := t.Context()
	for range 300 {
		tag := newTag()
		var stop atomic.Bool
		var readers sync.WaitGroup
		var first atomic.Int64 // when it was first known
		begun := time.Now()
		for range 4 {
			readers.Go(func() {
				for i := 0; !stop.Load(); i++ {
					revoked, _, err := here.Revoked(ctx, tag, "s", fmt.Sprint(i%3)) // so that some ask and some do not
					if !assert.NoError(t, err) {
						return
					}
					if revoked {
						first.CompareAndSwap(0, int64(time.Since(begun)))
					}
				}
			})
		}
		require.NoError(t, elsewhere.End(ctx, tag, "s", time.Hour))
		done := time.Since(begun)
		for first.Load() == 0 && time.Since(begun) < time.Second {
			time.Sleep(50 * time.Microsecond)
		}
		stop.Store(true)
		readers.Wait()
		require.NotZero(t, first.Load(), "not known after %v", time.Since(begun)-done)
		for i := range 3 {
			require.Eventually(t, func() bool {
				revoked, _, err := here.Revoked(ctx, tag, "s", fmt.Sprint(i))
				return err == nil && revoked
			}, time.Second, time.Millisecond, "an answer from before was kept")
		}
	}
}

// The answers for a great many tokens must not fill the memory.
func TestAnswersInMemoryAreBound(t *testing.T) {
	s := sharedServer(t)
	store, tag := open(t, option(s.addr), redisstore.Config{}), newTag()
	const many, size = 20_000, 1000
	before := heapBytes()
	var all sync.WaitGroup
	for w := range 64 {
		all.Go(func() {
			for i := w; i < many; i += 64 {
				_, _, err := store.Revoked(t.Context(), tag, "", fmt.Sprintf("%0*d", size, i))
				if !assert.NoError(t, err) {
					return
				}
			}
		})
	}
	all.Wait()
	grown := heapBytes() - before
	t.Logf("%d bytes more for %d answers with an ID of %d bytes", grown, many, size)
	assert.Less(t, grown, int64(many*size/2))
}

// Redis' own messages reach the caller's option too.
func TestOnInvalidationsOfTheOptionIsCalled(t *testing.T) {
	s := sharedServer(t)
	heard := make(chan struct{}, 100)
	o := option(s.addr)
	o.OnInvalidations = func([]rueidis.RedisMessage) { heard <- struct{}{} }
	store, tag := open(t, o, redisstore.Config{}), newTag()
	_, _, err := store.Revoked(t.Context(), tag, "s", "j")
	require.NoError(t, err)
	require.NoError(t, store.Revoke(t.Context(), tag, "j", time.Hour))
	select {
	case <-heard:
	case <-time.After(5 * time.Second):
		t.Fatal("it was not")
	}
}
