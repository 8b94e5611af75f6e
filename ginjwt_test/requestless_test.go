package ginjwt_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// Tests of handlers often make a context with gin.CreateTestContext, and no
// request for it.
func TestContextWithoutARequest(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	cases := map[string]struct {
		handler gin.HandlerFunc
		status  int
		cause   string
	}{
		"what needs no request passes": {ginjwt.Require(graphValue(1)), 200, ""},
		"an error of a dependency":     {ginjwt.Require(graphFails(boom)), 500, "boom"},
		"an error of a handler":        {func(c *gin.Context) { ginjwt.Abort(c, boom) }, 500, "boom"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			c, _ := gin.CreateTestContext(w)
			var events []ginjwt.Event
			ginjwt.Observe(func(_ context.Context, ev ginjwt.Event) { events = append(events, ev) })(c)
			tc.handler(c)
			assert.Equal(t, tc.status, w.Code)
			require.Len(t, events, 1)
			assert.Equal(t, tc.cause, events[0].Cause)
			assert.Empty(t, events[0].Method)
		})
	}
}

// A goroutine that waits for another's work waits for it, if there is no request
// whose end could come first.
func TestWaitingWithoutARequest(t *testing.T) {
	t.Parallel()
	begun, goOn := make(chan struct{}), make(chan struct{})
	slow := ginjwt.Provide(func(*gin.Context) (int, error) { close(begun); <-goOn; return 7, nil })
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	ginjwt.Handle(graphValue(1), func(c *gin.Context, _ int) {
		first := make(chan int, 1)
		go func() { v, _ := slow.Get(c.Copy()); first <- v }()
		<-begun
		second := make(chan int, 1)
		go func() { v, _ := slow.Get(c.Copy()); second <- v }()
		close(goOn)
		graphWithin(t, func() { assert.Equal(t, []int{7, 7}, []int{<-first, <-second}) })
	})(c)
}

// A request that was made by hand may have no body at all, not even an empty one.
func TestLoginWithoutABody(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]*ginjwt.Dependency[ginjwt.OAuth2PasswordRequestForm]{
		"PasswordForm": ginjwt.PasswordForm(), "PasswordFormStrict": ginjwt.PasswordFormStrict(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := gin.New()
			r.POST("/token", ginjwt.Require(form))
			req, err := http.NewRequest(http.MethodPost, "/token", nil)
			require.NoError(t, err)
			require.Nil(t, req.Body)
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			r.ServeHTTP(w, req)
			assert.Equal(t, 400, w.Code)
			assert.Contains(t, w.Body.String(), `"error":"invalid_request"`)
		})
	}
}
