package ginjwt_test

import (
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// altAnswer is what a request is answered: the status and the challenges.
type altAnswer struct {
	status     int
	challenges []string
}

func altForbidden(challenges ...string) altAnswer { return altAnswer{403, challenges} }

func (a altAnswer) check(t *testing.T, h http.Handler, headers ...string) {
	t.Helper()
	got := altSend(h, headers...)
	assert.Equal(t, a.status, got.Code)
	assert.Equal(t, a.challenges, got.Header().Values("WWW-Authenticate"))
	if a.status == 403 {
		assert.Equal(t, `{"detail":"Not enough permissions"}`, got.Body.String())
	}
}

var altOK = altAnswer{200, nil}

// TestOnlyTheChosenAlternativesScopesCount, whatever the others would grant.
func TestOnlyTheChosenAlternativesScopesCount(t *testing.T) {
	t.Parallel()
	w := newAltWorld(t)
	noScope, a, b := w.bearer(t, "ann", ""), w.bearer(t, "ann", "a"), w.bearer(t, "ann", "b")
	keyFirst := ginjwt.AnyOf(w.byKey, w.byToken)
	and := ginjwt.Depends2(w.claims, ginjwt.Grants(w.key, func(string) []string { return nil }), func(_ *gin.Context, c ginjwt.Claims, _ string) (altUser, error) {
		return altUser{}, nil
	})
	cookie := ginjwt.Grants(ginjwt.Depends(ginjwt.APIKeyCookie("s"), w.findByKey), altRights)
	cases := map[string]struct {
		user    *ginjwt.Dependency[altUser]
		headers []string
		want    altAnswer
	}{
		"the token's":                            {ginjwt.Security(w.user, "a"), []string{"Authorization", a}, altOK},
		"the token's lack":                       {ginjwt.Security(w.user, "a"), []string{"Authorization", b}, altForbidden(lacking("a"))},
		"the key's":                              {ginjwt.Security(w.user, "a"), []string{"X-API-Key", "bob:a"}, altOK},
		"the key's lack has no challenge":        {ginjwt.Security(w.user, "a"), []string{"X-API-Key", "bob:b"}, altForbidden()},
		"the password's":                         {ginjwt.Security(w.user, "a"), []string{"Authorization", altBasic("cyd", "a")}, altOK},
		"the password's lack has no challenge":   {ginjwt.Security(w.user, "a"), []string{"Authorization", altBasic("cyd", "b")}, altForbidden()},
		"the token's, and a key without":         {ginjwt.Security(w.user, "a"), []string{"Authorization", a, "X-API-Key", "bob"}, altOK},
		"a token without, and the key's":         {ginjwt.Security(w.user, "a"), []string{"Authorization", noScope, "X-API-Key", "bob:a"}, altForbidden(lacking("a"))},
		"the key is first":                       {ginjwt.Security(keyFirst, "a"), []string{"Authorization", noScope, "X-API-Key", "bob:a"}, altOK},
		"the key is first and lacks":             {ginjwt.Security(keyFirst, "a"), []string{"Authorization", a, "X-API-Key", "bob:b"}, altForbidden()},
		"halves in each do not add up":           {ginjwt.Security(w.user, "a", "b"), []string{"Authorization", a, "X-API-Key", "bob:b"}, altForbidden(lacking("a b"))},
		"any of them, by the token":              {ginjwt.SecurityAny(w.user, "a", "b"), []string{"Authorization", b, "X-API-Key", "bob"}, altOK},
		"any of them, lacking":                   {ginjwt.SecurityAny(w.user, "a", "c"), []string{"Authorization", b, "X-API-Key", "bob:a"}, altForbidden(lacking("a c"))},
		"any of them, by the key":                {ginjwt.SecurityAny(w.user, "a", "b"), []string{"X-API-Key", "bob:x,b"}, altOK},
		"any of them, the key lacks":             {ginjwt.SecurityAny(w.user, "a", "b"), []string{"X-API-Key", "bob:c"}, altForbidden()},
		"of one alternative":                     {ginjwt.Security(ginjwt.AnyOf(w.byToken), "a"), []string{"Authorization", b}, altForbidden(lacking("a"))},
		"of a nested one":                        {ginjwt.Security(ginjwt.AnyOf(w.user, cookie), "a"), []string{"Authorization", a, "X-API-Key", "bob:b", "Cookie", "s=eve:b"}, altOK},
		"of a nested one, the others grant":      {ginjwt.Security(ginjwt.AnyOf(w.user, cookie), "a"), []string{"Authorization", b, "X-API-Key", "bob:a", "Cookie", "s=eve:a"}, altForbidden(lacking("a"))},
		"of the one after a nested one":          {ginjwt.Security(ginjwt.AnyOf(w.user, cookie), "a"), []string{"Cookie", "s=eve:a"}, altOK},
		"of the one after a nested one, lacking": {ginjwt.Security(ginjwt.AnyOf(w.user, cookie), "a"), []string{"Cookie", "s=eve:b"}, altForbidden()},
		"over what lies above AnyOf":             {ginjwt.Security(pass(pass(w.user)), "a"), []string{"Authorization", b, "X-API-Key", "bob:a"}, altForbidden(lacking("a"))},
		"Grants above replaces the token's":      {ginjwt.Security(ginjwt.Grants(w.user, func(altUser) []string { return []string{"a"} }), "a"), []string{"Authorization", noScope}, altOK},
		"Grants above replaces the key's":        {ginjwt.Security(ginjwt.Grants(w.user, func(altUser) []string { return nil }), "a"), []string{"X-API-Key", "bob:a"}, altForbidden()},
		"optional":                               {ginjwt.OptionalOr(ginjwt.Security(w.user, "a"), altUser{}), []string{"Authorization", b, "X-API-Key", "bob:a"}, altForbidden(lacking("a"))},
		"optional, and nothing sent":             {ginjwt.OptionalOr(ginjwt.Security(w.user, "a"), altUser{}), nil, altOK},
		"of an alternative with two credentials": {ginjwt.Security(ginjwt.AnyOf(ginjwt.Grants(and, func(altUser) []string { return []string{"b"} }), cookie), "a"), []string{"Authorization", a, "X-API-Key", "bob", "Cookie", "s=eve:a"}, altForbidden(lacking("a"))},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.want.check(t, altEngine(tc.user), tc.headers...)
		})
	}
}

// TestAChallengeNamesTheDemandsOfTheChosenAlternative: those above the AnyOf
// and those inside of the chosen one, the outermost first; none of the others'.
func TestAChallengeNamesTheDemandsOfTheChosenAlternative(t *testing.T) {
	t.Parallel()
	w := newAltWorld(t)
	byToken := ginjwt.Security(pass(ginjwt.Security(w.byToken, "t1")), "t2")
	byKey := ginjwt.Security(w.byKey, "k")
	user := ginjwt.AnyOf(byToken, byKey)
	guard := ginjwt.Security(pass(ginjwt.Security(user, "o1")), "o2", "t1")
	nested := ginjwt.Security(ginjwt.AnyOf(ginjwt.Security(user, "n"), ginjwt.Security(w.byPassword, "p")), "o")
	bearer := func(scope ginjwt.Scope) []string { return []string{"Authorization", w.bearer(t, "ann", scope)} }
	cases := map[string]struct {
		user    *ginjwt.Dependency[altUser]
		headers []string
		want    altAnswer
	}{
		"nothing granted":                   {guard, bearer(""), altForbidden(lacking("o2 t1 o1 t2"))},
		"an inner demand lacks":             {guard, bearer("o1 o2 t2"), altForbidden(lacking("o2 t1 o1 t2"))},
		"an outer demand lacks":             {guard, bearer("t1 t2 o1"), altForbidden(lacking("o2 t1 o1 t2"))},
		"all granted":                       {guard, bearer("o1 o2 t1 t2"), altOK},
		"the other's demands are not asked": {guard, []string{"X-API-Key", "bob:k,o1,o2,t1"}, altOK},
		"the other's own demand":            {guard, []string{"X-API-Key", "bob:o1,o2,t1"}, altForbidden()},
		"no demand outside":                 {user, bearer("k"), altForbidden(lacking("t2 t1"))},
		"a user above without a demand":     {pass(user), bearer("t1"), altForbidden(lacking("t2 t1"))},
		"nested":                            {nested, bearer(""), altForbidden(lacking("o n t2 t1"))},
		"nested, an outer demand lacks":     {nested, bearer("t1 t2 n"), altForbidden(lacking("o n t2 t1"))},
		"nested, all granted":               {nested, bearer("t1 t2 n o"), altOK},
		"nested, the last one":              {nested, []string{"Authorization", altBasic("cyd", "p,o")}, altOK},
		"nested, the last one lacks":        {nested, []string{"Authorization", altBasic("cyd", "p,n")}, altForbidden()},
		"nested, the key":                   {nested, []string{"X-API-Key", "bob:k,n,o"}, altOK},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.want.check(t, altEngine(tc.user), tc.headers...)
		})
	}
}

// TestScopesOverAnyOfAreJudgedOnceTheAlternativeIsKnown: later functions wait.
func TestScopesOverAnyOfAreJudgedOnceTheAlternativeIsKnown(t *testing.T) {
	t.Parallel()
	w := newAltWorld(t)
	later := ginjwt.Depends(w.user, func(_ *gin.Context, u altUser) (altUser, error) { w.calls.add("later"); return u, nil })
	r := altEngine(ginjwt.Security(later, "a"))
	altForbidden().check(t, r, "X-API-Key", "bob:b")
	assert.Equal(t, []string{"key"}, w.calls.all())
	altOK.check(t, r, "X-API-Key", "bob:a")
	assert.Equal(t, []string{"key", "key", "later"}, w.calls.all())
}

// TestDemandsInsideOfAnAlternativeAreItsOwn: only tokens are held to them.
func TestDemandsInsideOfAnAlternativeAreItsOwn(t *testing.T) {
	t.Parallel()
	w := newAltWorld(t)
	plainKey := ginjwt.Depends(w.key, w.findByKey) // grants nothing
	r := altEngine(ginjwt.AnyOf(ginjwt.Security(w.byToken, "a"), plainKey))
	altOK.check(t, r, "X-API-Key", "bob")
	altOK.check(t, r, "Authorization", w.bearer(t, "ann", "a"))
	altForbidden(lacking("a")).check(t, r, "Authorization", w.bearer(t, "ann", ""))
	altForbidden(lacking("a")).check(t, r, "Authorization", w.bearer(t, "ann", ""), "X-API-Key", "bob")
}

// TestAnAlternativesScopesAreNotThoseOfAnotherThatWasWorkedOut: by a guard
// before, or by a function that asks for it.
func TestAnAlternativesScopesAreNotThoseOfAnotherThatWasWorkedOut(t *testing.T) {
	t.Parallel()
	w := newAltWorld(t)
	nosy := ginjwt.Depends(w.byToken, func(c *gin.Context, u altUser) (altUser, error) {
		_, err := w.byKey.Get(c)
		return u, err
	})
	secured := ginjwt.Handle(ginjwt.Security(w.user, "a"), altShow)
	for name, r := range map[string]http.Handler{
		"a guard before":    graphEngine(ginjwt.Require(w.byKey), secured),
		"a guard of both":   graphEngine(ginjwt.Require(w.byKey, w.byToken), secured),
		"a function's Get":  altEngine(ginjwt.Security(ginjwt.AnyOf(nosy, w.byKey), "a")),
		"a handler's Get":   graphEngine(ginjwt.Require(graphValue(1)), func(c *gin.Context) { _, _ = w.byKey.Get(c) }, secured),
		"the AnyOf's guard": graphEngine(ginjwt.Require(w.user), ginjwt.Require(w.byKey), secured),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			altForbidden(lacking("a")).check(t, r, "Authorization", w.bearer(t, "ann", ""), "X-API-Key", "bob:a")
			altOK.check(t, r, "Authorization", w.bearer(t, "ann", "a"), "X-API-Key", "bob:")
		})
	}
}

// TestScopesAreRememberedWithTheValue: services take the credentials out of a
// request before they send it on, and what was found out stands.
func TestScopesAreRememberedWithTheValue(t *testing.T) {
	t.Parallel()
	w := newAltWorld(t)
	strip := func(c *gin.Context) { c.Request.Header.Del("Authorization") }
	byToken := ginjwt.Depends(w.byToken, func(c *gin.Context, u altUser) (altUser, error) { strip(c); return u, nil })
	stripping := ginjwt.AnyOf(byToken, w.byKey)
	for name, r := range map[string]http.Handler{
		"a token alone, for comparison":    graphEngine(ginjwt.Require(w.byToken), strip, ginjwt.Handle(ginjwt.Security(w.byToken, "a"), altShow)),
		"stripped by a handler":            graphEngine(ginjwt.Require(w.user), strip, ginjwt.Handle(ginjwt.Security(w.user, "a"), altShow)),
		"stripped by the alternative":      altEngine(ginjwt.Security(stripping, "a")),
		"and another guard took the other": graphEngine(ginjwt.Require(w.byKey), ginjwt.Handle(ginjwt.Security(stripping, "a"), altShow)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			altOK.check(t, r, "Authorization", w.bearer(t, "ann", "a"), "X-API-Key", "bob:b")
			altForbidden(lacking("a")).check(t, r, "Authorization", w.bearer(t, "ann", "b"), "X-API-Key", "bob:a")
		})
	}
}

// TestAClientWithoutATokenIsNotToldOfItsScopes: rights from a database are
// granted above the AnyOf, so they are nobody's token's.
func TestAClientWithoutATokenIsNotToldOfItsScopes(t *testing.T) {
	t.Parallel()
	w := newAltWorld(t)
	none := func(altUser) []string { return nil }
	r := altEngine(ginjwt.Security(ginjwt.Grants(w.user, none), "a"))
	altForbidden(lacking("a")).check(t, r, "Authorization", w.bearer(t, "ann", ""))
	altForbidden().check(t, r, "X-API-Key", "bob")
	altForbidden().check(t, r, "Authorization", altBasic("cyd", ""))
}

// TestATokenInOneOfTwoSchemes: JWT takes whichever was sent.
func TestATokenInOneOfTwoSchemes(t *testing.T) {
	t.Parallel()
	issuer, verifier := newIssuer(t)
	token := ginjwt.AnyOf(ginjwt.OAuth2PasswordBearer("/token"), ginjwt.APIKeyCookie("session"))
	claims := ginjwt.Security(ginjwt.JWT[ginjwt.Claims](token, verifier), "a")
	r := graphEngine(ginjwt.Handle(claims, func(c *gin.Context, who ginjwt.Claims) { c.String(200, who.Subject) }))
	for scope, want := range map[ginjwt.Scope]int{"a": 200, "": 403} {
		signed := sign(t, issuer, "johndoe", scope)
		assert.Equal(t, want, altSend(r, "Authorization", "Bearer "+signed).Code)
		assert.Equal(t, want, altSend(r, "Cookie", "session="+signed).Code)
	}
	assert.Equal(t, []string{graphInvalid, "APIKey"}, altSend(r, "Authorization", "Bearer a.b.c").Header().Values("WWW-Authenticate"))
	assert.Equal(t, []string{graphNobody, "APIKey"}, altSend(r, "Cookie", "session=a.b.c").Header().Values("WWW-Authenticate"))
	altForbidden().check(t, r, "Cookie", "session="+sign(t, issuer, "johndoe", ""))
}
