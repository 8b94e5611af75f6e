package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var generationCases = []testCase{
	{"a generation that was never raised is 0", func(t *testing.T, b *rig) {
		tag := newTag()
		assert.Zero(t, b.generation(t, tag, -1))
		r := b.create(t, tag, 1)
		_, generation, err := b.Store.Get(b.ctx, tag, r.ID)
		require.NoError(t, err)
		assert.Zero(t, generation)
	}},
	{"a generation is the Store's time in microseconds", func(t *testing.T, b *rig) {
		tag := newTag()
		before := b.Now()
		require.NoError(t, b.Store.EndAll(b.ctx, tag, "", b.long))
		after := b.Now()
		generation := time.UnixMicro(b.generation(t, tag, 0))
		assert.WithinRange(t, generation, before.Truncate(time.Microsecond), after)
	}},
	{"Get tells the same generation as Revoked", func(t *testing.T, b *rig) {
		tag := newTag()
		require.NoError(t, b.Store.EndAll(b.ctx, tag, "", b.long))
		r := b.create(t, tag, 1)
		_, generation, err := b.Peer.Get(b.ctx, tag, r.ID)
		require.NoError(t, err)
		assert.Equal(t, b.generation(t, tag, 0), generation)
	}},
	{"a generation rises each time, even within a microsecond", func(t *testing.T, b *rig) {
		tag := newTag()
		last := int64(0)
		for range rounds {
			require.NoError(t, b.Store.EndAll(b.ctx, tag, "", b.long))
			next := b.generation(t, tag, last)
			require.Greater(t, next, last)
			last = next
		}
	}},
	{"a generation that is raised by many at once rises by each", func(t *testing.T, b *rig) {
		tag := newTag()
		require.NoError(t, b.Store.EndAll(b.ctx, tag, "", b.long))
		first := b.generation(t, tag, 0)
		race(func(i int) { assert.NoError(t, b.side(i).EndAll(b.ctx, tag, "", b.long)) })
		require.NoError(t, b.Store.EndAll(b.ctx, tag, "", b.long))
		assert.GreaterOrEqual(t, b.generation(t, tag, first), first+racers+1)
	}},
	{"a generation is 0 again after its time", func(t *testing.T, b *rig) {
		tag := newTag()
		require.NoError(t, b.Store.EndAll(b.ctx, tag, "", b.short))
		r := b.create(t, tag, 1)
		b.Pass(2 * b.short)
		assert.Zero(t, b.generation(t, tag, -1))
		_, generation, err := b.Store.Get(b.ctx, tag, r.ID)
		require.NoError(t, err)
		assert.Zero(t, generation)
	}},
	{"the time of a generation is never shortened", func(t *testing.T, b *rig) {
		tag := newTag()
		require.NoError(t, b.Store.EndAll(b.ctx, tag, "", b.long))
		before := b.generation(t, tag, 0)
		require.NoError(t, b.Store.EndAll(b.ctx, tag, "", b.short))
		b.Pass(2 * b.short)
		assert.Greater(t, b.generation(t, tag, before), before)
	}},
}
