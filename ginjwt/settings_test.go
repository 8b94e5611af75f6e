package ginjwt

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// Without an observer, events cost nothing.
func TestNothingIsNotedUnlessSomebodyObserves(t *testing.T) {
	t.Parallel()
	plain := &settings{}
	assert.Nil(t, (*settings)(nil).begin())
	assert.Same(t, plain, plain.begin(), "settings of OnError alone")
	assert.Zero(t, plain.begin().began)
	observed := &settings{observers: []observer{nil}}
	assert.False(t, observed.begin().began.IsZero())
	assert.Zero(t, observed.began, "the others' is not changed")
}
