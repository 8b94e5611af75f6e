package ginjwt_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
)

func TestAnEndedRequestIsToldFromABug(t *testing.T) {
	t.Parallel()
	passed, cancel := context.WithDeadline(context.Background(), time.Unix(1, 0))
	defer cancel()
	left, leave := context.WithCancel(context.Background())
	leave()
	for rule, tc := range map[string]struct {
		ctx    context.Context
		err    error
		status int
	}{
		"the request's time is up":                  {passed, context.DeadlineExceeded, 503},
		"the time is up, in the driver's words":     {passed, fmt.Errorf("query: %w", context.DeadlineExceeded), 503},
		"the client left":                           {left, fmt.Errorf("query: %w", context.Canceled), 499},
		"a time of the function's own":              {context.Background(), context.DeadlineExceeded, 500},
		"a bug while the time was up":               {passed, errors.New("index out of range"), 500},
		"a cancellation of its own, the time is up": {passed, context.Canceled, 500},
		"a time of its own, and the client left":    {left, context.DeadlineExceeded, 500},
		"an *Error decides itself":                  {passed, ginjwt.Forbidden("No"), 403},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			r := newEngine()
			r.Use(ginjwt.Observe(func(context.Context, ginjwt.Event) {})) // nothing is logged
			r.GET("/", ginjwt.Require(graphFails(tc.err)))
			w := httptest.NewRecorder()
			r.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil).WithContext(tc.ctx))
			assert.Equal(t, tc.status, w.Code)
			assert.Equal(t, tc.status == 503, w.Header().Get("Retry-After") == "1")
		})
	}
}
