package ginjwt_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

// exampleTokens are what the example's clients send, by name.
func exampleTokens(t *testing.T, app *exampleApp, secret string) map[string]string {
	t.Helper()
	forge := func(subject string, ahead time.Duration, flaws ...ginjwttest.Flaw) string {
		issuer := issuerAt(t, ginjwt.Must(ginjwt.NewKey(ginjwt.HS256, secret)), func(c *ginjwt.IssuerConfig) {
			c.Issuer, c.Audience, c.Now = "example", []string{"example"}, func() time.Time { return time.Now().Add(ahead) }
		})
		return "Bearer " + ginjwttest.Token(t, issuer, &ginjwt.Claims{Subject: subject, Scope: "me items"}, flaws...)
	}
	login := func(username, password, scope string) string {
		return "Bearer " + app.login(t, username, password, scope).AccessToken
	}
	return map[string]string{
		"none":         "",
		"basic":        "Basic YTpi",
		"no token":     "Bearer",
		"garbage":      "Bearer abc",
		"two tokens":   "Bearer abc, Bearer abc",
		"all":          login("johndoe", "secret", "me items"),
		"me":           login("johndoe", "secret", "me"),
		"items":        login("johndoe", "secret", "items"),
		"scopeless":    login("johndoe", "secret", ""),
		"alice":        login("alice", "secretalice", "me items"),
		"alice, items": login("alice", "secretalice", "items"),
		"root":         login("root", "secretroot", "me admin"),
		"our own":      forge("johndoe", 0),
		"expired":      forge("johndoe", -time.Hour),
		"early":        forge("johndoe", time.Hour),
		"no subject":   forge("", 0),
		"unknown user": forge("nobody", 0),
		"other key":    forge("johndoe", 0, ginjwttest.WrongKey),
		"other aud":    forge("johndoe", 0, ginjwttest.WrongAudience),
	}
}

const (
	exNone      = `Bearer realm="api"`
	exMalformed = `Bearer realm="api", error="invalid_request", error_description="Malformed Authorization header"`
	exInvalid   = `Bearer realm="api", error="invalid_token", error_description="The access token is invalid"`
	exExpired   = `Bearer realm="api", error="invalid_token", error_description="The access token expired"`
	exScope     = `Bearer realm="api", error="insufficient_scope", error_description="The token lacks a required scope", scope=`

	exNotAuthenticated = `{"detail":"Not authenticated"}`
	exBadHeader        = `{"detail":"Malformed Authorization header"}`
	exNotValidated     = `{"detail":"Could not validate credentials"}`
	exNotEnough        = `{"detail":"Not enough permissions"}`
	exInactive         = `{"detail":"Inactive user"}`
	exJohn             = `{"username":"johndoe","email":"johndoe@example.com","full_name":"John Doe","disabled":false}`
	exItems            = `[{"item_id":"Foo","owner":"johndoe"}]`
	exOK               = `{"status":"ok"}`
)

var exampleRows = []struct {
	name, method, path, token string
	status                    int
	challenge, body           string
}{
	{"the profile with scope me", "GET", "/users/me/", "me", 200, "", exJohn},
	{"a token that the test signed, to see that those below fail for one reason", "GET", "/users/me/", "our own", 200, "", exJohn},
	{"no credentials", "GET", "/users/me/", "none", 401, exNone, exNotAuthenticated},
	{"another scheme", "GET", "/users/me/", "basic", 401, exNone, exNotAuthenticated},
	{"Bearer without a token", "GET", "/users/me/", "no token", 400, exMalformed, exBadHeader},
	{"two tokens in a header", "GET", "/users/me/", "two tokens", 400, exMalformed, exBadHeader},
	{"no JWT", "GET", "/users/me/", "garbage", 401, exInvalid, exNotValidated},
	{"a token of another key", "GET", "/users/me/", "other key", 401, exInvalid, exNotValidated},
	{"a token for another service", "GET", "/users/me/", "other aud", 401, exInvalid, exNotValidated},
	{"an expired token", "GET", "/users/me/", "expired", 401, exExpired, exNotValidated},
	{"a token from the future", "GET", "/users/me/", "early", 401, exInvalid, exNotValidated},
	{"a token without sub", "GET", "/users/me/", "no subject", 401, exInvalid, exNotValidated},
	{"a token whose user is gone", "GET", "/users/me/", "unknown user", 401, exInvalid, exNotValidated},
	{"scope me missing", "GET", "/users/me/", "items", 403, exScope + `"me"`, exNotEnough},
	{"no scope asked for is none granted", "GET", "/users/me/", "scopeless", 403, exScope + `"me"`, exNotEnough},
	{"a disabled user", "GET", "/users/me/", "alice", 400, "", exInactive},
	{"scopes are judged before the user", "GET", "/users/me/", "alice, items", 403, exScope + `"me"`, exNotEnough},

	{"the items with both scopes", "GET", "/users/me/items/", "all", 200, "", exItems},
	{"the items without scope items", "GET", "/users/me/items/", "me", 403, exScope + `"items me"`, exNotEnough},
	{"the items without scope me", "GET", "/users/me/items/", "items", 403, exScope + `"items me"`, exNotEnough},
	{"the items of a disabled user", "GET", "/users/me/items/", "alice", 400, "", exInactive},
	{"the items of nobody", "GET", "/users/me/items/", "none", 401, exNone, exNotAuthenticated},

	{"the status needs no scope", "GET", "/status/", "scopeless", 200, "", exOK},
	{"the status is for disabled users too", "GET", "/status/", "alice", 200, "", exOK},
	{"the status of nobody", "GET", "/status/", "none", 401, exNone, exNotAuthenticated},
	{"the status with a bad token", "GET", "/status/", "garbage", 401, exInvalid, exNotValidated},
	{"the status of a user who is gone", "GET", "/status/", "unknown user", 401, exInvalid, exNotValidated},

	{"the feed greets a guest", "GET", "/feed", "none", 200, "", `{"message":"Hello, guest"}`},
	{"the feed greets johndoe", "GET", "/feed", "scopeless", 200, "", `{"message":"Hello, johndoe"}`},
	{"another scheme is a guest's", "GET", "/feed", "basic", 200, "", `{"message":"Hello, guest"}`},
	{"a bad token is no guest's", "GET", "/feed", "garbage", 401, exInvalid, exNotValidated},
	{"an expired token is no guest's", "GET", "/feed", "expired", 401, exExpired, exNotValidated},
	{"a malformed header is no guest's", "GET", "/feed", "no token", 400, exMalformed, exBadHeader},

	{"the admin's group", "GET", "/admin/stats", "root", 200, "", `{"admin":"root","users":3}`},
	{"the admin's group without scope admin", "GET", "/admin/stats", "all", 403, exScope + `"admin me"`, exNotEnough},
	{"the admin's group for nobody", "GET", "/admin/stats", "none", 401, exNone, exNotAuthenticated},

	{"health is public", "GET", "/healthz", "none", 200, "", exOK},
	{"health looks at no credentials", "GET", "/healthz", "two tokens", 200, "", exOK},
	{"an unknown path", "GET", "/nowhere", "none", 404, "", `{"detail":"Not Found"}`},
	{"an unknown method", "DELETE", "/users/me/", "none", 405, "", `{"detail":"Method Not Allowed"}`},
}

func testExampleResources(t *testing.T, app *exampleApp, secret string) {
	tokens := exampleTokens(t, app, secret)
	for _, row := range exampleRows {
		t.Run(row.name, func(t *testing.T) {
			authorization, ok := tokens[row.token]
			require.True(t, ok)
			answer := app.do(t, row.method, row.path, authorization, nil)
			assert.Equal(t, row.status, answer.status)
			assert.JSONEq(t, row.body, answer.body)
			assert.Equal(t, row.body, answer.body, "the order of the keys")
			assert.Contains(t, answer.header.Get("Content-Type"), "application/json")
			var challenges []string
			if row.challenge != "" {
				challenges = []string{row.challenge}
			}
			assert.Equal(t, challenges, answer.header.Values("WWW-Authenticate"))
		})
	}
	for _, authorization := range tokens {
		if len(authorization) > 20 {
			assert.NotContains(t, app.log.String(), authorization[len("Bearer "):], "a token is in the log")
		}
	}
	t.Run("a path without its slash is redirected within the site", func(t *testing.T) {
		answer := app.do(t, "GET", "/users/me", tokens["me"], nil)
		assert.Equal(t, 301, answer.status)
		assert.Equal(t, "/users/me/", answer.header.Get("Location"))
	})
}
