package jwks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// A Source is the keys of a provider, fetched when they are needed and kept up
// to date: a ginjwt.KeySource. It is safe for concurrent use.
//
// Keys are fetched anew before the provider's Cache-Control lets them expire,
// which is taken for a minute at least and a quarter of an hour at most, while
// requests go on with those that are there. Each fetch replaces all keys. A key
// ID that is not among them causes a fetch, for the key may be new; but only one
// in each CoolDown. How old the keys are is the memory of all IDs that are not
// there, so forged ones fill nothing and drive nobody out.
//
// While the provider fails, known keys are used on, for MaxStale. What cannot be
// judged by them is an outage: 503 with Retry-After, not 401.
type Source struct {
	cfg      config
	issuer   string    // "" if Remote made it
	url      string    // of the key set; "" if DiscoverKeys made it
	metadata *metadata // nil if Remote made it; only the fetch under way uses it

	current atomic.Pointer[keySet]

	mu     sync.Mutex
	flight *flight   // the fetch under way
	tried  time.Time // when the last fetch ended
	failed error     // and why it failed
	closed bool

	running sync.WaitGroup
	ctx     context.Context // of all fetches: none ends because a request's client left
	cancel  context.CancelFunc
}

// Remote returns the keys at url, a JSON Web Key Set (RFC 7517):
//
//	keys := ginjwt.Must(jwks.Remote("https://id.example.com/keys"))
//	verifier := ginjwt.Must(ginjwt.NewVerifier(keys, ginjwt.Policy{Issuer: "https://id.example.com", Audience: []string{"api"}}))
//
// The error names everything that is wrong with url and opts; whether the
// provider can be reached is found later. If the issuer has metadata, Discover
// needs no URL.
func Remote(url string, opts ...Option) (*Source, error) {
	cfg, err := newConfig(forKeys, opts)
	if fault := cfg.checkURL(url); fault != nil {
		err = errors.Join(err, fmt.Errorf("jwks: Remote: %w", fault))
	}
	if err != nil {
		return nil, err
	}
	return newSource(&Source{cfg: cfg, url: url}), nil
}

// DiscoverKeys returns the keys of issuer, whose metadata tell where they are
// (OpenID Connect Discovery 1.0, RFC 8414). It is for those who want to Close
// or Refresh them; else see [Discover].
func DiscoverKeys(issuer string, opts ...Option) (*Source, error) {
	cfg, err := newConfig(forKeys, opts)
	urls, fault := wellKnown(issuer)
	if fault = errors.Join(fault, cfg.checkURL(issuer)); fault != nil {
		err = errors.Join(err, fmt.Errorf("jwks: the issuer: %w", fault))
	}
	if err != nil {
		return nil, err
	}
	return newSource(&Source{cfg: cfg, issuer: issuer, metadata: &metadata{issuer: issuer, urls: urls}}), nil
}

func newSource(s *Source) *Source {
	s.ctx, s.cancel = context.WithCancel(context.Background())
	if s.cfg.warmUp {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.start()
	}
	return s
}

// now returns the time without its monotonic part, which stands still while the
// machine sleeps.
func (s *Source) now() time.Time { return s.cfg.now().Round(0) }

// elapsed reports whether d has passed since then. A clock that was set back
// must not make it last longer.
func elapsed(then, now time.Time, d time.Duration) bool {
	return now.Before(then) || !now.Before(then.Add(d))
}

// CheckPolicy is how ginjwt.NewVerifier asks whether the keys may be used with
// p: they vouch for one issuer's tokens, and for no other's.
func (s *Source) CheckPolicy(p ginjwt.Policy) error {
	switch {
	case s == nil || s.ctx == nil:
		return errors.New("jwks: the Source is nil or zero; make it with Remote or DiscoverKeys")
	case p.AnyIssuer || p.NoIssuer:
		return errors.New("jwks: remote keys are one issuer's: set the Policy's Issuer, and drop AnyIssuer or NoIssuer")
	case s.issuer != "" && p.Issuer != s.issuer:
		return fmt.Errorf("jwks: the keys are those of %q, and the Policy's Issuer is %q", s.issuer, p.Issuer)
	}
	return nil
}

// FindKey returns the key of the ID kid, or the only key for alg if kid is "".
// If there is none it asks the provider, unless that was done within CoolDown.
func (s *Source) FindKey(ctx context.Context, alg ginjwt.Algorithm, kid string) (ginjwt.Key, error) {
	set := s.current.Load()
	if set.fresh(s.cfg.now().UnixNano()) { // as nearly always
		if key, known := set.find(alg, kid); known {
			return certain(key)
		}
	}
	set = s.usable()
	if set.due(s.now()) {
		s.renew(ctx, set)
		set = s.usable()
	}
	key, known := set.find(alg, kid)
	switch {
	case known:
		return certain(key)
	case !slices.Contains(s.cfg.algorithms, alg):
		return key, ginjwt.ErrUnknownKey // and no fetch would bring one
	}
	f, err := s.join()
	if f != nil {
		if err := f.wait(ctx); err != nil {
			return ginjwt.Key{}, err
		}
		if err = ginjwt.ErrUnknownKey; f.err != nil {
			err = outage(f.err, s.cfg.coolDown)
		}
	}
	// Also if no fetch was begun: one may have ended since the key was looked for.
	if key, known := s.usable().find(alg, kid); known {
		return certain(key)
	}
	return ginjwt.Key{}, err
}

// certain returns key, or ErrUnknownKey if find returned a zero one.
func certain(key ginjwt.Key) (ginjwt.Key, error) {
	if key.Algorithm() == "" {
		return key, ginjwt.ErrUnknownKey
	}
	return key, nil
}

// usable returns the keys that are there, or nil if they are too old.
func (s *Source) usable() *keySet {
	set := s.current.Load() // before the clock is read, or a set that came in between would be from the future
	if set != nil && s.now().Before(set.fetched.Add(s.cfg.maxStale)) {
		return set
	}
	return nil
}

// Refresh fetches the keys now, whenever they were fetched last: to wait for
// them before serving, in a readiness probe, or when the provider is known to
// have withdrawn one. It returns why that failed; keys that are there stay.
func (s *Source) Refresh(ctx context.Context) error {
	s.mu.Lock()
	before := s.flight
	s.mu.Unlock()
	if before != nil { // what it brings may be from before the call
		if err := before.wait(ctx); err != nil {
			return err
		}
	}
	s.mu.Lock()
	f, closed := s.flight, s.closed
	if f == nil && !closed {
		f = s.start()
	}
	s.mu.Unlock()
	if f == nil {
		return errClosed
	}
	if err := f.wait(ctx); err != nil {
		return err
	}
	return f.err
}

// Close ends the fetch under way and lets none begin. Keys that are there are
// found as before. It returns nil. An observer must not call it. A Source that is not closed keeps nothing
// running but a fetch under way.
func (s *Source) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.running.Wait()
	return nil
}
