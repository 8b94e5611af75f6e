package ginjwt_test

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

const idpCoolDown = 10 * time.Second // the default

func TestRotationKeyPublishedAndUsedAtOnce(t *testing.T) {
	t.Parallel()
	p := newIDP(t)
	old, next := newIDPKey(t, "old"), newIDPKey(t, "next")
	p.publish(old.jwk)
	s := p.discovered()
	s.requireAnswer(t, 200, p.token(old))
	p.advance(idpCoolDown)
	p.publish(old.jwk, next.jwk)
	s.requireAnswer(t, 200, p.token(next), "the first token of the new key")
	s.requireAnswer(t, 200, p.token(old))
	assert.EqualValues(t, 2, p.fetches.Load())
	assert.EqualValues(t, 1, p.metadata.Load(), "metadata is kept")
}

func TestRotationKeyUsedBeforeItIsPublished(t *testing.T) {
	t.Parallel()
	p := newIDP(t)
	old, next := newIDPKey(t, "old"), newIDPKey(t, "next")
	p.publish(old.jwk)
	s := p.discovered()
	s.requireAnswer(t, 200, p.token(old))
	p.advance(idpCoolDown)
	s.requireAnswer(t, 401, p.token(next), "it could be a forged one")
	p.publish(next.jwk, old.jwk)
	p.advance(idpCoolDown - time.Second)
	s.requireAnswer(t, 401, p.token(next))
	p.advance(time.Second)
	s.requireAnswer(t, 200, p.token(next), "within a CoolDown of its publication")
	assert.EqualValues(t, 3, p.fetches.Load())
}

// A key that was withdrawn is refused after the next fetch, though a Verifier
// remembers its token.
func TestRotationWithdrawnKey(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 100} {
		t.Run(fmt.Sprintf("CacheSize %d", size), func(t *testing.T) {
			t.Parallel()
			p := newIDP(t)
			old, next := newIDPKey(t, "old"), newIDPKey(t, "next")
			p.publish(old.jwk, next.jwk)
			keys, err := jwks.DiscoverKeys(p.issuer, p.options(nil)...)
			require.NoError(t, err)
			policy := p.policy()
			policy.CacheSize = size
			v, err := ginjwt.NewVerifier(keys, policy)
			require.NoError(t, err)
			s := newIDPService(v)
			of, by := p.token(old), p.token(next)
			for range 3 {
				s.requireAnswer(t, 200, of)
				s.requireAnswer(t, 200, by)
			}
			p.publish(next.jwk)
			require.NoError(t, keys.Refresh(t.Context()))
			for range 3 {
				s.requireAnswer(t, 401, of)
				s.requireAnswer(t, 200, by)
			}
			p.publish(next.jwk, newIDPKey(t, "old").jwk)
			require.NoError(t, keys.Refresh(t.Context()))
			s.requireAnswer(t, 401, of, "another key of the same ID")
			assert.EqualValues(t, 3, p.fetches.Load())
		})
	}
}

// What a Verifier remembers survives a fetch that brings the same key, wherever
// it stands in the set.
func TestRotationKeptKeyStaysRemembered(t *testing.T) {
	t.Parallel()
	p := newIDP(t)
	kept, other := newIDPKey(t, "kept"), newIDPKey(t, "other")
	p.publish(kept.jwk)
	keys, err := jwks.Remote(p.server.URL+"/keys", p.options(nil)...)
	require.NoError(t, err)
	find := func() ginjwt.Key {
		key, err := keys.FindKey(t.Context(), ginjwt.ES256, "kept")
		require.NoError(t, err)
		return key
	}
	before := find()
	for range 3 {
		p.publish(other.jwk, kept.jwk)
		require.NoError(t, keys.Refresh(t.Context()))
		assert.True(t, before == find())
	}
}

// Forged key IDs, however many, neither cost more than one fetch in each
// CoolDown nor keep a genuine new key out for longer.
func TestRotationAmongForgedKeyIDs(t *testing.T) {
	t.Parallel()
	p := newIDP(t)
	old, next, forged := newIDPKey(t, "old"), newIDPKey(t, "next"), newIDPKey(t, "")
	p.publish(old.jwk)
	s := p.discovered()
	s.requireAnswer(t, 200, p.token(old))
	var published, accepted, seconds int
	for i := range 1000 {
		if i%20 == 0 {
			p.advance(time.Second)
			seconds++
		}
		if i == 510 {
			p.publish(old.jwk, next.jwk)
			published = seconds
		}
		forged.kid = fmt.Sprintf("forged-%d", i)
		s.requireAnswer(t, 401, p.token(forged))
		if i >= 510 && accepted == 0 && get(s, "/me", p.token(next)).Code == 200 {
			accepted = seconds
		}
	}
	require.NotZero(t, accepted)
	assert.LessOrEqual(t, accepted-published, 10)
	assert.LessOrEqual(t, int(p.fetches.Load()), seconds/10+1)
	assert.EqualValues(t, 1, p.metadata.Load())
	s.requireAnswer(t, 200, p.token(old))
}

// Whatever is wrong with a token whose key is there, no fetch could mend it.
func TestRotationNoFetchForWhatNoFetchCouldMend(t *testing.T) {
	t.Parallel()
	p := newIDP(t)
	a, b, stranger := newIDPKey(t, "a"), newIDPKey(t, "b"), newIDPKey(t, "a")
	p.publish(a.jwk, b.jwk)
	s := p.discovered()
	s.requireAnswer(t, 200, p.token(a))
	for rule, token := range map[string]func() string{
		"a forged signature under a known ID":        func() string { return p.token(stranger) },
		"another algorithm under a known ID":         func() string { return p.tokenWith(forgerFor(t, ginjwt.RS256), `,"kid":"a"`) },
		"a secret's algorithm under a known ID":      func() string { return p.tokenWith(hmacForger(t), `,"kid":"a"`) },
		"no ID, which could mean several":            func() string { return p.tokenWith(a.forger, "") },
		"no ID, by the last of several":              func() string { return p.tokenWith(b.forger, "") },
		"an empty ID, which could mean several":      func() string { return p.tokenWith(a.forger, `,"kid":""`) },
		"an ID that is no text":                      func() string { return p.tokenWith(a.forger, `,"kid":7`) },
		"an ID that is too long":                     func() string { return p.tokenWith(a.forger, fmt.Sprintf(`,"kid":"%0257d"`, 0)) },
		"an address of keys, which nobody shall ask": func() string { return p.tokenWith(stranger.forger, `,"kid":"a","jku":"`+p.server.URL+`/keys"`) },
	} {
		for range 20 {
			p.advance(time.Second)
			s.requireAnswer(t, 401, token(), rule)
		}
		p.settled(int(p.fetches.Load()))
		assert.EqualValues(t, 1, p.fetches.Load(), rule)
	}
	s.requireAnswer(t, 200, p.token(b))
}

func TestRotationColdStartIsOneFetch(t *testing.T) {
	t.Parallel()
	p := newIDP(t)
	a := newIDPKey(t, "a")
	entered, leave := make(chan struct{}), make(chan struct{})
	p.keysAre(func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		<-leave
		idpSays(idpKeySet(a.jwk))(w, r)
	})
	s := p.discovered()
	token := p.token(a)
	var all sync.WaitGroup
	var good atomic.Int32
	for range 64 {
		all.Go(func() {
			if get(s, "/me", token).Code == 200 {
				good.Add(1)
			}
		})
	}
	<-entered
	close(leave)
	all.Wait()
	assert.EqualValues(t, 64, good.Load())
	assert.EqualValues(t, 1, p.metadata.Load())
	assert.EqualValues(t, 1, p.fetches.Load())
}

// A request that leaves is answered 499 at once, and whoever waits with it gets
// the key.
func TestRotationClientLeavesDuringAFetch(t *testing.T) {
	t.Parallel()
	p := newIDP(t)
	a := newIDPKey(t, "a")
	entered, leave := make(chan struct{}), make(chan struct{})
	p.keysAre(func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		<-leave
		idpSays(idpKeySet(a.jwk))(w, r)
	})
	s, token := p.discovered(), p.token(a)
	ctx, cancel := context.WithCancel(t.Context())
	first, others := make(chan int, 1), make(chan int, 10)
	go func() {
		req := httptest.NewRequestWithContext(ctx, http.MethodGet, "/me", nil)
		req.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, req)
		first <- w.Code
	}()
	<-entered
	for range 10 {
		go func() { others <- get(s, "/me", token).Code }()
	}
	cancel()
	assert.Equal(t, 499, <-first)
	close(leave)
	for range 10 {
		assert.Equal(t, 200, <-others)
	}
	assert.EqualValues(t, 1, p.fetches.Load())
}

// idpLoadTime is how long clients call while keys rotate: GINJWT_ROTATION_LOAD, for
// instance 30s, makes it longer.
func idpLoadTime(t *testing.T) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(cmp.Or(os.Getenv("GINJWT_ROTATION_LOAD"), "2s"))
	require.NoError(t, err)
	return d
}

// While keys rotate, each used as soon as it is published, no valid token is
// refused.
func TestRotationUnderLoadRefusesNoValidToken(t *testing.T) {
	t.Parallel()
	p := newIDP(t)
	signing := newIDPKey(t, "key-0")
	p.publish(signing.jwk)
	s := p.discovered()
	var current atomic.Pointer[string]
	use := func(by idpKey) { token := p.token(by); current.Store(&token) }
	use(signing)
	var served, refused atomic.Int64
	var clients sync.WaitGroup
	var over atomic.Bool
	t.Cleanup(func() { over.Store(true) })
	began, load := time.Now(), idpLoadTime(t)
	for range 4 {
		clients.Go(func() {
			for !over.Load() {
				if get(s, "/me", *current.Load()).Code == 200 {
					served.Add(1)
				} else {
					refused.Add(1)
				}
			}
		})
	}
	turn := func() { // the clients'
		before := served.Load() + refused.Load()
		require.Eventually(t, func() bool { return served.Load()+refused.Load() > before+10 }, 10*time.Second, time.Millisecond)
	}
	rotations := 0
	for ; time.Since(began) < load || rotations < 5; rotations++ {
		for range 12 { // longer than a CoolDown
			p.advance(time.Second)
			use(signing)
			turn()
		}
		next := newIDPKey(t, fmt.Sprintf("key-%d", rotations+1))
		p.publish(signing.jwk, next.jwk)
		signing = next
		use(signing)
		p.settled(rotations + 2) // the clock stands still until somebody has fetched it
	}
	over.Store(true)
	clients.Wait()
	seconds := p.now.Load() - forgeNow
	t.Logf("%d requests, %d rotations, %d fetches in %d s of the clock", served.Load(), rotations, p.fetches.Load(), seconds)
	assert.Zero(t, refused.Load())
	assert.Greater(t, served.Load(), int64(100))
	assert.GreaterOrEqual(t, int(p.fetches.Load()), 2)
	assert.LessOrEqual(t, int64(p.fetches.Load()), seconds/10+1)
}
