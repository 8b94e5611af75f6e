package ginjwt_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	if wholeSuite != nil {
		slog.SetDefault(slog.New(wholeSuite.handler()))
	}
	os.Exit(wholeSuite.judge(m.Run()))
}

const (
	testIssuer   = "https://issuer.example"
	testAudience = "https://api.example"
)

// newIssuer returns an issuer with a key of its own and the verifier of its tokens.
func newIssuer(t testing.TB) (*ginjwt.Issuer, *ginjwt.Verifier) {
	t.Helper()
	key, err := ginjwt.GenerateKey(ginjwt.HS256)
	require.NoError(t, err)
	issuer, err := ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: key, Issuer: testIssuer, Audience: []string{testAudience}})
	require.NoError(t, err)
	verifier, err := issuer.Verifier(ginjwt.Policy{})
	require.NoError(t, err)
	return issuer, verifier
}

// sign returns a token of issuer for subject with a space-delimited scope.
func sign(t testing.TB, issuer *ginjwt.Issuer, subject string, scope ginjwt.Scope) string {
	t.Helper()
	return ginjwttest.Token(t, issuer, &ginjwt.Claims{Subject: subject, Scope: scope})
}

// get serves a GET request for path, with token as a bearer token unless it is empty.
func get(h http.Handler, path, token string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodGet, path, nil)
	if token != "" {
		req = ginjwttest.Authorized(req, token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}
