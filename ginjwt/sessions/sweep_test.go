package sessions_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

// A session that was ended leaves a deadline that nobody waits for any more, once
// its revocation is over and its subject forgotten.
func TestMemorySweepsWhatIsLeftOfTheForgotten(t *testing.T) {
	t.Parallel()
	store, clock := newMemory(t, 0)
	ctx, tag := t.Context(), memoryTag(1)
	later := func() {
		_, _, err := store.Revoked(ctx, tag, "sid", "")
		require.NoError(t, err)
		require.NoError(t, store.Revoke(ctx, memoryTag(1+1<<20), "other", time.Second)) // what writes also sweeps
	}
	require.NoError(t, store.Create(ctx, tag, sessions.Record{ID: "sid"}, time.Hour, 9, time.Minute))
	require.NoError(t, store.End(ctx, tag, "sid", time.Minute))
	revoked, _, err := store.Revoked(ctx, tag, "sid", "")
	require.NoError(t, err)
	assert.True(t, revoked)
	for range 4 {
		clock.pass(40 * time.Minute)
		require.NoError(t, store.Revoke(ctx, tag, "token", time.Second))
		later()
	}
	list, err := store.List(ctx, tag)
	require.NoError(t, err)
	assert.Empty(t, list)
}
