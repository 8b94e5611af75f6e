package ginjwt_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// What is no date, for each of the claims that are dates (RFC 7519 section 2).
func TestVerifyRefusesWhatIsNoDate(t *testing.T) {
	t.Parallel()
	values := []string{
		`null`, `"1800000600"`, `""`, `true`, `false`, `[]`, `[1800000600]`, `{}`,
		`-1`, `-0.5`, `253402300800`, `253402300799.5`, `1800000600000`, `9.3e18`, `1e19`, `1e300`, `1e400`,
		`9223372036854775807`, `18446744073709551616`, `-1e19`,
	}
	var cases []tokenCase
	for _, claim := range []string{"exp", "nbf", "iat"} {
		for _, value := range values {
			cases = append(cases, tokenCase{
				rule: claim + " " + value, want: ginjwt.ReasonClaims,
				payload: payloadWithout(claim, fmt.Sprintf(`,%q:%s`, claim, value)),
			})
		}
	}
	runTokens(t, cases, nil)
}

func dated(claims string) string { return payloadWithout("exp", claims) }

// The clock stands at 1800000000.
var dateCases = []tokenCase{
	{rule: "exp missing", payload: dated(``), want: ginjwt.ReasonNoExpiry},
	{rule: "exp 0 is a date that is past", payload: dated(`,"exp":0`), want: ginjwt.ReasonExpired},
	{rule: "exp -0 is 0", payload: dated(`,"exp":-0`), want: ginjwt.ReasonExpired},
	{rule: "exp at now", payload: dated(`,"exp":1800000000`), want: ginjwt.ReasonExpired},
	{rule: "exp at now with an exponent", payload: dated(`,"exp":1.8e9`), want: ginjwt.ReasonExpired},
	{rule: "exp a moment from now", payload: dated(`,"exp":1800000000.001`)},
	{rule: "exp a second from now", payload: dated(`,"exp":1800000001`)},
	{rule: "exp a second ago", payload: dated(`,"exp":1799999999`), want: ginjwt.ReasonExpired},
	{rule: "exp a moment ago", payload: dated(`,"exp":1799999999.999`), want: ginjwt.ReasonExpired},
	{rule: "exp at the end of the year 9999", payload: dated(`,"exp":253402300799`)},
	{rule: "exp at the end of the year 9999 with a fraction of zero", payload: dated(`,"exp":253402300799.0`)},
	{rule: "exp with an exponent", payload: dated(`,"exp":18000006e2`)},

	{rule: "nbf at now", payload: goodPayload(`,"nbf":1800000000`)},
	{rule: "nbf 0", payload: goodPayload(`,"nbf":0`)},
	{rule: "nbf a moment from now", payload: goodPayload(`,"nbf":1800000000.001`), want: ginjwt.ReasonNotYet},
	{rule: "nbf a second from now", payload: goodPayload(`,"nbf":1800000001`), want: ginjwt.ReasonNotYet},
	{rule: "nbf at the end of the year 9999", payload: goodPayload(`,"nbf":253402300799`), want: ginjwt.ReasonNotYet},

	{rule: "iat 60 s ahead", payload: goodPayload(`,"iat":1800000060`)},
	{rule: "iat 60 s and a moment ahead", payload: goodPayload(`,"iat":1800000060.001`), want: ginjwt.ReasonIssuedAt},
	{rule: "iat 61 s ahead", payload: goodPayload(`,"iat":1800000061`), want: ginjwt.ReasonIssuedAt},
	{rule: "iat long ago", payload: goodPayload(`,"iat":0`)},

	{rule: "expired and not valid yet is not told as expired", payload: dated(`,"exp":1,"nbf":1800000001`), want: ginjwt.ReasonNotYet},
	{rule: "expired and issued ahead is not told as expired", payload: dated(`,"exp":1,"iat":1900000000`), want: ginjwt.ReasonIssuedAt},
}

func TestVerifyDates(t *testing.T) {
	t.Parallel()
	runTokens(t, dateCases, nil)
}

func TestVerifyLeeway(t *testing.T) {
	t.Parallel()
	runTokens(t, []tokenCase{
		{rule: "exp just less than the leeway ago", payload: dated(`,"exp":1799999971`)},
		{rule: "exp the leeway ago", payload: dated(`,"exp":1799999970`), want: ginjwt.ReasonExpired},
		{rule: "nbf the leeway ahead", payload: goodPayload(`,"nbf":1800000030`)},
		{rule: "nbf more than the leeway ahead", payload: goodPayload(`,"nbf":1800000031`), want: ginjwt.ReasonNotYet},
		{rule: "a small leeway does not narrow iat", payload: goodPayload(`,"iat":1800000060`)},
		{rule: "a small leeway does not widen iat", payload: goodPayload(`,"iat":1800000061`), want: ginjwt.ReasonIssuedAt},
	}, func(p *ginjwt.Policy) { p.Leeway = 30 * time.Second })
	runTokens(t, []tokenCase{
		{rule: "iat a large leeway ahead", payload: goodPayload(`,"iat":1800000300`)},
		{rule: "iat more than a large leeway ahead", payload: goodPayload(`,"iat":1800000301`), want: ginjwt.ReasonIssuedAt},
	}, func(p *ginjwt.Policy) { p.Leeway = 5 * time.Minute })
}

func TestVerifyMaxLifetime(t *testing.T) {
	t.Parallel()
	runTokens(t, []tokenCase{
		{rule: "exactly as long", payload: dated(`,"iat":1799999990,"exp":1800000590`)},
		{rule: "a second longer", payload: dated(`,"iat":1799999990,"exp":1800000591`), want: ginjwt.ReasonLifetime},
		{rule: "no iat to tell", want: ginjwt.ReasonLifetime},
		{rule: "nbf is no iat", payload: goodPayload(`,"nbf":1800000000`), want: ginjwt.ReasonLifetime},
		{rule: "iat 0 is a date", payload: goodPayload(`,"iat":0`), want: ginjwt.ReasonLifetime},
		{rule: "expired in the year 9999 is no way round it", payload: dated(`,"iat":1799999990,"exp":253402300799`), want: ginjwt.ReasonLifetime},
		{rule: "too long and expired is not told as expired", payload: dated(`,"iat":1000,"exp":1799999999`), want: ginjwt.ReasonLifetime},
	}, func(p *ginjwt.Policy) { p.MaxLifetime = 10 * time.Minute })
}

// Fractions count, down to what a float64 has.
func TestVerifyReadsFractions(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	v := forgeVerifier(t, f.key, nil)
	token := f.token(t, f.headerOf(""), dated(`,"exp":1800000000.5,"iat":1799999999.25`))
	claims, err := ginjwt.Verify[ginjwt.Claims](t.Context(), v, token)
	require.NoError(t, err)
	assert.Equal(t, time.Unix(1800000000, 500_000_000).UTC(), claims.ExpiresAt.Time)
	assert.Equal(t, time.Unix(1799999999, 250_000_000).UTC(), claims.IssuedAt.Time)
	assert.True(t, claims.NotBefore.IsZero())
}

// The clock is asked each time: a token that was good expires.
func TestVerifyAsksTheClock(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 10} {
		now := time.Unix(forgeNow, 0)
		f := hmacForger(t)
		v := forgeVerifier(t, f.key, func(p *ginjwt.Policy) {
			p.Now, p.CacheSize = func() time.Time { return now }, size
		})
		token := f.token(t, f.headerOf(""), goodPayload(`,"nbf":1800000000`))
		requireVerdict[ginjwt.Claims](t, v, token, "")
		now = now.Add(600*time.Second - 1)
		requireVerdict[ginjwt.Claims](t, v, token, "")
		now = now.Add(1)
		requireVerdict[ginjwt.Claims](t, v, token, ginjwt.ReasonExpired)
		now = time.Unix(forgeNow-1, 0)
		requireVerdict[ginjwt.Claims](t, v, token, ginjwt.ReasonNotYet)
	}
}
