package ginjwt

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

// What is refused after its signature was found good can be told by its key ID.
func TestWhichRefusalsComeAfterTheSignature(t *testing.T) {
	t.Parallel()
	for reason, want := range map[Reason]bool{
		ReasonTooLarge: false, ReasonMalformed: false, ReasonHeader: false, ReasonAlgorithm: false, ReasonType: false,
		ReasonKey: false, ReasonSignature: false, ReasonInactive: false,
		ReasonClaims: true, ReasonBound: true, ReasonIssuer: true, ReasonAudience: true, ReasonNoExpiry: true, ReasonLifetime: true,
		ReasonNotYet: true, ReasonIssuedAt: true, ReasonExpired: true, ReasonRevoked: true,
	} {
		assert.Equal(t, want, authenticated(refused(reason)), string(reason))
		assert.Equal(t, want, authenticated(fmt.Errorf("again: %w", refused(reason))), string(reason))
	}
	assert.True(t, authenticated(nil))
	assert.False(t, authenticated(errors.New("of the user's KeySource")), "nobody knows where it comes from")
	assert.False(t, authenticated(Unavailable(errors.New("down"))))
}
