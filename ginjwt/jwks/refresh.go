package jwks

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// fetch asks the provider for its keys, and notes in ev what came of it.
func (s *Source) fetch(ev *Event) (set *keySet) {
	ctx, cancel := context.WithTimeout(s.ctx, s.cfg.timeout)
	defer cancel()
	defer func() {
		if r := recover(); r != nil { // of the caller's client; nobody else could recover it here
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

// arrange returns keys as a set. A key that was there before stays the same one,
// for tokens that a Verifier remembers are tied to it.
func (s *Source) arrange(keys []ginjwt.Key, ttl time.Duration) *keySet {
	now := s.now()
	set := &keySet{
		keys: keys, byID: map[string]ginjwt.Key{}, unnamed: map[ginjwt.Algorithm]ginjwt.Key{},
		fetched: now, expires: now.Add(ttl),
		// Not all instances at once, and before the keys expire.
		refreshAt: now.Add(ttl*3/4 + rand.N(ttl/8)), //nolint:gosec // no secret
	}
	set.from, set.to = now.UnixNano(), min(set.refreshAt.UnixNano(), now.Add(s.cfg.maxStale).UnixNano())
	var before []ginjwt.Key
	if last := s.current.Load(); last != nil {
		before = last.keys
	}
	for i, k := range keys {
		if same := slices.IndexFunc(before, func(b ginjwt.Key) bool { return b.ID() == k.ID() && b.Equal(k) }); same >= 0 {
			k = before[same]
			keys[i] = k
		}
		if k.ID() != "" {
			set.byID[k.ID()] = k
		}
		if _, several := set.unnamed[k.Algorithm()]; several {
			k = ginjwt.Key{}
		}
		set.unnamed[keys[i].Algorithm()] = k
	}
	return set
}
