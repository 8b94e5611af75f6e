package browser_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
)

// noClient is the Basic header of an empty client_id and an empty client_secret.
const noClient = "Basic Og=="

// TestDocsVisit is a developer's whole visit, with both ways to write a login.
func TestDocsVisit(t *testing.T) {
	t.Parallel()
	for rule, withSessions := range map[string]bool{"a login of one's own": false, "sessions": true} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			d := newDocumented(t, func(d *documented) { d.sessions = withSessions })
			p := openDocs(t, d.at("127.0.0.1")+"/docs")
			p.requireTry("readUsersMe", "401", `"detail": "Not authenticated"`)

			requireDialog(t, d, p)
			p.requireTry("readUsersMe", "200", `"full_name": "John Doe"`)
			assert.Regexp(t, `^Bearer ey`, d.next(t, "/users/me/", 1).authorization)
			p.requireTry("readOwnItems", "403", `"detail": "Not enough permissions"`)
			p.requireTry("readStatus", "200", `"status": "ok"`)
			p.requireTry("readMaybe", "200", `"full_name": "John Doe"`)
			if !withSessions {
				p.screenshot("docs_visit")
			}
			p.logOut("readUsersMe")
			p.requireTry("readUsersMe", "401", `"detail": "Not authenticated"`)
			p.logIn("me", "items")
			assert.Equal(t, "me items", d.next(t, "/token", 2).form.Get("scope"))
			p.requireTry("readOwnItems", "200", `"item_id": "Foo"`)
			p.logOut("readUsersMe")
			p.requireTry("readOwnItems", "401", `"detail": "Not authenticated"`)
			p.requireTry("readMaybe", "200", `"username": "guest"`)
			p.requireTry("readPublic", "200", `"public": true`)
		})
	}
}

// The page sends the token that it has to the operation that logs out.
func TestDocsLogOutOfASession(t *testing.T) {
	t.Parallel()
	d := newDocumented(t, func(d *documented) { d.sessions = true })
	p := openDocs(t, d.at("127.0.0.1")+"/docs")
	p.logIn("me")
	p.requireTry("readUsersMe", "200", `"full_name": "John Doe"`)
	p.requireTry("logOut", "204", "")
	p.requireTry("readUsersMe", "401", `"detail": "Could not validate credentials"`)
}

// requireDialog mistypes the password, then logs in, and looks at what is posted.
func requireDialog(t *testing.T, d *documented, p *docs) {
	t.Helper()
	p.authorize()
	p.enter("johndoe", "wrong")
	assert.Contains(t, p.refusal(), "error: invalid_grant, description: Incorrect username or password")
	assert.Equal(t, heard{"POST", "/token", noClient, "", url.Values{
		"grant_type": {"password"}, "username": {"johndoe"}, "password": {"wrong"},
	}, 400}, d.next(t, "/token", 0), "no scope is asked for if none is ticked")
	p.enter("johndoe", "secret", "me")
	p.untilLoggedIn()
	assert.Equal(t, heard{"POST", "/token", noClient, "", url.Values{
		"grant_type": {"password"}, "username": {"johndoe"}, "password": {"secret"}, "scope": {"me"},
	}, 200}, d.next(t, "/token", 1))
	p.closeDialog()
}

// TestDocsLocks: a lock stands at what is guarded, and closes with what was
// entered.
func TestDocsLocks(t *testing.T) {
	t.Parallel()
	p := openDocs(t, newDocumented(t).at("127.0.0.1")+"/docs")
	states := func() map[string]string {
		all := map[string]string{}
		for _, operation := range []string{"readUsersMe", "readOwnItems", "readStatus", "readKey", "readBasic", "readPublic", "readMaybe"} {
			all[operation] = p.lock(operation)
		}
		return all
	}
	open := map[string]string{
		"readUsersMe": "unlocked", "readOwnItems": "unlocked", "readStatus": "unlocked", "readKey": "unlocked", "readBasic": "unlocked",
		"readPublic": "", "readMaybe": "unlocked",
	}
	assert.Equal(t, open, states())
	p.logIn("me")
	assert.Equal(t, map[string]string{
		"readUsersMe": "locked", "readOwnItems": "locked", "readStatus": "locked", "readKey": "unlocked", "readBasic": "unlocked",
		"readPublic": "", "readMaybe": "locked",
	}, states())
	p.logOut("readStatus")
	assert.Equal(t, open, states())
}

// TestDocsOtherSchemes: an API key and Basic are entered in the dialog, too, and
// go to the routes that want them and to no others.
func TestDocsOtherSchemes(t *testing.T) {
	t.Parallel()
	d := newDocumented(t)
	p := openDocs(t, d.at("127.0.0.1")+"/docs")
	p.lockOf("readKey")
	p.fill("#api_key_value", "not-the-key")
	p.click(logInButton)
	p.untilLoggedIn()
	p.closeDialog()
	p.requireTry("readKey", "401", `"detail": "Wrong key"`)
	p.logOut("readKey")
	p.lockOf("readKey")
	p.fill("#api_key_value", "the-key")
	p.click(logInButton)
	p.untilLoggedIn()
	p.closeDialog()
	p.requireTry("readKey", "200", `"caller": "service"`)
	p.requireTry("readStatus", "401", `"detail": "Not authenticated"`)

	p.lockOf("readBasic")
	p.fill("#auth-basic-username", "admin")
	p.fill("#auth-basic-password", "p:ass")
	p.click(logInButton)
	p.untilLoggedIn()
	p.closeDialog()
	p.requireTry("readBasic", "200", `"caller": "admin"`)
	p.requireTry("readKey", "200", `"caller": "service"`)

	assert.Equal(t, heard{"GET", "/key", "", "the-key", url.Values{}, 200}, d.next(t, "/key", 2))
	assert.Equal(t, heard{"GET", "/basic", "Basic YWRtaW46cDphc3M=", "", url.Values{}, 200}, d.next(t, "/basic", 0))
	assert.Empty(t, d.to("/status/")[0].apiKey)
	p.logOut("readKey")
	p.logOut("readBasic")
	p.requireTry("readKey", "401", `"detail": "Not authenticated"`)
}
