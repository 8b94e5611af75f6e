package peers_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
	"github.com/ginjwt/gin-depends/ginjwt/sessions/redisstore"
	"github.com/ginjwt/gin-depends/ginjwt_test/peers"
)

// startRedis starts a redis-server of the test's own and returns its address.
// Without one the test is skipped, but CI must have it.
func startRedis(tb testing.TB) string {
	tb.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil && os.Getenv("CI") == "" {
		tb.Skip("no redis-server in PATH (Debian's package redis-server has one)")
	}
	require.NoError(tb, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	addr := l.Addr().String()
	require.NoError(tb, l.Close())
	_, port, err := net.SplitHostPort(addr)
	require.NoError(tb, err)
	cmd := exec.Command(path, "--bind", "127.0.0.1", "--port", port, "--dir", tb.TempDir(), "--save", "")
	require.NoError(tb, cmd.Start())
	tb.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	require.Eventually(tb, func() bool {
		conn, err := net.Dial("tcp", addr)
		return err == nil && conn.Close() == nil
	}, 10*time.Second, 5*time.Millisecond, "redis-server does not listen")
	return addr
}

func memoryStore(tb testing.TB) sessions.Store {
	tb.Helper()
	store, err := sessions.NewMemory(sessions.MemoryConfig{MaxEntries: 2_000_000})
	require.NoError(tb, err)
	return store
}

func redisStore(tb testing.TB, addr string) sessions.Store {
	tb.Helper()
	store, err := redisstore.Open(rueidis.ClientOption{InitAddress: []string{addr}}, redisstore.Config{})
	require.NoError(tb, err)
	tb.Cleanup(store.Close)
	return store
}

// What the contenders with sessions promise beside the others: Ready finds out
// one whose route does not ask the store.
func TestReadyFindsOutWhoForgetsRevocations(t *testing.T) {
	t.Parallel()
	f := fixture(t, "HS256")
	forgetful := peers.GinjwtSessions("forgetful", forgetful{memoryStore(t)})
	_, err := forgetful.Ready(f)
	require.ErrorContains(t, err, "forgetful answers a revoked token with 200")
}

type forgetful struct{ sessions.Store }

func (forgetful) Revoked(context.Context, sessions.Tag, string, string) (bool, int64, error) {
	return false, 0, nil
}

func TestSessionsDoTheWork(t *testing.T) {
	t.Parallel()
	addr := startRedis(t)
	for _, alg := range peers.Algorithms {
		for name, store := range map[string]sessions.Store{"memory": memoryStore(t), "redis": redisStore(t, addr)} {
			f := fixture(t, alg)
			c := peers.GinjwtSessions(name, store)
			h, err := c.Ready(f)
			require.NoError(t, err, "%s, %s", name, alg)
			token, err := c.Good(h, f)
			require.NoError(t, err)
			payload, err := decode(strings.Split(token, ".")[1])
			require.NoError(t, err)
			assert.Contains(t, string(payload), `"jti":"`)
			assert.Contains(t, string(payload), `"sid":"`)
		}
	}
}

// BenchmarkRevocation is BenchmarkKnown with sessions: what the question whether
// a token was revoked adds to a whole request is the difference to ginjwt-cached.
// It is asked of a subject of whom as many other tokens were revoked.
func BenchmarkRevocation(b *testing.B) {
	f := fixture(b, "HS256")
	run := func(c peers.Contender, revoked int) {
		b.Run(fmt.Sprintf("%d/HS256/%s", revoked, c.Name), func(b *testing.B) {
			h := ready(b, c, f)
			token, err := c.Good(h, f)
			require.NoError(b, err)
			serve(b, h, token, 200)
		})
	}
	addr := startRedis(b)
	stores := map[string]sessions.Store{"ginjwt-memory": memoryStore(b), "ginjwt-redis": redisStore(b, addr)}
	done := 0
	for _, many := range []int{100, 10_000, 1_000_000} {
		for _, store := range stores {
			revoke(b, store, done, many)
		}
		done = many
		run(peers.GinjwtCached, many)
		for _, name := range []string{"ginjwt-memory", "ginjwt-redis"} {
			run(peers.GinjwtSessions(name, stores[name]), many)
		}
	}
}

// revoke revokes the tokens from to many of the contenders' subject.
func revoke(b *testing.B, store sessions.Store, from, many int) {
	b.Helper()
	list, err := sessions.NewDenylist(store, time.Hour)
	require.NoError(b, err)
	var claims ginjwt.Claims
	claims.Issuer, claims.Subject = peers.Names()
	const workers = 64 // so that they share the connection's writes
	failed := make([]error, workers)
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			own := claims
			for i := from + w; i < many && failed[w] == nil; i += workers {
				own.JWTID = strconv.Itoa(i)
				failed[w] = list.Revoke(b.Context(), &own)
			}
		})
	}
	group.Wait()
	for _, err := range failed {
		require.NoError(b, err)
	}
	claims.JWTID = strconv.Itoa(many - 1)
	revoked, err := list.Revoked(b.Context(), &claims)
	require.NoError(b, err)
	require.True(b, revoked)
}
