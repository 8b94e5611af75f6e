package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	jwt "github.com/appleboy/gin-jwt/v3"
	"github.com/appleboy/gin-jwt/v3/core"
	"github.com/appleboy/gin-jwt/v3/store"
	gojwt "github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/example/fromginjwt/after"
	"github.com/ginjwt/gin-depends/example/fromginjwt/before"
	"github.com/ginjwt/gin-depends/ginjwt"
)

// old is what the new service takes of the old one in these tests.
func old(t *testing.T, store core.TokenStore) *after.Old {
	t.Helper()
	key, err := ginjwt.NewKey(ginjwt.HS256, secret)
	require.NoError(t, err)
	soon := time.Now().Add(time.Hour)
	return &after.Old{Key: key, KeyUntil: soon, Store: store, Until: soon}
}

func TestOldAccessTokens(t *testing.T) {
	t.Parallel()
	was := startBefore(t, before.Config{})
	token := was.login(t, "admin").Access
	payload := func(change func(gojwt.MapClaims)) string {
		claims := gojwt.MapClaims{"id": "admin", "orig_iat": time.Now().Unix(), "exp": time.Now().Unix() + 60}
		change(claims)
		return signed(t, claims)
	}
	over := old(t, nil)
	over.KeyUntil = time.Now().Add(-time.Second)
	const greeted, refused = "200 Hello World.", "401 Could not validate credentials"
	cases := []struct {
		name  string
		old   *after.Old
		token string
		want  string
	}{
		{"accepted for a time", old(t, nil), token, greeted},
		{"refused by a service that never had any", nil, token, refused},
		{"refused when the time is over", over, token, refused},
		{"roles are judged as ever", old(t, nil), was.login(t, "test").Access, "403 you don't have permission to access this resource"},
		{"of a user who is gone", old(t, nil), payload(func(c gojwt.MapClaims) { c["id"] = "somebody" }), refused},
		{"without a user", old(t, nil), payload(func(c gojwt.MapClaims) { delete(c, "id") }), refused},
		{"expired", old(t, nil), payload(func(c gojwt.MapClaims) { c["exp"] = time.Now().Unix() - 1 }), refused},
		{"without an expiry", old(t, nil), payload(func(c gojwt.MapClaims) { delete(c, "exp") }), refused},
		{"that names an issuer is not gin-jwt's", old(t, nil), payload(func(c gojwt.MapClaims) { c["iss"] = "hello" }), refused},
		{"with another signature", old(t, nil), forged(token), refused},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			is := startAfter(t, after.Config{Old: test.old})
			assert.Equal(t, test.want, is.get(t, "/auth/hello", test.token).brief(t))
		})
	}
}

// TestInstancesOfBoth has a deployment during which clients meet now the one
// service and now the other.
func TestInstancesOfBoth(t *testing.T) {
	t.Parallel()
	shared := store.NewInMemoryRefreshTokenStore()
	was, is := startBefore(t, before.Config{Store: shared}), startAfter(t, after.Config{Old: old(t, shared)})
	first, second := was.login(t, "admin"), is.login(t, "admin")
	assert.Equal(t, 200, was.get(t, "/auth/hello", second.Access).StatusCode)
	assert.Equal(t, 200, is.get(t, "/auth/hello", first.Access).StatusCode)
	assert.Equal(t, 401, was.refresh(t, second.Refresh).StatusCode, "an old instance cannot know new refresh tokens")
	assert.Equal(t, 200, is.refresh(t, first.Refresh).StatusCode)
	assert.Equal(t, 200, is.refresh(t, second.Refresh).StatusCode, "and does them no harm")
	assert.Equal(t, 204, is.logout(t, second, "").StatusCode)
	assert.Equal(t, 200, was.get(t, "/auth/hello", second.Access).StatusCode, "nor does it learn of a logout")
}

func TestOldKeys(t *testing.T) {
	t.Parallel()
	const short = "secret key" // of gin-jwt's README
	_, err := ginjwt.NewKey(ginjwt.HS256, short)
	require.Error(t, err, "short secrets are guessed")
	key, err := ginjwt.NewKey(ginjwt.HS256, short, ginjwt.InsecureShortKey())
	require.NoError(t, err)
	is := startAfter(t, after.Config{Old: &after.Old{Key: key, KeyUntil: time.Now().Add(time.Hour)}})
	was := startBefore(t, before.Config{Key: []byte(short)})
	assert.Equal(t, 200, is.get(t, "/auth/hello", was.login(t, "admin").Access).StatusCode, "but accepted for a time")
	assert.Equal(t, 401, was.get(t, "/auth/hello", is.login(t, "admin").Access).StatusCode, "new tokens have the new key")
}

func TestOldRSAKeys(t *testing.T) {
	t.Parallel()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	public, err := x509.MarshalPKIXPublicKey(private.Public())
	require.NoError(t, err)
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})
	auth, err := jwt.New(&jwt.GinJWTMiddleware{
		SigningAlgorithm: "RS256", PubKeyBytes: publicPEM,
		PrivKeyBytes: pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(private)}),
		PayloadFunc:  func(any) gojwt.MapClaims { return gojwt.MapClaims{"id": "admin"} },
	})
	require.NoError(t, err)
	token, err := auth.TokenGenerator(t.Context(), nil)
	require.NoError(t, err)
	key, err := ginjwt.KeyFromPEM(ginjwt.RS256, publicPEM)
	require.NoError(t, err)
	is := startAfter(t, after.Config{Old: &after.Old{Key: key, KeyUntil: time.Now().Add(time.Hour)}})
	assert.Equal(t, 200, is.get(t, "/auth/hello", token.AccessToken).StatusCode)
}

func TestOldRefreshTokens(t *testing.T) {
	t.Parallel()
	stores := map[string]func(*testing.T) core.TokenStore{
		"in memory": func(*testing.T) core.TokenStore { return store.NewInMemoryRefreshTokenStore() },
		"in Redis":  redisStore,
	}
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shared := open(t)
			was, is := startBefore(t, before.Config{Store: shared}), startAfter(t, after.Config{Old: old(t, shared)})
			token := was.login(t, "admin").Refresh

			first := is.refresh(t, token).tokens(t)
			assert.Equal(t, "200 Hello World.", is.get(t, "/auth/hello", first.Access).brief(t))
			assert.Equal(t, 400, is.refresh(t, token).StatusCode, "it is good once")
			assert.Equal(t, 401, was.refresh(t, token).StatusCode, "the old service knows")
			second := is.refresh(t, first.Refresh).tokens(t)
			assert.Equal(t, "200 Hello World.", is.get(t, "/auth/hello", second.Access).brief(t), "the session goes on")

			never := startAfter(t, after.Config{})
			assert.Equal(t, 400, never.refresh(t, was.login(t, "admin").Refresh).StatusCode)
		})
	}
}

// TestRedisLosesTheUser is a bug of the old service that the new one has not,
// and that its users may know from the other side.
func TestRedisLosesTheUser(t *testing.T) {
	t.Parallel()
	was := startBefore(t, before.Config{Store: redisStore(t)})
	refreshed := was.refresh(t, was.login(t, "admin").Refresh).tokens(t)
	assert.Equal(t, []string{"exp", "orig_iat"}, membersOf(t, part(t, refreshed.Access, 1)), "payload got a map, not a *User")
	assert.Equal(t, 500, was.get(t, "/auth/hello", refreshed.Access).StatusCode)
}

func TestOldClients(t *testing.T) {
	t.Parallel()
	shared := store.NewInMemoryRefreshTokenStore()
	was, is := startBefore(t, before.Config{Store: shared}), startAfter(t, after.Config{Old: old(t, shared)})
	login := is.call(t, `POST /login {"username":"admin","password":"admin"}`).tokens(t)
	second := is.call(t, `POST /refresh {"refresh_token":"`+login.Refresh+`"}`).tokens(t)
	third := is.call(t, "POST /refresh refresh_token="+second.Refresh).tokens(t)
	assert.Equal(t, 204, is.logout(t, third, `{"refresh_token":"`+third.Refresh+`"}`).StatusCode)
	assert.Equal(t, 401, is.get(t, "/auth/hello", third.Access).StatusCode)

	before := was.login(t, "admin")
	assert.Equal(t, 204, is.logout(t, before, "refresh_token="+before.Refresh).StatusCode)
	assert.Equal(t, 400, is.refresh(t, before.Refresh).StatusCode, "logged out")
	assert.Equal(t, 401, is.logout(t, before, "").StatusCode, "there is nothing to end")

	cases := []struct{ name, request, want string }{
		{"a wrong password", `POST /login {"username":"admin","password":"wrong"}`, "400 invalid_grant: Incorrect username or password"},
		{"no JSON", `POST /login {"username"`, "400 invalid_request: The body must be a JSON object of strings"},
		{"no strings", `POST /login {"username":1}`, "400 invalid_request: The body must be a JSON object of strings"},
		{"too long", `POST /login {"username":"` + strings.Repeat("a", 16<<10) + `"}`, "400 invalid_request: The body must be a JSON object of strings"},
		{"too long a form", "POST /refresh refresh_token=" + strings.Repeat("a", 16<<10), "400 invalid_request: Missing refresh token"},
		{"no refresh token", "POST /refresh {}", "400 invalid_request: Missing refresh token"},
		{"an unknown refresh token", "POST /refresh refresh_token=unknown", "400 invalid_grant: The refresh token is not valid"},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, is.call(t, test.request).brief(t))
		})
	}
}

func TestOldIsOver(t *testing.T) {
	t.Parallel()
	shared := store.NewInMemoryRefreshTokenStore()
	over := old(t, shared)
	over.Until = time.Now().Add(-time.Second)
	was, is := startBefore(t, before.Config{Store: shared}), startAfter(t, after.Config{Old: over})
	tok := was.login(t, "admin")
	assert.Equal(t, 400, is.refresh(t, tok.Refresh).StatusCode)
	assert.Equal(t, 401, is.logout(t, tok, "refresh_token="+tok.Refresh).StatusCode)
	assert.Equal(t, 400, is.call(t, `POST /login {"username":"admin","password":"admin"}`).StatusCode)
	was.refresh(t, tok.Refresh).tokens(t) // nothing was taken from it
}

// TestOldStoreDown has the difference between a bad token and an outage.
func TestOldStoreDown(t *testing.T) {
	t.Parallel()
	is := startAfter(t, after.Config{Old: old(t, brokenStore{})})
	for _, path := range []string{"/refresh", "/auth/logout"} {
		a := is.call(t, "POST "+path+" refresh_token=some")
		assert.Equal(t, 503, a.StatusCode, path)
		assert.NotEmpty(t, a.Header.Get("Retry-After"), path)
	}
}

type brokenStore struct{ core.TokenStore }

func (brokenStore) Get(context.Context, string) (any, error) { return nil, errors.New("unreachable") }

// redisStore returns gin-jwt's store in a Redis of the test's own.
func redisStore(t *testing.T) core.TokenStore {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil && os.Getenv("CI") == "" {
		t.Skip("redis-server is not installed")
	}
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := listener.Addr().(*net.TCPAddr)
	require.NoError(t, listener.Close())
	server := exec.Command(program, "--bind", "127.0.0.1", "--port", strings.TrimPrefix(addr.String(), "127.0.0.1:"), "--save", "", "--dir", t.TempDir())
	out, err := server.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		assert.NoError(t, server.Process.Kill())
		_ = server.Wait() // it was killed
	})
	for lines := bufio.NewScanner(out); ; {
		require.True(t, lines.Scan(), "redis-server did not start")
		if strings.Contains(lines.Text(), "Ready to accept connections") {
			break
		}
	}
	s, err := store.NewRedisRefreshTokenStore(&store.RedisConfig{Addr: addr.String(), KeyPrefix: "gin-jwt:", CacheSize: 1 << 20, CacheTTL: time.Minute})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}
