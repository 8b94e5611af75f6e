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

// sharingGuards are guards over each kind of place, and what a cache must be
// told: which header the answer depends on, and what credentials are private.
var sharingGuards = []struct {
	name  string
	guard func(w *placeWorld) ginjwt.Guard
	vary  []string
	sent  string // good credentials
	bad   string // malformed ones
}{
	{"a token in a cookie", func(w *placeWorld) ginjwt.Guard { return w.claims }, []string{"Cookie"}, "Cookie: token={cookie}", "Cookie: token="},
	{"a token in the query", func(w *placeWorld) ginjwt.Guard { return w.claims }, []string{"Cookie"}, "?access_token={query}", "?access_token=%zz"},
	{"a key in a header", func(*placeWorld) ginjwt.Guard { return ginjwt.APIKeyHeader("x-api-key") }, []string{"X-Api-Key"}, "X-API-Key: k", "X-API-Key:"},
	{"a key in a cookie", func(*placeWorld) ginjwt.Guard { return ginjwt.APIKeyCookie("sid") }, []string{"Cookie"}, "Cookie: a=b; sid=k", "Cookie: sid"},
	{"a key in the query", func(*placeWorld) ginjwt.Guard { return ginjwt.APIKeyQuery("key") }, nil, "?key=k", "?key=k;"},
}

func newSharingWorld(t *testing.T) *placeWorld {
	t.Helper()
	return newPlaceWorld(t, 10, placeOptions["cookie"], placeOptions["query"], placeOptions["subprotocol"])
}

func sharingHeaders(rec *httptest.ResponseRecorder) [2][]string {
	return [2][]string{rec.Header().Values("Vary"), rec.Header().Values("Cache-Control")}
}

func TestCachesAreToldOfCredentials(t *testing.T) {
	t.Parallel()
	private := []string{"private"}
	for _, tc := range sharingGuards {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newSharingWorld(t)
			guard := ginjwt.Require(tc.guard(w))
			w.Any("/guarded", guard, func(c *gin.Context) { c.String(200, "in") })
			w.Any("/twice", guard, guard, ginjwt.Require(tc.guard(w)), func(c *gin.Context) { c.String(200, "in") })
			for _, path := range []string{"/guarded", "/twice"} {
				for _, method := range []string{"GET", "HEAD", "POST"} {
					for _, c := range []struct {
						lines   []string
						status  int
						private []string
					}{
						{[]string{tc.sent}, 200, private},
						{[]string{tc.bad}, 400, private},
						{nil, 401, nil},
						{[]string{"Cookie: other=1", "?other=1", "X-Other: 1"}, 401, nil},
					} {
						rec := w.send(method, path, c.lines...)
						assert.Equal(t, c.status, rec.Code)
						assert.Equal(t, [2][]string{tc.vary, c.private}, sharingHeaders(rec), "%s %s %q", method, path, c.lines)
					}
				}
			}
		})
	}
}

func TestCachesAreToldOfCredentialsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newSharingWorld(t)
	lacks := ginjwt.Security(w.claims, "admin")
	fails := ginjwt.Depends(w.claims, func(*gin.Context, ginjwt.Claims) (int, error) { return 0, fmt.Errorf("down") })
	w.Any("/lacks", ginjwt.Require(lacks))
	w.Any("/fails", new(eventLog).observe(), ginjwt.Require(fails))
	w.Any("/page", ginjwt.OnError(func(c *gin.Context, _ *ginjwt.Error) { c.String(200, "a page") }), ginjwt.Require(w.claims))
	for _, tc := range []struct {
		path   string
		lines  []string
		status int
	}{
		{"/required", []string{"Cookie: token={forged}"}, 401},
		{"/required", []string{"Cookie: token={cookie}", "Sec-Fetch-Site: cross-site"}, 403},
		{"/required", []string{"Cookie: token=1; token=2"}, 400},
		{"/required", []string{"?access_token={query}&access_token={query}"}, 400},
		{"/required", []string{"Authorization: Bearer {header}", "Cookie: token={cookie}"}, 200},
		{"/required", []string{"Authorization: Bearer {header}", "?access_token={query}"}, 400},
		{"/lacks", []string{"Cookie: token={cookie}"}, 403},
		{"/fails", []string{"?access_token={query}"}, 500},
		{"/page", []string{"Cookie: token={forged}"}, 401},
	} {
		rec := w.send("POST", tc.path, tc.lines...)
		assert.Equal(t, tc.status, rec.Code, tc.lines)
		assert.Equal(t, [2][]string{{"Cookie"}, {"private"}}, sharingHeaders(rec), "%s %q", tc.path, tc.lines)
	}
	rec := w.send("GET", "/required", "Authorization: Bearer {header}")
	assert.Equal(t, [2][]string{{"Cookie"}, nil}, sharingHeaders(rec), "caches know of the Authorization header, but not that a cookie would be looked at")
}

// What earlier middleware said stands if it is stricter, and is mended if not.
func TestWhatEarlierMiddlewareSaidToCaches(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		rule          string
		vary, control []string
		wantVary      []string
		wantControl   []string
	}{
		{"nothing", nil, nil, []string{"Cookie"}, []string{"private"}},
		{"another header", []string{"Origin"}, nil, []string{"Origin", "Cookie"}, []string{"private"}},
		{"the same header", []string{"Accept, cookie"}, nil, []string{"Accept, cookie"}, []string{"private"}},
		{"the same header in a second line", []string{"Accept", " COOKIE , Origin"}, nil, []string{"Accept", " COOKIE , Origin"}, []string{"private"}},
		{"a header whose name is longer", []string{"X-Cookie, Cookie2"}, nil, []string{"X-Cookie, Cookie2", "Cookie"}, []string{"private"}},
		{"all headers", []string{"*"}, nil, []string{"*"}, []string{"private"}},
		{"all headers, in a list", []string{"Origin, *"}, nil, []string{"Origin, *"}, []string{"private"}},
		{"public", nil, []string{"public, max-age=60"}, []string{"Cookie"}, []string{"private"}},
		{"public in two lines", nil, []string{"public", "max-age=60"}, []string{"Cookie"}, []string{"private"}},
		{"a time for shared caches", nil, []string{"s-maxage=60"}, []string{"Cookie"}, []string{"private"}},
		{"no-store", nil, []string{"no-store"}, []string{"Cookie"}, []string{"no-store"}},
		{"no-store among others", nil, []string{"max-age=0, No-Store"}, []string{"Cookie"}, []string{"max-age=0, No-Store"}},
		{"no-store in a second line", nil, []string{"max-age=0", "no-store"}, []string{"Cookie"}, []string{"max-age=0", "no-store"}},
		{"private with a time", nil, []string{"private, max-age=60"}, []string{"Cookie"}, []string{"private, max-age=60"}},
		{"private for one field only", nil, []string{`private="Set-Cookie", max-age=60`}, []string{"Cookie"}, []string{"private"}},
		{"a directive whose name is longer", nil, []string{"no-store-ever, privately"}, []string{"Cookie"}, []string{"private"}},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			t.Parallel()
			w := newSharingWorld(t)
			w.GET("/early", func(c *gin.Context) {
				for _, v := range tc.vary {
					c.Writer.Header().Add("Vary", v)
				}
				for _, v := range tc.control {
					c.Writer.Header().Add("Cache-Control", v)
				}
			}, ginjwt.Require(w.claims), ginjwt.Require(ginjwt.APIKeyCookie("token")), func(c *gin.Context) { c.String(200, "in") })
			for cookie, status := range map[string]int{"{cookie}": 200, "{forged}": 401} {
				rec := w.send("GET", "/early", "Cookie: token="+cookie)
				assert.Equal(t, status, rec.Code)
				assert.Equal(t, tc.wantVary, rec.Header().Values("Vary"))
				sharingControl(t, tc.wantControl, rec.Header().Values("Cache-Control"))
			}
		})
	}
}

// sharingControl asserts that Cache-Control is what is wanted, or if that is
// "private" that it says so, and nothing to the contrary.
func sharingControl(t *testing.T, want, got []string) {
	t.Helper()
	if len(want) != 1 || want[0] != "private" {
		assert.Equal(t, want, got)
		return
	}
	said := strings.Join(got, ", ")
	assert.Regexp(t, "(^|, )private($|,)", said)
	assert.NotRegexp(t, "public|s-maxage", said)
}

// A word that keeps the client's own cache from using an answer again must not
// be lost: "private" alone would let it.
func TestStricterWordsForTheClientsOwnCacheStand(t *testing.T) {
	t.Parallel()
	for _, before := range []string{"no-cache", "no-cache, max-age=0", "max-age=0, must-revalidate", "public, no-cache"} {
		w := newSharingWorld(t)
		w.GET("/early", func(c *gin.Context) { c.Header("Cache-Control", before) }, ginjwt.Require(w.claims))
		said := fmt.Sprint(w.send("GET", "/early", "Cookie: token={cookie}").Header().Values("Cache-Control"))
		assert.Contains(t, said, "private", before)
		assert.Regexp(t, "no-cache|max-age=0", said, before)
		assert.NotContains(t, said, "public", before)
	}
}

func TestCachesAreToldOfSchemesFarBelow(t *testing.T) {
	t.Parallel()
	w := newSharingWorld(t)
	key, query := ginjwt.APIKeyHeader("X-Key"), ginjwt.APIKeyQuery("key")
	bearer, cookie := ginjwt.HTTPBearer(), ginjwt.APIKeyCookie("sid")
	both := func(_ *gin.Context, a, b string) (string, error) { return a + b, nil }
	guards := map[string]ginjwt.Guard{
		"Optional":          ginjwt.Optional(key),
		"OptionalOr":        ginjwt.OptionalOr(key, "guest"),
		"AnyOf":             ginjwt.AnyOf(bearer, key, query),
		"Optional AnyOf":    ginjwt.Optional(ginjwt.AnyOf(query, key)),
		"Depends2":          ginjwt.Depends2(ginjwt.OptionalOr(bearer, ""), key, both),
		"Depends of it all": ginjwt.Depends(ginjwt.Depends2(query, key, both), same),
		"Check":             ginjwt.Check(key, "any", func(*gin.Context, string) error { return nil }),
		"Grants":            ginjwt.Grants(key, func(string) []string { return nil }),
		"after another":     ginjwt.Depends2(key, cookie, both),
	}
	for name, guard := range guards {
		for how, handlers := range map[string][]gin.HandlerFunc{
			"Require": {ginjwt.Require(guard)}, "beside others": {ginjwt.Require(guard, graphValue(1))}, "behind a bearer": {ginjwt.Require(ginjwt.Optional(bearer)), ginjwt.Require(guard)},
		} {
			r := extEngine(handlers...)
			for lines, private := range map[string][]string{"": nil, "X-Key: k": {"private"}, "X-Key: k|Authorization: Bearer abc": {"private"}, "Authorization: Bearer abc": nil} {
				rec := httptest.NewRecorder()
				r.ServeHTTP(rec, w.request("GET", "/", placeLines(lines)...))
				want := []string{"X-Key"}
				if name == "after another" {
					want = []string{"X-Key", "Cookie"}
				}
				assert.Equal(t, [2][]string{want, private}, sharingHeaders(rec), "%s, %s, %s", name, how, lines)
			}
		}
	}
}

func TestABearerRouteSaysNothingToCaches(t *testing.T) {
	t.Parallel()
	w := newPlaceWorld(t, 10)
	for name, guard := range map[string]ginjwt.Guard{
		"claims": w.claims, "Optional": ginjwt.Optional(w.claims), "Basic": ginjwt.HTTPBasic(), "Digest": ginjwt.HTTPBase("Digest"),
		"a key in the Authorization header": ginjwt.APIKeyHeader("authorization"), "no scheme": graphValue(1),
	} {
		w.Any("/"+name, ginjwt.Require(guard))
		for _, lines := range []string{"", "Authorization: Bearer {header}", "Authorization: Basic dTpw", "Cookie: token={cookie}|?access_token={query}&key=a|X-Key: k"} {
			rec := httptest.NewRecorder()
			req := w.request(http.MethodGet, "/", placeLines(lines)...)
			req.URL.Path = "/" + name
			w.ServeHTTP(rec, req)
			require.NotEqual(t, 404, rec.Code)
			assert.Equal(t, [2][]string{nil, nil}, sharingHeaders(rec), "%s, %s", name, lines)
		}
	}
}

// The header of a handshake counts on any request, so its token must keep the
// answer to a plain GET out of shared caches too.
func TestCachesAreToldOfATokenInASubprotocol(t *testing.T) {
	t.Parallel()
	w := newPlaceWorld(t, 0, placeOptions["subprotocol"])
	rec := w.send("GET", "/required", "Sec-WebSocket-Protocol: bearer, {subprotocol}")
	require.Equal(t, "subprotocol", rec.Body.String())
	assert.Equal(t, []string{"private"}, rec.Header().Values("Cache-Control"))
}
