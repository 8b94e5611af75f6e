package peers

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

// GinjwtSessions is ginjwt-cached for the tokens of sessions in store, which is
// asked on every request whether they were revoked.
func GinjwtSessions(name string, store sessions.Store) Contender {
	return Contender{
		Name: name, sessions: true,
		New: func(f *Fixture) (http.Handler, error) { return newGinjwtSessions(f, store) },
	}
}

func newGinjwtSessions(f *Fixture, store sessions.Store) (http.Handler, error) {
	key, err := ginjwt.NewKey(ginjwt.Algorithm(f.Method.Alg()), f.SignKey)
	if err != nil {
		return nil, err
	}
	signer, err := ginjwt.NewIssuer(ginjwt.IssuerConfig{
		Key: key.WithID(keyID), Issuer: issuer, Audience: []string{audience}, AccessTTL: time.Hour,
	})
	if err != nil {
		return nil, err
	}
	s, err := sessions.New(sessions.Config[struct{}]{
		Issuer: signer, Store: store,
		Password: func(_ *gin.Context, form ginjwt.OAuth2PasswordRequestForm) (sessions.Login[struct{}], error) {
			return sessions.Login[struct{}]{Subject: form.Username, Scope: "me items"}, nil
		},
	})
	if err != nil {
		return nil, err
	}
	v, err := f.verifier(issuer, CacheSize, s.Revoker())
	if err != nil {
		return nil, err
	}
	r := serveGinjwt(v)
	r.POST("/token", s.Token())
	r.POST("/logout", s.Logout())
	return r, nil
}

// logIn returns the access token of a new session.
func logIn(h http.Handler) (string, error) {
	form := url.Values{"grant_type": {"password"}, "username": {subject}, "password": {"secret"}}
	r := httptest.NewRequest(http.MethodPost, "/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var answer struct {
		Token string `json:"access_token"`
	}
	err := json.Unmarshal(w.Body.Bytes(), &answer)
	if err == nil && (w.Code != http.StatusOK || answer.Token == "") {
		err = errors.New("no access token")
	}
	if err != nil {
		return "", fmt.Errorf("peers: a login is answered with %d: %w", w.Code, err)
	}
	return answer.Token, nil
}

// logsOut returns an error unless token, which was good, is refused after its
// session's end.
func (c Contender) logsOut(h http.Handler, token string) error {
	r := httptest.NewRequest(http.MethodPost, "/logout", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusNoContent {
		return fmt.Errorf("peers: %s answers a logout with %d", c.Name, w.Code)
	}
	if status := Ask(h, token); status != http.StatusUnauthorized {
		return fmt.Errorf("peers: %s answers a revoked token with %d", c.Name, status)
	}
	return nil
}
