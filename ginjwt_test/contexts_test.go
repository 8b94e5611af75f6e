package ginjwt_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

type ctxKey struct{}

func TestGetAndPeekTakeTheRequestsContexts(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	token := sign(t, g.issuer, "johndoe", "")
	cases := map[string]struct {
		context func(*gin.Context) context.Context
		err     error
	}{
		"the request's own":  {func(c *gin.Context) context.Context { return c }, nil},
		"its copy":           {func(c *gin.Context) context.Context { return c.Copy() }, nil},
		"a copy of its copy": {func(c *gin.Context) context.Context { return c.Copy().Copy() }, nil},
		"Context":            {ginjwt.Context, nil},
		"Context of a copy":  {func(c *gin.Context) context.Context { return ginjwt.Context(c.Copy()) }, nil},
		"derived from Context": {func(c *gin.Context) context.Context {
			return context.WithValue(context.WithoutCancel(ginjwt.Context(c)), ctxKey{}, 1)
		}, nil},
		"derived from c":        {func(c *gin.Context) context.Context { return context.WithValue(c, ctxKey{}, 1) }, ginjwt.ErrForeignContext},
		"derived from a copy":   {func(c *gin.Context) context.Context { return context.WithoutCancel(c.Copy()) }, ginjwt.ErrForeignContext},
		"c in another type":     {func(c *gin.Context) context.Context { return struct{ *gin.Context }{c} }, ginjwt.ErrForeignContext},
		"the request's context": {func(c *gin.Context) context.Context { return c.Request.Context() }, ginjwt.ErrForeignContext},
		"Background":            {func(*gin.Context) context.Context { return context.Background() }, ginjwt.ErrForeignContext},
		"nil":                   {func(*gin.Context) context.Context { return nil }, ginjwt.ErrForeignContext},
		"a nil *gin.Context":    {func(*gin.Context) context.Context { return (*gin.Context)(nil) }, ginjwt.ErrForeignContext},
		"another *gin.Context":  {func(*gin.Context) context.Context { return new(gin.Context) }, ginjwt.ErrNotGuarded},
	}
	for name, tc := range cases {
		for _, fallback := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, fallback %t", name, fallback), func(t *testing.T) {
				t.Parallel()
				r := graphEngine(ginjwt.Require(g.user), func(c *gin.Context) {
					ctx := tc.context(c)
					v, err := g.user.Get(ctx)
					peeked, ok := g.user.Peek(ctx)
					want := graphUser{"johndoe"}
					if tc.err != nil {
						want = graphUser{}
					}
					assert.Equal(t, tc.err, err)
					assert.Equal(t, want, v)
					assert.Equal(t, want, peeked)
					assert.Equal(t, tc.err == nil, ok)
					c.Status(204)
				})
				r.ContextWithFallback = fallback
				assert.Equal(t, 204, get(r, "/", token).Code)
			})
		}
	}
}

// TestContextInTheRequest: the user may hand the results on in c.Request.
func TestContextInTheRequest(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	for _, fallback := range []bool{false, true} {
		r := graphEngine(ginjwt.Require(g.user), func(c *gin.Context) {
			c.Request = c.Request.WithContext(ginjwt.Context(c))
			u, err := g.user.Get(c.Request.Context())
			assert.NoError(t, err)
			assert.Equal(t, "johndoe", u.Name)
			_, err = g.user.Get(context.WithValue(c, ctxKey{}, 1))
			assert.ErrorIs(t, err, ginjwt.ErrForeignContext, "c is still what it was derived from")
			_, err = g.user.Get(ginjwt.Context(c))
			assert.NoError(t, err)
		})
		r.ContextWithFallback = fallback
		assert.Equal(t, 200, get(r, "/", sign(t, g.issuer, "johndoe", "")).Code)
	}
}

// TestContextOverOneThatWasDerivedFromC: what lies below Context cannot lead
// past it, and is no reason to refuse it.
func TestContextOverOneThatWasDerivedFromC(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	r := graphEngine(ginjwt.Require(g.user), func(c *gin.Context) {
		c.Request = c.Request.WithContext(context.WithValue(c, ctxKey{}, 1))
		u, err := g.user.Get(ginjwt.Context(c))
		assert.NoError(t, err)
		assert.Equal(t, "johndoe", u.Name)
		assert.Equal(t, 1, ginjwt.Context(c).Value(ctxKey{}))
		c.Status(204)
	})
	assert.Equal(t, 204, get(r, "/", sign(t, g.issuer, "johndoe", "")).Code)
}

func TestContextKeepsTheRequestsValuesAndEnd(t *testing.T) {
	t.Parallel()
	type key struct{}
	ctx, cancel := context.WithCancelCause(context.WithValue(t.Context(), key{}, "value"))
	left := errors.New("left")
	r := graphEngine(ginjwt.Require(graphValue(1)), func(c *gin.Context) {
		got := ginjwt.Context(c)
		assert.Equal(t, "value", got.Value(key{}))
		assert.NoError(t, got.Err())
		cancel(left)
		<-got.Done()
		assert.ErrorIs(t, got.Err(), context.Canceled)
		assert.Equal(t, left, context.Cause(got))
	})
	r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
	require.Error(t, ctx.Err(), "the handler ran")
}

func TestADependencySeesTheDeadlineOfTheContextGivenToGet(t *testing.T) {
	t.Parallel()
	type seen struct {
		deadline time.Time
		value    any
	}
	sees := ginjwt.Provide(func(c *gin.Context) (seen, error) {
		deadline, _ := c.Request.Context().Deadline()
		return seen{deadline, c.Request.Context().Value(ctxKey{})}, nil
	})
	above := ginjwt.Depends(sees, same)
	r := graphEngine(ginjwt.Require(graphValue(1)), func(c *gin.Context) {
		deadline := time.Now().Add(time.Hour)
		ctx, cancel := context.WithDeadline(context.WithValue(ginjwt.Context(c), ctxKey{}, "mine"), deadline)
		defer cancel()
		v, err := above.Get(ctx)
		assert.NoError(t, err)
		assert.Equal(t, seen{deadline, "mine"}, v)
		_, has := c.Request.Context().Deadline()
		assert.False(t, has, "the request itself has none")
	})
	assert.Equal(t, 200, get(r, "/", "").Code)
}

func TestAWaitingGetEndsWithItsContext(t *testing.T) {
	t.Parallel()
	started, finish := make(chan struct{}), make(chan struct{})
	slow := ginjwt.Provide(func(*gin.Context) (int, error) { close(started); <-finish; return 7, nil })
	r := graphEngine(ginjwt.Require(graphValue(0)), func(c *gin.Context) {
		cp := c.Copy()
		var all sync.WaitGroup
		all.Go(func() { _, _ = slow.Get(cp) })
		<-started
		ctx, cancel := context.WithCancel(ginjwt.Context(c))
		waiting := make(chan struct{})
		all.Go(func() { <-waiting; cancel() })
		_, err := slow.Get(&graphAsked{Context: ctx, asked: waiting})
		assert.ErrorIs(t, err, context.Canceled)
		close(finish)
		v, err := slow.Get(c)
		assert.NoError(t, err, "who gave up waiting has not spoilt it for others")
		assert.Equal(t, 7, v)
		all.Wait()
	})
	graphWithin(t, func() { get(r, "/", "") })
}

// TestOneCallersDeadlineIsNotEverybodys: a goroutine that gives up early while
// it waits for others must not make the handler fail.
func TestOneCallersDeadlineIsNotEverybodys(t *testing.T) {
	t.Parallel()
	started, finish := make(chan struct{}), make(chan struct{})
	slow := ginjwt.Provide(func(*gin.Context) (int, error) { close(started); <-finish; return 7, nil })
	above := ginjwt.Depends(slow, same)
	r := graphEngine(ginjwt.Require(graphValue(0)), func(c *gin.Context) {
		cp := c.Copy()
		var all sync.WaitGroup
		all.Go(func() { _, _ = slow.Get(cp) })
		<-started
		ctx, cancel := context.WithCancel(ginjwt.Context(c))
		waiting := make(chan struct{})
		all.Go(func() { <-waiting; cancel() })
		_, err := above.Get(&graphAsked{Context: ctx, asked: waiting})
		assert.ErrorIs(t, err, context.Canceled)
		close(finish)
		all.Wait()
		v, err := above.Get(c)
		assert.NoError(t, err, "only the goroutine's own patience had ended")
		assert.Equal(t, 7, v)
	})
	graphWithin(t, func() { get(r, "/", "") })
}

// TestKeptContextsNeverAnswerWithAnotherUser keeps contexts while hundreds of
// other requests use what Gin takes back after a request.
func TestKeptContextsNeverAnswerWithAnotherUser(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	late := ginjwt.Depends(g.claims, func(_ *gin.Context, c ginjwt.Claims) (string, error) { return c.Subject, nil })
	var kept []context.Context
	keep := func(c *gin.Context) {
		if c.Query("keep") != "" {
			kept = append(kept, c.Copy(), ginjwt.Context(c), ginjwt.Context(c.Copy()),
				context.WithoutCancel(ginjwt.Context(c)), context.WithValue(c, ctxKey{}, 1))
		}
	}
	r := graphEngine(ginjwt.Require(g.user), keep)
	r.ContextWithFallback = true
	require.Equal(t, 200, get(r, "/?keep=1", sign(t, g.issuer, "johndoe", "")).Code)
	require.Len(t, kept, 5)

	check := func() {
		for _, ctx := range kept[:4] {
			u, err := g.user.Get(ctx)
			assert.NoError(t, err)
			assert.Equal(t, "johndoe", u.Name)
			u, ok := g.user.Peek(ctx)
			assert.True(t, ok)
			assert.Equal(t, "johndoe", u.Name)
			name, err := late.Get(ctx)
			assert.ErrorIs(t, err, ginjwt.ErrRequestOver)
			assert.Empty(t, name)
		}
		u, err := g.user.Get(kept[4])
		assert.ErrorIs(t, err, ginjwt.ErrForeignContext)
		assert.Empty(t, u)
	}
	other := sign(t, g.issuer, "alice", "")
	var all sync.WaitGroup
	for range 300 {
		all.Go(func() { get(r, "/", other) })
	}
	check()
	all.Wait()
	check()
}

func TestAKeptContextWithinAnotherRequest(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	var kept context.Context
	r := graphEngine(ginjwt.Require(g.user), func(c *gin.Context) {
		if kept == nil {
			kept = context.WithValue(c, ctxKey{}, 1)
			return
		}
		_, err := g.user.Get(kept)
		assert.ErrorIs(t, err, ginjwt.ErrForeignContext)
		_, ok := g.user.Peek(kept)
		assert.False(t, ok)
		c.Request = c.Request.WithContext(ginjwt.Context(c))
		u, err := g.user.Get(kept)
		assert.ErrorIs(t, err, ginjwt.ErrForeignContext, "even if it leads to what comes from Context: %v", u)
	})
	r.ContextWithFallback = true
	for _, name := range []string{"johndoe", "alice", "bob"} {
		get(r, "/", sign(t, g.issuer, name, ""))
	}
}

// TestAnInnerRequestIsNotTheOuterOnes: a request that was made with another
// one's context must not answer with that one's user.
func TestAnInnerRequestIsNotTheOuterOnes(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	r := newEngine()
	r.GET("/open", func(c *gin.Context) {
		_, err := g.user.Get(c)
		assert.ErrorIs(t, err, ginjwt.ErrNotGuarded)
		u, err := g.user.Get(ginjwt.Context(c))
		assert.Error(t, err, "no handler guards this route: %v", u)
	})
	r.GET("/guarded", ginjwt.Require(g.user), func(c *gin.Context) {
		u, err := g.user.Get(ginjwt.Context(c))
		assert.NoError(t, err)
		c.String(200, u.Name)
	})
	r.GET("/", ginjwt.Require(g.user), func(c *gin.Context) {
		for _, path := range []string{"/open", "/guarded"} {
			req := httptest.NewRequestWithContext(ginjwt.Context(c), http.MethodGet, path, nil)
			w := ginjwttest.Do(t, r, ginjwttest.Authorized(req, sign(t, g.issuer, "alice", "")))
			assert.Contains(t, []string{"", "alice"}, w.Body.String())
		}
	})
	assert.Equal(t, 200, get(r, "/", sign(t, g.issuer, "johndoe", "")).Code)
}

func TestWhereNothingGuardsTheRoute(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	r := graphEngine(func(c *gin.Context) {
		_, err := g.user.Get(c)
		assert.ErrorIs(t, err, ginjwt.ErrNotGuarded)
		_, err = g.user.Get(c.Copy())
		assert.ErrorIs(t, err, ginjwt.ErrNotGuarded)
		_, err = g.user.Get(ginjwt.Context(c))
		assert.Error(t, err)
		_, ok := g.user.Peek(c)
		assert.False(t, ok)
		assert.Equal(t, "v", ginjwt.Context(c).Value(ctxKey{}), "it is still the request's context")
	})
	req := httptest.NewRequestWithContext(context.WithValue(t.Context(), ctxKey{}, "v"), http.MethodGet, "/", nil)
	ginjwttest.Do(t, r, ginjwttest.Authorized(req, sign(t, g.issuer, "johndoe", "")))
	assert.Zero(t, g.calls.Load())
}

func TestZeroAndNilDependenciesAreErrors(t *testing.T) {
	t.Parallel()
	r := graphEngine(ginjwt.Require(graphValue(1)), func(c *gin.Context) {
		for _, d := range []*ginjwt.Dependency[int]{nil, new(ginjwt.Dependency[int])} {
			_, err := d.Get(c)
			assert.ErrorContains(t, err, "ginjwt: nil or zero dependency")
			_, ok := d.Peek(c)
			assert.False(t, ok)
		}
		c.Status(204)
	})
	assert.Equal(t, 204, get(r, "/", "").Code)
}

func TestHandleContextStartsAnew(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	var log graphLog
	r := newEngine()
	r.GET("/old", ginjwt.Require(g.user), func(c *gin.Context) {
		ginjwt.Cleanup(c, func() { log.add("clean-up of old") })
		c.Request.URL.Path = "/new"
		c.Request.Header.Set("Authorization", "Bearer "+sign(t, g.issuer, "alice", ""))
		r.HandleContext(c)
	})
	r.GET("/new", ginjwt.Handle(g.user, func(c *gin.Context, u graphUser) {
		ginjwt.Cleanup(c, func() { log.add("clean-up of new") })
		c.String(200, u.Name)
	}))
	r.GET("/gone", ginjwt.Require(g.user), func(c *gin.Context) {
		c.Request.URL.Path = "/new"
		c.Request.Header.Del("Authorization")
		r.HandleContext(c)
	})
	w := get(r, "/old", sign(t, g.issuer, "johndoe", ""))
	assert.Equal(t, "alice", w.Body.String(), "credentials are judged again")
	assert.Equal(t, []string{"clean-up of new", "clean-up of old"}, log.all())
	assert.Equal(t, 401, get(r, "/gone", sign(t, g.issuer, "johndoe", "")).Code)
}

// TestNothingInKeysGivesAwayTheToken: request logs print c.Keys.
func TestNothingInKeysGivesAwayTheToken(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	token := sign(t, g.issuer, "johndoe", "sesame")
	r := graphEngine(ginjwt.OnError(func(*gin.Context, *ginjwt.Error) {}), ginjwt.Require(ginjwt.Security(g.user, "sesame")), func(c *gin.Context) {
		_, _ = g.user.Get(c)
		for key, value := range c.Keys {
			_, named := key.(string)
			assert.False(t, named, "no name can be guessed or collide")
			for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
				for what, printed := range map[string]any{"c.Keys": c.Keys, "a value of c.Keys": value, "Context(c)": ginjwt.Context(c)} {
					text := fmt.Sprintf(verb, printed)
					for _, secret := range []string{token, "sesame", "johndoe"} { // the test's log must not print them either
						assert.False(t, strings.Contains(text, secret), "%s of %s shows %.6s", verb, what, secret) //nolint:testifylint // see above
					}
				}
			}
		}
		assert.Empty(t, c.Errors)
	})
	assert.Equal(t, 200, get(r, "/", token).Code)
}
