package ginjwt_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

func (w *sessWorld) introspect(token string) map[string]any {
	w.t.Helper()
	a := w.post("/introspect", sessForm("token", token), sessAPI)
	require.Equal(w.t, 200, a.status, a.body)
	loginHeaders(w.t, a.header)
	var said map[string]any
	require.NoError(w.t, json.Unmarshal([]byte(a.body), &said))
	return said
}

func TestSessionsIntrospectAGoodToken(t *testing.T) { // IN-02
	t.Parallel()
	w := newSessWorld(t)
	tokens := w.logIn("alice", "client_id", "app", "scope", "me")
	payload := sessPayload(t, tokens.Access)
	said := w.introspect(tokens.Access)
	assert.Equal(t, map[string]any{
		"active": true, "scope": "me", "client_id": "app", "token_type": "Bearer", "sub": "alice",
		"iss": testIssuer, "aud": testAudience, "sid": payload["sid"], "jti": payload["jti"],
		"iat": payload["iat"], "exp": payload["exp"],
	}, said)

	said = w.introspect(tokens.Refresh)
	assert.Equal(t, true, said["active"])
	assert.Equal(t, "alice", said["sub"])
	assert.Equal(t, "app", said["client_id"])
	assert.Equal(t, "me", said["scope"])
	assert.Equal(t, payload["sid"], said["sid"])
	w.refresh(tokens.Refresh, "client_id", "app") // to ask about it does not use it up
}

// An API that asks whether a token is good must not take a refresh token, which
// lives for weeks, for an access token.
func TestSessionsIntrospectTellsTheKinds(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	tokens := w.logIn("alice")
	assert.Equal(t, "Bearer", w.introspect(tokens.Access)["token_type"])
	said := w.introspect(tokens.Refresh)
	assert.Contains(t, []any{said["token_type"], said["token_use"]}, "refresh_token")
}

func TestSessionsIntrospectABadToken(t *testing.T) { // IN-03, IN-04
	t.Parallel()
	for rule, token := range map[string]func(w *sessWorld) string{
		"garbage": func(*sessWorld) string { return "garbage" },
		"unknown": func(*sessWorld) string { return newSessWorld(t).logIn("alice").Access },
		"an unknown refresh token": func(*sessWorld) string {
			return newSessWorld(t).logIn("alice").Refresh
		},
		"expired": func(w *sessWorld) string {
			defer w.clock.advance(15 * time.Minute)
			return w.logIn("alice").Access
		},
		"an expired refresh token": func(w *sessWorld) string {
			defer w.clock.advance(14 * 24 * time.Hour)
			return w.logIn("alice").Refresh
		},
		"a refresh token of a session at its end": func(w *sessWorld) string {
			defer w.clock.advance(90 * 24 * time.Hour)
			return w.logIn("alice").Refresh
		},
		"not yet good": func(w *sessWorld) string {
			token, err := w.issuer.Sign(&ginjwt.Claims{Subject: "alice", NotBefore: ginjwt.NewNumericDate(w.clock.Now().Add(time.Minute))})
			require.NoError(t, err)
			return token
		},
		"revoked": func(w *sessWorld) string {
			tokens := w.logIn("alice")
			require.NoError(t, w.EndAll(t.Context(), "alice"))
			return tokens.Access
		},
		"a revoked refresh token": func(w *sessWorld) string {
			tokens := w.logIn("alice")
			require.NoError(t, w.EndAll(t.Context(), "alice"))
			return tokens.Refresh
		},
		"revoked by itself": func(w *sessWorld) string {
			tokens := w.logIn("alice")
			w.post("/revoke", sessForm("token", tokens.Access))
			return tokens.Access
		},
		"a refresh token that was used": func(w *sessWorld) string {
			tokens := w.logIn("alice")
			w.refresh(tokens.Refresh)
			return tokens.Refresh
		},
		"a refresh token with a wrong secret": func(w *sessWorld) string { return sessForge(t, w.logIn("alice").Refresh, 32, 48) },
		"a rotation secret that never was":    func(w *sessWorld) string { return sessForge(t, w.logIn("alice").Refresh, 48, 80) },
		"IN-04 for another audience": func(w *sessWorld) string {
			ic := w.issuer.Config()
			ic.Audience = []string{"https://other.example"}
			return sign(t, ginjwt.Must(ginjwt.NewIssuer(ic)), "alice", "")
		},
		"a long one": func(*sessWorld) string { return strings.Repeat("a", 15<<10) },
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w := newSessWorld(t)
			a := w.post("/introspect", sessForm("token", token(w)), sessAPI)
			assert.Equal(t, 200, a.status)
			assert.JSONEq(t, `{"active":false}`, a.body)
			loginHeaders(t, a.header)
		})
	}
}

// IN-04: a caller is told only of tokens that it may see.
func TestSessionsIntrospectHidesWhatTheCallerMayNotSee(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t, func(cfg *sessConfig) {
		cfg.MayIntrospect = func(_ *gin.Context, token *ginjwt.Claims) bool { // the services of one client's tokens
			return token.ClientID == "app" && token.Subject != "" && token.SessionID != "" && token.Scope == "me"
		}
	})
	for client, active := range map[string]bool{"app": true, "other": false} {
		tokens := w.logIn("alice", "client_id", client, "scope", "me")
		for _, token := range []string{tokens.Access, tokens.Refresh} {
			said := w.introspect(token)
			assert.Equal(t, active, said["active"], client)
			if !active {
				assert.Len(t, said, 1, "nothing else is told")
			}
		}
	}
}

// To ask about a token is no use of it: neither reuse nor a guess ends anything.
func TestSessionsIntrospectEndsNothing(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	first := w.logIn("alice")
	second := w.refresh(first.Refresh)
	for _, token := range []string{first.Refresh, sessForge(t, second.Refresh, 48, 80), sessForge(t, second.Refresh, 32, 80)} {
		assert.Equal(t, map[string]any{"active": false}, w.introspect(token))
	}
	w.requireAlive(second)
}

func TestSessionsIntrospectRefuses(t *testing.T) { // IN-01, IN-05, IN-06
	t.Parallel()
	w := newSessWorld(t)
	tokens := w.logIn("alice")
	form := sessForm("token", tokens.Access)
	for rule, headers := range map[string][]string{
		"IN-01 nobody": nil, "IN-01 a wrong secret": {sessBasic("api:wrong")}, "IN-01 another scheme": {sessBearer(tokens.Access)},
		"IN-01 the token's own client": {sessBasic("app:s3")},
	} {
		a := w.post("/introspect", form, headers...)
		assert.Equal(t, 401, a.status, rule)
		assert.True(t, strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Basic "), rule)
		assert.NotContains(t, a.body, "active", rule)
	}
	w.post("/introspect", nil, sessAPI).requireRefusal(t, 400, "invalid_request") // IN-05
	w.post("/introspect", sessForm("token", ""), sessAPI).requireRefusal(t, 400, "invalid_request")
	w.do("POST", "/introspect?token="+tokens.Access, formType, "", sessAPI).requireRefusal(t, 400, "invalid_request")
	w.do("POST", "/introspect", "application/json", `{"token":"x"}`, sessAPI).requireRefusal(t, 400, "invalid_request")
	a := w.do("GET", "/introspect?token="+tokens.Access, "", "", sessAPI)
	assert.Equal(t, 405, a.status)
	assert.Equal(t, "POST", a.header.Get("Allow"))
}

// IN-06, and that a caller is judged before a byte of the body is read.
func TestSessionsIntrospectJudgesTheCallerFirst(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.HTTPBearer(), w.verifier)
	r := newEngine()
	r.POST("/introspect", w.Introspect(ginjwt.Security(claims, "introspect")))
	for challenge, token := range map[string]string{
		`Bearer realm="api"`: "", `Bearer realm="api", error="invalid_token", error_description="The access token is invalid"`: "bad",
		`Bearer realm="api", error="insufficient_scope", error_description="The token lacks a required scope", scope="introspect"`: w.logIn("alice").Access,
	} {
		req := httptest.NewRequest("POST", "/introspect", bodyThatMustNotBeRead{t})
		req.Header.Set("Content-Type", formType)
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		answer := httptest.NewRecorder()
		r.ServeHTTP(answer, req)
		assert.Equal(t, challenge, answer.Header().Get("WWW-Authenticate"))
	}
}

// The endpoint is one handler of a chain: what comes after it comes after it,
// and what its guard has to clean up is cleaned up when all is over.
func TestSessionsIntrospectIsOneHandler(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	var order []string
	caller := ginjwt.Depends(sessCaller(), func(c *gin.Context, name string) (string, error) {
		ginjwt.Cleanup(c, func() { order = append(order, "clean-up") })
		return name, nil
	})
	r := newEngine()
	r.POST("/introspect", w.Introspect(caller), func(c *gin.Context) {
		order = append(order, "next")
		assert.True(t, c.Writer.Written(), "the answer comes first")
		name, known := caller.Peek(c)
		assert.True(t, known)
		assert.Equal(t, "api", name)
	})
	req := httptest.NewRequest("POST", "/introspect", strings.NewReader("token=garbage"))
	req.Header.Set("Content-Type", formType)
	req.SetBasicAuth("api", "secret")
	answer := httptest.NewRecorder()
	r.ServeHTTP(answer, req)
	assert.JSONEq(t, `{"active":false}`, answer.Body.String())
	assert.Equal(t, []string{"next", "clean-up"}, order)
}
