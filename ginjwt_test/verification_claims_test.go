package ginjwt_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// jsonCases are payloads whose JSON is odd in some way, signed well.
var jsonCases = []tokenCase{
	{rule: "the good payload"},
	{rule: "unknown claims are ignored", payload: goodPayload(`,"x":{"y":[1,2,{"z":null}]}`)},
	{rule: "white space around the object", payload: "\n\t " + goodPayload("") + "\r\n"},
	{rule: "escaped names are the same names", payload: payloadWithout("exp", `,"\u0065xp":1800000600`)},
	{rule: "an escape elsewhere", payload: goodPayload(`,"x":"\u0041\\"`)},

	{rule: "null", payload: `null`, want: ginjwt.ReasonClaims},
	{rule: "an array", payload: `[` + goodPayload("") + `]`, want: ginjwt.ReasonClaims},
	{rule: "a string", payload: `"alice"`, want: ginjwt.ReasonClaims},
	{rule: "a number", payload: `1`, want: ginjwt.ReasonClaims},
	{rule: "true", payload: `true`, want: ginjwt.ReasonClaims},
	{rule: "white space only", payload: `  `, want: ginjwt.ReasonClaims},
	{rule: "no JSON", payload: `sub=alice`, want: ginjwt.ReasonClaims},
	{rule: "an empty object has no issuer", payload: `{}`, want: ginjwt.ReasonIssuer},
	{rule: "a byte order mark", payload: "\ufeff" + goodPayload(""), want: ginjwt.ReasonClaims},
	{rule: "a second object after it", payload: goodPayload("") + `{"sub":"bob"}`, want: ginjwt.ReasonClaims},
	{rule: "garbage after it", payload: goodPayload("") + `garbage`, want: ginjwt.ReasonClaims},
	{rule: "a NUL after it", payload: goodPayload("") + "\x00", want: ginjwt.ReasonClaims},
	{rule: "cut off", payload: goodPayload("")[:40], want: ginjwt.ReasonClaims},
	{rule: "a trailing comma", payload: goodPayload(","), want: ginjwt.ReasonClaims},
	{rule: "a comment", payload: goodPayload(`/**/`), want: ginjwt.ReasonClaims},
	{rule: "single quotes", payload: goodPayload(`,'x':1`), want: ginjwt.ReasonClaims},
	{rule: "NaN", payload: goodPayload(`,"x":NaN`), want: ginjwt.ReasonClaims},

	{rule: "sub twice", payload: goodPayload(`,"sub":"bob"`), want: ginjwt.ReasonClaims},
	{rule: "sub twice, the same", payload: goodPayload(`,"sub":"alice"`), want: ginjwt.ReasonClaims},
	{rule: "sub twice, once escaped", payload: goodPayload(`,"\u0073ub":"bob"`), want: ginjwt.ReasonClaims},
	{rule: "exp twice, once null", payload: goodPayload(`,"exp":null`), want: ginjwt.ReasonClaims},
	{rule: "an unknown claim twice", payload: goodPayload(`,"x":1,"x":2`), want: ginjwt.ReasonClaims},
	{rule: "twice in an unknown claim", payload: goodPayload(`,"x":{"y":1,"y":1}`), want: ginjwt.ReasonClaims},
	{rule: "twice far down", payload: goodPayload(`,"x":[[[[{"a":{"y":1,"z":0,"y":1}}]]]]`), want: ginjwt.ReasonClaims},
	{rule: "twice in a marker", payload: goodPayload(`,"typ":{"y":1,"y":1}`), want: ginjwt.ReasonClaims},

	{rule: "EXP is not exp", payload: payloadWithout("exp", `,"EXP":1800000600`), want: ginjwt.ReasonNoExpiry},
	{rule: "Exp is not exp", payload: payloadWithout("exp", `,"Exp":1800000600`), want: ginjwt.ReasonNoExpiry},
	{rule: "ISS is not iss", payload: payloadWithout("iss", `,"ISS":"`+testIssuer+`"`), want: ginjwt.ReasonIssuer},
	{rule: "iſſ is not iss", payload: payloadWithout("iss", `,"iſſ":"`+testIssuer+`"`), want: ginjwt.ReasonIssuer},
	{rule: "AUD is not aud", payload: payloadWithout("aud", `,"AUD":"`+testAudience+`"`), want: ginjwt.ReasonAudience},

	{rule: "invalid UTF-8 in sub", payload: payloadWithout("sub", ",\"sub\":\"al\xffice\""), want: ginjwt.ReasonClaims},
	{rule: "invalid UTF-8 in an unknown claim", payload: goodPayload(",\"x\":\"\xc0\xaf\""), want: ginjwt.ReasonClaims},
	{rule: "invalid UTF-8 in an unknown name", payload: goodPayload(",\"\xff\":1"), want: ginjwt.ReasonClaims},
	{rule: "invalid UTF-8 far down", payload: goodPayload(",\"x\":[{\"y\":\"\xed\xa0\x80\"}]"), want: ginjwt.ReasonClaims},
	{rule: "a lone high surrogate", payload: payloadWithout("sub", `,"sub":"\ud800"`), want: ginjwt.ReasonClaims},
	{rule: "a lone low surrogate", payload: goodPayload(`,"x":"\udc00"`), want: ginjwt.ReasonClaims},
	{rule: "a lone surrogate far down", payload: goodPayload(`,"x":[{"\ud800":1}]`), want: ginjwt.ReasonClaims},
	{rule: "a pair of surrogates", payload: payloadWithout("sub", `,"sub":"\ud83d\ude00"`)},
	{rule: "a raw control character", payload: payloadWithout("sub", ",\"sub\":\"a\nb\""), want: ginjwt.ReasonClaims},

	{rule: "depth 32", payload: goodPayload(`,"x":` + nested(31))},
	{rule: "depth 33", payload: goodPayload(`,"x":` + nested(32)), want: ginjwt.ReasonClaims},
	{rule: "depth 33 in objects", payload: goodPayload(`,"x":` + objects(32)), want: ginjwt.ReasonClaims},
	{rule: "depth 5000", payload: goodPayload(`,"x":` + nested(5000)), want: ginjwt.ReasonClaims},
	{rule: "brackets in a string have no depth", payload: goodPayload(`,"x":"` + nested(40) + `"`)},
	{rule: "forty arrays side by side", payload: goodPayload(`,"x":[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]`)},
}

// objects returns objects n deep.
func objects(n int) string {
	s := "1"
	for range n {
		s = `{"o":` + s + `}`
	}
	return s
}

func TestVerifyJSON(t *testing.T) {
	t.Parallel()
	runTokens(t, jsonCases, nil)
}

// stringCases are the claims that must be strings with something in them.
var stringCases = []tokenCase{
	{rule: "no sub", payload: payloadWithout("sub", "")},
	{rule: "sub a number", payload: payloadWithout("sub", `,"sub":7`), want: ginjwt.ReasonClaims},
	{rule: "sub null", payload: payloadWithout("sub", `,"sub":null`), want: ginjwt.ReasonClaims},
	{rule: "sub null by an escaped name", payload: payloadWithout("sub", `,"s\u0075b":null`), want: ginjwt.ReasonClaims},
	{rule: "sub empty", payload: payloadWithout("sub", `,"sub":""`), want: ginjwt.ReasonClaims},
	{rule: "sub empty, spaced out", payload: payloadWithout("sub", `, "sub" : "" `), want: ginjwt.ReasonClaims},
	{rule: "sub an array", payload: payloadWithout("sub", `,"sub":["alice"]`), want: ginjwt.ReasonClaims},
	{rule: "sub an object", payload: payloadWithout("sub", `,"sub":{}`), want: ginjwt.ReasonClaims},
	{rule: "sub a boolean", payload: payloadWithout("sub", `,"sub":true`), want: ginjwt.ReasonClaims},
	{rule: "another claim's sub may be anything", payload: payloadWithout("sub", `,"act":{"sub":null,"iss":""}`)},
	{rule: "jti a string", payload: goodPayload(`,"jti":"1"`)},
	{rule: "jti a number", payload: goodPayload(`,"jti":1`), want: ginjwt.ReasonClaims},
	{rule: "jti null", payload: goodPayload(`,"jti":null`), want: ginjwt.ReasonClaims},
	{rule: "jti empty", payload: goodPayload(`,"jti":""`), want: ginjwt.ReasonClaims},
	{rule: "iss another", payload: payloadWithout("iss", `,"iss":"https://other.example"`), want: ginjwt.ReasonIssuer},
	{rule: "iss with a slash more", payload: payloadWithout("iss", `,"iss":"`+testIssuer+`/"`), want: ginjwt.ReasonIssuer},
	{rule: "iss in capitals", payload: payloadWithout("iss", `,"iss":"HTTPS://ISSUER.EXAMPLE"`), want: ginjwt.ReasonIssuer},
	{rule: "iss missing", payload: payloadWithout("iss", ""), want: ginjwt.ReasonIssuer},
	{rule: "iss null", payload: payloadWithout("iss", `,"iss":null`), want: ginjwt.ReasonClaims},
	{rule: "iss empty", payload: payloadWithout("iss", `,"iss":""`), want: ginjwt.ReasonClaims},
	{rule: "iss an array that holds it", payload: payloadWithout("iss", `,"iss":["`+testIssuer+`"]`), want: ginjwt.ReasonClaims},
	{rule: "scope a string", payload: goodPayload(`,"scope":"a b"`)},
	{rule: "scope empty", payload: goodPayload(`,"scope":""`)},
	{rule: "scope an array", payload: goodPayload(`,"scope":["a"]`), want: ginjwt.ReasonClaims},
	{rule: "scope null", payload: goodPayload(`,"scope":null`), want: ginjwt.ReasonClaims},

	{rule: "aud in an array", payload: payloadWithout("aud", `,"aud":["`+testAudience+`"]`)},
	{rule: "aud among others", payload: payloadWithout("aud", `,"aud":["a","`+testAudience+`","b"]`)},
	{rule: "aud another", payload: payloadWithout("aud", `,"aud":"https://other.example"`), want: ginjwt.ReasonAudience},
	{rule: "aud that begins with it", payload: payloadWithout("aud", `,"aud":"`+testAudience+`.evil"`), want: ginjwt.ReasonAudience},
	{rule: "aud others only", payload: payloadWithout("aud", `,"aud":["a","b"]`), want: ginjwt.ReasonAudience},
	{rule: "aud missing", payload: payloadWithout("aud", ""), want: ginjwt.ReasonAudience},
	{rule: "aud an empty array", payload: payloadWithout("aud", `,"aud":[]`), want: ginjwt.ReasonAudience},
	{rule: "aud null", payload: payloadWithout("aud", `,"aud":null`), want: ginjwt.ReasonClaims},
	{rule: "aud empty", payload: payloadWithout("aud", `,"aud":""`), want: ginjwt.ReasonClaims},
	{rule: "aud with an empty entry", payload: payloadWithout("aud", `,"aud":["","`+testAudience+`"]`), want: ginjwt.ReasonClaims},
	{rule: "aud a number", payload: payloadWithout("aud", `,"aud":123`), want: ginjwt.ReasonClaims},
	{rule: "aud an object", payload: payloadWithout("aud", `,"aud":{"`+testAudience+`":1}`), want: ginjwt.ReasonClaims},
	{rule: "aud with a number in it", payload: payloadWithout("aud", `,"aud":["`+testAudience+`",1]`), want: ginjwt.ReasonClaims},
	{rule: "aud in two arrays", payload: payloadWithout("aud", `,"aud":[["`+testAudience+`"]]`), want: ginjwt.ReasonClaims},
	{rule: "aud with null in it", payload: payloadWithout("aud", `,"aud":["`+testAudience+`",null]`), want: ginjwt.ReasonClaims},
}

func TestVerifyStringsAndAudience(t *testing.T) {
	t.Parallel()
	runTokens(t, stringCases, nil)
}

func TestVerifyWaivedIssuerAndAudience(t *testing.T) {
	t.Parallel()
	anyone := func(p *ginjwt.Policy) {
		p.Issuer, p.Audience, p.AnyIssuer, p.AnyAudience = "", nil, true, true
	}
	runTokens(t, []tokenCase{
		{rule: "AnyIssuer takes another", payload: payloadWithout("iss", `,"iss":"other"`)},
		{rule: "AnyIssuer takes none", payload: payloadWithout("iss", "")},
		{rule: "AnyIssuer wants a string", payload: payloadWithout("iss", `,"iss":7`), want: ginjwt.ReasonClaims},
		{rule: "AnyIssuer refuses an empty one", payload: payloadWithout("iss", `,"iss":""`), want: ginjwt.ReasonClaims},
		{rule: "AnyAudience takes another", payload: payloadWithout("aud", `,"aud":"other"`)},
		{rule: "AnyAudience takes none", payload: payloadWithout("aud", "")},
		{rule: "AnyAudience wants strings", payload: payloadWithout("aud", `,"aud":[1]`), want: ginjwt.ReasonClaims},
		{rule: "exp is not waived", payload: payloadWithout("exp", ""), want: ginjwt.ReasonNoExpiry},
	}, anyone)
	runTokens(t, []tokenCase{
		{rule: "NoIssuer takes none", payload: payloadWithout("iss", "")},
		{rule: "NoIssuer refuses one", want: ginjwt.ReasonIssuer},
		{rule: "NoIssuer refuses null", payload: payloadWithout("iss", `,"iss":null`), want: ginjwt.ReasonClaims},
	}, func(p *ginjwt.Policy) { p.Issuer, p.NoIssuer = "", true })
}

// Look-alike names must not reach the claims under any spelling.
func TestVerifyReadsExactNames(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	v := forgeVerifier(t, f.key, nil)
	payload := goodPayload(`,"SUB":"bob","Sub":"bob","ſub":"bob","su b":"bob","EXP":1,"NBF":9e9,"Scope":"admin"`)
	claims, err := ginjwt.Verify[ginjwt.Claims](t.Context(), v, f.token(t, f.headerOf(""), payload))
	require.NoError(t, err)
	assert.Equal(t, "alice", claims.Subject)
	assert.Equal(t, ginjwt.Scope(""), claims.Scope)
}

// A NUL is a character like any other: two subjects that differ in one are two.
func TestVerifyKeepsNUL(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	v := forgeVerifier(t, f.key, nil)
	token := f.token(t, f.headerOf(""), payloadWithout("sub", `,"sub":"alice\u0000"`))
	claims, err := ginjwt.Verify[ginjwt.Claims](t.Context(), v, token)
	require.NoError(t, err)
	assert.Equal(t, "alice\x00", claims.Subject)
}

func TestVerifyKeepsBigIntegers(t *testing.T) {
	t.Parallel()
	type numbered struct {
		ginjwt.Claims
		UID int64 `json:"uid"`
	}
	f := hmacForger(t)
	v := forgeVerifier(t, f.key, nil)
	claims, err := ginjwt.Verify[numbered](t.Context(), v, f.token(t, f.headerOf(""), goodPayload(`,"uid":9007199254740993`)))
	require.NoError(t, err)
	assert.Equal(t, int64(9007199254740993), claims.UID)
	for _, bad := range []string{`9223372036854775808`, `1.5`, `"7"`} {
		token := f.token(t, f.headerOf(""), goodPayload(`,"uid":`+bad))
		_, err := ginjwt.Verify[numbered](t.Context(), v, token)
		requireRefusal(t, err, token, ginjwt.ReasonClaims)
	}
}
