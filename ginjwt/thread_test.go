package ginjwt

import (
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestThreadsAreForgotten(t *testing.T) {
	t.Parallel()
	r := gin.New()
	bad := map[string]*Dependency[int]{
		"value":  Provide(func(*gin.Context) (int, error) { return 1, nil }),
		"panic":  Provide(func(*gin.Context) (int, error) { panic("boom") }),
		"Goexit": Provide(func(*gin.Context) (int, error) { runtime.Goexit(); return 0, nil }),
	}
	r.GET("/", Require(Provide(namedFunction)), func(c *gin.Context) {
		for name, d := range bad {
			var wait sync.WaitGroup
			for range 2 {
				wait.Go(func() {
					defer func() { _ = recover() }()
					_, _ = d.Get(c)
				})
			}
			wait.Wait()
			assert.Empty(t, slotOf(c).ensureRare().threads, name)
			assert.False(t, slotOf(c).inGuard.Load(), name)
		}
	})
	r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
}

func TestAGoroutineHasItsNumber(t *testing.T) {
	t.Parallel()
	mine := goroutineID()
	require.NotZero(t, mine)
	assert.Equal(t, mine, goroutineID())
	others := make(chan uint64)
	go func() { others <- goroutineID() }()
	assert.NotEqual(t, mine, <-others)
}

func TestAStackTellsItsResolution(t *testing.T) {
	t.Parallel()
	resolving, guarding := stacked()
	assert.False(t, resolving)
	assert.False(t, guarding)
	type seen struct{ resolving, guarding bool }
	looks := func() *Dependency[seen] {
		return Provide(func(*gin.Context) (seen, error) {
			var s seen
			var down func(n int) // far beyond one look's frames
			down = func(n int) {
				if n > 0 {
					down(n - 1)
					return
				}
				s.resolving, s.guarding = stacked()
			}
			down(300)
			return s, nil
		})
	}
	r := gin.New()
	r.GET("/", Handle(looks(), func(c *gin.Context, s seen) {
		assert.Equal(t, seen{true, true}, s)
		s, err := looks().Get(c)
		assert.NoError(t, err)
		assert.Equal(t, seen{true, false}, s)
		c.Status(204)
	}))
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	assert.Equal(t, 204, w.Code)
}
