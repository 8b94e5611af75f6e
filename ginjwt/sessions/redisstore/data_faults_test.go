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

// What another program wrote where the Store's data should be is an outage: it is
// no session that is over, and no token that is good.
func TestDataOfOthersIsAnOutage(t *testing.T) {
	s := sharedServer(t)
	store, c := open(t, option(s.addr), redisstore.Config{}), client(t, s.addr)
	ctx := t.Context()
	outage := func(t *testing.T, err error) {
		t.Helper()
		require.Error(t, err)
		assert.NotErrorIs(t, err, sessions.ErrNotFound)
	}
	t.Run("a session without a time", func(t *testing.T) {
		tag := newTag()
		set := c.B().Hset().Key("ginjwt:{"+encodeTag(tag)+"}l").FieldValue().FieldValue("id", "9999999999999.99"+strings.Repeat("x", 1000)).Build() // a number, to Lua
		require.NoError(t, c.Do(ctx, set).Error())
		_, err := store.List(ctx, tag)
		outage(t, err)
		assert.ErrorContains(t, err, "a session has no time")
	})
	t.Run("a generation that is no number", func(t *testing.T) {
		tag, r := newTag(), newRecord()
		require.NoError(t, store.Create(ctx, tag, r, time.Hour, 9, time.Hour))
		set := c.B().Set().Key("ginjwt:{" + encodeTag(tag) + "}g").Value("many").Ex(time.Hour).Build()
		require.NoError(t, c.Do(ctx, set).Error())
		_, _, err := store.Get(ctx, tag, r.ID)
		outage(t, err)
		_, _, err = store.Revoked(ctx, tag, r.ID, "")
		outage(t, err)
	})
	t.Run("a revocation of another type", func(t *testing.T) {
		for kind, ids := range map[string][2]string{"sid": {"sid", ""}, "jti": {"", "jti"}} {
			tag := newTag()
			push := c.B().Rpush().Key("ginjwt:{" + encodeTag(tag) + "}" + kind[:1] + kind).Element("x").Build()
			require.NoError(t, c.Do(ctx, push).Error())
			_, _, err := store.Revoked(ctx, tag, ids[0], ids[1])
			outage(t, err)
		}
	})
}
