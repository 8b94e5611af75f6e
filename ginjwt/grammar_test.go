package ginjwt

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A stray character must be seen wherever it stands, however the characters
// are gone over.
func TestBearerTokenSeesAStrayCharacterAnywhere(t *testing.T) {
	t.Parallel()
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/"
	for length := 1; length <= 20; length++ {
		for at := range length {
			for b := range 256 {
				token := []byte(strings.Repeat("a", length))
				token[at] = byte(b)
				padding := b == '=' && at == length-1 && length > 1
				want := padding || strings.IndexByte(alphabet, byte(b)) >= 0
				require.Equalf(t, want, isB64Token(string(token)), "%q", token)
			}
		}
	}
}
