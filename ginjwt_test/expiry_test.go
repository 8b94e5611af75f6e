package ginjwt_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

type expiryOwn struct {
	ginjwt.Claims
	Role string `json:"role"`
}

// expiryVerifier accepts tokens of iss, at the time of forgeClock plus after.
func expiryVerifier(t *testing.T, iss string, leeway, after time.Duration) *ginjwt.Verifier {
	t.Helper()
	return forgeVerifier(t, hmacForger(t).key, func(p *ginjwt.Policy) {
		p.Issuer, p.Leeway = iss, leeway
		p.Now = func() time.Time { return forgeClock().Add(after) }
	})
}

// expiryClaims are claims that end after d, by the verifiers' clock.
func expiryClaims(iss string, d time.Duration) *ginjwt.Claims {
	return &ginjwt.Claims{Issuer: iss, Subject: "johndoe", ExpiresAt: ginjwt.NumericDate{Time: forgeClock().Add(d)}}
}

// expiryDue asserts that a context of v's ends after left, by the machine's clock.
func expiryDue(t *testing.T, v *ginjwt.Verifier, claims ginjwt.AnyClaims, left time.Duration) {
	t.Helper()
	before := time.Now()
	ctx, stop := v.WithExpiry(t.Context(), claims)
	defer stop()
	deadline, ok := ctx.Deadline()
	require.True(t, ok)
	assert.False(t, deadline.Before(before.Add(left)), "too early: %s", deadline.Sub(before))
	assert.False(t, deadline.After(time.Now().Add(left)), "too late: %s", deadline.Sub(before))
	assert.NoError(t, ctx.Err())
	assert.NoError(t, context.Cause(ctx))
}

// expiryOver asserts that a context of v's has ended before it began.
func expiryOver(t *testing.T, v *ginjwt.Verifier, claims ginjwt.AnyClaims) {
	t.Helper()
	ctx, stop := v.WithExpiry(t.Context(), claims)
	defer stop()
	select {
	case <-ctx.Done():
	default:
		require.Fail(t, "the context goes on")
	}
	expiryCause(ctx, t)
}

func expiryCause(ctx context.Context, t *testing.T) {
	t.Helper()
	assert.Equal(t, context.DeadlineExceeded, ctx.Err())
	cause := context.Cause(ctx)
	var e *ginjwt.Error
	require.ErrorAs(t, cause, &e)
	assert.Equal(t, 401, e.Status)
	assert.Equal(t, ginjwt.CodeExpiredToken, e.Code)
	assert.ErrorIs(t, cause, ginjwt.ReasonExpired)
}

func TestWithExpiryEndsWhenTheTokenDoes(t *testing.T) {
	t.Parallel()
	v := expiryVerifier(t, testIssuer, 0, 0)
	expiryDue(t, v, expiryClaims(testIssuer, time.Hour), time.Hour)
	expiryDue(t, v, expiryClaims(testIssuer, time.Minute+time.Second/2), time.Minute+time.Second/2)
	expiryDue(t, v, &expiryOwn{Claims: *expiryClaims(testIssuer, time.Hour)}, time.Hour)
	expiryDue(t, expiryVerifier(t, testIssuer, 0, 59*time.Minute), expiryClaims(testIssuer, time.Hour), time.Minute)

	far := &ginjwt.Claims{Issuer: testIssuer, ExpiresAt: ginjwt.NumericDate{Time: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)}}
	ctx, stop := v.WithExpiry(t.Context(), far)
	defer stop()
	assert.NoError(t, ctx.Err(), "as far as can be told")
}

func TestWithExpiryHasTheVerifiersLeeway(t *testing.T) {
	t.Parallel()
	const leeway = time.Minute
	v := expiryVerifier(t, testIssuer, leeway, 0)
	expiryDue(t, v, expiryClaims(testIssuer, time.Hour), time.Hour+leeway)
	expiryDue(t, v, expiryClaims(testIssuer, -leeway/2), leeway/2)
	expiryOver(t, v, expiryClaims(testIssuer, -leeway))
}

// A context ends just when Verify refuses the token.
func TestWithExpiryAgreesWithVerify(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	for _, leeway := range []time.Duration{0, time.Minute} {
		for _, late := range []time.Duration{-time.Second, 0, time.Second} {
			now := time.Unix(forgeNow+600, 0).Add(leeway + late) // goodPayload's exp, and late
			v := forgeVerifier(t, f.key, func(p *ginjwt.Policy) { p.Leeway, p.Now = leeway, func() time.Time { return now } })
			claims := ginjwt.Claims{Issuer: testIssuer, ExpiresAt: ginjwt.NewNumericDate(time.Unix(forgeNow+600, 0))}
			_, err := ginjwt.Verify[ginjwt.Claims](t.Context(), v, f.token(t, f.headerOf(""), goodPayload("")))
			ctx, stop := v.WithExpiry(t.Context(), &claims)
			assert.Equal(t, err != nil, ctx.Err() != nil, "leeway %s, late %s", leeway, late)
			stop()
		}
	}
}

func TestWithExpiryOfATokenThatIsOver(t *testing.T) {
	t.Parallel()
	v := expiryVerifier(t, testIssuer, 0, 0)
	expiryOver(t, v, expiryClaims(testIssuer, 0))
	expiryOver(t, v, expiryClaims(testIssuer, -time.Nanosecond))
	expiryOver(t, v, expiryClaims(testIssuer, -200*365*24*time.Hour))
	expiryOver(t, v, &ginjwt.Claims{Issuer: testIssuer}) // no exp
}

// What v would never accept has no time left.
func TestWithExpiryOfWhatIsNoTokenOfTheVerifiers(t *testing.T) {
	t.Parallel()
	v := expiryVerifier(t, testIssuer, 0, 0)
	good := expiryClaims(testIssuer, time.Hour)
	expiryOver(t, v, nil)
	expiryOver(t, v, (*ginjwt.Claims)(nil))
	expiryOver(t, v, &ownNil{})
	expiryOver(t, nil, good)
	expiryOver(t, new(ginjwt.Verifier), good)
}

func TestWithExpiryOfNilClaimsOfTheUsersOwn(t *testing.T) {
	t.Parallel()
	v := expiryVerifier(t, testIssuer, 0, 0)
	require.NotPanics(t, func() { expiryOver(t, v, (*expiryOwn)(nil)) }, "a handler's mistake must not end a connection in a panic")
}

func TestWithExpiryOfAnotherIssuersClaims(t *testing.T) {
	t.Parallel()
	expiryOver(t, expiryVerifier(t, testIssuer, 0, 0), expiryClaims("https://other.example", time.Hour))
}

func TestWithExpiryByIssuer(t *testing.T) {
	t.Parallel()
	const other = "https://other.example"
	v, err := ginjwt.ByIssuer(expiryVerifier(t, testIssuer, 0, 0), expiryVerifier(t, other, time.Minute, 30*time.Minute))
	require.NoError(t, err)
	expiryDue(t, v, expiryClaims(testIssuer, time.Hour), time.Hour)
	expiryDue(t, v, &expiryOwn{Claims: *expiryClaims(other, time.Hour)}, 31*time.Minute)
	expiryOver(t, v, expiryClaims(testIssuer, 0))
	expiryOver(t, v, expiryClaims("https://unknown.example", time.Hour))
	expiryOver(t, v, expiryClaims("", time.Hour))
	expiryOver(t, v, nil)
}

func TestWithExpiryEndsWithItsParent(t *testing.T) {
	t.Parallel()
	v := expiryVerifier(t, testIssuer, 0, 0)
	mine := errors.New("mine")
	parent, cancel := context.WithCancelCause(context.WithValue(t.Context(), ctxKey{}, "value"))
	ctx, stop := v.WithExpiry(parent, expiryClaims(testIssuer, time.Hour))
	defer stop()
	assert.Equal(t, "value", ctx.Value(ctxKey{}))
	cancel(mine)
	<-ctx.Done()
	assert.Equal(t, context.Canceled, ctx.Err())
	assert.Equal(t, mine, context.Cause(ctx), "it was not the token")

	short, cancelShort := context.WithTimeout(t.Context(), time.Minute)
	defer cancelShort()
	ctx, stop = v.WithExpiry(short, expiryClaims(testIssuer, time.Hour))
	defer stop()
	deadline, _ := ctx.Deadline()
	want, _ := short.Deadline()
	assert.Equal(t, want, deadline, "the earlier of the two")

	ctx, stop = v.WithExpiry(parent, expiryClaims(testIssuer, -time.Hour))
	defer stop()
	assert.Equal(t, mine, context.Cause(ctx), "the parent was over first")
}

func TestWithExpiryStops(t *testing.T) {
	t.Parallel()
	v := expiryVerifier(t, testIssuer, 0, 0)
	ctx, stop := v.WithExpiry(t.Context(), expiryClaims(testIssuer, time.Hour))
	stop()
	<-ctx.Done()
	assert.Equal(t, context.Canceled, context.Cause(ctx))
	stop()
	assert.NoError(t, t.Context().Err(), "the parent goes on")
}

// A stream ends when its token does, by the clock of the machine; the results
// of the request are in its context.
func TestWithExpiryInAStream(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	v := forgeVerifier(t, f.key, func(p *ginjwt.Policy) {
		p.Now = func() time.Time { return time.Unix(forgeNow+600, 0).Add(-20 * time.Millisecond) } // before goodPayload's exp
	})
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.HTTPBearer(), v)
	r := extEngine(ginjwt.Handle(claims, func(c *gin.Context, me ginjwt.Claims) {
		ctx, stop := v.WithExpiry(ginjwt.Context(c), &me)
		defer stop()
		again, err := claims.Get(ctx)
		assert.NoError(t, err)
		assert.Equal(t, me, again)
		<-ctx.Done()
		expiryCause(ctx, t)
		assert.NoError(t, c.Request.Context().Err(), "only the stream is over")
		ginjwt.Abort(c, context.Cause(ctx))
	}))
	w := get(r, "/", f.token(t, f.headerOf(""), goodPayload("")))
	assert.Equal(t, 401, w.Code)
	assert.Equal(t, []string{extExpired}, w.Header().Values("WWW-Authenticate"))
}
