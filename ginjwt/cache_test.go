package ginjwt

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// cacheBench is a verifier with a cache, a key that counts how often it is
// used, and what the tests change about them.
type cacheBench struct {
	key      Key
	verified atomic.Int64 // signatures checked
	now      time.Time
	keyErr   error
	revoked  bool
	storeErr error
	v        *Verifier
}

func newCacheBench(t testing.TB, size int) *cacheBench {
	t.Helper()
	b := &cacheBench{key: newCacheKey(t), now: time.Unix(1_800_000_000, 0)}
	counted := *b.key.material
	check := counted.verify
	counted.verify = func(signed string, signature []byte) bool {
		b.verified.Add(1)
		return check(signed, signature)
	}
	b.key = Key{&counted}
	v, err := NewVerifier(b, Policy{
		Issuer: "i", Audience: []string{"a"}, CacheSize: size, Revoker: b,
		Now: func() time.Time { return b.now },
	})
	require.NoError(t, err)
	b.v = v
	return b
}

func newCacheKey(t testing.TB) Key {
	t.Helper()
	key, err := GenerateKey(HS256)
	require.NoError(t, err)
	return key.WithID("")
}

func (b *cacheBench) FindKey(context.Context, Algorithm, string) (Key, error) { return b.key, b.keyErr }

func (b *cacheBench) Revoked(context.Context, *Claims) (bool, error) { return b.revoked, b.storeErr }

// token signs the claims of a good token, its subject and more members, each
// with its comma.
func (b *cacheBench) token(t testing.TB, subject, more string) string {
	t.Helper()
	payload := fmt.Sprintf(`{"iss":"i","aud":"a","sub":%q%s}`, subject, more)
	if !strings.Contains(more, `"exp"`) {
		payload = fmt.Sprintf(`{"exp":%d,%s`, b.now.Unix()+600, payload[1:])
	}
	signed := strictBase64.EncodeToString([]byte(`{"alg":"HS256"}`)) + "." + strictBase64.EncodeToString([]byte(payload))
	signature, err := b.key.material.sign(signed)
	require.NoError(t, err)
	return signed + "." + strictBase64.EncodeToString(signature)
}

// checks returns how many signatures were checked to verify token once.
func (b *cacheBench) checks(t testing.TB, token string) int64 {
	t.Helper()
	before := b.verified.Load()
	_, err := Verify[Claims](t.Context(), b.v, token)
	require.NoError(t, err)
	return b.verified.Load() - before
}

// entries returns how many tokens are remembered with claims of type C.
func entries[C any, P ClaimsOf[C]](t testing.TB, v *Verifier) int {
	t.Helper()
	typed, err := typedOf[C, P](v)
	require.NoError(t, err)
	typed.cache.tokens.CleanUp()
	return typed.cache.tokens.EstimatedSize()
}

type cacheSlice struct {
	Claims
	Roles []string `json:"roles"`
}

func TestCacheHitChecksNoSignature(t *testing.T) {
	t.Parallel()
	b := newCacheBench(t, 10)
	alice, bob := b.token(t, "alice", ""), b.token(t, "bob", "")
	assert.EqualValues(t, 1, b.checks(t, alice), "the first sight")
	assert.EqualValues(t, 0, b.checks(t, alice), "the second")
	assert.EqualValues(t, 1, b.checks(t, bob), "another token")
	assert.EqualValues(t, 0, b.checks(t, alice), "the third")
	for _, want := range []int64{1, 0} {
		before := b.verified.Load()
		_, err := Verify[cacheSlice](t.Context(), b.v, alice)
		require.NoError(t, err)
		assert.Equal(t, want, b.verified.Load()-before, "each claims type has a cache of its own")
	}
	off := newCacheBench(t, 0)
	token := off.token(t, "alice", "")
	assert.EqualValues(t, 1, off.checks(t, token))
	assert.EqualValues(t, 1, off.checks(t, token), "without CacheSize, nothing is remembered")
}

func TestCacheTakesOnlyAcceptedTokens(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(b *cacheBench)
		spoil  func(b *cacheBench, good string) string
		more   string
	}{
		"a wrong signature": {spoil: func(b *cacheBench, good string) string {
			return good[:len(good)-43] + strings.Repeat("A", 43)
		}},
		"another payload under the same signature": {spoil: func(b *cacheBench, good string) string {
			return strings.Replace(good, ".", "."+strictBase64.EncodeToString([]byte("   ")), 1)
		}},
		"malformed claims":       {more: `,"jti":7`},
		"expired":                {more: `,"exp":1`},
		"not yet":                {more: `,"nbf":1800000001`},
		"bound to a key":         {more: `,"cnf":{}`},
		"an ID token":            {more: `,"at_hash":"x"`},
		"revoked":                {change: func(b *cacheBench) { b.revoked = true }},
		"revocation unknown":     {change: func(b *cacheBench) { b.storeErr = errors.New("down") }},
		"the keys are out":       {change: func(b *cacheBench) { b.keyErr = errors.New("down") }},
		"the key is unknown":     {change: func(b *cacheBench) { b.keyErr = ErrUnknownKey }},
		"the source has no key":  {change: func(b *cacheBench) { b.key = Key{} }},
		"the clock is behind it": {more: `,"iat":1800000600`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newCacheBench(t, 10)
			token := b.token(t, "alice", tc.more)
			if tc.spoil != nil {
				token = tc.spoil(b, token)
			}
			if tc.change != nil {
				tc.change(b)
			}
			for range 2 {
				_, err := Verify[Claims](t.Context(), b.v, token)
				require.Error(t, err)
				_, err = Verify[cacheSlice](t.Context(), b.v, token)
				require.Error(t, err)
			}
			assert.Zero(t, entries[Claims](t, b.v))
			assert.Zero(t, entries[cacheSlice](t, b.v))
		})
	}
}

// What is refused for good need not be kept.
func TestCacheDropsWhatIsGoodNoMore(t *testing.T) {
	t.Parallel()
	cases := map[string]func(b *cacheBench){
		"expired":            func(b *cacheBench) { b.now = b.now.Add(time.Hour) },
		"the key is unknown": func(b *cacheBench) { b.keyErr = ErrUnknownKey },
		"another key":        func(b *cacheBench) { m := *b.key.material; m.verify = refuseAll; b.key = Key{&m} },
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newCacheBench(t, 10)
			token := b.token(t, "alice", "")
			b.checks(t, token)
			require.Equal(t, 1, entries[Claims](t, b.v))
			change(b)
			_, err := Verify[Claims](t.Context(), b.v, token)
			require.Error(t, err)
			assert.Zero(t, entries[Claims](t, b.v))
		})
	}
}

func refuseAll(string, []byte) bool { return false }

// The cache of a Verifier is the same one wherever it is used.
func TestCacheIsSharedByAllUsesOfAVerifier(t *testing.T) {
	t.Parallel()
	b := newCacheBench(t, 10)
	other := newCacheBench(t, 10)
	other.v.policy.Issuer = "j"
	both, err := ByIssuer(b.v, other.v)
	require.NoError(t, err)
	token := b.token(t, "alice", "")
	ask := func(v *Verifier) int64 {
		before := b.verified.Load()
		_, err := Verify[Claims](t.Context(), v, token)
		require.NoError(t, err)
		return b.verified.Load() - before
	}
	assert.EqualValues(t, 1, ask(both))
	assert.EqualValues(t, 0, ask(b.v), "by itself, after ByIssuer")
	assert.EqualValues(t, 0, ask(both))
	assert.Zero(t, entries[Claims](t, other.v), "another issuer's cache does not get it")
	_, err = Verify[Claims](t.Context(), other.v, token)
	require.ErrorIs(t, err, ReasonSignature, "nor does another verifier take its word")
}

// heapAfterGC returns the bytes in use.
func heapAfterGC() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// A flood of tokens that come once leaves the size where it was set, and the
// tokens that come again where they are.
func TestCacheWithstandsAFlood(t *testing.T) {
	const size, hotCount, flood = 100, 20, 100_000
	b := newCacheBench(t, size)
	var hot []string
	for i := range hotCount {
		hot = append(hot, b.token(t, fmt.Sprint("hot", i), ""))
	}
	for range 10 {
		for _, token := range hot {
			b.checks(t, token)
		}
	}
	typed, err := typedOf[Claims](b.v)
	require.NoError(t, err)
	before := heapAfterGC()
	var hits, misses int64
	for i := range flood {
		once := fmt.Sprint("once", i) // accepted, without the cost of its signature
		require.Nil(t, typed.cache.find(once))
		typed.cache.add(once, &Claims{Subject: once}, authentic{header: &header{}})
		if i%20 == 0 { // each hot token once in 400 others, four times the cache
			missed := b.checks(t, hot[i/20%hotCount])
			misses, hits = misses+missed, hits+1-missed
		}
	}
	assert.LessOrEqual(t, entries[Claims](t, b.v), size)
	assert.Greater(t, hits, 9*misses, "hits and misses of the hot tokens: %d, %d", hits, misses)
	assert.Less(t, heapAfterGC()-before, int64(4<<20), "bytes more after %d tokens", flood)
	runtime.KeepAlive(b)
}

// A token is a part of a request's headers, which may be a thousand times as
// long and must not be kept with it.
func TestCacheKeepsTheTokenAlone(t *testing.T) {
	const count, headers = 40, 1 << 20
	b := newCacheBench(t, count)
	before := heapAfterGC()
	for i := range count {
		token := b.token(t, fmt.Sprint("user", i), "")
		request := strings.Repeat("h", headers) + token
		b.checks(t, request[headers:])
	}
	assert.Less(t, heapAfterGC()-before, int64(count*headers/4))
	require.NotZero(t, entries[Claims](t, b.v))
	runtime.KeepAlive(b)
}

func TestCacheLeavesNoGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	var kept []*cacheBench
	for range 50 {
		b := newCacheBench(t, 10)
		for i := range 30 {
			token := b.token(t, fmt.Sprint(i), "")
			b.checks(t, token)
			b.checks(t, token)
		}
		kept = append(kept, b)
	}
	assert.Less(t, runtime.NumGoroutine()-before, 10)
	runtime.KeepAlive(kept)
}
