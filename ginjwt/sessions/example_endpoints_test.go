package sessions_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

// Another service asks whether a token is good, with a key of its own.
func ExampleSessions_Introspect() {
	logins, r, _ := newService()
	service := ginjwt.Check(ginjwt.APIKeyHeader("X-API-Key"), "known service", func(_ *gin.Context, key string) error {
		if !ginjwt.ConstantTimeEqual(key, "k-5f2b7c") {
			return ginjwt.Unauthenticated("Unknown API key")
		}
		return nil
	})
	r.POST("/introspect", logins.Introspect(service))

	for _, token := range []string{logIn(r, "johndoe").AccessToken, "abc"} {
		req := httptest.NewRequest("POST", "/introspect", strings.NewReader(url.Values{"token": {token}}.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("X-API-Key", "k-5f2b7c")
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		fmt.Println(w.Code, strings.Contains(w.Body.String(), `"active":true`), strings.Contains(w.Body.String(), `"sub":"johndoe"`))
	}
	// Output:
	// POST /token 200
	// 200 true true
	// 200 false false
}

// Tokens in cookies, for a page: its scripts see none.
func ExampleCookies() {
	cookies := sessions.Cookies{}
	logins := ginjwt.Must(sessions.New(sessions.Config[struct{}]{
		Issuer:  exampleIssuer,
		Cookies: &cookies,
		Password: func(_ *gin.Context, form ginjwt.OAuth2PasswordRequestForm) (sessions.Login[struct{}], error) {
			return sessions.Login[struct{}]{Subject: form.Username}, nil
		},
	}))
	verifier := ginjwt.Must(exampleIssuer.Verifier(ginjwt.Policy{Revoker: logins.Revoker()}))
	token := ginjwt.OAuth2PasswordBearer("/token", ginjwt.FromCookie(cookies.AccessName()))
	claims := ginjwt.JWT[ginjwt.Claims](token, verifier)

	r := gin.New()
	r.POST("/token", logins.Token())
	r.GET("/users/me", ginjwt.Handle(claims, func(c *gin.Context, me ginjwt.Claims) { c.String(200, me.Subject) }))

	form := url.Values{"grant_type": {"password"}, "username": {"johndoe"}, "password": {"secret"}}
	req := httptest.NewRequest("POST", "https://api.example/token", strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	next := httptest.NewRequest("GET", "https://api.example/users/me", nil)
	for _, cookie := range w.Result().Cookies() {
		fmt.Println(cookie.Name, cookie.HttpOnly, cookie.Secure)
		next.AddCookie(cookie)
	}
	w = httptest.NewRecorder()
	r.ServeHTTP(w, next)
	fmt.Println(w.Code, w.Body)
	// Output:
	// __Host-access_token true true
	// __Host-refresh_token true true
	// 200 johndoe
}

// Tokens of an issuer elsewhere, taken back here.
func ExampleDenylist() {
	store := ginjwt.Must(sessions.NewMemory(sessions.MemoryConfig{})) // redisstore.Open, for several instances
	denylist := ginjwt.Must(sessions.NewDenylist(store, time.Hour))
	login := exampleIssuer // stands for an issuer elsewhere
	verifier := ginjwt.Must(login.Verifier(ginjwt.Policy{Revoker: denylist}))

	token := ginjwt.Must(login.Sign(&ginjwt.Claims{Subject: "johndoe"}))
	claims, err := ginjwt.Verify[ginjwt.Claims](context.Background(), verifier, token)
	fmt.Println(claims.Subject, err)
	if err := denylist.Revoke(context.Background(), &claims); err != nil {
		fmt.Println(err)
	}
	_, err = ginjwt.Verify[ginjwt.Claims](context.Background(), verifier, token)
	fmt.Println(errors.Is(err, ginjwt.ReasonRevoked))
	// Output:
	// johndoe <nil>
	// true
}

// Passwords that are compared slowly, the same work for a user who is not there,
// and 429 after too many guesses.
func ExamplePasswords_Check() {
	passwords := ginjwt.Must(sessions.NewPasswords(sessions.PasswordsConfig{
		Compare: func(password, hash string) (bool, error) { return "hash of "+password == hash, nil }, // argon2id.ComparePasswordAndHash
		Dummy:   "hash of nothing",
		Address: (*gin.Context).RemoteIP, // behind a proxy, ClientIP and gin's trusted proxies
	}))
	hashes := map[string]string{"johndoe": "hash of secret"}
	login := ginjwt.Depends(ginjwt.PasswordForm(), func(c *gin.Context, form ginjwt.OAuth2PasswordRequestForm) (string, error) {
		ok, err := passwords.Check(c, form.Username, form.Password, hashes[form.Username]) // "" for nobody
		switch {
		case err != nil:
			return "", err
		case !ok:
			return "", ginjwt.InvalidGrant("Incorrect username or password")
		}
		return form.Username, nil
	})

	r := gin.New()
	r.POST("/token", ginjwt.Handle(login, func(c *gin.Context, user string) { c.Status(200) }))
	post(r, "/token", "", url.Values{"username": {"johndoe"}, "password": {"secret"}})
	for range 6 { // five are let through, and then one a minute
		post(r, "/token", "", url.Values{"username": {"johndoe"}, "password": {"a guess"}})
	}
	// Output:
	// POST /token 200
	// POST /token 400
	// POST /token 400
	// POST /token 400
	// POST /token 400
	// POST /token 400
	// POST /token 429
}

// A client gives its refresh token back (RFC 7009): the session ends, and its
// access tokens are good no more.
func ExampleSessions_Revoke() {
	logins, r, _ := newService()
	r.POST("/revoke", logins.Revoke())

	tokens := logIn(r, "johndoe")
	post(r, "/revoke", "", url.Values{"token": {tokens.RefreshToken}})
	get(r, "/users/me", tokens.AccessToken)
	// Output:
	// POST /token 200
	// POST /revoke 200
	// GET /users/me 401 {"detail":"Could not validate credentials"}
}

// Logout needs nothing but the access token, which may have expired.
func ExampleSessions_Logout() {
	logins, r, _ := newService()
	r.POST("/logout", logins.Logout())

	tokens := logIn(r, "johndoe")
	post(r, "/logout", tokens.AccessToken, nil)
	get(r, "/users/me", tokens.AccessToken)
	// Output:
	// POST /token 200
	// POST /logout 204
	// GET /users/me 401 {"detail":"Could not validate credentials"}
}

// The user is looked up again at each refresh: rights that were taken away are
// gone with the next token, and who is disabled is logged out.
func ExampleConfig() {
	rights := map[string]ginjwt.Scope{"johndoe": "me admin"}
	logins := ginjwt.Must(sessions.New(sessions.Config[struct{}]{
		Issuer: exampleIssuer,
		Password: func(_ *gin.Context, form ginjwt.OAuth2PasswordRequestForm) (sessions.Login[struct{}], error) {
			return sessions.Login[struct{}]{Subject: form.Username, Scope: "me admin"}, nil
		},
		Claims: func(_ *gin.Context, login sessions.Login[struct{}]) (ginjwt.AnyClaims, error) {
			scope, ok := rights[login.Subject]
			if !ok {
				return nil, ginjwt.InvalidGrant("The user is disabled")
			}
			return &ginjwt.Claims{Scope: scope}, nil
		},
	}))

	r := gin.New()
	r.POST("/token", logins.Token())
	tokens := logIn(r, "johndoe")
	fmt.Println(tokens.Scope)
	rights["johndoe"] = "me"
	tokens = post(r, "/token", "", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens.RefreshToken}})
	fmt.Println(tokens.Scope)
	delete(rights, "johndoe")
	post(r, "/token", "", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens.RefreshToken}})
	// Output:
	// POST /token 200
	// me admin
	// POST /token 200
	// me
	// POST /token 400
}
