package ginjwt_test

import (
	"testing"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// typCases are the header's typ by the default policy (RFC 8725 section 3.11).
var typCases = []tokenCase{
	{rule: "none"},
	{rule: "at+jwt", header: `{"alg":"HS256","typ":"at+jwt"}`},
	{rule: "JWT", header: `{"alg":"HS256","typ":"JWT"}`},
	{rule: "jwt", header: `{"alg":"HS256","typ":"jwt"}`},
	{rule: "in capitals", header: `{"alg":"HS256","typ":"AT+JWT"}`},
	{rule: "as a media type", header: `{"alg":"HS256","typ":"application/at+jwt"}`},
	{rule: "as a media type in capitals", header: `{"alg":"HS256","typ":"APPLICATION/JWT"}`},

	{rule: "a media type twice", header: `{"alg":"HS256","typ":"application/application/at+jwt"}`, want: ginjwt.ReasonType},
	{rule: "a logout token's", header: `{"alg":"HS256","typ":"logout+jwt"}`, want: ginjwt.ReasonType},
	{rule: "a DPoP proof's", header: `{"alg":"HS256","typ":"dpop+jwt"}`, want: ginjwt.ReasonType},
	{rule: "a security event's", header: `{"alg":"HS256","typ":"secevent+jwt"}`, want: ginjwt.ReasonType},
	{rule: "a request object's", header: `{"alg":"HS256","typ":"oauth-authz-req+jwt"}`, want: ginjwt.ReasonType},
	{rule: "a refresh token's", header: `{"alg":"HS256","typ":"refresh+jwt"}`, want: ginjwt.ReasonType},
	{rule: "a refresh token's as a media type", header: `{"alg":"HS256","typ":"application/rt+jwt"}`, want: ginjwt.ReasonType},
	{rule: "a JWE's", header: `{"alg":"HS256","typ":"JWE"}`, want: ginjwt.ReasonType},
	{rule: "with a parameter", header: `{"alg":"HS256","typ":"at+jwt;v=1"}`, want: ginjwt.ReasonType},
	{rule: "with a space", header: `{"alg":"HS256","typ":" at+jwt"}`, want: ginjwt.ReasonType},
	{rule: "another application's", header: `{"alg":"HS256","typ":"text/at+jwt"}`, want: ginjwt.ReasonType},
	{rule: "a number", header: `{"alg":"HS256","typ":42}`, want: ginjwt.ReasonHeader},
	{rule: "null", header: `{"alg":"HS256","typ":null}`, want: ginjwt.ReasonHeader},
	{rule: "an array", header: `{"alg":"HS256","typ":["JWT"]}`, want: ginjwt.ReasonHeader},
	{rule: "twice", header: `{"alg":"HS256","typ":"JWT","typ":"JWT"}`, want: ginjwt.ReasonHeader},
}

func TestVerifyTyp(t *testing.T) {
	t.Parallel()
	runTokens(t, typCases, nil)
	// A name that is no name at all is not the same as none.
	runTokens(t, []tokenCase{
		{rule: "empty", header: `{"alg":"HS256","typ":""}`, want: ginjwt.ReasonHeader},
		{rule: "a media type of nothing", header: `{"alg":"HS256","typ":"application/"}`, want: ginjwt.ReasonHeader},
	}, func(p *ginjwt.Policy) { p.Types = []string{"at+jwt", "JWT"} })
}

func TestVerifyTypByPolicy(t *testing.T) {
	t.Parallel()
	for _, types := range [][]string{{"at+jwt"}, {"application/AT+JWT"}} {
		runTokens(t, []tokenCase{
			{rule: "the one listed", header: `{"alg":"HS256","typ":"at+jwt"}`},
			{rule: "the one listed as a media type", header: `{"alg":"HS256","typ":"application/at+jwt"}`},
			{rule: "JWT is not listed", header: `{"alg":"HS256","typ":"JWT"}`, want: ginjwt.ReasonType},
			{rule: "none is not listed", want: ginjwt.ReasonType},
		}, func(p *ginjwt.Policy) { p.Types = types })
	}
	runTokens(t, []tokenCase{
		{rule: "none is listed"},
		{rule: "another is not", header: `{"alg":"HS256","typ":"JWT"}`, want: ginjwt.ReasonType},
	}, func(p *ginjwt.Policy) { p.Types = []string{""} })
	runTokens(t, []tokenCase{
		{rule: "one of the user's own", header: `{"alg":"HS256","typ":"ticket+jwt"}`},
		{rule: "one of the user's own can still be an ID token", header: `{"alg":"HS256","typ":"ticket+jwt"}`, payload: goodPayload(`,"at_hash":"x"`), want: ginjwt.ReasonType},
	}, func(p *ginjwt.Policy) { p.Types = []string{"Ticket+jwt"} })
}

// look is a mark that other kinds of tokens of the same issuer bear, and what
// becomes of a token with it: without a typ, with typ at+jwt, and with the
// waiver for such tokens.
type look struct {
	rule, claims            string
	plain, accessType, idOK ginjwt.Reason
}

var looks = []look{
	{"at_hash", `,"at_hash":"x"`, ginjwt.ReasonType, "", ""},
	{"at_hash null", `,"at_hash":null`, ginjwt.ReasonType, "", ""},
	{"at_hash escaped", `,"at\u005fhash":"x"`, ginjwt.ReasonType, "", ""},
	{"c_hash", `,"c_hash":"x"`, ginjwt.ReasonType, "", ""},
	{"events", `,"events":{"http://schemas.openid.net/event/backchannel-logout":{}}`, ginjwt.ReasonType, "", ""},
	{"nonce without scope", `,"nonce":"x"`, ginjwt.ReasonType, "", ""},
	{"nonce with an empty scope", `,"nonce":"x","scope":""`, ginjwt.ReasonType, "", ""},
	{"nonce with a scope", `,"nonce":"x","scope":"me"`, "", "", ""},
	{"token_use access", `,"token_use":"access"`, "", "", ""},
	{"token_use id", `,"token_use":"id"`, ginjwt.ReasonType, "", ""},
	{"token_use in capitals", `,"token_use":"ACCESS"`, ginjwt.ReasonType, "", ""},
	{"token_use null", `,"token_use":null`, ginjwt.ReasonType, "", ""},
	{"token_use an array", `,"token_use":["access"]`, ginjwt.ReasonType, "", ""},
	{"token_use empty", `,"token_use":""`, ginjwt.ReasonType, "", ""},
	{"typ Bearer", `,"typ":"Bearer"`, "", "", ""},
	{"typ ID", `,"typ":"ID"`, ginjwt.ReasonType, "", ""},
	{"typ id", `,"typ":"id"`, ginjwt.ReasonType, "", ""},
	{"typ Refresh", `,"typ":"Refresh"`, ginjwt.ReasonType, "", ""},
	{"typ Offline", `,"typ":"Offline"`, ginjwt.ReasonType, "", ""},
	{"typ Logout", `,"typ":"Logout"`, ginjwt.ReasonType, "", ""},
	{"typ of another type", `,"typ":7`, "", "", ""},
	{"cnf", `,"cnf":{"jkt":"x"}`, ginjwt.ReasonBound, ginjwt.ReasonBound, ginjwt.ReasonBound},
	{"cnf empty", `,"cnf":{}`, ginjwt.ReasonBound, ginjwt.ReasonBound, ginjwt.ReasonBound},
	{"cnf null", `,"cnf":null`, ginjwt.ReasonBound, ginjwt.ReasonBound, ginjwt.ReasonBound},
	{"cnf escaped", `,"\u0063nf":{}`, ginjwt.ReasonBound, ginjwt.ReasonBound, ginjwt.ReasonBound},
	{"CNF is another name", `,"CNF":{"jkt":"x"}`, "", "", ""},
	{"a mark inside another claim", `,"x":{"at_hash":"x","cnf":{}}`, "", "", ""},
}

// marked is a claims type that has the marks as fields of its own, which must
// not hide them from the checks.
type marked struct {
	ginjwt.Claims
	AtHash   any    `json:"at_hash"`
	CHash    any    `json:"c_hash"`
	Events   any    `json:"events"`
	Nonce    string `json:"nonce"`
	TokenUse any    `json:"token_use"`
	Type     any    `json:"typ"`
	Cnf      any    `json:"cnf"`
}

// markedBase holds some of them a level down.
type markedBase struct {
	ginjwt.Claims
	Cnf   any `json:"cnf"`
	Nonce any `json:"nonce"`
}

type markedBelow struct {
	markedBase
	AtHash   any `json:"at_hash"`
	TokenUse any `json:"token_use"`
}

// markedAside holds one in a base beside Claims, a level above ours.
type markedAside struct {
	ginjwt.Claims
	markHolder
}

// markedMap takes whatever has no field.
type markedMap struct {
	ginjwt.Claims
	Rest map[string]any `json:",embed"`
}

func TestVerifyRefusesOtherKindsOfTokens(t *testing.T) {
	t.Parallel()
	t.Run("Claims", func(t *testing.T) { runLooks[ginjwt.Claims](t) })
	t.Run("fields of the same names", func(t *testing.T) { runLooks[marked](t) })
	t.Run("fields of the same names in a base", func(t *testing.T) { runLooks[markedBelow](t) })
	t.Run("a field of the same name in a base beside", func(t *testing.T) { runLooks[markedAside](t) })
	t.Run("a map for the rest", func(t *testing.T) { runLooks[markedMap](t) })
}

func runLooks[C any, P ginjwt.ClaimsOf[C]](t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	strict := forgeVerifier(t, f.key, nil)
	idOK := forgeVerifier(t, f.key, func(p *ginjwt.Policy) { p.InsecureAcceptIDTokens = true })
	boundOK := forgeVerifier(t, f.key, func(p *ginjwt.Policy) { p.InsecureIgnoreConfirmation = true })
	for _, l := range looks {
		t.Run(l.rule, func(t *testing.T) {
			plain := f.token(t, f.headerOf(""), goodPayload(l.claims))
			access := f.token(t, f.headerOf(`,"typ":"AT+jwt"`), goodPayload(l.claims))
			requireVerdict[C, P](t, strict, plain, l.plain)
			requireVerdict[C, P](t, strict, f.token(t, f.headerOf(`,"typ":"JWT"`), goodPayload(l.claims)), l.plain)
			requireVerdict[C, P](t, strict, access, l.accessType)
			requireVerdict[C, P](t, idOK, plain, l.idOK)
			without := l.plain
			if without == ginjwt.ReasonBound {
				without = ""
			}
			requireVerdict[C, P](t, boundOK, plain, without)
		})
	}
}
