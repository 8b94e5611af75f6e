package browser_test

import (
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"
)

// request is what a server got of a browser, and what it answered.
type request struct {
	method, path string
	origin       string
	site         string   // Sec-Fetch-Site
	cookies      []string // their names
	status       int      // 0 as long as it is not answered
}

// recorder remembers the requests to a server.
type recorder struct {
	mu       sync.Mutex
	requests []*request
}

// record is a middleware.
func (r *recorder) record(c *gin.Context) {
	got := &request{
		method: c.Request.Method, path: c.Request.URL.Path,
		origin: c.GetHeader("Origin"), site: c.GetHeader("Sec-Fetch-Site"), cookies: []string{},
	}
	for _, cookie := range c.Request.Cookies() {
		got.cookies = append(got.cookies, cookie.Name)
	}
	slices.Sort(got.cookies)
	r.mu.Lock()
	r.requests = append(r.requests, got)
	r.mu.Unlock()
	c.Next()
	r.mu.Lock()
	got.status = c.Writer.Status()
	r.mu.Unlock()
}

// forget makes the next request to come the first.
func (r *recorder) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = nil
}

// first waits for the first answered request to a path since forget.
func (r *recorder) first(t *testing.T, path string) (got request) {
	t.Helper()
	require.Eventually(t, func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, one := range r.requests {
			if one.path == path && one.status != 0 {
				got = *one
				return true
			}
		}
		return false
	}, 30*time.Second, 5*time.Millisecond, "no request to "+path)
	return got
}

// quote returns a script's string.
func quote(text string) string {
	b, err := json.Marshal(text)
	must(err)
	return string(b)
}
