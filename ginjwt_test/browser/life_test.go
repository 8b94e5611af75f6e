package browser_test

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// A user's whole visit: with the mouse, and by the page's own script.
func TestVisit(t *testing.T) {
	t.Parallel()
	p, tab := newProgram(t, true), newTab(t)
	home := p.at("app.test")
	require.Equal(t, 200, tab.open(home+"/"))
	require.NoError(t, chromedp.Do(tab.ctx, chromedp.Click(chromedp.CSS("#login button"))))
	require.Eventually(t, func() bool { return eval[string](tab, "document.getElementById('user').innerText") == "alice" },
		30*time.Second, 20*time.Millisecond)
	got := p.first(t, "/me")
	assert.Equal(t, []string{"__Host-access_token", "__Host-refresh_token"}, got.cookies)
	assert.Equal(t, "same-origin", got.site)

	assert.Equal(t, answer{200, `{"transfers":1}`}, tab.post("/transfer"))
	assert.Equal(t, 200, tab.leave(chromedp.Click(chromedp.CSS("#transfer button"))))
	assert.Equal(t, `{"transfers":2}`, tab.text())
	require.Equal(t, 200, tab.open(home+"/"))
	assert.Equal(t, "alice", eval[string](tab, socketScript(home)))

	before := tab.cookies(home)
	require.Equal(t, 200, tab.post("/token", "grant_type", "refresh_token").Status)
	after := tab.cookies(home)
	for name := range before {
		assert.NotEqual(t, before[name].Value, after[name].Value, name)
	}
	assert.Equal(t, answer{200, `{"user":"alice"}`}, tab.get("/me"))

	assert.Equal(t, answer{204, ""}, tab.post("/logout"))
	assert.Empty(t, tab.cookies(home))
	assert.Equal(t, 401, tab.get("/me").Status)
	assert.Equal(t, 400, tab.post("/token", "grant_type", "refresh_token").Status)
	assert.Equal(t, "error", eval[string](tab, socketScript(home)))
}

func socketScript(origin string) string {
	return `new Promise(done => {
		const ws = new WebSocket(` + quote(webSocket(origin)) + `);
		ws.onmessage = event => done(event.data);
		ws.onerror = () => done("error");
	})`
}

// When Chromium has dropped the access token's cookie, at the end of its
// Max-Age, the other one renews it.
func TestAccessTokenExpires(t *testing.T) {
	t.Parallel()
	p, tab := newProgram(t, true), newTab(t)
	tab.logIn(p, "app.test")
	tab.forgetCookie(p, "__Host-access_token")
	assert.Equal(t, 401, tab.get("/me").Status)
	assert.Equal(t, 200, tab.post("/token", "grant_type", "refresh_token").Status)
	assert.Equal(t, 200, tab.get("/me").Status)
}

func (p *tab) forgetCookie(program *program, name string) {
	p.t.Helper()
	url := program.at("app.test") + "/"
	call(p, network.DeleteCookies, network.DeleteCookiesParams{Name: name, URL: url})
	require.NotContains(p.t, p.cookies(url), name)
}

// Cookies that are refused are taken off the browser, for no script of the page
// can do so.
func TestRefusedCookies(t *testing.T) {
	t.Parallel()
	for rule, deed := range map[string]func(*testing.T, *program, *tab){
		"a session that was ended elsewhere, at the next refresh": func(t *testing.T, p *program, tab *tab) {
			require.NoError(t, p.logins.EndAll(t.Context(), "alice"))
			assert.Equal(t, 401, tab.get("/me").Status)
			assert.Equal(t, 400, tab.post("/token", "grant_type", "refresh_token").Status)
		},
		"a session that was ended elsewhere, at the logout": func(t *testing.T, p *program, tab *tab) {
			require.NoError(t, p.logins.EndAll(t.Context(), "alice"))
			assert.Equal(t, 204, tab.post("/logout").Status)
		},
		"a stolen refresh token, when the thief has used it": func(t *testing.T, p *program, tab *tab) {
			home := p.at("app.test")
			old := tab.cookies(home)["__Host-refresh_token"].Value
			require.Equal(t, 200, tab.post("/token", "grant_type", "refresh_token").Status)
			tab.plantCookie(p, "__Host-refresh_token", old)
			assert.Equal(t, 400, tab.post("/token", "grant_type", "refresh_token").Status)
		},
		"a refresh token that is none, at the refresh": func(t *testing.T, p *program, tab *tab) {
			tab.plantCookie(p, "__Host-refresh_token", "garbage")
			assert.Equal(t, 400, tab.post("/token", "grant_type", "refresh_token").Status)
		},
		"tokens that are none, at the logout": func(t *testing.T, p *program, tab *tab) {
			tab.plantCookie(p, "__Host-access_token", "garbage")
			tab.plantCookie(p, "__Host-refresh_token", "garbage")
			tab.post("/logout")
		},
		"an access token of another key, at the logout": func(t *testing.T, p *program, tab *tab) {
			tab.forgetCookie(p, "__Host-refresh_token")
			tab.plantCookie(p, "__Host-access_token", foreignToken(t))
			tab.post("/logout")
		},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			p, tab := newProgram(t, true), newTab(t)
			tab.logIn(p, "app.test")
			deed(t, p, tab)
			assert.Empty(t, tab.cookies(p.at("app.test")))
			assert.Equal(t, 401, tab.get("/me").Status)
		})
	}
}

// plantCookie puts a value into a cookie that the program set.
func (p *tab) plantCookie(program *program, name, value string) {
	p.t.Helper()
	url, yes := program.at("app.test")+"/", true
	call(p, network.SetCookie, network.SetCookieParams{
		Name: name, Value: value, URL: url, Path: "/", Secure: &yes, HTTPOnly: &yes, SameSite: network.CookieSameSiteLax,
	})
	require.Equal(p.t, value, p.cookies(url)[name].Value)
}

func foreignToken(t *testing.T) string {
	t.Helper()
	key, err := ginjwt.GenerateKey(ginjwt.HS256)
	require.NoError(t, err)
	issuer, err := ginjwt.NewIssuer(ginjwt.IssuerConfig{Issuer: origin, Audience: []string{origin}, Key: key})
	require.NoError(t, err)
	token, err := issuer.Token(&ginjwt.Claims{Subject: "alice"})
	require.NoError(t, err)
	return token.AccessToken
}

// Two tabs of one user refresh at once. With Grace, neither is logged out.
func TestTwoTabsRefreshAtOnce(t *testing.T) {
	t.Parallel()
	p, tab := newProgram(t, true, func(cfg *config) { cfg.Grace = 30 * time.Second }), newTab(t)
	tab.logIn(p, "app.test")
	for range 5 {
		both := eval[[]int](tab, `Promise.all([0, 1].map(() => post("/token", {grant_type: "refresh_token"}).then(r => r.status)))`)
		require.Equal(t, []int{200, 200}, both)
		require.Equal(t, 200, tab.get("/me").Status)
	}
	assert.Len(t, tab.cookies(p.at("app.test")), 2)
}
