package browser_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// requireCookie asserts what Chromium stored.
func requireCookie(t *testing.T, c *network.Cookie, host string, secure bool, lifetime time.Duration) {
	t.Helper()
	require.NotNil(t, c)
	assert.Equal(t, host, c.Domain, "of the host alone; with a Domain it would begin with a dot")
	assert.Equal(t, "/", c.Path)
	assert.Equal(t, secure, c.Secure)
	assert.True(t, c.HTTPOnly)
	assert.Equal(t, network.CookieSameSiteLax, c.SameSite)
	assert.False(t, c.Session)
	ends := time.UnixMilli(int64(c.Expires * 1000))
	assert.WithinDuration(t, time.Now().Add(lifetime), ends, time.Minute)
}

func TestStoredCookies(t *testing.T) {
	t.Parallel()
	p, tab := newProgram(t, true), newTab(t)
	home := p.at("app.test")
	require.Equal(t, 200, tab.open(home+"/"))
	require.Empty(t, tab.cookies(home))
	a := tab.post("/token", "grant_type", "password", "username", "alice", "password", "right")
	require.Equal(t, 200, a.Status)
	assert.JSONEq(t, `{"token_type":"bearer","expires_in":900}`, a.Body, "no token where a script can read it")
	cookies := tab.cookies(home)
	require.Len(t, cookies, 2)
	requireCookie(t, cookies["__Host-access_token"], "app.test", true, 15*time.Minute)
	requireCookie(t, cookies["__Host-refresh_token"], "app.test", true, 14*24*time.Hour)
	assert.Empty(t, eval[string](tab, "document.cookie"), "a script sees no cookie")
	assert.Empty(t, eval[[]any](tab, "cookieStore.getAll()"), "by the new way neither")
	for _, other := range []string{"https://sub.app.test/", "https://evil.test/", "http://app.test/"} {
		assert.Empty(t, tab.cookies(other), other)
	}
}

// TestPrefixedCookies shows why both cookies are of the path / and of one host:
// Chromium discards others of the name, and so those that an attacker plants.
func TestPrefixedCookies(t *testing.T) {
	t.Parallel()
	const name = "__Host-refresh_token"
	p, tab := newProgram(t, true), newTab(t)
	secure, plain := elsewhere(t, true), elsewhere(t, false)
	tab.logIn(p, "app.test")
	home := p.at("app.test")
	before := tab.cookies(home)[name].Value
	plant := func(other site, host, line string) {
		require.Equal(t, 200, tab.open(other.at(host)+"/?set="+url.QueryEscape(line)))
	}
	for rule, c := range map[string]struct {
		other  site
		host   string
		line   string
		reason string
	}{
		"another path":                  {secure, "app.test", name + "=x; Secure; Path=/token", "InvalidPrefix"},
		"no path, which would be /":     {secure, "app.test", name + "=x; Secure", "InvalidPrefix"},
		"a domain":                      {secure, "app.test", name + "=x; Secure; Path=/; Domain=app.test", "InvalidPrefix"},
		"not secure":                    {secure, "app.test", name + "=x; Path=/", "InvalidPrefix"},
		"a sibling's for the domain":    {secure, "sub.app.test", name + "=x; Secure; Path=/; Domain=app.test", "InvalidPrefix"},
		"other case does not get round": {secure, "sub.app.test", "__HOST-refresh_token=x; Secure; Path=/; Domain=app.test", "InvalidPrefix"},
		"a nameless one neither":        {secure, "sub.app.test", "=" + name + "=x; Secure; Path=/; Domain=app.test", "InvalidPrefix"},
		"without TLS":                   {plain, "app.test", name + "=x; Secure; Path=/", "InvalidPrefix"},
		"without TLS, not secure":       {plain, "app.test", name + "=x; Path=/", "InvalidPrefix"},
		"a sibling's without TLS":       {plain, "sub.app.test", name + "=x; Path=/; Domain=app.test", "InvalidPrefix"},
		"too large":                     {secure, "app.test", name + "=" + strings.Repeat("x", 4097-len(name)) + "; Secure; Path=/", "NameValuePairExceedsMaxSize"},
	} {
		tab.forgetBlocked()
		plant(c.other, c.host, c.line)
		as, _, _ := strings.Cut(strings.TrimPrefix(c.line, "="), "=")
		tab.requireBlocked(as, c.reason)
		assert.Len(t, tab.cookies(home), 2, rule)
		assert.Equal(t, before, tab.cookies(home)[name].Value, rule)
	}
	require.Equal(t, 200, tab.open(home+"/"))
	assert.Equal(t, answer{200, `{"user":"alice"}`}, tab.get("/me"))
	assert.Equal(t, 200, tab.post("/token", "grant_type", "refresh_token").Status)

	plant(secure, "app.test", name+"="+strings.Repeat("x", 4096-len(name))+"; Secure; Path=/")
	assert.Len(t, tab.cookies(home)[name].Value, 4096-len(name), "as large as can be, and right in all")
}

// TestLargeCookies: what the program sends, Chromium keeps; what it would drop
// is an error at the login.
func TestLargeCookies(t *testing.T) {
	t.Parallel()
	p, tab := newProgram(t, true), newTab(t)
	home := p.at("app.test")
	require.Equal(t, 200, tab.open(home+"/"))
	largest, refused := 0, 0
	for size := 2600; size < 2900 && refused == 0; size += 10 {
		note := strings.Repeat("n", size)
		p.claims.Store(&note)
		a := tab.post("/token", "grant_type", "password", "username", "alice", "password", "right")
		if a.Status != 200 {
			require.Equal(t, 500, a.Status)
			refused = size
			continue
		}
		c := tab.cookies(home)["__Host-access_token"]
		require.NotNil(t, c, "it was sent, and dropped")
		largest = len(c.Name) + len(c.Value)
		require.Equal(t, 200, tab.get("/me").Status)
	}
	require.NotZero(t, refused)
	assert.Greater(t, largest, 3900)
	assert.Equal(t, 200, tab.get("/me").Status, "a login that failed leaves the one before")
}
