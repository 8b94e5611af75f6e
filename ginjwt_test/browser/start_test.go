package browser_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/gin-gonic/gin"
)

// chrome is the one browser of all tests. Each page has a profile of its own in
// it, so that tests share nothing.
var chrome struct {
	once sync.Once
	ctx  context.Context
	stop func()
	err  error
}

var errNoBrowser = errors.New("neither chromium nor google-chrome is in the PATH")

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	code := m.Run()
	if chrome.stop != nil {
		chrome.stop()
	}
	os.Exit(code)
}

// startedBrowser returns the browser. If there is none, the test is skipped, or
// fails in CI.
func startedBrowser(t *testing.T) context.Context {
	t.Helper()
	chrome.once.Do(startBrowser)
	switch {
	case errors.Is(chrome.err, errNoBrowser) && os.Getenv("CI") == "":
		t.Skip(chrome.err)
	case chrome.err != nil:
		t.Fatal(chrome.err)
	}
	return chrome.ctx
}

func startBrowser() {
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		chrome.err = errNoBrowser
		return
	}
	data, err := profile()
	if err != nil {
		chrome.err = err
		return
	}
	options := append(browserOptions(path), chromedp.UserDataDir(data))
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(allocator)
	chrome.ctx = ctx
	chrome.stop = func() {
		_ = chromedp.Cancel(ctx) // closes the browser, and waits for it
		stop()
		stopAllocator()
		removeProfile(data)
	}
	chrome.err = chromedp.Do(ctx)
}

// profile returns a new folder for the browser's data. Third-party cookies are
// allowed, as they are outside of a private window: what keeps cookies from
// another site is then what the program said of them.
func profile() (string, error) {
	dir, err := os.MkdirTemp("", "browser")
	if err != nil {
		return "", err
	}
	err = os.Mkdir(filepath.Join(dir, "Default"), 0o700)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "Default", "Preferences"), []byte(`{"profile":{"cookie_controls_mode":0}}`), 0o600)
	}
	return dir, err
}

// removeProfile tries again for a while, for a helper of the browser may still be
// writing.
func removeProfile(dir string) {
	for deadline := time.Now().Add(5 * time.Second); os.RemoveAll(dir) != nil && time.Now().Before(deadline); {
		time.Sleep(50 * time.Millisecond)
	}
}

// browserOptions are few, for the browser is to behave as a user's. Chromedp's
// own would switch the isolation of sites off, for instance.
func browserOptions(path string) []chromedp.ExecAllocatorOption {
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path),
		chromedp.Headless,
		chromedp.NoFirstRun,
		chromedp.NoDefaultBrowserCheck,
		chromedp.WSURLReadTimeout(time.Minute),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-dev-shm-usage", true), // it is tiny in containers
		chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("host-resolver-rules", "MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"),
		chromedp.Flag("ignore-certificate-errors-spki-list", certificate().pin),
	}
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // the sandbox does not work for root
	}
	return options
}
