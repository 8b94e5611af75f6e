package ginjwt_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// eventsOf returns the events of a GET request with header lines, each "Name:
// value", at guards.
func eventsOf(guards []ginjwt.Guard, lines ...string) *eventLog {
	var log eventLog
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, line := range lines {
		outcomeHeader(req, line, nil)
	}
	graphEngine(log.observe(), ginjwt.Require(guards...)).ServeHTTP(httptest.NewRecorder(), req)
	return &log
}

func TestEventsNameTheSchemesAndWhatWasIgnored(t *testing.T) {
	t.Parallel()
	bearer := ginjwt.HTTPBearer(ginjwt.FromCookie("token"), ginjwt.SchemeName("Cookies"))
	header, key, sid := ginjwt.HTTPBearer(), ginjwt.APIKeyHeader("X-Key"), ginjwt.APIKeyCookie("sid")
	raw, basic := ginjwt.APIKeyHeader("Authorization"), ginjwt.HTTPBasic()
	password := ginjwt.Depends(basic, func(_ *gin.Context, b ginjwt.BasicCredentials) (string, error) { return b.Username, nil })
	const isBearer, isBasic, isKey = "Authorization: Bearer abc", "Authorization: Basic dTpw", "X-Key: abc"
	for rule, tc := range map[string]struct {
		guard           ginjwt.Guard
		lines           []string
		scheme, ignored string
	}{
		"the only one":                           {header, []string{isBearer}, "HTTPBearer", ""},
		"by the name that it was given":          {bearer, []string{isBearer}, "Cookies", ""},
		"none":                                   {header, nil, "", ""},
		"another scheme's header":                {header, []string{isBasic}, "", ginjwt.IgnoredOtherScheme},
		"another scheme's header beside a key":   {key, []string{isBearer, isKey}, "APIKeyHeader", ginjwt.IgnoredOtherScheme},
		"a key of the Authorization header":      {raw, []string{"Authorization: abc"}, "APIKeyHeader", ""},
		"an empty header is nothing":             {header, []string{"Authorization: "}, "", ""},
		"two headers are malformed, not ignored": {header, []string{isBearer, isBasic}, "HTTPBearer", ""},
		"a malformed header was looked at":       {header, []string{"Authorization: Bearer"}, "HTTPBearer", ""},
		"a scheme's name in another case":        {header, []string{"Authorization: bEARER abc"}, "HTTPBearer", ""},
		"a header of spaces and a scheme":        {header, []string{"Authorization:  \t Bearer abc"}, "HTTPBearer", ""},
		"a scheme whose name begins alike":       {header, []string{"Authorization: BearerX abc"}, "", ginjwt.IgnoredOtherScheme},
		"a cookie":                               {bearer, []string{"Cookie: token=abc"}, "Cookies", ""},
		"a cookie beside a header":               {bearer, []string{isBearer, "Cookie: token=abc"}, "Cookies", ginjwt.IgnoredCookie},
		"a cookie beside a malformed header":     {bearer, []string{"Authorization: Bearer", "Cookie: token=abc"}, "Cookies", ginjwt.IgnoredCookie},
		"a cookie beside another scheme's":       {bearer, []string{isBasic, "Cookie: token=abc"}, "Cookies", ginjwt.IgnoredOtherScheme},
		"another cookie":                         {bearer, []string{isBearer, "Cookie: a=token; tokens=abc"}, "Cookies", ""},
		"both of two":                            {ginjwt.AllOf(header, key), []string{isBearer, isKey}, "HTTPBearer and APIKeyHeader", ""},
		"one of two":                             {ginjwt.AllOf(header, key), []string{isKey}, "APIKeyHeader", ""},
		"both of two, the first malformed":       {ginjwt.AllOf(header, key), []string{"Authorization: Bearer", isKey}, "HTTPBearer and APIKeyHeader", ""},
		"AnyOf's first":                          {ginjwt.AnyOf(header, key), []string{isBearer}, "HTTPBearer", ""},
		"AnyOf's second":                         {ginjwt.AnyOf(header, key), []string{isKey}, "APIKeyHeader", ""},
		"AnyOf's first, with the second there":   {ginjwt.AnyOf(header, key), []string{isBearer, isKey}, "HTTPBearer", ginjwt.IgnoredOtherScheme},
		"AnyOf's first, with a session's cookie": {ginjwt.AnyOf(header, sid), []string{isBearer, "Cookie: sid=abc"}, "HTTPBearer", ginjwt.IgnoredOtherScheme},
		"AnyOf's header of two schemes":          {ginjwt.AnyOf(header, password), []string{isBasic}, "HTTPBasic", ""},
		"none of AnyOf's":                        {ginjwt.AnyOf(header, key), []string{isBasic}, "", ginjwt.IgnoredOtherScheme},
		"no scheme looks at anything":            {ginjwt.Provide(eventOne), []string{isBearer, isKey}, "", ""},
		"optional, none":                         {ginjwt.Optional(header), nil, "", ""},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			ev := eventsOf([]ginjwt.Guard{tc.guard}, tc.lines...).only1(t)
			assert.Equal(t, tc.scheme, ev.Scheme)
			assert.Equal(t, tc.ignored, ev.Ignored)
		})
	}
}

func TestEventsNameTheIssuer(t *testing.T) {
	t.Parallel()
	a, b, none := secretForger(t, "a"), secretForger(t, "b"), secretForger(t, "none")
	two := ginjwt.Must(ginjwt.ByIssuer(forgeVerifier(t, a.key, ofIssuer("a")), forgeVerifier(t, b.key, ofIssuer("b"))))
	three := ginjwt.Must(ginjwt.ByIssuer(forgeVerifier(t, a.key, ofIssuer("a")), forgeVerifier(t, none.key, ofIssuer(""))))
	whoever := forgeVerifier(t, a.key, func(p *ginjwt.Policy) { p.Issuer, p.AnyIssuer = "", true })
	downs := func(answer error) *ginjwt.Verifier {
		return forgeVerifier(t, a.key, func(p *ginjwt.Policy) {
			p.Revoker = revokerFunc(func(context.Context, *ginjwt.Claims) (bool, error) { return false, answer })
		})
	}
	noKeys := forgeVerifier(t, source(func(ginjwt.Algorithm, string) (ginjwt.Key, error) { return ginjwt.Key{}, errors.New("down") }), nil)
	h, kid := a.headerOf(""), a.headerOf(`,"kid":"s3cr3t"`)
	for rule, tc := range map[string]struct {
		v                *ginjwt.Verifier
		token            string
		issuer, alg, kid string
	}{
		"the first":                           {two, a.token(t, h, payloadOf("a")), "a", "HS256", ""},
		"the second":                          {two, b.token(t, h, payloadOf("b")), "b", "HS256", ""},
		"the second's, forged":                {two, a.token(t, kid, payloadOf("b")), "b", "unknown", "unknown"},
		"none that is configured":             {two, a.token(t, kid, payloadOf("s3cr3t")), "unknown", "unknown", "unknown"},
		"no iss":                              {two, a.token(t, kid, payloadWithout("iss", "")), "unknown", "unknown", "unknown"},
		"no iss, where that is allowed":       {three, none.token(t, h, payloadWithout("iss", "")), "unknown", "HS256", ""},
		"no claims, where no iss is allowed":  {three, a.token(t, kid, `[1]`), "unknown", "unknown", "unknown"},
		"a bad iss, where no iss is allowed":  {three, a.token(t, kid, payloadWithout("iss", `,"iss":["s3cr3t"]`)), "unknown", "unknown", "unknown"},
		"a large one where no iss is allowed": {three, a.token(t, kid, payloadOf(strings.Repeat("s3cr3t", 4<<10))), "unknown", "unknown", "unknown"},
		"two issuers, one configured":         {two, a.token(t, kid, payloadWithout("iss", `,"iss":"s3cr3t","iss":"a"`)), "a", "unknown", "unknown"},
		"any issuer":                          {whoever, a.token(t, h, payloadOf("s3cr3t")), "unknown", "HS256", ""},
		"the keys are down":                   {noKeys, a.token(t, kid, goodPayload("")), testIssuer, "unknown", "unknown"},
		"revocations are down":                {downs(errors.New("down")), a.token(t, h, goodPayload("")), testIssuer, "HS256", ""},
		"revocations are down, by an *Error":  {downs(ginjwt.Unavailable(errors.New("down"))), a.token(t, h, goodPayload("")), testIssuer, "HS256", ""},
		"any issuer, forged":                  {whoever, b.token(t, kid, payloadOf("s3cr3t")), "unknown", "unknown", "unknown"},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			for _, claims := range []ginjwt.Guard{ginjwt.JWT[ginjwt.Claims](ginjwt.HTTPBearer(), tc.v), ginjwt.Optional(ginjwt.JWT[ginjwt.Claims](ginjwt.HTTPBearer(), tc.v))} {
				log := eventsOf([]ginjwt.Guard{claims}, "Authorization: Bearer "+tc.token)
				ev := log.only1(t)
				assert.Equal(t, []string{tc.issuer, tc.alg, tc.kid}, []string{ev.Issuer, ev.Algorithm, ev.KeyID})
				assert.NotContains(t, fmt.Sprintf("%+v", log.events), "s3cr3t")
			}
		})
	}
}

// An attacker's texts are in no field, wherever in a token they stand.
func TestEventsHoldNothingThatOnlyAClientSays(t *testing.T) {
	t.Parallel()
	const mark = "m4rk"
	good, evil := secretForger(t, "good"), secretForger(t, "evil")
	keyed := good.key.WithID("k1")
	v := forgeVerifier(t, keyed, func(p *ginjwt.Policy) { p.CacheSize = 10 })
	both := ginjwt.Must(ginjwt.ByIssuer(v, forgeVerifier(t, keyed, ofIssuer(""))))
	headers := []string{
		`{"alg":"HS256","kid":"` + mark + `"}`, `{"alg":"` + mark + `","kid":"k1"}`, `{"alg":"HS256","kid":"k1","typ":"` + mark + `"}`,
		`{"alg":"HS256","kid":"k1","crit":["` + mark + `"]}`, `{"alg":"HS256","kid":"k1","jku":"https://` + mark + `"}`,
		`{"alg":"HS512","kid":"k1"}`, `{"alg":"none","kid":"k1"}`, `{"alg":"HS256","kid":"` + strings.Repeat(mark, 65) + `"}`, `{"` + mark, ``,
	}
	payloads := []string{
		goodPayload(`,"jti":"` + mark + `"`), payloadWithout("sub", `,"sub":"`+mark+`"`), payloadOf(mark), payloadWithout("aud", `,"aud":"`+mark+`"`),
		`["` + mark + `"]`, payloadWithout("exp", `,"exp":"`+mark+`"`), payloadWithout("iss", ""), ``,
	}
	for i, header := range headers {
		for j, payload := range payloads {
			for _, v := range []*ginjwt.Verifier{v, both} {
				log := eventsOf([]ginjwt.Guard{ginjwt.JWT[ginjwt.Claims](ginjwt.HTTPBearer(), v)}, "Authorization: Bearer "+evil.token(t, header, payload))
				ev := log.only1(t)
				text, err := json.Marshal(ev)
				require.NoError(t, err)
				assert.NotContains(t, fmt.Sprintf("%+v %#v %s", log.events, log.events, text), mark, "header %d, payload %d", i, j)
				assert.Equal(t, "unknown", ev.Algorithm, "header %d, payload %d", i, j)
				assert.Equal(t, "unknown", ev.KeyID, "header %d, payload %d", i, j)
				assert.Contains(t, []string{testIssuer, "unknown"}, ev.Issuer)
				assert.Empty(t, log.events[0].Subject())
			}
		}
	}
	ev := eventsOf([]ginjwt.Guard{ginjwt.JWT[ginjwt.Claims](ginjwt.HTTPBearer(), v)}, "Authorization: Bearer "+good.token(t, good.headerOf(`,"kid":"k1"`), goodPayload(""))).only1(t)
	assert.Equal(t, []string{"accepted", testIssuer, "HS256", "k1"}, []string{string(ev.Outcome), ev.Issuer, ev.Algorithm, ev.KeyID}, "the signature vouches for them")
}

func TestEventsTellWhetherATokenWasRemembered(t *testing.T) {
	t.Parallel()
	w, v := newCacheWorld(t)
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.HTTPBearer(), v)
	one := "Authorization: Bearer " + w.token(t, "")
	ask := func() ginjwt.Event {
		ev := eventsOf([]ginjwt.Guard{claims}, one).only1(t)
		assert.Equal(t, []string{testIssuer, "HS256", "HTTPBearer"}, []string{ev.Issuer, ev.Algorithm, ev.Scheme})
		return ev
	}
	for i, want := range []bool{false, true, true} {
		assert.Equal(t, want, ask().Cached, "request %d", i)
	}
	w.key = sameKeyAgain(t)
	assert.False(t, ask().Cached, "another key: the signature was checked again")
	assert.True(t, ask().Cached)
	w.revoked = true
	refused := ask()
	assert.True(t, refused.Cached, "revoked: the signature was not looked at again")
	assert.Equal(t, ginjwt.ReasonRevoked, refused.Reason)
	w.revoked, w.now = false, w.now.Add(601e9)
	assert.Equal(t, ginjwt.ReasonExpired, ask().Reason)
	assert.False(t, ask().Cached, "it was forgotten")

	_, plain := newIssuer(t)
	token := "Authorization: Bearer abc.def.ghi"
	for range 2 {
		assert.False(t, eventsOf([]ginjwt.Guard{ginjwt.JWT[ginjwt.Claims](ginjwt.HTTPBearer(), plain)}, token).only1(t).Cached)
	}
}

// eventTokens are an Introspector: a token is its claims' subject.
type eventTokens struct{}

func (eventTokens) Introspect(_ context.Context, token string) ([]byte, error) {
	if token == "inactive" {
		return nil, ginjwt.ErrInactive
	}
	return []byte(payloadWithout("sub", `,"sub":"`+token+`"`)), nil
}

func TestEventsOfOpaqueTokens(t *testing.T) {
	t.Parallel()
	v, err := ginjwt.NewOpaqueVerifier(eventTokens{}, strictPolicy())
	require.NoError(t, err)
	claims := []ginjwt.Guard{ginjwt.JWT[ginjwt.Claims](ginjwt.HTTPBearer(), v)}
	want := ginjwt.Event{
		Outcome: ginjwt.OutcomeAccepted, Guard: "JWT", Method: "GET", Route: "/", Scheme: "HTTPBearer",
		Issuer: testIssuer, Algorithm: "unknown", KeyID: "unknown",
	}
	jwt := hmacForger(t).token(t, hmacForger(t).headerOf(`,"kid":"s3cr3t"`), goodPayload(""))
	for _, token := range []string{"johndoe", jwt} {
		log := eventsOf(claims, "Authorization: Bearer "+token)
		assert.Equal(t, want, log.only1(t), "even if it looks like a JWT")
		assert.Equal(t, token, log.events[0].Subject())
		assert.NotContains(t, fmt.Sprintf("%+v", log.events), token)
	}
	want.Outcome, want.Status, want.Code, want.Reason = ginjwt.OutcomeRefused, 401, ginjwt.CodeInvalidToken, ginjwt.ReasonInactive
	assert.Equal(t, want, eventsOf(claims, "Authorization: Bearer inactive").only1(t))
}

// Of a guard with two tokens, the event is about that which was refused.
func TestTheEventOfTheTokenThatWasRefused(t *testing.T) {
	t.Parallel()
	a, b := secretForger(t, "a"), secretForger(t, "b")
	first := ginjwt.JWT[ginjwt.Claims](ginjwt.HTTPBearer(), forgeVerifier(t, a.key, ofIssuer("a")))
	second := ginjwt.JWT[ginjwt.Claims](ginjwt.APIKeyHeader("X-Token"), forgeVerifier(t, b.key, ofIssuer("b")))
	good := []string{"Authorization: Bearer " + a.token(t, a.headerOf(""), payloadOf("a")), "X-Token: " + b.token(t, b.headerOf(""), payloadOf("b"))}
	forged := "X-Token: " + a.token(t, a.headerOf(""), payloadOf("b"))
	both := []ginjwt.Guard{ginjwt.AllOf(first, second)}
	ev := eventsOf(both, good...).only1(t)
	assert.Equal(t, []string{"a", "HTTPBearer and APIKeyHeader"}, []string{ev.Issuer, ev.Scheme}, "of two good ones, the first")
	ev = eventsOf(both, good[0], forged).only1(t)
	assert.Equal(t, []string{"b", "unknown", "signature wrong"}, []string{ev.Issuer, ev.Algorithm, string(ev.Reason)})
	ev = eventsOf(both, good[0]).only1(t)
	assert.Equal(t, []string{"", ginjwt.CodeNoCredentials}, []string{ev.Issuer, ev.Code}, "the missing one has no issuer")

	chosen := []ginjwt.Guard{first, ginjwt.AnyOf(second, first)} // first is known by then
	events := eventsOf(chosen, good...).only(t)
	require.Len(t, events, 2)
	assert.Equal(t, "b", events[1].Issuer, "an AnyOf's is its choice's")
}
