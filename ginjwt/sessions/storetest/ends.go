package storetest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

var endCases = []testCase{
	{"End ends one session and revokes its tokens", func(t *testing.T, b *rig) {
		tag := newTag()
		r, other := b.create(t, tag, 1), b.create(t, tag, 2)
		b.revoked(t, false, tag, r.ID, "")
		require.NoError(t, b.Store.End(b.ctx, tag, r.ID, b.long))
		b.over(t, tag, r.ID)
		b.revoked(t, true, tag, r.ID, "")
		b.alive(t, tag, other.ID)
		b.revoked(t, false, tag, other.ID, "")
		assert.ErrorIs(t, b.Peer.Rotate(b.ctx, tag, r.ID, r.Current, sessions.Rotation{}, b.long), sessions.ErrNotFound)
		assert.Zero(t, b.generation(t, tag, -1), "one session's end must not raise the generation")
	}},
	{"End of a session that is over, or never was, revokes all the same", func(t *testing.T, b *rig) {
		tag, r := newTag(), newRecord(1)
		require.NoError(t, b.Store.End(b.ctx, tag, "never", b.long))
		b.revoked(t, true, tag, "never", "")
		require.NoError(t, b.Store.Create(b.ctx, tag, r, b.short, noLimit, b.long))
		b.Pass(2 * b.short)
		require.NoError(t, b.Store.End(b.ctx, tag, r.ID, b.long))
		b.revoked(t, true, tag, r.ID, "")
		require.NoError(t, b.Store.End(b.ctx, tag, r.ID, b.long), "again")
	}},
	{"EndAll ends all sessions, revokes their tokens and raises the generation", func(t *testing.T, b *rig) {
		tag, other := newTag(), newTag()
		first, second, theirs := b.create(t, tag, 1), b.create(t, tag, 2), b.create(t, other, 1)
		require.NoError(t, b.Store.EndAll(b.ctx, tag, "", b.long))
		assert.Empty(t, b.ids(t, tag))
		for _, r := range []sessions.Record{first, second} {
			b.over(t, tag, r.ID)
			b.revoked(t, true, tag, r.ID, "")
		}
		assert.NotZero(t, b.generation(t, tag, 0))
		b.alive(t, other, theirs.ID)
		b.revoked(t, false, other, theirs.ID, "")
		assert.Zero(t, b.generation(t, other, -1))
		after := b.create(t, tag, 3)
		b.alive(t, tag, after.ID)
		b.revoked(t, false, tag, after.ID, "")
	}},
	{"EndAll can keep one session, and then does not raise the generation", func(t *testing.T, b *rig) {
		tag := newTag()
		first, keep, last := b.create(t, tag, 1), b.create(t, tag, 2), b.create(t, tag, 3)
		require.NoError(t, b.Store.EndAll(b.ctx, tag, keep.ID, b.long))
		assert.Equal(t, []string{keep.ID}, b.ids(t, tag))
		for _, r := range []sessions.Record{first, keep, last} {
			b.revoked(t, r.ID != keep.ID, tag, r.ID, "")
		}
		assert.Zero(t, b.generation(t, tag, -1))
		require.NoError(t, b.Store.Rotate(b.ctx, tag, keep.ID, keep.Current, sessions.Rotation{Current: newHash()}, b.long))
	}},
	{"EndAll with a session to keep that there is not ends all", func(t *testing.T, b *rig) {
		tag := newTag()
		r := b.create(t, tag, 1)
		require.NoError(t, b.Store.EndAll(b.ctx, tag, "none", b.long))
		b.over(t, tag, r.ID)
		b.revoked(t, true, tag, r.ID, "")
		b.revoked(t, false, tag, "none", "")
	}},
	{"EndAll of a subject without sessions raises the generation", func(t *testing.T, b *rig) {
		tag := newTag()
		require.NoError(t, b.Store.EndAll(b.ctx, tag, "none", b.long))
		assert.Zero(t, b.generation(t, tag, -1))
		require.NoError(t, b.Store.EndAll(b.ctx, tag, "", b.long))
		assert.NotZero(t, b.generation(t, tag, 0))
	}},
	{"EndAll leaves none of the sessions from before it, whatever else goes on", func(t *testing.T, b *rig) {
		for range rounds / 10 {
			tag := newTag()
			var before []sessions.Record
			for i := range 20 {
				before = append(before, b.create(t, tag, i))
			}
			race(func(i int) {
				r := before[i%len(before)]
				switch {
				case i == racers/2:
					assert.NoError(t, b.Store.EndAll(b.ctx, tag, "", b.long))
				case i%2 == 0:
					assert.NoError(t, b.side(i/2).Create(b.ctx, tag, newRecord(100+i), b.long, 15, b.long))
				default:
					err := b.side(i/2).Rotate(b.ctx, tag, r.ID, r.Current, sessions.Rotation{Current: newHash(), Used: r.Used}, b.long)
					assert.True(t, rotatedOrRefused(err), "%v", err)
				}
			})
			for _, r := range before {
				b.over(t, tag, r.ID)
				b.revoked(t, true, tag, r.ID, "")
			}
		}
	}},
}
