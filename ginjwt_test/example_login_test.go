package ginjwt_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

func exampleError(code, text string) string {
	return `{"error":"` + code + `","error_description":"` + text + `","detail":"` + text + `"}`
}

var exampleLogins = []struct {
	name   string
	form   url.Values
	status int
	scope  ginjwt.Scope // of the token
	body   string       // of a refusal
}{
	{"requested scopes that the user may have are granted", exampleForm("johndoe", "secret", "me items"), 200, "me items", ""},
	{"no scopes requested, none granted", exampleForm("johndoe", "secret", ""), 200, "", ""},
	{"what the user may not have is left out, and the answer tells", exampleForm("johndoe", "secret", "admin me"), 200, "me", ""},
	{"the admin may have it", exampleForm("root", "secretroot", "admin me"), 200, "admin me", ""},
	{"a disabled user gets a token", exampleForm("alice", "secretalice", "me items"), 200, "me items", ""},
	{"nothing of what is requested can be granted", exampleForm("johndoe", "secret", "admin"), 400, "",
		exampleError("invalid_scope", "None of the requested scopes can be granted")},
	{"a malformed scope", exampleForm("johndoe", "secret", `me "items"`), 400, "", exampleError("invalid_scope", "Malformed scope")},
	{"grant_type=password", url.Values{"grant_type": {"password"}, "username": {"johndoe"}, "password": {"secret"}}, 200, "", ""},
	{"another grant type", url.Values{"grant_type": {"x"}, "username": {"johndoe"}, "password": {"secret"}}, 400, "",
		exampleError("unsupported_grant_type", "The grant type must be password or refresh_token")},
	{"no password", url.Values{"username": {"johndoe"}}, 400, "", exampleError("invalid_request", "Missing form field: password")},
	{"no user name", url.Values{"password": {"secret"}}, 400, "", exampleError("invalid_request", "Missing form field: username")},
	{"a repeated field", url.Values{"username": {"johndoe", "root"}, "password": {"secret"}}, 400, "",
		exampleError("invalid_request", "Repeated form field: username")},
	{"no form at all", nil, 400, "", exampleError("invalid_request", "The request body must be application/x-www-form-urlencoded")},
}

// Swagger UI sends an empty client as HTTP Basic with the form, which is no
// reason to refuse it.
func testExampleLogin(t *testing.T, app *exampleApp) {
	for _, row := range exampleLogins {
		t.Run(row.name, func(t *testing.T) {
			answer := app.do(t, "POST", "/token", "Basic Og==", row.form)
			assertTokenEndpoint(t, answer)
			require.Equal(t, row.status, answer.status, answer.body)
			if row.status != 200 {
				assert.Equal(t, row.body, answer.body)
				assert.Empty(t, answer.header.Values("WWW-Authenticate"))
				return
			}
			var token ginjwt.Token
			require.NoError(t, json.Unmarshal([]byte(answer.body), &token))
			assert.Equal(t, "bearer", token.TokenType)
			assert.Equal(t, 900, token.ExpiresIn)
			assert.Equal(t, row.scope, token.Scope, "the scope that the answer tells")
			assert.Equal(t, row.scope, scopeOf(t, token.AccessToken), "the scope in the token")
		})
	}
	t.Run("GET is not allowed", func(t *testing.T) {
		answer := app.do(t, "GET", "/token?username=johndoe&password=secret", "", nil)
		assert.Equal(t, 405, answer.status)
		assert.Equal(t, "POST", answer.header.Get("Allow"))
		assert.Equal(t, `{"detail":"Method Not Allowed"}`, answer.body)
		assert.Equal(t, "no-store", answer.header.Get("Cache-Control"))
	})
}

func assertTokenEndpoint(t *testing.T, answer exampleAnswer) {
	t.Helper()
	assert.Equal(t, []string{"no-store"}, answer.header.Values("Cache-Control"))
	assert.Equal(t, []string{"no-cache"}, answer.header.Values("Pragma"))
	assert.Equal(t, []string{"application/json"}, answer.header.Values("Content-Type"))
}

// scopeOf reads a token as anybody can who has it.
func scopeOf(t *testing.T, token string) ginjwt.Scope {
	t.Helper()
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	var claims struct{ Scope ginjwt.Scope }
	require.NoError(t, json.Unmarshal(payload, &claims))
	return claims.Scope
}

// testExampleFailedLogins: nobody can find out who has an account.
func testExampleFailedLogins(t *testing.T, app *exampleApp) {
	want := exampleError("invalid_grant", "Incorrect username or password")
	cases := map[string]url.Values{
		"a wrong password":                    exampleForm("johndoe", "wrong", "me"),
		"an unknown user":                     exampleForm("nobody", "wrong", "me"),
		"an unknown user with a good one":     exampleForm("nobody", "secret", "me"),
		"a wrong password of a disabled user": exampleForm("alice", "secret", "me"),
		"an overlong password":                exampleForm("johndoe", strings.Repeat("secret", 50), "me"),
		"the real password and more":          exampleForm("johndoe", "secret"+strings.Repeat(" ", 80), "me"),
		"the hash instead of the password":    exampleForm("johndoe", exampleHashes(t)[0], "me"),
		"the name in other letters":           exampleForm("JohnDoe", "secret", "me"),
	}
	first := app.do(t, "POST", "/token", "", exampleForm("root", "wrong", "me"))
	first.header.Del("Date")
	for name, form := range cases {
		t.Run(name, func(t *testing.T) {
			answer := app.do(t, "POST", "/token", "", form)
			assert.Equal(t, 400, answer.status)
			assert.Equal(t, want, answer.body)
			assertTokenEndpoint(t, answer)
			answer.header.Del("Date")
			assert.Equal(t, first, answer)
		})
	}
	assert.NotContains(t, app.log.String(), "nobody", "what a client typed is in the log")
}

func exampleHashes(t *testing.T) []string {
	t.Helper()
	source, err := os.ReadFile("../example/users.go")
	require.NoError(t, err)
	return regexp.MustCompile(`\$argon2id\$[^"]+`).FindAllString(string(source), -1)
}

// Three users and nobody: were one hash cheaper, its logins would be faster.
func TestExampleHashesCostTheSame(t *testing.T) {
	t.Parallel()
	hashes := exampleHashes(t)
	require.Len(t, hashes, 4)
	for _, h := range hashes {
		assert.Contains(t, h, "$argon2id$v=19$m=65536,t=3,p=4$")
	}
}

// testExampleBusy floods the example with logins at once. Those that find no
// place are told to come back; that an unknown user's are among them shows
// that its password is hashed like any other.
func testExampleBusy(t *testing.T, exe string) {
	app := startExample(t, exe)
	for _, username := range []string{"nobody", "johndoe"} {
		t.Run(username, func(t *testing.T) {
			var busy *exampleAnswer
			for size := 32; busy == nil && size <= 256; size *= 2 {
				busy = floodExample(t, app, size, exampleForm(username, "wrong", ""))
			}
			require.NotNil(t, busy, "no login was turned away")
			assert.Equal(t, "1", busy.header.Get("Retry-After"))
			assert.Equal(t, `{"detail":"Service unavailable"}`, busy.body)
			assertTokenEndpoint(t, *busy)
			app.login(t, "root", "secretroot", "") // johndoe has to wait
		})
	}
	t.Run("an overlong password is not worth a hash", func(t *testing.T) {
		assert.Nil(t, floodExample(t, app, 64, exampleForm("johndoe", strings.Repeat("x", 257), "")))
	})
}

// floodExample posts form size times at once. It returns one of the 503s, or
// nil if there was none; any other answer is that to a wrong password, or to too
// many of them.
func floodExample(t *testing.T, app *exampleApp, size int, form url.Values) *exampleAnswer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	start := make(chan struct{})
	answers := make([]exampleAnswer, size)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			<-start
			answers[i] = postExample(ctx, app.base+"/token", form)
		})
	}
	close(start)
	wg.Wait()
	var busy *exampleAnswer
	for i, a := range answers {
		if a.status == 503 {
			busy = &answers[i]
			continue
		}
		require.Contains(t, []int{400, 429}, a.status, a.body)
	}
	return busy
}

// postExample is do for goroutines: an error is the answer's body.
func postExample(ctx context.Context, to string, form url.Values) exampleAnswer {
	req, err := http.NewRequestWithContext(ctx, "POST", to, strings.NewReader(form.Encode()))
	if err != nil {
		return exampleAnswer{body: err.Error()}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return readAnswer(exampleClient.Do(req))
}
