package peers_test

import (
	"net/http"
	"os"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt_test/peers"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	os.Exit(m.Run())
}

// fixtures are made once: an RSA key takes a while.
var fixtures sync.Map

func fixture(t testing.TB, alg string) *peers.Fixture {
	t.Helper()
	made, _ := fixtures.LoadOrStore(alg, sync.OnceValues(func() (*peers.Fixture, error) { return peers.NewFixture(alg) }))
	f, err := made.(func() (*peers.Fixture, error))()
	require.NoError(t, err)
	return f
}

func TestEveryContenderDoesTheWork(t *testing.T) {
	t.Parallel()
	for _, alg := range peers.Algorithms {
		for _, c := range peers.Guards {
			t.Run(alg+"/"+c.Name, func(t *testing.T) {
				t.Parallel()
				f := fixture(t, alg)
				h, err := c.New(f)
				require.NoError(t, err)
				good, err := f.Good()
				require.NoError(t, err)
				for range 2 { // the second may come from a cache
					require.Equal(t, http.StatusOK, peers.Ask(h, good), "the good token")
				}
				bad, err := f.Bad()
				require.NoError(t, err)
				for what, token := range bad {
					status := peers.Ask(h, token)
					assert.True(t, peers.Refused(what, status), "%s: answered with %d", what, status)
				}
			})
		}
	}
}

func TestReadyFindsOutWhoDoesNothing(t *testing.T) {
	t.Parallel()
	f := fixture(t, "HS256")
	idle := peers.Contender{Name: "idle", New: peers.Bare.New}
	_, err := idle.Ready(f)
	require.ErrorContains(t, err, "idle answers a token")
	deaf := peers.Contender{Name: "deaf", New: func(*peers.Fixture) (http.Handler, error) { return http.NotFoundHandler(), nil }}
	_, err = deaf.Ready(f)
	require.ErrorContains(t, err, "deaf answers the good token with 404")
}

func TestManyTokensAreGoodAndDistinct(t *testing.T) {
	t.Parallel()
	f := fixture(t, "HS256")
	h, err := peers.Ginjwt.New(f)
	require.NoError(t, err)
	tokens, err := f.Many(100)
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, token := range tokens {
		require.Equal(t, http.StatusOK, peers.Ask(h, token))
		seen[token] = true
	}
	assert.Len(t, seen, 100)
}
