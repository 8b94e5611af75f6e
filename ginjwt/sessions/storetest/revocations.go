package storetest

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
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
		for _, ttl := range []time.Duration{b.long, b.short} {
			require.NoError(t, b.Store.Revoke(b.ctx, tag, "shortened j", ttl))
			require.NoError(t, b.Store.End(b.ctx, tag, "shortened s", ttl))
		}
		for _, ttl := range []time.Duration{b.short, b.long} {
			require.NoError(t, b.Store.Revoke(b.ctx, tag, "lengthened j", ttl))
			require.NoError(t, b.Store.End(b.ctx, tag, "lengthened s", ttl))
		}
		require.NoError(t, b.Store.End(b.ctx, tag, r.ID, b.long))
		require.NoError(t, b.Store.EndAll(b.ctx, tag, "", b.short))
		b.Pass(2 * b.short)
		for _, id := range []string{"shortened ", "lengthened "} {
			b.revoked(t, true, tag, id+"s", "")
			b.revoked(t, true, tag, "", id+"j")
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
