package jwks

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// A flight is a fetch that several requests may wait for.
type flight struct {
	began   time.Time
	done    chan struct{}
	err     error // set before done is closed
	hopeful bool  // the fetch before it did not fail, so it is worth waiting for
}

// patience is how long requests wait for new keys if those that are there have
// expired and the last fetch did not fail.
const patience = 2 * time.Second

// renew begins a fetch, and waits for it if set has expired.
func (s *Source) renew(ctx context.Context, set *keySet) {
	f, _ := s.join()
	if f == nil || !f.hopeful || s.now().Before(set.expires) {
		return
	}
	ctx, cancel := context.WithDeadline(ctx, f.began.Add(patience))
	defer cancel()
	_ = f.wait(ctx) // if it takes longer, the old keys are used once more
}

// join returns the fetch under way, or begins one. Within CoolDown of the last it
// begins none, and returns the error for a token whose key is not known: an
// outage if the last fetch failed, ErrUnknownKey if not.
func (s *Source) join() (*flight, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now() // under the lock, or it could be earlier than s.tried
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
		defer func() { // the caller's http.Client runs here, and may call runtime.Goexit
			s.land(f, set, ev.Err)
			ev.Duration = time.Since(f.began)
			s.cfg.tell(s.ctx, ev) // last: nobody waits for the observer
		}()
		set = s.fetch(&ev)
	})
	return f
}

// land stores what a fetch brought, and lets go those who wait for it.
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

// fetch asks the provider for its keys, and notes in ev what came of it.
func (s *Source) fetch(ev *Event) (set *keySet) {
	ctx, cancel := context.WithTimeout(s.ctx, s.cfg.timeout)
	defer cancel()
	defer func() {
		if r := recover(); r != nil { // in the caller's http.Client: it would end the program
			set, ev.Err = nil, fmt.Errorf("jwks: a panic while the keys were fetched: %v", r)
		}
	}()
	set, err := s.load(ctx, ev)
	if err != nil {
		err = fmt.Errorf("jwks: no keys from %s: %w", ev.URL, err)
	}
	ev.Err = err
	return set
}

func (s *Source) load(ctx context.Context, ev *Event) (*keySet, error) {
	if s.metadata != nil {
		ev.URL = s.issuer
		url, err := s.metadata.locate(ctx, &s.cfg)
		if err != nil {
			return nil, err
		}
		ev.URL = url
	}
	p, ttl, err := s.download(ctx, ev.URL)
	ev.Keys, ev.Skipped = len(p.keys), p.skipped
	if err != nil {
		if s.metadata != nil {
			s.metadata.forget()
		}
		return nil, err
	}
	return s.arrange(p.keys, ttl), nil
}

// download returns the keys at url and how long they may be used.
func (s *Source) download(ctx context.Context, url string) (parsed, time.Duration, error) {
	a, err := s.cfg.get(ctx, url)
	if err != nil {
		return parsed{}, 0, err
	}
	p, err := parse(a.body, s.cfg.algorithms)
	ttl, told := maxAge(a.header)
	if !told {
		ttl = maxTTL
	}
	return p, min(max(ttl, minTTL), maxTTL), err
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

// outage returns a 503 because of cause, which tells clients when to try again.
func outage(cause error, retry time.Duration) error {
	err := ginjwt.Unavailable(cause)
	if e, ok := errors.AsType[*ginjwt.Error](err); ok {
		e.Header.Set("Retry-After", strconv.Itoa(max(1, int((retry+time.Second-1)/time.Second))))
	}
	return err
}
