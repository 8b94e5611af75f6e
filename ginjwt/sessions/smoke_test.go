package sessions_test

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

func TestSmoke(t *testing.T) {
	issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256)), Issuer: "i", Audience: []string{"a"}}))
	s := ginjwt.Must(sessions.New(sessions.Config[int]{Issuer: issuer, Password: func(c *gin.Context, f ginjwt.OAuth2PasswordRequestForm) (sessions.Login[int], error) {
		return sessions.Login[int]{Subject: f.Username, Scope: "me items", Data: 7}, nil
	}}))
	v := ginjwt.Must(issuer.Verifier(ginjwt.Policy{Revoker: s.Revoker()}))
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), v)
	r := gin.New()
	r.POST("/token", s.Token())
	r.POST("/logout", s.Logout())
	r.POST("/revoke", s.Revoke())
	r.GET("/me", ginjwt.Handle(claims, func(c *gin.Context, me ginjwt.Claims) { c.JSON(200, me) }))
	post := func(path string, form url.Values, token string) (int, map[string]any) {
		req := httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		m := map[string]any{}
		_ = json.Unmarshal(w.Body.Bytes(), &m)
		t.Log(w.Code, w.Body, w.Header())
		return w.Code, m
	}
	me := func(token string) int {
		req := httptest.NewRequest("GET", "/me", nil)
		req.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		t.Log(w.Code, w.Body)
		return w.Code
	}
	_, a := post("/token", url.Values{"grant_type": {"password"}, "username": {"u"}, "password": {"p"}}, "")
	require.Equal(t, 200, me(a["access_token"].(string)))
	rt := a["refresh_token"].(string)
	code, b := post("/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {rt}, "scope": {"me"}}, "")
	require.Equal(t, 200, code)
	require.Equal(t, 200, me(b["access_token"].(string)))
	code, _ = post("/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {rt}}, "")
	require.Equal(t, 400, code)
	require.Equal(t, 401, me(b["access_token"].(string)))
	_, a = post("/token", url.Values{"grant_type": {"password"}, "username": {"u"}, "password": {"p"}}, "")
	code, _ = post("/logout", nil, a["access_token"].(string))
	require.Equal(t, 204, code)
	require.Equal(t, 401, me(a["access_token"].(string)))
	_, a = post("/token", url.Values{"grant_type": {"password"}, "username": {"u"}, "password": {"p"}}, "")
	code, _ = post("/revoke", url.Values{"token": {a["refresh_token"].(string)}}, "")
	require.Equal(t, 200, code)
	require.Equal(t, 401, me(a["access_token"].(string)))
}
