package ginjwt

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every entry is a SHA-256, and none stands twice.
func TestSampleSecretsAreHashes(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range sampleSecrets {
		b, err := hex.DecodeString(s)
		require.NoError(t, err)
		assert.Len(t, b, 32)
		assert.False(t, seen[s], s)
		seen[s] = true
	}
}
