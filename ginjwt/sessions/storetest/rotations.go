package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

var rotationCases = []testCase{
	{"a rotation changes what it says and nothing else", func(t *testing.T, b *rig) {
		tag := newTag()
		r := b.create(t, tag, 1)
		for _, to := range []sessions.Rotation{
			{Current: newHash(), Previous: r.Current, Salt: newHash(), GraceEnds: r.Used.Add(90 * time.Second), Used: r.Used.Add(time.Minute)},
			{Current: newHash(), Used: r.Used.Add(time.Hour)},
		} {
			require.NoError(t, b.Store.Rotate(b.ctx, tag, r.ID, r.Current, to, b.long))
			r.Current, r.Previous, r.Salt, r.GraceEnds, r.Used = to.Current, to.Previous, to.Salt, to.GraceEnds, to.Used
			got, _, err := b.Peer.Get(b.ctx, tag, r.ID)
			require.NoError(t, err)
			sameRecord(t, r, got)
		}
	}},
	{"a rotation from another secret is ErrConflict and changes nothing", func(t *testing.T, b *rig) {
		tag := newTag()
		r := b.create(t, tag, 1)
		for _, from := range []sessions.Hash{newHash(), {}, r.Family} {
			err := b.Store.Rotate(b.ctx, tag, r.ID, from, sessions.Rotation{Current: newHash()}, b.short)
			assert.ErrorIs(t, err, sessions.ErrConflict)
		}
		b.Pass(2 * b.short)
		got, _, err := b.Store.Get(b.ctx, tag, r.ID)
		require.NoError(t, err)
		sameRecord(t, r, got)
	}},
	{"a secret that was rotated away is ErrConflict", func(t *testing.T, b *rig) {
		tag := newTag()
		r := b.create(t, tag, 1)
		to := sessions.Rotation{Current: newHash(), Previous: r.Current}
		require.NoError(t, b.Store.Rotate(b.ctx, tag, r.ID, r.Current, to, b.long))
		assert.ErrorIs(t, b.Peer.Rotate(b.ctx, tag, r.ID, r.Current, to, b.long), sessions.ErrConflict)
	}},
	{"a rotation gives a session its time anew, be it longer", func(t *testing.T, b *rig) {
		tag, r := newTag(), newRecord(1)
		require.NoError(t, b.Store.Create(b.ctx, tag, r, 20*b.short, noLimit, b.long))
		require.NoError(t, b.Store.Rotate(b.ctx, tag, r.ID, r.Current, sessions.Rotation{Current: newHash()}, b.long))
		b.Pass(21 * b.short)
		b.alive(t, tag, r.ID)
	}},
	{"a rotation gives a session its time anew, be it shorter", func(t *testing.T, b *rig) {
		tag := newTag()
		r := b.create(t, tag, 1)
		require.NoError(t, b.Store.Rotate(b.ctx, tag, r.ID, r.Current, sessions.Rotation{Current: newHash()}, b.short))
		b.Pass(2 * b.short)
		b.over(t, tag, r.ID)
	}},
	{"of many rotations from one secret exactly one wins", func(t *testing.T, b *rig) {
		tag := newTag()
		r := b.create(t, tag, 1)
		for range rounds {
			results := make([]error, racers)
			race(func(i int) {
				results[i] = b.side(i).Rotate(b.ctx, tag, r.ID, r.Current, sessions.Rotation{Current: number(i)}, b.long)
			})
			winner := -1
			for i, err := range results {
				if err == nil {
					require.Equal(t, -1, winner, "two rotations won")
					winner = i
					continue
				}
				require.ErrorIs(t, err, sessions.ErrConflict)
			}
			require.NotEqual(t, -1, winner, "no rotation won")
			got, _, err := b.Peer.Get(b.ctx, tag, r.ID)
			require.NoError(t, err)
			require.Equal(t, number(winner), got.Current)
			r.Current = newHash()
			require.NoError(t, b.Store.Rotate(b.ctx, tag, r.ID, got.Current, sessions.Rotation{Current: r.Current}, b.long))
		}
	}},
	{"a session that is ended during rotations stays over", func(t *testing.T, b *rig) {
		for range rounds {
			tag := newTag()
			r := b.create(t, tag, 1)
			race(func(i int) {
				if i == racers/2 {
					assert.NoError(t, b.Store.End(b.ctx, tag, r.ID, b.long))
					return
				}
				err := b.side(i).Rotate(b.ctx, tag, r.ID, r.Current, sessions.Rotation{Current: number(i)}, b.long)
				assert.True(t, rotatedOrRefused(err), "%v", err)
			})
			b.over(t, tag, r.ID)
			b.revoked(t, true, tag, r.ID, "")
		}
	}},
}
