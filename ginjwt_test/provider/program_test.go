package provider_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// accessClaims are what the API wants to know of a token.
type accessClaims struct {
	ginjwt.Claims
	Tenant string `json:"tenant"`
}

// item is what the API answers.
type item struct {
	Subject string   `json:"sub"`
	Client  string   `json:"client_id"`
	Tenant  string   `json:"tenant"`
	Scopes  []string `json:"scopes"`
	Expires int64    `json:"exp"`
}

// setupRouter is the user's program. All but the Verifier is the same for JWTs
// and for opaque tokens.
func setupRouter(issuer string, verifier *ginjwt.Verifier, middleware ...gin.HandlerFunc) *gin.Engine {
	token := ginjwt.OAuth2AuthorizationCodeBearer(issuer+"/auth", issuer+"/token", ginjwt.Scopes{"items:read": "Read items."})
	claims := ginjwt.JWT[accessClaims](token, verifier)

	r := gin.New()
	r.Use(middleware...)
	r.GET("/items", ginjwt.Handle(ginjwt.Security(claims, "items:read"), func(c *gin.Context, claims accessClaims) {
		c.JSON(http.StatusOK, item{claims.Subject, claims.ClientID, claims.Tenant, claims.Scope.List(), claims.ExpiresAt.Unix()})
	}))
	return r
}

// program is the program as it runs.
type program struct {
	*httptest.Server

	mu     sync.Mutex
	events []ginjwt.Event
}

func run(t *testing.T, issuer string, verifier *ginjwt.Verifier) *program {
	t.Helper()
	p := &program{}
	p.Server = httptest.NewServer(setupRouter(issuer, verifier, ginjwt.Observe(func(_ context.Context, ev ginjwt.Event) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.events = append(p.events, ev)
	})))
	t.Cleanup(p.Close)
	return p
}

// response is an answer of the program, with the reason that it did not tell.
type response struct {
	status int
	header http.Header
	item   item
	reason ginjwt.Reason
	code   string
}

// get asks for the items with token, one request at a time.
func (p *program) get(t *testing.T, token string) response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL+"/items", nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := p.Client().Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	assert.NotContains(t, string(body), token)
	got := response{status: res.StatusCode, header: res.Header}
	if got.status == http.StatusOK {
		require.NoError(t, json.Unmarshal(body, &got.item), "%s", body)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	require.NotEmpty(t, p.events)
	last := p.events[len(p.events)-1]
	got.reason, got.code = last.Reason, last.Code
	assert.NotContains(t, last.Cause, token)
	return got
}

// refuses asserts that token is refused for reason, as RFC 6750 has it.
func (p *program) refuses(t *testing.T, token string, reason ginjwt.Reason) {
	t.Helper()
	got := p.get(t, token)
	assert.Equal(t, http.StatusUnauthorized, got.status)
	assert.Equal(t, reason, got.reason)
	assert.Contains(t, got.header.Get("WWW-Authenticate"), `error="invalid_token"`)
}

// accepts asserts that token is good.
func (p *program) accepts(t *testing.T, token string) item {
	t.Helper()
	got := p.get(t, token)
	assert.Equal(t, http.StatusOK, got.status, got.reason)
	return got.item
}

// cannotTell asserts that it is the program's fault, not token's: a client that
// is told 401 would throw it away.
func (p *program) cannotTell(t *testing.T, token string) {
	t.Helper()
	got := p.get(t, token)
	assert.Equal(t, http.StatusServiceUnavailable, got.status)
	assert.Equal(t, ginjwt.CodeUnavailable, got.code)
	assert.NotEmpty(t, got.header.Get("Retry-After"))
	assert.Empty(t, got.header.Get("WWW-Authenticate"))
}

// clock is a time that the test sets.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

// Now is the real time, by which the provider dates its tokens, and what the
// test has added.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}
