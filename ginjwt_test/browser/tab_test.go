package browser_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tab is a page of a fresh profile, without cookies.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu      sync.Mutex
	errors  []string          // exceptions, and what scripts wrote to console.error
	log     []string          // what the browser itself complained about
	blocked map[string]string // by name, why it did not store a cookie
}

// newTab opens a tab. The test fails if a script of it throws.
func newTab(t *testing.T) *tab {
	t.Helper()
	p := &tab{t: t, blocked: map[string]string{}}
	ctx, stop := chromedp.NewContext(startedBrowser(t), chromedp.WithNewBrowserContext(), chromedp.WithListener(p.listen))
	t.Cleanup(stop)
	require.NoError(t, chromedp.Do(ctx)) // without the limit below, which would be the tab's
	ctx, stopTime := context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(stopTime)
	p.ctx = ctx
	t.Cleanup(func() {
		if t.Failed() {
			p.screenshot(strings.ReplaceAll(t.Name(), "/", "_"))
			t.Log(strings.Join(p.complaints(), "\n"))
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		assert.Empty(t, p.errors, "errors of the page's scripts")
	})
	return p
}

func (p *tab) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		p.errors = append(p.errors, (&chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}).Error())
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError {
			for _, arg := range e.Args {
				p.errors = append(p.errors, string(arg.Value)+arg.Description)
			}
		}
	case *log.EventEntryAdded:
		p.log = append(p.log, fmt.Sprint(e.Entry.Level, ": ", e.Entry.Text, " ", e.Entry.URL))
	case *network.EventResponseReceivedExtraInfo:
		for _, cookie := range e.BlockedCookies {
			name, _, _ := strings.Cut(strings.TrimPrefix(cookie.CookieLine, "="), "=")
			for _, reason := range cookie.BlockedReasons {
				p.blocked[name] += string(reason) + " "
			}
		}
	}
}

// complaints returns what the browser itself wrote to its console, such as
// requests that were refused.
func (p *tab) complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.log...)
}

// open goes to a URL, as by the address bar, and returns the status.
func (p *tab) open(url string) int {
	p.t.Helper()
	return p.leave(chromedp.Navigate(url))
}

// leave does what makes the tab go to another page, and returns the status.
func (p *tab) leave(action chromedp.Action[chromedp.Void]) int {
	p.t.Helper()
	response, err := chromedp.RunResponse(p.ctx, action)
	require.NoError(p.t, err)
	require.NotNil(p.t, response)
	return int(response.Status)
}

// text returns what the page shows.
func (p *tab) text() string {
	p.t.Helper()
	return eval[string](p, "document.body.innerText")
}

// eval runs a script on the page and returns its value, or what its promise
// comes to.
func eval[T any](p *tab, script string) T {
	p.t.Helper()
	value, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	require.NoError(p.t, err, script)
	return value
}

// call sends a command of the browser's protocol.
func call[P, R any](p *tab, command cdp.Command[P, R], params P) R {
	p.t.Helper()
	result, err := chromedp.Run(p.ctx, func(ctx context.Context, t *chromedp.Target) (R, error) {
		return cdp.Call(ctx, t, command, params)
	})
	require.NoError(p.t, err)
	return result
}

// cookies returns the cookies that the profile has for a URL, HttpOnly ones too.
func (p *tab) cookies(url string) map[string]*network.Cookie {
	p.t.Helper()
	byName := map[string]*network.Cookie{}
	for _, c := range call(p, network.GetCookies, network.GetCookiesParams{URLs: []string{url}}).Cookies {
		byName[c.Name] = c
	}
	return byName
}

// requireBlocked waits until the browser says that it did not store a cookie,
// and why.
func (p *tab) requireBlocked(name, reason string) {
	p.t.Helper()
	require.EventuallyWithT(p.t, func(c *assert.CollectT) {
		p.mu.Lock()
		defer p.mu.Unlock()
		assert.Contains(c, p.blocked, name)
		assert.Contains(c, p.blocked[name], reason)
	}, 30*time.Second, 10*time.Millisecond)
}

func (p *tab) forgetBlocked() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.blocked)
}

// screenshot puts a picture of the page into the folder screenshots.
func (p *tab) screenshot(name string) {
	p.t.Helper()
	png, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		p.t.Log("no screenshot: ", err)
		return
	}
	assert.NoError(p.t, os.MkdirAll("screenshots", 0o755))
	assert.NoError(p.t, os.WriteFile(filepath.Join("screenshots", name+".png"), png, 0o644))
}
