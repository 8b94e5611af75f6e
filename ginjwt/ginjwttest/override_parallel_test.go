package ginjwttest_test

import (
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

// TestManyTestsReplaceAtATime: 200 of them, each its own, on one engine, beside
// requests with real tokens and with none.
func TestManyTestsReplaceAtATime(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	shared := ginjwttest.Func(s.user, through)
	for i := range 200 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			name := fmt.Sprintf("user%d", i)
			rec, want := parallelRequest(t, s, i, name, shared)
			assert.Equal(t, 200, rec.Code)
			assert.Equal(t, want, rec.Body.String())
			ginjwttest.Unauthorized(t, ginjwttest.Do(t, s, request("/me")))
			real := ginjwttest.Do(t, s, ginjwttest.Authorized(request("/me"), s.bearer(t, name, "me")))
			assert.Equal(t, name+"!", real.Body.String())
			ginjwttest.Forbidden(t, askWith(t, s, "/me", ginjwttest.Value(s.user, account{name}, "other")), "me")
		})
	}
}

// parallelRequest serves the i-th request with one of the kinds of replacements.
func parallelRequest(t *testing.T, s *server, i int, name string, shared ginjwttest.Replacement) (rec *httptest.ResponseRecorder, want string) {
	t.Helper()
	switch i % 5 {
	case 0:
		return ginjwttest.Do(t, s, ginjwttest.As(request("/me"), account{name}, "me")), name + "!"
	case 1:
		return askWith(t, s, "/me", ginjwttest.Value(s.claims, ginjwt.Claims{Subject: name, Scope: "me"})), name + "!"
	case 2:
		req := ginjwttest.Authorized(request("/me"), s.bearer(t, name, "me"))
		return ginjwttest.Do(t, s, ginjwttest.With(req, shared)), name + "?!"
	case 3:
		h := ginjwttest.Engine(s, ginjwttest.Value(s.active, account{name}).WithAllScopes())
		return ginjwttest.Do(t, h, request("/me")), name
	}
	r := ginjwttest.Func(s.user, func(*gin.Context, func() (account, error)) (account, error) { return account{name}, nil })
	return askWith(t, s, "/me", r.WithAllScopes()), name + "!"
}

// BenchmarkGuarded is what the seam costs a request with a real token: in a process
// where it was never switched on, and in one where it was. The first must be run
// alone, since nothing switches it off.
func BenchmarkGuarded(b *testing.B) {
	s := newServer(b)
	req := ginjwttest.Authorized(request("/active"), s.bearer(b, "johndoe", ""))
	serve := func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			rec := httptest.NewRecorder()
			s.ServeHTTP(rec, req)
			if rec.Code != 200 {
				b.Fatal(rec.Code)
			}
		}
	}
	b.Run("off", serve)
	ginjwttest.With(req)
	b.Run("on", serve)
}
