package ginjwt

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestIsObjectCountsDepth(t *testing.T) {
	t.Parallel()
	nest := func(n int) string {
		return strings.Repeat(`{"a":`, n-1) + "{}" + strings.Repeat("}", n-1)
	}
	for text, want := range map[string]bool{
		"": false, " ": false, "[]": false, "null": false, "{}": true, " \t\r\n{}": true, "\v{}": false, "\ufeff{}": false,
		nest(32): true, nest(33): false, nest(5000): false,
		`{"a":` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `}`: true,
		`{"a":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`: false,
		`{"a":"` + strings.Repeat("[", 100) + `"}`:                        true,
		`{"a":` + strings.Repeat("[", 40):                                 false,
	} {
		assert.Equal(t, want, isObject([]byte(text)), "%.60s", text)
	}
}

// What an attacker sends costs no more if it holds many brackets: the look at
// the depth must not look for repeated members.
func TestDepthIsCheapToLookAt(t *testing.T) {
	var members strings.Builder
	for i := range 500 {
		fmt.Fprintf(&members, `"m%d":0,`, i)
	}
	object := []byte(`{` + members.String() + `"x":"` + strings.Repeat("[", 40) + `"}`)
	require.True(t, isObject(object))
	assert.Less(t, testing.AllocsPerRun(10, func() { isObject(object) }), 50.0)
	segment := strictBase64.EncodeToString(object)
	assert.Less(t, testing.AllocsPerRun(10, func() { _, _ = parseHeader(segment) }), 10.0)
}
