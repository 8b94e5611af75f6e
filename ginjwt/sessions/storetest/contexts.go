package storetest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

var contextCases = []testCase{
	{"under a context that is over a call fails or has its effect", func(t *testing.T, b *rig) {
		ctx, stop := context.WithCancel(b.ctx)
		tag := newTag()
		r := b.create(t, tag, 1)
		stop()
		if err := b.Store.Create(ctx, tag, newRecord(2), b.long, noLimit, b.long); err == nil {
			assert.Len(t, b.ids(t, tag), 2)
		}
		if got, _, err := b.Store.Get(ctx, tag, r.ID); err == nil {
			sameRecord(t, r, got)
		}
		if list, err := b.Store.List(ctx, tag); err == nil {
			assert.NotEmpty(t, list)
		}
		to := sessions.Rotation{Current: newHash()}
		if err := b.Store.Rotate(ctx, tag, r.ID, r.Current, to, b.long); err == nil {
			assert.ErrorIs(t, b.Store.Rotate(b.ctx, tag, r.ID, r.Current, to, b.long), sessions.ErrConflict)
		}
		if err := b.Store.Revoke(ctx, tag, "j", b.long); err == nil {
			b.revoked(t, true, tag, "", "j")
		}
		if err := b.Store.End(ctx, tag, r.ID, b.long); err == nil {
			b.over(t, tag, r.ID)
			b.revoked(t, true, tag, r.ID, "")
		}
		if err := b.Store.EndAll(ctx, tag, "", b.long); err == nil {
			assert.Empty(t, b.ids(t, tag))
		}
		require.NoError(t, b.Store.Revoke(b.ctx, tag, "k", b.long))
		if revoked, _, err := b.Store.Revoked(ctx, tag, "", "k"); err == nil {
			assert.True(t, revoked)
		}
	}},
}
