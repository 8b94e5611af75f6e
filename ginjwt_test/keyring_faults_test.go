package ginjwt_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

func TestSetOfNothingLeavesTheKeys(t *testing.T) {
	t.Parallel()
	clock, key := newRingClock(), ringKey(t, ginjwt.ES256)
	ring, err := jwks.NewRing(jwks.RingConfig{Now: clock.Now}, jwks.RingKey{Key: key})
	require.NoError(t, err)
	assert.ErrorContains(t, ring.Set(), "no key signs by now")
	assert.ErrorContains(t, ring.Set(jwks.RingKey{Key: key, From: clock.Now().Add(time.Hour)}), "no key signs by now")
	signing, err := ring.SigningKey(t.Context())
	require.NoError(t, err)
	assert.True(t, signing.Equal(key))
}

// A clock that is set back to before the first key must not make one up.
func TestClockBeforeTheFirstKeySignsNothing(t *testing.T) {
	t.Parallel()
	clock := newRingClock()
	ring, err := jwks.NewRing(jwks.RingConfig{Now: clock.Now}, jwks.RingKey{Key: ringKey(t, ginjwt.ES256), From: clock.Now()})
	require.NoError(t, err)
	issuer, _ := ringIssuer(t, ring, clock, 0)
	clock.Advance(-time.Second)
	_, err = issuer.Sign(&ginjwt.Claims{Subject: "s"})
	assert.ErrorContains(t, err, "the clock was set back")
	clock.Advance(time.Second)
	_, err = issuer.Sign(&ginjwt.Claims{Subject: "s"})
	assert.NoError(t, err)
}
