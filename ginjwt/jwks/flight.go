package jwks

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// A flight is a fetch that several requests may wait for.
type flight struct {
	began   time.Time
	done    chan struct{}
	err     error // once it is done
	hopeful bool  // the one before it did not fail
}

// patience is how long requests wait for new keys if those that are there are too
// old and nobody has yet tried to fetch new ones.
const patience = 2 * time.Second

// renew begins a fetch, in the background if the keys are not yet too old.
func (s *Source) renew(ctx context.Context, set *keySet) {
	f, _ := s.join()
	if f == nil || !f.hopeful || s.now().Before(set.expires) {
		return
	}
	ctx, cancel := context.WithDeadline(ctx, f.began.Add(patience))
	defer cancel()
	_ = f.wait(ctx) // if it takes longer, the old keys have to do
}

// join returns the fetch under way, or begins one. If it is too early for one,
// it returns what a token's unknown key is by the last.
func (s *Source) join() (*flight, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now() // not earlier than what ended meanwhile
	switch {
	case s.flight != nil:
		return s.flight, nil
	case s.closed:
		return nil, outage(errClosed, s.cfg.coolDown)
	case s.tried.IsZero() || elapsed(s.tried, now, s.cfg.coolDown):
		return s.start(), nil
	case s.failed != nil:
		return nil, outage(s.failed, s.tried.Add(s.cfg.coolDown).Sub(now))
	}
	return nil, ginjwt.ErrUnknownKey
}

// start begins a fetch. s.mu is held.
func (s *Source) start() *flight {
	f := &flight{began: time.Now(), done: make(chan struct{}), hopeful: s.failed == nil}
	s.flight = f
	s.running.Go(func() {
		var set *keySet
		ev := Event{Issuer: s.issuer, URL: s.url, Err: errEnded}
		defer func() { // whatever the caller's client does in its goroutine
			s.land(f, set, ev.Err)
			ev.Duration = time.Since(f.began)
			s.cfg.tell(s.ctx, ev) // last: nobody waits for the observer
		}()
		set = s.fetch(&ev)
	})
	return f
}

// land ends a fetch.
func (s *Source) land(f *flight, set *keySet, err error) {
	if err == nil {
		s.current.Store(set)
	}
	s.mu.Lock()
	s.flight, s.tried, s.failed = nil, s.now(), err
	s.mu.Unlock()
	f.err = err
	close(f.done)
}

var errEnded = errors.New("jwks: the HTTP client ended the goroutine that asks the provider")

func (f *flight) wait(ctx context.Context) error {
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

var errClosed = errors.New("jwks: the Source is closed")

// outage returns the 503 for what cannot be judged, and says when to try again.
func outage(cause error, retry time.Duration) error {
	err := ginjwt.Unavailable(cause)
	if e, ok := errors.AsType[*ginjwt.Error](err); ok {
		e.Header.Set("Retry-After", strconv.Itoa(max(1, int((retry+time.Second-1)/time.Second))))
	}
	return err
}
