package browser_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

func insecure(cfg *config) { cfg.Cookies = &sessions.Cookies{InsecureLoopback: true} }

// Without TLS, by name: the whole life of a login.
func TestInsecureLoopback(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"127.0.0.1", "localhost", "app.test"} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			p, tab := newProgram(t, false, insecure), newTab(t)
			tab.logIn(p, host)
			home := p.at(host)
			cookies := tab.cookies(home)
			require.Len(t, cookies, 2)
			requireCookie(t, cookies["access_token"], host, false, 15*time.Minute)
			requireCookie(t, cookies["refresh_token"], host, false, 14*24*time.Hour)
			assert.Empty(t, eval[string](tab, "document.cookie"))
			assert.Equal(t, answer{200, `{"transfers":1}`}, tab.post("/transfer"))
			assert.Equal(t, "alice", eval[string](tab, socketScript(home)))
			assert.Equal(t, 200, tab.post("/token", "grant_type", "refresh_token").Status)
			assert.NotEqual(t, cookies["refresh_token"].Value, tab.cookies(home)["refresh_token"].Value)
			assert.Equal(t, 204, tab.post("/logout").Status)
			assert.Empty(t, tab.cookies(home))
		})
	}
}

// Cookies know no ports: those of a program go to every other one on the
// developer's machine, whose pages are held off all the same.
func TestInsecureLoopbackCrossOrigin(t *testing.T) {
	t.Parallel()
	for rule, c := range map[string]struct {
		home, lure string
		site       string // none without a trustworthy address
		cookies    []string
		status     int
	}{
		"another port":               {"127.0.0.1", "127.0.0.1", "same-site", []string{"access_token", "refresh_token"}, 403},
		"another loopback name":      {"127.0.0.1", "localhost", "cross-site", []string{}, 401},
		"another site":               {"localhost", "evil.test", "cross-site", []string{}, 401},
		"a sibling of a made-up one": {"app.test", "sub.app.test", "", []string{"access_token", "refresh_token"}, 403},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			p, tab, other := newProgram(t, false, insecure), newTab(t), elsewhere(t, false)
			tab.logIn(p, c.home)
			home, lure := p.at(c.home), other.at(c.lure)
			require.Equal(t, 200, tab.open(lure+"/"))
			p.forget()
			assert.Equal(t, "opaque", eval[string](tab, "blind("+quote(home+"/transfer")+", {})"))
			assert.Equal(t, request{"POST", "/transfer", lure, c.site, c.cookies, c.status}, p.first(t, "/transfer"))
			assert.Equal(t, "error", eval[string](tab, "socket("+quote(webSocket(home))+")"))
			assert.Equal(t, request{"GET", "/ws", lure, "", c.cookies, c.status}, p.first(t, "/ws"))
			for path, fields := range map[string]string{"/token": mallory, "/logout": "{}"} {
				assert.Equal(t, "opaque", eval[string](tab, "blind("+quote(home+path)+","+fields+")"))
				assert.Equal(t, 403, p.first(t, path).status, path)
			}
			assert.Zero(t, p.transfers.Load())
			require.Equal(t, 200, tab.open(home+"/"))
			assert.Equal(t, answer{200, `{"user":"alice"}`}, tab.get("/me"))
		})
	}
}

// Without the option, Chromium takes Secure cookies on addresses that it trusts
// without TLS, and on no other.
func TestSecureCookiesWithoutTLS(t *testing.T) {
	t.Parallel()
	for host, stored := range map[string]bool{"127.0.0.1": true, "localhost": true, "app.test": false} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			p, tab := newProgram(t, false), newTab(t)
			require.Equal(t, 200, tab.open(p.at(host)+"/"))
			require.Equal(t, 200, tab.post("/token", "grant_type", "password", "username", "alice", "password", "right").Status)
			if !stored {
				tab.requireBlocked("__Host-access_token", "InvalidPrefix")
			}
			assert.Equal(t, stored, tab.get("/me").Status == 200)
		})
	}
}
