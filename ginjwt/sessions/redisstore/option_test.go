package redisstore_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/sessions/redisstore"
)

// Open refuses an option of rueidis, or keeps with it what the package promises:
// what is revoked here is so when the call returns.
func TestARevocationHoldsWhenItsCallReturnsWhateverIsSet(t *testing.T) {
	s := sharedServer(t)
	refused := []string{"PipelineMultiplex", "DisableAutoPipelining", "AlwaysRESP2", "EnableRedirect"} // can be
	for name, set := range map[string]func(*rueidis.ClientOption){
		"PipelineMultiplex":     func(o *rueidis.ClientOption) { o.PipelineMultiplex = 3 },
		"DisableAutoPipelining": func(o *rueidis.ClientOption) { o.DisableAutoPipelining = true },
		"ConnLifetime":          func(o *rueidis.ClientOption) { o.ConnLifetime = 5 * time.Millisecond },
		"BlockingPipeline":      func(o *rueidis.ClientOption) { o.BlockingPipeline = 1 },
		"DisableRetry":          func(o *rueidis.ClientOption) { o.DisableRetry = true },
		"DisableCache":          func(o *rueidis.ClientOption) { o.DisableCache = true },
		"ForceSingleClient":     func(o *rueidis.ClientOption) { o.ForceSingleClient = true },
		"EnableRedirect":        func(o *rueidis.ClientOption) { o.Standalone.EnableRedirect = true },
		"SelectDB":              func(o *rueidis.ClientOption) { o.SelectDB = 3 },
		"MaxFlushDelay":         func(o *rueidis.ClientOption) { o.MaxFlushDelay = 100 * time.Microsecond },
		"CacheSizeEachConn":     func(o *rueidis.ClientOption) { o.CacheSizeEachConn = 1 },
		"AlwaysRESP2":           func(o *rueidis.ClientOption) { o.AlwaysRESP2 = true },
	} {
		t.Run(name, func(t *testing.T) {
			o := option(s.addr)
			set(&o)
			store, err := redisstore.Open(o, redisstore.Config{})
			if slices.Contains(refused, name) && err != nil {
				assert.ErrorContains(t, err, "redisstore: ")
				return
			}
			require.NoError(t, err)
			defer store.Close()
			answers, late := 0, 0
			for range 2000 {
				tag := newTag()
				_, _, before := store.Revoked(t.Context(), tag, "", "j")
				if before != nil || store.Revoke(t.Context(), tag, "j", time.Hour) != nil {
					continue
				}
				if revoked, _, err := store.Revoked(t.Context(), tag, "", "j"); err == nil {
					answers++
					if !revoked {
						late++
					}
				}
			}
			assert.Greater(t, answers, 100)
			assert.Zero(t, late, "of %d revocations, as many were not known when the call returned", answers)
		})
	}
}

// keeper is a memory for rueidis that does not heed a time to live.
type keeper struct {
	mu   sync.Mutex
	kept map[string]rueidis.RedisMessage
}

func (k *keeper) Flight(key, cmd string, _ time.Duration, _ time.Time) (rueidis.RedisMessage, rueidis.CacheEntry) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.kept[key+cmd], nil
}

func (k *keeper) Update(key, cmd string, val rueidis.RedisMessage) int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.kept[key+cmd] = val
	return 0
}

func (k *keeper) Cancel(string, string, error)  {}
func (k *keeper) Delete([]rueidis.RedisMessage) {}
func (k *keeper) Close(error)                   {}

func TestAMemoryThatIsNotTheStoresCannotHoldBackARevocation(t *testing.T) {
	s := sharedServer(t)
	o := option(s.addr)
	o.NewCacheStoreFn = func(rueidis.CacheStoreOption) rueidis.CacheStore {
		return &keeper{kept: map[string]rueidis.RedisMessage{}}
	}
	store, err := redisstore.Open(o, redisstore.Config{})
	if err != nil {
		assert.ErrorContains(t, err, "NewCacheStoreFn")
		return
	}
	defer store.Close()
	elsewhere, tag := open(t, option(s.addr), redisstore.Config{}), newTag()
	_, _, err = store.Revoked(t.Context(), tag, "", "j")
	require.NoError(t, err)
	require.NoError(t, elsewhere.Revoke(t.Context(), tag, "j", time.Hour))
	require.Eventually(t, func() bool {
		revoked, _, err := store.Revoked(t.Context(), tag, "", "j")
		return revoked || err != nil
	}, 2*time.Second+slack, 20*time.Millisecond, "LocalTTL is not kept")
}
