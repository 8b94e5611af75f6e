package ginjwt_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// cacheWorld is what may change between two uses of a token.
type cacheWorld struct {
	forger  forger
	now     time.Time
	key     ginjwt.Key
	keyErr  error
	revoked bool
	lost    error // the revoker's error
}

func (w *cacheWorld) FindKey(context.Context, ginjwt.Algorithm, string) (ginjwt.Key, error) {
	return w.key, w.keyErr
}

func (w *cacheWorld) Revoked(context.Context, *ginjwt.Claims) (bool, error) {
	return w.revoked, w.lost
}

func newCacheWorld(t testing.TB) (*cacheWorld, *ginjwt.Verifier) {
	t.Helper()
	w := &cacheWorld{forger: hmacForger(t), now: forgeClock()}
	w.key = w.forger.key
	return w, forgeVerifier(t, w, func(p *ginjwt.Policy) {
		p.CacheSize, p.Revoker, p.Now = 100, w, func() time.Time { return w.now }
	})
}

func (w *cacheWorld) token(t testing.TB, more string) string {
	t.Helper()
	return w.forger.token(t, w.forger.headerOf(""), goodPayload(more))
}

// sameKeyAgain returns a key of the same secret that is another Key.
func sameKeyAgain(t testing.TB) ginjwt.Key {
	t.Helper()
	return hmacForger(t).key
}

func TestCacheRechecksWhatMayHaveChanged(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	stranger := newForger(t, ginjwt.HS256, randomSecret(t, 32)).key
	again := sameKeyAgain(t)
	other := forgerFor(t, ginjwt.ES256).key
	cases := []struct {
		rule   string
		more   string
		change func(w *cacheWorld)
		status int // 200 if it is still accepted
		cause  error
	}{
		{"nothing changed", "", func(*cacheWorld) {}, 200, nil},
		{"a moment before exp", "", func(w *cacheWorld) { w.now = w.now.Add(600*time.Second - 1) }, 200, nil},
		{"exp is reached", "", func(w *cacheWorld) { w.now = w.now.Add(600 * time.Second) }, 401, ginjwt.ReasonExpired},
		{"the clock was set back before nbf", `,"nbf":1800000000`, func(w *cacheWorld) { w.now = w.now.Add(-time.Second) }, 401, ginjwt.ReasonNotYet},
		{"the clock was set back before iat", `,"iat":1800000000`, func(w *cacheWorld) { w.now = w.now.Add(-61 * time.Second) }, 401, ginjwt.ReasonIssuedAt},
		{"the key is gone", "", func(w *cacheWorld) { w.keyErr = ginjwt.ErrUnknownKey }, 401, ginjwt.ReasonKey},
		{"another key of the same name refuses it", "", func(w *cacheWorld) { w.key = stranger }, 401, ginjwt.ReasonSignature},
		{"another key of the same name accepts it", "", func(w *cacheWorld) { w.key = again }, 200, nil},
		{"a key of another algorithm", "", func(w *cacheWorld) { w.key = other }, 401, ginjwt.ReasonAlgorithm},
		{"the keys are out", "", func(w *cacheWorld) { w.keyErr = down }, 503, down},
		{"the source returns nothing at all", "", func(w *cacheWorld) { w.key = ginjwt.Key{} }, 503, nil},
		{"revoked", "", func(w *cacheWorld) { w.revoked = true }, 401, ginjwt.ReasonRevoked},
		{"revocation unknown", "", func(w *cacheWorld) { w.lost = down }, 503, down},
		{"revoked, and the store says so with an error", "", func(w *cacheWorld) { w.revoked, w.lost = true, down }, 503, down},
	}
	for _, tc := range cases {
		t.Run(tc.rule, func(t *testing.T) {
			t.Parallel()
			w, v := newCacheWorld(t)
			token := w.token(t, tc.more)
			for range 3 {
				requireVerdict[ginjwt.Claims](t, v, token, "")
				requireVerdict[sharedRoles](t, v, token, "")
			}
			before := *w
			tc.change(w)
			for range 2 { // the second time, it may have been dropped
				claims, err := ginjwt.Verify[ginjwt.Claims](t.Context(), v, token)
				requireCacheVerdict(t, claims.Subject, err, tc.status, tc.cause)
				own, err := ginjwt.Verify[sharedRoles](t.Context(), v, token)
				requireCacheVerdict(t, own.Subject, err, tc.status, tc.cause)
			}
			*w = before
			requireVerdict[ginjwt.Claims](t, v, token, "")
		})
	}
}

func requireCacheVerdict(t *testing.T, subject string, err error, status int, cause error) {
	t.Helper()
	if status == 200 {
		require.NoError(t, err)
		require.Equal(t, "alice", subject)
		return
	}
	var refusal *ginjwt.Error
	require.ErrorAs(t, err, &refusal)
	assert.Equal(t, status, refusal.Status)
	assert.Empty(t, subject)
	if cause != nil {
		assert.ErrorIs(t, err, cause)
	}
}

// A token that lost its key stays lost under the new one, and is good again
// when the old one comes back.
func TestCacheFollowsARotationBackAndForth(t *testing.T) {
	t.Parallel()
	w, v := newCacheWorld(t)
	token := w.token(t, "")
	next := newForger(t, ginjwt.HS256, randomSecret(t, 32))
	for range 3 {
		w.key = w.forger.key
		requireVerdict[ginjwt.Claims](t, v, token, "")
		w.key = next.key
		requireVerdict[ginjwt.Claims](t, v, token, ginjwt.ReasonSignature)
		requireVerdict[ginjwt.Claims](t, v, next.token(t, next.headerOf(""), goodPayload("")), "")
	}
}

func TestCacheNeverMixesTokensUp(t *testing.T) {
	t.Parallel()
	w, v := newCacheWorld(t)
	strict := forgeVerifier(t, w, func(p *ginjwt.Policy) { p.CacheSize, p.Audience = 100, []string{"another"} })
	var all sync.WaitGroup
	for i := range 50 {
		want := fmt.Sprint("user", i)
		token := w.forger.token(t, w.forger.headerOf(""), payloadWithout("sub", fmt.Sprintf(`,"sub":%q,"roles":[%q]`, want, want)))
		for range 4 {
			all.Go(func() {
				for range 5 {
					claims, err := ginjwt.Verify[ginjwt.Claims](t.Context(), v, token)
					assert.NoError(t, err)
					assert.Equal(t, want, claims.Subject)
					own, err := ginjwt.Verify[sharedRoles](t.Context(), v, token)
					assert.NoError(t, err)
					assert.Equal(t, []string{want}, own.Roles)
					_, err = ginjwt.Verify[ginjwt.Claims](t.Context(), strict, token)
					assert.ErrorIs(t, err, ginjwt.ReasonAudience, "one verifier's verdict is none of another's")
				}
			})
		}
	}
	all.Wait()
}

// What differs in one place from a remembered token is judged by itself.
func TestCacheKnowsWholeTokensOnly(t *testing.T) {
	t.Parallel()
	w, v := newCacheWorld(t)
	token := w.token(t, "")
	requireVerdict[ginjwt.Claims](t, v, token, "")
	for i := range len(token) {
		changed := []byte(token)
		if changed[i]++; changed[i] == token[i] {
			continue
		}
		_, err := ginjwt.Verify[ginjwt.Claims](t.Context(), v, string(changed))
		require.Error(t, err, "changed at %d", i)
	}
	for _, more := range []string{token + "=", token + ".", " " + token, token + " ", token[:len(token)-1], ""} {
		_, err := ginjwt.Verify[ginjwt.Claims](t.Context(), v, more)
		require.Error(t, err)
	}
	requireVerdict[ginjwt.Claims](t, v, token, "")
}

// A claims type that cannot take a token must not be helped by another that can.
func TestCacheOfOneClaimsTypeSaysNothingForAnother(t *testing.T) {
	t.Parallel()
	w, v := newCacheWorld(t)
	token := w.token(t, `,"roles":"not a list"`)
	for range 2 {
		requireVerdict[ginjwt.Claims](t, v, token, "")
		requireVerdict[sharedRoles](t, v, token, ginjwt.ReasonClaims)
	}
}
