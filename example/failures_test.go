package main

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

// broken is a store that can do nothing with sessions, but still knows that no
// token is revoked.
type broken struct{ sessions.Store }

var errBroken = errors.New("the disk is full")

func (broken) List(context.Context, sessions.Tag) ([]sessions.Record, error) { return nil, errBroken }

func (broken) End(context.Context, sessions.Tag, string, time.Duration) error { return errBroken }

func (broken) EndAll(context.Context, sessions.Tag, string, time.Duration) error { return errBroken }

// Whoever wants to end a session must not be told that it is over when it is not.
func TestSessionsThatCannotBeReached(t *testing.T) {
	key := ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256))
	r := setupRouter(key, broken{ginjwt.Must(sessions.NewMemory(sessions.MemoryConfig{}))}, nil)
	issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: key, Issuer: ownIssuer, Audience: []string{"example"}}))
	claims := ginjwt.Claims{Subject: "johndoe"}
	claims.SessionID = "one"
	token := ginjwttest.Token(t, issuer, &claims)
	for _, request := range []string{"GET /sessions", "DELETE /sessions/one", "DELETE /sessions", "DELETE /sessions?others=1"} {
		method, target, _ := strings.Cut(request, " ")
		rec := ginjwttest.Do(t, r, ginjwttest.Authorized(httptest.NewRequest(method, target, nil), token))
		assert.Equal(t, 503, rec.Code, request)
		assert.NotEmpty(t, rec.Header().Get("Retry-After"), request)
		assert.JSONEq(t, `{"detail":"Service unavailable"}`, rec.Body.String(), request)
	}
}

func TestUserWhoIsGoneRenewsNothing(t *testing.T) {
	users["leaver"] = User{Username: "leaver", scopes: "me", hash: users["johndoe"].hash}
	t.Cleanup(func() { delete(users, "leaver") })
	r := setupRouter(ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256)), ginjwt.Must(sessions.NewMemory(sessions.MemoryConfig{})), nil)
	ask := func(form url.Values) *httptest.ResponseRecorder {
		req := httptest.NewRequest("POST", "/token", strings.NewReader(form.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return ginjwttest.Do(t, r, req)
	}
	refreshToken := func(rec *httptest.ResponseRecorder) string {
		require.Equal(t, 200, rec.Code, rec.Body)
		var token ginjwt.Token
		require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &token))
		return token.RefreshToken
	}
	renew := func(token string) *httptest.ResponseRecorder {
		return ask(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
	}
	first := refreshToken(ask(url.Values{"username": {"leaver"}, "password": {"secret"}}))
	second := refreshToken(renew(first))

	delete(users, "leaver")
	rec := renew(second)
	assert.Equal(t, 400, rec.Code)
	assert.Contains(t, rec.Body.String(), `"error":"invalid_grant"`)
}

func TestStoreThatIsNotThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	_, _, err = openStore(l.Addr().String())
	assert.ErrorContains(t, err, "connection refused")
	t.Setenv("REDIS_ADDR", l.Addr().String())
	assert.ErrorContains(t, run(), "REDIS_ADDR: ")
}
