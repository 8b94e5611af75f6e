package ginjwt_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a user of Redis must be allowed is tested beside the store, by what its
// documentation says: the guide must say the same.
func TestDocsNameTheCommandsOfARedisUser(t *testing.T) {
	t.Parallel()
	commands := func(file, from, to string) []string {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		_, list, found := strings.Cut(string(text), from)
		require.True(t, found, file)
		list, _, _ = strings.Cut(list, to)
		return regexp.MustCompile(`\+[a-z|]+`).FindAllString(list, -1)
	}
	want := commands("../ginjwt/sessions/redisstore/doc.go", "A user of Redis' ACL needs", "That of the")
	require.NotEmpty(t, want)
	assert.ElementsMatch(t, want, commands("../docs/instances.md", "A user of its own", "\n## "))
}
