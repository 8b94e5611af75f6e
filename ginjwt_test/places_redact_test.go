package ginjwt_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// redactQuotes are the errors of users' functions that quote what they got.
var redactQuotes = map[string]func(c *gin.Context, secret string) error{
	"plainly":   func(_ *gin.Context, secret string) error { return errors.New("no row for " + secret) },
	"in quotes": func(_ *gin.Context, secret string) error { return fmt.Errorf("no row for %q, %q", secret, secret) },
	"wrapped": func(_ *gin.Context, secret string) error {
		return fmt.Errorf("find: %w", errors.New("no row for "+secret))
	},
	"as an outage": func(_ *gin.Context, secret string) error {
		return ginjwt.Unavailable(errors.New("no row for " + secret))
	},
	"with the address": func(c *gin.Context, _ string) error { return errors.New("no row for " + c.Request.URL.String()) },
	"with the headers": func(c *gin.Context, _ string) error { return fmt.Errorf("no row for %v", c.Request.Header) },
	"with every value": func(c *gin.Context, _ string) error { return fmt.Errorf("no row for %q", c.Request.Header) },
	"with the cookies": func(c *gin.Context, _ string) error { return fmt.Errorf("no row for %v", c.Request.Cookies()) },
	"as a cross-origin": func(_ *gin.Context, secret string) error {
		return &ginjwt.Error{Status: 403, Err: errors.New("no row for " + secret)}
	},
}

// redactGuard returns a guard whose user's function fails as quote says.
func redactGuard[T any](d *ginjwt.Dependency[T], secret func(T) string) func(quote func(*gin.Context, string) error) ginjwt.Guard {
	return func(quote func(*gin.Context, string) error) ginjwt.Guard {
		return ginjwt.Depends(d, func(c *gin.Context, v T) (int, error) { return 0, quote(c, secret(v)) })
	}
}

func redactSame(s string) string { return s }

const redactKey = "s3cr3t-key-0123456789"

func redactBasic(userPass string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(userPass))
}

func TestCausesShowNoCredentials(t *testing.T) {
	t.Parallel()
	token := ginjwt.HTTPBearer(placeOptions["cookie"], placeOptions["query"], placeOptions["subprotocol"])
	password := func(b ginjwt.BasicCredentials) string { return b.Username + " with " + b.Password }
	for name, tc := range map[string]struct {
		guard  func(quote func(*gin.Context, string) error) ginjwt.Guard
		line   string
		secret string
	}{
		"a token in the header":        {redactGuard(token, redactSame), "Authorization: Bearer {header}", "{header}"},
		"a token in a cookie":          {redactGuard(token, redactSame), "Cookie: a=b; token={cookie}", "{cookie}"},
		"a token in a quoted cookie":   {redactGuard(token, redactSame), `Cookie: token="{cookie}"`, "{cookie}"},
		"a token in the query":         {redactGuard(token, redactSame), "?access_token={query}&a=b", "{query}"},
		"a token in a subprotocol":     {redactGuard(token, redactSame), "Sec-WebSocket-Protocol: chat, bearer, {subprotocol}", "{subprotocol}"},
		"a key in a header":            {redactGuard(ginjwt.APIKeyHeader("X-Key"), redactSame), "X-Key: " + redactKey, redactKey},
		"a key in the query":           {redactGuard(ginjwt.APIKeyQuery("key"), redactSame), "?key=" + redactKey, redactKey},
		"a key in a cookie":            {redactGuard(ginjwt.APIKeyCookie("sid"), redactSame), "Cookie: sid=" + redactKey, redactKey},
		"a key of a foreign scheme":    {redactGuard(ginjwt.HTTPBase("ApiKey"), redactSame), "Authorization: ApiKey " + redactKey, redactKey},
		"a password":                   {redactGuard(ginjwt.HTTPBasic(), password), redactBasic("john:" + redactKey), redactKey},
		"a user and a password":        {redactGuard(ginjwt.HTTPBasic(), func(b ginjwt.BasicCredentials) string { return b.Username + ":" + b.Password }), redactBasic("john:" + redactKey), redactKey},
		"the encoded password":         {redactGuard(ginjwt.HTTPBasic(), password), redactBasic("john:" + redactKey), base64.StdEncoding.EncodeToString([]byte("john:" + redactKey))},
		"an optional key":              {redactGuard(ginjwt.OptionalOr(ginjwt.APIKeyHeader("X-Key"), ""), redactSame), "X-Key: " + redactKey, redactKey},
		"a key of several that count":  {redactGuard(ginjwt.AnyOf(token, ginjwt.APIKeyHeader("X-Key")), redactSame), "X-Key: " + redactKey, redactKey},
		"a cookie that the header won": {redactGuard(token, redactSame), "Authorization: Bearer {header}|Cookie: token={cookie}", "{cookie}"},
	} {
		for how, quote := range redactQuotes {
			t.Run(name+" "+how, func(t *testing.T) {
				t.Parallel()
				w := newPlaceWorld(t, 0)
				logged := w.redacted(t, tc.guard(quote), placeLines(tc.line)...)
				assert.Contains(t, logged, "no row for ", "the rest of the cause is told")
				assert.NotContains(t, logged, w.fill(tc.secret))
			})
		}
	}
}

// redacted returns all that Observe and slog's handlers are told of a request
// that guard does not let through.
func (w *placeWorld) redacted(t *testing.T, guard ginjwt.Guard, lines ...string) string {
	t.Helper()
	var log eventLog
	var out bytes.Buffer
	w.GET("/redacted", log.observe(), ginjwt.LogEvents(slog.New(slog.NewTextHandler(&out, nil))), ginjwt.LogEvents(slog.New(slog.NewJSONHandler(&out, nil))), ginjwt.Require(guard))
	rec := w.send(http.MethodGet, "/redacted", lines...)
	require.Contains(t, []int{403, 500, 503}, rec.Code)
	require.Len(t, log.events, 1)
	return fmt.Sprintf("%+v %s %s", log.events, out.String(), rec.Body.String())
}

// Forms in which a credential is quoted as the client, or the function, spelt it.
func TestCausesShowNoCredentialsInAnotherSpelling(t *testing.T) {
	t.Parallel()
	address := redactQuotes["with the address"]
	quoted := redactQuotes["in quotes"]
	password := func(b ginjwt.BasicCredentials) string { return b.Password }
	for name, tc := range map[string]struct {
		guard  ginjwt.Guard
		line   string
		secret []string
	}{
		"escapes in lower case":     {redactGuard(ginjwt.APIKeyQuery("key"), redactSame)(address), "?key=s3cr3t%2fkey%2b0123", []string{"s3cr3t%2fkey", "key%2b0123"}},
		"escapes that need not be":  {redactGuard(ginjwt.APIKeyQuery("key"), redactSame)(address), "?key=%73%33cr3t%2Dkey-0123", []string{"cr3t%2Dkey", "key-0123"}},
		"a space as %20":            {redactGuard(ginjwt.APIKeyQuery("key"), redactSame)(address), "?key=s3cr3t%20key-0123", []string{"s3cr3t%20key", "key-0123"}},
		"a quote in a password":     {redactGuard(ginjwt.HTTPBasic(), password)(quoted), redactBasic(`john:s3cr3t"pass\word`), []string{"s3cr3t", `word`}},
		"letters beyond ASCII":      {redactGuard(ginjwt.HTTPBasic(), func(b ginjwt.BasicCredentials) string { return fmt.Sprintf("%+q", b.Password) })(redactQuotes["plainly"]), redactBasic("john:s3cr3t-caf\u00e9"), []string{"s3cr3t"}},
		"a password of five bytes":  {redactGuard(ginjwt.HTTPBasic(), password)(quoted), redactBasic("john:zw1x9"), []string{"zw1x9"}},
		"a password of four digits": {redactGuard(ginjwt.HTTPBasic(), password)(quoted), redactBasic("john:8471"), []string{"8471"}},
		"a key that starts another": {
			ginjwt.Depends2(ginjwt.APIKeyHeader("X-Tenant"), ginjwt.APIKeyHeader("X-Key"), func(_ *gin.Context, _, key string) (int, error) {
				return 0, fmt.Errorf("no row for %s", key)
			}), "X-Tenant: acme-prod|X-Key: acme-prod-s3cr3t", []string{"s3cr3t"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			logged := newPlaceWorld(t, 0).redacted(t, tc.guard, placeLines(tc.line)...)
			for _, secret := range tc.secret {
				assert.NotContains(t, logged, secret)
			}
		})
	}
}

// What a function asks for with Get is a credential as much as what guards.
func TestCausesShowNoCredentialsThatGetFound(t *testing.T) {
	t.Parallel()
	key := ginjwt.APIKeyHeader("X-Key")
	logged := newPlaceWorld(t, 0).redacted(t, ginjwt.Provide(func(c *gin.Context) (int, error) {
		v, err := key.Get(c)
		assert.NoError(t, err)
		return 0, errors.New("no row for " + v)
	}), "X-Key: "+redactKey)
	assert.NotContains(t, logged, redactKey)
}

// The token of a handshake is known even after middleware has cloned the
// request, whose header does not show it any more.
func TestCausesShowNoTokenOfAClonedHandshake(t *testing.T) {
	t.Parallel()
	w := newPlaceWorld(t, 0)
	token := ginjwt.HTTPBearer(placeOptions["subprotocol"])
	var log eventLog
	w.GET("/cloned", log.observe(), ginjwt.Require(token), func(c *gin.Context) { c.Request = c.Request.Clone(c.Request.Context()) },
		ginjwt.Require(redactGuard(token, redactSame)(redactQuotes["plainly"])))
	require.Equal(t, 500, w.send("GET", "/cloned", "Sec-WebSocket-Protocol: bearer, {subprotocol}").Code)
	assert.NotContains(t, fmt.Sprintf("%+v", log.events), w.tokens["subprotocol"])
}

// Without an observer, failures go to the default logger: as little is shown.
func TestTheDefaultLogShowsNoCredentials(t *testing.T) {
	logged := graphCaptureLog(t)
	w := newPlaceWorld(t, 0)
	w.Engine = gin.New() // which the ledger does not observe
	token := ginjwt.HTTPBearer(placeOptions["cookie"], placeOptions["query"], placeOptions["subprotocol"])
	w.GET("/guard", ginjwt.Require(redactGuard(token, redactSame)(redactQuotes["plainly"])))
	w.GET("/abort", ginjwt.Handle(token, func(c *gin.Context, v string) { ginjwt.Abort(c, errors.New("no row for "+v)) }))
	for _, path := range []string{"/guard", "/abort"} {
		for line, place := range map[string]string{"Cookie: token={cookie}": "cookie", "?access_token={query}": "query", "Sec-WebSocket-Protocol: bearer, {subprotocol}": "subprotocol"} {
			logged.Reset()
			require.Equal(t, 500, w.send("GET", path, line).Code)
			assert.Contains(t, logged.String(), "no row for [...]")
			assert.NotContains(t, logged.String(), w.tokens[place])
		}
	}
}

// A cause never holds more than what was there: many values of a place must not
// blow up a log line.
func TestRedactedCausesOfManyValuesDoNotGrow(t *testing.T) {
	t.Parallel()
	var log eventLog
	r := extEngine(log.observe(), ginjwt.Require(ginjwt.Depends(ginjwt.OptionalOr(ginjwt.HTTPBearer(placeOptions["cookie"]), ""),
		func(*gin.Context, string) (int, error) { return 0, errors.New("database is down") })))
	req := httptest.NewRequest("GET", "/", nil)
	req.Header.Set("Authorization", "Bearer abcdefgh")
	for range 1000 {
		req.Header.Add("Cookie", "token=database; token=redacted; token=a")
	}
	r.ServeHTTP(httptest.NewRecorder(), req)
	require.Len(t, log.events, 1)
	assert.NotContains(t, log.events[0].Cause, "database")
	assert.Less(t, len(log.events[0].Cause), 100)
}

// What was put in place of one credential must not be taken for another, or a
// stranger's cookies make a line of the log, and the time it takes, grow without
// end.
func TestRedactedCausesAreNotRedactedAgain(t *testing.T) {
	t.Parallel()
	var log eventLog
	r := extEngine(log.observe(), ginjwt.Require(ginjwt.HTTPBearer(placeOptions["cookie"])))
	req := httptest.NewRequest("POST", "/", nil)
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	req.Header.Set("Cookie", "token=cross; token=request; token=header"+strings.Repeat("; token=[...; token=...]", 500))
	r.ServeHTTP(httptest.NewRecorder(), req)
	require.Len(t, log.events, 1)
	require.Equal(t, ginjwt.CodeCrossOrigin, log.events[0].Code)
	assert.Less(t, len(log.events[0].Cause), 150)
}
