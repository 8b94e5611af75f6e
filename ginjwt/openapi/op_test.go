package openapi

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// The inner one wins where it says something; tags add up.
func TestAddOfOps(t *testing.T) {
	t.Parallel()
	outer := Op{
		ID: "o", Summary: "os", Description: "od", Tags: []string{"a", "b"}, Request: 1, Response: 2, Status: 201,
		Responses: map[int]any{404: 1, 409: 2},
	}
	inner := Op{
		ID: "i", Summary: "is", Description: "id", Tags: []string{"b", "c"}, Deprecated: true, Request: 3, Response: 4, Status: 202,
		Responses: map[int]any{409: nil, 410: 5},
	}
	got := outer
	got.add(Op{})
	assert.Equal(t, outer, got, "nothing said, nothing changed")
	got.add(inner)
	assert.Equal(t, Op{
		ID: "i", Summary: "is", Description: "id", Tags: []string{"a", "b", "c"}, Deprecated: true, Request: 3, Response: 4, Status: 202,
		Responses: map[int]any{404: 1, 409: nil, 410: 5},
	}, got)
	assert.Equal(t, map[int]any{404: 1, 409: 2}, outer.Responses, "which other routes have, too")
	got = Op{Deprecated: true}
	got.add(Op{})
	assert.True(t, got.Deprecated, "it adds up as well")
}

func TestOpOfNotes(t *testing.T) {
	t.Parallel()
	all, shown := opOf([]any{Op{Summary: "outer"}, "another's", Op{Summary: "inner"}})
	assert.True(t, shown)
	assert.Equal(t, "inner", all.Summary)
	_, shown = opOf([]any{Op{}, hidden{}, Op{}})
	assert.False(t, shown)
	_, shown = opOf(nil)
	assert.True(t, shown)
}
