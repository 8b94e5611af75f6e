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
		return nil // hides a *gin.Context that the parent comes from, which locate would refuse
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

// detached returns a copy of c for dependencies that are worked out under ctx:
// they see its deadline and its values. Nobody else uses the copy.
func detached(ctx context.Context, c *gin.Context) *gin.Context {
	c = c.Copy()
	if c.Request != nil {
		c.Request = c.Request.WithContext(ctx)
	}
	return c
}
