package ginjwt_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

const (
	originBody = `{"detail":"Cross-origin request refused"}`
	originHost = "api.example:8443" // of every request here
	originApp  = "https://app.example"
)

// originPages are the pages that a request comes from, with what browsers send
// for them, and whether that is to pass: always, never, or if it is trusted.
var originPages = []struct{ page, lines, passes string }{
	{"none: no browser", "", "always"},
	{"none: a URL that was typed", "Sec-Fetch-Site: none", "always"},
	{"the service's own", "Sec-Fetch-Site: same-origin|Origin: https://api.example:8443", "always"},
	{"the service's own, without an origin", "Sec-Fetch-Site: same-origin", "always"},
	{"the service's own, in an old browser", "Origin: https://api.example:8443", "always"},
	{"a sibling", "Sec-Fetch-Site: same-site|Origin: https://blog.example", "never"},
	{"another port of the host", "Sec-Fetch-Site: same-site|Origin: https://api.example", "never"},
	{"another port of the host, in an old browser", "Origin: https://api.example", "never"},
	{"another site", "Sec-Fetch-Site: cross-site|Origin: https://evil.example", "never"},
	{"another site, without an origin", "Sec-Fetch-Site: cross-site", "never"},
	{"another site, in an old browser", "Origin: https://evil.example", "never"},
	{"a sandbox", "Sec-Fetch-Site: cross-site|Origin: null", "never"},
	{"a sandbox, in an old browser", "Origin: null", "never"},
	{"a host that starts like ours", "Origin: https://api.example:8443.evil.example", "never"},
	{"a host that hides behind a user name", "Origin: https://api.example:8443@evil.example", "never"},
	{"an unknown relation", "Sec-Fetch-Site: nested|Origin: https://api.example:8443", "never"},
	{"the application's", "Sec-Fetch-Site: cross-site|Origin: " + originApp, "trusted"},
	{"the application's, of the same site", "Sec-Fetch-Site: same-site|Origin: " + originApp, "trusted"},
	{"the application's, in an old browser", "Origin: " + originApp, "trusted"},
	{"the application's without TLS", "Sec-Fetch-Site: cross-site|Origin: http://app.example", "never"},
	{"another port of the application's", "Sec-Fetch-Site: cross-site|Origin: https://app.example:8443", "never"},
	{"a host that starts like the application's", "Sec-Fetch-Site: cross-site|Origin: https://app.example.evil.example", "never"},
	{"a host that ends like the application's", "Sec-Fetch-Site: cross-site|Origin: https://evilapp.example", "never"},
}

// originSchemes are the schemes with credentials, and what of these a browser
// sends unasked.
var originSchemes = []struct {
	name    string
	guard   func(w *placeWorld, opts ...ginjwt.SchemeOption) (required, optional gin.HandlerFunc)
	ambient string
	given   []string
}{
	{"a bearer token", func(w *placeWorld, opts ...ginjwt.SchemeOption) (required, optional gin.HandlerFunc) {
		opts = append(opts, ginjwt.FromCookie("token"), ginjwt.FromQuery("access_token"), ginjwt.FromWebSocketProtocol("bearer"))
		return originGuards(ginjwt.HTTPBearer(opts...))
	}, "Cookie: token={cookie}", []string{
		"Authorization: Bearer {header}", "?access_token={query}", "Sec-WebSocket-Protocol: bearer, {subprotocol}",
		"Authorization: Bearer {header}|Cookie: token={cookie}", "?access_token={query}|Cookie: token={cookie}",
		"Sec-WebSocket-Protocol: bearer, {subprotocol}|Cookie: token={cookie}; token=a b",
	}},
	{"a key in a cookie", func(_ *placeWorld, opts ...ginjwt.SchemeOption) (required, optional gin.HandlerFunc) {
		return originGuards(ginjwt.APIKeyCookie("sid", opts...))
	}, "Cookie: sid=abc", nil},
	{"Basic", func(_ *placeWorld, opts ...ginjwt.SchemeOption) (required, optional gin.HandlerFunc) {
		return originGuards(ginjwt.HTTPBasic(opts...))
	}, "Authorization: Basic dTpw", nil},
	{"Digest", func(_ *placeWorld, opts ...ginjwt.SchemeOption) (required, optional gin.HandlerFunc) {
		return originGuards(ginjwt.HTTPBase("Digest", opts...))
	}, "Authorization: Digest username=u", nil},
	{"Negotiate", func(_ *placeWorld, opts ...ginjwt.SchemeOption) (required, optional gin.HandlerFunc) {
		return originGuards(ginjwt.HTTPBase("negotiate", opts...))
	}, "Authorization: Negotiate YTpi", nil},
}

// originGuards answer with the request's method, and with "nobody" if nothing
// was sent.
func originGuards[T any](d *ginjwt.Dependency[T]) (required, optional gin.HandlerFunc) {
	required = ginjwt.Handle(d, func(c *gin.Context, _ T) { c.String(200, c.Request.Method) })
	optional = ginjwt.Handle(ginjwt.Optional(d), func(c *gin.Context, v *T) {
		if v == nil {
			c.String(200, "nobody")
			return
		}
		c.String(200, c.Request.Method)
	})
	return required, optional
}

func (w *placeWorld) fromPage(method, path string, lines ...string) *httptest.ResponseRecorder {
	req := w.request(method, path, lines...)
	req.Host = originHost
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, req)
	return rec
}

// originWays are the ways to ask, and whether the answer depends on the page.
var originWays = []struct {
	method, lines string
	checked       bool
}{
	{"GET", "", false}, {"HEAD", "", false}, {"OPTIONS", "", false},
	{"POST", "", true}, {"PUT", "", true}, {"PATCH", "", true}, {"DELETE", "", true}, {"TRACE", "", true},
	{"CONNECT", "", true}, // a WebSocket over HTTP/2 (RFC 8441)
	{"GET", "Connection: Upgrade|Upgrade: websocket|Sec-Fetch-Mode: websocket", true},
	{"GET", "Connection: keep-alive, Upgrade|Upgrade: WebSocket", true},
	{"GET", "Connection: Upgrade|Upgrade: a|Upgrade: websocket", true},
	{"HEAD", "Connection: Upgrade|Upgrade: websocket", true},
	{"GET", "Upgrade-Insecure-Requests: 1", false},
	{"POST", "X-HTTP-Method-Override: GET|Content-Type: application/x-www-form-urlencoded", true},
	{"GET", "X-HTTP-Method-Override: DELETE", false},
}

func TestCredentialsThatBrowsersSendUnaskedAreHeldToOneOrigin(t *testing.T) {
	t.Parallel()
	for _, s := range originSchemes {
		for trust, opts := range map[string][]ginjwt.SchemeOption{
			"default": nil, "trusted": {ginjwt.TrustedOrigins("https://else.example", strings.ToUpper(originApp))}, "any": {ginjwt.InsecureAllowCrossOrigin()},
			"any beside trusted": {ginjwt.InsecureAllowCrossOrigin(), ginjwt.TrustedOrigins(originApp)},
		} {
			t.Run(s.name+" "+trust, func(t *testing.T) {
				t.Parallel()
				w := newPlaceWorld(t, 0)
				required, optional := s.guard(w, opts...)
				w.Any("/r", required)
				w.Any("/o", optional)
				for _, page := range originPages {
					for _, way := range originWays {
						lines := append(placeLines(page.lines), placeLines(way.lines)...)
						passes := !way.checked || page.passes == "always" || trust == "trusted" && page.passes == "trusted" || strings.HasPrefix(trust, "any")
						originJudge(t, w, way.method, append(lines, placeLines(s.ambient)...), passes)
						for _, given := range s.given {
							originJudge(t, w, way.method, append(lines, placeLines(given)...), true)
						}
						rec := w.fromPage(way.method, "/o", lines...)
						require.Equal(t, 200, rec.Code, "who sends no credentials is nobody, wherever from: %s", lines)
						require.Equal(t, 401, w.fromPage(way.method, "/r", lines...).Code)
					}
				}
			})
		}
	}
}

func originJudge(t *testing.T, w *placeWorld, method string, lines []string, passes bool) {
	t.Helper()
	status, body := 403, originBody
	if passes {
		status, body = 200, method // the request's own, not what the check takes it for
	}
	for _, path := range []string{"/r", "/o"} {
		rec := w.fromPage(method, path, lines...)
		require.Equal(t, status, rec.Code, "%s %s with %q", method, path, lines)
		require.Equal(t, body, rec.Body.String(), "%s %s with %q", method, path, lines)
	}
}

// A cross-origin refusal says nothing of the credentials: others would not
// help, and a client must not throw its token away (RFC 6750 section 3.1 has
// no error for it).
func TestACrossOriginRefusalIsNoChallenge(t *testing.T) {
	t.Parallel()
	for _, s := range originSchemes {
		w := newPlaceWorld(t, 0)
		required, optional := s.guard(w)
		w.Any("/r", required)
		w.Any("/o", optional)
		for _, path := range []string{"/r", "/o"} {
			rec := w.fromPage("POST", path, "Sec-Fetch-Site: cross-site", s.ambient)
			require.Equal(t, 403, rec.Code)
			assert.Equal(t, originBody, rec.Body.String())
			assert.Equal(t, "application/json", rec.Header().Get("Content-Type"))
			assert.Empty(t, rec.Header().Values("WWW-Authenticate"), s.name)
		}
	}
}

// Bad cookies from elsewhere are refused like good ones: the answer must not
// tell a page whether the user is logged in, and never takes them for nobody.
func TestBadCookiesFromAnotherSite(t *testing.T) {
	t.Parallel()
	w := newPlaceWorld(t, 0, ginjwt.FromCookie("token"))
	w.Any("/key", ginjwt.Handle(ginjwt.Optional(ginjwt.APIKeyCookie("token")), func(c *gin.Context, _ *string) { c.String(200, "in") }))
	for _, cookie := range []string{"token={forged}", "token=", "token", "token=a b", "token={cookie}; token={cookie}", "token=a\x7fb"} {
		for _, path := range []string{"/required", "/optional"} {
			rec := w.fromPage("POST", path, "Sec-Fetch-Site: cross-site", "Cookie: "+cookie)
			assert.Equal(t, 403, rec.Code, cookie)
			assert.Equal(t, originBody, rec.Body.String(), cookie)
		}
		rec := w.fromPage("POST", "/key", "Sec-Fetch-Site: cross-site", "Cookie: "+cookie)
		assert.Contains(t, []int{400, 403}, rec.Code, cookie)
	}
}

func TestTheCrossOriginCheckInCompositions(t *testing.T) {
	t.Parallel()
	w := newPlaceWorld(t, 0)
	key := ginjwt.APIKeyCookie("sid")
	bearer := ginjwt.HTTPBearer()
	both := ginjwt.Depends2(bearer, key, func(_ *gin.Context, a, b string) (string, error) { return a + b, nil })
	w.POST("/any", ginjwt.Require(ginjwt.AnyOf(bearer, key)))
	w.POST("/any-reversed", ginjwt.Require(ginjwt.AnyOf(key, bearer)))
	w.POST("/any-optional", ginjwt.Require(ginjwt.Optional(ginjwt.AnyOf(bearer, key))))
	w.POST("/both", ginjwt.Require(both))
	w.POST("/both-optional", ginjwt.Require(ginjwt.Optional(both)))
	w.POST("/get", ginjwt.Require(bearer), func(c *gin.Context) {
		if _, err := key.Get(c); err != nil {
			ginjwt.Abort(c, err)
		}
	})
	const header, cookie = "Authorization: Bearer {header}", "Cookie: sid=abc"
	for _, tc := range []struct {
		path   string
		lines  []string
		status int
	}{
		{"/any", []string{header, cookie}, 200},
		{"/any", []string{cookie}, 403},
		{"/any-reversed", []string{header, cookie}, 403},
		{"/any-reversed", []string{header}, 200},
		{"/any-optional", []string{cookie}, 403},
		{"/both", []string{header, cookie}, 403},
		{"/both-optional", []string{cookie}, 401},
		{"/both-optional", []string{header, cookie}, 403},
		{"/get", []string{header, cookie}, 403},
	} {
		rec := w.fromPage("POST", tc.path, append(tc.lines, "Sec-Fetch-Site: cross-site")...)
		assert.Equal(t, tc.status, rec.Code, fmt.Sprint(tc.path, tc.lines))
	}
}

// The log tells which of the two checks failed, and nothing that the page chose.
func TestTheEventOfACrossOriginRequest(t *testing.T) {
	t.Parallel()
	for line, cause := range map[string]string{
		"Sec-Fetch-Site: cross-site":          "Sec-Fetch-Site header",
		"Origin: https://evil.example/s3cr3t": "Origin does not match Host",
	} {
		var log eventLog
		w := newPlaceWorld(t, 0, ginjwt.FromCookie("token"))
		w.POST("/seen", log.observe(), ginjwt.Require(ginjwt.Optional(w.claims)))
		require.Equal(t, http.StatusForbidden, w.fromPage("POST", "/seen", line, "Cookie: token={cookie}").Code)
		ev := log.only1(t)
		assert.Contains(t, ev.Cause, cause)
		assert.NotContains(t, ev.Cause, "evil")
		ev.Cause = ""
		assert.Equal(t, ginjwt.Event{
			Outcome: ginjwt.OutcomeRefused, Status: 403, Code: ginjwt.CodeCrossOrigin, Guard: "JWT", Method: "POST", Route: "/seen",
			Scheme: "OAuth2PasswordBearer",
		}, ev)
	}
}

// Of two cookies that a scheme reads, the one that was named first counts.
func TestTwoCookiesOfAScheme(t *testing.T) {
	t.Parallel()
	w := newPlaceWorld(t, 0, ginjwt.FromCookie("__Host-token"), ginjwt.FromCookie("token"))
	for cookies, want := range map[string]placeVerdict{
		"__Host-token={cookie}; token={header}": placeOK("cookie"),
		"token={header}; __Host-token={cookie}": placeOK("cookie"),
		"token={header}":                        placeOK("header"),
		"__Host-token=; token={header}":         place400(placeBad),
		"__Host-token={forged}; token={header}": place401,
	} {
		want.judge(t, "/required", cookies, w.send("GET", "/required", "Cookie: "+cookies))
	}
}
