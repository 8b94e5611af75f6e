package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

var limitCases = []testCase{
	{"above the limit the sessions used longest ago are ended, and revoked", func(t *testing.T, b *rig) {
		tag := newTag()
		middle, oldest, newest := b.create(t, tag, 20), b.create(t, tag, 10), b.create(t, tag, 30)
		more := newRecord(40)
		require.NoError(t, b.Store.Create(b.ctx, tag, more, b.long, 3, b.long))
		assert.ElementsMatch(t, []string{middle.ID, newest.ID, more.ID}, b.ids(t, tag))
		b.over(t, tag, oldest.ID)
		for _, r := range []sessions.Record{middle, oldest, newest, more} {
			b.revoked(t, r.ID == oldest.ID, tag, r.ID, "")
		}
	}},
	{"a rotation is a use", func(t *testing.T, b *rig) {
		tag := newTag()
		oldest, second := b.create(t, tag, 10), b.create(t, tag, 20)
		to := sessions.Rotation{Current: newHash(), Used: oldest.Used.Add(time.Minute)}
		require.NoError(t, b.Store.Rotate(b.ctx, tag, oldest.ID, oldest.Current, to, b.long))
		require.NoError(t, b.Store.Create(b.ctx, tag, newRecord(30), b.long, 2, b.long))
		b.alive(t, tag, oldest.ID)
		b.over(t, tag, second.ID)
	}},
	{"a new session is not the one that is ended, however long ago it was used", func(t *testing.T, b *rig) {
		tag, late := newTag(), newRecord(1)
		b.create(t, tag, 10)
		require.NoError(t, b.Store.Create(b.ctx, tag, late, b.long, 1, b.long))
		assert.Equal(t, []string{late.ID}, b.ids(t, tag))
	}},
	{"with a lower limit as many are ended as are too many", func(t *testing.T, b *rig) {
		tag := newTag()
		var all []sessions.Record
		for i := range 10 {
			all = append(all, b.create(t, tag, i))
		}
		last := newRecord(11)
		require.NoError(t, b.Store.Create(b.ctx, tag, last, b.long, 3, b.long))
		assert.ElementsMatch(t, []string{all[8].ID, all[9].ID, last.ID}, b.ids(t, tag))
		for i, r := range all {
			b.revoked(t, i < 8, tag, r.ID, "")
		}
	}},
	{"a session that is over counts no more", func(t *testing.T, b *rig) {
		tag, brief, more := newTag(), newRecord(50), newRecord(20)
		first := b.create(t, tag, 10)
		require.NoError(t, b.Store.Create(b.ctx, tag, brief, b.short, 2, b.long))
		b.Pass(2 * b.short)
		require.NoError(t, b.Store.Create(b.ctx, tag, more, b.long, 2, b.long))
		assert.ElementsMatch(t, []string{first.ID, more.ID}, b.ids(t, tag))
		b.revoked(t, false, tag, first.ID, "")
	}},
	{"the limit is of each subject", func(t *testing.T, b *rig) {
		tag, other := newTag(), newTag()
		theirs := b.create(t, other, 1)
		for i := range 3 {
			require.NoError(t, b.Store.Create(b.ctx, tag, newRecord(10+i), b.long, 1, b.long))
		}
		b.alive(t, other, theirs.ID)
		assert.Len(t, b.ids(t, tag), 1)
	}},
	{"many sessions at once are never more than the limit, and the others are revoked", func(t *testing.T, b *rig) {
		const limit = 5
		for range rounds / 10 {
			tag := newTag()
			created := make([]sessions.Record, racers)
			race(func(i int) {
				created[i] = newRecord(i)
				assert.NoError(t, b.side(i).Create(b.ctx, tag, created[i], b.long, limit, b.long))
			})
			alive := b.ids(t, tag)
			require.Len(t, alive, limit)
			for _, r := range created {
				b.revoked(t, !slices.Contains(alive, r.ID), tag, r.ID, "")
			}
		}
	}},
}
