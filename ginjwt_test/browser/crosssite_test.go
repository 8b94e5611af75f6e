package browser_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	refusedOrigin = `{"detail":"Cross-origin request refused"}`
	mallory       = `{grant_type: "password", username: "mallory", password: "right"}`
	both          = "__Host-access_token __Host-refresh_token"
)

// attack is a page elsewhere, and what Chromium does for it.
type attack struct {
	host     string
	withTLS  bool
	wantSite string // Sec-Fetch-Site
	cookies  string // that come with requests that the page makes
}

var attacks = map[string]attack{
	"another site gets no cookies sent":             {"evil.test", true, "cross-site", ""},
	"a sibling host gets them sent":                 {"sub.app.test", true, "same-site", both},
	"another port of the host gets them sent":       {"app.test", true, "same-site", both},
	"the host itself without TLS is another site":   {"app.test", false, "cross-site", ""},
	"a page whose name only begins like the host's": {"app.test.evil.test", false, "cross-site", ""},
}

// victim is a logged-in user's tab that is lured to a page elsewhere.
type victim struct {
	*tab
	program *program
	home    string // the program
	lure    string // the page elsewhere
	attack  attack
}

func lured(t *testing.T, a attack) victim {
	t.Helper()
	p, tab := newProgram(t, true), newTab(t)
	tab.logIn(p, "app.test")
	return victim{tab, p, p.at("app.test"), elsewhere(t, a.withTLS).at(a.host), a}
}

// again goes back to the page elsewhere.
func (v victim) again() {
	v.t.Helper()
	require.Equal(v.t, 200, v.open(v.lure+"/"))
	v.program.forget()
}

// requireRequest asserts what came of a deed: the cookies, Origin, Sec-Fetch-Site
// and the status of the answer.
func (v victim) requireRequest(path, origin, site string, status int) {
	v.t.Helper()
	got := v.program.first(v.t, path)
	assert.Equal(v.t, v.attack.cookies, strings.Join(got.cookies, " "), "%s %s: cookies", got.method, path)
	assert.Equal(v.t, origin, got.origin, "%s %s: Origin", got.method, path)
	assert.Equal(v.t, site, got.site, "%s %s: Sec-Fetch-Site", got.method, path)
	assert.Equal(v.t, status, got.status, "%s %s: status", got.method, path)
}

// requireUnharmed asserts that the user is who they were, and did nothing.
func (v victim) requireUnharmed() {
	v.t.Helper()
	assert.Zero(v.t, v.program.transfers.Load(), "an effect of the attack")
	assert.EqualValues(v.t, 1, v.program.passwords.Load(), "passwords that were looked at")
	require.Equal(v.t, 200, v.open(v.home+"/"))
	assert.Equal(v.t, answer{200, `{"user":"alice"}`}, v.get("/me"))
	assert.Equal(v.t, 200, v.post("/token", "grant_type", "refresh_token").Status)
}

// unsafe is the answer to a POST. Without cookies, a transfer is nobody's; what
// logs in or out is refused in any case.
func (a attack) unsafe(path string) (status int, body string) {
	if a.cookies == "" && !slices.Contains([]string{"/token", "/logout", "/revoke"}, path) {
		return 401, `{"detail":"Not authenticated"}`
	}
	return 403, refusedOrigin
}

// TestCrossSiteForms has the user's tab go to the program with a form of
// somebody else's.
func TestCrossSiteForms(t *testing.T) {
	t.Parallel()
	for rule, a := range attacks {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			v := lured(t, a)
			for path, fields := range map[string]string{"/token": mallory, "/logout": "{}", "/transfer": "{}"} {
				v.again()
				status, body := a.unsafe(path)
				assert.Equal(t, status, v.submit(v.home+path, fields), path)
				v.requireRequest(path, v.lure, a.wantSite, status)
				assert.Equal(t, body, v.text(), path)
			}
			v.requireUnharmed()
		})
	}
}

// TestCrossSiteScripts has a script of somebody else's try what it can with the
// user's cookies. Of the user's data, which Chromium may well fetch, the page is
// shown nothing.
func TestCrossSiteScripts(t *testing.T) {
	t.Parallel()
	for rule, a := range attacks {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			v := lured(t, a)
			v.again()
			for path, fields := range map[string]string{"/token": mallory, "/logout": "{}", "/revoke": `{token: "x"}`, "/transfer": "{}"} {
				status, _ := a.unsafe(path)
				v.deed("blind("+quote(v.home+path)+","+fields+")", "opaque")
				v.requireRequest(path, v.lure, a.wantSite, status)
			}
			read := 200
			if a.cookies == "" {
				read = 401
			}
			me := quote(v.home + "/me")
			for script, want := range map[string]struct{ origin, seen string }{
				`load("img", ` + me + `)`:             {"", "error"},
				`load("script", ` + me + `)`:          {"", "error"},
				`load("iframe", ` + me + `)`:          {"", "loaded"},
				`send(` + me + `, {mode: "no-cors"})`: {"", "opaque"},
				`send(` + me + `)`:                    {v.lure, "error"},
			} {
				v.deed(script, want.seen)
				v.requireRequest("/me", want.origin, a.wantSite, read)
			}
			// Of a WebSocket's handshake, Chromium tells the Origin only.
			status, _ := a.unsafe("/ws")
			v.deed("socket("+quote(webSocket(v.home))+")", "error")
			v.requireRequest("/ws", v.lure, "", status)
			v.requireUnharmed()
		})
	}
}

// deed runs a script on the page elsewhere, which gets to see no more than seen.
func (v victim) deed(script, seen string) {
	v.t.Helper()
	v.program.forget()
	assert.Equal(v.t, seen, eval[string](v.tab, script), script)
}

func webSocket(origin string) string { return "ws" + strings.TrimPrefix(origin, "http") + "/ws" }

// A link is no attack: its target opens with the user logged in, and shows the
// data to the user.
func TestCrossSiteLinks(t *testing.T) {
	t.Parallel()
	v := lured(t, attack{"evil.test", true, "cross-site", both})
	v.again()
	assert.Equal(t, 200, v.leave(script("location.href = "+quote(v.home+"/me"))))
	v.requireRequest("/me", "", "cross-site", 200)
	v.requireUnharmed()
}

// A form of the program's own page that goes a detour through another site comes
// with the cookies: Chromium looks at who sent it, not at the way. The detour
// shows in Sec-Fetch-Site.
func TestCrossSiteDetours(t *testing.T) {
	t.Parallel()
	for rule, a := range map[string]attack{
		"through another site":   {"evil.test", true, "cross-site", both},
		"through a sibling host": {"sub.app.test", true, "same-site", both},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			v := lured(t, a)
			v.program.forget()
			detour := v.lure + "/?to=" + v.home + "/transfer"
			assert.Equal(t, 403, v.leave(script("transfer.action = "+quote(detour)+"; transfer.submit()")))
			v.requireRequest("/transfer", "null", a.wantSite, 403)
			v.requireUnharmed()
		})
	}
}

// A sandboxed frame of the program's own page, for what its users write, is
// another site.
func TestCrossSiteSandboxes(t *testing.T) {
	t.Parallel()
	v := lured(t, attack{"app.test", true, "cross-site", ""})
	v.program.forget()
	eval[chromedp.Void](v.tab, `{
		const frame = document.createElement("iframe");
		frame.sandbox = "allow-scripts allow-forms";
		frame.srcdoc = "<form method=post action=" + location.origin + "/transfer></form><script>document.forms[0].submit()<\/script>";
		document.body.append(frame);
	}`)
	v.requireRequest("/transfer", "null", "cross-site", 401)
	v.requireUnharmed()
}

// A page that was refused stays refused when the user reloads it, although the
// browser and not the page sends that request.
func TestCrossSiteReload(t *testing.T) {
	t.Parallel()
	v := lured(t, attacks["a sibling host gets them sent"])
	v.again()
	require.Equal(t, 403, v.submit(v.home+"/transfer", "{}"))
	v.program.forget()
	assert.Equal(t, 403, v.leave(reload))
	v.requireRequest("/transfer", v.lure, "same-site", 403)
	v.requireUnharmed()
}
