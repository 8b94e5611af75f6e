package ginjwt_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// wireServer serves h on a free loopback port until the test ends.
func wireServer(t testing.TB, h http.Handler, options ...func(*http.Server)) *httptest.Server {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	for _, option := range options {
		option(srv.Config)
	}
	srv.Start()
	t.Cleanup(srv.Close)
	return srv
}

// wireAnswer is a response with its body read.
type wireAnswer struct {
	*http.Response
	body string
}

// wireDial connects to srv. The deadline only ends a test that hangs.
func wireDial(t testing.TB, srv *httptest.Server) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(30*time.Second)))
	return conn
}

// wireRead reads one answer to a request of that method.
func wireRead(t testing.TB, from *bufio.Reader, method string) wireAnswer {
	t.Helper()
	resp, err := http.ReadResponse(from, &http.Request{Method: method})
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return wireAnswer{resp, string(body)}
}

// wireSend sends raw, byte for byte, and returns the answer.
func wireSend(t testing.TB, srv *httptest.Server, raw string) wireAnswer {
	t.Helper()
	conn := wireDial(t, srv)
	_, err := io.WriteString(conn, raw)
	require.NoError(t, err)
	method, _, _ := strings.Cut(raw, " ")
	return wireRead(t, bufio.NewReader(conn), method)
}

const wireEnd = "Host: api.example\r\nConnection: close\r\n\r\n"

// Each case is a request's header lines as they go over the wire; {valid} is a
// good token. Those that net/http refuses itself have no challenge.
func TestExtractorOnTheWire(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		rule, lines string
		status      int
		challenge   string
	}{
		{"RS-01 no header", "", 401, extNobody},
		{"RS-02 another scheme", "Authorization: Basic YTpi\r\n", 401, extNobody},
		{"RS-03 one space", "Authorization: Bearer {valid}\r\n", 200, ""},
		{"RS-04 lower case", "Authorization: bearer {valid}\r\n", 200, ""},
		{"RS-05 upper case", "Authorization: BEARER {valid}\r\n", 200, ""},
		{"RS-06 several spaces", "Authorization: Bearer   {valid}\r\n", 200, ""},
		{"no space after the colon", "Authorization:Bearer {valid}\r\n", 200, ""},
		{"white space around the value", "Authorization: \t Bearer {valid} \t \r\n", 200, ""},
		{"the header's name in lower case", "authorization: Bearer {valid}\r\n", 200, ""},
		{"the header's name in mixed case", "aUTHORIZATIOn: Bearer {valid}\r\n", 200, ""},
		{"a lone line feed ends the line", "Authorization: Bearer {valid}\n", 200, ""},
		{"a folded line is joined with a space", "Authorization: Bearer\r\n {valid}\r\n", 200, ""},
		{"a folded line with a tab likewise", "Authorization: Bearer\r\n\t{valid}\r\n", 200, ""},
		{"a folded line in the token", "Authorization: Bearer {valid}\r\n x\r\n", 400, extMalformed},
		{"an empty header", "Authorization:\r\n", 401, extNobody},
		{"white space for a header", "Authorization: \t \r\n", 401, extNobody},
		{"RS-07 no token", "Authorization: Bearer\r\n", 400, extMalformed},
		{"RS-07 spaces for a token", "Authorization: Bearer   \r\n", 400, extMalformed},
		{"RS-08 two tokens", "Authorization: Bearer {valid} x\r\n", 400, extMalformed},
		{"RS-09 a tab", "Authorization: Bearer\t{valid}\r\n", 400, extMalformed},
		{"a space and a tab", "Authorization: Bearer \t{valid}\r\n", 400, extMalformed},
		{"RS-10 quotes", "Authorization: Bearer \"{valid}\"\r\n", 400, extMalformed},
		{"RS-11 two headers", "Authorization: Bearer {valid}\r\nAuthorization: Bearer {valid}\r\n", 400, extTwo},
		{"RS-11 two headers in two letter cases", "Authorization: Bearer {valid}\r\nAUTHORIZATION: Bearer {valid}\r\n", 400, extTwo},
		{"RS-11 two headers far apart", "authorization: Bearer {valid}\r\nX: y\r\nAuthorization:\r\n", 400, extTwo},
		{"RS-12 two headers of two schemes", "Authorization: Basic YTpi\r\nAuthorization: Bearer {valid}\r\n", 400, extTwo},
		{"RS-13 a list", "Authorization: Bearer {valid}, Bearer {valid}\r\n", 400, extMalformed},
		{"the byte E9", "Authorization: Bearer {valid}\xe9\r\n", 400, extMalformed},
		{"the byte E9 for a space", "Authorization: Bearer\xe9{valid}\r\n", 400, extMalformed},
		{"a no-break space", "Authorization: Bearer\u00a0{valid}\r\n", 400, extMalformed},
		{"NUL", "Authorization: Bearer {valid}\x00\r\n", 400, ""},
		{"a bare CR", "Authorization: Bearer {valid}\rx\r\n", 400, ""},
		{"DEL", "Authorization: Bearer {valid}\x7f\r\n", 400, ""},
		{"a space before the colon", "Authorization : Bearer {valid}\r\n", 400, ""},
		{"RS-27 a token of 1 MiB", "Authorization: Bearer " + strings.Repeat("a", 1<<20) + "\r\n", 401, extInvalid},
		{"RS-27 a megabyte of dots", "Authorization: Bearer " + strings.Repeat(".", 1<<20) + "\r\n", 401, extInvalid},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			t.Parallel()
			s := newExtService(t)
			srv := wireServer(t, s)
			lines := strings.ReplaceAll(tc.lines, "{valid}", s.valid())
			for _, path := range []string{"/items", "/feed"} {
				answer := wireSend(t, srv, "GET "+path+" HTTP/1.1\r\n"+lines+wireEnd)
				s.wireJudge(t, path, answer, tc.status, tc.challenge)
			}
		})
	}
}

// wireJudge asserts what the table says, with what follows for /feed.
func (s *extService) wireJudge(t *testing.T, path string, answer wireAnswer, status int, challenge string) {
	t.Helper()
	if path == "/feed" && challenge == extNobody { // RS-48: nobody, and only then
		assert.Equal(t, 200, answer.StatusCode)
		assert.Equal(t, "nobody", answer.body)
		assert.Empty(t, answer.Header.Values("WWW-Authenticate"))
		return
	}
	assert.Equal(t, status, answer.StatusCode)
	switch {
	case challenge != "":
		assert.Equal(t, []string{challenge}, answer.Header.Values("WWW-Authenticate"))
		assert.Equal(t, extBodies[challenge], answer.body)
		assert.Equal(t, "application/json", answer.Header.Get("Content-Type"))
		bearerOf(t, answer.Header)
		assert.Zero(t, s.reached.Load())
	case status == 200:
		assert.Equal(t, "johndoe", answer.body)
	default:
		assert.Zero(t, s.reached.Load())
	}
}

func TestExtractorOverHTTP10(t *testing.T) {
	t.Parallel()
	s := newExtService(t)
	srv := wireServer(t, s)
	answer := wireSend(t, srv, "GET /items HTTP/1.0\r\nAuthorization: Bearer "+s.valid()+"\r\n\r\n")
	s.wireJudge(t, "/items", answer, 200, "")
	s.reached.Store(0)
	answer = wireSend(t, srv, "GET /items HTTP/1.0\r\n\r\n")
	s.wireJudge(t, "/items", answer, 401, extNobody)
}

// RS-46: HEAD is answered like GET, without the body, and the connection can
// be used again.
func TestExtractorAnswersHEAD(t *testing.T) {
	t.Parallel()
	s := newExtService(t)
	conn := wireDial(t, wireServer(t, s))
	from := bufio.NewReader(conn)
	for _, tc := range []struct {
		lines, challenge string
		status           int
	}{
		{"", extNobody, 401},
		{"Authorization: Bearer\r\n", extMalformed, 400},
		{"Authorization: Bearer abc\r\n", extInvalid, 401},
	} {
		for _, method := range []string{http.MethodHead, http.MethodGet} {
			_, err := io.WriteString(conn, method+" /items HTTP/1.1\r\nHost: api.example\r\n"+tc.lines+"\r\n")
			require.NoError(t, err)
			answer := wireRead(t, from, method)
			assert.Equal(t, tc.status, answer.StatusCode)
			assert.Equal(t, []string{tc.challenge}, answer.Header.Values("WWW-Authenticate"))
			want := extBodies[tc.challenge]
			assert.EqualValues(t, len(want), answer.ContentLength, method)
			if method == http.MethodHead {
				want = ""
			}
			assert.Equal(t, want, answer.body)
		}
	}
	assert.Zero(t, s.reached.Load())
	assert.Zero(t, from.Buffered(), "bytes after the last answer")
}

// A guarded route refuses before it asks for the body: the client, which waits
// for the leave to send it, is never given that.
func TestExtractorRefusesBeforeTheBody(t *testing.T) {
	t.Parallel()
	s := newExtService(t)
	srv := wireServer(t, s)
	for lines, want := range map[string]struct {
		status    int
		challenge string
	}{
		"": {401, extNobody}, "Authorization: Bearer\r\n": {400, extMalformed}, "Authorization: Bearer abc\r\n": {401, extInvalid},
	} {
		conn := wireDial(t, srv)
		_, err := io.WriteString(conn, "POST /items HTTP/1.1\r\nHost: api.example\r\n"+lines+
			"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n")
		require.NoError(t, err)
		answer := wireRead(t, bufio.NewReader(conn), http.MethodPost)
		assert.Equal(t, want.status, answer.StatusCode, "not 100 Continue")
		assert.Equal(t, []string{want.challenge}, answer.Header.Values("WWW-Authenticate"))
	}
	assert.Zero(t, s.reached.Load())
}

// RS-38: neither the client nor the log is told the token or what is wrong
// with it; the log may have our own word for the reason.
func TestExtractorTellsNothingOfTheToken(t *testing.T) {
	t.Parallel()
	s := newExtService(t)
	key, err := ginjwt.NewKey(ginjwt.HS256, s.secret)
	require.NoError(t, err)
	verifier, err := ginjwt.NewVerifier(key, ginjwt.Policy{Issuer: testIssuer, Audience: []string{testAudience}, Now: func() time.Time { return s.now }})
	require.NoError(t, err)
	var log bytes.Buffer
	s.Engine = gin.New()
	s.Use(ginjwt.LogEvents(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	s.serve(verifier)
	tokens := []string{
		s.valid(), extBroken(s.valid()), extForge(s.secret, extHeader, s.claims(-time.Hour, "")),
		extForge(s.secret, extHeader, `{"iss":"hunter2hunter2"}`), "not-a-token-at-all", "two tokens-for-one",
	}
	for _, token := range tokens {
		w := s.send("/items", "Bearer "+token)
		for part := range strings.FieldsFuncSeq(token, func(r rune) bool { return r == '.' || r == ' ' }) {
			if len(part) > 8 {
				assert.NotContains(t, log.String(), part)
				assert.NotContains(t, w.Body.String()+fmt.Sprint(w.Header()), part)
			}
		}
		if w.Code == 401 {
			assert.Equal(t, `{"detail":"Could not validate credentials"}`, w.Body.String(), "one text for all")
		}
	}
	assert.NotContains(t, log.String(), "hunter2")
	assert.Equal(t, len(tokens), strings.Count(log.String(), "\n"), "one line each")
}

// RS-32, RS-36, RS-37: a token is looked for in the header only.
func TestExtractorReadsTheHeaderOnly(t *testing.T) {
	t.Parallel()
	s := newExtService(t)
	token := s.valid()
	cookie := httptest.NewRequest(http.MethodGet, "/items", nil)
	cookie.AddCookie(&http.Cookie{Name: "access_token", Value: token})
	headers := httptest.NewRequest(http.MethodGet, "/items", nil)
	for _, name := range []string{"Proxy-Authorization", "X-Forwarded-Authorization", "X-Authorization", "Authorization2"} {
		headers.Header.Set(name, "Bearer "+token)
	}
	for rule, req := range map[string]*http.Request{
		"the query":         httptest.NewRequest(http.MethodGet, "/items?access_token="+token+"&token="+token, nil),
		"a form":            httptest.NewRequest(http.MethodPost, "/items", strings.NewReader("access_token="+token)),
		"the body of a GET": httptest.NewRequest(http.MethodGet, "/items", strings.NewReader("access_token="+token)),
		"a cookie":          cookie,
		"other headers":     headers,
	} {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, req)
		assert.Equal(t, 401, w.Code, rule)
		s.refused(t, w, 401, extNobody)
	}
}
