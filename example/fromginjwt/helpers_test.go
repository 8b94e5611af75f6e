package main

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	gojwt "github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/example/fromginjwt/after"
	"github.com/ginjwt/gin-depends/example/fromginjwt/before"
	"github.com/ginjwt/gin-depends/ginjwt"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	gin.DefaultErrorWriter = io.Discard // where Recovery prints its stacks
	os.Exit(m.Run())
}

// secret is the key of both services in the tests, as it is in a migration.
const secret = "vU7m0zQ4cJ9kR2xT6bWn8yE1sLhA5pGd"

// service is one of the two, on a port of its own.
type service struct {
	name  string
	url   string
	later *atomic.Int64 // by how much its clock is ahead
}

func start(t *testing.T, name string, build func(now func() time.Time) (http.Handler, error)) *service {
	t.Helper()
	s := &service{name: name, later: &atomic.Int64{}}
	h, err := build(func() time.Time { return time.Now().Add(time.Duration(s.later.Load())) })
	require.NoError(t, err)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func startBefore(t *testing.T, cfg before.Config) *service {
	t.Helper()
	return start(t, "before", func(now func() time.Time) (http.Handler, error) {
		cfg.Key, cfg.Now = []byte(cmp.Or(string(cfg.Key), secret)), now
		return before.New(cfg)
	})
}

func startAfter(t *testing.T, cfg after.Config) *service {
	t.Helper()
	return start(t, "after", func(now func() time.Time) (http.Handler, error) {
		key, err := ginjwt.NewKey(ginjwt.HS256, secret)
		cfg.Key, cfg.Now = key, now
		return after.New(cfg), err
	})
}

// answer is a response whose body was read.
type answer struct {
	*http.Response
	body string
}

// call makes a request, given as "METHOD /path body", with headers given as
// name, value, name, value. The body is a form, or JSON if it looks like it.
func (s *service) call(t *testing.T, request string, headers ...string) answer {
	t.Helper()
	method, rest, _ := strings.Cut(request, " ")
	path, body, _ := strings.Cut(rest, " ")
	req, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	require.NoError(t, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if strings.HasPrefix(body, "{") {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return answer{resp, string(text)}
}

// get is call with an access token.
func (s *service) get(t *testing.T, path, token string) answer {
	t.Helper()
	return s.call(t, "GET "+path, "Authorization", "Bearer "+token)
}

// tokens are the answer to a login or a refresh.
type tokens struct {
	Access  string `json:"access_token"`
	Type    string `json:"token_type"`
	Expires int    `json:"expires_in"`
	Refresh string `json:"refresh_token"`
}

func (s *service) login(t *testing.T, user string) tokens {
	t.Helper()
	return s.call(t, "POST /login username="+user+"&password="+user).tokens(t)
}

const refreshForm = "grant_type=refresh_token&refresh_token="

func (s *service) refresh(t *testing.T, token string) answer {
	t.Helper()
	return s.call(t, "POST /refresh "+refreshForm+token)
}

func (s *service) logout(t *testing.T, tok tokens, form string) answer {
	t.Helper()
	return s.call(t, "POST /auth/logout "+form, "Authorization", "Bearer "+tok.Access)
}

func (a answer) tokens(t *testing.T) (tok tokens) {
	t.Helper()
	require.Equal(t, 200, a.StatusCode, a.body)
	require.NoError(t, json.Unmarshal([]byte(a.body), &tok))
	require.NotEmpty(t, tok.Access, a.body)
	return tok
}

func (a answer) members(t *testing.T) []string {
	t.Helper()
	return membersOf(t, []byte(a.body))
}

func membersOf(t *testing.T, object []byte) []string {
	t.Helper()
	var members map[string]any
	require.NoError(t, json.Unmarshal(object, &members), string(object))
	return slices.Sorted(maps.Keys(members))
}

// brief is the status and what a client is told.
func (a answer) brief(t *testing.T) string {
	t.Helper()
	if a.body == "" {
		return fmt.Sprint(a.StatusCode)
	}
	var said struct {
		Message     string `json:"message"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
		Text        string `json:"text"`
	}
	require.NoError(t, json.Unmarshal([]byte(a.body), &said), a.body)
	text := cmp.Or(said.Message, said.Text)
	if said.Error != "" {
		text = said.Error + ": " + said.Description
	}
	return strings.TrimSpace(fmt.Sprint(a.StatusCode, " ", text))
}

// challenge is the status and how the client is told to authenticate.
func (a answer) challenge() string {
	return strings.TrimSpace(fmt.Sprint(a.StatusCode, " ", a.Header.Get("WWW-Authenticate")))
}

// part returns the header (0) or the payload (1) of a token.
func part(t *testing.T, token string, n int) []byte {
	t.Helper()
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	b, err := base64.RawURLEncoding.DecodeString(parts[n])
	require.NoError(t, err)
	return b
}

// signed returns a token of the services' key with any claims.
func signed(t *testing.T, claims gojwt.MapClaims) string {
	t.Helper()
	token, err := gojwt.NewWithClaims(gojwt.SigningMethodHS256, claims).SignedString([]byte(secret))
	require.NoError(t, err)
	return token
}

// forged returns token with another signature.
func forged(token string) string {
	i := strings.LastIndexByte(token, '.') + 1
	return token[:i] + strings.Repeat("A", len(token)-i)
}
