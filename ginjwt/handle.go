package ginjwt

import (
	"slices"
	"sync"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt/internal/describe"
)

// Handle returns a handler that works d out and calls h with it. If d is
// refused, or fails, the request is answered as Abort says, and neither h nor
// any later handler runs. Handle panics if d or h is nil.
//
// Register what it returns with Gin, and do not call it from a middleware: called
// there, it runs the rest of the chain, for its clean-ups come after that. A second
// one that is called next is too late, and says so with 500 or, if the request was
// answered, in the log. The same holds for [Require]: put the guards that belong
// together into one.
func Handle[T any](d *Dependency[T], h func(*gin.Context, T)) gin.HandlerFunc {
	nodes := nodesOf("Handle", d)
	return handler(nodes, needFunc("Handle", h), func(c *gin.Context, s *slot) {
		if v, ok := admit(c, s, d); ok {
			h(c, v)
		}
	})
}

// Handle2 is Handle with two dependencies: a is worked out before b.
func Handle2[A, B any](a *Dependency[A], b *Dependency[B], h func(*gin.Context, A, B)) gin.HandlerFunc {
	nodes := nodesOf("Handle2", a, b)
	return handler(nodes, needFunc("Handle2", h), func(c *gin.Context, s *slot) {
		av, ok := admit(c, s, a)
		if !ok {
			return
		}
		if bv, ok := admit(c, s, b); ok {
			h(c, av, bv)
		}
	})
}

// Handle3 is Handle with three dependencies, worked out in order.
func Handle3[A, B, C any](a *Dependency[A], b *Dependency[B], c *Dependency[C], h func(*gin.Context, A, B, C)) gin.HandlerFunc {
	nodes := nodesOf("Handle3", a, b, c)
	return handler(nodes, needFunc("Handle3", h), func(g *gin.Context, s *slot) {
		av, ok := admit(g, s, a)
		if !ok {
			return
		}
		bv, ok := admit(g, s, b)
		if !ok {
			return
		}
		if cv, ok := admit(g, s, c); ok {
			h(g, av, bv, cv)
		}
	})
}

// Require returns middleware that lets a request pass only if all guards can be
// worked out, in order. Their values wait for the handlers: for Handle without
// further work, for plain handlers in Get. Require panics without guards.
func Require(guards ...Guard) gin.HandlerFunc {
	if len(guards) == 0 {
		panic("ginjwt: Require: no guards given; a route that is open on purpose says so with Public")
	}
	nodes := nodesOf("Require", guards...)
	return handler(nodes, "", func(c *gin.Context, s *slot) {
		for _, n := range nodes {
			if s.admit(c, n) == nil {
				return
			}
			s.accepted(c, n)
		}
	})
}

// Public returns a handler that does nothing. It says, to readers and to the
// audit, that a route is open on purpose; it opens nothing that a guard before
// it closes.
func Public() gin.HandlerFunc {
	return describe.Mark(func(c *gin.Context) {
		if n := describe.Asked(c); n != nil {
			n.Public = true
		}
	})
}

// handler returns a handler that opens the request's slot and calls h, which
// admits nodes. The outermost of a request's handlers runs the rest of the chain
// itself, and closes the slot after that. fn is the name of the user's function
// that h calls, or "" for a handler that only guards.
func handler(nodes []*node, fn string, h func(*gin.Context, *slot)) gin.HandlerFunc {
	first, places := credentialsFirst(nodes), unknownToCaches(nodes)
	note := sync.OnceValue(func() describe.Note { return noteOf(nodes, fn) })
	return describe.Mark(func(c *gin.Context) {
		if n := describe.Asked(c); n != nil {
			*n = note()
			return
		}
		s, outermost, late := open(c)
		if outermost {
			defer s.close()
		}
		if late {
			Abort(c, errLate)
			return
		}
		s.settings = s.settings.begin()
		if places != nil {
			forbidSharing(c, places)
		}
		refused := slices.ContainsFunc(first, func(n *node) bool { return s.admit(c, n) == nil })
		if !refused {
			h(c, s)
		}
		if outermost {
			c.Next()
		}
	})
}

// admit resolves n. If that fails, it answers the request and returns nil.
func (s *slot) admit(c *gin.Context, n *node) *entry {
	e, err := s.resolveGuard(c, n)
	if err != nil {
		Abort(c, err)
		return nil
	}
	return e
}

// admit resolves d and tells the observers. If d is refused or fails, it answers
// the request and returns false.
func admit[T any](c *gin.Context, s *slot, d *Dependency[T]) (v T, ok bool) {
	e := s.admit(c, &d.node)
	if e == nil {
		return v, false
	}
	s.accepted(c, &d.node)
	return *e.value.(*T), true
}
