package ginjwt_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// tutorialUser is FastAPI's response_model: what is not exported stays here.
type tutorialUser struct {
	Username string `json:"username"`
	Email    string `json:"email"`
	FullName string `json:"full_name"`
	Disabled bool   `json:"disabled"`

	password string // the tutorial's, as it is: hashing is not what is tested
}

var tutorialUsers = map[string]tutorialUser{
	"johndoe": {"johndoe", "johndoe@example.com", "John Doe", false, "secret"},
	"alice":   {"alice", "alicechains@example.com", "Alice Chains", true, "secretalice"},
}

// tutorial is the program of FastAPI's tutorial, without scopes (004) at /004
// and with them (005) at the root.
type tutorial struct {
	*httptest.Server
	key    ginjwt.Key
	issuer *ginjwt.Issuer
}

func tutorialIssuer(t *testing.T, key ginjwt.Key, now func() time.Time) *ginjwt.Issuer {
	t.Helper()
	issuer, err := ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: key, Issuer: "tutorial", Audience: []string{"tutorial"}, AccessTTL: 30 * time.Minute, Now: now})
	require.NoError(t, err)
	return issuer
}

func newTutorial(t *testing.T) *tutorial {
	t.Helper()
	key, err := ginjwt.GenerateKey(ginjwt.HS256)
	require.NoError(t, err)
	app := &tutorial{key: key, issuer: tutorialIssuer(t, key, nil)}
	verifier := ginjwt.Must(app.issuer.Verifier(ginjwt.Policy{}))
	r := newEngine()
	r.HandleMethodNotAllowed = true
	r.NoMethod(func(c *gin.Context) { ginjwt.Abort(c, ginjwt.HTTPError(405, "Method Not Allowed")) })
	r.NoRoute(func(c *gin.Context) { ginjwt.Abort(c, ginjwt.HTTPError(404, "Not Found")) })
	token := ginjwt.OAuth2PasswordBearer("/token", ginjwt.Scopes{"me": "Read information about the current user.", "items": "Read items."})
	current := ginjwt.Depends(ginjwt.JWT[ginjwt.Claims](token, verifier), tutorialFind)
	active := ginjwt.Depends(current, tutorialActive)
	login := ginjwt.Handle(ginjwt.Depends(ginjwt.PasswordForm(), app.login), ginjwt.WriteToken)

	r.POST("/token", login)
	r.GET("/users/me/", ginjwt.Handle(ginjwt.Security(active, "me"), tutorialMe))
	r.GET("/users/me/items/", ginjwt.Handle(ginjwt.Security(ginjwt.Security(active, "me"), "items"), tutorialItems))
	r.GET("/status/", ginjwt.Handle(current, func(c *gin.Context, _ tutorialUser) { c.JSON(200, gin.H{"status": "ok"}) }))
	without := r.Group("/004")
	without.POST("/token", login)
	without.GET("/users/me/", ginjwt.Handle(active, tutorialMe))
	without.GET("/users/me/items/", ginjwt.Handle(active, tutorialItems))
	app.Server = depServer(t, r)
	return app
}

func tutorialFind(_ *gin.Context, claims ginjwt.Claims) (tutorialUser, error) {
	if user, ok := tutorialUsers[claims.Subject]; ok {
		return user, nil
	}
	return tutorialUser{}, ginjwt.Unauthenticated("Could not validate credentials")
}

func tutorialActive(_ *gin.Context, user tutorialUser) (tutorialUser, error) {
	if user.Disabled {
		return tutorialUser{}, ginjwt.HTTPError(400, "Inactive user")
	}
	return user, nil
}

func tutorialMe(c *gin.Context, me tutorialUser) { c.JSON(200, me) }

func tutorialItems(c *gin.Context, me tutorialUser) {
	c.JSON(200, []gin.H{{"item_id": "Foo", "owner": me.Username}})
}

func (app *tutorial) login(_ *gin.Context, form loginForm) (ginjwt.Token, error) {
	user, known := tutorialUsers[form.Username]
	if !ginjwt.ConstantTimeEqual(user.password, form.Password) || !known {
		return ginjwt.Token{}, ginjwt.InvalidGrant("Incorrect username or password")
	}
	return app.issuer.Token(&ginjwt.Claims{Subject: user.Username, Scope: ginjwt.Scope(strings.Join(form.Scopes, " "))})
}

// tokens are what rows name in {}, with their scheme.
func (app *tutorial) tokens(t *testing.T) *strings.Replacer {
	t.Helper()
	bearer := func(issuer *ginjwt.Issuer, subject string, scope ginjwt.Scope) string {
		return "Bearer " + sign(t, issuer, subject, scope)
	}
	other, err := ginjwt.GenerateKey(ginjwt.HS256)
	require.NoError(t, err)
	past := func() time.Time { return time.Now().Add(-time.Hour) }
	good := bearer(app.issuer, "johndoe", "me items")
	return strings.NewReplacer(
		"{johndoe}", good, "{johndoe:me}", bearer(app.issuer, "johndoe", "me"), "{johndoe:items}", bearer(app.issuer, "johndoe", "items"),
		"{johndoe:}", bearer(app.issuer, "johndoe", ""), "{alice}", bearer(app.issuer, "alice", "me items"), "{alice:}", bearer(app.issuer, "alice", ""),
		"{nobody}", bearer(app.issuer, "bob", "me items"), "{nosub}", bearer(app.issuer, "", "me items"),
		"{otherkey}", bearer(tutorialIssuer(t, other, nil), "johndoe", "me items"), "{expired}", bearer(tutorialIssuer(t, app.key, past), "johndoe", "me items"),
		"{unsigned}", good[:strings.LastIndexByte(good, '.')+1], "{padded}", good+"=", "{lower}", "bearer"+strings.TrimPrefix(good, "Bearer"), "{json:ME}", bearer(app.issuer, "johndoe", "ME items"),
	)
}

// tutorialRow is a cell of the table of FastAPI's tutorial. An Authorization
// header is sent if it is not empty, and a form if that is not.
type tutorialRow struct {
	request, authorization, form string

	status          int
	challenge, body string
	fastapi         string // what FastAPI answers instead
	because         string
}

const (
	whyBearer   = "RFC 6750 3: a challenge has a parameter, and tells what is wrong; scope is for a token that lacks one"
	whyRefused  = "RFC 6750 3.1: insufficient_scope is 403"
	whyBadForm  = "RFC 6750 3.1: a malformed header is invalid_request"
	whyGrant400 = "RFC 6749 5.2: invalid_grant"
	tutorialMeJ = `{"username":"johndoe","email":"johndoe@example.com","full_name":"John Doe","disabled":false}`
	tutorialOwn = `[{"item_id":"Foo","owner":"johndoe"}]`
	tutorialBad = `{"detail":"Could not validate credentials"}`
	tutorialOff = `{"detail":"Inactive user"}`
)

// tutorialRows are those of both apps: prefix is /004 or nothing.
func tutorialRows(prefix string) []tutorialRow {
	me, items, challenged, badLogin := "GET "+prefix+"/users/me/", "GET "+prefix+"/users/me/items/", "Bearer", "401"
	if prefix == "" {
		challenged, badLogin = `Bearer scope="me"`, "400 without a code"
	}
	wrong := exampleError("invalid_grant", "Incorrect username or password")
	rows := []tutorialRow{
		{"POST " + prefix + "/token", "", "username=johndoe&password=wrong", 400, "", wrong, badLogin, whyGrant400},
		{"POST " + prefix + "/token", "", "username=bob&password=secret", 400, "", wrong, badLogin, whyGrant400},
		{"POST " + prefix + "/token", "", "username=bob&password=+", 400, "", wrong, badLogin, whyGrant400},
		{"POST " + prefix + "/token", "Basic Og==", "username=johndoe&password=wrong", 400, "", wrong, badLogin, whyGrant400},
		{"POST " + prefix + "/token", "", "username=johndoe", 400, "", exampleError("invalid_request", "Missing form field: password"), "422", formWhyCode},
		{"POST " + prefix + "/token", "", "password=secret", 400, "", exampleError("invalid_request", "Missing form field: username"), "422", formWhyCode},
		{"GET " + prefix + "/token", "", "", 405, "", `{"detail":"Method Not Allowed"}`, "", ""},
		{me, "{johndoe}", "", 200, "", tutorialMeJ, "", ""},
		{me, "{lower}", "", 200, "", tutorialMeJ, "", ""},
		{me, "", "", 401, graphNobody, detailNobody, "Bearer", whyBearer},
		{me, "Basic Og==", "", 401, graphNobody, detailNobody, "Bearer", whyBearer},
		{me, "Notbearer x", "", 401, graphNobody, detailNobody, "Bearer", whyBearer},
		{me, "Bearer", "", 400, extMalformed, extBodies[extMalformed], "401 " + challenged, whyBadForm},
		{me, "Bearer a b", "", 400, extMalformed, extBodies[extMalformed], "401 " + challenged, whyBadForm},
		{me, "{alice}", "", 400, "", tutorialOff, "", ""},
		{items, "{johndoe}", "", 200, "", tutorialOwn, "", ""},
		{items, "", "", 401, graphNobody, detailNobody, "Bearer", whyBearer},
		{items, "{alice}", "", 400, "", tutorialOff, "", ""},
		{me, "{expired}", "", 401, extExpired, tutorialBad, challenged, whyBearer},
	}
	for _, bad := range []string{"Bearer nonexistent", "{nobody}", "{nosub}", "{otherkey}", "{unsigned}"} {
		rows = append(rows, tutorialRow{me, bad, "", 401, graphInvalid, tutorialBad, challenged, whyBearer})
	}
	rows = append(rows, tutorialRow{me, "{padded}", "", 401, graphInvalid, tutorialBad, "200", "RFC 7515 2: base64url without padding"})
	return append(rows, tutorialRow{items, "Bearer nonexistent", "", 401, graphInvalid, tutorialBad, challenged, whyBearer})
}

// scopedRows are what only the app with scopes has.
func scopedRows() []tutorialRow {
	me, items, status := "GET /users/me/", "GET /users/me/items/", "GET /status/"
	return []tutorialRow{
		{me, "{johndoe:me}", "", 200, "", tutorialMeJ, "", ""},
		{me, "{johndoe:}", "", 403, lacking("me"), detailScopes, "401", whyRefused},
		{me, "{johndoe:items}", "", 403, lacking("me"), detailScopes, "401", whyRefused},
		{me, "{json:ME}", "", 403, lacking("me"), detailScopes, "401", whyRefused},
		{me, "{alice:}", "", 403, lacking("me"), detailScopes, "401: the scope is judged first, too", whyRefused},
		{items, "{johndoe:me}", "", 403, lacking("items me"), detailScopes, "401", whyRefused},
		{items, "{johndoe:items}", "", 403, lacking("items me"), detailScopes, "401", whyRefused},
		{items, "{nobody}", "", 401, graphInvalid, tutorialBad, `Bearer scope="items me"`, whyBearer},
		{status, "{johndoe:}", "", 200, "", `{"status":"ok"}`, "", ""},
		{status, "{alice}", "", 200, "", `{"status":"ok"}`, "", ""},
		{status, "", "", 401, graphNobody, detailNobody, "Bearer", whyBearer},
		{status, "Bearer nonexistent", "", 401, graphInvalid, tutorialBad, "Bearer", whyBearer},
		{status, "{nobody}", "", 401, graphInvalid, tutorialBad, "Bearer", whyBearer},
		{"GET /nothing", "", "", 404, "", `{"detail":"Not Found"}`, "", ""},
		{"GET /users/me", "", "", 301, "", "<a href=\"/users/me/\">Moved Permanently</a>.\n\n", "307 with an absolute Location", "it is Gin's: 301 for GET, a path for Location"},
		{"POST /token/", "", "username=johndoe&password=secret", 307, "", "", "307 with an absolute Location", "it is Gin's: a path for Location"},
	}
}

func TestParityOfTheTutorial(t *testing.T) {
	t.Parallel()
	app := newTutorial(t)
	tokens := app.tokens(t)
	for _, row := range append(append(tutorialRows("/004"), tutorialRows("")...), scopedRows()...) {
		t.Run(strings.Join([]string{row.request, row.authorization, row.form}, " "), func(t *testing.T) {
			t.Parallel()
			answer := app.send(t, row.request, tokens.Replace(row.authorization), row.form)
			assert.Equal(t, row.status, answer.StatusCode)
			assert.Equal(t, row.challenge, strings.Join(answer.Header.Values("WWW-Authenticate"), " and "))
			assert.Equal(t, row.body, answer.body)
			assert.Equal(t, row.status == 405, answer.Header.Get("Allow") == "POST")
			assert.Equal(t, row.fastapi != "", row.because != "", "a reason if, and only if, it departs")
		})
	}
}

func (app *tutorial) send(t *testing.T, request, authorization, form string) wireAnswer {
	t.Helper()
	method, path, _ := strings.Cut(request, " ")
	req, err := http.NewRequest(method, path, strings.NewReader(form))
	require.NoError(t, err)
	if form != "" {
		req.Header.Set("Content-Type", formType)
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	return depSend(t, app.Server, req)
}

// Whoever logs in, a disabled user too, gets a token with what was asked for:
// this program grants unchecked, as FastAPI's does. ginjwt adds what RFC 6749
// 5.1 asks for, and keeps caches out.
func TestParityOfTheTutorialsLogin(t *testing.T) {
	t.Parallel()
	app := newTutorial(t)
	for _, prefix := range []string{"", "/004"} {
		for user, scope := range map[string]string{"johndoe": "me items", "alice": ""} {
			form := url.Values{"username": {user}, "password": {tutorialUsers[user].password}, "scope": {scope}}
			answer := app.send(t, "POST "+prefix+"/token", "", form.Encode())
			require.Equal(t, 200, answer.StatusCode)
			loginHeaders(t, answer.Header)
			var token map[string]any
			require.NoError(t, json.Unmarshal([]byte(answer.body), &token))
			want := map[string]any{"access_token": token["access_token"], "token_type": "bearer", "expires_in": 1800.0}
			if scope != "" {
				want["scope"] = scope
			}
			assert.Equal(t, want, token)
			status := app.send(t, "GET /status/", "Bearer "+token["access_token"].(string), "")
			assert.Equal(t, 200, status.StatusCode)
		}
	}
}
