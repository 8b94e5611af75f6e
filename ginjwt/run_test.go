package ginjwt

import (
	"context"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
)

// If a dependency fails only because the context that somebody gave to Get has
// ended, another who waits for it must not get that error: it is worked out again.
func TestWhoWaitsForAnImpatientCallerGetsTheValue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		slow := Provide(func(c *gin.Context) (string, error) {
			if calls++; calls > 1 {
				return "value", nil
			}
			<-c.Request.Context().Done()
			return "", c.Request.Context().Err()
		})
		r := gin.New()
		r.GET("/", Require(Provide(keepNothing)), func(c *gin.Context) {
			impatient, giveUp := context.WithCancel(Context(c))
			go func() {
				_, err := slow.Get(impatient)
				assert.ErrorIs(t, err, context.Canceled)
			}()
			synctest.Wait() // until the function waits for its context
			patient := Context(c)
			go func() {
				v, err := slow.Get(patient)
				assert.NoError(t, err)
				assert.Equal(t, "value", v)
			}()
			synctest.Wait() // until the second caller waits for the first
			giveUp()
			synctest.Wait()
			assert.Equal(t, 2, calls)
		})
		r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	})
}
