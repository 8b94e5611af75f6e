package main

import (
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

func TestPreflightMeetsNoGuard(t *testing.T) {
	t.Parallel()
	s := start(t, setup{})
	for path, method := range map[string]string{"/users/me": "DELETE", "/notes": "POST", "/token": "POST", "/healthz": "GET"} {
		got := s.call(t, "OPTIONS "+path, "", "Origin", page,
			"Access-Control-Request-Method", method, "Access-Control-Request-Headers", "authorization,content-type")
		assert.Equal(t, 204, got.StatusCode, path)
		assert.Equal(t, page, got.Header.Get("Access-Control-Allow-Origin"))
		assert.Contains(t, got.Header.Get("Access-Control-Allow-Methods"), method)
		assert.Equal(t, "Authorization,Content-Type", got.Header.Get("Access-Control-Allow-Headers"))
		assert.Empty(t, got.Header.Get("Access-Control-Allow-Credentials"), "no cookies are wanted")
		assert.Contains(t, got.Header.Values("Vary"), "Origin")
	}
	assert.Empty(t, s.events, "a guard was asked")
}

// A page's script can read the answer whatever it is, and that it must log in.
func TestAnswersToAnotherOrigin(t *testing.T) {
	t.Parallel()
	s := start(t, setup{})
	token := s.tokenOf(t, "johndoe")
	s.router.GET("/panic", ginjwt.Handle(s.user, func(*gin.Context, User) { panic("a bug") }))
	cases := []struct {
		request, token string
		status         int
	}{
		{"GET /users/me", token, 200},
		{"GET /users/me", "", 401},
		{"GET /users/me", "a.b.c", 401},
		{"GET /nowhere", "", 404},
		{"POST /token username=johndoe", "", 400},
		{"GET /panic", token, 500},
	}
	for _, tc := range cases {
		got := s.call(t, tc.request, tc.token, "Origin", page)
		assert.Equal(t, tc.status, got.StatusCode, tc.request)
		assert.Equal(t, []string{page}, got.Header.Values("Access-Control-Allow-Origin"), tc.request)
		assert.Contains(t, got.Header.Values("Vary"), "Origin", "a cache must not give it to another page")
		assert.Equal(t, "Www-Authenticate,Retry-After", got.Header.Get("Access-Control-Expose-Headers"))
		assert.Equal(t, tc.status == 401, got.Header.Get("WWW-Authenticate") != "", tc.request)
	}
	require.NoError(t, s.db.Close())
	down := s.call(t, "GET /users/me", token, "Origin", page)
	assert.Equal(t, 503, down.StatusCode)
	assert.Equal(t, page, down.Header.Get("Access-Control-Allow-Origin"))
}

func TestForeignOriginIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t, setup{})
	token := s.tokenOf(t, "johndoe")
	for _, origin := range []string{"https://evil.example", page + ".evil.example", "http://localhost", "https://localhost:5173", "null"} {
		for _, request := range append(everyRequest, "OPTIONS /notes") {
			got := s.call(t, request, token, "Origin", origin)
			assert.Equal(t, 403, got.StatusCode, request+" "+origin)
			assert.Empty(t, got.Header.Get("Access-Control-Allow-Origin"))
		}
	}
	assert.Empty(t, s.events, "a guard was asked")
	assert.Zero(t, s.notes(t))
	assert.Equal(t, 200, s.call(t, "GET /users/me", token, "Origin", s.url).StatusCode, "its own pages need no leave")
}

func TestCORSOrigins(t *testing.T) {
	t.Parallel()
	config, err := corsFor(" https://app.example , http://localhost:5173")
	require.NoError(t, err)
	assert.Equal(t, []string{"https://app.example", "http://localhost:5173"}, config.AllowOrigins)
	for name, origins := range map[string]string{"none": "", "no scheme": "app.example", "a comma too many": page + ","} {
		_, err := corsFor(origins)
		assert.Error(t, err, name)
	}
}
