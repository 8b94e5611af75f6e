package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/example/fromginjwt/after"
	"github.com/ginjwt/gin-depends/example/fromginjwt/before"
)

// TestSame sends the same requests to both services and wants the same answers.
func TestSame(t *testing.T) {
	t.Parallel()
	const greeting = `{"text":"Hello World.","userID":"admin","userName":"admin"}`
	const forbidden = `{"code":403,"message":"you don't have permission to access this resource"}`
	cases := []struct {
		name   string
		do     func(*testing.T, *service) answer
		status int
		body   string
	}{
		{"the admin is greeted", func(t *testing.T, s *service) answer {
			return s.get(t, "/auth/hello", s.login(t, "admin").Access)
		}, 200, greeting},
		{"the token may be in the query", func(t *testing.T, s *service) answer {
			return s.call(t, "GET /auth/hello?token="+s.login(t, "admin").Access)
		}, 200, greeting},
		{"the token may be in a cookie", func(t *testing.T, s *service) answer {
			return s.call(t, "GET /auth/hello", "Cookie", "jwt="+s.login(t, "admin").Access)
		}, 200, greeting},
		{"who is no admin is refused", func(t *testing.T, s *service) answer {
			return s.get(t, "/auth/hello", s.login(t, "test").Access)
		}, 403, forbidden},
		{"a refreshed token is accepted", func(t *testing.T, s *service) answer {
			return s.get(t, "/auth/hello", s.refresh(t, s.login(t, "admin").Refresh).tokens(t).Access)
		}, 200, greeting},
		{"a refresh leaves the access token before it good", func(t *testing.T, s *service) answer {
			first := s.login(t, "admin")
			s.refresh(t, first.Refresh).tokens(t)
			return s.get(t, "/auth/hello", first.Access)
		}, 200, greeting},
		{"a refresh gives nobody another role", func(t *testing.T, s *service) answer {
			return s.get(t, "/auth/hello", s.refresh(t, s.login(t, "test").Refresh).tokens(t).Access)
		}, 403, forbidden},
		{"the admin is told that a page is missing", func(t *testing.T, s *service) answer {
			return s.get(t, "/nowhere", s.login(t, "admin").Access)
		}, 404, `{"code":"PAGE_NOT_FOUND","message":"Page not found"}`},
		{"others are not told which pages there are", func(t *testing.T, s *service) answer {
			return s.get(t, "/nowhere", s.login(t, "test").Access)
		}, 403, forbidden},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, s := range both(t) {
				a := test.do(t, s)
				assert.Equal(t, test.status, a.StatusCode, s.name)
				assert.JSONEq(t, test.body, a.body, s.name)
			}
		})
	}
}

// both returns the old service and the new one. They have the same key.
func both(t *testing.T) []*service {
	t.Helper()
	return []*service{startBefore(t, before.Config{}), startAfter(t, after.Config{})}
}

func TestSameTokens(t *testing.T) {
	t.Parallel()
	for _, s := range both(t) {
		login := s.call(t, "POST /login username=admin&password=admin")
		refresh := s.refresh(t, login.tokens(t).Refresh)
		for _, a := range []answer{login, refresh} {
			got := a.tokens(t)
			assert.Equal(t, []string{"access_token", "expires_in", "refresh_token", "token_type"}, a.members(t), s.name)
			assert.True(t, strings.EqualFold("bearer", got.Type), s.name)
			assert.InDelta(t, time.Hour.Seconds(), got.Expires, 1, s.name)
		}
		assert.NotEqual(t, login.tokens(t).Refresh, refresh.tokens(t).Refresh, "%s: a refresh token is good once", s.name)
	}
}

// TestSameIdleTime logs in some days ago, for gin-jwt's store has a clock of its
// own.
func TestSameIdleTime(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		days int
		good bool
	}{
		{"after 29 days a session goes on", 29, true},
		{"after 31 days it is over", 31, false},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, s := range both(t) {
				s.later.Store(int64(-time.Duration(test.days) * 24 * time.Hour))
				token := s.login(t, "admin").Refresh
				s.later.Store(0)
				assert.Equal(t, test.good, s.refresh(t, token).StatusCode == 200, s.name)
			}
		})
	}
}

// TestSameChallenges has the requests without a token: what they are told to do
// is the same, but not in which words; see TestDifferent.
func TestSameChallenges(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, request, authorization string }{
		{"no token", "GET /auth/hello", ""},
		{"another scheme", "GET /auth/hello", "Basic YWRtaW46YWRtaW4="},
		{"no token for a page that is missing", "GET /nowhere", ""},
	}
	services := both(t)
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, s := range services {
				var headers []string
				if test.authorization != "" {
					headers = []string{"Authorization", test.authorization}
				}
				a := s.call(t, test.request, headers...)
				assert.Equal(t, `401 Bearer realm="test zone"`, a.challenge(), s.name)
				require.Equal(t, []string{"code", "message"}, a.members(t), s.name)
			}
		})
	}
}
