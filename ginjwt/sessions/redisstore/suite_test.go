package redisstore_test

import (
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/sessions/redisstore"
	"github.com/ginjwt/gin-depends/ginjwt/sessions/storetest"
)

func TestStoreKeepsTheContract(t *testing.T) {
	s := sharedServer(t)
	for name, o := range map[string]rueidis.ClientOption{
		"with answers from memory":    option(s.addr),
		"without answers from memory": {InitAddress: []string{s.addr}, DisableCache: true},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := redisstore.Config{Prefix: "suite:" + t.Name() + ":", Timeout: 10 * time.Second}
			c := client(t, s.addr)
			a, b := open(t, o, cfg), open(t, o, cfg)
			storetest.Run(t, func(t *testing.T) storetest.Harness {
				return storetest.Harness{
					Store: a, Peer: b, Unit: 40 * time.Millisecond, Late: 2 * time.Second,
					Pass: func(d time.Duration) { pass(t, c, d) },
					Now:  func() time.Time { return serverTime(t, c) },
				}
			})
			everyKeyExpires(t, c, cfg.Prefix)
		})
	}
}

// everyKeyExpires checks that nothing that the Store wrote stays forever.
func everyKeyExpires(t *testing.T, c rueidis.Client, prefix string) {
	t.Helper()
	keys, cursor := 0, uint64(0)
	for {
		entry, err := c.Do(t.Context(), c.B().Scan().Cursor(cursor).Count(1000).Build()).AsScanEntry()
		require.NoError(t, err)
		for _, key := range entry.Elements {
			if !strings.HasPrefix(key, prefix) {
				continue
			}
			keys++
			ttl, err := c.Do(t.Context(), c.B().Pttl().Key(key).Build()).AsInt64()
			require.NoError(t, err)
			assert.NotEqual(t, int64(-1), ttl, "%q has no time to live", key)
		}
		if cursor = entry.Cursor; cursor == 0 {
			break
		}
	}
	assert.NotZero(t, keys)
}
