package redisstore_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/sessions"
	"github.com/ginjwt/gin-depends/ginjwt/sessions/redisstore"
)

func TestAGenerationRisesThoughRedisClockWentBack(t *testing.T) {
	s := sharedServer(t)
	store, c, tag := open(t, option(s.addr), redisstore.Config{}), client(t, s.addr), newTag()
	const before = int64(4_102_444_800_000_000) // 2100
	set := c.B().Set().Key("ginjwt:{" + encodeTag(tag) + "}g").Value("4102444800000000").Ex(time.Hour).Build()
	require.NoError(t, c.Do(t.Context(), set).Error())
	for i := range int64(3) {
		require.NoError(t, store.EndAll(t.Context(), tag, "", time.Hour))
		_, generation, err := store.Revoked(t.Context(), tag, "", "")
		require.NoError(t, err)
		assert.Equal(t, before+1+i, generation)
	}
}

// All that a subject has is under its hash tag, for a Cluster, and no key has
// more in it than IDs, which are no secrets.
func TestTheNamesOfKeys(t *testing.T) {
	s := newServer(t)
	store, c := open(t, option(s.addr), redisstore.Config{Prefix: "mine:"}), client(t, s.addr)
	ctx, tag, r := t.Context(), newTag(), newRecord()
	r.Family, r.Current, r.Salt = sessions.Hash{1}, sessions.Hash{2}, sessions.Hash{3}
	require.NoError(t, store.Create(ctx, tag, r, time.Hour, 9, time.Hour))
	require.NoError(t, store.EndAll(ctx, tag, r.ID, time.Hour))
	require.NoError(t, store.End(ctx, tag, "a}{b", time.Hour))
	require.NoError(t, store.Revoke(ctx, tag, "token", time.Hour))
	require.NoError(t, store.EndAll(ctx, newTag(), "", time.Hour))
	keys, err := c.Do(ctx, c.B().Keys().Pattern("*").Build()).AsStrSlice()
	require.NoError(t, err)
	head := "mine:{" + encodeTag(tag) + "}"
	var ours []string
	for _, key := range keys {
		assert.True(t, strings.HasPrefix(key, "mine:{"), key)
		if rest, found := strings.CutPrefix(key, head); found {
			ours = append(ours, rest)
		}
	}
	assert.ElementsMatch(t, []string{"l", "sa}{b", "jtoken"}, ours)
}

func TestASessionThatCannotBeReadIsAnOutage(t *testing.T) {
	s := sharedServer(t)
	store, c, tag := open(t, option(s.addr), redisstore.Config{}), client(t, s.addr), newTag()
	set := c.B().Hset().Key("ginjwt:{"+encodeTag(tag)+"}l").FieldValue().FieldValue("id", "9999999999999999short").Build()
	require.NoError(t, c.Do(t.Context(), set).Error())
	_, _, err := store.Get(t.Context(), tag, "id")
	require.Error(t, err)
	assert.NotErrorIs(t, err, sessions.ErrNotFound)
	_, err = store.List(t.Context(), tag)
	assert.Error(t, err)
}
