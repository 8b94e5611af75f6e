package ginjwt_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

func ofIssuer(iss string) func(*ginjwt.Policy) {
	return func(p *ginjwt.Policy) { p.Issuer, p.NoIssuer = iss, iss == "" }
}

func payloadOf(iss string) string { return payloadWithout("iss", `,"iss":"`+iss+`"`) }

func TestByIssuerChoosesTheVerifier(t *testing.T) {
	t.Parallel()
	a, b, none := secretForger(t, "a"), secretForger(t, "b"), secretForger(t, "none")
	for _, size := range []int{0, 10} {
		cached := func(change func(*ginjwt.Policy)) func(*ginjwt.Policy) {
			return func(p *ginjwt.Policy) { change(p); p.CacheSize = size }
		}
		v, err := ginjwt.ByIssuer(forgeVerifier(t, a.key, cached(ofIssuer("a"))), forgeVerifier(t, b.key, cached(ofIssuer("b"))),
			forgeVerifier(t, none.key, cached(ofIssuer(""))))
		require.NoError(t, err)
		h := a.headerOf("")
		cases := []struct {
			rule, token string
			want        ginjwt.Reason
		}{
			{"the first's", a.token(t, h, payloadOf("a")), ""},
			{"the second's", b.token(t, h, payloadOf("b")), ""},
			{"of no issuer", none.token(t, h, payloadWithout("iss", "")), ""},
			{"one issuer's key never vouches for another", a.token(t, h, payloadOf("b")), ginjwt.ReasonSignature},
			{"nor for none", a.token(t, h, payloadWithout("iss", "")), ginjwt.ReasonSignature},
			{"nor none's for one", none.token(t, h, payloadOf("a")), ginjwt.ReasonSignature},
			{"an unknown issuer", a.token(t, h, payloadOf("c")), ginjwt.ReasonIssuer},
			{"an issuer in capitals", a.token(t, h, payloadOf("A")), ginjwt.ReasonIssuer},
			{"null is not none", none.token(t, h, payloadWithout("iss", `,"iss":null`)), ginjwt.ReasonClaims},
			{"empty is not none", none.token(t, h, payloadOf("")), ginjwt.ReasonClaims},
			{"an issuer that is no string", a.token(t, h, payloadWithout("iss", `,"iss":["a"]`)), ginjwt.ReasonClaims},
			{"two issuers", a.token(t, h, payloadWithout("iss", `,"iss":"b","iss":"a"`)), ginjwt.ReasonClaims},
			{"two issuers, one escaped", a.token(t, h, payloadWithout("iss", `,"iss":"b","\u0069ss":"a"`)), ginjwt.ReasonClaims},
			{"ISS is not iss", a.token(t, h, payloadWithout("iss", `,"ISS":"a"`)), ginjwt.ReasonSignature},
			{"an issuer with an escape", a.token(t, h, payloadOf(`\u0061`)), ""},
			{"no JSON", a.token(t, h, `iss=a`), ginjwt.ReasonClaims},
			{"too deep", a.token(t, h, payloadWithout("iss", `,"iss":"a","deep":`+nested(32))), ginjwt.ReasonClaims},
			{"no token", "abc", ginjwt.ReasonMalformed},
			{"stray bits", a.segments(t, b64(h), respell(t, b64(unaligned(payloadOf("a"))))), ginjwt.ReasonMalformed},
		}
		for _, tc := range cases {
			t.Run(tc.rule, func(t *testing.T) {
				requireVerdict[ginjwt.Claims](t, v, tc.token, tc.want)
				requireVerdict[ginjwt.Claims](t, v, tc.token, tc.want)
			})
		}
	}
}

// Without a verifier for tokens that have no iss, there is none for them.
func TestByIssuerRefusesTokensWithoutIssuer(t *testing.T) {
	t.Parallel()
	a := secretForger(t, "a")
	v, err := ginjwt.ByIssuer(forgeVerifier(t, a.key, ofIssuer("a")))
	require.NoError(t, err)
	requireVerdict[ginjwt.Claims](t, v, a.token(t, a.headerOf(""), payloadWithout("iss", "")), ginjwt.ReasonIssuer)
}

// The size counts before anything is decoded, here too.
func TestByIssuerLimitsTheSizeFirst(t *testing.T) {
	t.Parallel()
	a := secretForger(t, "a")
	v, err := ginjwt.ByIssuer(forgeVerifier(t, a.key, ofIssuer("a")),
		forgeVerifier(t, a.key, func(p *ginjwt.Policy) { p.Issuer, p.MaxTokenBytes = "b", 8<<10 }))
	require.NoError(t, err)
	requireVerdict[ginjwt.Claims](t, v, a.token(t, a.headerOf(""), strings.Repeat("[", 13<<10)), ginjwt.ReasonTooLarge)
	requireVerdict[ginjwt.Claims](t, v, a.token(t, a.headerOf(""), strings.Repeat("[", 11<<10)), ginjwt.ReasonClaims)
	long := payloadWithout("iss", `,"iss":"b","pad":"`+strings.Repeat("x", 7<<10)+`"`)
	requireVerdict[ginjwt.Claims](t, v, a.token(t, a.headerOf(""), long), ginjwt.ReasonTooLarge)
	requireVerdict[ginjwt.Claims](t, v, a.token(t, a.headerOf(""), strings.Replace(long, `"iss":"b"`, `"iss":"a"`, 1)), "")
}

func TestByIssuerReportsAllFaults(t *testing.T) {
	t.Parallel()
	a := secretForger(t, "a")
	one := forgeVerifier(t, a.key, ofIssuer("a"))
	none := forgeVerifier(t, a.key, ofIssuer(""))
	many, err := ginjwt.ByIssuer(one)
	require.NoError(t, err)
	anyone := forgeVerifier(t, a.key, func(p *ginjwt.Policy) { p.Issuer, p.AnyIssuer = "", true })
	cases := []struct {
		rule string
		vs   []*ginjwt.Verifier
		says []string
	}{
		{"none given", nil, []string{"no verifiers"}},
		{"everything at once", []*ginjwt.Verifier{nil, {}, many, anyone, one, one},
			[]string{"verifier 1 is nil", "verifier 2 is nil or zero", "verifier 3 is one of ByIssuer", "verifier 4 accepts any issuer", `verifier 6 is the second for the issuer "a"`}},
		{"two for none", []*ginjwt.Verifier{none, none}, []string{"second"}},
	}
	for _, tc := range cases {
		t.Run(tc.rule, func(t *testing.T) {
			v, err := ginjwt.ByIssuer(tc.vs...)
			require.Error(t, err)
			assert.Nil(t, v)
			for _, text := range tc.says {
				assert.ErrorContains(t, err, text)
			}
		})
	}
}
