package jwks

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/ginjwt/gin-depends/ginjwt"
)

const (
	minTTL = time.Minute
	maxTTL = 15 * time.Minute
)

// keySet is what a fetch brought. It is never changed.
type keySet struct {
	keys      []ginjwt.Key
	byID      map[string]ginjwt.Key
	unnamed   map[ginjwt.Algorithm]ginjwt.Key // for tokens without a key ID; a zero Key where several would do
	fetched   time.Time
	refreshAt time.Time // from then on a request begins a fetch, and goes on with these keys
	expires   time.Time // from then on a request waits for that fetch, for as long as patience
	from, to  int64     // between the two nothing needs to be done, in nanoseconds of Unix time; see fresh
}

// arrange returns keys as a set. If a key was in the set before, its old value is
// kept: a Verifier ties the tokens that it remembers to that very value.
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

// fresh reports whether the keys can be used at a time without further checks.
// It compares numbers because each request asks, and dates take longer.
func (set *keySet) fresh(at int64) bool { return set != nil && set.from <= at && at < set.to }

// due reports whether the keys should be fetched anew, for which a clock that
// was set back is a reason too.
func (set *keySet) due(now time.Time) bool {
	return set != nil && (now.Before(set.fetched) || !now.Before(set.refreshAt))
}

// find returns the key for a token, and false if there is none. The key is zero
// if the token names no ID and several keys would do.
func (set *keySet) find(alg ginjwt.Algorithm, kid string) (key ginjwt.Key, known bool) {
	switch {
	case set == nil:
	case kid == "":
		key, known = set.unnamed[alg]
	default:
		key, known = set.byID[kid] // even one for another algorithm, which no fetch would change: the Verifier refuses it
	}
	return key, known
}
