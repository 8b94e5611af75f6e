package ginjwt

import (
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
)

// TestTheLockIsFreeWhileUsersFunctionsRun takes it in each of them.
func TestTheLockIsFreeWhileUsersFunctionsRun(t *testing.T) {
	t.Parallel()
	taken := 0
	take := func(c *gin.Context) {
		v, ok := c.Get(slotKey{})
		if assert.True(t, ok) && assert.True(t, v.(*slot).mu.TryLock(), "the lock is held") {
			v.(*slot).mu.Unlock()
			taken++
		}
	}
	d := Provide(func(c *gin.Context) (string, error) { take(c); return "", nil })
	var current *gin.Context
	g := Grants(d, func(string) []string { take(current); return []string{"x"} })
	check := Check(Security(g, "x"), "check", func(c *gin.Context, _ string) error { take(c); return nil })
	r := gin.New()
	r.GET("/", func(c *gin.Context) { current = c }, Handle(check, func(c *gin.Context, _ string) {
		take(c)
		Cleanup(c, func() { take(c) })
	}), func(c *gin.Context) {
		_, _ = Provide(func(c *gin.Context) (int, error) { take(c); return 0, nil }).Get(c)
	})
	r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	assert.Equal(t, 6, taken)
}
