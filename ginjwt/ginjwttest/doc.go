// Package ginjwttest is for the tests of programs that use ginjwt. It replaces
// dependencies of a finished engine for one request, signs good and bad tokens,
// plays an identity provider, and reports routes that nothing guards.
//
//	func TestReadMe(t *testing.T) {
//		r := setupRouter()
//		req := httptest.NewRequest("GET", "/users/me", nil)
//
//		ginjwttest.Unauthorized(t, ginjwttest.Do(t, r, req))
//		ginjwttest.Forbidden(t, ginjwttest.Do(t, r, ginjwttest.As(req, User{Name: "johndoe"})), "me")
//		rec := ginjwttest.Do(t, r, ginjwttest.As(req, User{Name: "johndoe"}, "me"))
//		assert.Equal(t, 200, rec.Code)
//	}
//
// Nothing of a program is changed for it, and tests may run at a time: what is
// replaced belongs to the request. In a program that is no test binary, it
// panics.
package ginjwttest
