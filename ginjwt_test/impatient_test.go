package ginjwt_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// One goroutine has less time than the request. That its time is up while it
// works something out must be no answer for those that wait for it.
func TestImpatienceIsNoAnswerForOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		slow := ginjwt.Provide(func(c *gin.Context) (int, error) {
			calls++
			if calls == 1 {
				<-c.Request.Context().Done()
				return 0, c.Request.Context().Err()
			}
			return calls, nil
		})
		get(graphEngine(ginjwt.Handle(graphValue(1), func(c *gin.Context, _ int) {
			hurried, cancel := context.WithCancel(ginjwt.Context(c))
			ctx := ginjwt.Context(c)
			first, second := make(chan error, 1), make(chan int, 1)
			go func() { _, err := slow.Get(hurried); first <- err }()
			synctest.Wait() // it works
			go func() { v, err := slow.Get(ctx); assert.NoError(t, err); second <- v }()
			synctest.Wait() // it waits
			cancel()
			assert.ErrorIs(t, <-first, context.Canceled)
			assert.Equal(t, 2, <-second)
		})), "/", "")
		assert.Equal(t, 2, calls)
	})
}
