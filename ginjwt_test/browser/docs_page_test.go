package browser_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	waitLimit = 30 * time.Second
	tick      = 20 * time.Millisecond
)

// docs is a tab with a docs page. The test fails if the page calls another origin
// than those it may, throws, or does what its Content-Security-Policy forbids.
type docs struct {
	*tab
	allowed []string // origins

	mu     sync.Mutex
	called []string
}

// openDocs opens a docs page and waits until it shows operations.
func openDocs(t *testing.T, url string, alsoAllowed ...string) *docs {
	t.Helper()
	p := &docs{tab: newTab(t)}
	p.allowed = slices.Concat(alsoAllowed, []string{originOf(url)})
	require.NoError(t, chromedp.Listen(p.ctx, p.listen))
	require.NoError(t, chromedp.Do(p.ctx, chromedp.EmulateViewport(1200, 900)))
	t.Cleanup(p.requireClean)
	require.Equal(t, 200, p.open(url))
	p.until(`document.querySelector(".opblock")`)
	return p
}

func originOf(url string) string {
	scheme, rest, _ := strings.Cut(url, "://")
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host[strings.LastIndexByte(host, '@')+1:]
}

func (p *docs) listen(event any) {
	if e, ok := event.(*network.EventRequestWillBeSent); ok && !strings.HasPrefix(e.Request.URL, "data:") {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.called = append(p.called, e.Request.URL)
	}
}

// requireClean asserts what holds of every page.
func (p *docs) requireClean() {
	p.mu.Lock()
	defer p.mu.Unlock()
	assert.NotEmpty(p.t, p.called, "requests are not listened to")
	for _, url := range p.called {
		assert.Contains(p.t, p.allowed, originOf(url), url)
	}
	for _, text := range p.complaints() {
		if strings.HasPrefix(text, "verbose: ") { // advice for those who write forms
			continue
		}
		assert.Contains(p.t, text, "Failed to load resource: the server responded with a status of 4", "the browser complains")
		assert.NotContains(p.t, text, "status of 404", "something is not where the page looks")
	}
}

// until waits until a script's value is true.
func (p *docs) until(script string) {
	p.t.Helper()
	for deadline := time.Now().Add(waitLimit); !eval[bool](p.tab, "!!("+script+")"); {
		require.True(p.t, time.Now().Before(deadline), "never: %s", script)
		require.NoError(p.t, chromedp.Do(p.ctx, chromedp.Sleep(tick)))
	}
}

func (p *docs) click(selector string) {
	p.t.Helper()
	p.until("document.querySelector(" + quote(selector) + ")")
	require.NoError(p.t, chromedp.Do(p.ctx, chromedp.Click(chromedp.CSS(selector))), selector)
}

// fill types into a field that may have something in it.
func (p *docs) fill(selector, text string) {
	p.t.Helper()
	require.NoError(p.t, chromedp.Do(p.ctx, chromedp.Focus(chromedp.CSS(selector))), selector)
	eval[chromedp.Void](p.tab, "document.querySelector("+quote(selector)+").select()")
	require.NoError(p.t, chromedp.Do(p.ctx, chromedp.SendKeys(chromedp.CSS(selector), text)), selector)
}

// shown returns the text of an element, or "" if there is none.
func (p *docs) shown(selector string) string {
	p.t.Helper()
	return eval[string](p.tab, "(document.querySelector("+quote(selector)+") || {innerText: ''}).innerText")
}

// The dialog.
const (
	dialog       = ".modal-ux"
	logInButton  = ".modal-ux .btn.authorize"
	logOutButton = `.modal-ux button[aria-label="Remove authorization"]`
)

// authorize opens the dialog of all schemes.
func (p *docs) authorize() { p.t.Helper(); p.openDialog(".auth-wrapper .btn.authorize") }

// lockOf opens the dialog of the schemes of an operation.
func (p *docs) lockOf(operation string) {
	p.t.Helper()
	p.openDialog(block(operation) + " .authorization__btn")
}

func (p *docs) openDialog(button string) {
	p.t.Helper()
	p.click(button)
	p.until("document.querySelector(" + quote(dialog) + ")")
}

func (p *docs) closeDialog() {
	p.t.Helper()
	p.click(dialog + " .close-modal")
	p.until("!document.querySelector(" + quote(dialog) + ")")
}

// tick selects scopes of a flow.
func (p *docs) tick(flow, scheme string, scopes ...string) {
	p.t.Helper()
	for _, s := range scopes {
		p.click(`label[for="` + s + "-" + flow + "-checkbox-" + scheme + `"]`)
	}
}

// enter fills in the password form of the open dialog and sends it.
func (p *docs) enter(username, password string, scopes ...string) {
	p.t.Helper()
	p.fill("#oauth_username", username)
	p.fill("#oauth_password", password)
	p.tick("password", "OAuth2PasswordBearer", scopes...)
	p.click(".auth-container:has(#oauth_password) .btn.authorize")
}

// logIn logs John in by the lock of the operation that wants both scopes: the
// dialog offers those that are wanted.
func (p *docs) logIn(scopes ...string) {
	p.t.Helper()
	p.lockOf("readOwnItems")
	p.enter("johndoe", "secret", scopes...)
	p.untilLoggedIn()
	p.closeDialog()
}

func (p *docs) untilLoggedIn() {
	p.t.Helper()
	p.until("document.querySelector(" + quote(logOutButton) + ")")
}

// logOut logs out by the lock of an operation.
func (p *docs) logOut(operation string) {
	p.t.Helper()
	p.lockOf(operation)
	p.click(logOutButton)
	p.until("document.querySelector(" + quote(logInButton) + ")")
	p.closeDialog()
}

// refusal waits for the error in the dialog.
func (p *docs) refusal() string {
	p.t.Helper()
	p.until(`document.querySelector(".modal-ux .errors")`)
	return strings.Join(strings.Fields(p.shown(".modal-ux .errors")), " ")
}

func block(operation string) string { return "#operations-default-" + operation }

// lock returns the state of an operation's lock, or "" if it has none.
func (p *docs) lock(operation string) string {
	p.t.Helper()
	label := eval[string](p.tab, "document.querySelector("+quote(block(operation)+" .authorization__btn")+")?.ariaLabel || ''")
	return strings.TrimPrefix(label, "authorization button ")
}

// try calls an operation and returns the status and the body that the page shows.
func (p *docs) try(operation string) (status, body string) {
	p.t.Helper()
	b := block(operation)
	if !eval[bool](p.tab, "document.querySelector("+quote(b)+").classList.contains('is-open')") {
		p.click(b + " .opblock-summary-control")
	}
	p.until("document.querySelector(" + quote(b+" .try-out__btn") + ")")
	if !eval[bool](p.tab, "document.querySelector("+quote(b+" .try-out__btn")+").classList.contains('cancel')") {
		p.click(b + " .try-out__btn")
	}
	if eval[bool](p.tab, "!!document.querySelector("+quote(b+" .btn-clear")+")") { // of an earlier try
		p.click(b + " .btn-clear")
		p.until("!document.querySelector(" + quote(b+" .live-responses-table") + ")")
	}
	p.click(b + " .btn.execute")
	p.until("document.querySelector(" + quote(b+" .live-responses-table .response-col_status") + ")")
	status = p.shown(b + " .live-responses-table tbody .response-col_status")
	return strings.Fields(status + " -")[0], p.shown(b + " .live-responses-table .highlight-code")
}

// requireTry asserts what a call of an operation shows.
func (p *docs) requireTry(operation, status, body string) {
	p.t.Helper()
	gotStatus, gotBody := p.try(operation)
	require.Equal(p.t, status, gotStatus, "%s: %s", operation, gotBody)
	assert.Contains(p.t, strings.Join(strings.Fields(gotBody), " "), body, operation)
}
