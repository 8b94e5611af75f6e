package ginjwt_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// Nobody is nil. A bad token is refused: it is never taken for nobody.
func ExampleOptional() {
	r := gin.New()
	r.GET("/", ginjwt.Handle(ginjwt.Optional(claims), func(c *gin.Context, claims *ginjwt.Claims) {
		if claims == nil {
			c.String(200, "a guest")
			return
		}
		c.String(200, claims.Subject)
	}))
	show(r, "/", tokenFor("johndoe", ""))
	show(r, "/", "")
	show(r, "/", "abc")
	// Output:
	// 200 johndoe
	// 200 a guest
	// 401 {"detail":"Could not validate credentials"}
}

// A guest stands for nobody, so that handlers need not look for nil.
func ExampleOptionalOr() {
	guest := ginjwt.Claims{Subject: "guest"}

	r := gin.New()
	r.GET("/", ginjwt.Handle(ginjwt.OptionalOr(claims, guest), func(c *gin.Context, who ginjwt.Claims) {
		c.String(200, "Hello, %s", who.Subject)
	}))
	show(r, "/", tokenFor("johndoe", ""))
	show(r, "/", "")
	// Output:
	// 200 Hello, johndoe
	// 200 Hello, guest
}

// Demands add up along a chain, and the challenge names them all.
func ExampleSecurity() {
	me := ginjwt.Security(claims, "me")

	r := gin.New()
	r.GET("/items", ginjwt.Handle(ginjwt.Security(me, "items"), func(c *gin.Context, claims ginjwt.Claims) {
		c.String(200, "the items of %s", claims.Subject)
	}))
	show(r, "/items", tokenFor("johndoe", "me items"))
	show(r, "/items", tokenFor("johndoe", "me"))

	req := httptest.NewRequest("GET", "/items", nil)
	req.Header.Set("Authorization", "Bearer "+tokenFor("johndoe", "me"))
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	for param := range strings.SplitSeq(w.Header().Get("WWW-Authenticate"), ", ") {
		fmt.Println(param)
	}
	// Output:
	// 200 the items of johndoe
	// 403 {"detail":"Not enough permissions"}
	// Bearer realm="api"
	// error="insufficient_scope"
	// error_description="The token lacks a required scope"
	// scope="items me"
}

// One of several scopes is enough.
func ExampleSecurityAny() {
	editor := ginjwt.SecurityAny(claims, "items:write", "admin")

	r := gin.New()
	r.GET("/drafts", ginjwt.Handle(editor, func(c *gin.Context, claims ginjwt.Claims) { c.String(200, claims.Subject) }))
	show(r, "/drafts", tokenFor("johndoe", "items:write"))
	show(r, "/drafts", tokenFor("alice", "admin"))
	show(r, "/drafts", tokenFor("robot", "items:read"))
	// Output:
	// 200 johndoe
	// 200 alice
	// 403 {"detail":"Not enough permissions"}
}

// Rights that come from elsewhere than the token's scope, which then grants
// nothing.
func ExampleGrants() {
	rights := map[string][]string{"johndoe": {"items:read", "items:write"}}
	user := ginjwt.Grants(claims, func(claims ginjwt.Claims) []string { return rights[claims.Subject] })

	r := gin.New()
	r.GET("/", ginjwt.Handle(ginjwt.Security(user, "items:write"), func(c *gin.Context, claims ginjwt.Claims) {
		c.String(200, claims.Subject)
	}))
	show(r, "/", tokenFor("johndoe", ""))
	show(r, "/", tokenFor("alice", "items:write"))
	// Output:
	// 200 johndoe
	// 403 {"detail":"Not enough permissions"}
}

// A demand that is no scope.
func ExampleCheck() {
	staff := ginjwt.Check(claims, "role:staff", func(_ *gin.Context, claims ginjwt.Claims) error {
		if claims.Subject != "alice" {
			return errors.New("not on the list of staff") // for the log
		}
		return nil
	})

	r := gin.New()
	r.GET("/", ginjwt.Require(staff), func(c *gin.Context) { c.String(200, "welcome") })
	show(r, "/", tokenFor("alice", ""))
	show(r, "/", tokenFor("johndoe", ""))
	// Output:
	// 200 welcome
	// 403 {"detail":"Not enough permissions"}
}

// A guard for a whole group. Its handlers are plain Gin.
func ExampleRequire() {
	r := gin.New()
	admin := r.Group("/admin", ginjwt.Require(ginjwt.Security(claims, "admin")))
	admin.GET("/users", func(c *gin.Context) { c.String(200, "johndoe, alice") })
	admin.GET("/stats", func(c *gin.Context) { c.String(200, "2 users") })

	show(r, "/admin/users", tokenFor("alice", "admin"))
	show(r, "/admin/stats", tokenFor("alice", "admin"))
	show(r, "/admin/stats", tokenFor("johndoe", "me"))
	// Output:
	// 200 johndoe, alice
	// 200 2 users
	// 403 {"detail":"Not enough permissions"}
}

// A route that is open on purpose says so, to readers and to the audit of package
// inspect. It opens nothing that a guard before it closes.
func ExamplePublic() {
	r := gin.New()
	r.GET("/health", ginjwt.Public(), func(c *gin.Context) { c.String(200, "ok") })
	r.Use(ginjwt.Require(claims)) // from here on
	r.GET("/stats", ginjwt.Public(), func(c *gin.Context) { c.String(200, "2 users") })

	show(r, "/health", "")
	show(r, "/stats", "")
	// Output:
	// 200 ok
	// 401 {"detail":"Not authenticated"}
}

// A plain Gin handler, in a group that is guarded, asks who is there.
func ExampleDependency_Get() {
	r := gin.New()
	r.Use(ginjwt.Require(claims))
	r.GET("/", func(c *gin.Context) {
		claims, err := claims.Get(c)
		if err != nil {
			ginjwt.Abort(c, err)
			return
		}
		c.String(200, "Hello, %s", claims.Subject)
	})
	show(r, "/", tokenFor("johndoe", ""))
	// Output:
	// 200 Hello, johndoe
}

// An access log that has the subject, if somebody was there.
func ExampleDependency_Peek() {
	r := gin.New()
	r.Use(func(c *gin.Context) {
		c.Next()
		claims, ok := claims.Peek(c)
		fmt.Printf("log: %s %d %q %t\n", c.FullPath(), c.Writer.Status(), claims.Subject, ok)
	})
	r.GET("/health", ginjwt.Public(), func(c *gin.Context) { c.String(200, "ok") })
	r.GET("/me", ginjwt.Handle(claims, func(c *gin.Context, _ ginjwt.Claims) { c.String(200, "you") }))
	show(r, "/health", "")
	show(r, "/me", tokenFor("johndoe", ""))
	// Output:
	// log: /health 200 "" false
	// 200 ok
	// log: /me 200 "johndoe" true
	// 200 you
}
