package ginjwt_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// graphKnot is a dependency whose function can be set after others that ask for
// it have been made.
type graphKnot struct {
	*ginjwt.Dependency[int]
	fn func(*gin.Context) (int, error)
}

func newGraphKnot() *graphKnot {
	k := new(graphKnot)
	k.Dependency = ginjwt.Provide(func(c *gin.Context) (int, error) { return k.fn(c) })
	return k
}

func TestCyclesAreErrors(t *testing.T) {
	t.Parallel()
	cases := map[string]func(k *graphKnot){
		"it asks for itself": func(k *graphKnot) {
			k.fn = func(c *gin.Context) (int, error) { return k.Get(c) }
		},
		"with a copy": func(k *graphKnot) {
			k.fn = func(c *gin.Context) (int, error) { return k.Get(c.Copy()) }
		},
		"with Context": func(k *graphKnot) {
			k.fn = func(c *gin.Context) (int, error) { return k.Get(ginjwt.Context(c)) }
		},
		"with a context derived from Context": func(k *graphKnot) {
			k.fn = func(c *gin.Context) (int, error) {
				ctx, cancel := context.WithCancel(ginjwt.Context(c))
				defer cancel()
				return k.Get(ctx)
			}
		},
		"through another dependency": func(k *graphKnot) {
			other := ginjwt.Provide(func(c *gin.Context) (int, error) { return k.Get(c) })
			k.fn = func(c *gin.Context) (int, error) { return other.Get(c) }
		},
		"through what depends on it": func(k *graphKnot) {
			above := ginjwt.Depends(ginjwt.Depends(k.Dependency, same), same)
			k.fn = func(c *gin.Context) (int, error) { return above.Get(c) }
		},
		"through a Check on it": func(k *graphKnot) {
			above := ginjwt.Check(k.Dependency, "check", func(*gin.Context, int) error { return nil })
			k.fn = func(c *gin.Context) (int, error) { return above.Get(c) }
		},
		"deep in a recursion": func(k *graphKnot) {
			var down func(c *gin.Context, n int) (int, error)
			down = func(c *gin.Context, n int) (int, error) {
				if n == 0 {
					return k.Get(c)
				}
				return down(c, n-1)
			}
			k.fn = func(c *gin.Context) (int, error) { return down(c, 500) }
		},
		"through another that a goroutine of its own works out": func(k *graphKnot) {
			other := newGraphKnot()
			started := make(chan struct{})
			other.fn = func(c *gin.Context) (int, error) { close(started); return k.Get(c) }
			k.fn = func(c *gin.Context) (int, error) {
				cp := c.Copy()
				go func() { _, _ = other.Get(cp) }()
				<-started
				return other.Get(c)
			}
		},
	}
	for name, tie := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			viaHandle, viaGet := newGraphKnot(), newGraphKnot()
			tie(viaHandle)
			tie(viaGet)
			graphWithin(t, func() {
				r := graphEngine(ginjwt.Require(graphValue(0)), func(c *gin.Context) {
					_, err := viaGet.Get(c)
					assert.ErrorIs(t, err, ginjwt.ErrCycle)
				}, func(c *gin.Context) {
					defer func() {
						_, err := viaHandle.Get(c)
						assert.ErrorIs(t, err, ginjwt.ErrCycle, "remembered")
					}()
					c.Next()
				}, ginjwt.Handle(viaHandle.Dependency, func(*gin.Context, int) { t.Error("reached") }))
				assert.Equal(t, 500, get(r, "/", "").Code)
			})
		})
	}
}

// TestWaitingForItselfInAGoroutineEndsWithTheRequest: nobody but the function
// can tell that it waits for the goroutine, which might as well be background
// work (see TestBackgroundWorkOfADependencyIsNoCycle), so it is no ErrCycle.
func TestWaitingForItselfInAGoroutineEndsWithTheRequest(t *testing.T) {
	t.Parallel()
	left := errors.New("the client left")
	for name, guard := range map[string]func(*graphKnot) gin.HandlerFunc{
		"Handle": func(k *graphKnot) gin.HandlerFunc { return ginjwt.Require(k) },
		"Get": func(k *graphKnot) gin.HandlerFunc {
			return ginjwt.Handle(graphValue(0), func(c *gin.Context, _ int) { _, _ = k.Get(c) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			k := newGraphKnot()
			k.fn = func(c *gin.Context) (v int, err error) {
				var wait sync.WaitGroup
				waiting := make(chan struct{})
				wait.Go(func() { v, err = k.Get(&graphAsked{Context: ginjwt.Context(c), asked: waiting}) })
				<-waiting
				cancel(left)
				wait.Wait()
				return v, err
			}
			var err error
			r := graphEngine(func(c *gin.Context) { c.Next(); _, err = k.Get(c) }, guard(k))
			req := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
			graphWithin(t, func() { r.ServeHTTP(httptest.NewRecorder(), req) })
			assert.ErrorIs(t, err, left)
		})
	}
}

func TestRingOfTwoGoroutines(t *testing.T) {
	t.Parallel()
	for name, context := range map[string]func(*gin.Context) context.Context{
		"copies":   func(c *gin.Context) context.Context { return c.Copy() },
		"contexts": ginjwt.Context,
		"raw":      func(c *gin.Context) context.Context { return c },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := newGraphKnot(), newGraphKnot()
			var both sync.WaitGroup
			both.Add(2)
			meet := func(other *graphKnot) func(c *gin.Context) (int, error) {
				return func(c *gin.Context) (int, error) {
					both.Done()
					both.Wait() // both are being worked out now
					return other.Get(c)
				}
			}
			a.fn, b.fn = meet(b), meet(a)
			r := graphEngine(ginjwt.Require(graphValue(0)), func(c *gin.Context) {
				var all sync.WaitGroup
				for _, k := range []*graphKnot{a, b} {
					ctx := context(c)
					all.Go(func() {
						_, err := k.Get(ctx)
						assert.ErrorIs(t, err, ginjwt.ErrCycle)
					})
				}
				all.Wait()
			})
			graphWithin(t, func() { get(r, "/", "") })
		})
	}
}

func TestRingOfTheGuardAndAGoroutine(t *testing.T) {
	t.Parallel()
	a, b := newGraphKnot(), newGraphKnot()
	started := make(chan struct{})
	b.fn = func(c *gin.Context) (int, error) { close(started); return a.Get(c) }
	a.fn = func(c *gin.Context) (int, error) {
		ctx := ginjwt.Context(c)
		go func() { _, _ = b.Get(ctx) }()
		<-started
		return b.Get(c)
	}
	graphWithin(t, func() {
		assert.Equal(t, 500, get(graphEngine(ginjwt.Require(a)), "/", "").Code)
	})
}

// TestWaitingIsNoCycle: somebody else's work under way is waited for.
func TestWaitingIsNoCycle(t *testing.T) {
	t.Parallel()
	started, asked := make(chan struct{}), make(chan struct{})
	slow := ginjwt.Provide(func(*gin.Context) (int, error) { close(started); <-asked; return 7, nil })
	above := ginjwt.Depends(slow, same)
	r := graphEngine(ginjwt.Require(graphValue(0)), func(c *gin.Context) {
		cp := c.Copy()
		var other sync.WaitGroup
		other.Go(func() { _, _ = slow.Get(cp) })
		<-started
		close(asked)
		v, err := above.Get(c)
		assert.NoError(t, err)
		assert.Equal(t, 7, v)
		other.Wait()
	})
	graphWithin(t, func() { get(r, "/", "") })
}

// TestBackgroundWorkOfADependencyIsNoCycle: a goroutine that a dependency leaves
// behind may wait for that dependency's value.
func TestBackgroundWorkOfADependencyIsNoCycle(t *testing.T) {
	t.Parallel()
	k := newGraphKnot()
	got := make(chan int, 1)
	k.fn = func(c *gin.Context) (int, error) {
		ctx := ginjwt.Context(c)
		go func() {
			v, _ := k.Get(ctx)
			got <- v
		}()
		return 7, nil
	}
	graphWithin(t, func() {
		assert.Equal(t, 200, get(graphEngine(ginjwt.Require(k)), "/", "").Code)
		assert.Equal(t, 7, <-got)
	})
}

// TestNestedRequestIsNoCycle serves a request of its own inside a dependency,
// which asks for the same dependency: another request, another result.
func TestNestedRequestIsNoCycle(t *testing.T) {
	t.Parallel()
	r := newEngine()
	k := newGraphKnot()
	k.fn = func(c *gin.Context) (int, error) {
		if c.Query("inner") != "" {
			return 1, nil
		}
		w := get(r, "/plain?inner=1", "")
		assert.Equal(t, "1 1", w.Body.String())
		w = get(r, "/?inner=1", "")
		assert.Equal(t, "1", w.Body.String())
		return 2, nil
	}
	above := ginjwt.Provide(func(c *gin.Context) (int, error) { return k.Get(c) })
	r.GET("/", ginjwt.Handle(k.Dependency, func(c *gin.Context, v int) { c.String(200, "%d", v) }))
	r.GET("/plain", ginjwt.Require(graphValue(0)), func(c *gin.Context) {
		a, err := above.Get(c)
		assert.NoError(t, err)
		b, err := k.Get(c)
		assert.NoError(t, err)
		c.String(200, "%d %d", a, b)
	})
	graphWithin(t, func() { assert.Equal(t, "2", get(r, "/", "").Body.String()) })
}

// TestNestedRequestWithGoroutines: inside of another request's resolution, a
// handler and its goroutine are still told apart.
func TestNestedRequestWithGoroutines(t *testing.T) {
	t.Parallel()
	r := newEngine()
	started, asked := make(chan struct{}), make(chan struct{})
	slow := ginjwt.Provide(func(*gin.Context) (int, error) { close(started); <-asked; return 7, nil })
	r.GET("/inner", ginjwt.Require(graphValue(0)), func(c *gin.Context) {
		cp := c.Copy()
		go func() { _, _ = slow.Get(cp) }()
		<-started
		ctx := &graphAsked{Context: ginjwt.Context(c), asked: asked}
		v, err := slow.Get(ctx)
		assert.NoError(t, err)
		assert.Equal(t, 7, v)
	})
	outer := ginjwt.Provide(func(*gin.Context) (int, error) {
		get(r, "/inner", "")
		return 0, nil
	})
	r.GET("/", ginjwt.Require(outer))
	graphWithin(t, func() { get(r, "/", "") })
}

// graphAsked lets asked close when somebody begins to wait with the context.
type graphAsked struct {
	context.Context
	once  sync.Once
	asked chan struct{}
}

func (c *graphAsked) Done() <-chan struct{} {
	c.once.Do(func() { close(c.asked) })
	return c.Context.Done()
}

func TestPanicAndGoexitReleaseWaiters(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(){
		"panic":  func() { panic("boom") },
		"Goexit": runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			started, asked := make(chan struct{}), make(chan struct{})
			bad := ginjwt.Provide(func(*gin.Context) (int, error) { close(started); <-asked; end(); return 1, nil })
			above := ginjwt.Depends(bad, same)
			r := graphEngine(ginjwt.Require(graphValue(0)), func(c *gin.Context) {
				cp, ctx := c.Copy(), ginjwt.Context(c)
				var all sync.WaitGroup
				all.Go(func() {
					defer func() { _ = recover() }()
					_, _ = bad.Get(cp)
				})
				<-started
				_, err := above.Get(&graphAsked{Context: ctx, asked: asked})
				assert.ErrorContains(t, err, "ginjwt: the dependency panicked")
				all.Wait()
				_, err = bad.Get(c)
				assert.ErrorContains(t, err, "ginjwt: the dependency panicked", "later too")
				_, known := bad.Peek(c)
				assert.False(t, known)
			})
			graphWithin(t, func() { get(r, "/", "") })
		})
	}
}
