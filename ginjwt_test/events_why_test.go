package ginjwt_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// Whoever is refused at a resource is refused for a reason that the event tells:
// the code, and what makes it plain.
func TestEventsSayWhy(t *testing.T) {
	t.Parallel()
	f, wrong := hmacForger(t), secretForger(t, "wrong")
	plain := f.headerOf("")
	good := f.token(t, plain, goodPayload(""))
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.HTTPBearer(ginjwt.FromQuery("access_token")), forgeVerifier(t, f.key, nil))
	user := ginjwt.Depends(ginjwt.Security(claims, "items:read"), outcomeGone)
	header := "Authorization: Bearer "
	const malformed, header1 = ginjwt.CodeMalformedCredentials, "Malformed Authorization header"
	invalid := ginjwt.CodeInvalidToken
	for rule, tc := range map[string]struct{ lines, code, why string }{
		"RS-01":                    {"", ginjwt.CodeNoCredentials, ""},
		"RS-02 another scheme":     {"Authorization: Basic YTpi", ginjwt.CodeNoCredentials, ginjwt.IgnoredOtherScheme},
		"RS-07 no token":           {"Authorization: Bearer", malformed, header1},
		"RS-08 two words":          {header + good + " x", malformed, header1},
		"RS-09 a tab":              {"Authorization: Bearer\t" + good, malformed, header1},
		"RS-10 quotes":             {`Authorization: Bearer "` + good + `"`, malformed, header1},
		"RS-11 two tokens":         {header + good + "|" + header + "abc", malformed, "More than one Authorization header"},
		"RS-12 two schemes":        {"Authorization: Basic YTpi|" + header + good, malformed, "More than one Authorization header"},
		"RS-13 a list":             {header + good + ", Bearer abc", malformed, header1},
		"RS-14 expired":            {header + f.token(t, plain, payloadWithout("exp", `,"exp":1799999999`)), ginjwt.CodeExpiredToken, "token expired"},
		"RS-15 a bad signature":    {header + wrong.token(t, plain, goodPayload("")), invalid, "signature wrong"},
		"RS-16 that, and expired":  {header + wrong.token(t, plain, payloadWithout("exp", `,"exp":1799999999`)), invalid, "signature wrong"},
		"RS-17 not yet":            {header + f.token(t, plain, goodPayload(`,"nbf":1800000001`)), invalid, "token not valid yet"},
		"RS-18 another audience":   {header + f.token(t, plain, payloadWithout("aud", `,"aud":"x"`)), invalid, "audience not allowed"},
		"RS-19 another issuer":     {header + f.token(t, plain, payloadOf("x")), invalid, "issuer not allowed"},
		"RS-20 alg none":           {header + f.token(t, `{"alg":"none"}`, goodPayload("")), invalid, "algorithm not allowed"},
		"RS-21 another algorithm":  {header + f.token(t, `{"alg":"RS256"}`, goodPayload("")), invalid, "key unknown"},
		"RS-22 crit":               {header + f.token(t, f.headerOf(`,"crit":["x"]`), goodPayload("")), invalid, "header malformed"},
		"RS-23 an ID token":        {header + f.token(t, plain, goodPayload(`,"at_hash":"x"`)), invalid, "token type not allowed"},
		"RS-24 a refresh token":    {header + f.token(t, plain, goodPayload(`,"token_use":"refresh"`)), invalid, "token type not allowed"},
		"RS-25 no JWT":             {header + "abc", invalid, "token malformed"},
		"RS-26 five parts":         {header + "a.b.c.d.e", invalid, "token malformed"},
		"RS-27 too long":           {header + strings.Repeat("a", 16<<10+1), invalid, "token too large"},
		"RS-27 far too long":       {header + strings.Repeat("a", 1<<20), invalid, "token too large"},
		"RS-28 no scope":           {header + good, ginjwt.CodeInsufficientScope, "scopes demanded: items:read"},
		"RS-34 header and query":   {header + good + "|?access_token=abc", malformed, "More than one access token"},
		"RS-35 twice in the query": {"?access_token=abc&access_token=abd", malformed, "More than one access token"},
		"RS-45 a user who is gone": {header + f.token(t, plain, goodPayload(`,"scope":"items:read"`)), ginjwt.CodeUnauthenticated, "outcomeGone"},
		"RS-51 a bound token":      {header + f.token(t, plain, goodPayload(`,"cnf":{"jkt":"x"}`)), invalid, "token bound to a key"},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			var log eventLog
			req := httptest.NewRequest("GET", "/", nil)
			for _, line := range placeLines(tc.lines) {
				if query, ok := strings.CutPrefix(line, "?"); ok {
					req.URL.RawQuery = query
				}
				outcomeHeader(req, line, nil)
			}
			graphEngine(log.observe(), ginjwt.Require(user)).ServeHTTP(httptest.NewRecorder(), req)
			ev := log.only1(t)
			assert.Equal(t, []any{ginjwt.OutcomeRefused, tc.code}, []any{ev.Outcome, ev.Code})
			text, err := json.Marshal(ev)
			assert.NoError(t, err)
			assert.Contains(t, string(text), tc.why)
		})
	}
}

// Scopes are named that the guard demands of what was sent, and not of what an
// AnyOf passed over.
func TestTheScopesOfAnEvent(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	key := ginjwt.Grants(ginjwt.Depends(ginjwt.APIKeyHeader("X-Key"), func(*gin.Context, string) (graphUser, error) { return graphUser{}, nil }),
		func(graphUser) []string { return nil })
	choice := ginjwt.AnyOf(ginjwt.Security(g.user, "a"), ginjwt.Security(key, "b"))
	token := "Authorization: Bearer " + sign(t, g.issuer, "johndoe", "z")
	for _, tc := range []struct {
		guard      ginjwt.Guard
		line, want string
	}{
		{choice, token, "a"},
		{choice, "X-Key: abc", "b"},
		{ginjwt.Security(choice, "c"), "X-Key: abc", "c b"},
		{ginjwt.SecurityAny(g.user, "a", "b"), token, "a b"},
		{ginjwt.Security(ginjwt.Security(g.user, "a", "b"), "b", "c"), token, "b c a"},
	} {
		ev := eventsOf([]ginjwt.Guard{tc.guard}, tc.line).only1(t)
		assert.Equal(t, "scopes demanded: "+tc.want, ev.Cause)
	}
	made := ginjwt.Depends(g.user, func(*gin.Context, graphUser) (int, error) {
		return 0, &ginjwt.Error{Status: 403, Code: ginjwt.CodeInsufficientScope}
	})
	assert.Empty(t, eventsOf([]ginjwt.Guard{made}, token).only1(t).Cause, "nothing was demanded")
}
