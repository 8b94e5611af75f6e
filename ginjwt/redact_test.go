package ginjwt

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

// To look for each of thousands would take a stranger's request seconds.
func TestACauseWithTooManyCredentialsIsNotSearched(t *testing.T) {
	t.Parallel()
	headers := func(n int) (values []string) {
		for i := range n {
			values = append(values, fmt.Sprintf("Bearer token-%d", i))
		}
		return values
	}
	assert.Equal(t, "no row for [...]", redact(headerContext(headers(maxSecrets/2)...), "no row for token-7"))
	assert.Equal(t, redacted, redact(headerContext(headers(maxSecrets/2+1)...), "no row for nobody"))
}
