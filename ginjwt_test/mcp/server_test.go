package main

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

// authServer is an authorization server: metadata, a key set, and the
// authorization code flow with PKCE (RFC 7636) and resource indicators (RFC
// 8707). Everybody who comes is alice, and agrees.
type authServer struct {
	*httptest.Server
	key ginjwt.Key

	mu      sync.Mutex
	asked   []url.Values              // the authorization requests
	codes   map[string]url.Values     // those whose code is not used yet
	granted func(asked string) string // by default, what is asked for
}

func newAuthServer(t *testing.T) *authServer {
	t.Helper()
	a := &authServer{key: ginjwt.Must(ginjwt.GenerateKey(ginjwt.ES256)), codes: map[string]url.Values{}}
	ring, err := jwks.NewRing(jwks.RingConfig{}, jwks.RingKey{Key: a.key})
	require.NoError(t, err)
	r := gin.New()
	r.GET("/.well-known/oauth-authorization-server", a.metadata)
	r.GET("/keys", jwks.Handler(ring))
	r.GET("/authorize", a.authorize)
	r.POST("/token", a.token)
	a.Server = httptest.NewServer(r)
	t.Cleanup(a.Close)
	return a
}

func (a *authServer) metadata(c *gin.Context) {
	c.JSON(http.StatusOK, gin.H{
		"issuer": a.URL, "jwks_uri": a.URL + "/keys",
		"authorization_endpoint": a.URL + "/authorize", "token_endpoint": a.URL + "/token",
		"response_types_supported": []string{"code"}, "code_challenge_methods_supported": []string{"S256"},
		"token_endpoint_auth_methods_supported": []string{"none"},
	})
}

func (a *authServer) authorize(c *gin.Context) {
	a.mu.Lock()
	defer a.mu.Unlock()
	query, code := c.Request.URL.Query(), "code-"+string(rune('a'+len(a.asked)))
	a.asked = append(a.asked, query)
	a.codes[code] = query
	c.Redirect(http.StatusFound, query.Get("redirect_uri")+"?"+url.Values{"code": {code}, "state": {query.Get("state")}}.Encode())
}

func (a *authServer) token(c *gin.Context) {
	a.mu.Lock()
	defer a.mu.Unlock()
	code := c.PostForm("code")
	query, known := a.codes[code]
	delete(a.codes, code)
	sum := sha256.Sum256([]byte(c.PostForm("code_verifier")))
	if !known || base64.RawURLEncoding.EncodeToString(sum[:]) != query.Get("code_challenge") || c.PostForm("resource") != query.Get("resource") {
		ginjwt.Abort(c, ginjwt.InvalidGrant("Not this code"))
		return
	}
	scope := query.Get("scope")
	if a.granted != nil {
		scope = a.granted(scope)
	}
	token, err := a.issuer(query.Get("resource")).Token(&ginjwt.Claims{Subject: "alice", Scope: ginjwt.Scope(scope)})
	if err != nil {
		ginjwt.Abort(c, err)
		return
	}
	ginjwt.WriteToken(c, token)
}

// issuer returns what signs tokens for a resource.
func (a *authServer) issuer(resource string) *ginjwt.Issuer {
	return ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: a.key, Issuer: a.URL, Audience: []string{resource}}))
}

// sign returns a token for a resource without the flow.
func (a *authServer) sign(t *testing.T, resource, subject string, scope ginjwt.Scope) string {
	t.Helper()
	token, err := a.issuer(resource).Sign(&ginjwt.Claims{Subject: subject, Scope: scope})
	require.NoError(t, err)
	return token
}

// requests returns the authorization requests.
func (a *authServer) requests() []url.Values {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]url.Values(nil), a.asked...)
}

// serve runs the program for tokens of a, and returns its origin.
func serve(t *testing.T, a *authServer) string {
	t.Helper()
	srv := httptest.NewUnstartedServer(nil)
	origin := "http://" + srv.Listener.Addr().String()
	r, err := setupRouter(origin, a.URL, jwks.InsecureLoopbackHTTP())
	require.NoError(t, err)
	srv.Config.Handler = r
	srv.Start()
	t.Cleanup(srv.Close)
	return origin
}

// post sends a message of the protocol, and returns the answer without its body.
func post(t *testing.T, origin, token, session, message string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, origin+"/mcp", strings.NewReader(message))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if session != "" {
		req.Header.Set("Mcp-Session-Id", session)
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	assert.NoError(t, res.Body.Close())
	return res
}

const (
	initialize = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}`
	listTools  = `{"jsonrpc":"2.0","id":2,"method":"tools/list"}`
)
