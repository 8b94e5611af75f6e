package ginjwt_test

import (
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func testExampleSharedSecret(t *testing.T, app *exampleApp, exe, secret string) {
	other := startExample(t, exe, "JWT_SECRET="+secret)
	for name, pair := range map[string][2]*exampleApp{"one's on the other": {app, other}, "the other's on the one": {other, app}} {
		t.Run(name, func(t *testing.T) {
			token := pair[0].login(t, "johndoe", "secret", "me").AccessToken
			answer := pair[1].do(t, "GET", "/users/me/", "Bearer "+token, nil)
			assert.Equal(t, 200, answer.status, answer.body)
		})
	}
	assert.NotContains(t, app.log.String(), secret)
	assert.NotContains(t, app.log.String(), "JWT_SECRET is not set")
}

func testExampleRandomKey(t *testing.T, app *exampleApp, exe string) {
	random := startExample(t, exe)
	assert.Contains(t, random.log.String(), "JWT_SECRET is not set")
	token := random.login(t, "johndoe", "secret", "me").AccessToken
	assert.Equal(t, 200, random.do(t, "GET", "/users/me/", "Bearer "+token, nil).status)
	for name, other := range map[string]*exampleApp{"a given key": app, "another run's": startExample(t, exe)} {
		assert.Equal(t, 401, other.do(t, "GET", "/users/me/", "Bearer "+token, nil).status, name)
	}
}

func testExampleBadSecret(t *testing.T, exe string) {
	cases := map[string]struct{ secret, text string }{
		"31 bytes are too short": {strings.Repeat("ab", 15) + "c", "31 bytes and must have at least 32"},
		"none at all":            {"", "the secret is empty"},
		"FastAPI's sample":       {"09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7", "a published sample"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			app := launchExample(t, exe, "JWT_SECRET="+c.secret)
			assert.Equal(t, 1, app.exit(t))
			assert.Contains(t, app.log.String(), "JWT_SECRET: ")
			assert.Contains(t, app.log.String(), c.text)
			assert.NotContains(t, app.log.String(), "goroutine", "a panic is no clear error")
			if c.secret != "" {
				assert.NotContains(t, app.log.String(), c.secret)
			}
		})
	}
	t.Run("32 bytes will do", func(t *testing.T) {
		startExample(t, exe, "JWT_SECRET="+strings.Repeat("ab", 15)+"cd")
	})
	t.Run("an address in use", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer l.Close()
		app := launchExample(t, exe, "ADDR="+l.Addr().String())
		assert.Equal(t, 1, app.exit(t))
		assert.Contains(t, app.log.String(), "address already in use")
	})
}

func testExampleShutdown(t *testing.T, exe string) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(sig.String()+" ends it with exit code 0, after the request under way", func(t *testing.T) {
			app := startExample(t, exe)
			conn, err := net.Dial("tcp", strings.TrimPrefix(app.base, "http://"))
			require.NoError(t, err)
			defer conn.Close()
			require.NoError(t, conn.SetDeadline(time.Now().Add(30*time.Second)))
			const form = "username=johndoe&password=secret"
			_, err = io.WriteString(conn, "POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"+
				"Expect: 100-continue\r\nContent-Length: 32\r\n\r\n")
			require.NoError(t, err)
			buf := make([]byte, 4096)
			n, err := conn.Read(buf) // the handler reads: the request is under way
			require.NoError(t, err)
			require.Contains(t, string(buf[:n]), "100 Continue")

			require.NoError(t, app.cmd.Process.Signal(sig))
			refused := func() bool {
				c, err := net.Dial("tcp", conn.RemoteAddr().String())
				return err != nil || c.Close() != nil
			}
			require.Eventually(t, refused, 10*time.Second, 10*time.Millisecond, "it goes on listening")
			_, err = io.WriteString(conn, form)
			require.NoError(t, err)
			answer, err := io.ReadAll(conn)
			require.NoError(t, err)
			assert.Contains(t, string(answer), "HTTP/1.1 200 OK")
			assert.Zero(t, app.exit(t), app.log)
		})
	}
}
