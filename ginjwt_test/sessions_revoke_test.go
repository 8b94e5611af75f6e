package ginjwt_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

func TestSessionsRevoke(t *testing.T) { // RV-01, RV-02, RV-06, RV-07
	t.Parallel()
	type fate struct{ access, refresh bool } // whether they are still good
	for _, tc := range []struct {
		rule string
		form func(tokens sessTokens) []string
		fate fate
	}{
		{"RV-01 a refresh token", func(s sessTokens) []string { return []string{"token", s.Refresh} }, fate{false, false}},
		{"RV-06 a refresh token with the wrong hint", func(s sessTokens) []string {
			return []string{"token", s.Refresh, "token_type_hint", "access_token"}
		}, fate{false, false}},
		{"RV-06 an access token with the wrong hint", func(s sessTokens) []string {
			return []string{"token", s.Access, "token_type_hint", "refresh_token"}
		}, fate{false, true}},
		{"RV-06 an empty hint is none", func(s sessTokens) []string {
			return []string{"token", s.Refresh, "token_type_hint", ""}
		}, fate{false, false}},
		{"an access token, by itself", func(s sessTokens) []string { return []string{"token", s.Access} }, fate{false, true}},
		{"RV-02 garbage", func(sessTokens) []string { return []string{"token", "garbage"} }, fate{true, true}},
		{"RV-02 an access token that is forged", func(s sessTokens) []string { return []string{"token", extBroken(s.Access)} }, fate{true, true}},
		{"RV-02 a refresh token whose family secret is wrong", func(s sessTokens) []string {
			return []string{"token", sessForge(t, s.Refresh, 32, 48)}
		}, fate{true, true}},
		{"RV-02 another issuer's", func(sessTokens) []string {
			return []string{"token", newSessWorld(t).logIn("alice").Access}
		}, fate{true, true}},
		{"a long one", func(sessTokens) []string { return []string{"token", strings.Repeat("a", 15<<10)} }, fate{true, true}},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			t.Parallel()
			w := newSessWorldOf(t, ginjwt.IssuerConfig{}, ginjwt.Policy{CacheSize: 10})
			tokens, other := w.logIn("alice"), w.logIn("alice")
			require.Equal(t, 200, w.me(tokens.Access))
			for range 2 { // twice is no error
				a := w.post("/revoke", sessForm(tc.form(tokens)...))
				assert.Equal(t, 200, a.status, a.body)
				assert.Empty(t, a.body)
				assert.Equal(t, "no-store", a.header.Get("Cache-Control"))
			}
			access := map[bool]int{true: 200, false: 401}
			assert.Equal(t, access[tc.fate.access], w.me(tokens.Access))
			assert.Equal(t, tc.fate.refresh, w.tryRefresh(tokens.Refresh).status == 200)
			w.requireAlive(other)
		})
	}
}

// A refresh token that was used already is one of the family's, and the client
// wants to be rid of that.
func TestSessionsRevokeAnOldToken(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	first := w.logIn("alice")
	second := w.refresh(first.Refresh)
	require.Equal(t, 200, w.post("/revoke", sessForm("token", first.Refresh)).status)
	w.requireDead(second)
}

func TestSessionsRevokeAnExpiredToken(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	tokens := w.logIn("alice")
	w.clock.advance(time.Hour)
	require.Equal(t, 200, w.post("/revoke", sessForm("token", tokens.Access)).status)
	w.refresh(tokens.Refresh)
	w.clock.advance(20 * 24 * time.Hour)
	require.Equal(t, 200, w.post("/revoke", sessForm("token", tokens.Refresh)).status)
}

func TestSessionsRevokeRefuses(t *testing.T) { // RV-03, RV-08, RV-10
	t.Parallel()
	w := newSessWorld(t)
	tokens := w.logIn("alice")
	for _, tc := range []struct {
		rule, contentType, body, code string
		status                        int
	}{
		{"RV-03 no token", formType, "", "invalid_request", 400},
		{"RV-03 an empty token", formType, "token=", "invalid_request", 400},
		{"RV-08 a type that is not revoked", formType, "token_type_hint=x-unsupported&token=" + tokens.Refresh, "unsupported_token_type", 400},
		{"two tokens", formType, "token=a&token=" + tokens.Refresh, "invalid_request", 400},
		{"two hints", formType, "token_type_hint=a&token_type_hint=b&token=" + tokens.Refresh, "invalid_request", 400},
		{"JSON", "application/json", `{"token":"` + tokens.Refresh + `"}`, "invalid_request", 400},
		{"too large", formType, "token=" + tokens.Refresh + "&x=" + strings.Repeat("a", 1<<20), "invalid_request", 413},
	} {
		a := w.do("POST", "/revoke", tc.contentType, tc.body)
		assert.Equal(t, tc.status, a.status, tc.rule)
		loginHeaders(t, a.header)
		loginRefusal(t, tc.code, a.body)
	}
	w.do("POST", "/revoke?token="+tokens.Refresh, formType, "").requireRefusal(t, 400, "invalid_request")
	for _, method := range []string{"GET", "HEAD", "PUT", "DELETE"} { // RV-10
		a := w.do(method, "/revoke?token="+tokens.Refresh, "", "")
		assert.Equal(t, 405, a.status, method)
		assert.Equal(t, "POST", a.header.Get("Allow"), method)
	}
	w.requireAlive(tokens)
}

func TestSessionsRevokeAuthenticatesClients(t *testing.T) { // RV-04, RV-05
	t.Parallel()
	w := newSessWorld(t, sessClients)
	tokens := sessTokensOf(t, w.post("/token", sessForm("grant_type", "password", "username", "alice", "password", "right"), sessBasic("app:s3")))
	for _, token := range []string{tokens.Refresh, tokens.Access, "garbage", ""} {
		w.post("/revoke", sessForm("token", token), sessBasic("app:wrong")).requireRefusal(t, 401, "invalid_client")
		w.post("/revoke", sessForm("token", token)).requireRefusal(t, 401, "invalid_client")
	}
	for _, token := range []string{tokens.Refresh, tokens.Access} {
		w.post("/revoke", sessForm("token", token), sessBasic("other:s")).requireRefusal(t, 400, "invalid_grant")
	}
	require.Equal(t, 200, w.me(tokens.Access))
	next := sessTokensOf(t, w.post("/token", sessForm("grant_type", "refresh_token", "refresh_token", tokens.Refresh), sessBasic("app:s3")))
	require.Equal(t, 200, w.post("/revoke", sessForm("token", next.Access), sessBasic("app:s3")).status)
	assert.Equal(t, 401, w.me(next.Access))
	assert.Equal(t, 200, w.me(tokens.Access), "revoked by itself")
	require.Equal(t, 200, w.post("/revoke", sessForm("token", next.Refresh), sessBasic("app:s3")).status)
	assert.Equal(t, 401, w.me(tokens.Access))
	assert.Empty(t, w.list("alice"))
}

// A public client says who it is, and can be wrong.
func TestSessionsRevokeOfPublicClients(t *testing.T) { // RV-05
	t.Parallel()
	w := newSessWorld(t)
	tokens := w.logIn("alice", "client_id", "app")
	for _, form := range [][]string{{"client_id", "other"}, {}} {
		for _, token := range []string{tokens.Refresh, tokens.Access} {
			w.post("/revoke", sessForm(append(form, "token", token)...)).requireRefusal(t, 400, "invalid_grant")
		}
	}
	tokens = w.requireAlive(tokens, "client_id", "app")
	require.Equal(t, 200, w.post("/revoke", sessForm("client_id", "app", "token", tokens.Refresh)).status)
	w.requireDead(tokens)
}

// The tokens that an Issuer signs by itself can be revoked as well.
func TestSessionsRevokeATokenWithoutASession(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	one, two := sign(t, w.issuer, "alice", ""), sign(t, w.issuer, "alice", "")
	require.Equal(t, 200, w.post("/revoke", sessForm("token", one)).status)
	assert.Equal(t, 401, w.me(one))
	assert.Equal(t, 200, w.me(two))
	require.Equal(t, 204, w.do("POST", "/logout", "", "", sessBearer(two)).status)
	assert.Equal(t, 401, w.me(two))
}

// Revocation says no more of a token than its answer: also its errors keep the
// form of RFC 6749.
func TestSessionsRevokeIsExemptFromOnError(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	r := newEngine()
	r.Use(ginjwt.OnError(func(c *gin.Context, _ *ginjwt.Error) { c.String(200, "another body") }))
	r.POST("/revoke", w.Revoke())
	for body, code := range map[string]string{"": "invalid_request", "token=a&token_type_hint=b": "unsupported_token_type"} {
		answer := loginPost(r, "/revoke", body)
		assert.Equal(t, 400, answer.Code)
		loginRefusal(t, code, answer.Body.String())
	}
}
