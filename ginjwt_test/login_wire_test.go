package ginjwt_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// loginWire is one request for a token, as it goes over the wire.
type loginWire struct {
	path, contentType, lines, body string
}

func (l loginWire) String() string {
	if l.path == "" {
		l.path = "/token"
	}
	if l.contentType == "" {
		l.contentType = formType
	}
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: api.example\r\nConnection: close\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n%s",
		l.path, l.contentType, len(l.body), l.lines, l.body)
}

// loginPad is loginGood as a form of size bytes.
func loginPad(size int) string {
	return loginGood + "&x=" + strings.Repeat("a", size-len(loginGood)-3)
}

// loginTimeout ends the wait for a body that does not come: net/http reads on
// for a while after the answer.
func loginTimeout(srv *http.Server) { srv.ReadTimeout = time.Second }

const loginLimit = 16 << 10

// Where code is empty the answer is a token.
func TestLoginOnTheWire(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		rule        string
		request     loginWire
		lax, strict string
	}{
		{"TE-01 a good login", loginWire{body: loginGood}, "", ""},
		{"TE-02 a wrong password", loginWire{body: "grant_type=password&username=alice&password=wrong"}, "invalid_grant", "invalid_grant"},
		{"TE-03 an unknown user", loginWire{body: "grant_type=password&username=nobody&password=wrong"}, "invalid_grant", "invalid_grant"},
		{"TE-04 no grant type", loginWire{body: "username=alice&password=right"}, "", "invalid_request"},
		{"an empty grant type", loginWire{body: "grant_type=&username=alice&password=right"}, "", "invalid_request"},
		{"TE-05 another grant type", loginWire{body: "grant_type=foo"}, "unsupported_grant_type", "unsupported_grant_type"},
		{"a refresh", loginWire{body: "grant_type=refresh_token&refresh_token=x"}, "unsupported_grant_type", "unsupported_grant_type"},
		{"TE-06 two user names", loginWire{body: "grant_type=password&username=a&username=b&password=x"}, "invalid_request", "invalid_request"},
		{"TE-06 two grant types", loginWire{body: loginGood + "&grant_type=password"}, "invalid_request", "invalid_request"},
		{"TE-06 two scopes", loginWire{body: loginGood + "&scope=me&scope=items"}, "invalid_request", "invalid_request"},
		{"TE-06 two client names", loginWire{body: loginGood + "&client_id=a&client_id=a"}, "invalid_request", "invalid_request"},
		{"TE-06 two client secrets", loginWire{body: loginGood + "&client_secret=a&client_secret="}, "invalid_request", "invalid_request"},
		{"TE-08 all in the query", loginWire{path: "{path}?" + loginGood}, "invalid_request", "invalid_request"},
		{"TE-08 the password in the query", loginWire{path: "{path}?password=right", body: "grant_type=password&username=alice"}, "invalid_request", "invalid_request"},
		{"the query is ignored", loginWire{path: "{path}?username=bob&scope=admin&grant_type=foo", body: loginGood}, "", ""},
		{"TE-09 JSON", loginWire{contentType: "application/json", body: `{"grant_type":"password","username":"alice","password":"right"}`}, "invalid_request", "invalid_request"},
		{"multipart", loginWire{contentType: "multipart/form-data; boundary=x", body: "--x\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\nalice\r\n--x--\r\n"}, "invalid_request", "invalid_request"},
		{"text", loginWire{contentType: "text/plain", body: loginGood}, "invalid_request", "invalid_request"},
		{"no media type", loginWire{contentType: " ", body: loginGood}, "invalid_request", "invalid_request"},
		{"two media types", loginWire{contentType: formType + ", text/plain", body: loginGood}, "invalid_request", "invalid_request"},
		{"a broken parameter", loginWire{contentType: formType + "; charset", body: loginGood}, "invalid_request", "invalid_request"},
		{"a charset", loginWire{contentType: formType + "; charset=UTF-8", body: loginGood}, "", ""},
		{"another letter case", loginWire{contentType: "Application/X-WWW-Form-URLEncoded;charset=utf-8", body: loginGood}, "", ""},
		{"TE-10 an empty password", loginWire{body: "grant_type=password&username=alice&password="}, "invalid_request", "invalid_request"},
		{"TE-10 an empty user name", loginWire{body: "grant_type=password&username=&password=right"}, "invalid_request", "invalid_request"},
		{"TE-11 unknown fields", loginWire{body: loginGood + "&foo=1&foo=2&foo="}, "", ""},
		{"TE-15 a scope that is not granted", loginWire{body: loginGood + "&scope=admin"}, "invalid_scope", "invalid_scope"},
		{"TE-15 one among others", loginWire{body: loginGood + "&scope=me+admin+items"}, "invalid_scope", "invalid_scope"},
		{"TE-16 a quote in a scope", loginWire{body: loginGood + `&scope=a"b`}, "invalid_scope", "invalid_scope"},
		{"TE-16 a tab between scopes", loginWire{body: loginGood + "&scope=me%09items"}, "invalid_scope", "invalid_scope"},
		{"an empty scope", loginWire{body: loginGood + "&scope="}, "", ""},
		{"TE-29 no UTF-8", loginWire{body: "grant_type=password&username=%ff&password=x"}, "invalid_request", "invalid_request"},
		{"TE-29 a surrogate", loginWire{body: "grant_type=password&username=%ed%a0%80&password=x"}, "invalid_request", "invalid_request"},
		{"TE-29 raw bytes", loginWire{body: "grant_type=password&username=alice&password=\xff"}, "invalid_request", "invalid_request"},
		{"a semicolon", loginWire{body: "grant_type=password;username=alice;password=right"}, "invalid_request", "invalid_request"},
		{"a semicolon in a field that is ignored", loginWire{body: loginGood + "&x=a;b"}, "invalid_request", "invalid_request"},
		{"a bad escape", loginWire{body: loginGood + "&x=%zz"}, "invalid_request", "invalid_request"},
		{"an empty body", loginWire{}, "invalid_request", "invalid_request"},
		{"a byte order mark", loginWire{body: "\xef\xbb\xbfusername=alice&password=right"}, "invalid_request", "invalid_request"},
		{"Swagger's empty client", loginWire{lines: "Authorization: Basic Og==\r\n", body: loginGood}, "", ""},
		{"another's token", loginWire{lines: "Authorization: Bearer abc\r\n", body: loginGood}, "", ""},
		{"a body of just the limit", loginWire{body: loginPad(loginLimit)}, "", ""},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			t.Parallel()
			s := newLoginService(t)
			srv := wireServer(t, s)
			for path, code := range map[string]string{"/token": tc.lax, "/strict": tc.strict} {
				request := tc.request
				request.path = strings.Replace(request.path, "{path}", path, 1)
				if request.path == "" {
					request.path = path
				}
				loginJudge(t, s, wireSend(t, srv, request.String()), code)
			}
		})
	}
}

// loginJudge asserts that answer is the refusal of code, or a token.
func loginJudge(t *testing.T, s *loginService, answer wireAnswer, code string) {
	t.Helper()
	loginHeaders(t, answer.Header)
	assert.Empty(t, answer.Header.Values("WWW-Authenticate"))
	logins := s.logins.Swap(0)
	if code != "" {
		assert.Equal(t, 400, answer.StatusCode)
		assert.NotEmpty(t, loginRefusal(t, code, answer.body))
		judged := code == "invalid_grant" || strings.Contains(answer.body, "Not yours")
		assert.Equal(t, judged, logins == 1, "a password is looked at only if the form is good")
		return
	}
	assert.Equal(t, 200, answer.StatusCode)
	var token map[string]any
	require.NoError(t, json.Unmarshal([]byte(answer.body), &token))
	assert.NotEmpty(t, token["access_token"])
	assert.Equal(t, "bearer", token["token_type"])
	assert.Equal(t, 900.0, token["expires_in"], "a number")
	assert.EqualValues(t, 1, logins)
}

func TestLoginTellsNoUserFromAnother(t *testing.T) { // TE-03
	t.Parallel()
	srv := wireServer(t, newLoginService(t))
	var answers []string
	for _, user := range []string{"alice", "nobody", "alice%22", strings.Repeat("n", 4000)} {
		answer := wireSend(t, srv, loginWire{body: "grant_type=password&password=wrong&username=" + user}.String())
		answer.Header.Del("Date")
		answers = append(answers, fmt.Sprint(answer.StatusCode, answer.Header, answer.body))
	}
	for _, answer := range answers[1:] {
		assert.Equal(t, answers[0], answer)
	}
}

func TestLoginSaysTheScopeThatItGrants(t *testing.T) {
	t.Parallel()
	srv := wireServer(t, newLoginService(t))
	for body, want := range map[string]any{
		loginGood:                          nil,
		loginGood + "&scope=me":            "me",
		loginGood + "&scope=items+me":      "items me",
		loginGood + "&scope=+me++items+":   "me items",
		loginGood + "&scope=me%20me+items": "me items",
	} {
		var token map[string]any
		require.NoError(t, json.Unmarshal([]byte(wireSend(t, srv, loginWire{body: body}.String()).body), &token))
		assert.Equal(t, want, token["scope"], body)
	}
}

func TestLoginIsAPOST(t *testing.T) { // TE-07
	t.Parallel()
	s := newLoginService(t)
	answer := wireSend(t, wireServer(t, s), "GET /token?"+loginGood+" HTTP/1.1\r\n"+wireEnd)
	assert.Equal(t, 405, answer.StatusCode)
	assert.Equal(t, "POST", answer.Header.Get("Allow"))
	assert.Zero(t, s.logins.Load())
}

// TE-27: what is too large is refused without a look at the password, and the
// connection is not used again, since the rest of the body is still on its way.
func TestLoginRefusesALargeBody(t *testing.T) {
	t.Parallel()
	head := "POST /token HTTP/1.1\r\nHost: api.example\r\nContent-Type: " + formType + "\r\n"
	chunked := func(body string) string {
		return head + fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(body), body)
	}
	for rule, request := range map[string]string{
		"one byte too many":            head + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", loginLimit+1, loginPad(loginLimit+1)),
		"10 MiB announced, none sent":  head + "Content-Length: 10485760\r\n\r\n",
		"an absurd length":             head + "Content-Length: 9223372036854775807\r\n\r\n",
		"the client waits for a leave": head + "Content-Length: 10485760\r\nExpect: 100-continue\r\n\r\n",
		"chunks, one byte too many":    chunked(loginPad(loginLimit + 1)),
		"chunks without an end":        head + fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", loginLimit+1, loginPad(loginLimit+1)),
		"one chunk of 10 MiB":          head + "Transfer-Encoding: chunked\r\n\r\na00000\r\n" + loginPad(loginLimit+1),
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			s := newLoginService(t)
			conn := wireDial(t, wireServer(t, s, loginTimeout))
			_, err := io.WriteString(conn, request)
			require.NoError(t, err)
			from := bufio.NewReader(conn)
			answer := wireRead(t, from, http.MethodPost)
			assert.Equal(t, 413, answer.StatusCode)
			assert.True(t, answer.Close, "Connection: close")
			loginHeaders(t, answer.Header)
			assert.Equal(t, "The request body is too large", loginRefusal(t, "invalid_request", answer.body))
			assert.Zero(t, s.logins.Load())
			_, err = from.ReadByte()
			assert.Error(t, err)
			assert.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the connection is still open")
		})
	}
	t.Run("chunks up to the limit are taken", func(t *testing.T) {
		t.Parallel()
		s := newLoginService(t)
		loginJudge(t, s, wireSend(t, wireServer(t, s), chunked(loginPad(loginLimit))), "")
	})
}

// A body that does not come is no login, and holds the server no longer than
// its own time-outs.
func TestLoginWithHalfABody(t *testing.T) {
	t.Parallel()
	half := fmt.Sprintf("POST /token HTTP/1.1\r\nHost: api.example\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", formType, len(loginGood)+9, loginGood)
	for rule, end := range map[string]func(t *testing.T, conn net.Conn){
		"the client says that it is done": func(t *testing.T, conn net.Conn) {
			require.NoError(t, conn.(*net.TCPConn).CloseWrite())
		},
		"the client is slow": func(*testing.T, net.Conn) {}, // the server's ReadTimeout ends it
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			s := newLoginService(t)
			conn := wireDial(t, wireServer(t, s, loginTimeout))
			_, err := io.WriteString(conn, half)
			require.NoError(t, err)
			end(t, conn)
			answer := wireRead(t, bufio.NewReader(conn), http.MethodPost)
			loginJudge(t, s, answer, "invalid_request")
			assert.Contains(t, answer.body, "could not be read")
		})
	}
}

// bodyThatMustNotBeRead fails the test when it is read.
type bodyThatMustNotBeRead struct{ t *testing.T }

func (b bodyThatMustNotBeRead) Read([]byte) (int, error) {
	b.t.Error("the body is read before the credentials are judged")
	return 0, io.EOF
}

func TestLoginBodyWaitsForTheCredentials(t *testing.T) {
	t.Parallel()
	_, verifier := newIssuer(t)
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), verifier)
	form := ginjwt.PasswordForm()
	both := func(*gin.Context, ginjwt.Claims, loginForm) {}
	for rule, setUp := range map[string]func() []gin.HandlerFunc{
		"a guard on the group": func() []gin.HandlerFunc {
			return []gin.HandlerFunc{ginjwt.Require(claims), ginjwt.Handle(form, func(*gin.Context, loginForm) {})}
		},
		"both in a handler": func() []gin.HandlerFunc { return []gin.HandlerFunc{ginjwt.Handle2(claims, form, both)} },
		"the form first in a handler": func() []gin.HandlerFunc {
			return []gin.HandlerFunc{ginjwt.Handle2(form, claims, func(c *gin.Context, f loginForm, m ginjwt.Claims) { both(c, m, f) })}
		},
		"the form first in a dependency": func() []gin.HandlerFunc {
			d := ginjwt.Depends2(form, claims, func(*gin.Context, loginForm, ginjwt.Claims) (int, error) { return 0, nil })
			return []gin.HandlerFunc{ginjwt.Handle(d, func(*gin.Context, int) {})}
		},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			handlers := loginSetUp(setUp)
			if handlers == nil {
				return // refused where it is cheapest: while routes are set up
			}
			for _, credentials := range []string{"", "Bearer", "Bearer abc"} {
				req := httptest.NewRequest(http.MethodPost, "/", bodyThatMustNotBeRead{t})
				req.Header.Set("Content-Type", formType)
				req.Header.Set("Authorization", credentials)
				w := httptest.NewRecorder()
				extEngine(handlers...).ServeHTTP(w, req)
				bearerOf(t, w.Header())
			}
		})
	}
}

// loginSetUp returns nil if setUp panics with a text of the package's.
func loginSetUp(setUp func() []gin.HandlerFunc) (handlers []gin.HandlerFunc) {
	defer func() {
		if text, ok := recover().(string); ok && strings.HasPrefix(text, "ginjwt: ") {
			handlers = nil
		}
	}()
	return setUp()
}
