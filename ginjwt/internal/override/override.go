// Package override is the seam through which the test kit replaces
// dependencies from outside a finished engine, one request at a time.
//
// A production request pays one atomic load for it. Nothing but the test kit
// can switch it on: the package is internal, and the test kit does so only in
// a test binary.
package override

import (
	"context"
	"reflect"
	"sync/atomic"

	"github.com/gin-gonic/gin"
)

// A Set holds the replacements of one request. Each method is asked about one
// dependency, a Node; ok is false where the Set has nothing to say and the graph
// goes on as usual.
type Set interface {
	// Resolve answers instead of dep's own function, whose answer original is. The
	// value must have the dependency's type.
	Resolve(c *gin.Context, dep any, original func() (any, error)) (value any, err error, ok bool)
	// Replaces reports whether Resolve will answer for dep. Credentials below it
	// then count as sent, and scopes are asked of it instead of what lies below.
	Replaces(dep any) bool
	// Granted answers which scopes dep grants, as a space-delimited list, where
	// those of demanded are.
	Granted(dep any, demanded []string) (scope string, ok bool)
	// Sent answers whether credentials for the scheme dep were sent.
	Sent(dep any) (sent, ok bool)
}

// A Node is a dependency as a Set sees it. It can be compared.
type Node interface {
	// Makes reports whether the dependency is what makes values of type t: it has
	// that type, and nothing below it does.
	Makes(t reflect.Type) bool
	// Label is the name of the user's function, or of the scheme.
	Label() string
}

// A Promise is a parameter of methods that are for the test kit only. It cannot
// be made outside of this module.
type Promise struct{ _ [0]func() }

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

// Of returns the Set of a context, or nil.
func Of(ctx context.Context) Set {
	set, _ := ctx.Value(key{}).(Set)
	return set
}

// From returns the Set of c's request, or nil. It is nil in every binary where
// Enable was not called.
func From(c *gin.Context) Set {
	if !on.Load() || c == nil || c.Request == nil {
		return nil
	}
	return Of(c.Request.Context())
}

// A Decision is what a guard made of a request: its event, a ginjwt.Event, and
// what it demands.
type Decision struct {
	Event  any
	Demand string
}

type watchKey struct{}

// Watch returns a context whose requests' decisions fn is told, whether somebody
// observes them or not.
func Watch(ctx context.Context, fn func(Decision)) context.Context {
	return context.WithValue(ctx, watchKey{}, fn)
}

// Watching returns the function that Watch gave to c's request, or nil.
func Watching(c *gin.Context) func(Decision) {
	if !on.Load() || c == nil || c.Request == nil {
		return nil
	}
	fn, _ := c.Request.Context().Value(watchKey{}).(func(Decision))
	return fn
}
