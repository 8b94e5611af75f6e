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

// A RingKey is a key of a Ring and the time from which it signs: until the next
// one does.
type RingKey struct {
	// Key is a private key, or a secret, with an ID of its own.
	Key ginjwt.Key
	// From is when it begins to sign. The zero time is long ago.
	From time.Time
}

// RingConfig says for how long a Ring keeps what others rely on.
type RingConfig struct {
	// TokenLifetime is the longest that the issuer's tokens live: a key is kept
	// for so long, and 6 minutes more for leeway, after the next began to sign. By
	// default, it is 15 minutes, as an Issuer's AccessTTL.
	TokenLifetime time.Duration
	// MaxAge is how long others may keep the published key set. A new key must be
	// in it for so long before it signs. By default, it is 15 minutes.
	MaxAge time.Duration
	// Now returns the time. By default, it is time.Now.
	Now func() time.Time
}

const (
	defaultLifetime = 15 * time.Minute
	defaultMaxAge   = 15 * time.Minute
	leeway          = 6 * time.Minute // the longest of a Policy, and a minute for clocks that differ
)

// A Ring is the keys of an issuer while they rotate: it is the Keys of an
// IssuerConfig. Each key is published before it signs, signs until the next
// does, and is accepted until all that it signed has expired. It is safe for
// concurrent use.
type Ring struct {
	cfg  RingConfig
	mu   sync.Mutex // held by Set
	keys atomic.Pointer[schedule]
}

// schedule is the keys of a Ring, sorted by From. It is never changed: Set makes
// another.
type schedule struct {
	entries []entry
	byID    map[string]int
}

type entry struct {
	RingKey
	until time.Time // how long its tokens are accepted; zero for the last key
}

// NewRing returns a Ring of keys. The error names everything that is wrong with
// them: there must be one that signs by now, none may be public, and each must
// have an ID of its own (which a secret has only by WithID).
func NewRing(cfg RingConfig, keys ...RingKey) (*Ring, error) {
	if cfg.TokenLifetime < 0 || cfg.MaxAge < 0 {
		return nil, errors.New("jwks: RingConfig: TokenLifetime and MaxAge must be positive")
	}
	if cfg.TokenLifetime == 0 {
		cfg.TokenLifetime = defaultLifetime
	}
	if cfg.MaxAge == 0 {
		cfg.MaxAge = defaultMaxAge
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	r := &Ring{cfg: cfg}
	s, err := r.arrange(keys)
	if err != nil {
		return nil, err
	}
	r.keys.Store(s)
	return r, nil
}

// Set replaces all keys: for a service that loads them anew while it runs. Each
// instance must be given the same.
//
// A key that is new must not sign before MaxAge from now, so that everybody has
// it by then. A key that is left out is withdrawn at once: its tokens are
// refused from the next request on, those that a cache remembers too. If that
// was the key which signs, a new one may begin at once: it was withdrawn because
// it is known to others.
func (r *Ring) Set(keys ...RingKey) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	next, err := r.arrange(keys)
	if err != nil {
		return err
	}
	before := r.keys.Load()
	now := r.cfg.Now()
	signing := before.entries[before.current(now)].Key.ID()
	var faults []error
	for i, e := range next.entries {
		if old, known := before.byID[e.Key.ID()]; known {
			if !before.entries[old].Key.Equal(e.Key) {
				faults = append(faults, fmt.Errorf("jwks: the ID %q names another key by now: give that an ID of its own", e.Key.ID()))
			}
			next.entries[i].Key = before.entries[old].Key // a Verifier ties the tokens that it remembers to this very value
			continue
		}
		if _, kept := next.byID[signing]; kept && e.From.Before(now.Add(r.cfg.MaxAge)) && i >= next.current(now) {
			faults = append(faults, fmt.Errorf("jwks: the new key %q would sign from %v on, before everybody has the new key set: let it begin after %v",
				e.Key.ID(), e.From, now.Add(r.cfg.MaxAge)))
		}
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	r.keys.Store(next)
	return nil
}

// arrange returns keys as a schedule, and all of their faults.
func (r *Ring) arrange(keys []RingKey) (*schedule, error) {
	s := &schedule{byID: map[string]int{}}
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf("jwks: "+format, args...)) }
	sorted := slices.Clone(keys)
	slices.SortStableFunc(sorted, func(a, b RingKey) int { return a.From.Compare(b.From) })
	for i, k := range sorted {
		id := k.Key.ID()
		_, twice := s.byID[id]
		switch {
		case k.Key.Algorithm() == "":
			fault("a key is zero: make it with ginjwt.NewKey, KeyFromPEM or GenerateKey")
		case id == "":
			fault("a %s key has no ID: give it one with WithID", k.Key.Algorithm())
		case twice:
			fault("two keys have the ID %q", id)
		case i > 0 && k.From.Equal(sorted[i-1].From):
			fault("the keys %q and %q sign from the same time on", sorted[i-1].Key.ID(), id)
		case !k.Key.CanSign():
			fault("the key %q is public: signing needs the private one", id)
		}
		e := entry{RingKey: k}
		if i+1 < len(sorted) {
			e.until = sorted[i+1].From.Add(r.cfg.TokenLifetime + leeway)
		}
		s.byID[id] = i
		s.entries = append(s.entries, e)
	}
	if s.current(r.cfg.Now()) < 0 {
		fault("no key signs by now: let one begin in the past")
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return s, nil
}

// current returns the index of the key that signs at now, or -1.
func (s *schedule) current(now time.Time) int {
	for i, entry := range slices.Backward(s.entries) {
		if !entry.From.After(now) {
			return i
		}
	}
	return -1
}

// SigningKey returns the key that signs now.
func (r *Ring) SigningKey(context.Context) (ginjwt.Key, error) {
	s := r.keys.Load()
	if i := s.current(r.cfg.Now()); i >= 0 {
		return s.entries[i].Key, nil
	}
	return ginjwt.Key{}, errors.New("jwks: no key signs by now: the clock was set back")
}

// FindKey returns the key of the ID kid, unless it is no longer accepted.
func (r *Ring) FindKey(_ context.Context, alg ginjwt.Algorithm, kid string) (ginjwt.Key, error) {
	s := r.keys.Load()
	i, known := s.byID[kid]
	if !known {
		return ginjwt.Key{}, ginjwt.ErrUnknownKey
	}
	e := &s.entries[i]
	if e.Key.Algorithm() != alg || r.retired(e) {
		return ginjwt.Key{}, ginjwt.ErrUnknownKey
	}
	return e.Key, nil
}

func (r *Ring) retired(e *entry) bool { return !e.until.IsZero() && r.cfg.Now().After(e.until) }

// published returns the public keys that are not retired, in the order in which
// they sign.
func (r *Ring) published() (keys []ginjwt.Key) {
	s := r.keys.Load()
	for i := range s.entries {
		if e := &s.entries[i]; !r.retired(e) && e.Key.Public() != nil {
			keys = append(keys, e.Key)
		}
	}
	return keys
}
