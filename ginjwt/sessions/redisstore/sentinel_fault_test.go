package redisstore_test

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/sessions/redisstore"
)

// through leads what is dialed at some servers over a network of their own.
func through(o *rueidis.ClientOption, networks map[string]*proxy) {
	o.DialCtxFn = func(ctx context.Context, addr string, d *net.Dialer, _ *tls.Config) (net.Conn, error) {
		if p, found := networks[addr]; found {
			addr = p.addr()
		}
		return d.DialContext(ctx, "tcp", addr)
	}
}

// point has the sentinel name s as the primary, as it would after a fail-over.
func point(t *testing.T, sentinel, s *server) {
	t.Helper()
	host, port, _ := strings.Cut(s.addr, ":")
	require.Equal(t, "+OK", s.ask("REPLICAOF", "NO", "ONE"))
	require.Equal(t, "+OK", sentinel.ask("SENTINEL", "REMOVE", masterSet))
	require.Equal(t, "+OK", sentinel.ask("SENTINEL", "MONITOR", masterSet, host, port, "1"))
}

func TestBehindSentinelAUserNeedsOneCommandMore(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, 1)
	o := g.option()
	o.Username, o.Password = "user", password
	aclUser(t, g.primary, "user", append(documented(t), "-role")...)
	_, err := redisstore.Open(o, redisstore.Config{})
	require.ErrorContains(t, err, "role")
	assert.NotContains(t, err.Error(), password)
	aclUser(t, g.primary, "user", append(documented(t), "+role")...)
	require.NoError(t, callAll(t, open(t, o, redisstore.Config{})))
	aclUser(t, g.primary, "user", documented(t)...)
	_, err = redisstore.Open(o, redisstore.Config{})
	assert.NoError(t, err, "what is documented is not enough")
}

// The sentinels can have users of their own.
func TestBehindSentinelAUserOfTheSentinels(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, 1)
	rules := []string{"+ping", "+client|tracking", "+sentinel|sentinels", "+sentinel|get-master-addr-by-name", "+subscribe", "+unsubscribe", "&*"}
	allow := func(rules ...string) {
		head := []string{"ACL", "SETUSER", "watcher", "reset", "on", ">" + password}
		require.Equal(t, "+OK", g.sentinels[0].ask(append(head, rules...)...))
	}
	o := g.option()
	o.Sentinel.Username, o.Sentinel.Password = "watcher", password
	allow(rules...)
	store := open(t, o, redisstore.Config{})
	assert.Empty(t, denied(g.sentinels[0]), "a sentinel denied something that went unnoticed")
	g.failOver(t)
	require.Eventually(t, isPrimary(t, g.replica), 30*time.Second, 20*time.Millisecond)
	require.Eventually(t, func() bool { return writesTo(t, store, g.replica) }, 15*time.Second, 20*time.Millisecond)
	assert.Empty(t, denied(g.sentinels[0]), "a sentinel denied something that went unnoticed")
	for _, without := range rules[1:4] {
		allow(append(rules, "-"+without[1:])...)
		_, err := redisstore.Open(o, redisstore.Config{})
		assert.Error(t, err, "%s is not needed", without)
	}
	o.Sentinel.Password = "wrong-" + password
	_, err := redisstore.Open(o, redisstore.Config{})
	require.ErrorContains(t, err, "WRONGPASS")
	assert.NotContains(t, err.Error(), password)
}

// The host of the primary and of a sentinel stops without a word, which is how
// hosts stop.
func TestBehindSentinelTheStoreLeavesASilentHost(t *testing.T) {
	g := newGuarded(t, 3)
	networks := map[string]*proxy{g.primary.addr: newProxy(t, g.primary.addr)}
	for _, s := range g.sentinels[:1] {
		networks[s.addr] = newProxy(t, s.addr)
	}
	o := g.option()
	through(&o, networks)
	store, err := redisstore.Open(o, redisstore.Config{})
	require.NoError(t, err)
	closed := make(chan struct{})
	defer func() {
		go func() { store.Close(); close(closed) }()
		select {
		case <-closed:
		case <-time.After(10 * time.Second):
			assert.Fail(t, "Close waits for a host that is silent")
		}
	}()
	k := prepare(t, g, store)
	k.during(t, store, func() {
		for _, p := range networks {
			p.set(true, 0)
		}
		g.primary.kill()
		require.Eventually(t, isPrimary(t, g.replica), 30*time.Second, 20*time.Millisecond, "no fail-over")
		promoted := time.Now()
		assert.Eventually(t, func() bool { return writesTo(t, store, g.replica) },
			30*time.Second, 100*time.Millisecond, "the store waits for a host that is silent")
		t.Logf("writes to the new primary %v after it was one", time.Since(promoted))
	})
}

// What was heard from the old primary must not be believed once a revocation at
// the new one was acknowledged to the same Store.
func TestBehindSentinelARevocationHoldsWhenItsCallReturns(t *testing.T) {
	g := newGuarded(t, 1)
	network := newProxy(t, g.primary.addr)
	o := g.option()
	o.Sentinel.TopologyRefreshInterval = 20 * time.Millisecond
	through(&o, map[string]*proxy{g.primary.addr: network})
	store := open(t, o, redisstore.Config{})
	tag := newTag()
	revoked, _, err := store.Revoked(t.Context(), tag, "", "j")
	require.NoError(t, err)
	require.False(t, revoked)
	network.set(true, 0)
	point(t, g.sentinels[0], g.replica)
	require.Eventually(t, func() bool { return writesTo(t, store, g.replica) }, 10*time.Second, time.Millisecond)
	require.NoError(t, store.Revoke(t.Context(), tag, "j", time.Hour))
	revoked, _, err = store.Revoked(t.Context(), tag, "", "j")
	require.NoError(t, err)
	assert.True(t, revoked, "the token is accepted after the call that revoked it has returned")
}

// Open looks at the primary; the one that takes over may be set up otherwise.
func TestBehindSentinelAReplicaThatWouldForgetIsNoticed(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, 1, "--maxmemory-policy", "allkeys-lru")
	store, err := redisstore.Open(g.option(), redisstore.Config{})
	if err != nil {
		assert.ErrorContains(t, err, g.replica.addr)
		return
	}
	defer store.Close()
	g.failOver(t)
	require.Eventually(t, isPrimary(t, g.replica), 30*time.Second, 20*time.Millisecond)
	require.Eventually(t, func() bool { return writesTo(t, store, g.replica) }, 15*time.Second, 20*time.Millisecond)
	require.Eventually(t, func() bool {
		_, _, err := store.Revoked(t.Context(), newTag(), "", "j")
		return err != nil && strings.Contains(err.Error(), "allkeys-lru")
	}, 5*time.Second, 20*time.Millisecond, "a Redis that drops keys when its memory is full is believed")
}

// A primary that becomes a replica, by hand or by an operator, keeps its
// connections; what it does not know of is then revoked elsewhere.
func TestAPrimaryThatBecomesAReplicaIsNotBelieved(t *testing.T) {
	t.Parallel()
	old, next := newServer(t), newServer(t, "--repl-diskless-sync-delay", "0")
	network := newProxy(t, next.addr) // between the two
	here, elsewhere := open(t, option(old.addr), redisstore.Config{}), open(t, option(next.addr), redisstore.Config{})
	host, port, _ := strings.Cut(network.addr(), ":")
	require.Equal(t, "+OK", old.ask("REPLICAOF", host, port))
	replica := direct(t, old)
	require.Eventually(t, func() bool {
		info, err := replica.Do(t.Context(), replica.B().Info().Section("replication").Build()).ToString()
		return err == nil && strings.Contains(info, "master_link_status:up")
	}, 30*time.Second, 20*time.Millisecond)
	network.set(true, 0)
	tag := newTag()
	require.NoError(t, elsewhere.Revoke(t.Context(), tag, "j", time.Hour))
	require.Eventually(t, func() bool {
		revoked, _, err := here.Revoked(t.Context(), tag, "", "j")
		return revoked || err != nil
	}, 5*time.Second, 20*time.Millisecond, "a replica says that the token is good")
}
