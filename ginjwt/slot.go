package ginjwt

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/gin-gonic/gin"
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
	last     *node        // the guard that the request came to last; the request's goroutine's alone
	settings *settings    // likewise; or nil
	main     thread       // the request's goroutine, in a guard
	guarding atomic.Bool  // whether main is resolving

	mu      sync.Mutex
	over    bool
	entries chunk
	rare    *rare // see extra
}

// rare is what few requests need. A slot is made for every request, so its
// size counts.
type rare struct {
	threads  []*thread
	awaited  map[*entry]chan struct{} // closed when the entry is ready
	cleanups []func()
}

// extra returns s.rare, and makes it first if need be.
func (s *slot) extra() *rare {
	if s.rare == nil {
		s.rare = &rare{awaited: map[*entry]chan struct{}{}}
	}
	return s.rare
}

// chunk holds entries where they stay, since others point to them. Most
// requests need one.
type chunk struct {
	count   int
	entries [4]entry
	next    *chunk
}

// entry is what a request remembers of one dependency. Once ready it does not
// change.
type entry struct {
	node   *node
	value  any     // a *T, or the error
	text   string  // a scheme's credentials, or the scopes that the value grants
	thread *thread // who works it out
	state  atomic.Uint32
	failed bool // value is the error
	guard  bool // asked for by a guard
	cached bool // value is of a token that was remembered
}

func (e *entry) fail(err error) { e.value, e.failed = err, true }

func (e *entry) err() error {
	if !e.failed {
		return nil
	}
	return e.value.(error)
}

// The states of an entry. To be ready is told to the other goroutines through
// the state alone, which costs less than the lock.
const (
	running uint32 = iota
	awaited        // running, and somebody waits
	ready
	forgotten // as if nobody had asked; see impatient
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

// open returns the request's slot, and true if c had none and it is the
// caller's to close.
func open(c *gin.Context) (s *slot, outermost, late bool) {
	v, _ := c.Get(slotKey{})
	before, _ := v.(*settings)
	if s, ok := v.(*slot); ok {
		if s.origin == c {
			late = s.reopen()
			return s, late, late
		}
		if !s.ended() {
			return s, false, false
		}
		before = s.settings
	}
	s = &slot{origin: c, settings: before}
	c.Set(slotKey{}, s)
	return s, true, false
}

// close ends the request for the slot, after its clean-ups.
func (s *slot) close() {
	if s.end() {
		return
	}
	defer s.close() // again, for what clean-ups add, and even if one panics
	s.cleanUp()
}

// end notes that the request is over, unless clean-ups are left.
func (s *slot) end() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = s.rare == nil || len(s.rare.cleanups) == 0
	return s.over
}

// reopen lets a slot that was closed be used again, and reports whether it was:
// when a handler calls two guards itself, one after the other.
func (s *slot) reopen() (closed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	closed, s.over = s.over, false
	return closed
}

func (s *slot) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over
}

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

// note remembers text as n's value, unless n was asked for before.
func (s *slot) note(n *node, text string) {
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

// guards returns the nodes that guards asked for.
func (s *slot) guards() (nodes []*node) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := &s.entries; c != nil; c = c.next {
		for i := range c.count {
			if c.entries[i].guard {
				nodes = append(nodes, c.entries[i].node)
			}
		}
	}
	return nodes
}

// credentials returns the schemes that were asked, and what they found.
func (s *slot) credentials() (schemes []*node, found []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := &s.entries; c != nil; c = c.next {
		for i := range c.count {
			if e := &c.entries[i]; e.node != nil && e.node.scheme != nil && e.state.Load() == ready {
				schemes, found = append(schemes, e.node), append(found, e.text)
			}
		}
	}
	return schemes, found
}

// guard resolves n on the request's own goroutine. A stack trace that shows
// this function tells that goroutine from all others; see stacked.
//
//go:noinline
func (s *slot) guard(c *gin.Context, n *node) (*entry, error) {
	s.last = n
	before := s.guarding.Swap(true)
	returned := false
	defer func() {
		s.guarding.Store(before)
		if !returned {
			c.Abort() // nobody was admitted, whatever a Recovery does
		}
	}()
	r := run{slot: s, c: c, thread: &s.main, guard: true}
	e, err := r.resolve(n)
	returned = true
	return e, n.told(r, err)
}

// get resolves n for a caller somewhere in a handler, in a dependency or in a
// goroutine of theirs.
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
