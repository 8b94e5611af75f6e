package ginjwtotel_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

const (
	issuerName = "https://issuer.example"
	audience   = "https://api.example"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	os.Exit(m.Run())
}

// A world is a service whose guards decide in all ways.
type world struct {
	engine *gin.Engine
	key    ginjwt.Key
	issuer *ginjwt.Issuer
}

func newWorld(t *testing.T, observe ...gin.HandlerFunc) *world {
	t.Helper()
	key := ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256)).WithID("key-1")
	issuer := newIssuer(t, key, issuerName)
	verifier, err := issuer.Verifier(ginjwt.Policy{CacheSize: 100})
	require.NoError(t, err)
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), verifier)
	user := ginjwt.Check(claims, "user", func(*gin.Context, ginjwt.Claims) error { return nil })
	failing := func(err error) gin.HandlerFunc {
		return ginjwt.Require(ginjwt.Check(claims, "failing", func(*gin.Context, ginjwt.Claims) error { return err }))
	}
	r := gin.New()
	r.Use(observe...)
	r.GET("/users/:id", ginjwt.Require(user))
	r.Handle("PROPFIND", "/users/:id", ginjwt.Require(user))
	r.GET("/feed", ginjwt.Require(ginjwt.Optional(user)))
	r.GET("/admin", ginjwt.Require(ginjwt.Security(user, "admin")))
	r.GET("/down", failing(ginjwt.Unavailable(errors.New("down"))))
	r.GET("/latin1", failing(&ginjwt.Error{Status: 403, Code: "caf\xe9", Err: errors.New("caf\xe9")}))
	r.NoRoute(ginjwt.Require(user))
	return &world{engine: r, key: key, issuer: issuer}
}

func newIssuer(t *testing.T, key ginjwt.Key, name string) *ginjwt.Issuer {
	t.Helper()
	issuer, err := ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: key, Issuer: name, Audience: []string{audience}})
	require.NoError(t, err)
	return issuer
}

func (w *world) token(t *testing.T, flaws ...ginjwttest.Flaw) string {
	t.Helper()
	return ginjwttest.Token(t, w.issuer, &ginjwt.Claims{Subject: "johndoe", Scope: "me"}, flaws...)
}

// send sends a request and returns the status of its answer.
func (w *world) send(method, path, authorization string) int {
	req := httptest.NewRequest(method, path, nil)
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	rec := httptest.NewRecorder()
	w.engine.ServeHTTP(rec, req)
	return rec.Code
}

// storm sends what strangers and users choose, with word wherever it may stand.
func (w *world) storm(t *testing.T, word string) {
	t.Helper()
	evil := newIssuer(t, ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256)).WithID(word), "https://"+word+".example")
	good, err := w.issuer.Sign(&ginjwt.Claims{Subject: word, Scope: ginjwt.Scope(word), JWTID: word})
	require.NoError(t, err)
	credentials := []string{"", word, "Basic " + word, word + " " + word, "Bearer " + word, "Bearer " + good}
	for _, header := range []string{`{"alg":%q}`, `{"alg":"HS256","kid":%q}`, `{"alg":"HS256","typ":%q}`} {
		header = base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, header, word))
		credentials = append(credentials, "Bearer "+header+good[len(header):], "Bearer "+header+".e30.c2ln")
	}
	credentials = append(credentials, "Bearer "+ginjwttest.Token(t, evil, &ginjwt.Claims{Subject: word}))
	for _, f := range ginjwttest.Forged(t, good, w.key) {
		credentials = append(credentials, "Bearer "+f.Token)
	}
	for _, authorization := range credentials {
		for _, path := range []string{"/users/" + word, "/feed?q=" + word, "/admin", "/down", "/" + word} {
			w.send(http.MethodGet, path, authorization)
		}
		w.send(word, "/"+word, authorization)
		w.send("PROPFIND", "/users/"+word, authorization)
	}
}
