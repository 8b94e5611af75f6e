package ginjwt

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The memory of headers is bounded, and is used by many requests at once.
func TestRememberedHeadersAreBounded(t *testing.T) {
	t.Parallel()
	var r remembered
	assert.Nil(t, r.find("x"))
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 1000 {
				name := fmt.Sprint(g, i)
				r.add(name, &header{kid: name})
				if h := r.find(name); h != nil {
					assert.Equal(t, name, h.kid)
				}
			}
		})
	}
	wg.Wait()
	r.add("last", &header{kid: "last"})
	assert.Equal(t, "last", r.find("last").kid)
	assert.LessOrEqual(t, len(*r.m.Load()), maxRemembered)
}
