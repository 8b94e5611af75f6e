package jwks_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

func TestRemoteCloseEndsTheFetchUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{keys: []string{remoteKey("a", remoteX1)}, delay: 5 * time.Second}
		s := remoteOf(t, w)
		waiting := make(chan error, 1)
		go func() { waiting <- seek(s, "a") }()
		synctest.Wait()
		began := time.Now()
		require.NoError(t, s.Close())
		requireOutage(t, <-waiting, "10")
		assert.Zero(t, time.Since(began))
		require.NoError(t, s.Close(), "again")
		requireOutage(t, seek(s, "a"), "10")
		require.Error(t, s.Refresh(t.Context()))
		assert.Equal(t, 1, w.fetches(), "none begins after Close")
	})
}

func TestRemoteCloseKeepsTheKeysUntilTheyAreStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{keys: []string{remoteKey("a", remoteX1)}}
		s := remoteOf(t, w, jwks.MaxStale(time.Hour))
		require.NoError(t, seek(s, "a"))
		require.NoError(t, s.Close())
		pass(t, s, time.Hour-time.Second, "a")
		requireOutage(t, seek(s, "unknown"), "10")
		time.Sleep(time.Second)
		requireOutage(t, seek(s, "a"), "10")
		assert.Equal(t, 1, w.fetches())
	})
}

func TestRemoteCloseWhileKeysAreLookedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{keys: []string{remoteKey("a", remoteX1)}, delay: time.Millisecond}
		s := remoteOf(t, w)
		var all sync.WaitGroup
		for i := range 40 {
			all.Go(func() {
				switch {
				case i%10 == 9:
					assert.NoError(t, s.Close())
				case seek(s, "a") != nil:
					requireOutage(t, seek(s, "a"), "10")
				}
			})
		}
		all.Wait()
		assert.LessOrEqual(t, w.fetches(), 1)
	})
}
