package ginjwt_test

import (
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// A handler of this package's can be given a copy of the context: what the
// request knows is shared, and what comes after the request is worked out anew,
// for it must not change what the request left.
func TestHandlersOnACopyOfTheContext(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	counted := ginjwt.Provide(func(*gin.Context) (int32, error) { return calls.Add(1), nil })
	var got []int32
	note := ginjwt.Handle(counted, func(_ *gin.Context, n int32) { got = append(got, n) })
	var kept *gin.Context
	cleaned := 0
	r := graphEngine(ginjwt.Handle(counted, func(c *gin.Context, _ int32) {
		ginjwt.Cleanup(c, func() { cleaned++ })
		note(c.Copy())
		assert.Zero(t, cleaned, "the request goes on")
		kept = c.Copy()
	}))
	require.Equal(t, 200, get(r, "/", "").Code)
	require.Equal(t, []int32{1}, got)
	assert.Equal(t, 1, cleaned)

	note(kept)
	assert.Equal(t, []int32{1, 2}, got, "after the request")
	v, err := counted.Get(kept)
	require.NoError(t, err)
	assert.Equal(t, int32(2), v)
	assert.Equal(t, 1, cleaned)
}

// The settings of the request's middleware hold for a copy after the request, too.
func TestErrorsOnACopyOfTheContextAfterTheRequest(t *testing.T) {
	t.Parallel()
	var kept *gin.Context
	r := gin.New()
	r.Use(ginjwt.OnError(func(c *gin.Context, e *ginjwt.Error) { c.String(200, "ours: "+e.Detail) }))
	r.GET("/", ginjwt.Handle(graphValue(1), func(c *gin.Context, _ int) { kept = c.Copy() }))
	require.Equal(t, 200, get(r, "/", "").Code)
	w := httptest.NewRecorder()
	later, _ := gin.CreateTestContext(w)
	kept.Writer = later.Writer
	ginjwt.Require(graphFails(ginjwt.Forbidden("no")))(kept)
	assert.Equal(t, 403, w.Code)
	assert.Equal(t, "ours: no", w.Body.String())
}
