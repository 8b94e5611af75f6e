package main

import (
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
)

// difference is a request that the services answer differently on purpose, and
// why. The guide has the same table.
type difference struct {
	request       string
	do            func(*testing.T, *service) string
	before, after string
	reason        string
}

func TestDifferent(t *testing.T) {
	t.Parallel()
	for _, d := range differences() {
		t.Run(d.request, func(t *testing.T) {
			t.Parallel()
			services := both(t)
			assert.Equal(t, d.before, d.do(t, services[0]), "before")
			assert.Equal(t, d.after, d.do(t, services[1]), "after")
			assert.NotEqual(t, d.before, d.after, "the table is for what differs")
			assert.NotEmpty(t, d.reason)
		})
	}
}

func differences() []difference {
	const hello = "GET /auth/hello"
	briefly := func(request string, headers ...string) func(*testing.T, *service) string {
		return func(t *testing.T, s *service) string { return s.call(t, request, headers...).brief(t) }
	}
	return []difference{
		{"login, wrong password", briefly("POST /login username=admin&password=wrong"),
			"401 incorrect Username or Password", "400 invalid_grant: Incorrect username or password",
			"RFC 6749 5.2. A 401 would need a challenge that fits."},
		{"login, no password", briefly("POST /login username=admin"),
			"401 missing Username or Password", "400 invalid_request: Missing form field: password", "The same."},
		{"login, as JSON", briefly(`POST /login {"username":"admin","password":"admin"}`),
			"200", "400 invalid_request: The request body must be application/x-www-form-urlencoded", "RFC 6749 4.3.2. `old.json` takes it for a time."},
		{"login, may the answer be cached", func(t *testing.T, s *service) string {
			return s.call(t, "POST /login username=admin&password=admin").Header.Get("Cache-Control")
		}, "", "no-store", "RFC 6749 5.1: it is a token."},
		{"login, header and claims of the token", func(t *testing.T, s *service) string {
			token := s.login(t, "admin").Access
			return strings.Join(append(membersOf(t, part(t, token, 0)), membersOf(t, part(t, token, 1))...), " ")
		}, "alg typ exp id orig_iat", "alg typ aud exp iat id iss jti sid sub", "RFC 9068 2.2. `typ` is `at+jwt`, no longer `JWT`."},
		{"hello, no token", briefly(hello), "401 cookie token is empty", "401 Not authenticated", "A fixed text, wherever the token could have been."},
		{"hello, `bearer` in lower case", func(t *testing.T, s *service) string {
			return s.call(t, hello, "Authorization", "bearer "+s.login(t, "admin").Access).brief(t)
		}, "401 cookie token is empty", "200 Hello World.", "RFC 9110 11.1: letter case means nothing."},
		{"hello, forged token", func(t *testing.T, s *service) string {
			return s.get(t, "/auth/hello", forged(s.login(t, "admin").Access)).brief(t)
		}, "401 token signature is invalid: signature is invalid", "401 Could not validate credentials", "What is wrong is for the log."},
		{"hello, expired token", func(t *testing.T, s *service) string {
			token := s.login(t, "admin").Access
			s.later.Store(int64(time.Hour + time.Second))
			return s.get(t, "/auth/hello", token).challenge()
		}, `401 Bearer realm="test zone"`, `401 Bearer realm="test zone", error="invalid_token", error_description="The access token expired"`, "RFC 6750 3.1: the client knows that it should refresh."},
		{"hello, token without exp", func(t *testing.T, s *service) string {
			return s.get(t, "/auth/hello", signed(t, jwt.MapClaims{"id": "admin"})).brief(t)
		}, "400 missing exp field", "401 Could not validate credentials", "RFC 6750 3.1: the token is bad, the request is not."},
		{"hello, token for another service", func(t *testing.T, s *service) string {
			return s.get(t, "/auth/hello", signed(t, jwt.MapClaims{"id": "admin", "iss": "x", "aud": "x", "exp": time.Now().Unix() + 60})).brief(t)
		}, "200 Hello World.", "401 Could not validate credentials", "RFC 8725 3.8, 3.9: `iss` and `aud` are checked."},
		{"hello, token without id", func(t *testing.T, s *service) string {
			return s.get(t, "/auth/hello", signed(t, jwt.MapClaims{"exp": time.Now().Unix() + 60})).brief(t)
		}, "500", "401 Could not validate credentials", "`claims[identityKey].(string)` panics. A typed claim cannot."},
		{"hello, two Authorization headers", func(t *testing.T, s *service) string {
			token := "Bearer " + s.login(t, "admin").Access
			return s.call(t, hello, "Authorization", token, "Authorization", token).brief(t)
		}, "200 Hello World.", "400 More than one Authorization header", "A proxy may have judged the other one."},
		{"hello, token in header and query", func(t *testing.T, s *service) string {
			token := s.login(t, "admin").Access
			return s.get(t, "/auth/hello?token="+token, token).brief(t)
		}, "200 Hello World.", "400 More than one access token", "RFC 6750 2."},
		{"hello, no admin", func(t *testing.T, s *service) string {
			return s.get(t, "/auth/hello", s.login(t, "test").Access).challenge()
		}, `403 Bearer realm="test zone"`, "403", "To log in again would not help."},
		{"refresh, no token", briefly("POST /refresh grant_type=refresh_token"),
			"400 missing refresh_token parameter", "400 invalid_request: Missing refresh token", "RFC 6749 5.2."},
		{"refresh, no grant_type", func(t *testing.T, s *service) string {
			return s.call(t, "POST /refresh refresh_token="+s.login(t, "admin").Refresh).brief(t)
		}, "200", "400 invalid_request: Missing form field: grant_type", "RFC 6749 6. `old.refresh` adds it for a time."},
		{"refresh, used token", func(t *testing.T, s *service) string {
			first := s.login(t, "admin")
			s.refresh(t, first.Refresh).tokens(t)
			return s.refresh(t, first.Refresh).brief(t)
		}, "401 invalid or expired refresh token", "400 invalid_grant: The refresh token is not valid", "RFC 6749 5.2."},
		{"hello, after a refresh token was used twice", func(t *testing.T, s *service) string {
			first := s.login(t, "admin")
			second := s.refresh(t, first.Refresh).tokens(t)
			s.refresh(t, first.Refresh)
			return s.get(t, "/auth/hello", second.Access).brief(t)
		}, "200 Hello World.", "401 Could not validate credentials", "RFC 9700 4.14.2: somebody stole it, so the session ends."},
		{"logout", func(t *testing.T, s *service) string { return s.logout(t, s.login(t, "admin"), "").brief(t) },
			"200 Successfully logged out", "204", "There is nothing to say."},
		{"logout, no admin", func(t *testing.T, s *service) string { return s.logout(t, s.login(t, "test"), "").brief(t) },
			"403 you don't have permission to access this resource", "204", "Whoever can log in can log out."},
		{"logout, no token", func(t *testing.T, s *service) string { return s.call(t, "POST /auth/logout").challenge() },
			`401 Bearer realm="test zone"`, `401 Bearer realm="api"`, "`Logout` has a scheme of its own."},
		{"hello, after logout", func(t *testing.T, s *service) string {
			tok := s.login(t, "admin")
			s.logout(t, tok, "refresh_token="+tok.Refresh)
			return s.get(t, "/auth/hello", tok.Access).brief(t)
		}, "200 Hello World.", "401 Could not validate credentials", "The session is over, and its access tokens with it."},
		{"refresh, after logout with the access token alone", func(t *testing.T, s *service) string {
			tok := s.login(t, "admin")
			s.logout(t, tok, "")
			return s.refresh(t, tok.Refresh).brief(t)
		}, "200", "400 invalid_grant: The refresh token is not valid", "The same."},
		{"refresh, after logout with the refresh token", func(t *testing.T, s *service) string {
			tok := s.login(t, "admin")
			s.logout(t, tok, "refresh_token="+tok.Refresh)
			return s.refresh(t, tok.Refresh).brief(t)
		}, "401 invalid or expired refresh token", "400 invalid_grant: The refresh token is not valid", "RFC 6749 5.2."},
	}
}
