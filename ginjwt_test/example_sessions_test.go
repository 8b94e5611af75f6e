package ginjwt_test

import (
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

func exampleRefresh(t *testing.T, app *exampleApp, token string) exampleAnswer {
	t.Helper()
	return app.do(t, "POST", "/token", "", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
}

// testExampleSessions drives a login through refresh, reuse, logout and the page
// of sessions.
func testExampleSessions(t *testing.T, app *exampleApp) {
	me := func(token string) int { return app.do(t, "GET", "/users/me/", "Bearer "+token, nil).status }
	t.Run("refresh and reuse", func(t *testing.T) {
		first := app.login(t, "johndoe", "secret", "me")
		require.NotEmpty(t, first.RefreshToken)
		answer := exampleRefresh(t, app, first.RefreshToken)
		require.Equal(t, 200, answer.status, answer.body)
		var second ginjwt.Token
		require.NoError(t, json.Unmarshal([]byte(answer.body), &second))
		assert.Equal(t, 200, me(second.AccessToken))

		reused := exampleRefresh(t, app, first.RefreshToken)
		assert.Equal(t, 400, reused.status)
		assert.Contains(t, reused.body, `"error":"invalid_grant"`)
		assert.Equal(t, 400, exampleRefresh(t, app, second.RefreshToken).status, "the whole session is over")
		assert.Equal(t, 401, me(second.AccessToken), "its access tokens, too")
	})
	t.Run("logout", func(t *testing.T) {
		token := app.login(t, "johndoe", "secret", "me")
		assert.Equal(t, 204, app.do(t, "POST", "/logout", "Bearer "+token.AccessToken, nil).status)
		assert.Equal(t, 401, me(token.AccessToken))
		assert.Equal(t, 400, exampleRefresh(t, app, token.RefreshToken).status)
	})
	t.Run("list and end", func(t *testing.T) { testExampleSessionList(t, app) })
}

func testExampleSessionList(t *testing.T, app *exampleApp) {
	here, there := app.login(t, "root", "secretroot", "me"), app.login(t, "root", "secretroot", "me")
	list := func() (found []struct {
		ID      string
		Current bool
	}) {
		answer := app.do(t, "GET", "/sessions", "Bearer "+here.AccessToken, nil)
		require.Equal(t, 200, answer.status)
		require.NoError(t, json.Unmarshal([]byte(answer.body), &found))
		return found
	}
	before := list()
	require.GreaterOrEqual(t, len(before), 2)
	assert.Equal(t, 204, app.do(t, "DELETE", "/sessions?others=1", "Bearer "+here.AccessToken, nil).status)
	after := list()
	require.Len(t, after, 1)
	assert.True(t, after[0].Current)
	assert.Equal(t, 401, app.do(t, "GET", "/sessions", "Bearer "+there.AccessToken, nil).status)
	assert.Equal(t, 204, app.do(t, "DELETE", "/sessions/"+after[0].ID, "Bearer "+here.AccessToken, nil).status)
	assert.Equal(t, 401, app.do(t, "GET", "/sessions", "Bearer "+here.AccessToken, nil).status)
	assert.Equal(t, 204, app.do(t, "DELETE", "/sessions", "Bearer "+app.login(t, "root", "secretroot", "").AccessToken, nil).status)
}

// testExampleRedis has two instances with one secret and one Redis.
func testExampleRedis(t *testing.T, exe string) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		require.Empty(t, os.Getenv("CI"), "CI must have a redis-server")
		t.Skip("no redis-server in PATH (Debian's package redis-server has one)")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	require.NoError(t, l.Close())
	_, port, err := net.SplitHostPort(addr)
	require.NoError(t, err)
	redis := exec.Command(path, "--bind", "127.0.0.1", "--port", port, "--dir", t.TempDir(), "--save", "", "--appendonly", "no")
	require.NoError(t, redis.Start())
	t.Cleanup(func() {
		_ = redis.Process.Kill()
		_ = redis.Wait()
	})
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", addr)
		return err == nil && conn.Close() == nil
	}, 10*time.Second, 10*time.Millisecond)

	env := []string{"REDIS_ADDR=" + addr, "JWT_SECRET=0123456789abcdefghijklmnopqrstuvwxyzABCD"}
	one, two := startExample(t, exe, env...), startExample(t, exe, env...)
	testExampleSessions(t, one)
	token := one.login(t, "johndoe", "secret", "me")
	assert.Equal(t, http.StatusOK, two.do(t, "GET", "/users/me/", "Bearer "+token.AccessToken, nil).status)
	assert.Equal(t, http.StatusNoContent, one.do(t, "POST", "/logout", "Bearer "+token.AccessToken, nil).status)
	require.Eventually(t, func() bool {
		return two.do(t, "GET", "/users/me/", "Bearer "+token.AccessToken, nil).status == http.StatusUnauthorized
	}, 5*time.Second, 10*time.Millisecond, "what one instance ends, the other refuses")
}
