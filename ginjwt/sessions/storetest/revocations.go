package storetest

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

var revocationCases = []testCase{
	{"Revoke revokes one token, and Revoked looks at both IDs that it is given", func(t *testing.T, b *rig) {
		tag := newTag()
		r := b.create(t, tag, 1)
		b.revoked(t, false, tag, r.ID, "j1")
		require.NoError(t, b.Store.Revoke(b.ctx, tag, "j1", b.long))
		require.NoError(t, b.Store.End(b.ctx, tag, "s1", b.long))
		for _, c := range []struct {
			sid, jti string
			want     bool
		}{
			{"s1", "j1", true}, {"s1", "j2", true}, {"s2", "j1", true}, {"s1", "", true}, {"", "j1", true},
			{"s2", "j2", false}, {"", "j2", false}, {"s2", "", false}, {"", "", false},
			{"j1", "s1", false}, // a session is no token, even if the IDs are the same
		} {
			b.revoked(t, c.want, tag, c.sid, c.jti)
		}
		b.alive(t, tag, r.ID)
		b.revoked(t, false, tag, r.ID, "j2")
	}},
	{"a revocation is of its subject alone", func(t *testing.T, b *rig) {
		tag, other := newTag(), newTag()
		require.NoError(t, b.Store.Revoke(b.ctx, tag, "same", b.long))
		require.NoError(t, b.Store.End(b.ctx, tag, "same", b.long))
		b.revoked(t, true, tag, "same", "same")
		b.revoked(t, false, other, "same", "same")
	}},
	{"tags that differ in one bit are two subjects", func(t *testing.T, b *rig) {
		tag := newTag()
		require.NoError(t, b.Store.Revoke(b.ctx, tag, "j", b.long))
		for i := range tag {
			other := tag
			other[i] ^= 1
			b.revoked(t, false, other, "", "j")
		}
	}},
	{"IDs may be of any characters and of any length", func(t *testing.T, b *rig) {
		tag := newTag()
		ids := []string{" ", "a b", "a\x00b", "\r\n", "{x}", "}{", "*", "é\xff", "s", "j", "g", strings.Repeat("x", 4000), strings.Repeat("x", 4001)}
		for i, id := range ids {
			require.NoError(t, b.Store.Revoke(b.ctx, tag, id, b.long))
			require.NoError(t, b.Store.End(b.ctx, tag, id, b.long))
			for j, other := range ids {
				b.revoked(t, j <= i, tag, other, "")
				b.revoked(t, j <= i, tag, "", other)
			}
		}
	}},
	{"a revocation lasts as long as was said", func(t *testing.T, b *rig) {
		tag, r := newTag(), newRecord(1)
		require.NoError(t, b.Store.Create(b.ctx, tag, r, b.long, 1, b.long))
		require.NoError(t, b.Store.Create(b.ctx, tag, newRecord(2), b.long, 1, b.short)) // ends r
		require.NoError(t, b.Store.Revoke(b.ctx, tag, "short", b.short))
		require.NoError(t, b.Store.End(b.ctx, tag, "short", b.short))
		require.NoError(t, b.Store.Revoke(b.ctx, tag, "long", b.long))
		require.NoError(t, b.Store.End(b.ctx, tag, "long", b.long))
		b.Pass(2 * b.short)
		b.revoked(t, false, tag, r.ID, "")
		b.revoked(t, false, tag, "short", "short")
		b.revoked(t, true, tag, "long", "")
		b.revoked(t, true, tag, "", "long")
	}},
	{"a revocation is never shortened, and lengthened at will", func(t *testing.T, b *rig) {
		tag := newTag()
		r := b.create(t, tag, 1)
		revoke := func(ttls ...int) {
			for _, ttl := range ttls {
				d := b.short * 1000
				if ttl == 1 {
					d = b.short
				}
				require.NoError(t, b.Store.Revoke(b.ctx, tag, fmt.Sprint("j", ttls[0]), d))
				require.NoError(t, b.Store.End(b.ctx, tag, fmt.Sprint("s", ttls[0]), d))
			}
		}
		revoke(1000, 1)
		revoke(1, 1000)
		require.NoError(t, b.Store.End(b.ctx, tag, r.ID, b.long))
		require.NoError(t, b.Store.EndAll(b.ctx, tag, "", b.short))
		b.Pass(2 * b.short)
		for _, ttl := range []int{1000, 1} {
			b.revoked(t, true, tag, fmt.Sprint("s", ttl), "")
			b.revoked(t, true, tag, "", fmt.Sprint("j", ttl))
		}
		b.revoked(t, true, tag, r.ID, "")
	}},
	{"none of many revocations is forgotten", func(t *testing.T, b *rig) {
		tag := newTag()
		const many = 2000
		for i := range many {
			require.NoError(t, b.side(i).Revoke(b.ctx, tag, strconv.Itoa(i), b.long))
		}
		for i := range many {
			b.revoked(t, true, tag, "", strconv.Itoa(i))
		}
	}},
}

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
