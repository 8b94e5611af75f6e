package storetest

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

// A Harness is a Store to test. What has no default must be set.
type Harness struct {
	// Store is what is tested.
	Store sessions.Store
	// Peer is another instance with the same sessions, if there can be one. By
	// default, it is Store.
	Peer sessions.Store
	// Unit is a short time by the Store's clock: what is to be over in a case
	// lives for that long, and what is not for a thousand times that.
	Unit time.Duration
	// Pass returns when d has passed by the Store's clock.
	Pass func(d time.Duration)
	// Now returns the time by the Store's clock. By default, it is time.Now.
	Now func() time.Time
	// Late is how late Revoked may be after a change made in Store and in Peer.
	// By default, it is not late at all.
	Late time.Duration
}

// Run tests the Store that open returns. Each case opens one, which may have
// what others left, for its subjects are its own.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	for _, list := range [][]testCase{sessionCases, rotationCases, limitCases, endCases, revocationCases, generationCases, contextCases} {
		for _, c := range list {
			t.Run(c.name, func(t *testing.T) {
				h := open(t)
				if h.Peer == nil {
					h.Peer = h.Store
				}
				if h.Now == nil {
					h.Now = time.Now
				}
				c.run(t, &rig{h, t.Context(), h.Unit, 1000 * h.Unit})
			})
		}
	}
}

type testCase struct {
	name string
	run  func(t *testing.T, b *rig)
}

// rig is a Harness and what most calls have in common.
type rig struct {
	Harness
	ctx         context.Context
	short, long time.Duration
}

const noLimit = 1000

func newTag() (tag sessions.Tag) {
	_, _ = rand.Read(tag[:])
	return tag
}

func newHash() (h sessions.Hash) {
	_, _ = rand.Read(h[:])
	return h
}

// newRecord returns a session that is like no other, used at the given second.
func newRecord(used int) sessions.Record {
	at := time.Date(2026, 3, 1, 12, 0, used, 0, time.UTC)
	return sessions.Record{
		ID: rand.Text(), Family: newHash(), Current: newHash(),
		Created: at.Add(-time.Hour), Used: at, Ends: at.Add(90 * 24 * time.Hour), Data: []byte(`{"sub":"u"}`),
	}
}

func (b *rig) create(t *testing.T, tag sessions.Tag, used int) sessions.Record {
	t.Helper()
	r := newRecord(used)
	require.NoError(t, b.Store.Create(b.ctx, tag, r, b.long, noLimit, b.long))
	return r
}

// alive checks that a session is there, for both instances.
func (b *rig) alive(t *testing.T, tag sessions.Tag, id string) {
	t.Helper()
	for _, store := range []sessions.Store{b.Store, b.Peer} {
		_, _, err := store.Get(b.ctx, tag, id)
		assert.NoError(t, err)
	}
}

func (b *rig) over(t *testing.T, tag sessions.Tag, id string) {
	t.Helper()
	for _, store := range []sessions.Store{b.Store, b.Peer} {
		_, _, err := store.Get(b.ctx, tag, id)
		assert.ErrorIs(t, err, sessions.ErrNotFound)
	}
}

func (b *rig) ids(t *testing.T, tag sessions.Tag) []string {
	t.Helper()
	all, err := b.Peer.List(b.ctx, tag)
	require.NoError(t, err)
	ids := []string{}
	for _, r := range all {
		ids = append(ids, r.ID)
	}
	return ids
}

// revoked checks what Revoked says, once it may no longer be late.
func (b *rig) revoked(t *testing.T, want bool, tag sessions.Tag, sid, jti string) {
	t.Helper()
	for _, store := range []sessions.Store{b.Store, b.Peer} {
		got := !want
		b.settled(t, func() bool {
			var err error
			got, _, err = store.Revoked(b.ctx, tag, sid, jti)
			require.NoError(t, err)
			return got == want
		})
		require.Equal(t, want, got, "sid %q, jti %q", sid, jti)
	}
}

// generation returns the subject's, once it is another than before.
func (b *rig) generation(t *testing.T, tag sessions.Tag, before int64) (now int64) {
	t.Helper()
	b.settled(t, func() bool {
		var err error
		_, now, err = b.Store.Revoked(b.ctx, tag, "", "")
		require.NoError(t, err)
		return now != before
	})
	return now
}

// settled calls good until it reports true, or for as long as Revoked may be late.
func (b *rig) settled(t *testing.T, good func() bool) {
	t.Helper()
	for end := time.Now().Add(b.Late); !good() && time.Now().Before(end); {
		time.Sleep(time.Millisecond) //nolint:forbidigo // a Store does not tell when it has heard
	}
}

// sameRecord compares what a Store keeps of a session: times to the microsecond.
func sameRecord(t *testing.T, want, got sessions.Record) {
	t.Helper()
	times := func(r *sessions.Record) []*time.Time {
		return []*time.Time{&r.GraceEnds, &r.Created, &r.Used, &r.Ends}
	}
	for i, at := range times(&want) {
		assert.Equal(t, at.UnixMicro(), times(&got)[i].UnixMicro())
		assert.Equal(t, at.IsZero(), times(&got)[i].IsZero())
		*at, *times(&got)[i] = time.Time{}, time.Time{}
	}
	assert.Equal(t, want, got)
}

// number returns a hash that tells i.
func number(i int) (h sessions.Hash) {
	binary.BigEndian.PutUint64(h[:], uint64(i)+1) //nolint:gosec // never negative
	return h
}
