package ginjwt_test

import (
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
)

type compDep = *ginjwt.Dependency[string]

// Named functions, for panics name them.
func compUser(_ *gin.Context, s string) (string, error)                   { return s, nil }
func compRobot(_ *gin.Context, s string) (string, error)                  { return s, nil }
func compPair(_ *gin.Context, a, b string) (string, error)                { return a + b, nil }
func compClock(*gin.Context) (string, error)                              { return "now", nil }
func compRights(string) []string                                          { return nil }
func compFine(*gin.Context, string) error                                 { return nil }
func compLogin(_ *gin.Context, b ginjwt.BasicCredentials) (string, error) { return b.Username, nil }

func compToken(opts ...ginjwt.SchemeOption) compDep {
	return ginjwt.OAuth2PasswordBearer("/token", opts...)
}

// compGrants is the scheme d with a function above it that grants scopes.
func compGrants(d compDep) compDep { return ginjwt.Grants(ginjwt.Depends(d, compUser), compRights) }

type compCase struct {
	set   func()
	panic string // after "ginjwt: "; empty if it is no mistake
}

func runCompCases(t *testing.T, cases map[string]compCase) {
	t.Helper()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := "no panic"
			if tc.panic != "" {
				want = "ginjwt: " + tc.panic
			}
			assert.Equal(t, want, panicText(tc.set))
		})
	}
}

func TestMistakesOfScopes(t *testing.T) {
	t.Parallel()
	token, key := compToken(), ginjwt.APIKeyHeader("X-API-Key")
	one, other := compGrants(token), compGrants(key)
	plain := ginjwt.Depends(key, compRobot) // grants nothing
	const (
		fix     = "; put it over JWT, or say with Grants what is granted"
		noRobot = "nothing below ginjwt_test_test.compRobot grants scopes" + fix
		badForm = ": a scope has at least one character and no space, quote, backslash, control or non-ASCII character"
		twoOf   = "two tokens below ginjwt_test_test.compPair grant scopes; put the demand on the one that is meant"
		ofNone  = " over Optional: nobody has no scopes to judge; write Optional(Security(d, ...))"
		missing = "no scopes given; use the dependency itself, or name the scopes that it needs"
	)
	security := map[string]func(d compDep, scopes ...string) compDep{
		"Security":    ginjwt.Security[string],
		"SecurityAny": ginjwt.SecurityAny[string],
	}
	cases := map[string]compCase{}
	for caller, demand := range security {
		add := func(name, text string, set func()) { cases[caller+": "+name] = compCase{set, caller + text} }
		over := func(name, text string, d compDep) { add("over "+name, text, func() { demand(d, "x") }) }
		add("without scopes", ": "+missing, func() { demand(one) })
		add("with no scopes of a list", ": "+missing, func() { demand(one, []string{}...) })
		add("an empty scope", `: bad scope ""`+badForm, func() { demand(one, "x", "") })
		add("a space", `: bad scope "x y"`+badForm, func() { demand(one, "x y") })
		add("a quote", `: bad scope "x\""`+badForm, func() { demand(one, `x"`) })
		add("a line end", `: bad scope "x?"`+badForm, func() { demand(one, "x\n") })
		over("a scheme", ": nothing below OAuth2PasswordBearer grants scopes"+fix, token)
		over("a function", ": nothing below ginjwt_test_test.compClock grants scopes"+fix, ginjwt.Provide(compClock))
		over("a user", ": "+noRobot, plain)
		over("two granters on two branches", ": "+twoOf, ginjwt.Depends2(one, other, compPair))
		over("two granters, one far below", ": two tokens below ginjwt_test_test.compUser grant scopes; put the demand on the one that is meant",
			ginjwt.Depends(ginjwt.Depends2(plain, ginjwt.Depends2(one, other, compPair), compPair), compUser))
		over("a granter beside an AnyOf of some", ": "+twoOf, ginjwt.Depends2(one, ginjwt.AnyOf(other, compGrants(ginjwt.APIKeyQuery("q"))), compPair))
		over("a granter beside an AnyOf of itself", ": "+twoOf, ginjwt.Depends2(one, ginjwt.AnyOf(one, other), compPair))
		over("two AnyOf of the same", ": "+twoOf, ginjwt.Depends2(ginjwt.AnyOf(one, other), ginjwt.AnyOf(one, other), compPair))
		over("Optional", ofNone, ginjwt.OptionalOr(one, ""))
		over("Optional, further below", ofNone, ginjwt.Check(ginjwt.Depends(ginjwt.OptionalOr(one, ""), compUser), "role", compFine))
		over("Optional over AnyOf", ofNone, ginjwt.OptionalOr(ginjwt.AnyOf(one, other), ""))
		over("AnyOf of no granter", ": nothing below AnyOf(OAuth2PasswordBearer, ginjwt_test_test.compRobot) grants scopes"+fix, ginjwt.AnyOf(token, plain))
		over("AnyOf with one that grants nothing", ": "+noRobot, ginjwt.AnyOf(one, plain))
		over("AnyOf whose first grants nothing", ": "+noRobot, ginjwt.AnyOf(plain, one))
		over("AnyOf with two granters in one", ": "+twoOf, ginjwt.AnyOf(ginjwt.Depends2(one, other, compPair), compGrants(ginjwt.APIKeyQuery("q"))))
		over("a nested AnyOf with one that grants nothing", ": "+noRobot, ginjwt.AnyOf(one, ginjwt.AnyOf(compGrants(ginjwt.APIKeyQuery("q")), plain)))
		over("what lies above such an AnyOf", ": "+noRobot, ginjwt.Depends(ginjwt.AnyOf(one, plain), compUser))
	}
	runCompCases(t, cases)
}

func TestMistakesOfAlternatives(t *testing.T) {
	t.Parallel()
	token, key, cookie := compToken(), ginjwt.APIKeyHeader("X-API-Key"), ginjwt.APIKeyCookie("s")
	basic := ginjwt.Depends(ginjwt.HTTPBasic(), compLogin)
	var none compDep
	const (
		optional = "AnyOf: an Optional lies below an alternative, and would be chosen before those after it; write Optional(AnyOf(...))"
		nilDep   = ": nil or zero dependency; make one with Provide, Depends or a security scheme"
	)
	same := func(place string) string {
		return "AnyOf: two alternatives read the " + place + ", so the second would never be chosen; take one, with ByIssuer for several issuers"
	}
	anyOf := func(ds ...compDep) func() { return func() { ginjwt.AnyOf(ds...) } }
	missing := ginjwt.Optional(key)
	runCompCases(t, map[string]compCase{
		"no alternatives":           {anyOf(), "AnyOf: no alternatives given"},
		"a nil one":                 {anyOf(token, none), "AnyOf" + nilDep},
		"only a nil one":            {anyOf(nil), "AnyOf" + nilDep},
		"a zero one":                {anyOf(new(ginjwt.Dependency[string]), token), "AnyOf" + nilDep},
		"Optional over no scheme":   {func() { ginjwt.Optional(ginjwt.Provide(compClock)) }, "Optional: no security scheme lies below ginjwt_test_test.compClock, so credentials for it cannot be missing"},
		"OptionalOr over no scheme": {func() { ginjwt.OptionalOr(ginjwt.Provide(compClock), "") }, "OptionalOr: no security scheme lies below ginjwt_test_test.compClock, so credentials for it cannot be missing"},
		"Require without a guard":   {func() { ginjwt.Require() }, "Require: no guards given; a route that is open on purpose says so with Public"},
		"over no scheme":            {anyOf(token, ginjwt.Provide(compClock)), "AnyOf: no security scheme lies below ginjwt_test_test.compClock, so credentials for it cannot be sent"},
		"only over no scheme":       {anyOf(ginjwt.Provide(compClock)), "AnyOf: no security scheme lies below ginjwt_test_test.compClock, so credentials for it cannot be sent"},
		"a function over no scheme": {anyOf(ginjwt.Depends(ginjwt.Provide(compClock), compUser), token), "AnyOf: no security scheme lies below ginjwt_test_test.compUser, so credentials for it cannot be sent"},

		"OptionalOr":                  {anyOf(ginjwt.OptionalOr(token, ""), key), optional},
		"OptionalOr at the end":       {anyOf(token, ginjwt.OptionalOr(key, "")), optional},
		"OptionalOr, deeper":          {anyOf(token, ginjwt.Depends(ginjwt.Check(ginjwt.OptionalOr(key, ""), "role", compFine), compUser)), optional},
		"OptionalOr on one of two":    {anyOf(ginjwt.Depends2(token, ginjwt.OptionalOr(key, ""), compPair), cookie), optional},
		"OptionalOr over AnyOf":       {anyOf(ginjwt.OptionalOr(ginjwt.AnyOf(token, key), ""), cookie), optional},
		"OptionalOr below Grants":     {anyOf(ginjwt.Grants(ginjwt.OptionalOr(token, ""), compRights), key), optional},
		"Optional":                    {func() { ginjwt.AnyOf(missing, ginjwt.Optional(token)) }, optional},
		"Optional below":              {anyOf(ginjwt.Depends(missing, func(*gin.Context, *string) (string, error) { return "", nil }), token), optional},
		"OptionalOr in a nested one":  {func() { ginjwt.AnyOf(cookie, ginjwt.AnyOf(token, ginjwt.OptionalOr(key, ""))) }, optional},
		"the only one is an Optional": {anyOf(ginjwt.OptionalOr(token, "")), optional},

		"bearer twice":                     {anyOf(token, ginjwt.HTTPBearer()), same("header Authorization")},
		"bearer twice, one of them deeper": {anyOf(key, ginjwt.Depends(token, compUser), ginjwt.Depends(ginjwt.OpenIDConnect("https://id.example"), compRobot)), same("header Authorization")},
		"the same one twice":               {anyOf(token, token), same("header Authorization")},
		"two users by one scheme":          {anyOf(ginjwt.Depends(token, compUser), ginjwt.Depends(token, compRobot)), same("header Authorization")},
		"Basic twice":                      {anyOf(basic, ginjwt.Depends(ginjwt.HTTPBasic(), compLogin)), same("header Authorization")},
		"one scheme in two letter cases":   {anyOf(ginjwt.HTTPBase("X-Custom"), ginjwt.HTTPBase("x-custom")), same("header Authorization")},
		"one header in two letter cases":   {anyOf(key, ginjwt.APIKeyHeader("x-api-KEY")), same("header X-Api-Key")},
		"bearer and all of its header":     {anyOf(token, ginjwt.APIKeyHeader("Authorization")), same("header Authorization")},
		"all of the header and bearer":     {anyOf(ginjwt.APIKeyHeader("authorization"), token), same("header Authorization")},
		"all of the header and Basic":      {anyOf(ginjwt.APIKeyHeader("Authorization"), basic), same("header Authorization")},
		"a token's cookie and a key's":     {anyOf(compToken(ginjwt.FromCookie("s")), cookie), same("cookie s")},
		"a key's cookie and a token's":     {anyOf(cookie, compToken(ginjwt.FromCookie("s"))), same("cookie s")},
		"a token's parameter and a key's":  {anyOf(compToken(ginjwt.FromQuery("q")), ginjwt.APIKeyQuery("q")), same("query q")},
		"nested":                           {func() { ginjwt.AnyOf(ginjwt.AnyOf(token, key), ginjwt.AnyOf(cookie, ginjwt.HTTPBearer())) }, same("header Authorization")},
		"one beside a nested one":          {anyOf(key, ginjwt.AnyOf(token, ginjwt.APIKeyHeader("X-Api-Key"))), same("header X-Api-Key")},
		"one of two that are both needed":  {anyOf(ginjwt.Depends2(token, key, compPair), ginjwt.Depends2(cookie, ginjwt.APIKeyHeader("X-API-Key"), compPair)), same("header X-Api-Key")},
		"two markers alike":                {anyOf(compToken(ginjwt.FromWebSocketProtocol("bearer")), ginjwt.HTTPBearer(ginjwt.FromWebSocketProtocol("bearer"))), same("header Authorization")},
	})
}

func TestWhatIsNoMistakeInACompound(t *testing.T) {
	t.Parallel()
	token, key, cookie := compToken(), ginjwt.APIKeyHeader("X-API-Key"), ginjwt.APIKeyCookie("s")
	basic, digest := ginjwt.Depends(ginjwt.HTTPBasic(), compLogin), ginjwt.HTTPBase("Digest")
	one, other := compGrants(token), compGrants(key)
	both := ginjwt.AnyOf(one, other)
	anyOf := func(ds ...compDep) compCase { return compCase{func() { ginjwt.AnyOf(ds...) }, ""} }
	demand := func(d compDep) compCase {
		return compCase{func() { ginjwt.SecurityAny(ginjwt.Security(d, "x"), "y") }, ""}
	}
	runCompCases(t, map[string]compCase{
		"bearer, Basic and Digest":            anyOf(token, basic, digest),
		"two cookies":                         anyOf(cookie, ginjwt.APIKeyCookie("S"), compToken(ginjwt.FromCookie("t"))),
		"two parameters in two letter cases":  anyOf(ginjwt.APIKeyQuery("q"), ginjwt.APIKeyQuery("Q")),
		"one name in three places":            anyOf(ginjwt.APIKeyHeader("s"), ginjwt.APIKeyQuery("s"), cookie),
		"one alternative":                     anyOf(token),
		"an AnyOf of an AnyOf":                {func() { ginjwt.AnyOf(ginjwt.AnyOf(ginjwt.AnyOf(token))) }, ""},
		"one scheme twice in one alternative": anyOf(ginjwt.Depends2(token, ginjwt.Depends(token, compUser), compPair), key),
		"two that are both needed":            anyOf(ginjwt.Depends2(token, key, compPair), cookie),
		"a Check":                             anyOf(ginjwt.Check(token, "role", compFine), key),
		"demands in alternatives":             anyOf(ginjwt.Security(one, "x"), ginjwt.SecurityAny(other, "y")),
		"a demand in one of them":             anyOf(ginjwt.Security(one, "x"), key),
		"a shared function without a scheme":  anyOf(ginjwt.Depends2(token, ginjwt.Provide(compClock), compPair), ginjwt.Depends2(key, ginjwt.Provide(compClock), compPair)),
		"two granters that nobody judges":     anyOf(ginjwt.Depends2(one, other, compPair), cookie),
		"Optional over it":                    {func() { ginjwt.Optional(ginjwt.AnyOf(token, key)) }, ""},
		"Optional beside it":                  {func() { ginjwt.Depends2(ginjwt.AnyOf(token, key), ginjwt.OptionalOr(cookie, ""), compPair) }, ""},
		"Security over it":                    demand(ginjwt.AnyOf(one, other)),
		"Security over a nested one":          demand(ginjwt.AnyOf(one, ginjwt.AnyOf(other, compGrants(cookie)))),
		"Security over Grants over it":        demand(ginjwt.Grants(ginjwt.AnyOf(token, key), compRights)),
		"Security beside one that grants not": demand(ginjwt.Depends2(ginjwt.AnyOf(key, cookie), one, compPair)),
		"Security beside an Optional":         demand(ginjwt.Depends2(ginjwt.OptionalOr(other, ""), one, compPair)),
		"the granter on both branches":        demand(ginjwt.Depends2(ginjwt.Depends(both, compUser), both, compPair)),
	})
}
