package redisstore_test

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/sessions"
	"github.com/ginjwt/gin-depends/ginjwt/sessions/redisstore"
)

// calls returns how often Redis was sent each command by its clients; what
// scripts call inside is not counted by EVALSHA's own line.
func calls(tb testing.TB, c rueidis.Client) map[string]int {
	tb.Helper()
	info, err := c.Do(tb.Context(), c.B().Info().Section("commandstats").Build()).ToString()
	require.NoError(tb, err)
	stats := map[string]int{}
	for _, m := range regexp.MustCompile(`cmdstat_([a-z|]+):calls=(\d+)`).FindAllStringSubmatch(info, -1) {
		stats[m[1]], _ = strconv.Atoi(m[2])
	}
	return stats
}

// A round trip is a command on the wire: EVALSHA for a script, whose own
// commands need none.
func TestEachStepIsOneRoundTrip(t *testing.T) {
	s := newServer(t)
	c := client(t, s.addr)
	store := open(t, option(s.addr), redisstore.Config{})
	ctx, tag, r := t.Context(), newTag(), newRecord()
	steps := []struct {
		name string
		call func() error
		want map[string]int
	}{
		{"Create", func() error { return store.Create(ctx, tag, newRecord(), time.Hour, 99, time.Hour) }, map[string]int{"evalsha": 1, "exists": 0}},
		{"Get", func() error { _, _, err := store.Get(ctx, tag, r.ID); return err }, map[string]int{"evalsha": 1, "exists": 0}},
		{"Rotate", func() error {
			return store.Rotate(ctx, tag, r.ID, r.Current, sessions.Rotation{Current: r.Current}, time.Hour)
		}, map[string]int{"evalsha": 1, "exists": 0}},
		{"List", func() error { _, err := store.List(ctx, tag); return err }, map[string]int{"evalsha": 1, "exists": 0}},
		{"Revoked", func() error { _, _, err := store.Revoked(ctx, tag, "s", "j"); return err }, map[string]int{"evalsha": 0, "exists": 0, "get": 3}},
		{"Revoked again", func() error { _, _, err := store.Revoked(ctx, tag, "s", "j"); return err }, map[string]int{"evalsha": 0, "exists": 0, "get": 0, "client|caching": 0}},
		{"End, and what makes it known here", func() error { return store.End(ctx, tag, "s", time.Hour) }, map[string]int{"evalsha": 1, "exists": 1}},
	}
	require.NoError(t, store.Create(ctx, tag, r, time.Hour, 99, time.Hour))
	for _, step := range steps { // the first use of a script sends its text
		require.NoError(t, step.call())
	}
	require.NoError(t, store.Revoke(ctx, tag, "s", time.Hour))
	tag2 := newTag()
	steps[4].call = func() error { _, _, err := store.Revoked(ctx, tag2, "s", "j"); return err }
	steps[5].call = steps[4].call
	for _, step := range steps {
		before := calls(t, c)
		require.NoError(t, step.call())
		after := calls(t, c)
		for command, want := range step.want {
			assert.Equal(t, want, after[command]-before[command], "%s: %s", step.name, command)
		}
		assert.Equal(t, before["eval"], after["eval"], step.name)
	}
}

func BenchmarkRevoked(b *testing.B) {
	for _, revoked := range []int{100, 10_000, 1_000_000} {
		s := newServer(b)
		store, c, tag := open(b, option(s.addr), redisstore.Config{}), client(b, s.addr), newTag()
		revokeMany(b, c, tag, revoked)
		report := func(b *testing.B) { b.ReportMetric(float64(usedMemory(b, c))/float64(revoked), "B/revocation") }
		b.Run(fmt.Sprintf("from memory/%d", revoked), func(b *testing.B) {
			check := func() {
				if revoked, _, err := store.Revoked(b.Context(), tag, "sidsidsidsidsidsidsids", "jtijtijtijtijtijtijtij"); revoked || err != nil {
					b.Fatal(revoked, err)
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				check()
			}
			report(b)
		})
		b.Run(fmt.Sprintf("asked/%d", revoked), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				if revoked, _, err := store.Revoked(b.Context(), tag, "", strconv.Itoa(i%revoked)); !revoked || err != nil {
					b.Fatal(revoked, err)
				}
			}
		})
	}
}

// revokeMany does what Revoke does, in large batches.
func revokeMany(b *testing.B, c rueidis.Client, tag sessions.Tag, many int) {
	b.Helper()
	for i := 0; i < many; {
		var batch rueidis.Commands
		for ; i < many && len(batch) < 1000; i++ {
			key := fmt.Sprintf("ginjwt:{%s}j%d", encodeTag(tag), i)
			batch = append(batch, c.B().Set().Key(key).Value("1").PxMilliseconds(3_600_000).Build())
		}
		for _, answer := range c.DoMulti(b.Context(), batch...) {
			require.NoError(b, answer.Error())
		}
	}
}

func usedMemory(b *testing.B, c rueidis.Client) int {
	b.Helper()
	info, err := c.Do(b.Context(), c.B().Info().Section("memory").Build()).ToString()
	require.NoError(b, err)
	used, err := strconv.Atoi(regexp.MustCompile(`used_memory_dataset:(\d+)`).FindStringSubmatch(info)[1])
	require.NoError(b, err)
	return used
}

func BenchmarkRotate(b *testing.B) {
	s := newServer(b)
	store, c, tag, r := open(b, option(s.addr), redisstore.Config{}), client(b, s.addr), newTag(), newRecord()
	require.NoError(b, store.Create(b.Context(), tag, r, time.Hour, 9, time.Hour))
	rotate := func() {
		to := sessions.Rotation{Current: r.Current, Used: r.Used}
		if err := store.Rotate(b.Context(), tag, r.ID, r.Current, to, time.Hour); err != nil {
			b.Fatal(err)
		}
	}
	rotate()
	before, count := calls(b, c)["evalsha"], 0
	b.ReportAllocs()
	for b.Loop() {
		rotate()
		count++
	}
	b.ReportMetric(float64(calls(b, c)["evalsha"]-before)/float64(count), "roundtrips/op")
}

// BenchmarkSession tells what a session that is alive takes in Redis: the first of
// a subject, and each more.
func BenchmarkSession(b *testing.B) {
	s := newServer(b)
	store, c := open(b, option(s.addr), redisstore.Config{}), client(b, s.addr)
	usage := func(tag sessions.Tag) float64 {
		bytes, err := c.Do(b.Context(), c.B().MemoryUsage().Key("ginjwt:{"+encodeTag(tag)+"}l").Samples(0).Build()).AsInt64()
		require.NoError(b, err)
		return float64(bytes)
	}
	for b.Loop() {
		tag := newTag()
		require.NoError(b, store.Create(b.Context(), tag, newRecord(), time.Hour, 99, time.Hour))
		first := usage(tag)
		for range 9 {
			require.NoError(b, store.Create(b.Context(), tag, newRecord(), time.Hour, 99, time.Hour))
		}
		b.ReportMetric(first, "B/first")
		b.ReportMetric((usage(tag)-first)/9, "B/more")
	}
}
