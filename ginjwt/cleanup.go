package ginjwt

import "github.com/gin-gonic/gin"

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
	rare := s.ensureRare()
	rare.cleanups = append(rare.cleanups, fn)
	over := s.over
	s.mu.Unlock()
	if over {
		s.cleanUp()
	}
}

// cleanUp calls the clean-ups, last added first. If one panics, the others are
// called before the panic goes on.
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
	rare := s.ensureRare()
	if last := len(rare.cleanups) - 1; last >= 0 {
		fn, rare.cleanups = rare.cleanups[last], rare.cleanups[:last]
	}
	return fn
}
