package ginjwt

import (
	"context"
	"fmt"

	"github.com/gin-gonic/gin"
)

// Context returns c.Request.Context() that also carries the request's results:
// for services and goroutines that take a context.Context and ask for the
// current user with Get. It ends with the request, its deadline and its
// cancellation included; what was worked out can still be read after that.
//
// Contexts derived from it carry the results too. A context derived from c
// itself does not: it would find its data through c, which Gin gives to
// another request afterwards.
func Context(c *gin.Context) context.Context {
	parent := context.Background()
	if c.Request != nil {
		parent = c.Request.Context()
	}
	s := slotOf(c)
	if s == nil { // hides the results of an outer request that parent may carry
		return &requestContext{Context: parent}
	}
	return &requestContext{Context: parent, slot: s, c: c.Copy()}
}

// requestContext is what Context returns. Its copy of the *gin.Context is its
// own, so it can be kept. slot is nil where no guard has opened one.
type requestContext struct {
	context.Context
	slot *slot
	c    *gin.Context
}

// Format prints a name instead of the results, which credentials are among.
func (*requestContext) Format(f fmt.State, _ rune) { fmt.Fprint(f, "ginjwt.Context") }

func (r *requestContext) Value(key any) any {
	switch key {
	case slotKey{}:
		return r
	case gin.ContextKey:
		return nil // below here no *gin.Context answers
	}
	return r.Context.Value(key)
}

// locate returns the slot of ctx and the *gin.Context to resolve with.
func locate(ctx context.Context) (*slot, *gin.Context, error) {
	switch ctx := ctx.(type) {
	case nil:
		return nil, nil, ErrForeignContext
	case *gin.Context:
		if ctx == nil {
			return nil, nil, ErrForeignContext
		}
		s := slotOf(ctx)
		if s == nil {
			return nil, nil, ErrNotGuarded
		}
		return s, ctx, nil
	}
	// A context that was derived from a *gin.Context reaches whatever request
	// that one serves by now, perhaps somebody else's.
	if ctx.Value(gin.ContextKey) != nil {
		return nil, nil, ErrForeignContext
	}
	r, ok := ctx.Value(slotKey{}).(*requestContext)
	if !ok {
		return nil, nil, ErrForeignContext
	}
	if r.slot == nil {
		return nil, nil, ErrNotGuarded
	}
	return r.slot, r.c, nil
}

// detached returns a copy of c, which is nobody else's, for dependencies that
// are worked out under ctx: its deadline and values are theirs.
func detached(ctx context.Context, c *gin.Context) *gin.Context {
	c = c.Copy()
	if c.Request != nil {
		c.Request = c.Request.WithContext(ctx)
	}
	return c
}

// Cleanup registers fn to be called when the handler chain of the request's
// outermost ginjwt handler is over, whether it returned, was aborted or
// panicked. Clean-ups are called last added first, each even if another
// panics, like those of testing.T.
//
// A transaction is rolled back in its clean-up and committed by the handler:
// a clean-up cannot know whether the handler succeeded (during a panic the
// response's status is still 200).
//
// Cleanup panics where no handler of this package guards the route: then
// nothing would ever call fn. In a goroutine that outlives the request, fn is
// called at once.
func Cleanup(c *gin.Context, fn func()) {
	if fn == nil {
		panic("ginjwt: Cleanup: nil function")
	}
	s := slotOf(c)
	if s == nil {
		panic("ginjwt: Cleanup was called outside of any ginjwt handler: guard the route with Handle or Require, or use defer")
	}
	s.mu.Lock()
	rare := s.extra()
	rare.cleanups = append(rare.cleanups, fn)
	over := s.over
	s.mu.Unlock()
	if over {
		s.cleanUp()
	}
}

// cleanUp calls the clean-ups. If one panics, the others are called while that
// panic goes on.
func (s *slot) cleanUp() {
	finished := false
	defer func() {
		if !finished {
			s.cleanUp()
		}
	}()
	for fn := s.lastCleanup(); fn != nil; fn = s.lastCleanup() {
		fn()
	}
	finished = true
}

// lastCleanup takes off the clean-up that was added last, or returns nil.
func (s *slot) lastCleanup() (fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rare := s.extra()
	if last := len(rare.cleanups) - 1; last >= 0 {
		fn, rare.cleanups = rare.cleanups[last], rare.cleanups[:last]
	}
	return fn
}
