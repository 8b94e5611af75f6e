package redisstore_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/sessions"
	"github.com/ginjwt/gin-depends/ginjwt/sessions/redisstore"
	"github.com/ginjwt/gin-depends/ginjwt/sessions/storetest"
)

// newCluster starts a Redis Cluster of three nodes.
func newCluster(t *testing.T) (nodes []*server) {
	t.Helper()
	buses := make([]string, 3)
	for i := range buses {
		_, buses[i], _ = strings.Cut(freeAddr(t), ":")
		nodes = append(nodes, newServer(t, "--cluster-enabled", "yes", "--cluster-port", buses[i], "--cluster-node-timeout", "5000"))
	}
	for i, n := range nodes {
		first, last := i*16384/3, (i+1)*16384/3-1
		require.Equal(t, "+OK", n.ask("CLUSTER", "ADDSLOTSRANGE", fmt.Sprint(first), fmt.Sprint(last)))
		host, port, _ := strings.Cut(n.addr, ":")
		require.Equal(t, "+OK", nodes[0].ask("CLUSTER", "MEET", host, port, buses[i]))
	}
	for _, n := range nodes {
		c := direct(t, n)
		require.Eventually(t, func() bool {
			info, err := c.Do(t.Context(), c.B().ClusterInfo().Build()).ToString()
			return err == nil && strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:3")
		}, 30*time.Second, 20*time.Millisecond, "no cluster")
	}
	return nodes
}

// direct returns a client of one node, which is not led to others.
func direct(t *testing.T, s *server) rueidis.Client {
	t.Helper()
	c, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{s.addr}, ForceSingleClient: true, DisableCache: true})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func TestACluster(t *testing.T) {
	nodes := newCluster(t)
	cfg := redisstore.Config{Timeout: 10 * time.Second}
	a, b := open(t, option(nodes[0].addr), cfg), open(t, option(nodes[2].addr), cfg)
	t.Run("keeps the contract", func(t *testing.T) {
		c := direct(t, nodes[0])
		storetest.Run(t, func(t *testing.T) storetest.Harness {
			return storetest.Harness{
				Store: a, Peer: b, Unit: 40 * time.Millisecond, Late: 2 * time.Second,
				Pass: func(d time.Duration) { pass(t, c, d) },
				Now:  func() time.Time { return serverTime(t, c) },
			}
		})
	})
	t.Run("has subjects on each node", func(t *testing.T) {
		for range 100 {
			require.NoError(t, a.Revoke(t.Context(), newTag(), "j", time.Hour))
		}
		for _, n := range nodes {
			assert.NotEqual(t, ":0", n.ask("DBSIZE"))
		}
	})
	t.Run("is refused if one node may forget", func(t *testing.T) {
		require.Equal(t, "+OK", nodes[1].ask("CONFIG", "SET", "maxmemory-policy", "volatile-lru"))
		defer nodes[1].ask("CONFIG", "SET", "maxmemory-policy", "noeviction")
		_, err := redisstore.Open(option(nodes[0].addr), cfg)
		assert.ErrorContains(t, err, nodes[1].addr)
	})
	t.Run("moves a subject to another node, and no step is lost or half done", func(t *testing.T) {
		for moved := range 4 {
			moveSubject(t, nodes, moved)
		}
	})
}

// moveSubject takes a subject to another node, with a stop after as many of its
// four keys as moved says, in which every method is called.
func moveSubject(t *testing.T, nodes []*server, moved int) {
	store := open(t, option(nodes[0].addr), redisstore.Config{Timeout: 300 * time.Millisecond})
	ctx, tag := t.Context(), newTag()
	r, other := newRecord(), newRecord()
	for _, r := range []sessions.Record{r, other} {
		require.NoError(t, store.Create(ctx, tag, r, time.Hour, 9, time.Hour))
	}
	require.NoError(t, store.EndAll(ctx, tag, r.ID, time.Hour)) // ends other
	require.NoError(t, store.Revoke(ctx, tag, "old", time.Hour))
	m := newMigration(t, nodes, tag)
	for range moved {
		m.next(t)
	}
	unsure := func(err error) bool { // an outage is fair, a wrong answer is not
		assert.NotErrorIs(t, err, sessions.ErrNotFound)
		assert.NotErrorIs(t, err, sessions.ErrConflict)
		return err != nil
	}
	to := sessions.Rotation{Current: sessions.Hash{1}, Used: r.Used}
	rotateErr := store.Rotate(ctx, tag, r.ID, r.Current, to, time.Hour)
	unsure(rotateErr)
	_, _, err := store.Get(ctx, tag, r.ID)
	unsure(err)
	revokeErr := store.Revoke(ctx, tag, "new", time.Hour)
	unsure(revokeErr)
	endErr := store.EndAll(ctx, tag, "", time.Hour)
	unsure(endErr)
	if revoked, _, err := store.Revoked(ctx, tag, other.ID, ""); !unsure(err) {
		assert.True(t, revoked)
	}
	m.finish(t)
	require.Eventually(t, func() bool { _, err := store.List(ctx, tag); return err == nil }, 10*time.Second, 20*time.Millisecond)
	for _, c := range []struct {
		sid, jti string
		want     bool
	}{{other.ID, "", true}, {"", "old", true}, {"", "new", revokeErr == nil}, {r.ID, "", endErr == nil}} {
		revoked, generation, err := store.Revoked(ctx, tag, c.sid, c.jti)
		require.NoError(t, err)
		if c.want {
			assert.True(t, revoked, "after %d keys: %+v", moved, c)
		}
		assert.True(t, endErr != nil || generation > 0)
	}
	got, _, err := store.Get(ctx, tag, r.ID)
	if endErr == nil {
		assert.ErrorIs(t, err, sessions.ErrNotFound)
		return
	}
	require.NoError(t, err)
	assert.Equal(t, rotateErr == nil, got.Current == to.Current)
	assert.NoError(t, store.EndAll(ctx, tag, "", time.Hour))
}

// migration is a slot on its way from one node to another.
type migration struct {
	from, to *server
	ids      [2]string
	slot     string
	keys     []string
}

func newMigration(t *testing.T, nodes []*server, tag sessions.Tag) *migration {
	t.Helper()
	m := &migration{}
	for _, n := range nodes {
		c := direct(t, n)
		keys, err := c.Do(t.Context(), c.B().Keys().Pattern("*{"+encodeTag(tag)+"}*").Build()).AsStrSlice()
		require.NoError(t, err)
		id, err := c.Do(t.Context(), c.B().ClusterMyid().Build()).ToString()
		require.NoError(t, err)
		switch {
		case len(keys) > 0:
			m.from, m.ids[0], m.keys = n, id, keys
		case m.to == nil:
			m.to, m.ids[1] = n, id
		}
	}
	require.NotNil(t, m.from)
	m.slot = strings.TrimPrefix(m.from.ask("CLUSTER", "KEYSLOT", m.keys[0]), ":")
	require.Equal(t, "+OK", m.to.ask("CLUSTER", "SETSLOT", m.slot, "IMPORTING", m.ids[0]))
	require.Equal(t, "+OK", m.from.ask("CLUSTER", "SETSLOT", m.slot, "MIGRATING", m.ids[1]))
	return m
}

// next moves one key.
func (m *migration) next(t *testing.T) {
	t.Helper()
	if len(m.keys) == 0 {
		return
	}
	host, port, _ := strings.Cut(m.to.addr, ":")
	require.Equal(t, "+OK", m.from.ask("MIGRATE", host, port, m.keys[0], "0", "5000"))
	m.keys = m.keys[1:]
}

func (m *migration) finish(t *testing.T) {
	t.Helper()
	c := direct(t, m.from)
	var err error
	m.keys, err = c.Do(t.Context(), c.B().Arbitrary("CLUSTER", "GETKEYSINSLOT", m.slot, "1000").Build()).AsStrSlice()
	require.NoError(t, err)
	for len(m.keys) > 0 {
		m.next(t)
	}
	for _, n := range []*server{m.to, m.from} {
		require.Equal(t, "+OK", n.ask("CLUSTER", "SETSLOT", m.slot, "NODE", m.ids[1]))
	}
}
