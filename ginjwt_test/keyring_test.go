package ginjwt_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

// newRingClock is far from the machine's clock, so that whoever asks that one is
// found out.
func newRingClock() *ginjwttest.Clock {
	c := ginjwttest.NewClock()
	c.Set(time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC))
	return c
}

func ringKey(t testing.TB, alg ginjwt.Algorithm) ginjwt.Key {
	t.Helper()
	key, err := ginjwt.GenerateKey(alg)
	require.NoError(t, err)
	if key.ID() == "" {
		key = key.WithID("secret-" + rngText(t))
	}
	return key
}

func rngText(t testing.TB) string {
	t.Helper()
	key, err := ginjwt.GenerateKey(ginjwt.EdDSA)
	require.NoError(t, err)
	return key.ID()
}

// ringIssuer returns an issuer that signs with ring and its verifier.
func ringIssuer(t testing.TB, ring *jwks.Ring, clock *ginjwttest.Clock, cacheSize int) (*ginjwt.Issuer, *ginjwt.Verifier) {
	t.Helper()
	issuer, err := ginjwt.NewIssuer(ginjwt.IssuerConfig{Keys: ring, Issuer: testIssuer, Audience: []string{testAudience}, Now: clock.Now})
	require.NoError(t, err)
	verifier, err := issuer.Verifier(ginjwt.Policy{CacheSize: cacheSize})
	require.NoError(t, err)
	return issuer, verifier
}

func kidOf(t testing.TB, token string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])
	require.NoError(t, err)
	var header struct{ Kid string }
	require.NoError(t, json.Unmarshal(raw, &header))
	return header.Kid
}

func TestAKeySignsFromItsTimeUntilTheNextAndIsAcceptedUntilItsTokensExpired(t *testing.T) {
	t.Parallel()
	clock := newRingClock()
	first, second := ringKey(t, ginjwt.ES256), ringKey(t, ginjwt.EdDSA)
	ring, err := jwks.NewRing(jwks.RingConfig{Now: clock.Now},
		jwks.RingKey{Key: second, From: clock.Now().Add(time.Hour)}, jwks.RingKey{Key: first})
	require.NoError(t, err)
	issuer, verifier := ringIssuer(t, ring, clock, 0)

	old := sign(t, issuer, "johndoe", "")
	assert.Equal(t, first.ID(), kidOf(t, old))
	clock.Advance(time.Hour - time.Second)
	last := sign(t, issuer, "johndoe", "")
	assert.Equal(t, first.ID(), kidOf(t, last), "a second before, the old key still signs")
	clock.Advance(time.Second)
	assert.Equal(t, second.ID(), kidOf(t, sign(t, issuer, "johndoe", "")), "the new key signs from its time on")

	clock.Advance(14 * time.Minute)
	_, err = ginjwt.Verify[ginjwt.Claims](t.Context(), verifier, last)
	require.NoError(t, err, "what the old key signed is good until it expires")
	clock.Advance(7*time.Minute + time.Second)
	_, err = ring.FindKey(t.Context(), ginjwt.ES256, first.ID())
	require.ErrorIs(t, err, ginjwt.ErrUnknownKey, "the lifetime, the longest leeway and a minute later the old key is gone")
	_, err = ring.FindKey(t.Context(), ginjwt.EdDSA, second.ID())
	require.NoError(t, err)
}

func TestFindKeyIsBoundToAlgorithmAndID(t *testing.T) {
	t.Parallel()
	key := ringKey(t, ginjwt.ES256)
	ring, err := jwks.NewRing(jwks.RingConfig{}, jwks.RingKey{Key: key})
	require.NoError(t, err)
	for rule, ask := range map[string][2]string{
		"another algorithm": {"RS256", key.ID()},
		"an unknown ID":     {"ES256", "other"},
		"no ID":             {"ES256", ""},
	} {
		_, err := ring.FindKey(t.Context(), ginjwt.Algorithm(ask[0]), ask[1])
		require.ErrorIs(t, err, ginjwt.ErrUnknownKey, rule)
	}
}

func TestAWithdrawnKeysTokensAreRefusedAtOnceCachedOnesToo(t *testing.T) {
	t.Parallel()
	clock := newRingClock()
	stolen, next := ringKey(t, ginjwt.ES256), ringKey(t, ginjwt.ES256)
	ring, err := jwks.NewRing(jwks.RingConfig{Now: clock.Now}, jwks.RingKey{Key: stolen})
	require.NoError(t, err)
	issuer, verifier := ringIssuer(t, ring, clock, 100)
	token := sign(t, issuer, "johndoe", "")
	for range 2 {
		_, err = ginjwt.Verify[ginjwt.Claims](t.Context(), verifier, token)
		require.NoError(t, err)
	}

	require.NoError(t, ring.Set(jwks.RingKey{Key: next, From: clock.Now()}), "the signing key is withdrawn, so another may begin at once")
	_, err = ginjwt.Verify[ginjwt.Claims](t.Context(), verifier, token)
	require.ErrorIs(t, err, ginjwt.ReasonKey)
	_, err = ginjwt.Verify[ginjwt.Claims](t.Context(), verifier, sign(t, issuer, "johndoe", ""))
	require.NoError(t, err)
}

func TestSetKeepsRememberedTokensAndHoldsNewKeysBack(t *testing.T) {
	t.Parallel()
	clock := newRingClock()
	current, next := ringKey(t, ginjwt.ES256), ringKey(t, ginjwt.ES256)
	ring, err := jwks.NewRing(jwks.RingConfig{Now: clock.Now, MaxAge: 10 * time.Minute}, jwks.RingKey{Key: current})
	require.NoError(t, err)
	before, err := ring.SigningKey(t.Context())
	require.NoError(t, err)

	early := jwks.RingKey{Key: next, From: clock.Now().Add(10*time.Minute - time.Second)}
	err = ring.Set(jwks.RingKey{Key: current}, early)
	require.ErrorContains(t, err, `jwks: the new key "`+next.ID()+`" would sign from`)
	_, err = ring.FindKey(t.Context(), ginjwt.ES256, next.ID())
	require.ErrorIs(t, err, ginjwt.ErrUnknownKey, "a Set that is refused changes nothing")

	require.NoError(t, ring.Set(jwks.RingKey{Key: current}, jwks.RingKey{Key: next, From: clock.Now().Add(10 * time.Minute)}))
	after, err := ring.FindKey(t.Context(), ginjwt.ES256, current.ID())
	require.NoError(t, err)
	assert.True(t, before == after, "the key is the same one, so remembered tokens stay good")

	err = ring.Set(jwks.RingKey{Key: next.WithID(current.ID())})
	require.ErrorContains(t, err, "names another key by now")
}

func TestNewRingNamesAllFaults(t *testing.T) {
	t.Parallel()
	private, other := ringKey(t, ginjwt.ES256), ringKey(t, ginjwt.ES256)
	public, err := ginjwt.NewKey(ginjwt.ES256, other.Public())
	require.NoError(t, err)
	secret, err := ginjwt.GenerateKey(ginjwt.HS256)
	require.NoError(t, err)
	future := time.Now().Add(time.Hour)
	_, err = jwks.NewRing(jwks.RingConfig{},
		jwks.RingKey{Key: private, From: future}, jwks.RingKey{Key: private, From: future.Add(time.Hour)},
		jwks.RingKey{Key: public, From: future}, jwks.RingKey{From: future.Add(2 * time.Hour)},
		jwks.RingKey{Key: secret, From: future.Add(3 * time.Hour)})
	for _, text := range []string{
		`two keys have the ID "` + private.ID(), "sign from the same time on", "a key is zero",
		"a HS256 key has no ID", "no key signs by now",
	} {
		require.ErrorContains(t, err, text)
	}
	_, err = jwks.NewRing(jwks.RingConfig{}, jwks.RingKey{Key: public})
	require.ErrorContains(t, err, `the key "`+public.ID()+`" is public`)
	_, err = jwks.NewRing(jwks.RingConfig{})
	require.ErrorContains(t, err, "no key signs by now")
	_, err = jwks.NewRing(jwks.RingConfig{MaxAge: -1}, jwks.RingKey{Key: private})
	require.Error(t, err)
}

func TestTheKeySetHasPublicKeysOnlyAndCanBeCached(t *testing.T) {
	t.Parallel()
	clock := newRingClock()
	keys := []jwks.RingKey{{Key: ringKey(t, ginjwt.HS256)}}
	for i, alg := range []ginjwt.Algorithm{ginjwt.RS256, ginjwt.PS256, ginjwt.ES256, ginjwt.ES384, ginjwt.ES512, ginjwt.EdDSA} {
		keys = append(keys, jwks.RingKey{Key: ringKey(t, alg), From: clock.Now().Add(time.Duration(i+1) * time.Hour)})
	}
	ring, err := jwks.NewRing(jwks.RingConfig{Now: clock.Now}, keys...)
	require.NoError(t, err)
	r := newEngine()
	r.Any("/jwks.json", jwks.Handler(ring))
	server := httptest.NewServer(r)
	defer server.Close()

	res, body := fetchSet(t, server.URL, http.MethodGet, "")
	assert.Equal(t, 200, res.StatusCode)
	assert.Equal(t, "application/jwk-set+json", res.Header.Get("Content-Type"))
	assert.Equal(t, "public, max-age=900", res.Header.Get("Cache-Control"))
	var set struct{ Keys []map[string]any }
	require.NoError(t, json.Unmarshal(body, &set))
	require.Len(t, set.Keys, 6, "the secret is not published")
	for i, k := range set.Keys {
		assert.Equal(t, string(keys[i+1].Key.Algorithm()), k["alg"])
		assert.Equal(t, keys[i+1].Key.ID(), k["kid"])
		assert.Equal(t, "sig", k["use"])
		for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "k"} {
			assert.NotContains(t, k, private)
		}
	}

	etag := res.Header.Get("ETag")
	require.NotEmpty(t, etag)
	for _, match := range []string{etag, "W/" + etag, `"x", ` + etag, "*"} {
		res, body := fetchSet(t, server.URL, http.MethodGet, match)
		assert.Equal(t, 304, res.StatusCode, match)
		assert.Empty(t, body)
		assert.Equal(t, etag, res.Header.Get("ETag"))
	}
	res, _ = fetchSet(t, server.URL, http.MethodHead, "")
	assert.Equal(t, 200, res.StatusCode)
	res, _ = fetchSet(t, server.URL, http.MethodPost, "")
	assert.Equal(t, 405, res.StatusCode)
	assert.Equal(t, "GET, HEAD", res.Header.Get("Allow"))

	clock.Advance(2*time.Hour + 22*time.Minute)
	res, body = fetchSet(t, server.URL, http.MethodGet, etag)
	assert.Equal(t, 200, res.StatusCode, "a retired key is gone, so the set is another")
	assert.NotContains(t, string(body), keys[1].Key.ID())
	assert.NotEqual(t, etag, res.Header.Get("ETag"))
}

func fetchSet(t *testing.T, base, method, ifNoneMatch string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, base+"/jwks.json", nil)
	require.NoError(t, err)
	if ifNoneMatch != "" {
		req.Header.Set("If-None-Match", ifNoneMatch)
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res, body
}

// A key rotates ten times while clients log in and call; none of their tokens
// is refused.
// A key that was taken back before it signed may give its ID to another.
func TestTheKeySetFollowsAnIDThatNamesAnotherKey(t *testing.T) {
	t.Parallel()
	clock := newRingClock()
	a := jwks.RingKey{Key: ringKey(t, ginjwt.ES256)}
	b := func() jwks.RingKey {
		return jwks.RingKey{Key: ringKey(t, ginjwt.ES256).WithID("b"), From: clock.Now().Add(time.Hour)}
	}
	ring, err := jwks.NewRing(jwks.RingConfig{Now: clock.Now}, a, b())
	require.NoError(t, err)
	r := newEngine()
	r.Any("/jwks.json", jwks.Handler(ring))
	server := httptest.NewServer(r)
	defer server.Close()
	res, before := fetchSet(t, server.URL, http.MethodGet, "")
	require.NoError(t, ring.Set(a))
	require.NoError(t, ring.Set(a, b()))
	again, after := fetchSet(t, server.URL, http.MethodGet, "")
	assert.NotEqual(t, string(before), string(after))
	assert.NotEqual(t, res.Header.Get("ETag"), again.Header.Get("ETag"))
}

func TestARotationUnderLoadRefusesNoValidToken(t *testing.T) {
	t.Parallel()
	clock := newRingClock()
	ring, err := jwks.NewRing(jwks.RingConfig{Now: clock.Now, MaxAge: time.Minute}, jwks.RingKey{Key: ringKey(t, ginjwt.EdDSA)})
	require.NoError(t, err)
	issuer, verifier := ringIssuer(t, ring, clock, 1000)
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), verifier)
	r := newEngine()
	r.GET("/", ginjwt.Handle(claims, func(c *gin.Context, _ ginjwt.Claims) { c.Status(200) }))

	var stop atomic.Bool
	var served, refused atomic.Int64
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for !stop.Load() {
				token, err := issuer.Sign(&ginjwt.Claims{Subject: "johndoe"})
				if err != nil || get(r, "/", token).Code != 200 || get(r, "/", token).Code != 200 {
					refused.Add(1)
				}
				served.Add(1)
			}
		})
	}
	keys := []jwks.RingKey{}
	signing, err := ring.SigningKey(t.Context())
	require.NoError(t, err)
	keys = append(keys, jwks.RingKey{Key: signing})
	for range 10 {
		next := jwks.RingKey{Key: ringKey(t, ginjwt.EdDSA), From: clock.Now().Add(time.Minute)}
		keys = append(keys, next)
		require.NoError(t, ring.Set(keys...))
		for range 130 { // across the moment at which the next key begins
			clock.Advance(time.Second)
			for before := served.Load(); served.Load() == before; {
				runtime.Gosched()
			}
		}
	}
	stop.Store(true)
	clients.Wait()
	assert.Zero(t, refused.Load(), "of %d", served.Load())
	now, err := ring.SigningKey(t.Context())
	require.NoError(t, err)
	assert.Equal(t, keys[10].Key.ID(), now.ID())
}
