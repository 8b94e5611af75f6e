// Package override is the seam through which the test kit replaces
// dependencies from outside a finished engine, one request at a time.
//
// A production request pays one atomic load for it. Nothing but the test kit
// can switch it on: the package is internal, and the test kit does so only in
// a test binary.
package override

import (
	"context"
	"sync/atomic"

	"github.com/gin-gonic/gin"
)

// A Set holds the replacements of one request. Each method is asked about one
// dependency, given as the pointer that identifies it in the graph; ok is
// false where the Set has nothing to say and the graph goes on as usual.
type Set interface {
	// Resolve answers instead of dep's own function. The value must have the
	// dependency's type.
	Resolve(c *gin.Context, dep any) (value any, err error, ok bool)
	// Granted answers which scopes dep grants, as a space-delimited list.
	Granted(dep any) (scope string, ok bool)
	// Sent answers whether credentials for the scheme dep were sent.
	Sent(dep any) (sent, ok bool)
}

// on is package-level because a finished engine has no other place to be
// reached from; it changes only from false to true, and only in test binaries.
var on atomic.Bool

type key struct{}

// Enable switches the seam on for the rest of the process.
func Enable() { on.Store(true) }

// With returns a context whose requests are answered by set.
func With(ctx context.Context, set Set) context.Context {
	return context.WithValue(ctx, key{}, set)
}

// From returns the Set of c's request, or nil. It is nil in every binary where
// Enable was not called.
func From(c *gin.Context) Set {
	if !on.Load() || c == nil || c.Request == nil {
		return nil
	}
	set, _ := c.Request.Context().Value(key{}).(Set)
	return set
}
