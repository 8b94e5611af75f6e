package ginjwttest_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

func findOwner(_ *gin.Context, c ginjwt.Claims) (account, error) {
	if c.Subject == "down" {
		return account{}, errors.New("no connection to the database")
	}
	return account{c.Subject}, nil
}

// toldServer has guards whose names a test can know.
func toldServer(t *testing.T) (http.Handler, *server) {
	t.Helper()
	s := newServer(t)
	owner := ginjwt.Depends(s.claims, findOwner)
	admin := ginjwt.Security(owner, "admin")
	r := gin.New()
	r.GET("/users/:id", ginjwt.Handle(ginjwt.Security(owner, "items", "me"), showAccount))
	r.GET("/feed", ginjwt.Handle(ginjwt.OptionalOr(owner, account{"guest"}), showAccount))
	r.GET("/admin", ginjwt.Require(owner), ginjwt.Handle(ginjwt.Check(admin, "not banned", func(*gin.Context, account) error { return nil }), showAccount))
	r.GET("/open", func(c *gin.Context) { c.Status(204) })
	r.GET("/plain", func(c *gin.Context) { ginjwt.Abort(c, ginjwt.Unavailable(errors.New("a queue is full"))) })
	return r, s
}

// A test that fails shows the route, the demand and the reason, of a refusal as
// of what was let through.
func TestDoTellsWhatTheGuardsDecided(t *testing.T) {
	t.Parallel()
	r, s := toldServer(t)
	cases := map[string]struct{ path, authorization, want string }{
		"nobody": {"/users/1", "", "/users/1 was answered with 401\n\troute /users/:id: guard ginjwttest_test.findOwner, " +
			"which demands OAuth2PasswordBearer items me: refused: no_credentials"},
		"another scheme": {"/users/1", "Basic YTpi", "/users/1 was answered with 401\n\troute /users/:id: guard ginjwttest_test.findOwner, " +
			"which demands OAuth2PasswordBearer items me: refused: no_credentials, not looked at: credentials of another scheme"},
		"malformed": {"/users/1", "Bearer", "/users/1 was answered with 400\n\troute /users/:id: guard ginjwttest_test.findOwner, " +
			"which demands OAuth2PasswordBearer items me: refused: malformed_credentials, Malformed Authorization header"},
		"a bad token": {"/users/1", "Bearer x.y.z", "/users/1 was answered with 401\n\troute /users/:id: guard ginjwttest_test.findOwner, " +
			"which demands OAuth2PasswordBearer items me: refused: invalid_token, token malformed"},
		"a scope is missing": {"/users/1", "Bearer " + s.bearer(t, "johndoe", "me"), "/users/1 was answered with 403\n\troute /users/:id: guard ginjwttest_test.findOwner, " +
			"which demands OAuth2PasswordBearer items me: refused: insufficient_scope, scopes demanded: items me"},
		"a bug": {"/feed", "Bearer " + s.bearer(t, "down", ""), "/feed was answered with 500\n\troute /feed: guard ginjwttest_test.findOwner, " +
			"which demands OAuth2PasswordBearer, optional: failed: internal, no connection to the database"},
		"anonymous": {"/feed", "", "/feed was answered with 200\n\troute /feed: guard ginjwttest_test.findOwner, " +
			"which demands OAuth2PasswordBearer, optional: anonymous"},
		"two guards": {"/admin", "Bearer " + s.bearer(t, "johndoe", "admin"), "/admin was answered with 200" +
			"\n\troute /admin: guard ginjwttest_test.findOwner, which demands OAuth2PasswordBearer: accepted" +
			"\n\troute /admin: guard not banned, which demands OAuth2PasswordBearer admin, check not banned: accepted"},
		"no guard":              {"/open", "", "/open was answered with 204, and no guard was asked: there is no such route, or it is open"},
		"no route":              {"/elsewhere", "", "/elsewhere was answered with 404, and no guard was asked: there is no such route, or it is open"},
		"a plain handler fails": {"/plain", "", "/plain was answered with 503\n\troute /plain: failed: unavailable, a queue is full"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := request(tc.path)
			if tc.authorization != "" {
				req.Header.Set("Authorization", tc.authorization)
			}
			h := &heard{TB: t}
			ginjwttest.Do(h, r, req)
			assert.Equal(t, []string{"ginjwttest: GET " + tc.want}, h.decided)
			assert.Empty(t, h.errors)
		})
	}
}

// Replacements do not hide what was decided, and the request's own context is
// left as it was.
func TestDoTellsOfReplacementsToo(t *testing.T) {
	t.Parallel()
	r, _ := toldServer(t)
	req := ginjwttest.As(request("/users/1"), account{"eve"}, "me")
	for range 2 {
		h := &heard{TB: t}
		ginjwttest.Do(h, ginjwttest.Engine(r), req)
		assert.Equal(t, []string{"ginjwttest: GET /users/1 was answered with 403\n\troute /users/:id: guard ginjwttest_test.findOwner, " +
			"which demands OAuth2PasswordBearer items me: refused: insufficient_scope, scopes demanded: items me"}, h.decided)
	}
}
