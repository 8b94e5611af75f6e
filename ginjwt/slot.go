package ginjwt

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/gin-gonic/gin"
)

// slot holds what one request has worked out. It is made by the first handler
// of this package that the request meets. It is never reused, so a copied context
// or a goroutine that outlives the request still finds its own request's results,
// whatever Gin does with the *gin.Context in the meantime.
//
// mu protects the fields below it, and is never held while a user's function runs.
type slot struct {
	origin    *gin.Context // the request's own; only compared with others, since Gin reuses it
	lastGuard *node        // the guard that the request came to last; only for the request's goroutine
	settings  *settings    // nil without OnError and Observe; only for the request's goroutine
	main      thread       // the request's goroutine
	inGuard   atomic.Bool  // main is resolving something for a guard

	mu      sync.Mutex
	over    bool // the request is, and nothing more is worked out
	entries chunk
	rare    *rareState // nil until ensureRare
}

// rareState is what few requests need. A slot is made for each request, so it is
// to be small.
type rareState struct {
	threads  []*thread
	awaited  map[*entry]chan struct{} // closed when the entry is ready
	cleanups []func()
}

// ensureRare returns s.rare, and makes it if there is none yet.
func (s *slot) ensureRare() *rareState {
	if s.rare == nil {
		s.rare = &rareState{awaited: map[*entry]chan struct{}{}}
	}
	return s.rare
}

// chunk is one part of a list of entries. Entries are never moved, since others
// point to them. Most requests need one chunk.
type chunk struct {
	count   int
	entries [4]entry
	next    *chunk
}

// entry is what a request remembers of one dependency. Once ready it does not
// change.
//
// text is what only one kind of dependency needs: the credentials that a scheme
// found, the scopes that a granter's value grants, or the index of the alternative
// that an AnyOf chose. It saves each entry two fields.
type entry struct {
	node     *node   // nil if the entry was forgotten
	value    any     // a *T, or the error
	text     string  // see above
	thread   *thread // who works it out
	state    atomic.Uint32
	failed   bool // value is the error
	forGuard bool // asked for by a guard
	cached   bool // value is the claims of a token that a Verifier's cache knew
}

func (e *entry) fail(err error) { e.value, e.failed = err, true }

func (e *entry) err() error {
	if !e.failed {
		return nil
	}
	return e.value.(error)
}

// The states of an entry. That it is ready, other goroutines learn from the state
// alone, which costs less than the lock.
const (
	running uint32 = iota
	awaited        // running, and somebody waits
	ready
	forgotten // as if nobody had asked; see run.callersOwn
)

type slotKey struct{}

// Format prints a name instead of the results, which credentials are among.
func (*slot) Format(f fmt.State, _ rune) { fmt.Fprint(f, "ginjwt results") }

// slotOf returns the slot of c, or nil.
func slotOf(c *gin.Context) *slot {
	v, _ := c.Get(slotKey{})
	s, _ := v.(*slot)
	return s
}

// open returns the request's slot. It makes one if c has none: then the caller is
// the request's outermost handler and has to close it. late says that the slot
// was closed before, when a handler calls two guards itself, one after the other.
func open(c *gin.Context) (s *slot, outermost, late bool) {
	v, _ := c.Get(slotKey{})
	before, _ := v.(*settings)
	if s, ok := v.(*slot); ok {
		switch {
		case s.origin == c:
			late = s.reopen()
			return s, late, late
		case !s.ended(): // c is a copy of the request's context
			return s, false, false
		}
		before = s.settings // c is a copy that is served again after the request
	}
	s = &slot{origin: c, settings: before}
	c.Set(slotKey{}, s)
	return s, true, false
}

// close calls the clean-ups and ends the request for the slot.
func (s *slot) close() {
	if s.end() {
		return
	}
	defer s.close() // clean-ups can add others; and one can panic
	s.cleanUp()
}

// end notes that the request is over, unless clean-ups are left. It reports which.
func (s *slot) end() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = s.rare == nil || len(s.rare.cleanups) == 0
	return s.over
}

// reopen lets a slot that was closed be used again, and reports whether it was
// closed.
func (s *slot) reopen() (closed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	closed, s.over = s.over, false
	return closed
}

// ended reports whether the slot was closed.
func (s *slot) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over
}

// find returns n's entry, or nil. The caller holds mu.
func (s *slot) find(n *node) *entry {
	for c := &s.entries; c != nil; c = c.next {
		for i := range c.count {
			if c.entries[i].node == n {
				return &c.entries[i]
			}
		}
	}
	return nil
}

// each calls visit for each entry. The caller holds mu.
func (s *slot) each(visit func(*entry)) {
	for c := &s.entries; c != nil; c = c.next {
		for i := range c.count {
			visit(&c.entries[i])
		}
	}
}

// add adds an entry for n, which t works out. The caller holds mu.
func (s *slot) add(n *node, t *thread) *entry {
	c := &s.entries
	for c.count == len(c.entries) {
		if c.next == nil {
			c.next = new(chunk)
		}
		c = c.next
	}
	e := &c.entries[c.count]
	c.count++
	e.node, e.thread = n, t
	return e
}

// remember makes text the value of n, a scheme that need not be asked any more. It
// does nothing if n was asked for before.
func (s *slot) remember(n *node, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.find(n) == nil && !s.over {
		e := s.add(n, nil)
		e.text = text
		e.value = &e.text
		e.state.Store(ready)
	}
}

// peek returns n's entry if it is ready.
func (s *slot) peek(n *node) *entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.find(n); e != nil && e.state.Load() == ready {
		return e
	}
	return nil
}

// guardNodes returns the nodes that guards asked for.
func (s *slot) guardNodes() (nodes []*node) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.each(func(e *entry) {
		if e.forGuard {
			nodes = append(nodes, e.node)
		}
	})
	return nodes
}

// credentials returns the schemes that were asked, and what they found.
func (s *slot) credentials() (schemes []*node, found []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.each(func(e *entry) {
		if e.node != nil && e.node.scheme != nil && e.state.Load() == ready {
			schemes, found = append(schemes, e.node), append(found, e.text)
		}
	})
	return schemes, found
}

// resolveGuard resolves n, for a guard, on the request's own goroutine. A stack
// trace with this function in it is that goroutine's; see stacked.
//
//go:noinline
func (s *slot) resolveGuard(c *gin.Context, n *node) (*entry, error) {
	s.lastGuard = n
	before := s.inGuard.Swap(true)
	returned := false
	defer func() {
		s.inGuard.Store(before)
		if !returned {
			c.Abort() // a panic: no handler may run, even if a Recovery goes on
		}
	}()
	r := run{slot: s, c: c, thread: &s.main, forGuard: true}
	e, err := r.resolve(n)
	returned = true
	return e, n.nameScopes(r, err)
}

// get resolves n for Get, which may be called in a handler, in a dependency, or in
// a goroutine that one of them started.
func (s *slot) get(ctx context.Context, c *gin.Context, n *node) (*entry, error) {
	if e := s.peek(n); e != nil {
		return e, e.err()
	}
	if c != ctx {
		c = detached(ctx, c)
	}
	t, leave := s.enter()
	defer leave()
	return run{slot: s, c: c, thread: t}.resolve(n)
}
