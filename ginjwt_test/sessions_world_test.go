package ginjwt_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

// sessClock is a clock that stands still until it is told otherwise.
type sessClock struct{ nanos atomic.Int64 }

func newSessClock() *sessClock {
	c := &sessClock{}
	c.nanos.Store(time.Date(2026, 3, 1, 12, 0, 0, 250_000_000, time.UTC).UnixNano())
	return c
}

func (c *sessClock) Now() time.Time           { return time.Unix(0, c.nanos.Load()).UTC() }
func (c *sessClock) advance(by time.Duration) { c.nanos.Add(int64(by)) }

// sessUser is what a session remembers: nested, with types that JSON has not.
type sessUser struct {
	Name   string
	Roles  []string
	Limits map[string]int64
	Home   *sessPlace
	Since  time.Time
	Avatar []byte
}

type sessPlace struct {
	Town string
	At   [2]float64
}

func sessAlice(name string) sessUser {
	return sessUser{
		Name: name, Roles: []string{"reader", "writer"}, Limits: map[string]int64{"big": 9007199254740993},
		Home:  &sessPlace{"Łódź", [2]float64{51.77, 19.46}},
		Since: time.Date(2001, 2, 3, 4, 5, 6, 7, time.UTC), Avatar: []byte{0, 255, 1},
	}
}

type sessClaims struct {
	ginjwt.Claims
	Name  string   `json:"name,omitzero"`
	Roles []string `json:"roles,omitzero"`
}

type sessConfig = sessions.Config[sessUser]
type sessLogin = sessions.Login[sessUser]

// sessWorld is a service with sessions, served over HTTP. Every user's password
// is right, and every user may have the scopes me and items.
type sessWorld struct {
	*sessions.Sessions[sessUser]
	t        testing.TB
	clock    *sessClock
	store    sessions.Store
	issuer   *ginjwt.Issuer
	verifier *ginjwt.Verifier
	srv      *httptest.Server
	logins   atomic.Int32 // how often a password was looked at

	mu     sync.Mutex
	claims func(*gin.Context, sessLogin) (ginjwt.AnyClaims, error)
	after  func(*gin.Context) // a password was found right
}

// newSessWorld returns a service; change, if any, changes its configuration.
func newSessWorld(t testing.TB, change ...func(*sessConfig)) *sessWorld {
	t.Helper()
	return newSessWorldOf(t, ginjwt.IssuerConfig{}, ginjwt.Policy{}, change...)
}

func newSessWorldOf(t testing.TB, ic ginjwt.IssuerConfig, policy ginjwt.Policy, change ...func(*sessConfig)) *sessWorld {
	t.Helper()
	w := &sessWorld{t: t, clock: newSessClock()}
	ic.Issuer, ic.Audience, ic.Now = testIssuer, []string{testAudience}, w.clock.Now
	var err error
	ic.Key, err = ginjwt.GenerateKey(ginjwt.HS256)
	require.NoError(t, err)
	w.issuer, err = ginjwt.NewIssuer(ic)
	require.NoError(t, err)
	w.store, err = sessions.NewMemory(sessions.MemoryConfig{Now: w.clock.Now})
	require.NoError(t, err)
	cfg := sessConfig{Issuer: w.issuer, Password: w.password, Claims: w.claimsOf, Store: w.store}
	for _, fn := range change {
		fn(&cfg)
	}
	w.store = cfg.Store
	w.Sessions, err = sessions.New(cfg)
	require.NoError(t, err)
	policy.Revoker = w.Revoker()
	w.verifier, err = w.issuer.Verifier(policy)
	require.NoError(t, err)
	w.srv = wireServer(t, w.engine(cfg.Cookies))
	w.srv.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = 64
	return w
}

func (w *sessWorld) engine(cookies *sessions.Cookies) *gin.Engine {
	r := newEngine()
	r.Any("/token", w.Token())
	r.Any("/logout", w.Logout())
	r.Any("/revoke", w.Revoke())
	r.Any("/introspect", w.Introspect(sessCaller()))
	r.Any("/passkey", ginjwt.Handle(ginjwt.Depends(ginjwt.APIKeyHeader("X-Passkey"), w.passkey), func(c *gin.Context, t ginjwt.Token) {
		if cookies != nil {
			c.JSON(200, t)
			return
		}
		ginjwt.WriteToken(c, t)
	}))
	var places []ginjwt.SchemeOption
	if cookies != nil {
		places = append(places, ginjwt.FromCookie(cookies.AccessName()))
	}
	claims := ginjwt.JWT[sessClaims](ginjwt.OAuth2PasswordBearer("/token", places...), w.verifier)
	r.GET("/me", ginjwt.Handle(claims, func(c *gin.Context, me sessClaims) { c.JSON(200, me) }))
	return r
}

// sessCaller is the guard of the introspection endpoint.
func sessCaller() *ginjwt.Dependency[string] {
	return ginjwt.Depends(ginjwt.HTTPBasic(), func(_ *gin.Context, b ginjwt.BasicCredentials) (string, error) {
		if b.Username != "api" || b.Password != "secret" {
			return "", ginjwt.Unauthenticated("Not an API")
		}
		return b.Username, nil
	})
}

func (w *sessWorld) password(c *gin.Context, form loginForm) (sessLogin, error) {
	w.logins.Add(1)
	if form.Password != "right" {
		return sessLogin{}, ginjwt.InvalidGrant("Incorrect username or password")
	}
	w.mu.Lock()
	after := w.after
	w.mu.Unlock()
	if after != nil {
		after(c)
	}
	scope := ginjwt.Scope("me items")
	for _, one := range form.Scopes {
		if !scope.Has(one) {
			return sessLogin{}, ginjwt.InvalidScope("Not yours")
		}
	}
	if len(form.Scopes) > 0 {
		scope = ginjwt.Scope(strings.Join(form.Scopes, " "))
	}
	return sessLogin{Subject: form.Username, Scope: scope, Data: sessAlice(form.Username)}, nil
}

// passkey is a login without a password: the key is the user.
func (w *sessWorld) passkey(c *gin.Context, user string) (ginjwt.Token, error) {
	if user == "nobody" {
		user = ""
	}
	return w.Begin(c, sessLogin{Subject: user, Scope: "me items", Data: sessAlice(user)})
}

// claimsOf is the Config's Claims, which a test can change while it goes on.
func (w *sessWorld) claimsOf(c *gin.Context, login sessLogin) (ginjwt.AnyClaims, error) {
	w.mu.Lock()
	fn := w.claims
	w.mu.Unlock()
	if fn != nil {
		return fn(c, login)
	}
	return &sessClaims{Claims: ginjwt.Claims{Scope: login.Scope}, Name: login.Data.Name, Roles: login.Data.Roles}, nil
}

func (w *sessWorld) setClaims(fn func(*gin.Context, sessLogin) (ginjwt.AnyClaims, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.claims = fn
}

func (w *sessWorld) failClaims(err error) {
	w.setClaims(func(*gin.Context, sessLogin) (ginjwt.AnyClaims, error) { return nil, err })
}

func (w *sessWorld) afterPassword(fn func(*gin.Context)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.after = fn
}

// sessAnswer is a response, read to its end.
type sessAnswer struct {
	status int
	header http.Header
	body   string
	cookie []*http.Cookie
}

// same returns all of an answer that an attacker could tell from another's.
func (a sessAnswer) same() string {
	h := a.header.Clone()
	h.Del("Date")
	text, _ := json.Marshal(h)
	return http.StatusText(a.status) + string(text) + a.body
}

// do sends a request; each of headers is "Name: value".
func (w *sessWorld) do(method, path, contentType, body string, headers ...string) sessAnswer {
	w.t.Helper()
	return w.doWith(context.Background(), method, path, contentType, body, headers...)
}

func (w *sessWorld) doWith(ctx context.Context, method, path, contentType, body string, headers ...string) sessAnswer {
	w.t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, w.srv.URL+path, strings.NewReader(body))
	require.NoError(w.t, err)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Add(name, value)
	}
	resp, err := w.srv.Client().Do(req)
	if err != nil { // from any goroutine
		assert.NoError(w.t, err)
		return sessAnswer{}
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	assert.NoError(w.t, err)
	return sessAnswer{resp.StatusCode, resp.Header, string(b), resp.Cookies()}
}

func (w *sessWorld) post(path string, form url.Values, headers ...string) sessAnswer {
	w.t.Helper()
	return w.do("POST", path, formType, form.Encode(), headers...)
}

// sessTokens is the JSON of a login.
type sessTokens struct {
	Access    string `json:"access_token"`
	Type      string `json:"token_type"`
	ExpiresIn int    `json:"expires_in"`
	Refresh   string `json:"refresh_token"`
	Scope     string `json:"scope"`
}

func sessTokensOf(t testing.TB, a sessAnswer) (tokens sessTokens) {
	t.Helper()
	require.Equal(t, 200, a.status, a.body)
	require.NoError(t, json.Unmarshal([]byte(a.body), &tokens))
	return tokens
}

// sessForm returns a form of pairs of names and values.
func sessForm(pairs ...string) url.Values {
	form := url.Values{}
	for pair := range slices.Chunk(pairs, 2) {
		form.Add(pair[0], pair[1])
	}
	return form
}

// logIn logs user in; pairs are further fields.
func (w *sessWorld) logIn(user string, pairs ...string) sessTokens {
	w.t.Helper()
	form := sessForm(append([]string{"grant_type", "password", "username", user, "password", "right"}, pairs...)...)
	return sessTokensOf(w.t, w.post("/token", form))
}

func (w *sessWorld) tryRefresh(token string, pairs ...string) sessAnswer {
	w.t.Helper()
	return w.post("/token", sessForm(append([]string{"grant_type", "refresh_token", "refresh_token", token}, pairs...)...))
}

func (w *sessWorld) refresh(token string, pairs ...string) sessTokens {
	w.t.Helper()
	return sessTokensOf(w.t, w.tryRefresh(token, pairs...))
}

// me returns the status of a request with an access token.
func (w *sessWorld) me(access string) int {
	w.t.Helper()
	return w.do("GET", "/me", "", "", "Authorization: Bearer "+access).status
}

// sessRefused is the one answer to refresh tokens that are not good.
const sessRefused = `{"error":"invalid_grant","error_description":"The refresh token is not valid","detail":"The refresh token is not valid"}`

// requireDead asserts that a session is over, with all of its tokens.
func (w *sessWorld) requireDead(tokens sessTokens) {
	w.t.Helper()
	assert.Equal(w.t, 401, w.me(tokens.Access), "the access token of a session that is over")
	if a := w.tryRefresh(tokens.Refresh); assert.Equal(w.t, 400, a.status, "the refresh token of a session that is over") {
		assert.Equal(w.t, sessRefused, a.body)
	}
}

// requireAlive asserts that a session goes on, and returns its next tokens.
func (w *sessWorld) requireAlive(tokens sessTokens, pairs ...string) sessTokens {
	w.t.Helper()
	require.Equal(w.t, 200, w.me(tokens.Access), "the access token of a session that goes on")
	return w.refresh(tokens.Refresh, pairs...)
}

func (w *sessWorld) list(user string) []sessions.Session {
	w.t.Helper()
	list, err := w.List(context.Background(), user)
	require.NoError(w.t, err)
	return list
}

// sessPayload returns the claims of an access token, unverified.
func sessPayload(t testing.TB, access string) map[string]any {
	t.Helper()
	_, payload := parts(t, access)
	return payload
}

func sessSID(t testing.TB, access string) string {
	t.Helper()
	sid, _ := sessPayload(t, access)["sid"].(string)
	require.NotEmpty(t, sid)
	return sid
}
