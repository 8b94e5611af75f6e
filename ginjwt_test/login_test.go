package ginjwt_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

type loginForm = ginjwt.OAuth2PasswordRequestForm

const formType = "application/x-www-form-urlencoded"

// loginService is a token endpoint, lax at /token and strict at /strict, with
// one user: alice, whose password is right and who may have the scopes me and items.
type loginService struct {
	*gin.Engine
	issuer *ginjwt.Issuer
	logins atomic.Int32 // how often a password was looked at
}

func newLoginService(t testing.TB) *loginService {
	t.Helper()
	s := &loginService{Engine: newEngine()}
	s.HandleMethodNotAllowed = true
	s.issuer, _ = newIssuer(t)
	s.POST("/token", ginjwt.Handle(ginjwt.Depends(ginjwt.PasswordForm(), s.login), ginjwt.WriteToken))
	s.POST("/strict", ginjwt.Handle(ginjwt.Depends(ginjwt.PasswordFormStrict(), s.login), ginjwt.WriteToken))
	return s
}

func (s *loginService) login(_ *gin.Context, form loginForm) (ginjwt.Token, error) {
	s.logins.Add(1)
	if form.Username != "alice" || form.Password != "right" {
		return ginjwt.Token{}, ginjwt.InvalidGrant("Incorrect username or password")
	}
	for _, scope := range form.Scopes {
		if !slices.Contains([]string{"me", "items"}, scope) {
			return ginjwt.Token{}, ginjwt.InvalidScope("Not yours")
		}
	}
	return s.issuer.Token(&ginjwt.Claims{Subject: form.Username, Scope: ginjwt.Scope(strings.Join(form.Scopes, " "))})
}

// loginPost serves a POST request of a form.
func loginPost(h http.Handler, path, body string) *httptest.ResponseRecorder {
	return loginPostAs(h, path, formType, body)
}

func loginPostAs(h http.Handler, path, contentType, body string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}

// loginHeaders asserts what every answer of a token endpoint has (TE-30).
func loginHeaders(t testing.TB, header http.Header) {
	t.Helper()
	assert.Equal(t, []string{"no-store"}, header.Values("Cache-Control"))
	assert.Equal(t, []string{"no-cache"}, header.Values("Pragma"))
	assert.Equal(t, []string{"application/json"}, header.Values("Content-Type"))
}

// loginRefusal asserts that body is RFC 6749 section 5.2's, and ours.
func loginRefusal(t testing.TB, code, body string) (description string) {
	t.Helper()
	var answer map[string]string
	require.NoError(t, json.Unmarshal([]byte(body), &answer), body)
	assert.Equal(t, code, answer["error"])
	for name, value := range answer {
		assert.Contains(t, []string{"error", "error_description", "detail"}, name)
		if name != "detail" {
			assert.Regexp(t, `^[\x20-\x21\x23-\x5B\x5D-\x7E]+$`, value)
		}
	}
	return answer["error_description"]
}

// loginRoute is a token endpoint of one function.
func loginRoute(login func(*gin.Context, loginForm) (ginjwt.Token, error), before ...gin.HandlerFunc) *gin.Engine {
	return loginEngine(append(slices.Clone(before), ginjwt.Handle(ginjwt.Depends(ginjwt.PasswordForm(), login), ginjwt.WriteToken))...)
}

func loginEngine(handlers ...gin.HandlerFunc) *gin.Engine {
	r := newEngine()
	r.POST("/token", handlers...)
	return r
}

const loginGood = "grant_type=password&username=alice&password=right"

func TestLoginErrorsAreThoseOfRFC6749(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		code      string
		make      func(string) error
		status    int
		challenge []string
	}{
		{"invalid_grant", ginjwt.InvalidGrant, 400, nil},
		{"invalid_scope", ginjwt.InvalidScope, 400, nil},
		{"invalid_request", ginjwt.InvalidRequest, 400, nil},
		{"unsupported_grant_type", ginjwt.UnsupportedGrantType, 400, nil},
		{"invalid_client", ginjwt.InvalidClient, 401, []string{`Basic realm="token"`}},
	} {
		t.Run(tc.code, func(t *testing.T) {
			t.Parallel()
			for description, legal := range map[string]string{
				"Plain words.":         "Plain words.",
				`a "quoted" word`:      "a 'quoted' word",
				"back\\slash":          "back?slash",
				"two\r\nlines":         "two??lines",
				"caf\u00e9 \u4e16\x00": "caf? ??",
				"not UTF-8: \xff":      "not UTF-8: ?",
				"":                     "",
			} {
				for _, r := range []http.Handler{
					loginRoute(func(*gin.Context, loginForm) (ginjwt.Token, error) { return ginjwt.Token{}, tc.make(description) }),
					loginEngine(func(c *gin.Context) { ginjwt.Abort(c, tc.make(description)) }),
				} {
					w := loginPost(r, "/token", loginGood)
					assert.Equal(t, tc.status, w.Code)
					assert.Equal(t, tc.challenge, w.Header()["Www-Authenticate"])
					loginHeaders(t, w.Header())
					assert.Equal(t, legal, loginRefusal(t, tc.code, w.Body.String()))
				}
			}
		})
	}
}

// Each answer must be kept out of caches, whoever made it and however (TE-30).
func TestLoginAnswersAreNeverStored(t *testing.T) {
	t.Parallel()
	recovery := gin.RecoveryWithWriter(io.Discard)
	render := ginjwt.OnError(func(c *gin.Context, e *ginjwt.Error) { c.String(418, "rendered") })
	quiet := ginjwt.Observe(func(context.Context, ginjwt.Event) {})
	for rule, tc := range map[string]struct {
		err    error
		before []gin.HandlerFunc
		status int
		body   string
	}{
		"a plain error":             {errors.New("secret cause"), nil, 500, `{"detail":"Internal Server Error"}`},
		"an outage":                 {ginjwt.Unavailable(errors.New("secret cause")), nil, 503, `{"detail":"Service unavailable"}`},
		"forbidden":                 {ginjwt.Forbidden("Banned"), nil, 403, `{"detail":"Banned"}`},
		"unauthenticated":           {ginjwt.Unauthenticated("Who?"), nil, 401, `{"detail":"Who?"}`},
		"any status":                {ginjwt.HTTPError(429, "Slow down"), nil, 429, `{"detail":"Slow down"}`},
		"a status that is a bug":    {ginjwt.HTTPError(200, "Fine"), nil, 500, `{"detail":"Internal Server Error"}`},
		"a nil *Error":              {(*ginjwt.Error)(nil), nil, 500, `{"detail":"Internal Server Error"}`},
		"a panic":                   {nil, []gin.HandlerFunc{recovery}, 500, ``},
		"an outage, rendered":       {ginjwt.Unavailable(nil), []gin.HandlerFunc{render}, 503, `rendered`},
		"a refusal is not rendered": {ginjwt.InvalidGrant("No"), []gin.HandlerFunc{render}, 400, `{"error":"invalid_grant","error_description":"No","detail":"No"}`},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			r := loginRoute(func(*gin.Context, loginForm) (ginjwt.Token, error) {
				if tc.err == nil {
					panic("oops")
				}
				return ginjwt.Token{}, tc.err
			}, append(tc.before, quiet)...)
			w := loginPost(r, "/token", loginGood)
			assert.Equal(t, tc.status, w.Code)
			assert.Equal(t, tc.body, w.Body.String())
			assert.Equal(t, []string{"no-store"}, w.Header().Values("Cache-Control"))
			assert.Equal(t, []string{"no-cache"}, w.Header().Values("Pragma"))
			assert.Equal(t, tc.status == 503, w.Header().Get("Retry-After") != "")
		})
	}
}

func TestWriteTokenSaysWhatRFC6749Wants(t *testing.T) {
	t.Parallel()
	for rule, tc := range map[string]struct {
		token ginjwt.Token
		body  string
	}{
		"the least":     {ginjwt.Token{AccessToken: "a"}, `{"access_token":"a","token_type":"bearer"}`},
		"another type":  {ginjwt.Token{AccessToken: "a", TokenType: "DPoP"}, `{"access_token":"a","token_type":"DPoP"}`},
		"a lifetime":    {ginjwt.Token{AccessToken: "a", ExpiresIn: 900}, `{"access_token":"a","token_type":"bearer","expires_in":900}`},
		"a scope":       {ginjwt.Token{AccessToken: "a", Scope: "me items"}, `{"access_token":"a","token_type":"bearer","scope":"me items"}`},
		"refresh token": {ginjwt.Token{AccessToken: "a", RefreshToken: "r"}, `{"access_token":"a","token_type":"bearer","refresh_token":"r"}`},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			for _, h := range []http.Handler{
				loginRoute(func(*gin.Context, loginForm) (ginjwt.Token, error) { return tc.token, nil }),
				loginEngine(func(c *gin.Context) { ginjwt.WriteToken(c, tc.token) }),
			} {
				w := loginPost(h, "/token", loginGood)
				assert.Equal(t, 200, w.Code)
				assert.Equal(t, tc.body, w.Body.String())
				loginHeaders(t, w.Header())
			}
		})
	}
}

func TestWriteTokenWithoutATokenIsABug(t *testing.T) {
	t.Parallel()
	var cause string
	observe := ginjwt.Observe(func(_ context.Context, ev ginjwt.Event) { cause += ev.Cause })
	for _, token := range []ginjwt.Token{{}, {TokenType: "bearer", ExpiresIn: 900}} {
		cause = ""
		w := loginPost(loginEngine(observe, func(c *gin.Context) { ginjwt.WriteToken(c, token) }), "/token", loginGood)
		assert.Equal(t, 500, w.Code)
		assert.Equal(t, `{"detail":"Internal Server Error"}`, w.Body.String())
		assert.Contains(t, cause, "WriteToken")
		loginHeaders(t, w.Header())
	}
}

func TestLoginFormIsReadableAfterwards(t *testing.T) {
	t.Parallel()
	r := newEngine()
	r.POST("/token", ginjwt.Handle(ginjwt.PasswordForm(), func(c *gin.Context, form loginForm) {
		c.String(200, c.PostForm("otp")+" "+c.PostForm("username")+" "+c.Request.PostFormValue("otp")+" "+c.Request.FormValue("q"))
		assert.Equal(t, []string{"1", "2"}, c.PostFormArray("many"))
	}))
	w := loginPost(r, "/token?q=3&otp=query", loginGood+"&otp=123&many=1&many=2")
	assert.Equal(t, "123 alice 123 3", w.Body.String())
}

// Two parts of a route may each ask for the form, as in FastAPI: a limiter for
// the account's name, then the login. Middleware may have parsed it before.
func TestLoginFormCanBeAskedForTwice(t *testing.T) {
	t.Parallel()
	login := func(c *gin.Context, form loginForm) { c.String(200, form.Username) }
	limiter := ginjwt.Depends(ginjwt.PasswordForm(), func(_ *gin.Context, form loginForm) (string, error) { return form.Username, nil })
	for rule, before := range map[string]gin.HandlerFunc{
		"another dependency": ginjwt.Require(limiter),
		"plain middleware":   func(c *gin.Context) { _ = c.PostForm("csrf") },
	} {
		w := loginPost(loginEngine(before, ginjwt.Handle(ginjwt.PasswordForm(), login)), "/token", loginGood)
		assert.Equal(t, "alice", w.Body.String(), rule)
	}
}

func TestLoginFormIsReadInTheRequestsOwnHandlersOnly(t *testing.T) {
	t.Parallel()
	form := ginjwt.PasswordForm()
	r := loginEngine(ginjwt.Handle(ginjwt.Provide(func(*gin.Context) (int, error) { return 0, nil }), func(c *gin.Context, _ int) {
		cp := c.Copy()
		kept := ginjwt.Context(c)
		for _, ctx := range []context.Context{cp, kept} {
			assert.NotPanics(t, func() {
				_, err := form.Get(ctx)
				assert.ErrorContains(t, err, "ginjwt: the login form")
			})
		}
		got, err := form.Get(c)
		assert.NoError(t, err, "the copy's error is remembered for the request itself")
		assert.Equal(t, "alice", got.Username)
		c.Status(204)
	}))
	assert.Equal(t, 204, loginPost(r, "/token", loginGood).Code)
}

// That credentials are judged before the body is read must not make them
// required where they are optional.
func TestLoginFormBesideOptionalCredentials(t *testing.T) {
	t.Parallel()
	issuer, verifier := newIssuer(t)
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), verifier)
	both := ginjwt.Depends2(ginjwt.PasswordForm(), claims, func(_ *gin.Context, _ loginForm, me ginjwt.Claims) (string, error) { return me.Subject, nil })
	var guards []string
	observe := ginjwt.Observe(func(_ context.Context, ev ginjwt.Event) { guards = append(guards, ev.Guard) })
	r := loginEngine(observe, ginjwt.Handle(ginjwt.OptionalOr(both, "nobody"), func(c *gin.Context, name string) { c.String(200, name) }))
	assert.Equal(t, "nobody", loginPost(r, "/token", loginGood).Body.String())
	assert.Len(t, guards, 1)

	guards = nil
	r = loginEngine(observe, ginjwt.Handle2(claims, ginjwt.PasswordForm(), func(c *gin.Context, me ginjwt.Claims, _ loginForm) { c.String(200, me.Subject) }))
	req := httptest.NewRequest(http.MethodPost, "/token", strings.NewReader(loginGood))
	req.Header.Set("Content-Type", formType)
	req.Header.Set("Authorization", "Bearer "+sign(t, issuer, "johndoe", ""))
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	assert.Equal(t, "johndoe", w.Body.String())
	assert.Equal(t, []string{"JWT", "PasswordForm"}, guards, "one event for each decision")
}
