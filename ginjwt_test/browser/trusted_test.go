package browser_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

// A trusted page of the same site does all that the program's own page does.
func TestTrustedOrigins(t *testing.T) {
	t.Parallel()
	friend := elsewhere(t, true)
	p := newProgram(t, true, func(cfg *config) {
		cfg.Cookies = &sessions.Cookies{TrustedOrigins: []string{friend.at("sub.app.test")}}
	})
	tab, home := newTab(t), p.at("app.test")
	require.Equal(t, 200, tab.open(friend.at("sub.app.test")+"/"))
	assert.Equal(t, "opaque", eval[string](tab, "blind("+quote(home+"/token")+`, {grant_type: "password", username: "alice", password: "right"})`))
	require.Len(t, tab.cookies(home), 2, "logged in by a trusted page")
	assert.Equal(t, "opaque", eval[string](tab, "blind("+quote(home+"/transfer")+", {})"))
	assert.EqualValues(t, 1, p.transfers.Load())
	assert.Equal(t, "alice", eval[string](tab, "socket("+quote(webSocket(home))+")"))
	assert.Equal(t, 200, tab.submit(home+"/transfer", "{}"))
	assert.EqualValues(t, 2, p.transfers.Load())

	require.Equal(t, 200, tab.open(friend.at("app.test")+"/"))
	assert.Equal(t, 403, tab.submit(home+"/transfer", "{}"), "the same server by another name is not trusted")
	assert.EqualValues(t, 2, p.transfers.Load())

	require.Equal(t, 200, tab.open(friend.at("sub.app.test")+"/"))
	assert.Equal(t, "opaque", eval[string](tab, "blind("+quote(home+"/logout")+", {})"))
	assert.Empty(t, tab.cookies(home), "logged out by a trusted page")
}

// Trust does not reach across sites: what such a page's script fetches, Chromium
// takes no SameSite cookie from. A form of it logs in.
func TestTrustedOriginsOfAnotherSite(t *testing.T) {
	t.Parallel()
	friend := elsewhere(t, true)
	p := newProgram(t, true, func(cfg *config) {
		cfg.Cookies = &sessions.Cookies{TrustedOrigins: []string{friend.at("evil.test")}}
	})
	tab, home := newTab(t), p.at("app.test")
	login := `{grant_type: "password", username: "alice", password: "right"}`
	require.Equal(t, 200, tab.open(friend.at("evil.test")+"/"))
	eval[string](tab, "blind("+quote(home+"/token")+","+login+")")
	assert.Equal(t, 200, p.first(t, "/token").status)
	tab.requireBlocked("__Host-access_token", "SameSiteLax")
	tab.requireBlocked("__Host-refresh_token", "SameSiteLax")
	assert.Empty(t, tab.cookies(home))
	assert.Equal(t, 200, tab.submit(home+"/token", login))
	assert.Len(t, tab.cookies(home), 2)
}
