package jwks_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

// Six minutes are the longest leeway of a Policy, and a minute for clocks that
// differ.
func TestAKeyIsKeptForTokenLifetimeAndSixMinutes(t *testing.T) {
	t.Parallel()
	clock := ginjwttest.NewClock()
	first, second := ginjwt.Must(ginjwt.GenerateKey(ginjwt.ES256)), ginjwt.Must(ginjwt.GenerateKey(ginjwt.ES256))
	ring, err := jwks.NewRing(jwks.RingConfig{Now: clock.Now, TokenLifetime: time.Hour},
		jwks.RingKey{Key: first}, jwks.RingKey{Key: second, From: clock.Now()})
	require.NoError(t, err)

	clock.Advance(time.Hour + 6*time.Minute)
	key, err := ring.FindKey(t.Context(), ginjwt.ES256, first.ID())
	require.NoError(t, err)
	assert.True(t, first.Equal(key))
	clock.Advance(time.Second)
	_, err = ring.FindKey(t.Context(), ginjwt.ES256, first.ID())
	assert.ErrorIs(t, err, ginjwt.ErrUnknownKey)
}
