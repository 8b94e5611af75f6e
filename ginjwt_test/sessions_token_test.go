package ginjwt_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// sessClients are clients with secrets.
func sessClients(cfg *sessConfig) {
	secrets := map[string]string{"app": "s3", "a:b": "p%", "other": "s"}
	cfg.Client = func(_ context.Context, id, secret string) (bool, error) {
		want, known := secrets[id]
		return known && want == secret, nil
	}
}

func sessBasic(userinfo string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(userinfo))
}

// requireRefusal asserts the form of RFC 6749 section 5.2, and the headers of
// every answer of a token endpoint.
func (a sessAnswer) requireRefusal(t testing.TB, status int, code string) {
	t.Helper()
	require.Equal(t, status, a.status, a.body)
	loginHeaders(t, a.header)
	assert.NotEmpty(t, loginRefusal(t, code, a.body))
	challenge := ""
	if status == 401 {
		challenge = `Basic realm="token"`
	}
	assert.Equal(t, challenge, a.header.Get("WWW-Authenticate"))
}

func TestSessionsTokenEndpoint(t *testing.T) {
	t.Parallel()
	const login = "grant_type=password&username=alice&password=right"
	for _, tc := range []struct {
		rule, path, contentType, body string
		headers                       []string
		status                        int
		code                          string
		judged                        bool // the password was looked at
	}{
		{rule: "TE-02 a wrong password", body: "grant_type=password&username=alice&password=wrong", status: 400, code: "invalid_grant", judged: true},
		{rule: "TE-04 no grant type", body: "username=alice&password=right", status: 400, code: "invalid_request"},
		{rule: "TE-04 an empty grant type", body: "grant_type=&username=alice&password=right", status: 400, code: "invalid_request"},
		{rule: "TE-05 another grant type", body: "grant_type=foo", status: 400, code: "unsupported_grant_type"},
		{rule: "TE-05 another letter case", body: "grant_type=Password&username=alice&password=right", status: 400, code: "unsupported_grant_type"},
		{rule: "TE-06 two user names", body: "grant_type=password&username=a&username=b&password=x", status: 400, code: "invalid_request"},
		{rule: "TE-06 two grant types", body: login + "&grant_type=password", status: 400, code: "invalid_request"},
		{rule: "TE-06 a login that is a refresh too", body: login + "&grant_type=refresh_token", status: 400, code: "invalid_request"},
		{rule: "TE-06 two refresh tokens", body: "grant_type=refresh_token&refresh_token=a&refresh_token=b", status: 400, code: "invalid_request"},
		{rule: "TE-08 all in the query", path: "/token?" + login, status: 400, code: "invalid_request"},
		{rule: "TE-08 a refresh token in the query", path: "/token?refresh_token=abc", body: "grant_type=refresh_token", status: 400, code: "invalid_request"},
		{rule: "TE-09 JSON", contentType: "application/json", body: `{"grant_type":"password","username":"alice","password":"right"}`, status: 400, code: "invalid_request"},
		{rule: "TE-09 JSON as a form", body: `{"grant_type":"password","username":"alice","password":"right"}`, status: 400, code: "invalid_request"},
		{rule: "TE-10 an empty password", body: "grant_type=password&username=alice&password=", status: 400, code: "invalid_request"},
		{rule: "TE-10 an empty refresh token", body: "grant_type=refresh_token&refresh_token=", status: 400, code: "invalid_request"},
		{rule: "TE-10 no refresh token", body: "grant_type=refresh_token", status: 400, code: "invalid_request"},
		{rule: "TE-15 a scope that is not granted", body: login + "&scope=admin", status: 400, code: "invalid_scope", judged: true},
		{rule: "TE-16 a quote in a scope", body: login + `&scope=a"b`, status: 400, code: "invalid_scope"},
		{rule: "TE-27 a body of 10 MiB", body: login + "&x=" + strings.Repeat("a", 10<<20), status: 413, code: "invalid_request"},
		{rule: "TE-29 no UTF-8", body: "grant_type=password&username=%ff&password=x", status: 400, code: "invalid_request"},
		{rule: "TE-29 no UTF-8 in a refresh", body: "grant_type=refresh_token&refresh_token=%ff", status: 400, code: "invalid_request"},
		{rule: "TE-29 no UTF-8 in the client's name", body: login + "&client_id=%ff", status: 400, code: "invalid_request"},
		{rule: "no UTF-8 in the client's name in the header", headers: []string{sessBasic("%ff:x")}, body: login, status: 401, code: "invalid_client"},
		{rule: "a control character in the client's name in the header", headers: []string{sessBasic("a%00b:x")}, body: login, status: 401, code: "invalid_client"},
		{rule: "two Authorization headers", headers: []string{sessBasic("a:b"), sessBasic("c:d")}, body: login, status: 400, code: "invalid_request"},
		{rule: "credentials that are no Base64", headers: []string{"Authorization: Basic !"}, body: login, status: 401, code: "invalid_client"},
		{rule: "credentials without a colon", headers: []string{sessBasic("ab")}, body: login, status: 401, code: "invalid_client"},
		{rule: "credentials that are no form", headers: []string{sessBasic("a%zz:b")}, body: login, status: 401, code: "invalid_client"},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			t.Parallel()
			w := newSessWorld(t)
			path, contentType := tc.path, tc.contentType
			if path == "" {
				path = "/token"
			}
			if contentType == "" {
				contentType = formType
			}
			a := w.do("POST", path, contentType, tc.body, tc.headers...)
			a.requireRefusal(t, tc.status, tc.code)
			assert.Equal(t, tc.judged, w.logins.Load() > 0, "whether the password was looked at")
			assert.Empty(t, w.list("alice"), "no session began")
		})
	}
}

func TestSessionsLogin(t *testing.T) { // TE-01, TE-11, TE-30
	t.Parallel()
	for rule, more := range map[string][]string{
		"a form of the two":                    nil,
		"TE-11 unknown fields are ignored":     {"foo", "1", "foo", "2"},
		"a refresh token that is none is none": {"refresh_token", "garbage"},
		"a client that is public":              {"client_id", "app"},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w := newSessWorld(t)
			a := w.post("/token", sessForm(append([]string{"grant_type", "password", "username", "alice", "password", "right"}, more...)...))
			require.Equal(t, 200, a.status, a.body)
			loginHeaders(t, a.header)
			assert.Empty(t, a.cookie)
			var body map[string]any
			require.NoError(t, json.Unmarshal([]byte(a.body), &body))
			assert.ElementsMatch(t, []string{"access_token", "token_type", "expires_in", "refresh_token", "scope"}, sessKeys(body))
			assert.Equal(t, "bearer", body["token_type"])
			assert.Equal(t, 900.0, body["expires_in"])
			assert.Equal(t, "me items", body["scope"])
			assert.Regexp(t, `^[\w-]{107}$`, body["refresh_token"], "opaque, of one length")
			assert.Equal(t, 200, w.me(body["access_token"].(string)))
		})
	}
}

func sessKeys[V any](m map[string]V) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	return keys
}

func TestSessionsTellNoUserFromAnother(t *testing.T) { // TE-03
	t.Parallel()
	w := newSessWorld(t)
	first := w.post("/token", sessForm("grant_type", "password", "username", "alice", "password", "wrong"))
	for _, user := range []string{"nobody", "alice\"", strings.Repeat("n", 4000)} {
		a := w.post("/token", sessForm("grant_type", "password", "username", user, "password", "wrong"))
		assert.Equal(t, first.same(), a.same())
	}
}

func TestSessionsTokenIsAPOST(t *testing.T) { // TE-07
	t.Parallel()
	w := newSessWorld(t)
	for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		a := w.do(method, "/token?grant_type=password&username=alice&password=right", "", "")
		assert.Equal(t, 405, a.status, method)
		assert.Equal(t, "POST", a.header.Get("Allow"), method)
		loginHeaders(t, a.header)
	}
	assert.Zero(t, w.logins.Load())
}

func TestSessionsClients(t *testing.T) { // TE-12 to TE-14
	t.Parallel()
	const login = "grant_type=password&username=alice&password=right"
	for _, tc := range []struct {
		rule, header, body string
		status             int
		code               string
	}{
		{"TE-12 a wrong secret", sessBasic("app:wrong"), login, 401, "invalid_client"},
		{"TE-12 an unknown client", sessBasic("nobody:s3"), login, 401, "invalid_client"},
		{"TE-12 no client", "", login, 401, "invalid_client"},
		{"TE-12 an empty client", sessBasic(":"), login, 401, "invalid_client"},
		{"TE-12 a wrong secret in the form", "", login + "&client_id=app&client_secret=x", 401, "invalid_client"},
		{"TE-12 no secret in the form", "", login + "&client_id=app", 401, "invalid_client"},
		{"TE-12 another scheme is no client", "Authorization: Bearer abc", login, 401, "invalid_client"},
		{"TE-13 the secret twice", sessBasic("app:s3"), login + "&client_id=app&client_secret=s3", 400, "invalid_request"},
		{"TE-13 two names", sessBasic("app:s3"), login + "&client_id=other", 400, "invalid_request"},
		{"TE-14 both parts are form-encoded", sessBasic("a%3Ab:p%25"), login, 200, ""},
		{"TE-14 not encoded, another client", sessBasic("a:b:p%25"), login, 401, "invalid_client"},
		{"the header", sessBasic("app:s3"), login, 200, ""},
		{"the scheme in another letter case", strings.Replace(sessBasic("app:s3"), "Basic", "bAsIc", 1), login, 200, ""},
		{"the name again in the form", sessBasic("app:s3"), login + "&client_id=app", 200, ""},
		{"empty fields count as missing", sessBasic("app:s3"), login + "&client_id=&client_secret=", 200, ""},
		{"the form", "", login + "&client_id=app&client_secret=s3", 200, ""},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			t.Parallel()
			w := newSessWorld(t, sessClients)
			var headers []string
			if tc.header != "" {
				headers = append(headers, tc.header)
			}
			a := w.do("POST", "/token", formType, tc.body, headers...)
			if tc.status == 200 {
				sessTokensOf(t, a)
				return
			}
			a.requireRefusal(t, tc.status, tc.code)
			assert.Zero(t, w.logins.Load(), "no password is looked at for a client that is none")
		})
	}
}

// All refusals of refresh tokens are one answer, byte for byte: it tells nobody
// what the token was.
func TestSessionsRefuseAlike(t *testing.T) { // TE-18, TE-21, TE-24, TE-25
	t.Parallel()
	w := newSessWorld(t)
	var answers []string
	refuse := func(rule, token string, pairs ...string) {
		a := w.tryRefresh(token, pairs...)
		a.requireRefusal(t, 400, "invalid_grant")
		assert.Equal(t, sessRefused, a.body, rule)
		answers = append(answers, a.same())
	}
	expired := w.logIn("alice")
	w.clock.advance(14 * 24 * time.Hour)
	refuse("expired", expired.Refresh)
	revoked := w.logIn("alice")
	require.NoError(t, w.EndAll(t.Context(), "alice"))
	refuse("revoked", revoked.Refresh)
	used := w.logIn("alice")
	w.refresh(used.Refresh)
	refuse("used", used.Refresh)
	refuse("used twice", used.Refresh)
	theirs := w.logIn("alice", "client_id", "app")
	refuse("another client's", theirs.Refresh, "client_id", "other")
	refuse("a client's, by nobody", theirs.Refresh)
	refuse("an access token", theirs.Access)
	foreign := newSessWorld(t).logIn("alice")
	refuse("unknown", foreign.Refresh)
	for rule, token := range sessGarbage(theirs.Refresh) {
		refuse(rule, token, "client_id", "app")
	}
	for _, a := range answers {
		assert.Equal(t, answers[0], a)
	}
	w.requireAlive(theirs, "client_id", "app") // none of it did anything
}

// sessGarbage are texts that are not the refresh token good, all of which leave
// its session alone.
func sessGarbage(good string) map[string]string {
	raw, _ := base64.RawURLEncoding.DecodeString(good)
	changed := func(i int) string {
		b := append([]byte(nil), raw...)
		b[i] ^= 1
		return base64.RawURLEncoding.EncodeToString(b)
	}
	return map[string]string{
		"garbage":                  "garbage",
		"one character short":      good[:len(good)-1],
		"one character more":       good + "A",
		"padding":                  good + "=",
		"a line break inside":      good[:50] + "\n" + good[51:],
		"another alphabet":         base64.RawStdEncoding.EncodeToString(append(raw[:len(raw)-2:len(raw)-2], 0xff, 0xff)),
		"bits beyond the end":      good[:len(good)-1] + string(sessTwin(good[len(good)-1])),
		"another subject's tag":    changed(0),
		"another session":          changed(16),
		"a wrong family secret":    changed(32),
		"all zeros":                strings.Repeat("A", 107),
		"spaces around":            " " + good,
		"of the longest form":      strings.Repeat("A", 15<<10),
		"the right tag and nought": base64.RawURLEncoding.EncodeToString(append(append([]byte{}, raw[:32]...), make([]byte, 48)...)),
	}
}

// sessTwin returns the character that decodes to the same last byte, with bits
// set that stand for nothing.
func sessTwin(c byte) byte {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return alphabet[strings.IndexByte(alphabet, c)|1]
}

func TestSessionsRefresh(t *testing.T) { // TE-17 to TE-19
	t.Parallel()
	w := newSessWorld(t)
	first := w.logIn("alice")
	w.clock.advance(time.Second)
	a := w.tryRefresh(first.Refresh)
	loginHeaders(t, a.header)
	second := sessTokensOf(t, a)
	assert.NotEqual(t, first.Refresh, second.Refresh)
	assert.NotEqual(t, sessPayload(t, first.Access)["jti"], sessPayload(t, second.Access)["jti"])
	assert.Equal(t, sessSID(t, first.Access), sessSID(t, second.Access), "one session")
	assert.Equal(t, "me items", second.Scope)
	assert.Equal(t, 200, w.me(second.Access))

	w.tryRefresh(first.Refresh).requireRefusal(t, 400, "invalid_grant") // TE-18
	w.requireDead(second)                                               // TE-19
	w.requireDead(first)
	assert.Empty(t, w.list("alice"))
}

func TestSessionsAreTheirClients(t *testing.T) { // TE-21
	t.Parallel()
	w := newSessWorld(t, sessClients)
	tokens := sessTokensOf(t, w.post("/token", sessForm("grant_type", "password", "username", "alice", "password", "right"), sessBasic("app:s3")))
	form := sessForm("grant_type", "refresh_token", "refresh_token", tokens.Refresh)
	w.post("/token", form, sessBasic("other:s")).requireRefusal(t, 400, "invalid_grant")
	w.post("/token", form).requireRefusal(t, 401, "invalid_client")
	assert.Equal(t, 200, w.me(tokens.Access), "another client's attempt ends nothing")
	next := sessTokensOf(t, w.post("/token", form, sessBasic("app:s3")))
	assert.Equal(t, "app", sessPayload(t, next.Access)["client_id"])
}

func TestSessionsScopeNarrows(t *testing.T) { // TE-22, TE-23
	t.Parallel()
	w := newSessWorld(t)
	tokens := w.logIn("alice", "scope", "items me")
	for _, wider := range []string{"admin", "me admin", "ME", `a"b`, "me\titems", "me,items", "*"} {
		w.tryRefresh(tokens.Refresh, "scope", wider).requireRefusal(t, 400, "invalid_scope")
	}
	narrow := w.refresh(tokens.Refresh, "scope", "me") // nothing was used up
	assert.Equal(t, "me", narrow.Scope)
	assert.Equal(t, "me", sessPayload(t, narrow.Access)["scope"])
	for _, all := range [][]string{nil, {"scope", ""}, {"scope", "  "}, {"scope", "me items"}, {"scope", "me  items me"}} {
		narrow = w.refresh(narrow.Refresh, all...)
		assert.Equal(t, "items me", narrow.Scope, "the next refresh has the original again")
		assert.Equal(t, "items me", sessPayload(t, narrow.Access)["scope"])
	}

	less := w.logIn("bob", "scope", "me")
	w.tryRefresh(less.Refresh, "scope", "me items").requireRefusal(t, 400, "invalid_scope")
}

// What Claims sets as scope narrows what the login granted, and can do no more.
func TestSessionsClaimsNarrowTheScope(t *testing.T) {
	t.Parallel()
	for says, want := range map[ginjwt.Scope]string{"me admin": "me", "admin": "", "items me": "me items", "": ""} {
		w := newSessWorld(t)
		tokens := w.logIn("alice")
		w.setClaims(func(*gin.Context, sessLogin) (ginjwt.AnyClaims, error) {
			return &sessClaims{Claims: ginjwt.Claims{
				Scope: says, Subject: "mallory", JWTID: "zzzz-1",
			}}, nil
		})
		next := w.refresh(tokens.Refresh)
		assert.Equal(t, want, next.Scope, says)
		payload := sessPayload(t, next.Access)
		assert.Equal(t, "alice", payload["sub"], "it is the login's")
		assert.NotEqual(t, "zzzz-1", payload["jti"], "the generation is in it")
	}
}

// The data of a login comes back with its own type, at every refresh.
func TestSessionsKeepTypedData(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	var seen []sessLogin
	w.setClaims(func(_ *gin.Context, login sessLogin) (ginjwt.AnyClaims, error) {
		seen = append(seen, login)
		return &sessClaims{Name: login.Data.Name, Roles: login.Data.Roles}, nil
	})
	tokens := w.logIn("ałi <&>")
	for range 3 {
		tokens = w.refresh(tokens.Refresh)
	}
	require.Len(t, seen, 4)
	for _, login := range seen {
		assert.Equal(t, sessLogin{Subject: "ałi <&>", Scope: "me items", Data: sessAlice("ałi <&>")}, login)
	}
	var me map[string]any
	a := w.do("GET", "/me", "", "", "Authorization: Bearer "+tokens.Access)
	require.NoError(t, json.Unmarshal([]byte(a.body), &me))
	assert.Equal(t, []any{"reader", "writer"}, me["roles"])
}

// The user is looked up again at each refresh.
func TestSessionsOfAUserWhoIsGone(t *testing.T) {
	t.Parallel()
	for rule, err := range map[string]error{
		"disabled":         ginjwt.Forbidden("Inactive user"),
		"deleted":          ginjwt.Unauthenticated("No such user"),
		"not found":        ginjwt.HTTPError(404, "No such user"),
		"a wrapped error":  fmt.Errorf("users: %w", ginjwt.InvalidGrant("Gone")),
		"a package's text": &ginjwt.Error{Status: 400, Code: "gone", Detail: "secret reason"},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w := newSessWorld(t)
			tokens, other := w.logIn("alice"), w.logIn("bob")
			w.failClaims(err)
			a := w.tryRefresh(tokens.Refresh)
			assert.Equal(t, sessRefused, a.body, "the client is not told why")
			a.requireRefusal(t, 400, "invalid_grant")
			w.setClaims(nil)
			w.requireDead(tokens)
			w.requireAlive(other)
		})
	}
}

// A refresh that fails for another reason than the token's uses nothing up: the
// same refresh token is good when that is over.
func TestSessionsAFailureConsumesNothing(t *testing.T) {
	t.Parallel()
	claims := func(c *ginjwt.Claims) func(*gin.Context, sessLogin) (ginjwt.AnyClaims, error) {
		return func(*gin.Context, sessLogin) (ginjwt.AnyClaims, error) { return c, nil }
	}
	fails := func(err error) func(*gin.Context, sessLogin) (ginjwt.AnyClaims, error) {
		return func(*gin.Context, sessLogin) (ginjwt.AnyClaims, error) { return nil, err }
	}
	for _, tc := range []struct {
		rule   string
		claims func(*gin.Context, sessLogin) (ginjwt.AnyClaims, error)
		status int
	}{
		{"the users' store is down", fails(ginjwt.Unavailable(errors.New("down"))), 503},
		{"a plain error", fails(errors.New("bug")), 500},
		{"a time-out", fails(context.DeadlineExceeded), 500},
		{"too many requests", fails(ginjwt.HTTPError(429, "Later")), 429},
		{"no claims", claims(nil), 500},
		{"claims of another issuer", claims(&ginjwt.Claims{Issuer: "https://evil.example"}), 500},
		{"a panic", func(*gin.Context, sessLogin) (ginjwt.AnyClaims, error) { panic(http.ErrAbortHandler) }, 0},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			t.Parallel()
			w := newSessWorld(t)
			tokens := w.logIn("alice")
			w.setClaims(tc.claims)
			if tc.status != 0 {
				a := w.tryRefresh(tokens.Refresh)
				assert.Equal(t, tc.status, a.status, a.body)
				assert.Equal(t, "no-store", a.header.Get("Cache-Control"))
				assert.NotContains(t, a.body, "down")
			} else {
				_, err := w.srv.Client().PostForm(w.srv.URL+"/token", sessForm("grant_type", "refresh_token", "refresh_token", tokens.Refresh))
				assert.Error(t, err)
			}
			w.setClaims(nil)
			w.requireAlive(tokens)
		})
	}
}

// A login ends the session that it was presented with, and no other.
func TestSessionsLoginEndsThePresentedOne(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	before, other := w.logIn("alice"), w.logIn("alice")
	forged := w.logIn("bob")
	raw, err := base64.RawURLEncoding.DecodeString(forged.Refresh)
	require.NoError(t, err)
	raw[32] ^= 1 // the family secret
	w.logIn("eve", "refresh_token", base64.RawURLEncoding.EncodeToString(raw))
	after := w.logIn("carol", "refresh_token", before.Refresh)
	w.requireDead(before)
	for _, tokens := range []sessTokens{other, forged, after} {
		w.requireAlive(tokens)
	}
}

// A login that fails leaves the session alone that it was presented with.
func TestSessionsFailedLoginEndsNothing(t *testing.T) {
	t.Parallel()
	for rule, fail := range map[string]func(*sessWorld) []string{
		"a wrong password":    func(*sessWorld) []string { return []string{"password", "wrong"} },
		"a scope not granted": func(*sessWorld) []string { return []string{"password", "right", "scope", "admin"} },
		"an outage in Claims": func(w *sessWorld) []string {
			w.failClaims(ginjwt.Unavailable(errors.New("down")))
			return []string{"password", "right"}
		},
		"a user who may not": func(w *sessWorld) []string {
			w.failClaims(ginjwt.Forbidden("Inactive user"))
			return []string{"password", "right"}
		},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w := newSessWorld(t)
			tokens := w.logIn("alice")
			pairs := append([]string{"grant_type", "password", "username", "alice", "refresh_token", tokens.Refresh}, fail(w)...)
			a := w.post("/token", sessForm(pairs...))
			assert.GreaterOrEqual(t, a.status, 400)
			w.setClaims(nil)
			w.requireAlive(tokens)
			assert.Len(t, w.list("alice"), 1)
		})
	}
}

// The answer to a refresh is lost on its way, and the client asks again.
func TestSessionsLostAnswer(t *testing.T) {
	t.Parallel()
	t.Run("with grace, the same successor", func(t *testing.T) {
		t.Parallel()
		w := newSessWorld(t, func(cfg *sessConfig) { cfg.Grace = 10 * time.Second })
		tokens := w.logIn("alice")
		lost := w.refresh(tokens.Refresh)
		again := w.refresh(tokens.Refresh)
		assert.Equal(t, lost.Refresh, again.Refresh)
		w.requireAlive(again)
	})
	t.Run("without, the session is over", func(t *testing.T) {
		t.Parallel()
		w := newSessWorld(t)
		tokens := w.logIn("alice")
		lost := w.refresh(tokens.Refresh)
		w.tryRefresh(tokens.Refresh).requireRefusal(t, 400, "invalid_grant")
		w.requireDead(lost)
	})
}

func TestSessionsAccessToken(t *testing.T) { // TE-33
	t.Parallel()
	w := newSessWorld(t)
	first := w.logIn("alice", "client_id", "app", "scope", "me")
	tokens := w.refresh(first.Refresh, "client_id", "app")
	for _, tokens := range []sessTokens{first, tokens} {
		header, payload := parts(t, tokens.Access)
		assert.Equal(t, map[string]any{"alg": "HS256", "typ": "at+jwt"}, header)
		now := float64(w.clock.Now().Unix())
		for name, want := range map[string]any{
			"iss": testIssuer, "aud": testAudience, "sub": "alice", "client_id": "app", "scope": "me",
			"iat": now, "exp": now + 900,
		} {
			assert.Equal(t, want, payload[name], name)
		}
		assert.Regexp(t, `^0-[A-Z2-7]{26}$`, payload["jti"], "130 random bits")
		assert.Regexp(t, `^[\w-]{22}$`, payload["sid"])
		assert.NotContains(t, tokens.Refresh, payload["sid"], "not to be read off the refresh token")
	}
	t.Run("jti and refresh tokens do not repeat", func(t *testing.T) {
		seen := map[any]bool{}
		for range 200 {
			tokens = w.refresh(tokens.Refresh, "client_id", "app")
			for _, one := range []any{sessPayload(t, tokens.Access)["jti"], tokens.Refresh} {
				require.False(t, seen[one])
				seen[one] = true
			}
		}
	})
}

// TE-34: a client that leaves before its session is stored leaves none behind.
func TestSessionsClientLeavesALogin(t *testing.T) {
	t.Parallel()
	for rule, set := range map[string]func(w *sessWorld, wait func(*gin.Context)){
		"in Password": func(w *sessWorld, wait func(*gin.Context)) { w.afterPassword(wait) },
		"in Claims": func(w *sessWorld, wait func(*gin.Context)) {
			w.setClaims(func(c *gin.Context, _ sessLogin) (ginjwt.AnyClaims, error) {
				wait(c)
				return &ginjwt.Claims{}, nil
			})
		},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w := newSessWorld(t)
			ctx, leave := context.WithCancel(t.Context())
			var over sync.WaitGroup
			over.Add(1)
			set(w, func(c *gin.Context) {
				ginjwt.Cleanup(c, over.Done)
				leave()
				<-c.Request.Context().Done()
			})
			req, err := http.NewRequestWithContext(ctx, "POST", w.srv.URL+"/token", strings.NewReader("grant_type=password&username=alice&password=right"))
			require.NoError(t, err)
			req.Header.Set("Content-Type", formType)
			_, err = w.srv.Client().Do(req)
			require.ErrorIs(t, err, context.Canceled)
			over.Wait()
			assert.Empty(t, w.list("alice"))
		})
	}
}

// Errors keep the form of RFC 6749, whatever a group makes of its own.
func TestSessionsErrorsAreExemptFromOnError(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	r := newEngine()
	r.Use(ginjwt.OnError(func(c *gin.Context, _ *ginjwt.Error) { c.String(200, "another body") }))
	r.POST("/token", w.Token())
	for _, body := range []string{
		"grant_type=password&username=alice&password=wrong", "grant_type=refresh_token&refresh_token=x", "grant_type=foo", "",
	} {
		answer := loginPost(r, "/token", body)
		assert.Equal(t, 400, answer.Code)
		loginHeaders(t, answer.Header())
		assert.True(t, strings.HasPrefix(answer.Body.String(), `{"error":"`), answer.Body)
	}
}

// What a client says of itself is shown to the user, and must not do harm there.
func TestSessionsHint(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	form := url.Values{"grant_type": {"password"}, "username": {"alice"}, "password": {"right"}, "client_id": {"app"}}
	for agent, want := range map[string]string{
		"curl/8":                  "curl/8",
		"a\tb":                    "a?b",
		"bad \xff bytes":          "bad ? bytes",
		"\u202etxt.exe":           "?txt.exe",
		strings.Repeat("ü", 5000): strings.Repeat("ü", 200),
	} {
		require.Equal(t, 200, w.post("/token", form, "User-Agent: "+agent).status)
		list := w.list("alice")
		require.Len(t, list, 1)
		assert.Equal(t, want, list[0].Hint)
		assert.Equal(t, "app", list[0].ClientID)
		require.NoError(t, w.EndAll(t.Context(), "alice"))
	}
}
