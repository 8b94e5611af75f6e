package main

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

// blocks returns the code of a language in docs/mcp.md.
func blocks(t *testing.T, language string) (all []string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/mcp.md")
	require.NoError(t, err)
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		all = append(all, m[1])
	}
	require.NotEmpty(t, all)
	return all
}

// TestDocsShowTheProgram: what is shown is what runs here.
func TestDocsShowTheProgram(t *testing.T) {
	t.Parallel()
	program, err := os.ReadFile("main.go")
	require.NoError(t, err)
	for _, block := range blocks(t, "go") {
		assert.Contains(t, string(program), block)
	}
}

// TestDocsShowTheAnswers repeats the session with curl. Only the date may differ.
func TestDocsShowTheAnswers(t *testing.T) {
	t.Parallel()
	a := newAuthServer(t)
	r, err := setupRouter("https://api.example", a.URL, jwks.InsecureLoopbackHTTP())
	require.NoError(t, err)
	srv := httptest.NewServer(r)
	t.Cleanup(srv.Close)
	token := a.sign(t, "https://api.example/mcp", "alice", "notes:write")
	session := strings.Split("\n"+strings.TrimSpace(blocks(t, "console")[0]), "\n$ ")[1:]
	require.Len(t, session, 3)
	for _, part := range session {
		command, want, _ := strings.Cut(part, "\n")
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			assertAnswer(t, srv, command, token, strings.TrimSpace(want), a.URL)
		})
	}
}

// assertAnswer sends what command does, and compares the answer with what curl -i showed.
func assertAnswer(t *testing.T, srv *httptest.Server, command, token, shown, issuer string) {
	t.Helper()
	path := regexp.MustCompile(`localhost:8000(/\S*)`).FindStringSubmatch(command)
	require.NotNil(t, path)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+path[1], nil)
	require.NoError(t, err)
	if strings.Contains(command, `-H "Authorization: Bearer $TOKEN"`) {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := srv.Client().Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	text := strings.ReplaceAll(string(body), issuer, "https://login.example")
	if !strings.Contains(command, "curl -i") {
		assert.Equal(t, shown, text)
		return
	}
	want, err := http.ReadResponse(bufio.NewReader(strings.NewReader(strings.ReplaceAll(shown, "\n", "\r\n"))), nil)
	require.NoError(t, err)
	defer want.Body.Close()
	wantBody, err := io.ReadAll(want.Body)
	require.NoError(t, err)
	assert.NotEmpty(t, want.Header.Get("Date"))
	for _, h := range []http.Header{want.Header, res.Header} {
		h.Del("Date")
	}
	assert.Equal(t, want.StatusCode, res.StatusCode)
	assert.Equal(t, want.Header, res.Header)
	assert.Equal(t, string(wantBody), text)
}
