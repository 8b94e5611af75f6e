package peers_test

import (
	"maps"
	"net/http"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt_test/peers"
)

// What a forged token may make a server spend is bounded in memory, which unlike
// time can be tested: the time follows it.
//
// The test has no t.Parallel, for it counts the process's allocations.
func TestRefusalOfForgedTokensIsCheap(t *testing.T) {
	f := fixture(t, "HS256")
	for _, limit := range []struct {
		rule          string
		size          int
		bytes, allocs float64
	}{
		{"a token within the limit costs a few times its own size", 8 << 10, 40 << 10, 64},
		{"a token over the limit is refused before it is decoded", 60 << 10, 4 << 10, 40},
		{"a token over all limits is refused before it is looked at", 1 << 20, 4 << 10, 40},
	} {
		tokens := forgeries(limit.size)
		for _, what := range slices.Sorted(maps.Keys(tokens)) {
			for _, c := range []peers.Contender{peers.Ginjwt, peers.GinjwtCached, peers.GinjwtIssuers} {
				h, err := c.New(f)
				require.NoError(t, err)
				bytes, allocs := cost(t, h, tokens[what])
				assert.LessOrEqual(t, bytes, limit.bytes, "bytes: %s (%s, %s)", limit.rule, what, c.Name)
				assert.LessOrEqual(t, allocs, limit.allocs, "allocations: %s (%s, %s)", limit.rule, what, c.Name)
			}
		}
	}
}

// cost returns what h allocates to refuse token: the least of several tries,
// for others in the process allocate too.
func cost(t *testing.T, h http.Handler, token string) (bytes, allocs float64) {
	t.Helper()
	w, r := peers.NewWriter(), peers.NewRequest(token)
	const tries, runs = 5, 10
	for try := range tries {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range runs {
			w.Reset()
			h.ServeHTTP(w, r)
		}
		runtime.ReadMemStats(&after)
		b := float64(after.TotalAlloc-before.TotalAlloc) / runs
		a := float64(after.Mallocs-before.Mallocs) / runs
		if try == 0 || b < bytes {
			bytes = b
		}
		if try == 0 || a < allocs {
			allocs = a
		}
	}
	require.Equal(t, http.StatusUnauthorized, w.Status)
	return bytes, allocs
}
