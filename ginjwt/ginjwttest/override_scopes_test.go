package ginjwttest_test

import (
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

// TestScopesAreDemandedOfReplacements: wherever the replaced one stands, what the
// route demands stands, too. missing is what the challenge names, "" if the answer
// is 200.
func TestScopesAreDemandedOfReplacements(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	eve := account{"eve"}
	claims := func(scope ginjwt.Scope) ginjwt.Claims { return ginjwt.Claims{Subject: "eve", Scope: scope} }
	cases := map[string]struct {
		path    string
		r       ginjwttest.Replacement
		missing string
	}{
		"a user of no scopes":                     {"/me", ginjwttest.Value(s.user, eve), "me"},
		"a user with it":                          {"/me", ginjwttest.Value(s.user, eve, "me"), ""},
		"the outermost demand is named first":     {"/items", ginjwttest.Value(s.user, eve), "items me"},
		"one of two is not enough":                {"/items", ginjwttest.Value(s.user, eve, "items"), "items me"},
		"both":                                    {"/items", ginjwttest.Value(s.user, eve, "me", "items"), ""},
		"a longer scope is another":               {"/me", ginjwttest.Value(s.user, eve, "mee"), "me"},
		"between the demands":                     {"/items", ginjwttest.Value(s.me, eve, "items"), "items me"},
		"between the demands, with both":          {"/items", ginjwttest.Value(s.me, eve, "items", "me"), ""},
		"a demand that is replaced itself":        {"/me", ginjwttest.Value(s.me, eve), "me"},
		"the top":                                 {"/items", ginjwttest.Value(s.items, eve, "items"), "items me"},
		"the top, with both":                      {"/items", ginjwttest.Value(s.items, eve, "items", "me"), ""},
		"a function of no scopes":                 {"/me", ginjwttest.Func(s.user, fixed(eve)), "me"},
		"a function with it":                      {"/me", ginjwttest.Func(s.user, fixed(eve), "me"), ""},
		"any scope":                               {"/any", ginjwttest.Value(s.user, eve), "a b"},
		"any scope, with one":                     {"/any", ginjwttest.Value(s.user, eve, "b"), ""},
		"claims grant their own":                  {"/me", ginjwttest.Value(s.claims, claims("x me")), ""},
		"claims of no scope":                      {"/me", ginjwttest.Value(s.claims, claims("")), "me"},
		"claims are overruled":                    {"/me", ginjwttest.Value(s.claims, claims("me"), "other"), "me"},
		"claims are overruled, for the better":    {"/me", ginjwttest.Value(s.claims, claims("")).WithAllScopes(), ""},
		"a scheme's token":                        {"/me", ginjwttest.Value(s.token, s.bearer(t, "eve", "me")), ""},
		"a scheme's token without it":             {"/me", ginjwttest.Value(s.token, s.bearer(t, "eve", "x")), "me"},
		"all scopes, from below":                  {"/items", ginjwttest.Value(s.user, eve).WithAllScopes(), ""},
		"all scopes, between":                     {"/items", ginjwttest.Value(s.me, eve).WithAllScopes(), ""},
		"all scopes, at the top":                  {"/items", ginjwttest.Value(s.items, eve).WithAllScopes(), ""},
		"all scopes of any":                       {"/any", ginjwttest.Value(s.user, eve).WithAllScopes(), ""},
		"all scopes do not open what is no scope": {"/checked", ginjwttest.Value(s.user, eve).WithAllScopes(), ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := askWith(t, s, tc.path, tc.r)
			if tc.missing == "" {
				assert.Equal(t, 200, rec.Code, rec.Body)
				return
			}
			assert.Equal(t, 403, rec.Code)
			assert.Equal(t, []string{`Bearer realm="api", error="insufficient_scope", error_description="The token lacks a required scope", scope="` +
				tc.missing + `"`}, rec.Header()["Www-Authenticate"])
		})
	}
}

func fixed(u account) func(*gin.Context, func() (account, error)) (account, error) {
	return func(*gin.Context, func() (account, error)) (account, error) { return u, nil }
}

// TestWithAllScopesLeavesTheFirst: a Replacement can be shared.
func TestWithAllScopesLeavesTheFirst(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := ginjwttest.Value(s.user, account{"eve"})
	assert.Equal(t, 200, askWith(t, s, "/me", r.WithAllScopes()).Code)
	ginjwttest.Forbidden(t, askWith(t, s, "/me", r), "me")
}

func TestTheReplacementThatSaysScopesCounts(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	user := ginjwttest.Value(s.user, account{"eve"})
	claims := ginjwttest.Value(s.claims, ginjwt.Claims{Scope: "me"})
	assert.Equal(t, 200, askWith(t, s, "/me", user, claims).Code, "the user says nothing, and the claims do")
	ginjwttest.Forbidden(t, askWith(t, s, "/me", ginjwttest.Value(s.user, account{"eve"}, "other"), claims), "me")
}

func TestWhatFailsFailsBelowADemand(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	down := ginjwt.Unavailable(assert.AnError)
	for name, r := range map[string]ginjwttest.Replacement{
		"the scheme": ginjwttest.Fails(s.token, down), "the claims": ginjwttest.Fails(s.claims, down),
		"the user": ginjwttest.Fails(s.user, down), "between": ginjwttest.Fails(s.me, down), "the top": ginjwttest.Fails(s.items, down),
	} {
		assert.Equal(t, 503, askWith(t, s, "/items", r).Code, name)
	}
}

// TestADemandBelowTheReplacedOneStands: it is the route's, though what it stands on
// is not worked out.
func TestADemandBelowTheReplacedOneStands(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	user := ginjwt.Depends(s.me, func(_ *gin.Context, u account) (*account, error) { return &u, nil })
	r := gin.New()
	show := func(c *gin.Context, u *account) { c.String(200, u.Name) }
	r.GET("/below", ginjwt.Handle(user, show))
	r.GET("/both", ginjwt.Handle(ginjwt.Security(user, "items"), show))
	eve := &account{"eve"}
	ginjwttest.Forbidden(t, ginjwttest.Do(t, r, ginjwttest.As(request("/below"), eve)), "me")
	assert.Equal(t, 200, ginjwttest.Do(t, r, ginjwttest.As(request("/below"), eve, "me")).Code)
	ginjwttest.Forbidden(t, ginjwttest.Do(t, r, ginjwttest.As(request("/both"), eve, "items")), "items", "me")
	assert.Equal(t, 200, ginjwttest.Do(t, r, ginjwttest.As(request("/both"), eve, "items", "me")).Code)
}

// TestGrantsStandAboveAReplacement: rights from a database are asked for as ever.
func TestGrantsStandAboveAReplacement(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	rights := ginjwt.Grants(s.user, func(u account) []string { return []string{"right-of-" + u.Name} })
	r := gin.New()
	r.GET("/", ginjwt.Handle(ginjwt.Security(rights, "right-of-eve"), showAccount))
	assert.Equal(t, 200, askWith(t, r, "/", ginjwttest.Value(s.user, account{"eve"})).Code)
	ginjwttest.Forbidden(t, askWith(t, r, "/", ginjwttest.Value(s.user, account{"bob"}, "right-of-eve")), "right-of-eve")
	ginjwttest.Forbidden(t, askWith(t, r, "/", ginjwttest.Value(rights, account{"eve"})), "right-of-eve")
	assert.Equal(t, 200, askWith(t, r, "/", ginjwttest.Value(rights, account{"bob"}, "right-of-eve")).Code)
}

// TestEachOfTwoTokensHasItsScopes: one's do not count for the other.
func TestEachOfTwoTokensHasItsScopes(t *testing.T) {
	t.Parallel()
	a, b := newServer(t), newServer(t)
	both := ginjwt.Depends2(a.me, b.me, func(_ *gin.Context, a, b account) (string, error) { return a.Name + b.Name, nil })
	r := gin.New()
	r.GET("/", ginjwt.Handle(both, func(c *gin.Context, s string) { c.String(200, s) }))
	one := ginjwttest.Value(a.user, account{"a"}, "me")
	assert.Equal(t, "a!b!", askWith(t, r, "/", one, ginjwttest.Value(b.user, account{"b"}, "me")).Body.String())
	ginjwttest.Forbidden(t, askWith(t, r, "/", one, ginjwttest.Value(b.user, account{"b"}, "other")), "me")
	ginjwttest.Unauthorized(t, askWith(t, r, "/", one))
}
