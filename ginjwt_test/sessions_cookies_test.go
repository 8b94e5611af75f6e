package ginjwt_test

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

func withCookies(cfg *sessConfig) { cfg.Cookies = &sessions.Cookies{} }

// What browsers send with a fetch or a form's POST, by where the page is from.
func sameOriginChrome(w *sessWorld) []string {
	return []string{"Origin: " + w.srv.URL, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"}
}

var crossOriginPages = map[string][]string{
	"a form of another site":           {"Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Fetch-User: ?1"},
	"a fetch of another site":          {"Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: empty"},
	"a page of a sibling host":         {"Origin: https://blog.api.example", "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"},
	"a browser without Sec-Fetch":      {"Origin: https://evil.example"},
	"a sandboxed frame":                {"Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"},
	"an opaque origin, and no more":    {"Origin: null"},
	"another port of the host":         {"Origin: http://127.0.0.1:1"},
	"a look-alike of a trusted one":    {"Origin: https://app.example.com.evil.example", "Sec-Fetch-Site: cross-site"},
	"a trusted host without TLS":       {"Origin: http://app.example.com", "Sec-Fetch-Site: cross-site"},
	"an origin that says it is its":    {"Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Referer: https://app.example.com/"},
	"Sec-Fetch-Site that is not known": {"Origin: https://evil.example", "Sec-Fetch-Site: whatever"},
}

func sessCookieLine(cookies []*http.Cookie) string {
	var pairs []string
	for _, c := range cookies {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	return "Cookie: " + strings.Join(pairs, "; ")
}

// logInWithCookies returns the cookies of a login: the access token's, the
// refresh token's.
func (w *sessWorld) logInWithCookies(user string, headers ...string) []*http.Cookie {
	w.t.Helper()
	a := w.post("/token", sessForm("grant_type", "password", "username", user, "password", "right"), append(headers, sameOriginChrome(w)...)...)
	require.Equal(w.t, 200, a.status, a.body)
	require.Len(w.t, a.cookie, 2)
	return a.cookie
}

func (w *sessWorld) refreshWithCookies(cookies []*http.Cookie) sessAnswer {
	return w.post("/token", sessForm("grant_type", "refresh_token"), append(sameOriginChrome(w), sessCookieLine(cookies))...)
}

func TestSessionsCookies(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t, withCookies)
	a := w.post("/token", sessForm("grant_type", "password", "username", "alice", "password", "right"), sameOriginChrome(w)...)
	refreshed := w.refreshWithCookies(a.cookie)
	for _, a := range []sessAnswer{a, refreshed} {
		require.Equal(t, 200, a.status, a.body)
		loginHeaders(t, a.header)
		assert.JSONEq(t, `{"token_type":"bearer","expires_in":900,"scope":"me items"}`, a.body, "no token where a script can read it")
		require.Len(t, a.cookie, 2)
		lines := a.header.Values("Set-Cookie")
		for i, want := range []string{
			"__Host-access_token=" + a.cookie[0].Value + "; Path=/; Max-Age=900; HttpOnly; Secure; SameSite=Lax",
			"__Host-refresh_token=" + a.cookie[1].Value + "; Path=/; Max-Age=1209600; HttpOnly; Secure; SameSite=Lax",
		} {
			assert.Equal(t, want, lines[i], "all of it, and no Domain")
		}
		assert.Equal(t, 200, w.do("GET", "/me", "", "", sessCookieLine(a.cookie[:1])).status)
		assert.Equal(t, 401, w.do("GET", "/me", "", "", "Cookie: __Host-access_token="+a.cookie[1].Value).status)
		assert.Equal(t, 401, w.do("GET", "/me", "", "", sessCookieLine(a.cookie[1:])).status, "the refresh token opens nothing")
	}
}

// The cookie of the refresh token lives as long as that does: no longer than
// what is left of the session.
func TestSessionsCookiesMaxAge(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t, withCookies, func(cfg *sessConfig) { cfg.IdleTTL, cfg.TTL = time.Hour, 90*time.Minute })
	cookies := w.logInWithCookies("alice")
	assert.Equal(t, 3600, cookies[1].MaxAge)
	w.clock.advance(50 * time.Minute)
	cookies = w.refreshWithCookies(cookies).cookie
	require.Len(t, cookies, 2)
	assert.Equal(t, 2400, cookies[1].MaxAge)
}

// A browser drops a cookie that is too large without a word, and its user would
// be logged out at once.
func TestSessionsCookiesThatAreTooLarge(t *testing.T) {
	t.Parallel()
	w := newSessWorldOf(t, ginjwt.IssuerConfig{AccessTTL: 10_000_000 * time.Second}, ginjwt.Policy{}, withCookies,
		func(cfg *sessConfig) { cfg.TTL = 365 * 24 * time.Hour })
	claims := func(size int) {
		w.setClaims(func(_ *gin.Context, login sessLogin) (ginjwt.AnyClaims, error) {
			return &sessClaims{Claims: ginjwt.Claims{Scope: login.Scope}, Name: strings.Repeat("n", size)}, nil
		})
	}
	login := func() sessAnswer {
		return w.post("/token", sessForm("grant_type", "password", "username", "alice", "password", "right"))
	}
	refused := 0
	for size := 2620; size < 2780; size++ {
		claims(size)
		a := login()
		if a.status == 200 {
			require.Zero(t, refused, "larger, and not refused")
			for _, line := range a.header.Values("Set-Cookie") {
				assert.LessOrEqual(t, len(line), 4096)
			}
			require.NoError(t, w.EndAll(t.Context(), "alice"))
			continue
		}
		refused++
		require.Equal(t, 500, a.status)
		assert.Empty(t, a.cookie)
		require.Empty(t, w.list("alice"), "no session that nobody has a token of")
	}
	assert.Positive(t, refused)

	claims(10)
	cookies := login().cookie
	claims(5000)
	assert.Equal(t, 500, w.refreshWithCookies(cookies).status)
	claims(10)
	assert.Equal(t, 200, w.refreshWithCookies(cookies).status, "and nothing was used up")
}

func sessCleared(t *testing.T, a sessAnswer) {
	t.Helper()
	assert.Equal(t, []string{
		"__Host-access_token=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
		"__Host-refresh_token=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
	}, a.header.Values("Set-Cookie"))
}

func TestSessionsCookiesAreCleared(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t, withCookies)
	cookies := w.logInWithCookies("alice")
	next := w.refreshWithCookies(cookies).cookie
	a := w.refreshWithCookies(cookies) // reuse
	a.requireRefusal(t, 400, "invalid_grant")
	assert.Equal(t, sessRefused, a.body)
	sessCleared(t, a)
	sessCleared(t, w.refreshWithCookies(next))
	sessCleared(t, w.refreshWithCookies([]*http.Cookie{{Name: "__Host-refresh_token", Value: "garbage"}}))

	cookies = w.logInWithCookies("alice")
	for _, a := range []sessAnswer{
		w.post("/token", sessForm("grant_type", "refresh_token", "scope", "admin"), append(sameOriginChrome(w), sessCookieLine(cookies))...),
		w.post("/token", sessForm("grant_type", "foo"), append(sameOriginChrome(w), sessCookieLine(cookies))...),
		w.post("/token", sessForm("grant_type", "password", "username", "alice", "password", "wrong"), append(sameOriginChrome(w), sessCookieLine(cookies))...),
	} {
		assert.Equal(t, 400, a.status)
		assert.Empty(t, a.cookie, "the tokens are good")
	}
	w.failClaims(ginjwt.Unavailable(assert.AnError))
	a = w.refreshWithCookies(cookies)
	assert.Equal(t, 503, a.status)
	assert.Empty(t, a.cookie, "an outage must not log anybody out")
	w.setClaims(nil)
	w.failClaims(ginjwt.Forbidden("Inactive user"))
	sessCleared(t, w.refreshWithCookies(cookies))
}

func TestSessionsCookiesLogout(t *testing.T) {
	t.Parallel()
	for rule, pick := range map[string]func([]*http.Cookie) []*http.Cookie{
		"both":                         func(c []*http.Cookie) []*http.Cookie { return c },
		"the access token's":           func(c []*http.Cookie) []*http.Cookie { return c[:1] },
		"the refresh token's":          func(c []*http.Cookie) []*http.Cookie { return c[1:] },
		"a broken access token's, too": func(c []*http.Cookie) []*http.Cookie { return []*http.Cookie{{Name: c[0].Name, Value: "a.b.c"}, c[1]} },
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w := newSessWorld(t, withCookies)
			cookies := w.logInWithCookies("alice")
			a := w.post("/logout", nil, append(sameOriginChrome(w), sessCookieLine(pick(cookies)))...)
			assert.Equal(t, 204, a.status)
			sessCleared(t, a)
			assert.Equal(t, 401, w.do("GET", "/me", "", "", sessCookieLine(cookies)).status)
			assert.Equal(t, sessRefused, w.refreshWithCookies(cookies).body)
			assert.Empty(t, w.list("alice"))
		})
	}
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		w := newSessWorld(t, withCookies)
		assert.Equal(t, 401, w.post("/logout", nil, sameOriginChrome(w)...).status)
	})
}

// A login ends the session whose cookie the browser sends with it.
func TestSessionsCookiesLoginEndsTheOneBefore(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t, withCookies)
	before, other := w.logInWithCookies("alice"), w.logInWithCookies("alice")
	after := w.logInWithCookies("bob", sessCookieLine(before))
	assert.Equal(t, sessRefused, w.refreshWithCookies(before).body)
	assert.Equal(t, 401, w.do("GET", "/me", "", "", sessCookieLine(before)).status)
	assert.Equal(t, 200, w.refreshWithCookies(other).status)
	assert.Equal(t, 200, w.refreshWithCookies(after).status)
}

func TestSessionsCookiesTwice(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t, withCookies)
	cookies := w.logInWithCookies("alice")
	for rule, a := range map[string]sessAnswer{
		"two cookies": w.refreshWithCookies(append(cookies, &http.Cookie{Name: "__Host-refresh_token", Value: "x"})),
		"two headers": w.post("/token", sessForm("grant_type", "refresh_token"), append(sameOriginChrome(w), sessCookieLine(cookies), sessCookieLine(cookies))...),
		"a cookie and a field": w.post("/token", sessForm("grant_type", "refresh_token", "refresh_token", cookies[1].Value),
			append(sameOriginChrome(w), sessCookieLine(cookies))...),
	} {
		a.requireRefusal(t, 400, "invalid_request")
		assert.Empty(t, a.cookie, rule)
	}
	assert.Equal(t, 200, w.refreshWithCookies(cookies).status)
}

// A page of another origin must neither use a user's cookies nor log them in as
// somebody else. Not a byte of what it sends is read.
func TestSessionsCookiesCrossOrigin(t *testing.T) {
	t.Parallel()
	for page, headers := range crossOriginPages {
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			w := newSessWorld(t, func(cfg *sessConfig) {
				cfg.Cookies = &sessions.Cookies{TrustedOrigins: []string{"https://App.Example.com:443"}}
			})
			cookies := w.logInWithCookies("alice")
			for _, path := range []string{"/token", "/logout", "/revoke"} {
				for _, sent := range [][]*http.Cookie{cookies, nil} { // without, it is a login by the page's own account
					req := httptest.NewRequest("POST", path, bodyThatMustNotBeRead{t})
					req.Host = strings.TrimPrefix(w.srv.URL, "http://")
					req.Header.Set("Content-Type", formType)
					for _, line := range append(headers, sessCookieLine(sent)) {
						name, value, _ := strings.Cut(line, ": ")
						req.Header.Add(name, value)
					}
					answer := httptest.NewRecorder()
					w.srv.Config.Handler.ServeHTTP(answer, req)
					assert.Equal(t, 403, answer.Code, path)
					assert.JSONEq(t, `{"detail":"Cross-origin request refused"}`, answer.Body.String())
					assert.Empty(t, answer.Header().Values("Set-Cookie"))
					if path == "/token" { // TE-30
						assert.Equal(t, "no-store", answer.Header().Get("Cache-Control"))
					}
				}
			}
			assert.EqualValues(t, 1, w.logins.Load(), "no password was looked at")
			assert.Equal(t, 200, w.refreshWithCookies(cookies).status)
		})
	}
}

func TestSessionsCookiesSameOrigin(t *testing.T) {
	t.Parallel()
	for page, headers := range map[string][]string{
		"a browser without Sec-Fetch": {"Origin: {self}"},
		"Safari's form":               {"Origin: {self}", "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"},
		"the address bar":             {"Sec-Fetch-Site: none"},
		"no browser":                  nil,
		"a trusted origin":            {"Origin: https://app.example.com", "Sec-Fetch-Site: cross-site"},
		"a trusted one, no Sec-Fetch": {"Origin: https://app.example.com"},
		"a trusted one on a sibling":  {"Origin: https://app.example.com", "Sec-Fetch-Site: same-site"},
	} {
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			w := newSessWorld(t, func(cfg *sessConfig) {
				cfg.Cookies = &sessions.Cookies{TrustedOrigins: []string{"https://app.example.com"}}
			})
			for i := range headers {
				headers[i] = strings.ReplaceAll(headers[i], "{self}", w.srv.URL)
			}
			a := w.post("/token", sessForm("grant_type", "password", "username", "alice", "password", "right"), headers...)
			require.Equal(t, 200, a.status)
			line := sessCookieLine(a.cookie)
			a = w.post("/token", sessForm("grant_type", "refresh_token"), append(headers, line)...)
			require.Equal(t, 200, a.status)
			line = sessCookieLine(a.cookie)
			assert.Equal(t, 200, w.post("/revoke", sessForm("token", "x"), append(headers, line)...).status)
			assert.Equal(t, 204, w.post("/logout", nil, append(headers, line)...).status)
		})
	}
}

// Without cookie mode there is nothing that a browser sends unasked.
func TestSessionsWithoutCookiesReadNone(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	tokens := w.logIn("alice")
	cookie := "Cookie: __Host-refresh_token=" + tokens.Refresh + "; refresh_token=" + tokens.Refresh + "; __Host-access_token=" + tokens.Access
	evil := []string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site", cookie}
	w.post("/token", sessForm("grant_type", "refresh_token"), evil...).requireRefusal(t, 400, "invalid_request")
	assert.Equal(t, 401, w.post("/logout", nil, evil...).status)
	w.requireAlive(tokens)
}

// A whole life in a browser's cookie jar, for development without TLS.
func TestSessionsCookiesOnLoopback(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t, func(cfg *sessConfig) { cfg.Cookies = &sessions.Cookies{InsecureLoopback: true} })
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	w.srv.Client().Jar = jar
	home, err := url.Parse(w.srv.URL)
	require.NoError(t, err)
	me := func() int { return w.do("GET", "/me", "", "").status }
	post := func(path string, pairs ...string) sessAnswer {
		return w.post(path, sessForm(pairs...), sameOriginChrome(w)...)
	}
	assert.Equal(t, 401, me())
	a := post("/token", "grant_type", "password", "username", "alice", "password", "right")
	require.Equal(t, 200, a.status)
	for i, name := range []string{"access_token", "refresh_token"} {
		assert.Equal(t, name, a.cookie[i].Name)
		assert.False(t, a.cookie[i].Secure)
		assert.True(t, a.cookie[i].HttpOnly)
		assert.Equal(t, http.SameSiteLaxMode, a.cookie[i].SameSite)
	}
	assert.Equal(t, 200, me())
	before := jar.Cookies(home)
	require.Equal(t, 200, post("/token", "grant_type", "refresh_token").status)
	assert.NotEqual(t, before, jar.Cookies(home))
	assert.Equal(t, 200, me())
	assert.Equal(t, 204, post("/logout").status)
	assert.Empty(t, jar.Cookies(home))
	assert.Equal(t, 401, me())
}

// sessElsewhere is a listener whose connections say that they came in at addr.
type sessElsewhere struct {
	net.Listener
	addr net.Addr
}

type sessElsewhereConn struct {
	net.Conn
	addr net.Addr
}

func (l sessElsewhere) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return sessElsewhereConn{conn, l.addr}, err
}

func (c sessElsewhereConn) LocalAddr() net.Addr { return c.addr }

func TestSessionsInsecureLoopbackIsForLoopback(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]int{
		"127.0.0.1": 200, "127.8.9.10": 200, "::1": 200, "::ffff:127.0.0.1": 200,
		"192.168.0.7": 500, "0.0.0.0": 500, "2001:db8::1": 500, "::ffff:10.0.0.1": 500,
	} {
		t.Run(addr, func(t *testing.T) {
			t.Parallel()
			w := newSessWorld(t, func(cfg *sessConfig) { cfg.Cookies = &sessions.Cookies{InsecureLoopback: true} })
			srv := httptest.NewUnstartedServer(w.srv.Config.Handler)
			srv.Listener = sessElsewhere{srv.Listener, &net.TCPAddr{IP: net.ParseIP(addr), Port: 80}}
			srv.Start()
			t.Cleanup(srv.Close)
			w.srv = srv
			form := sessForm("grant_type", "password", "username", "alice", "password", "right")
			a := w.post("/token", form, "Host: localhost", "X-Forwarded-For: 127.0.0.1")
			assert.Equal(t, want, a.status)
			assert.Equal(t, want == 200, len(a.cookie) == 2)
			assert.Equal(t, want == 200, len(w.list("alice")) == 1)
			if want != 200 {
				assert.Zero(t, w.logins.Load())
				assert.Equal(t, 500, w.post("/logout", nil).status)
			}
		})
	}
}

// The guard of a route and the cookies of a login cannot drift: the name is asked for.
func TestSessionsCookieNames(t *testing.T) {
	t.Parallel()
	for want, k := range map[string]sessions.Cookies{
		"__Host-access_token __Host-refresh_token": {},
		"access_token refresh_token":               {InsecureLoopback: true},
	} {
		assert.Equal(t, want, k.AccessName()+" "+k.RefreshName())
	}
}

// The answer in cookie mode stays the JSON of a login without a scope, too.
func TestSessionsCookiesWithoutAScope(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t, withCookies, func(cfg *sessConfig) {
		cfg.Password = func(*gin.Context, loginForm) (sessLogin, error) { return sessLogin{Subject: "alice"}, nil }
	})
	a := w.post("/token", sessForm("grant_type", "password", "username", "alice", "password", "right"))
	var body map[string]any
	require.NoError(t, json.Unmarshal([]byte(a.body), &body))
	assert.Equal(t, map[string]any{"token_type": "bearer", "expires_in": 900.0}, body)
}
