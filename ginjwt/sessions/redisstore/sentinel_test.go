package redisstore_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/sessions"
	"github.com/ginjwt/gin-depends/ginjwt/sessions/redisstore"
	"github.com/ginjwt/gin-depends/ginjwt/sessions/storetest"
)

// guarded is a primary and a replica that sentinels watch.
type guarded struct {
	primary, replica *server
	sentinels        []*server
}

const masterSet = "logins"

func newGuarded(t *testing.T, sentinels int, replicaArgs ...string) *guarded {
	t.Helper()
	g := &guarded{primary: newServer(t, "--repl-diskless-sync-delay", "0")}
	host, port, _ := strings.Cut(g.primary.addr, ":")
	g.replica = newServer(t, append([]string{"--replicaof", host + " " + port, "--repl-diskless-sync-delay", "0"}, replicaArgs...)...)
	for range sentinels {
		g.sentinels = append(g.sentinels, newSentinel(t, g.primary, sentinels/2+1))
	}
	for _, s := range g.sentinels {
		c := direct(t, s)
		require.Eventually(t, func() bool {
			m, err := c.Do(t.Context(), c.B().Arbitrary("SENTINEL", "MASTER", masterSet).Build()).AsStrMap()
			return err == nil && m["num-slaves"] == "1" && m["num-other-sentinels"] == fmt.Sprint(sentinels-1)
		}, 30*time.Second, 20*time.Millisecond, "the sentinels do not know the others")
	}
	c := direct(t, g.replica)
	require.Eventually(t, func() bool {
		info, err := c.Do(t.Context(), c.B().Info().Section("replication").Build()).ToString()
		return err == nil && strings.Contains(info, "master_link_status:up")
	}, 30*time.Second, 20*time.Millisecond, "the replica has no link")
	return g
}

func newSentinel(t *testing.T, primary *server, quorum int) *server {
	t.Helper()
	s := &server{dir: t.TempDir(), addr: freeAddr(t)}
	_, port, err := net.SplitHostPort(s.addr)
	require.NoError(t, err)
	host, watched, _ := strings.Cut(primary.addr, ":")
	file := filepath.Join(s.dir, "sentinel.conf")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, `bind 127.0.0.1
port %s
dir %s
sentinel monitor %[3]s %s %s %d
sentinel down-after-milliseconds %[3]s 500
sentinel failover-timeout %[3]s 3000
`, port, s.dir, masterSet, host, watched, quorum), 0o600))
	s.launch(t, func() bool { return s.ask("PING") == "+PONG" }, file, "--sentinel")
	return s
}

func (g *guarded) option() (o rueidis.ClientOption) {
	for _, s := range g.sentinels {
		o.InitAddress = append(o.InitAddress, s.addr)
	}
	o.Sentinel.MasterSet = masterSet
	return o
}

// replicated waits until the replica has all that the primary has acknowledged.
func (g *guarded) replicated(t *testing.T) {
	t.Helper()
	c := direct(t, g.primary)
	require.NoError(t, c.Do(t.Context(), c.B().Set().Key("mark").Value("1").Build()).Error())
	n, err := c.Do(t.Context(), c.B().Wait().Numreplicas(1).Timeout(10_000).Build()).AsInt64()
	require.NoError(t, err)
	require.Equal(t, int64(1), n)
}

// failOver asks for a fail-over, which a sentinel refuses until it has heard of
// the replica's state.
func (g *guarded) failOver(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool { return g.sentinels[0].ask("SENTINEL", "FAILOVER", masterSet) == "+OK" },
		20*time.Second, 50*time.Millisecond, "the sentinel does not begin a fail-over")
}

// isPrimary returns whether s says that it is one.
func isPrimary(t *testing.T, s *server) func() bool {
	c := direct(t, s)
	return func() bool {
		info, err := c.Do(t.Context(), c.B().Info().Section("replication").Build()).ToString()
		return err == nil && strings.Contains(info, "role:master")
	}
}

func TestBehindSentinelTheStoreKeepsTheContract(t *testing.T) {
	g := newGuarded(t, 1)
	c, cfg := direct(t, g.primary), redisstore.Config{Timeout: 10 * time.Second}
	a, b := open(t, g.option(), cfg), open(t, g.option(), cfg)
	storetest.Run(t, func(t *testing.T) storetest.Harness {
		return storetest.Harness{
			Store: a, Peer: b, Unit: 40 * time.Millisecond, Late: 2 * time.Second,
			Pass: func(d time.Duration) { pass(t, c, d) },
			Now:  func() time.Time { return serverTime(t, c) },
		}
	})
}

func TestBehindSentinelOpenRefuses(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, 1)
	unknown, replicas, some := g.option(), g.option(), g.option()
	unknown.Sentinel.MasterSet = "unknown"
	replicas.ReplicaOnly = true
	some.SendToReplicas = func(cmd rueidis.Completed) bool { return cmd.IsReadOnly() }
	for name, c := range map[string]struct {
		option rueidis.ClientOption
		want   string
	}{
		"a master set that is unknown":  {unknown, "No such master"},
		"reading from replicas":         {replicas, "ReplicaOnly"},
		"reading from replicas by kind": {some, "SendToReplicas"},
	} {
		t.Run(name, func(t *testing.T) {
			begun := time.Now()
			_, err := redisstore.Open(c.option, redisstore.Config{})
			assert.ErrorContains(t, err, c.want)
			assert.Less(t, time.Since(begun), 5*time.Second)
		})
	}
	t.Run("a primary that may forget", func(t *testing.T) {
		require.Equal(t, "+OK", g.primary.ask("CONFIG", "SET", "maxmemory-policy", "volatile-lru"))
		defer g.primary.ask("CONFIG", "SET", "maxmemory-policy", "noeviction")
		_, err := redisstore.Open(g.option(), redisstore.Config{})
		assert.ErrorContains(t, err, g.primary.addr)
	})
}

// known is what was acknowledged, and replicated, before a fail-over.
type known struct {
	tag      sessions.Tag
	jtis     []string
	sessions []sessions.Record
}

func prepare(t *testing.T, g *guarded, store *redisstore.Store) (k known) {
	t.Helper()
	k.tag = newTag()
	for i := range 200 {
		k.jtis = append(k.jtis, fmt.Sprint(i))
		require.NoError(t, store.Revoke(t.Context(), k.tag, k.jtis[i], time.Hour))
		r := newRecord()
		k.sessions = append(k.sessions, r)
		require.NoError(t, store.Create(t.Context(), k.tag, r, time.Hour, 1000, time.Hour))
	}
	g.replicated(t)
	return k
}

// during presents what is known, again and again, while fn runs, and returns
// how many answers and how many errors there were: no answer may be wrong.
func (k known) during(t *testing.T, store *redisstore.Store, fn func()) (answers, failures int64) {
	t.Helper()
	var stopped atomic.Bool
	var good, bad atomic.Int64
	var traffic sync.WaitGroup
	count := func(err error) bool {
		if err != nil {
			bad.Add(1)
			assert.NotErrorIs(t, err, sessions.ErrNotFound)
			return false
		}
		good.Add(1)
		return true
	}
	for w := range 4 {
		traffic.Go(func() {
			for i := w; !stopped.Load() && !t.Failed(); i++ {
				revoked, _, err := store.Revoked(t.Context(), k.tag, "", k.jtis[i*7919%len(k.jtis)])
				if count(err) {
					assert.True(t, revoked, "a revoked token was accepted")
				}
				_, _, err = store.Get(t.Context(), k.tag, k.sessions[i*7919%len(k.sessions)].ID)
				count(err)
				time.Sleep(time.Millisecond) // traffic, not a load
			}
		})
	}
	fn()
	stopped.Store(true)
	traffic.Wait()
	return good.Load(), bad.Load()
}

func TestBehindSentinelTheStoreSurvivesAFailOver(t *testing.T) {
	for name, fail := range map[string]func(t *testing.T, g *guarded){
		"that is asked for":            func(t *testing.T, g *guarded) { g.failOver(t) },
		"after the primary was killed": func(_ *testing.T, g *guarded) { g.primary.kill() },
	} {
		t.Run(name, func(t *testing.T) {
			g := newGuarded(t, 3)
			store, other := open(t, g.option(), redisstore.Config{}), open(t, g.option(), redisstore.Config{})
			k := prepare(t, g, store)
			answers, failures := k.during(t, store, func() {
				fail(t, g)
				require.Eventually(t, isPrimary(t, g.replica), 30*time.Second, 20*time.Millisecond, "no fail-over")
				promoted := time.Now()
				require.Eventually(t, func() bool { return writesTo(t, store, g.replica) && writesTo(t, other, g.replica) },
					15*time.Second, 20*time.Millisecond, "the store did not find the new primary")
				t.Logf("writes to the new primary %v after it was one", time.Since(promoted))
			})
			t.Logf("%d answers, %d failures", answers, failures)
			assert.NotZero(t, answers)
			require.NoError(t, callAll(t, store))
			for _, jti := range k.jtis {
				revoked, _, err := other.Revoked(t.Context(), k.tag, "", jti)
				require.NoError(t, err)
				require.True(t, revoked, "a revocation was lost")
			}
			heardOf(t, store, other)
		})
	}
}

// writesTo reports whether what store revokes is at s, which is a primary.
func writesTo(t *testing.T, store *redisstore.Store, s *server) bool {
	tag := newTag()
	return store.Revoke(t.Context(), tag, "j", time.Hour) == nil &&
		s.ask("EXISTS", "ginjwt:{"+encodeTag(tag)+"}jj") == ":1"
}

// heardOf checks that one store hears at once of what is revoked by another.
func heardOf(t *testing.T, here, elsewhere *redisstore.Store) {
	t.Helper()
	tag := newTag()
	revoked, _, err := here.Revoked(t.Context(), tag, "", "j")
	require.NoError(t, err)
	require.False(t, revoked)
	require.NoError(t, elsewhere.Revoke(t.Context(), tag, "j", time.Hour))
	assert.Eventually(t, func() bool {
		revoked, _, err := here.Revoked(t.Context(), tag, "", "j")
		return err == nil && revoked
	}, time.Second, time.Millisecond, "the new primary's messages are not heeded")
}
