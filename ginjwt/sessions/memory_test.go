package sessions_test

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
	"github.com/ginjwt/gin-depends/ginjwt/sessions/storetest"
)

// handClock is a clock that tests move.
type handClock struct{ nanos atomic.Int64 }

func newHandClock() *handClock {
	c := &handClock{}
	c.nanos.Store(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).UnixNano())
	return c
}

func (c *handClock) now() time.Time       { return time.Unix(0, c.nanos.Load()) }
func (c *handClock) pass(d time.Duration) { c.nanos.Add(int64(d)) }

func newMemory(tb testing.TB, maxEntries int) (sessions.Store, *handClock) {
	tb.Helper()
	clock := newHandClock()
	store, err := sessions.NewMemory(sessions.MemoryConfig{MaxEntries: maxEntries, Now: clock.now})
	require.NoError(tb, err)
	return store, clock
}

func TestMemoryKeepsTheContract(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Harness {
		t.Parallel()
		store, clock := newMemory(t, 0)
		return storetest.Harness{Store: store, Unit: time.Minute, Pass: clock.pass, Now: clock.now}
	})
}

// memoryTag returns the tag of the nth subject, which are spread as hashes are.
func memoryTag(n int) (tag sessions.Tag) {
	for i := range 4 {
		tag[i], tag[4+i] = byte(n>>(8*i)), byte(n>>(8*i))
	}
	return tag
}

func memorySession(n int) sessions.Record {
	return sessions.Record{
		ID: fmt.Sprintf("%022d", n), Current: sessions.Hash{byte(n)},
		Data: []byte(`{"sub":"0123456789","scope":"me items","hint":"Mozilla/5.0 (X11; Linux x86_64)","data":{}}`),
	}
}

const week = 7 * 24 * time.Hour

func TestMemoryRefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := sessions.NewMemory(sessions.MemoryConfig{MaxEntries: -1})
	assert.ErrorContains(t, err, "MaxEntries")
}

func TestMemoryIsExactToTheMoment(t *testing.T) {
	t.Parallel()
	store, clock := newMemory(t, 0)
	ctx, tag, r := t.Context(), memoryTag(1), memorySession(1)
	require.NoError(t, store.Create(ctx, tag, r, time.Hour, 10, time.Hour))
	require.NoError(t, store.Revoke(ctx, tag, "j", time.Hour))
	require.NoError(t, store.EndAll(ctx, tag, r.ID, time.Hour))
	state := func() (alive, revoked bool) {
		_, _, err := store.Get(ctx, tag, r.ID)
		revoked, _, revokedErr := store.Revoked(ctx, tag, "", "j")
		require.NoError(t, revokedErr)
		return err == nil, revoked
	}
	clock.pass(time.Hour - 1)
	alive, revoked := state()
	assert.True(t, alive && revoked, "just before the end")
	clock.pass(1)
	alive, revoked = state()
	assert.False(t, alive || revoked, "at the end")
}

func TestMemoryRaisesAGenerationThoughTheClockWentBack(t *testing.T) {
	t.Parallel()
	store, clock := newMemory(t, 0)
	ctx, tag := t.Context(), memoryTag(1)
	require.NoError(t, store.EndAll(ctx, tag, "", week))
	_, before, err := store.Revoked(ctx, tag, "", "")
	require.NoError(t, err)
	assert.Equal(t, clock.now().UnixMicro(), before)
	clock.pass(-time.Hour)
	require.NoError(t, store.EndAll(ctx, tag, "", week))
	_, after, err := store.Revoked(ctx, tag, "", "")
	require.NoError(t, err)
	assert.Equal(t, before+1, after)
}

func TestMemoryFull(t *testing.T) {
	t.Parallel()
	const room = 100
	fill := func(t *testing.T, ttl time.Duration) (sessions.Store, *handClock) {
		store, clock := newMemory(t, room)
		for i := range room {
			require.NoError(t, store.Create(t.Context(), memoryTag(i), memorySession(i), ttl, 10, time.Hour))
		}
		return store, clock
	}
	another := func(t *testing.T, store sessions.Store) error {
		return store.Create(t.Context(), memoryTag(room), memorySession(room), time.Hour, 10, time.Hour)
	}
	t.Run("a session above MaxEntries is refused and nothing alive is dropped", func(t *testing.T) {
		store, _ := fill(t, time.Hour)
		assert.ErrorIs(t, another(t, store), sessions.ErrFull)
		for i := range room {
			_, _, err := store.Get(t.Context(), memoryTag(i), memorySession(i).ID)
			assert.NoError(t, err)
		}
		_, _, err := store.Get(t.Context(), memoryTag(room), memorySession(room).ID)
		assert.ErrorIs(t, err, sessions.ErrNotFound)
	})
	t.Run("sessions that are over make room, of whichever subject", func(t *testing.T) {
		store, clock := fill(t, time.Hour)
		clock.pass(time.Hour)
		for i := range room {
			require.NoError(t, store.Create(t.Context(), memoryTag(room+i), memorySession(i), time.Hour, 10, time.Hour))
		}
		assert.ErrorIs(t, another(t, store), sessions.ErrFull)
	})
	t.Run("revocations and ends are taken, counted, and make room when they are over", func(t *testing.T) {
		store, clock := fill(t, week)
		for i := range room {
			require.NoError(t, store.End(t.Context(), memoryTag(i), memorySession(i).ID, time.Hour))
			require.NoError(t, store.Revoke(t.Context(), memoryTag(i), "j", time.Hour))
		}
		assert.ErrorIs(t, another(t, store), sessions.ErrFull)
		for i := range room {
			for _, ids := range [][2]string{{memorySession(i).ID, ""}, {"", "j"}} {
				revoked, _, err := store.Revoked(t.Context(), memoryTag(i), ids[0], ids[1])
				require.NoError(t, err)
				assert.True(t, revoked)
			}
		}
		clock.pass(time.Hour)
		assert.NoError(t, another(t, store))
	})
	t.Run("a rotation needs no room", func(t *testing.T) {
		store, _ := fill(t, time.Hour)
		r := memorySession(1)
		assert.NoError(t, store.Rotate(t.Context(), memoryTag(1), r.ID, r.Current, sessions.Rotation{}, time.Hour))
	})
}

// heapBytes returns what is in use after a garbage collection.
func heapBytes() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// What was there and is over must leave nothing, however it came to be over.
// Not parallel: it measures the heap.
func TestMemoryDoesNotGrow(t *testing.T) {
	const many = 100_000
	for name, use := range map[string]func(store sessions.Store, clock *handClock, i int) error{
		"sessions that expire": func(store sessions.Store, clock *handClock, i int) error {
			defer clock.pass(time.Second)
			return store.Create(t.Context(), memoryTag(i), memorySession(i), time.Minute, 10, time.Minute)
		},
		"sessions that are ended": func(store sessions.Store, clock *handClock, i int) error {
			defer clock.pass(time.Second)
			if err := store.Create(t.Context(), memoryTag(i), memorySession(i), 365*week, 10, time.Minute); err != nil {
				return err
			}
			return store.End(t.Context(), memoryTag(i), memorySession(i).ID, time.Minute)
		},
		"sessions that the limit ends": func(store sessions.Store, clock *handClock, i int) error {
			defer clock.pass(time.Second)
			return store.Create(t.Context(), memoryTag(1), memorySession(i), 365*week, 10, time.Minute)
		},
		"revocations": func(store sessions.Store, clock *handClock, i int) error {
			defer clock.pass(time.Second)
			return store.Revoke(t.Context(), memoryTag(i%100), fmt.Sprint(i), time.Minute)
		},
		"generations": func(store sessions.Store, clock *handClock, i int) error {
			defer clock.pass(time.Second)
			return store.EndAll(t.Context(), memoryTag(i), "", time.Minute)
		},
		"the generation of one subject": func(store sessions.Store, clock *handClock, i int) error {
			defer clock.pass(time.Millisecond)
			return store.EndAll(t.Context(), memoryTag(1), "", 365*week)
		},
	} {
		t.Run(name, func(t *testing.T) {
			store, clock := newMemory(t, 10_000)
			before := heapBytes()
			for i := range many {
				require.NoError(t, use(store, clock, i))
			}
			clock.pass(time.Hour)
			for i := range 64 * 100 { // whatever is done sweeps a little
				require.NoError(t, store.Revoke(t.Context(), memoryTag(i%64), "last", 1))
				clock.pass(1)
			}
			grown := heapBytes() - before
			runtime.KeepAlive(store)
			assert.Less(t, grown, int64(many*10), "bytes that are left of %d", many)
		})
	}
}

// BenchmarkMemoryRevoked asks for the tokens of a hundred users, and of all in
// turn, whose memory is then in no processor's cache.
func BenchmarkMemoryRevoked(b *testing.B) {
	for _, revoked := range []int{100, 10_000, 1_000_000} {
		store := ginjwt.Must(sessions.NewMemory(sessions.MemoryConfig{MaxEntries: 2 * revoked}))
		for i := range revoked {
			require.NoError(b, store.Revoke(b.Context(), memoryTag(i), fmt.Sprint(i), time.Hour))
		}
		for _, users := range []int{100, revoked} {
			b.Run(fmt.Sprintf("%d/users=%d", revoked, users), func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					if revoked, _, err := store.Revoked(b.Context(), memoryTag(i%users), "sid", "jti"); revoked || err != nil {
						b.Fatal(revoked, err)
					}
				}
			})
		}
	}
}

// BenchmarkMemorySession tells the bytes of a session that is alive.
func BenchmarkMemorySession(b *testing.B) {
	const many = 100_000
	for b.Loop() {
		before := heapBytes()
		store := ginjwt.Must(sessions.NewMemory(sessions.MemoryConfig{}))
		for i := range many {
			require.NoError(b, store.Create(b.Context(), memoryTag(i), memorySession(i), time.Hour, 10, time.Hour))
		}
		b.ReportMetric(float64(heapBytes()-before)/many, "B/session")
		runtime.KeepAlive(store)
	}
}
