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
// replaced belongs to the request.
//
//   - [As], [Value], [Func] and [Fails] replace what a request depends on.
//   - [Token] signs a token, with a [Flaw] a bad one; [Clock] moves the time.
//   - [NewIssuer] is an identity provider that can rotate its keys, and fail.
//   - [EveryRouteGuarded] finds what is open, [RefusesForged] what lets a forged
//     token in.
//
// # Security
//
// What replaces a dependency panics in a program that is no test binary, so that
// nothing can replace a user in production. Keys and tokens of tests are no
// secrets, and must be none of production's.
//
// # Compatibility
//
// As for package [ginjwt], but for one thing: a patch version, too, may add
// forgeries to [RefusesForged], and what it then finds was a hole before.
package ginjwttest
