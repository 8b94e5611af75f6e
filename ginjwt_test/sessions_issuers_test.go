package ginjwt_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

// otherIssuer returns the endpoints of another issuer with w's Store.
func otherIssuer(t *testing.T, w *sessWorld) (*sessions.Sessions[sessUser], http.Handler) {
	t.Helper()
	issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{
		Key: ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256)), Issuer: "https://other.example", Audience: []string{testAudience}, Now: w.clock.Now,
	}))
	s := ginjwt.Must(sessions.New(sessConfig{Issuer: issuer, Store: w.store, Password: w.password}))
	r := newEngine()
	r.POST("/token", s.Token())
	r.POST("/logout", s.Logout())
	r.POST("/revoke", s.Revoke())
	r.POST("/introspect", s.Introspect(ginjwt.Provide(func(*gin.Context) (string, error) { return "api", nil })))
	return s, r
}

// A refresh token is its issuer's: at another, which has the same Store, it opens
// nothing, ends nothing, and nothing is told of it.
func TestSessionsRefreshTokensAreTheirIssuers(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	tokens := w.logIn("alice")
	other, h := otherIssuer(t, w)
	for name, tc := range map[string]struct {
		path string
		form url.Values
		want string
	}{
		"a refresh":        {"/token", sessForm("grant_type", "refresh_token", "refresh_token", tokens.Refresh), "400" + sessRefused},
		"a login with it":  {"/token", sessForm("grant_type", "password", "username", "bob", "password", "right", "refresh_token", tokens.Refresh), ""},
		"a logout":         {"/logout", sessForm("refresh_token", tokens.Refresh), ""},
		"a revocation":     {"/revoke", sessForm("token", tokens.Refresh), "200"},
		"an introspection": {"/introspect", sessForm("token", tokens.Refresh), `200{"active":false}`},
	} {
		t.Run(name, func(t *testing.T) {
			req := httptest.NewRequest(http.MethodPost, tc.path, strings.NewReader(tc.form.Encode()))
			req.Header.Set("Content-Type", formType)
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, req)
			if tc.want != "" {
				assert.Equal(t, tc.want, rec.Result().Status[:3]+rec.Body.String())
			}
			list, err := other.List(t.Context(), "alice")
			require.NoError(t, err)
			assert.Empty(t, list)
			assert.Len(t, w.list("alice"), 1)
			assert.Equal(t, 200, w.me(tokens.Access))
		})
	}
	assert.Equal(t, 200, w.me(w.refresh(tokens.Refresh).Access), "it is good where it was issued")
}

// The same subject of two issuers is two users, also right after one another.
func TestADenylistTellsIssuersApart(t *testing.T) {
	t.Parallel()
	store := ginjwt.Must(sessions.NewMemory(sessions.MemoryConfig{}))
	list := ginjwt.Must(sessions.NewDenylist(store, time.Hour))
	of := func(issuer string) *ginjwt.Claims {
		return &ginjwt.Claims{Issuer: issuer, Subject: "alice", JWTID: "j"}
	}
	require.NoError(t, list.Revoke(t.Context(), of("https://a.example")))
	for range 2 {
		for issuer, want := range map[string]bool{"https://a.example": true, "https://b.example": false} {
			revoked, err := list.Revoked(t.Context(), of(issuer))
			require.NoError(t, err)
			assert.Equal(t, want, revoked, issuer)
		}
	}
}
