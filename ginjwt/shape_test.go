package ginjwt

import (
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Claims must stay what embedding them wants: no JSON methods to promote, and
// no field that a copy of it would share.
func TestClaimsCanBeEmbedded(t *testing.T) {
	t.Parallel()
	for _, c := range []reflect.Type{claimsType, telltalesType, originType} {
		w := &shapeWalk{root: c}
		w.methods(c)
		assert.Empty(t, w.faults)
	}
	assert.True(t, isFlat(claimsType))
	assert.Equal(t, []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "scope"}, registered)
	assert.Equal(t, []string{"sid", "client_id", "at_hash", "c_hash", "events", "nonce", "cnf", "token_use", "typ"}, hideable)
}

func TestIsFlat(t *testing.T) {
	t.Parallel()
	type flat struct {
		Claims
		A [2]string
		B struct{ C time.Time }
		D NumericDate
		E Audience
		_ bool
	}
	type likeAudience Audience
	for rule, tc := range map[string]struct {
		v    any
		want bool
	}{
		"a struct of values":          {flat{}, true},
		"a slice":                     {[]string{}, false},
		"a map":                       {map[string]int{}, false},
		"a pointer":                   {new(int), false},
		"a function":                  {func() {}, false},
		"a channel":                   {make(chan int), false},
		"an interface in a struct":    {struct{ V any }{}, false},
		"a slice in an array":         {[1][]int{}, false},
		"a slice in a hidden field":   {struct{ s []int }{}, false},
		"a copy of Audience's fields": {likeAudience{}, false},
	} {
		assert.Equal(t, tc.want, isFlat(reflect.TypeOf(tc.v)), rule)
	}
}

// What is found out about a type is remembered, faults as well.
func TestShapesAreRemembered(t *testing.T) {
	t.Parallel()
	type bad struct {
		Claims
		Expiry int `json:"EXP"`
	}
	type good struct {
		Claims
		Cnf any `json:"cnf"`
	}
	var s shapes
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			sh, err := s.of(reflect.TypeFor[good]())
			assert.NoError(t, err)
			assert.Equal(t, []string{"cnf"}, sh.hidden)
			_, err = s.of(reflect.TypeFor[bad]())
			assert.ErrorContains(t, err, "EXP")
		})
	}
	wg.Wait()
	first, err := s.of(reflect.TypeFor[good]())
	require.NoError(t, err)
	second, err := s.of(reflect.TypeFor[good]())
	require.NoError(t, err)
	assert.Same(t, first, second)
}

func TestShapeOfWantsAStruct(t *testing.T) {
	t.Parallel()
	for _, v := range []any{1, "", []Claims{}, &Claims{}, map[string]Claims{}} {
		_, err := shapeOf(reflect.TypeOf(v))
		assert.ErrorContains(t, err, "must be a struct")
	}
	_, err := shapeOf(reflect.TypeFor[struct {
		A string `json:"a"`
	}]())
	assert.ErrorContains(t, err, "does not embed")
}
