package ginjwt_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// headerCases are headers over good claims, signed well (RFC 7515 section 4.1).
var headerCases = []tokenCase{
	{rule: "alg alone is enough", header: `{"alg":"HS256"}`},
	{rule: "unknown members are ignored", header: `{"alg":"HS256","foo":{"bar":[1,null]}}`},
	{rule: "white space around the object", header: " {\"alg\":\"HS256\"}\r\n"},
	{rule: "an escaped alg is the same alg", header: `{"\u0061lg":"HS\u0032\u0035\u0036"}`},

	{rule: "alg none", header: `{"alg":"none"}`, want: ginjwt.ReasonAlgorithm},
	{rule: "alg None", header: `{"alg":"None"}`, want: ginjwt.ReasonAlgorithm},
	{rule: "alg NONE", header: `{"alg":"NONE"}`, want: ginjwt.ReasonAlgorithm},
	{rule: "alg nOnE", header: `{"alg":"nOnE"}`, want: ginjwt.ReasonAlgorithm},
	{rule: "alg in lower case", header: `{"alg":"hs256"}`, want: ginjwt.ReasonAlgorithm},
	{rule: "alg with a space", header: `{"alg":"HS256 "}`, want: ginjwt.ReasonAlgorithm},
	{rule: "alg empty", header: `{"alg":""}`, want: ginjwt.ReasonAlgorithm},
	{rule: "alg unknown", header: `{"alg":"ES256K"}`, want: ginjwt.ReasonAlgorithm},
	{rule: "alg missing", header: `{}`, want: ginjwt.ReasonAlgorithm},
	{rule: "alg only in other letters", header: `{"ALG":"HS256"}`, want: ginjwt.ReasonAlgorithm},
	{rule: "alg null", header: `{"alg":null}`, want: ginjwt.ReasonHeader},
	{rule: "alg a number", header: `{"alg":256}`, want: ginjwt.ReasonHeader},
	{rule: "alg an array", header: `{"alg":["HS256"]}`, want: ginjwt.ReasonHeader},

	{rule: "alg twice", header: `{"alg":"HS256","alg":"HS256"}`, want: ginjwt.ReasonHeader},
	{rule: "alg twice, once escaped", header: `{"alg":"HS256","al\u0067":"none"}`, want: ginjwt.ReasonHeader},
	{rule: "an unknown member twice", header: `{"alg":"HS256","x":1,"x":1}`, want: ginjwt.ReasonHeader},
	{rule: "twice at depth", header: `{"alg":"HS256","x":{"y":[{"z":1,"z":2}]}}`, want: ginjwt.ReasonHeader},
	{rule: "twice in a known member", header: `{"alg":"HS256","jwk":{"kty":"oct","kty":"RSA"}}`, want: ginjwt.ReasonHeader},
	{rule: "null for a header", header: `null`, want: ginjwt.ReasonHeader},
	{rule: "an array for a header", header: `[{"alg":"HS256"}]`, want: ginjwt.ReasonHeader},
	{rule: "a string for a header", header: `"HS256"`, want: ginjwt.ReasonHeader},
	{rule: "a byte order mark", header: "\ufeff" + `{"alg":"HS256"}`, want: ginjwt.ReasonHeader},
	{rule: "trailing data", header: `{"alg":"HS256"}{}`, want: ginjwt.ReasonHeader},
	{rule: "trailing garbage", header: `{"alg":"HS256"}x`, want: ginjwt.ReasonHeader},
	{rule: "a trailing NUL", header: "{\"alg\":\"HS256\"}\x00", want: ginjwt.ReasonHeader},
	{rule: "cut off", header: `{"alg":"HS256"`, want: ginjwt.ReasonHeader},
	{rule: "invalid UTF-8 in an unused member", header: "{\"alg\":\"HS256\",\"x\":\"\xff\"}", want: ginjwt.ReasonHeader},
	{rule: "a lone surrogate in an unused member", header: `{"alg":"HS256","x":"\ud800"}`, want: ginjwt.ReasonHeader},
	{rule: "depth 32", header: `{"alg":"HS256","x":` + nested(31) + `}`},
	{rule: "depth 33", header: `{"alg":"HS256","x":` + nested(32) + `}`, want: ginjwt.ReasonHeader},

	{rule: "jwk is ignored", header: `{"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}}`},
	{rule: "jku and x5u are ignored", header: `{"alg":"HS256","jku":"http://127.0.0.1:1/","x5u":"http://127.0.0.1:1/"}`},
	{rule: "x5c is ignored", header: `{"alg":"HS256","x5c":["AAAA"],"x5t":"AA","x5t#S256":"AA"}`},
	{rule: "jku of another type", header: `{"alg":"HS256","jku":{}}`, want: ginjwt.ReasonHeader},
	{rule: "x5u of another type", header: `{"alg":"HS256","x5u":1}`, want: ginjwt.ReasonHeader},
	{rule: "jwk of another type", header: `{"alg":"HS256","jwk":"x"}`, want: ginjwt.ReasonHeader},
	{rule: "x5c of another type", header: `{"alg":"HS256","x5c":"AAAA"}`, want: ginjwt.ReasonHeader},
	{rule: "x5t of another type", header: `{"alg":"HS256","x5t":[]}`, want: ginjwt.ReasonHeader},
	{rule: "x5t#S256 of another type", header: `{"alg":"HS256","x5t#S256":0}`, want: ginjwt.ReasonHeader},
	{rule: "cty of another type", header: `{"alg":"HS256","cty":false}`, want: ginjwt.ReasonHeader},
}

// nested returns arrays n deep.
func nested(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }

func TestVerifyHeader(t *testing.T) {
	t.Parallel()
	runTokens(t, headerCases, nil)
}

// Every one of these changes what the token means, whatever its value (RFC
// 7515 section 4.1.11, RFC 7797, RFC 7516, RFC 7519 section 5.2).
func TestVerifyRefusesHeadersThatChangeTheMeaning(t *testing.T) {
	t.Parallel()
	values := []string{
		`null`, `[]`, `[""]`, `["exp"]`, `["b64"]`, `["x","x"]`, `["alg"]`, `["x"],"x":1`, `{}`, `"exp"`, `1`, `true`, `false`,
	}
	var cases []tokenCase
	for _, member := range []string{"crit", "b64", "enc", "zip", `\u0063rit`} {
		for _, value := range values {
			cases = append(cases, tokenCase{
				rule: member + " " + value, want: ginjwt.ReasonHeader,
				header: fmt.Sprintf(`{"alg":"HS256","%s":%s}`, member, value),
			})
		}
	}
	cases = append(cases, tokenCase{rule: "Crit is another name", header: `{"alg":"HS256","Crit":["x"]}`})
	runTokens(t, cases, nil)
}

func TestVerifyKeyID(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	long := strings.Repeat("k", 256)
	cases := []struct {
		rule, id, header string
		want             ginjwt.Reason
	}{
		{"none asked for, the only key", "one", ``, ""},
		{"the key's own", "one", `,"kid":"one"`, ""},
		{"compared exactly", "one", `,"kid":"One"`, ginjwt.ReasonKey},
		{"another never falls back", "one", `,"kid":"two"`, ginjwt.ReasonKey},
		{"one that the key has none of", "", `,"kid":"one"`, ginjwt.ReasonKey},
		{"256 bytes", long, `,"kid":"` + long + `"`, ""},
		{"257 bytes", long, `,"kid":"` + long + `k"`, ginjwt.ReasonHeader},
		{"not one to be found in a file", "one", `,"kid":"../../dev/null"`, ginjwt.ReasonKey},
		{"not one to be found in a database", "one", `,"kid":"x' UNION SELECT 'one"`, ginjwt.ReasonKey},
		{"a NUL counts", "one", `,"kid":"one\u0000"`, ginjwt.ReasonKey},
		{"empty", "", `,"kid":""`, ginjwt.ReasonHeader},
		{"null", "", `,"kid":null`, ginjwt.ReasonHeader},
		{"a number", "7", `,"kid":7`, ginjwt.ReasonHeader},
		{"an object", "", `,"kid":{}`, ginjwt.ReasonHeader},
		{"an array", "one", `,"kid":["one"]`, ginjwt.ReasonHeader},
		{"a lone surrogate", "one", `,"kid":"\udc00"`, ginjwt.ReasonHeader},
		{"twice", "one", `,"kid":"one","kid":"one"`, ginjwt.ReasonHeader},
	}
	for _, tc := range cases {
		t.Run(tc.rule, func(t *testing.T) {
			v := forgeVerifier(t, f.key.WithID(tc.id), nil)
			requireVerdict[ginjwt.Claims](t, v, f.token(t, f.headerOf(tc.header), goodPayload("")), tc.want)
		})
	}
}

// What was learnt from one token's header must not be believed of another's.
func TestVerifyRemembersHeadersOnlyOfGoodTokens(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	v := forgeVerifier(t, f.key, nil)
	other := newForger(t, ginjwt.HS256, []byte(strings.Repeat("another secret ", 5)))
	good := f.token(t, f.headerOf(""), goodPayload(""))
	forged := other.token(t, f.headerOf(""), goodPayload(""))
	for range 3 {
		requireVerdict[ginjwt.Claims](t, v, forged, ginjwt.ReasonSignature)
		requireVerdict[ginjwt.Claims](t, v, good, "")
	}
	for i := range 200 { // more than are remembered
		token := f.token(t, f.headerOf(fmt.Sprintf(`,"n":%d`, i)), goodPayload(""))
		requireVerdict[ginjwt.Claims](t, v, token, "")
		requireVerdict[ginjwt.Claims](t, v, token, "")
		require.NotEqual(t, good, token)
	}
	requireVerdict[ginjwt.Claims](t, v, forged, ginjwt.ReasonSignature)
}
