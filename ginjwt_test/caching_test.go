package ginjwt_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// counting returns a dependency on nothing that counts its calls.
func counting(calls *atomic.Int32) *ginjwt.Dependency[int32] {
	return ginjwt.Provide(func(*gin.Context) (int32, error) { return calls.Add(1), nil })
}

func same[T any](_ *gin.Context, v T) (T, error) { return v, nil }

func TestWorkedOutOncePerRequest(t *testing.T) {
	t.Parallel()
	nothing := func(*gin.Context, int32) {}
	pair := func(_ *gin.Context, a, b int32) (int32, error) { return a + b, nil }
	cases := map[string]func(d *ginjwt.Dependency[int32]) []gin.HandlerFunc{
		"two ways to it": func(d *ginjwt.Dependency[int32]) []gin.HandlerFunc {
			return []gin.HandlerFunc{ginjwt.Handle(ginjwt.Depends2(ginjwt.Depends(d, same), d, pair), nothing)}
		},
		"the same twice in one Depends2": func(d *ginjwt.Dependency[int32]) []gin.HandlerFunc {
			return []gin.HandlerFunc{ginjwt.Handle(ginjwt.Depends2(d, d, pair), nothing)}
		},
		"Require twice and Handle": func(d *ginjwt.Dependency[int32]) []gin.HandlerFunc {
			return []gin.HandlerFunc{ginjwt.Require(d, d), ginjwt.Require(d), ginjwt.Handle(d, nothing)}
		},
		"Handle and Get": func(d *ginjwt.Dependency[int32]) []gin.HandlerFunc {
			return []gin.HandlerFunc{ginjwt.Handle(d, nothing), func(c *gin.Context) { _, _ = d.Get(c); _, _ = d.Get(c) }}
		},
		"Get of another guard's route": func(d *ginjwt.Dependency[int32]) []gin.HandlerFunc {
			return []gin.HandlerFunc{ginjwt.Require(graphValue(0)), func(c *gin.Context) { _, _ = d.Get(c); _, _ = d.Get(c) }}
		},
		"Get in a dependency": func(d *ginjwt.Dependency[int32]) []gin.HandlerFunc {
			asks := ginjwt.Provide(func(c *gin.Context) (int32, error) { return d.Get(c) })
			return []gin.HandlerFunc{ginjwt.Handle2(asks, d, func(*gin.Context, int32, int32) {})}
		},
		"Check and Check on the same": func(d *ginjwt.Dependency[int32]) []gin.HandlerFunc {
			ok := func(*gin.Context, int32) error { return nil }
			return []gin.HandlerFunc{ginjwt.Handle(ginjwt.Check(ginjwt.Check(d, "a", ok), "b", ok), nothing)}
		},
		"contexts and copies": func(d *ginjwt.Dependency[int32]) []gin.HandlerFunc {
			return []gin.HandlerFunc{ginjwt.Require(graphValue(0)), func(c *gin.Context) {
				_, _ = d.Get(ginjwt.Context(c))
				_, _ = d.Get(c.Copy())
				_, _ = d.Get(c)
			}}
		},
	}
	for name, handlers := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			r := graphEngine(handlers(counting(&calls))...)
			require.Equal(t, 200, get(r, "/", "").Code)
			assert.EqualValues(t, 1, calls.Load())
			require.Equal(t, 200, get(r, "/", "").Code)
			assert.EqualValues(t, 2, calls.Load(), "the next request works it out anew")
		})
	}
}

func TestErrorsAreRemembered(t *testing.T) {
	t.Parallel()
	var calls int
	failure := errors.New("no database")
	fails := ginjwt.Provide(func(*gin.Context) (int, error) { calls++; return calls, failure })
	above := ginjwt.Depends(fails, func(*gin.Context, int) (int, error) { calls += 100; return 0, nil })
	r := graphEngine(ginjwt.Require(graphValue(0)), func(c *gin.Context) {
		for range 3 {
			v, err := fails.Get(c)
			assert.ErrorIs(t, err, failure)
			assert.Zero(t, v, "nothing of a failed dependency is returned")
			_, err = above.Get(c)
			assert.ErrorIs(t, err, failure, "the error of what lies below is its own")
		}
		_, ok := fails.Peek(c)
		assert.False(t, ok, "a failure is no value")
	})
	get(r, "/", "")
	assert.Equal(t, 1, calls)
}

func TestRefusalIsRememberedAcrossGuards(t *testing.T) {
	t.Parallel()
	var calls int
	refuses := ginjwt.Provide(func(*gin.Context) (int, error) { calls++; return 0, ginjwt.Forbidden("no") })
	r := graphEngine(ginjwt.Require(graphValue(0)), func(c *gin.Context) {
		_, err := refuses.Get(c)
		assert.Error(t, err)
	}, ginjwt.Handle(refuses, func(*gin.Context, int) { t.Error("reached") }))
	assert.Equal(t, 403, get(r, "/", "").Code)
	assert.Equal(t, 1, calls)
}

func TestManyDependenciesEachKeepTheirOwn(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	var deps []*ginjwt.Dependency[int]
	var guards []ginjwt.Guard
	for i := range 40 {
		deps = append(deps, ginjwt.Provide(func(*gin.Context) (int, error) { calls.Add(1); return i, nil }))
		guards = append(guards, deps[i])
	}
	r := graphEngine(ginjwt.Require(guards...), func(c *gin.Context) {
		for i, d := range deps {
			v, err := d.Get(c)
			assert.NoError(t, err)
			assert.Equal(t, i, v)
		}
	})
	get(r, "/", "")
	assert.EqualValues(t, 40, calls.Load())
}

func TestOrderIsDepthFirstByDeclaration(t *testing.T) {
	t.Parallel()
	join2 := func(l *graphLog, name string) func(*gin.Context, string, string) (string, error) {
		return func(*gin.Context, string, string) (string, error) { l.add(name); return name, nil }
	}
	after := func(l *graphLog, d *ginjwt.Dependency[string], name string) *ginjwt.Dependency[string] {
		return ginjwt.Depends(d, func(*gin.Context, string) (string, error) { l.add(name); return name, nil })
	}
	granting := func(l *graphLog, d *ginjwt.Dependency[string]) *ginjwt.Dependency[string] {
		return ginjwt.Grants(d, func(string) []string { l.add("grants"); return []string{"me"} })
	}
	tree := func(l *graphLog, grants bool) *ginjwt.Dependency[string] {
		a := after(l, l.step("a1"), "a2")
		b := l.step("b1")
		if grants {
			b = granting(l, b)
		}
		return ginjwt.Depends2(a, ginjwt.Depends2(b, l.step("c"), join2(l, "bc")), join2(l, "top"))
	}
	cases := map[string]struct {
		build func(l *graphLog) ginjwt.Guard
		want  []string
	}{
		"Depends2": {func(l *graphLog) ginjwt.Guard { return tree(l, false) },
			[]string{"a1", "a2", "b1", "c", "bc", "top"}},
		"Depends3": {func(l *graphLog) ginjwt.Guard {
			return ginjwt.Depends3(after(l, l.step("a1"), "a2"), l.step("b"), l.step("c"),
				func(*gin.Context, string, string, string) (int, error) { l.add("top"); return 0, nil })
		}, []string{"a1", "a2", "b", "c", "top"}},
		"Security does not change it": {func(l *graphLog) ginjwt.Guard { return ginjwt.Security(tree(l, true), "me") },
			[]string{"a1", "a2", "b1", "grants", "c", "bc", "top"}},
		"a refused scope ends it where it is known": {func(l *graphLog) ginjwt.Guard { return ginjwt.Security(tree(l, true), "admin") },
			[]string{"a1", "a2", "b1", "grants"}},
		"Security in Security": {func(l *graphLog) ginjwt.Guard {
			return ginjwt.Security(after(l, ginjwt.Security(tree(l, true), "me"), "over"), "me")
		}, []string{"a1", "a2", "b1", "grants", "c", "bc", "top", "over"}},
		"Check comes after what it checks": {func(l *graphLog) ginjwt.Guard {
			return ginjwt.Check(l.step("a"), "check", func(*gin.Context, string) error { l.add("check"); return nil })
		}, []string{"a", "check"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log graphLog
			get(graphEngine(ginjwt.Require(tc.build(&log))), "/", "")
			assert.Equal(t, tc.want, log.all())
		})
	}
}

func TestAFailureStopsWhatWasDeclaredAfterIt(t *testing.T) {
	t.Parallel()
	var log graphLog
	bad := graphFails(ginjwt.Forbidden("no"))
	never3 := func(*gin.Context, int, string, string) (int, error) { log.add("top"); return 0, nil }
	get(graphEngine(ginjwt.Require(ginjwt.Depends3(bad, log.step("b"), log.step("c"), never3))), "/", "")
	assert.Empty(t, log.all())
	never2 := func(*gin.Context, string, int) (int, error) { log.add("top"); return 0, nil }
	get(graphEngine(ginjwt.Require(ginjwt.Depends2(log.step("a"), bad, never2))), "/", "")
	assert.Equal(t, []string{"a"}, log.all())
}

// TestConcurrentGet lets 64 goroutines ask at once for a dependency that is not
// worked out before all of them are on their way.
func TestConcurrentGet(t *testing.T) {
	t.Parallel()
	const goroutines = 64
	cases := map[string]func(c *gin.Context) func() context.Context{
		"a copy each": func(c *gin.Context) func() context.Context {
			return func() context.Context { return c.Copy() }
		},
		"one shared copy": func(c *gin.Context) func() context.Context {
			cp := c.Copy()
			return func() context.Context { return cp }
		},
		"one Context": func(c *gin.Context) func() context.Context {
			ctx := ginjwt.Context(c)
			return func() context.Context { return ctx }
		},
		"a Context each": func(c *gin.Context) func() context.Context {
			return func() context.Context { return ginjwt.Context(c) }
		},
		"the request's own, while the handler waits": func(c *gin.Context) func() context.Context {
			return func() context.Context { return c }
		},
	}
	for name, contexts := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			var asking sync.WaitGroup
			asking.Add(goroutines)
			base := ginjwt.Provide(func(*gin.Context) (int, error) {
				asking.Wait()
				calls.Add(1)
				return 7, nil
			})
			top := ginjwt.Depends2(base, ginjwt.Depends(base, same), func(_ *gin.Context, a, b int) (string, error) {
				calls.Add(1)
				return fmt.Sprint(a, b), nil
			})
			r := graphEngine(ginjwt.Require(graphValue(0)), func(c *gin.Context) {
				next := contexts(c)
				var all sync.WaitGroup
				for i := range goroutines {
					all.Go(func() {
						ctx := next()
						asking.Done()
						if v, ok := base.Peek(ctx); ok {
							assert.Equal(t, 7, v, "all of a value or nothing")
						}
						if i%2 == 0 {
							v, err := base.Get(ctx)
							assert.NoError(t, err)
							assert.Equal(t, 7, v)
						}
						v, err := top.Get(ctx)
						assert.NoError(t, err)
						assert.Equal(t, "7 7", v)
					})
				}
				all.Wait()
			})
			graphWithin(t, func() { get(r, "/", "") })
			assert.EqualValues(t, 2, calls.Load(), "each function runs once")
		})
	}
}

func TestConcurrentRequestsDoNotMix(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	r := graphEngine(ginjwt.Require(g.user), func(c *gin.Context) {
		var all sync.WaitGroup
		for range 3 {
			cp := c.Copy()
			all.Go(func() { _, _ = g.user.Get(cp) })
		}
		all.Wait()
		u, _ := g.user.Get(c)
		c.String(200, u.Name)
	})
	var all sync.WaitGroup
	for i := range 100 {
		name := fmt.Sprint("user", i)
		token := sign(t, g.issuer, name, "")
		all.Go(func() { assert.Equal(t, name, get(r, "/", token).Body.String()) })
	}
	all.Wait()
}
