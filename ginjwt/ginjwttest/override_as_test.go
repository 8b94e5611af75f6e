package ginjwttest_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

// accessClaims are claims of a user's own.
type accessClaims struct {
	ginjwt.Claims
	Tenant string `json:"tenant"`
}

type principal interface{ ID() string }

func (u account) ID() string { return "id of " + u.Name }

type pair[A, B any] struct {
	First  A
	Second B
}

// pointing has claims that may not be there.
type pointing struct{ *ginjwt.Claims }

// typedRoute guards a route with a value of T above a token, and with the scope
// "me" if demand says so.
func typedRoute[T any](t *testing.T, demand bool) http.Handler {
	t.Helper()
	s := newServer(t)
	d := ginjwt.Depends(s.claims, func(*gin.Context, ginjwt.Claims) (v T, err error) { return v, err })
	if demand {
		d = ginjwt.Security(d, "me")
	}
	r := gin.New()
	r.GET("/", ginjwt.Handle(d, func(c *gin.Context, v T) { c.String(200, "%v", v) }))
	return r
}

func typedAs[T any](v T, scopes ...string) func(*testing.T) string {
	return func(t *testing.T) string {
		t.Helper()
		assert.Equal(t, 401, ginjwttest.Do(t, typedRoute[T](t, false), request("/")).Code)
		ginjwttest.Forbidden(t, ginjwttest.Do(t, typedRoute[T](t, true), ginjwttest.As(request("/"), v, "other")), "me")
		rec := ginjwttest.Do(t, typedRoute[T](t, true), ginjwttest.As(request("/"), v, scopes...))
		return rec.Body.String()
	}
}

func TestAsOfAnyType(t *testing.T) {
	t.Parallel()
	const refused = `{"detail":"Not enough permissions"}`
	claims := ginjwt.Claims{Subject: "eve", Scope: "x me"}
	var nobody principal
	cases := map[string]struct {
		answer func(*testing.T) string
		want   string
	}{
		"a struct":                       {typedAs(account{"eve"}, "me"), "{eve}"},
		"a struct without scopes":        {typedAs(account{"eve"}), refused},
		"a pointer":                      {typedAs(&account{"eve"}, "me"), "&{eve}"},
		"a nil pointer":                  {typedAs((*account)(nil), "me"), "<nil>"},
		"a nil pointer without scopes":   {typedAs((*account)(nil)), refused},
		"an interface":                   {typedAs[principal](account{"eve"}, "me"), "{eve}"},
		"an interface of a pointer":      {typedAs[principal](&account{"eve"}, "me"), "&{eve}"},
		"a nil interface":                {typedAs(nobody, "me"), "<nil>"},
		"a nil interface, no scopes":     {typedAs(nobody), refused},
		"any":                            {typedAs[any]("eve", "me"), "eve"},
		"a generic type":                 {typedAs(pair[string, int]{"eve", 1}, "me"), "{eve 1}"},
		"a slice":                        {typedAs([]string{"eve"}, "me"), "[eve]"},
		"claims embedded":                {typedAs(accessClaims{claims, "t"}), fmt.Sprint(accessClaims{claims, "t"})},
		"claims embedded, without scope": {typedAs(accessClaims{Tenant: "t"}), refused},
		"claims behind a pointer":        {typedAs(pointing{&claims}), fmt.Sprint(pointing{&claims})},
		"claims behind a nil pointer":    {typedAs(pointing{}), refused},
		"nil claims":                     {typedAs((*accessClaims)(nil)), refused},
		"claims in an interface":         {typedAs[any](accessClaims{claims, "t"}), fmt.Sprint(accessClaims{claims, "t"})},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tc.want, tc.answer(t))
		})
	}
}

// TestAPointerToClaimsGrantsTheirScope: as the claims would.
func TestAPointerToClaimsGrantsTheirScope(t *testing.T) {
	t.Parallel()
	h := typedRoute[*accessClaims](t, true)
	req := ginjwttest.As(request("/"), &accessClaims{Claims: ginjwt.Claims{Scope: "me"}})
	assert.Equal(t, 200, ginjwttest.Do(t, h, req).Code)
}

// TestAsIsNotTakenForAnotherType: types are compared exactly.
func TestAsIsNotTakenForAnotherType(t *testing.T) {
	t.Parallel()
	h := typedRoute[account](t, false)
	type other account
	for name, req := range map[string]*http.Request{
		"a pointer":     ginjwttest.As(request("/"), &account{"eve"}),
		"an interface":  ginjwttest.As[principal](request("/"), account{"eve"}),
		"the same form": ginjwttest.As(request("/"), other{"eve"}),
		"a generic":     ginjwttest.As(request("/"), pair[account, int]{}),
	} {
		assert.Equal(t, 401, ginjwttest.Do(t, h, req).Code, name)
	}
	h = typedRoute[pair[string, int]](t, false)
	assert.Equal(t, 401, ginjwttest.Do(t, h, ginjwttest.As(request("/"), pair[string, int64]{})).Code)
}

// TestAsReplacesTheLowestOfItsType: what stands above it, and makes the same type
// of it, runs.
func TestAsReplacesTheLowestOfItsType(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	eve := account{"eve"}
	for path, want := range map[string]string{"/user": "eve", "/active": "eve!", "/me": "eve!", "/items": "eve!", "/checked": "eve!", "/feed": "eve!"} {
		rec := ginjwttest.Do(t, s, ginjwttest.As(request(path), eve, "me", "items"))
		assert.Equal(t, want, rec.Body.String(), path)
	}
	assert.Equal(t, 403, ginjwttest.Do(t, s, ginjwttest.As(request("/checked"), account{"banned"})).Code)
	assert.Zero(t, s.found.Load())
}

// TestAsReplacesAllThatStandSideBySide: each is the lowest on its side.
func TestAsReplacesAllThatStandSideBySide(t *testing.T) {
	t.Parallel()
	a, b := newServer(t), newServer(t)
	both := ginjwt.Depends2(a.active, b.active, func(_ *gin.Context, a, b account) (string, error) { return a.Name + b.Name, nil })
	r := gin.New()
	r.GET("/", ginjwt.Handle(both, func(c *gin.Context, s string) { c.String(200, s) }))
	assert.Equal(t, "eve!eve!", ginjwttest.Do(t, r, ginjwttest.As(request("/"), account{"eve"})).Body.String())
}

// TestAsOfOptional: with pointers, that is what the handler asks for.
func TestAsOfOptional(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := gin.New()
	r.GET("/", ginjwt.Handle(ginjwt.Optional(s.active), func(c *gin.Context, u *account) { c.String(200, "%v", u) }))
	for name, tc := range map[string]struct {
		req  *http.Request
		want string
	}{
		"nobody":            {request("/"), "<nil>"},
		"what lies below":   {ginjwttest.As(request("/"), account{"eve"}), "&{eve!}"},
		"the optional":      {ginjwttest.As(request("/"), &account{"eve"}), "&{eve}"},
		"the optional, nil": {ginjwttest.As(ginjwttest.As(request("/"), account{"eve"}), (*account)(nil)), "<nil>"},
	} {
		rec := ginjwttest.Do(muted{t}, r, tc.req)
		assert.Equal(t, tc.want, rec.Body.String(), name)
	}
}
