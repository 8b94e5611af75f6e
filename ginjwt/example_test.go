package ginjwt_test

import (
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
	req := httptest.NewRequest("GET", path, nil)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	fmt.Println(w.Code, w.Body)
}

// exampleIssuer and the names below stand for the set-up that the package example shows.
var (
	exampleIssuer = ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{
		Key:    ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256)),
		Issuer: "https://api.example", Audience: []string{"https://api.example"},
	}))
	exampleClaims = ginjwt.JWT[ginjwt.Claims](
		ginjwt.OAuth2PasswordBearer("/token"), ginjwt.Must(exampleIssuer.Verifier(ginjwt.Policy{})))
)

func tokenOf(subject string, scope ginjwt.Scope) string {
	return ginjwt.Must(exampleIssuer.Sign(&ginjwt.Claims{Subject: subject, Scope: scope}))
}

// A dependency on another: the subject of the claims. It is worked out once
// per request, however many ask for it.
func ExampleDepends() {
	subject := ginjwt.Depends(exampleClaims, func(_ *gin.Context, claims ginjwt.Claims) (string, error) {
		fmt.Println("worked out")
		return claims.Subject, nil
	})

	r := gin.New()
	r.GET("/", ginjwt.Require(subject), ginjwt.Handle2(subject, exampleClaims, func(c *gin.Context, s string, claims ginjwt.Claims) {
		c.String(200, "%s with scope %q", s, claims.Scope)
	}))
	show(r, "/", tokenOf("johndoe", "me"))
	// Output:
	// worked out
	// 200 johndoe with scope "me"
}

// A value that depends on the request alone.
func ExampleProvide() {
	language := ginjwt.Provide(func(c *gin.Context) (string, error) {
		if lang := c.Query("lang"); lang != "xx" {
			return c.DefaultQuery("lang", "en"), nil
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

// A handler can be a method, and takes what the route's dependency is worth.
func ExampleHandle() {
	r := gin.New()
	r.GET("/", ginjwt.Handle(exampleClaims, func(c *gin.Context, claims ginjwt.Claims) {
		c.String(200, claims.Subject)
	}))
	show(r, "/", tokenOf("johndoe", ""))
	show(r, "/", "abc")
	// Output:
	// 200 johndoe
	// 401 {"detail":"Could not validate credentials"}
}

// Nobody is nil. A bad token is refused: it is never taken for nobody.
func ExampleOptional() {
	r := gin.New()
	r.GET("/", ginjwt.Handle(ginjwt.Optional(exampleClaims), func(c *gin.Context, claims *ginjwt.Claims) {
		if claims == nil {
			c.String(200, "a guest")
			return
		}
		c.String(200, claims.Subject)
	}))
	show(r, "/", tokenOf("johndoe", ""))
	show(r, "/", "")
	show(r, "/", "abc")
	// Output:
	// 200 johndoe
	// 200 a guest
	// 401 {"detail":"Could not validate credentials"}
}

// A guest stands for nobody, so that handlers need not look for nil.
func ExampleOptionalOr() {
	subject := ginjwt.Depends(exampleClaims, func(_ *gin.Context, claims ginjwt.Claims) (string, error) {
		return claims.Subject, nil
	})

	r := gin.New()
	r.GET("/", ginjwt.Handle(ginjwt.OptionalOr(subject, "guest"), func(c *gin.Context, name string) {
		c.String(200, "Hello, "+name)
	}))
	show(r, "/", "")
	// Output:
	// 200 Hello, guest
}

// Demands add up along a chain, and the challenge names them all.
func ExampleSecurity() {
	me := ginjwt.Security(exampleClaims, "me")

	r := gin.New()
	r.GET("/items", ginjwt.Handle(ginjwt.Security(me, "items"), func(c *gin.Context, claims ginjwt.Claims) {
		c.String(200, "the items of "+claims.Subject)
	}))
	show(r, "/items", tokenOf("johndoe", "me items"))

	req := httptest.NewRequest("GET", "/items", nil)
	req.Header.Set("Authorization", "Bearer "+tokenOf("johndoe", "me"))
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	_, scope, _ := strings.Cut(w.Header().Get("WWW-Authenticate"), "scope=")
	fmt.Println(w.Code, scope)
	// Output:
	// 200 the items of johndoe
	// 403 "items me"
}

// Rights that come from elsewhere than the token's scope.
func ExampleGrants() {
	rights := map[string][]string{"johndoe": {"items:read", "items:write"}}
	user := ginjwt.Grants(exampleClaims, func(claims ginjwt.Claims) []string { return rights[claims.Subject] })

	r := gin.New()
	r.GET("/", ginjwt.Handle(ginjwt.Security(user, "items:write"), func(c *gin.Context, claims ginjwt.Claims) {
		c.String(200, claims.Subject)
	}))
	show(r, "/", tokenOf("johndoe", ""))
	show(r, "/", tokenOf("alice", "items:write"))
	// Output:
	// 200 johndoe
	// 403 {"detail":"Not enough permissions"}
}

// A demand that is no scope.
func ExampleCheck() {
	staff := ginjwt.Check(exampleClaims, "role:staff", func(_ *gin.Context, claims ginjwt.Claims) error {
		if claims.Subject != "alice" {
			return errors.New("not on the list of staff") // for the log
		}
		return nil
	})

	r := gin.New()
	r.GET("/", ginjwt.Require(staff), func(c *gin.Context) { c.String(200, "welcome") })
	show(r, "/", tokenOf("alice", ""))
	show(r, "/", tokenOf("johndoe", ""))
	// Output:
	// 200 welcome
	// 403 {"detail":"Not enough permissions"}
}

// A group's guard, and a plain Gin handler that asks for what it found.
func ExampleRequire() {
	r := gin.New()
	admin := r.Group("/admin", ginjwt.Require(ginjwt.Security(exampleClaims, "admin")))
	admin.GET("/", func(c *gin.Context) {
		claims, err := exampleClaims.Get(c)
		if err != nil {
			ginjwt.Abort(c, err)
			return
		}
		c.String(200, "at your service, "+claims.Subject)
	})
	show(r, "/admin/", tokenOf("alice", "admin"))
	show(r, "/admin/", tokenOf("johndoe", "me"))
	// Output:
	// 200 at your service, alice
	// 403 {"detail":"Not enough permissions"}
}
