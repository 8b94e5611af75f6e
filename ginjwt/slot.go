package ginjwt

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt/internal/override"
)

// slot holds what one request has worked out. It is made by the first handler
// of this package that the request meets and is never reused: a copied context
// or a goroutine that outlives the request keeps its own request's results,
// whatever Gin does with the *gin.Context in the meantime.
//
// mu guards what stands below it, and is never held while a user's function
// runs.
type slot struct {
	origin   *gin.Context // to be compared, never used: Gin reuses it
	main     thread       // the request's own goroutine, in a guard
	guarding atomic.Bool  // whether main is resolving
	guards   []*node      // what guarded the route so far; main's alone
	guardBuf [2]*node     // what guards is made of in most requests

	mu       sync.Mutex
	over     bool
	count    int
	first    [6]entry // pointers into it stay valid, unlike into a slice that grows
	more     []*entry
	threads  []*thread
	cleanups []func()
}

// entry is what a request remembers of one dependency. Once ready it does not
// change.
type entry struct {
	node   *node
	value  any // a *T
	err    error
	scope  Scope // what the value grants, on nodes that grant
	ready  bool
	thread *thread       // who works it out
	done   chan struct{} // closed when ready; made by the first who waits
}

type slotKey struct{}

// open returns the request's slot, and true if c had none and it is the
// caller's to close.
func open(c *gin.Context) (*slot, bool) {
	if v, ok := c.Get(slotKey{}); ok && !v.(*slot).ended() {
		return v.(*slot), false
	}
	s := &slot{origin: c}
	s.guards = s.guardBuf[:0]
	c.Set(slotKey{}, s)
	return s, true
}

// close ends the request for the slot, after its clean-ups.
func (s *slot) close() {
	defer func() {
		s.mu.Lock()
		s.over = true
		s.mu.Unlock()
		s.cleanUp() // what was added between the last look and the end
	}()
	s.cleanUp()
}

func (s *slot) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over
}

func (s *slot) find(n *node) *entry {
	for i := range min(s.count, len(s.first)) {
		if s.first[i].node == n {
			return &s.first[i]
		}
	}
	for _, e := range s.more {
		if e.node == n {
			return e
		}
	}
	return nil
}

func (s *slot) add(n *node, t *thread) *entry {
	var e *entry
	if s.count < len(s.first) {
		e = &s.first[s.count]
	} else {
		e = new(entry)
		s.more = append(s.more, e)
	}
	s.count++
	e.node, e.thread = n, t
	return e
}

// peek returns n's entry if it is ready.
func (s *slot) peek(n *node) *entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.find(n); e != nil && e.ready {
		return e
	}
	return nil
}

// guard resolves n on the request's own goroutine. A stack trace that shows
// this function tells that goroutine from all others; see stacked.
//
//go:noinline
func (s *slot) guard(c *gin.Context, n *node) (*entry, error) {
	s.guards = append(s.guards, n)
	before := s.guarding.Swap(true)
	defer s.guarding.Store(before)
	e, err := run{s, c, &s.main}.resolve(n)
	return e, n.told(err)
}

// get resolves n for a caller somewhere in a handler, in a dependency or in a
// goroutine of theirs.
func (s *slot) get(ctx context.Context, c *gin.Context, n *node) (*entry, error) {
	if e := s.peek(n); e != nil {
		return e, e.err
	}
	if c != ctx {
		c = detached(c, ctx)
	}
	t, leave := s.enter()
	defer leave()
	return run{s, c, t}.resolve(n)
}

// resolve returns n's entry, ready, and the error in it. It works n out unless
// that was done before, or is being done: then it waits.
//
//go:noinline
func (r run) resolve(n *node) (*entry, error) {
	s := r.slot
	s.mu.Lock()
	if e := s.find(n); e != nil {
		err := s.wait(r, e)
		s.mu.Unlock()
		if err != nil {
			return nil, err
		}
		return e, e.err
	}
	if s.over {
		s.mu.Unlock()
		return nil, ErrRequestOver
	}
	e := s.add(n, r.thread)
	s.mu.Unlock()
	r.workOut(e)
	return e, e.err
}

// workOut fills e. Whatever happens to the goroutine in a user's function, a
// panic or runtime.Goexit, the entry is completed, so that nobody waits forever.
func (r run) workOut(e *entry) {
	finished := false
	defer func() {
		r.slot.mu.Lock()
		defer r.slot.mu.Unlock()
		if !finished {
			e.value, e.err = nil, errUnfinished
		}
		e.ready, e.thread = true, nil
		if e.done != nil {
			close(e.done)
		}
	}()
	if set := override.From(r.c); set != nil {
		if v, err, ok := set.Resolve(r.c, e.node); ok {
			e.node.replaced(v, err, e)
			finished = true
			return
		}
	}
	e.node.work(r, e)
	finished = true
}

// granted returns the scopes that n, which has been resolved, grants.
func (r run) granted(n *node) Scope {
	if set := override.From(r.c); set != nil {
		if scope, ok := set.Granted(n); ok {
			return Scope(scope)
		}
	}
	if e := r.slot.peek(n); e != nil {
		return e.scope
	}
	return ""
}

// sent reports whether credentials for any of schemes came with the request.
func (r run) sent(schemes []*node) bool {
	set := override.From(r.c)
	return slices.ContainsFunc(schemes, func(n *node) bool {
		if set != nil {
			if sent, ok := set.Sent(n); ok {
				return sent
			}
		}
		return n.scheme.sent(r.c)
	})
}
