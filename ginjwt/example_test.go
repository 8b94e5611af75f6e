package ginjwt_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// Gin's start-up log would be part of every Output.
func init() { gin.SetMode(gin.ReleaseMode) }

// A login, a profile that needs a scope, and a page that greets who is there.
func Example() {
	type User struct {
		Username string `json:"username"`
		FullName string `json:"full_name"`
	}
	users := map[string]User{"johndoe": {"johndoe", "John Doe"}}

	key := ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256)) // NewKey, for one that outlives the process
	issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{
		Key: key, Issuer: "https://api.example", Audience: []string{"https://api.example"},
	}))
	verifier := ginjwt.Must(issuer.Verifier(ginjwt.Policy{}))

	login := func(c *gin.Context, form ginjwt.OAuth2PasswordRequestForm) (ginjwt.Token, error) {
		if form.Username != "johndoe" || form.Password != "secret" { // example/ has slow hashes
			return ginjwt.Token{}, ginjwt.InvalidGrant("Incorrect username or password")
		}
		return issuer.Token(&ginjwt.Claims{Subject: form.Username, Scope: "me"})
	}
	findUser := func(c *gin.Context, claims ginjwt.Claims) (User, error) {
		if user, ok := users[claims.Subject]; ok {
			return user, nil
		}
		return User{}, ginjwt.Unauthenticated("Could not validate credentials")
	}

	token := ginjwt.OAuth2PasswordBearer("/token", ginjwt.Scopes{"me": "Read your profile."})
	currentUser := ginjwt.Depends(ginjwt.JWT[ginjwt.Claims](token, verifier), findUser)

	r := gin.New()
	r.POST("/token", ginjwt.Handle(ginjwt.Depends(ginjwt.PasswordForm(), login), ginjwt.WriteToken))
	r.GET("/users/me", ginjwt.Handle(ginjwt.Security(currentUser, "me"), func(c *gin.Context, me User) {
		c.JSON(200, me)
	}))
	r.GET("/", ginjwt.Handle(ginjwt.Optional(currentUser), func(c *gin.Context, me *User) {
		if me == nil {
			c.String(200, "Hello, guest")
			return
		}
		c.String(200, "Hello, %s", me.FullName)
	}))

	w := httptest.NewRecorder()
	form := url.Values{"username": {"johndoe"}, "password": {"secret"}}
	post := httptest.NewRequest("POST", "/token", strings.NewReader(form.Encode()))
	post.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.ServeHTTP(w, post)
	fmt.Println(w.Code, w.Header().Get("Cache-Control"))

	john, _ := issuer.Sign(&ginjwt.Claims{Subject: "johndoe", Scope: "me"})
	show(r, "/users/me", john)
	show(r, "/users/me", "")
	show(r, "/", john)
	show(r, "/", "")
	// Output:
	// 200 no-store
	// 200 {"username":"johndoe","full_name":"John Doe"}
	// 401 {"detail":"Not authenticated"}
	// 200 Hello, John Doe
	// 200 Hello, guest
}

// show prints what r answers to a GET request with a token, if it is not empty.
func show(r http.Handler, path, token string) {
	if token != "" {
		token = "Bearer " + token
	}
	showHeader(r, path, "Authorization", token)
}

// showHeader prints what r answers to a GET request with one header, if its
// value is not empty.
func showHeader(r http.Handler, path, name, value string) {
	req := httptest.NewRequest("GET", path, nil)
	if value != "" {
		req.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	fmt.Println(w.Code, w.Body)
}

// issuer, verifier and claims stand for the set-up that the package example shows.
var (
	issuer = ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{
		Key:    ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256)),
		Issuer: "https://api.example", Audience: []string{"https://api.example"},
	}))
	verifier = ginjwt.Must(issuer.Verifier(ginjwt.Policy{}))
	claims   = ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), verifier)
)

func tokenFor(subject string, scope ginjwt.Scope) string {
	return ginjwt.Must(issuer.Sign(&ginjwt.Claims{Subject: subject, Scope: scope}))
}

// A dependency on another: the user of the claims. It is worked out once per
// request, however many ask for it.
func ExampleDepends() {
	type User struct{ Name string }
	currentUser := ginjwt.Depends(claims, func(_ *gin.Context, claims ginjwt.Claims) (User, error) {
		fmt.Println("worked out")
		return User{claims.Subject}, nil
	})

	r := gin.New()
	r.Use(ginjwt.Require(currentUser))
	r.GET("/users/me", ginjwt.Handle(currentUser, func(c *gin.Context, me User) { c.String(200, "Hello, %s", me.Name) }))
	show(r, "/users/me", tokenFor("johndoe", ""))
	// Output:
	// worked out
	// 200 Hello, johndoe
}

// users stands for a database, which answers as package database/sql does.
type users map[string]string

func (u users) FullName(_ context.Context, id string) (string, error) {
	if u == nil {
		return "", errors.New("connection refused")
	}
	if name, ok := u[id]; ok {
		return name, nil
	}
	return "", sql.ErrNoRows
}

// A user from a database. Who is gone is refused with 401; while the database is
// down it is 503, for the token may be good.
func ExampleDepends_database() {
	db := users{"johndoe": "John Doe"}
	fullName := ginjwt.Depends(claims, func(c *gin.Context, claims ginjwt.Claims) (string, error) {
		name, err := db.FullName(c.Request.Context(), claims.Subject)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return "", ginjwt.Unauthenticated("Could not validate credentials")
		case err != nil:
			return "", ginjwt.Unavailable(err)
		}
		return name, nil
	})

	r := gin.New()
	r.GET("/", ginjwt.Handle(fullName, func(c *gin.Context, name string) { c.String(200, "Hello, %s", name) }))
	show(r, "/", tokenFor("johndoe", ""))
	show(r, "/", tokenFor("gone", ""))
	db = nil // it is down
	show(r, "/", tokenFor("johndoe", ""))
	// Output:
	// 200 Hello, John Doe
	// 401 {"detail":"Could not validate credentials"}
	// 503 {"detail":"Service unavailable"}
}

// Two credentials, both of which are wanted: a user's token, and the key of the
// application that they use.
func ExampleDepends2() {
	appKey := ginjwt.APIKeyHeader("X-API-Key")
	caller := ginjwt.Depends2(claims, appKey, func(_ *gin.Context, claims ginjwt.Claims, key string) (string, error) {
		if !ginjwt.ConstantTimeEqual(key, "k-5f2b7c") {
			return "", ginjwt.Unauthenticated("Unknown application")
		}
		return claims.Subject + " by our app", nil
	})

	r := gin.New()
	r.GET("/", ginjwt.Handle(caller, func(c *gin.Context, caller string) { c.String(200, caller) }))
	req := httptest.NewRequest("GET", "/", nil)
	req.Header.Set("Authorization", "Bearer "+tokenFor("johndoe", ""))
	req.Header.Set("X-API-Key", "k-5f2b7c")
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	fmt.Println(w.Code, w.Body)
	show(r, "/", tokenFor("johndoe", "")) // without the key
	// Output:
	// 200 johndoe by our app
	// 401 {"detail":"Not authenticated"}
}

// A value that depends on the request alone.
func ExampleProvide() {
	language := ginjwt.Provide(func(c *gin.Context) (string, error) {
		if lang := c.DefaultQuery("lang", "en"); lang != "xx" {
			return lang, nil
		}
		return "", ginjwt.HTTPError(http.StatusNotAcceptable, "Unknown language")
	})

	r := gin.New()
	r.GET("/", ginjwt.Handle(language, func(c *gin.Context, lang string) { c.String(200, lang) }))
	show(r, "/?lang=de", "")
	show(r, "/?lang=xx", "")
	// Output:
	// 200 de
	// 406 {"detail":"Unknown language"}
}

// A handler takes what its route depends on, typed. A bad token never gets there.
func ExampleHandle() {
	r := gin.New()
	r.GET("/", ginjwt.Handle(claims, func(c *gin.Context, claims ginjwt.Claims) { c.String(200, claims.Subject) }))
	show(r, "/", tokenFor("johndoe", ""))
	show(r, "/", "abc")
	show(r, "/", "")
	// Output:
	// 200 johndoe
	// 401 {"detail":"Could not validate credentials"}
	// 401 {"detail":"Not authenticated"}
}
