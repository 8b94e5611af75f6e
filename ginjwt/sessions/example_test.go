package sessions_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

// Gin's start-up log would be part of every Output.
func init() { gin.SetMode(gin.ReleaseMode) }

// A login, a refresh, and a logout that takes the access token with it.
func Example() {
	issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{
		Key:    ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256)), // NewKey, for one that outlives the process
		Issuer: "https://api.example", Audience: []string{"https://api.example"},
	}))
	checkPassword := func(_ *gin.Context, form ginjwt.OAuth2PasswordRequestForm) (sessions.Login[struct{}], error) {
		if form.Username != "johndoe" || form.Password != "secret" { // Passwords has slow hashes
			return sessions.Login[struct{}]{}, ginjwt.InvalidGrant("Incorrect username or password")
		}
		return sessions.Login[struct{}]{Subject: form.Username, Scope: "me"}, nil
	}
	logins := ginjwt.Must(sessions.New(sessions.Config[struct{}]{Issuer: issuer, Password: checkPassword}))
	verifier := ginjwt.Must(issuer.Verifier(ginjwt.Policy{Revoker: logins.Revoker()}))
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), verifier)

	r := gin.New()
	r.POST("/token", logins.Token())
	r.POST("/logout", logins.Logout())
	r.GET("/users/me", ginjwt.Handle(claims, func(c *gin.Context, me ginjwt.Claims) { c.String(200, me.Subject) }))

	tokens := post(r, "/token", "", url.Values{"grant_type": {"password"}, "username": {"johndoe"}, "password": {"secret"}})
	tokens = post(r, "/token", "", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens.RefreshToken}})
	get(r, "/users/me", tokens.AccessToken)
	post(r, "/logout", tokens.AccessToken, nil)
	get(r, "/users/me", tokens.AccessToken)
	// Output:
	// POST /token 200
	// POST /token 200
	// GET /users/me 200 johndoe
	// POST /logout 204
	// GET /users/me 401 {"detail":"Could not validate credentials"}
}

// post prints the status of what r answers to a form, and returns the tokens in it.
func post(r http.Handler, path, accessToken string, form url.Values) (tokens ginjwt.Token) {
	req := httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if accessToken != "" {
		req.Header.Set("Authorization", "Bearer "+accessToken)
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	fmt.Println("POST", path, w.Code)
	if w.Code == 200 {
		_ = json.Unmarshal(w.Body.Bytes(), &tokens) // not every answer has tokens
	}
	return tokens
}

// get prints what r answers to a GET request with a token.
func get(r http.Handler, path, accessToken string) {
	req := httptest.NewRequest("GET", path, nil)
	req.Header.Set("Authorization", "Bearer "+accessToken)
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	fmt.Println("GET", path, w.Code, w.Body)
}

var exampleIssuer = ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{
	Key: ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256)), Issuer: "https://api.example", Audience: []string{"https://api.example"},
}))

// newService returns the set-up of the package example, and its claims.
func newService() (*sessions.Sessions[struct{}], *gin.Engine, *ginjwt.Dependency[ginjwt.Claims]) {
	logins := ginjwt.Must(sessions.New(sessions.Config[struct{}]{
		Issuer: exampleIssuer,
		Password: func(_ *gin.Context, form ginjwt.OAuth2PasswordRequestForm) (sessions.Login[struct{}], error) {
			return sessions.Login[struct{}]{Subject: form.Username, Scope: "me"}, nil
		},
	}))
	verifier := ginjwt.Must(exampleIssuer.Verifier(ginjwt.Policy{Revoker: logins.Revoker()}))
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), verifier)

	r := gin.New()
	r.POST("/token", logins.Token())
	r.GET("/users/me", ginjwt.Handle(claims, func(c *gin.Context, me ginjwt.Claims) { c.String(200, me.Subject) }))
	return logins, r, claims
}

func logIn(r http.Handler, user string) ginjwt.Token {
	return post(r, "/token", "", url.Values{"grant_type": {"password"}, "username": {user}, "password": {"secret"}})
}

// sessionOf returns the ID of a session, which List tells, too.
func sessionOf(tokens ginjwt.Token) string {
	verifier := ginjwt.Must(exampleIssuer.Verifier(ginjwt.Policy{}))
	return ginjwt.Must(ginjwt.Verify[ginjwt.Claims](context.Background(), verifier, tokens.AccessToken)).SessionID
}

// A refresh token is good once. If it comes back, somebody stole it, and the
// session ends with all of its tokens.
func ExampleSessions_Token() {
	_, r, _ := newService()
	stolen := logIn(r, "johndoe").RefreshToken
	refresh := func(token string) ginjwt.Token {
		return post(r, "/token", "", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
	}

	tokens := refresh(stolen)
	get(r, "/users/me", tokens.AccessToken)
	refresh(stolen) // for the second time
	get(r, "/users/me", tokens.AccessToken)
	refresh(tokens.RefreshToken)
	// Output:
	// POST /token 200
	// POST /token 200
	// GET /users/me 200 johndoe
	// POST /token 400
	// GET /users/me 401 {"detail":"Could not validate credentials"}
	// POST /token 400
}

// A new password ends all sessions. EndOthers would keep the one in which it was
// set.
func ExampleSessions_EndAll() {
	logins, r, claims := newService()
	r.POST("/password", ginjwt.Handle(claims, func(c *gin.Context, me ginjwt.Claims) {
		// The new password is stored first.
		if err := logins.EndAll(c.Request.Context(), me.Subject); err != nil {
			ginjwt.Abort(c, err)
			return
		}
		c.Status(204)
	}))

	phone, laptop := logIn(r, "johndoe"), logIn(r, "johndoe")
	post(r, "/password", laptop.AccessToken, nil)
	get(r, "/users/me", phone.AccessToken)
	// Output:
	// POST /token 200
	// POST /token 200
	// POST /password 204
	// GET /users/me 401 {"detail":"Could not validate credentials"}
}

// A user's page of sessions: the list, and a button to end each but this one.
func ExampleSessions_List() {
	logins, r, claims := newService()
	r.GET("/sessions", ginjwt.Handle(claims, func(c *gin.Context, me ginjwt.Claims) {
		list, err := logins.List(c.Request.Context(), me.Subject)
		if err != nil {
			ginjwt.Abort(c, err)
			return
		}
		for _, s := range list {
			if s.ID == me.SessionID {
				c.String(200, "this one; ")
				continue
			}
			c.String(200, "another; ")
		}
	}))

	logIn(r, "johndoe")
	tokens := logIn(r, "johndoe")
	get(r, "/sessions", tokens.AccessToken)
	// Output:
	// POST /token 200
	// POST /token 200
	// GET /sessions 200 this one; another;
}

// A user's button that ends one session, that of a lost phone.
func ExampleSessions_End() {
	logins, r, claims := newService()
	r.POST("/sessions/end", ginjwt.Handle(claims, func(c *gin.Context, me ginjwt.Claims) {
		// The subject is the caller's, so nobody ends another's session.
		if err := logins.End(c.Request.Context(), me.Subject, c.PostForm("id")); err != nil {
			ginjwt.Abort(c, err)
			return
		}
		c.Status(204)
	}))

	phone, laptop := logIn(r, "johndoe"), logIn(r, "johndoe")
	post(r, "/sessions/end", laptop.AccessToken, url.Values{"id": {sessionOf(phone)}})
	get(r, "/users/me", phone.AccessToken)
	get(r, "/users/me", laptop.AccessToken)
	// Output:
	// POST /token 200
	// POST /token 200
	// POST /sessions/end 204
	// GET /users/me 401 {"detail":"Could not validate credentials"}
	// GET /users/me 200 johndoe
}
