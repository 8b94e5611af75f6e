package ginjwt_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
)

func TestLogLevels(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	for level, guard := range map[string]ginjwt.Guard{
		"level=DEBUG": ginjwt.Provide(eventOne), "level=INFO": g.user, "level=ERROR": ginjwt.Provide(eventDown),
	} {
		var lines bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug}))
		get(plainEngine(ginjwt.LogEvents(logger), ginjwt.Require(guard)), "/", "")
		assert.Contains(t, lines.String(), level)
		assert.Equal(t, 1, strings.Count(lines.String(), "\n"))
	}
}

// Without an observer, what an operator must mend is logged, and nothing that
// any client can cause.
func TestDefaultLog(t *testing.T) {
	logged := graphCaptureLog(t)
	g := newGraphChain(t)
	cases := map[string]struct {
		handlers []gin.HandlerFunc
		says     string
	}{
		"accepted":                  {[]gin.HandlerFunc{ginjwt.Require(ginjwt.Provide(eventOne))}, ""},
		"refused":                   {[]gin.HandlerFunc{ginjwt.Require(g.user)}, ""},
		"failed":                    {[]gin.HandlerFunc{ginjwt.Require(ginjwt.Provide(eventDown))}, "down"},
		"failed in a handler":       {[]gin.HandlerFunc{func(c *gin.Context) { ginjwt.Abort(c, errors.New("handler down")) }}, "handler down"},
		"failed, observed":          {[]gin.HandlerFunc{new(eventLog).observe(), ginjwt.Require(ginjwt.Provide(eventDown))}, ""},
		"failed, observed too late": {[]gin.HandlerFunc{ginjwt.Require(ginjwt.Provide(eventDown)), new(eventLog).observe()}, "down"},
		"failed, with OnError":      {[]gin.HandlerFunc{renderText("mine"), ginjwt.Require(ginjwt.Provide(eventDown))}, "down"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			logged.Reset()
			get(plainEngine(tc.handlers...), "/", "")
			if tc.says == "" {
				assert.Empty(t, logged.String())
				return
			}
			assert.Contains(t, logged.String(), tc.says)
			assert.Equal(t, 1, strings.Count(logged.String(), "\n"))
		})
	}
}

// BenchmarkObserve is what observers cost: none, one, and a logger that is not
// asked for accepted requests.
func BenchmarkObserve(b *testing.B) {
	g := newGraphChain(b)
	token := sign(b, g.issuer, "johndoe", "")
	for name, before := range map[string][]gin.HandlerFunc{
		"none": nil,
		"one":  {ginjwt.Observe(func(context.Context, ginjwt.Event) {})},
		"log":  {ginjwt.LogEvents(slog.New(slog.NewTextHandler(io.Discard, nil)))}, //nolint:sloglint // it costs what a log costs
	} {
		b.Run(name, func(b *testing.B) {
			r := plainEngine(append(before, ginjwt.Require(g.user))...)
			req := httptest.NewRequest(http.MethodGet, "/", nil)
			req.Header.Set("Authorization", "Bearer "+token)
			w := httptest.NewRecorder()
			b.ReportAllocs()
			for b.Loop() {
				r.ServeHTTP(w, req)
			}
		})
	}
}
