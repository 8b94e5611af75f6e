package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

var sessionCases = []testCase{
	{"a session comes back as it was", func(t *testing.T, b *rig) {
		r := newRecord(1)
		zone := time.FixedZone("", 5*3600+1800)
		r.Previous, r.Salt, r.GraceEnds = newHash(), newHash(), r.Used.Add(1234567*time.Microsecond).In(zone)
		r.Created, r.Ends = r.Created.Add(999999*time.Microsecond).In(zone), r.Ends.Add(time.Microsecond)
		r.Data = make([]byte, 4096)
		for i := range r.Data {
			r.Data[i] = byte(i)
		}
		check(t, b, r)
	}},
	{"a session without a grace has none when it comes back", func(t *testing.T, b *rig) { check(t, b, newRecord(1)) }},
	{"a session of before 1970 comes back as it was", func(t *testing.T, b *rig) {
		r := newRecord(1)
		r.Created, r.Used = time.Date(1912, 6, 23, 0, 0, 0, 1000, time.UTC), time.Date(1969, 12, 31, 23, 59, 59, 999999000, time.UTC)
		check(t, b, r)
	}},
	{"a session keeps its own copy of Data", func(t *testing.T, b *rig) {
		tag, r := newTag(), newRecord(1)
		r.Data = []byte("good")
		require.NoError(t, b.Store.Create(b.ctx, tag, r, b.long, noLimit, b.long))
		copy(r.Data, "evil")
		for range 2 {
			got, _, err := b.Store.Get(b.ctx, tag, r.ID)
			require.NoError(t, err)
			assert.Equal(t, "good", string(got.Data))
			copy(got.Data, "evil")
			list, err := b.Store.List(b.ctx, tag)
			require.NoError(t, err)
			require.Len(t, list, 1)
			assert.Equal(t, "good", string(list[0].Data))
			copy(list[0].Data, "evil")
		}
	}},
	{"a session that never was is ErrNotFound", func(t *testing.T, b *rig) {
		tag := newTag()
		b.over(t, tag, "none")
		b.create(t, tag, 1)
		b.over(t, tag, "none")
		assert.ErrorIs(t, b.Store.Rotate(b.ctx, tag, "none", newHash(), sessions.Rotation{}, b.long), sessions.ErrNotFound)
	}},
	{"a session is of its subject alone", func(t *testing.T, b *rig) {
		tag, other := newTag(), newTag()
		r := b.create(t, tag, 1)
		b.over(t, other, r.ID)
		assert.Empty(t, b.ids(t, other))
		assert.ErrorIs(t, b.Store.Rotate(b.ctx, other, r.ID, r.Current, sessions.Rotation{}, b.long), sessions.ErrNotFound)
		require.NoError(t, b.Store.End(b.ctx, other, r.ID, b.long))
		require.NoError(t, b.Store.EndAll(b.ctx, other, "", b.long))
		b.alive(t, tag, r.ID)
		b.revoked(t, false, tag, r.ID, "")
	}},
	{"List returns the sessions of a subject that are not over", func(t *testing.T, b *rig) {
		tag := newTag()
		assert.Empty(t, b.ids(t, tag))
		first, second, third, brief := b.create(t, tag, 1), b.create(t, tag, 2), b.create(t, tag, 3), newRecord(4)
		require.NoError(t, b.Store.Create(b.ctx, tag, brief, b.short, noLimit, b.long))
		require.NoError(t, b.Store.End(b.ctx, tag, second.ID, b.long))
		b.Pass(2 * b.short)
		assert.ElementsMatch(t, []string{first.ID, third.ID}, b.ids(t, tag))
		list, err := b.Store.List(b.ctx, tag)
		require.NoError(t, err)
		for _, r := range list {
			want := first
			if r.ID == third.ID {
				want = third
			}
			sameRecord(t, want, r)
		}
	}},
	{"a session is over after its time, for every method", func(t *testing.T, b *rig) {
		tag, r := newTag(), newRecord(1)
		require.NoError(t, b.Store.Create(b.ctx, tag, r, b.short, noLimit, b.long))
		b.Pass(2 * b.short)
		b.over(t, tag, r.ID)
		assert.Empty(t, b.ids(t, tag))
		assert.ErrorIs(t, b.Store.Rotate(b.ctx, tag, r.ID, r.Current, sessions.Rotation{}, b.long), sessions.ErrNotFound)
		b.over(t, tag, r.ID)
	}},
	{"a session is not over because another of the subject is", func(t *testing.T, b *rig) {
		tag, brief := newTag(), newRecord(1)
		before := b.create(t, tag, 1)
		require.NoError(t, b.Store.Create(b.ctx, tag, brief, b.short, noLimit, b.long))
		b.Pass(2 * b.short)
		b.alive(t, tag, before.ID)
		after := b.create(t, tag, 1)
		b.alive(t, tag, after.ID)
	}},
}

// check compares a session with what Get and List return of it.
func check(t *testing.T, b *rig, r sessions.Record) {
	t.Helper()
	tag := newTag()
	require.NoError(t, b.Store.Create(b.ctx, tag, r, b.long, noLimit, b.long))
	got, generation, err := b.Peer.Get(b.ctx, tag, r.ID)
	require.NoError(t, err)
	assert.Zero(t, generation)
	sameRecord(t, r, got)
	list, err := b.Peer.List(b.ctx, tag)
	require.NoError(t, err)
	require.Len(t, list, 1)
	sameRecord(t, r, list[0])
}
