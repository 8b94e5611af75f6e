package ginjwt_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

// revokerFunc is a Revoker of one function.
type revokerFunc func(ctx context.Context, c *ginjwt.Claims) (bool, error)

func (f revokerFunc) Revoked(ctx context.Context, c *ginjwt.Claims) (bool, error) { return f(ctx, c) }

// revocable returns a Verifier with f as its Revoker.
func revocable(t testing.TB, keys ginjwt.KeySource, size int, f revokerFunc) *ginjwt.Verifier {
	t.Helper()
	return forgeVerifier(t, keys, func(p *ginjwt.Policy) { p.CacheSize, p.Revoker = size, f })
}

// cacheSizes are without and with a cache: a Revoker must not notice.
var cacheSizes = map[string]int{"without a cache": 0, "with a cache": 10}

// Only a token that is good in all else is worth a round trip, and only its
// claims can be believed.
func TestRevokerIsAskedLast(t *testing.T) {
	t.Parallel()
	asked := 0
	v := forgeVerifier(t, hmacForger(t).key, func(p *ginjwt.Policy) {
		p.CacheSize, p.MaxLifetime = 10, time.Hour
		p.Revoker = revokerFunc(func(context.Context, *ginjwt.Claims) (bool, error) { asked++; return true, nil })
	})
	for _, tc := range refusedTokens(t) {
		if tc.reason == ginjwt.ReasonRevoked {
			continue
		}
		for range 2 {
			_, err := ginjwt.Verify[ginjwt.Claims](t.Context(), v, tc.token)
			require.Error(t, err)
			require.NotErrorIs(t, err, ginjwt.ReasonRevoked, "%s", tc.reason)
		}
	}
	assert.Zero(t, asked)
	f := hmacForger(t)
	requireVerdict[ginjwt.Claims](t, v, f.token(t, f.headerOf(""), goodPayload(`,"iat":1800000000`)), ginjwt.ReasonRevoked)
	assert.Equal(t, 1, asked)
}

func TestRevokerSeesTheClaims(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	token := f.token(t, f.headerOf(""), goodPayload(`,"jti":"id-1","iat":1799999999,"scope":"me","roles":["x"]`))
	for name, size := range cacheSizes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var seen []ginjwt.Claims
			v := revocable(t, f.key, size, func(_ context.Context, c *ginjwt.Claims) (bool, error) {
				seen = append(seen, *c)
				return false, nil
			})
			for range 3 {
				requireVerdict[sharedRoles](t, v, token, "")
			}
			require.Len(t, seen, 3, "on every use")
			for _, c := range seen {
				assert.Equal(t, "alice", c.Subject)
				assert.Equal(t, testIssuer, c.Issuer)
				assert.Equal(t, "id-1", c.JWTID)
				assert.EqualValues(t, 1799999999, c.IssuedAt.Unix())
				assert.EqualValues(t, forgeNow+600, c.ExpiresAt.Unix())
				assert.True(t, c.Scope.Has("me"))
			}
		})
	}
}

// What a Revoker does to the claims is for itself: it must reach neither the
// handler nor the next request.
func TestRevokerCannotChangeTheClaims(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	token := f.token(t, f.headerOf(""), goodPayload(""))
	for name, size := range cacheSizes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := revocable(t, f.key, size, func(_ context.Context, c *ginjwt.Claims) (bool, error) {
				c.Subject += "!"
				c.ExpiresAt = ginjwt.NewNumericDate(time.Unix(1, 0))
				return false, nil
			})
			for range 3 {
				claims, err := ginjwt.Verify[ginjwt.Claims](t.Context(), v, token)
				require.NoError(t, err)
				require.Equal(t, "alice", claims.Subject)
			}
		})
	}
}

type revokerKey struct{}

func TestRevokerIsAskedOncePerRequestWithItsContext(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	token := f.token(t, f.headerOf(""), goodPayload(`,"scope":"me"`))
	for name, size := range cacheSizes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var marks []any
			v := revocable(t, f.key, size, func(ctx context.Context, _ *ginjwt.Claims) (bool, error) {
				marks = append(marks, ctx.Value(revokerKey{}))
				return false, nil
			})
			claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), v)
			user := ginjwt.Depends(claims, func(c *gin.Context, cl ginjwt.Claims) (string, error) { return cl.Subject, nil })
			r := graphEngine(ginjwt.Require(claims, ginjwt.Security(user, "me")), ginjwt.Require(user),
				ginjwt.Handle2(user, claims, func(c *gin.Context, _ string, _ ginjwt.Claims) { _, _ = user.Get(c) }))
			for _, mark := range []string{"first", "second"} {
				req := httptest.NewRequestWithContext(context.WithValue(t.Context(), revokerKey{}, mark), "GET", "/", nil)
				require.Equal(t, 200, ginjwttest.Do(t, r, ginjwttest.Authorized(req, token)).Code)
			}
			assert.Equal(t, []any{"first", "second"}, marks)
		})
	}
}

// revokerAnswers are what a Revoker may return, and what becomes of it.
var revokerAnswers = map[string]struct {
	revoked bool
	err     error
	status  int
}{
	"good":                              {false, nil, 200},
	"revoked":                           {true, nil, 401},
	"an outage":                         {false, errors.New("down"), 503},
	"an outage that says revoked":       {true, errors.New("down"), 503},
	"an answer of its own":              {false, ginjwt.HTTPError(429, "Slow down"), 429},
	"an answer of its own, and revoked": {true, ginjwt.Forbidden("Suspended"), 403},
	"its own time is up":                {false, context.DeadlineExceeded, 503},
	"its own context was cancelled":     {false, context.Canceled, 503},
}

func TestRevokerAnswers(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	token := f.token(t, f.headerOf(""), goodPayload(""))
	for name, tc := range revokerAnswers {
		for cache, size := range cacheSizes {
			t.Run(name+" "+cache, func(t *testing.T) {
				t.Parallel()
				ready := false
				v := revocable(t, f.key, size, func(context.Context, *ginjwt.Claims) (bool, error) {
					if !ready {
						return false, nil
					}
					return tc.revoked, tc.err
				})
				ran := 0
				claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), v)
				quiet := ginjwt.Observe(func(context.Context, ginjwt.Event) {})
				r := graphEngine(quiet, ginjwt.Handle(claims, func(c *gin.Context, _ ginjwt.Claims) { ran++ }))
				require.Equal(t, 200, get(r, "/", token).Code)
				ready, ran = true, 0
				w := get(r, "/", token)
				assert.Equal(t, tc.status, w.Code)
				if tc.status == 503 {
					assert.Equal(t, "1", w.Header().Get("Retry-After"))
				}
				if tc.status != 200 {
					assert.Zero(t, ran)
				}
				ready = false
				assert.Equal(t, 200, get(r, "/", token).Code, "the verdict was of that moment")
			})
		}
	}
}

// A client that leaves while the store is asked is nobody's outage; a request
// whose own time is up while the store hangs is.
func TestStoresAndTheEndOfTheRequest(t *testing.T) {
	t.Parallel()
	lost := errors.New("read tcp: connection closed")
	cases := map[string]struct {
		end    error // of the request's context
		err    error // the store's
		status int
	}{
		"the client left": {context.Canceled, context.Canceled, 499},
		"the client left, and the store says so in its own words": {context.Canceled, lost, 499},
		"the time is up": {context.DeadlineExceeded, context.DeadlineExceeded, 503},
		"the time is up, and the store says so in its own words": {context.DeadlineExceeded, lost, 503},
		"the client left, and the store decides":                 {context.Canceled, ginjwt.HTTPError(429, "no"), 429},
	}
	f := hmacForger(t)
	token := f.token(t, f.headerOf(""), goodPayload(""))
	for name, tc := range cases {
		stores := map[string]*ginjwt.Verifier{
			"the Revoker":   revocable(t, f.key, 10, func(context.Context, *ginjwt.Claims) (bool, error) { return false, tc.err }),
			"the KeySource": forgeVerifier(t, source(func(ginjwt.Algorithm, string) (ginjwt.Key, error) { return ginjwt.Key{}, tc.err }), nil),
		}
		for store, v := range stores {
			t.Run(store+": "+name, func(t *testing.T) {
				t.Parallel()
				var log eventLog
				r := graphEngine(log.observe(), ginjwt.Require(ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), v)))
				req := httptest.NewRequestWithContext(endedContext{t.Context(), tc.end}, "GET", "/", nil)
				assert.Equal(t, tc.status, ginjwttest.Do(t, r, ginjwttest.Authorized(req, token)).Code)
				require.Len(t, log.events, 1)
				assert.Equal(t, tc.status, log.events[0].Status)
			})
		}
	}
}

// endedContext is a context that has ended with err.
type endedContext struct {
	context.Context
	err error
}

func (c endedContext) Err() error { return c.err }

func (c endedContext) Done() <-chan struct{} {
	done := make(chan struct{})
	close(done)
	return done
}

// A Revoker that panics lets nobody in.
func TestRevokerThatPanics(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	v := revocable(t, f.key, 10, func(context.Context, *ginjwt.Claims) (bool, error) { panic("a bug") })
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), v)
	var log graphLog
	r := graphEngine(gin.CustomRecoveryWithWriter(nil, func(*gin.Context, any) {}), ginjwt.Require(claims), log.handler("later"))
	for range 2 {
		get(r, "/", f.token(t, f.headerOf(""), goodPayload("")))
	}
	assert.Empty(t, log.all())
}

// refusedToken is a token that is refused for reason by refusingVerifier.
type refusedToken struct {
	reason ginjwt.Reason
	token  string
}

// eventSecret stands in every refused token, so that a text of it is found
// wherever it leaks to.
const eventSecret = "s3cr3t-within"

// refusedTokens returns a token for every Reason.
func refusedTokens(t testing.TB) []refusedToken {
	t.Helper()
	f, wrong := hmacForger(t), newForger(t, ginjwt.HS256, randomSecret(t, 32))
	secret := `,"z":"` + eventSecret + `"`
	plain := f.headerOf("")
	claims := func(more string) string { return f.token(t, plain, goodPayload(secret+more)) }
	without := func(name, more string) string { return f.token(t, plain, payloadWithout(name, secret+more)) }
	header := func(h string) string { return f.token(t, h, goodPayload(secret)) }
	return []refusedToken{
		{ginjwt.ReasonTooLarge, claims(`,"y":"` + strings.Repeat("y", 16<<10) + `"`)},
		{ginjwt.ReasonMalformed, b64(plain) + "." + b64(goodPayload(secret))},
		{ginjwt.ReasonHeader, header(f.headerOf(`,"crit":["` + eventSecret + `"]`))},
		{ginjwt.ReasonAlgorithm, header(`{"alg":"` + eventSecret + `"}`)},
		{ginjwt.ReasonType, header(f.headerOf(`,"typ":"` + eventSecret + `"`))},
		{ginjwt.ReasonKey, header(f.headerOf(`,"kid":"` + eventSecret + `"`))},
		{ginjwt.ReasonSignature, wrong.token(t, plain, goodPayload(secret))},
		{ginjwt.ReasonClaims, without("exp", `,"exp":"`+eventSecret+`2"`)},
		{ginjwt.ReasonBound, claims(`,"cnf":{"jkt":"` + eventSecret + `2"}`)},
		{ginjwt.ReasonIssuer, without("iss", `,"iss":"`+eventSecret+`2"`)},
		{ginjwt.ReasonAudience, without("aud", `,"aud":"`+eventSecret+`2"`)},
		{ginjwt.ReasonNotYet, claims(`,"nbf":1800000001,"iat":1800000000`)},
		{ginjwt.ReasonIssuedAt, claims(`,"iat":1800000061`)},
		{ginjwt.ReasonLifetime, claims(`,"iat":1`)},
		{ginjwt.ReasonNoExpiry, without("exp", "")},
		{ginjwt.ReasonExpired, without("exp", `,"exp":1799999999,"iat":1799999990`)},
		{ginjwt.ReasonRevoked, claims(`,"jti":"revoked","iat":1800000000`)},
	}
}

// refusingVerifier refuses each of refusedTokens for its reason.
func refusingVerifier(t testing.TB, size int) *ginjwt.Verifier {
	t.Helper()
	return forgeVerifier(t, hmacForger(t).key, func(p *ginjwt.Policy) {
		p.CacheSize, p.MaxLifetime = size, time.Hour
		p.Revoker = revokerFunc(func(_ context.Context, c *ginjwt.Claims) (bool, error) { return c.JWTID == "revoked", nil })
	})
}
