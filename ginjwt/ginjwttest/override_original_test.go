package ginjwttest_test

import (
	"errors"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

// through asks for what the original answers, and adds a "?".
func through(_ *gin.Context, original func() (account, error)) (account, error) {
	u, err := original()
	return account{u.Name + "?"}, err
}

// asked serves path as johndoe with a real token of scope.
func (s *server) asked(t *testing.T, path string, scope ginjwt.Scope, rs ...ginjwttest.Replacement) *httptest.ResponseRecorder {
	t.Helper()
	return ginjwttest.Do(t, s, ginjwttest.With(ginjwttest.Authorized(request(path), s.bearer(t, "johndoe", scope)), rs...))
}

func TestTheOriginalIsTheRealThing(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	cases := map[string]struct {
		path  string
		scope ginjwt.Scope
		r     ginjwttest.Replacement
		body  string
	}{
		"its value":                         {"/active", "", ginjwttest.Func(s.user, through), "johndoe?!"},
		"at the top":                        {"/active", "", ginjwttest.Func(s.active, through), "johndoe!?"},
		"the real token's scopes":           {"/me", "me", ginjwttest.Func(s.user, through), "johndoe?!"},
		"the real token's lack":             {"/me", "x", ginjwttest.Func(s.user, through), `{"detail":"Not enough permissions"}`},
		"its own demand":                    {"/items", "me items", ginjwttest.Func(s.me, through), "johndoe!?"},
		"its own demand, unmet":             {"/items", "items", ginjwttest.Func(s.me, through), `{"detail":"Not enough permissions"}`},
		"scopes that the replacement says":  {"/me", "x", ginjwttest.Func(s.user, through, "me"), "johndoe?!"},
		"and those that it does not":        {"/me", "me", ginjwttest.Func(s.user, through, "x"), `{"detail":"Not enough permissions"}`},
		"all scopes":                        {"/items", "", ginjwttest.Func(s.user, through).WithAllScopes(), "johndoe?!"},
		"an optional's":                     {"/feed", "", ginjwttest.Func(s.user, through), "johndoe?!"},
		"that of one that stands on itself": {"/checked", "", ginjwttest.Func(s.checked, through), "johndoe!?"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tc.body, s.asked(t, tc.path, tc.scope, tc.r).Body.String())
		})
	}
}

func TestTheOriginalOfClaimsGrantsItsScopes(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := ginjwttest.Func(s.claims, func(_ *gin.Context, original func() (ginjwt.Claims, error)) (ginjwt.Claims, error) {
		c, err := original()
		c.Subject = "eve"
		return c, err
	})
	assert.Equal(t, "eve!", s.asked(t, "/me", "me", r).Body.String())
	ginjwttest.Forbidden(t, s.asked(t, "/me", "x", r), "me")
}

// TestTheOriginalsErrorIsTheRealOne: without a token, its challenge included.
func TestTheOriginalsErrorIsTheRealOne(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	real := ginjwttest.Do(t, s, request("/me"))
	var seen *ginjwt.Error
	rec := askWith(t, s, "/me", ginjwttest.Func(s.user, func(_ *gin.Context, original func() (account, error)) (account, error) {
		u, err := original()
		assert.Zero(t, u)
		assert.ErrorAs(t, err, &seen)
		return u, err
	}))
	assert.Equal(t, real.Code, rec.Code)
	assert.Equal(t, real.Header(), rec.Header())
	assert.Equal(t, real.Body, rec.Body)
	assert.Equal(t, ginjwt.CodeNoCredentials, seen.Code)
}

func TestTheOriginalIsWorkedOutOnce(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	rec := s.asked(t, "/active", "", ginjwttest.Func(s.user, func(_ *gin.Context, original func() (account, error)) (account, error) {
		first, err := original()
		assert.NoError(t, err)
		again, err := original()
		assert.Equal(t, first, again)
		return again, err
	}))
	assert.Equal(t, "johndoe!", rec.Body.String())
	assert.EqualValues(t, 1, s.found.Load())
}

func TestTheOriginalIsWorkedOutInAnotherGoroutine(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	rec := s.asked(t, "/me", "me", ginjwttest.Func(s.user, func(_ *gin.Context, original func() (account, error)) (account, error) {
		answers := make(chan account, 2)
		for range cap(answers) {
			go func() {
				u, err := original()
				assert.NoError(t, err)
				answers <- u
			}()
		}
		assert.Equal(t, <-answers, <-answers) //nolint:testifylint // one, and the next
		return original()
	}))
	assert.Equal(t, "johndoe!", rec.Body.String())
	assert.EqualValues(t, 1, s.found.Load())
}

// TestTheOriginalEndsWithTheReplacement: what it grants was judged by then.
func TestTheOriginalEndsWithTheReplacement(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	var kept func() (account, error)
	r := gin.New()
	r.GET("/", ginjwt.Handle(s.user, func(*gin.Context, account) {
		u, err := kept()
		assert.ErrorIs(t, err, ginjwt.ErrRequestOver)
		assert.Zero(t, u)
	}))
	user := ginjwttest.Func(s.user, func(_ *gin.Context, original func() (account, error)) (account, error) {
		kept = original
		return account{"eve"}, nil
	})
	req := ginjwttest.Authorized(request("/"), s.bearer(t, "johndoe", ""))
	assert.Equal(t, 200, ginjwttest.Do(t, r, ginjwttest.With(req, user)).Code)
	assert.Zero(t, s.found.Load())
}

// TestAReplacementThatAsksForItselfDoesNotRecurse: in FastAPI it never ends.
func TestAReplacementThatAsksForItselfDoesNotRecurse(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	var calls atomic.Int32
	rec := s.asked(t, "/active", "", ginjwttest.Func(s.user, func(c *gin.Context, original func() (account, error)) (account, error) {
		calls.Add(1)
		_, err := s.user.Get(c)
		assert.ErrorIs(t, err, ginjwt.ErrCycle)
		_, err = s.active.Get(c) // stands on it, and is asked for already
		assert.ErrorIs(t, err, ginjwt.ErrCycle)
		return original()
	}))
	assert.Equal(t, "johndoe!", rec.Body.String())
	assert.EqualValues(t, 1, calls.Load())
}

// TestReplacementsInAChain: the original of one stands on the replacement of
// another.
func TestReplacementsInAChain(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	rec := s.asked(t, "/active", "", ginjwttest.Func(s.active, through), ginjwttest.Func(s.user, through))
	assert.Equal(t, "johndoe?!?", rec.Body.String())
	rec = askWith(t, s, "/me", ginjwttest.Func(s.active, through), ginjwttest.Value(s.user, account{"eve"}, "me"))
	assert.Equal(t, "eve!?", rec.Body.String(), "the scopes are those of the one below")
}

// TestAReplacementAsksForWhatItNeeds: other dependencies, by Get.
func TestAReplacementAsksForWhatItNeeds(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	rec := s.asked(t, "/active", "", ginjwttest.Func(s.user, func(c *gin.Context, _ func() (account, error)) (account, error) {
		claims, err := s.claims.Get(c)
		return account{"claims of " + claims.Subject}, err
	}))
	assert.Equal(t, "claims of johndoe!", rec.Body.String())
}

// TestAReplacementIsMadeOnce: it is the dependency's value, and remembered like it.
func TestAReplacementIsMadeOnce(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for want, err := range map[int]error{200: nil, 409: ginjwt.HTTPError(409, "conflict")} {
		calls, cleaned := 0, false
		pin := ginjwttest.Func(s.user, func(c *gin.Context, _ func() (account, error)) (account, error) {
			calls++
			ginjwt.Cleanup(c, func() { cleaned = true })
			return account{"eve"}, err
		}, "me")
		r := gin.New()
		both := ginjwt.Depends2(s.me, s.user, func(_ *gin.Context, a, b account) (account, error) { return account{a.Name + b.Name}, nil })
		r.GET("/", ginjwt.Handle2(both, s.user, func(c *gin.Context, a, b account) {
			u, found := s.user.Peek(c)
			assert.True(t, found)
			assert.Equal(t, b, u)
			assert.False(t, cleaned)
			c.String(200, a.Name+u.Name)
		}))
		rec := askWith(t, r, "/", pin)
		assert.Equal(t, want, rec.Code)
		assert.Equal(t, 1, calls)
		assert.True(t, cleaned, "a replacement can clean up")
	}
}

// TestAReplacementThatPanics: it is answered as a function of the server's would be.
func TestAReplacementThatPanics(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	boom := errors.New("boom")
	for name, r := range map[string]ginjwttest.Replacement{
		"by itself": ginjwttest.Func(s.user, func(*gin.Context, func() (account, error)) (account, error) { panic(boom) }),
		"in the original of one below": ginjwttest.Func(s.active, func(_ *gin.Context, original func() (account, error)) (account, error) {
			return original()
		}),
	} {
		below := ginjwttest.Func(s.claims, func(*gin.Context, func() (ginjwt.Claims, error)) (ginjwt.Claims, error) { panic(boom) })
		assert.PanicsWithValue(t, boom, func() { askWith(t, s, "/active", below, r) }, name)
	}
}
