package ginjwt_test

import (
	"context"
	"fmt"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// A service that knows nothing of Gin asks for the current user.
func ExampleContext() {
	greet := func(ctx context.Context) (string, error) {
		claims, err := claims.Get(ctx)
		return "Hello, " + claims.Subject, err
	}

	r := gin.New()
	r.GET("/", ginjwt.Require(claims), func(c *gin.Context) {
		text, err := greet(ginjwt.Context(c))
		if err != nil {
			ginjwt.Abort(c, err)
			return
		}
		c.String(200, text)
	})
	show(r, "/", tokenFor("johndoe", ""))
	// Output:
	// 200 Hello, johndoe
}

// A transaction that is rolled back unless the handler commits it. With package
// database/sql, that is the clean-up's tx.Rollback and the handler's tx.Commit.
func ExampleCleanup() {
	transaction := ginjwt.Provide(func(c *gin.Context) (commit func(), err error) {
		committed := false
		ginjwt.Cleanup(c, func() {
			if !committed {
				fmt.Println("rolled back")
			}
		})
		return func() { committed = true; fmt.Println("committed") }, nil
	})

	r := gin.New()
	r.GET("/save", ginjwt.Handle(transaction, func(c *gin.Context, commit func()) {
		commit()
		c.String(200, "saved")
	}))
	r.GET("/fail", ginjwt.Handle(transaction, func(c *gin.Context, _ func()) {
		c.String(409, "a conflict")
	}))
	show(r, "/save", "")
	show(r, "/fail", "")
	// Output:
	// committed
	// 200 saved
	// rolled back
	// 409 a conflict
}

// Demands that a handler does not need the values of, in one guard.
func ExampleAllOf() {
	open := ginjwt.Provide(func(c *gin.Context) (bool, error) {
		if c.Query("day") == "sunday" {
			return false, ginjwt.Forbidden("Closed on Sundays")
		}
		return true, nil
	})
	allowed := ginjwt.AllOf(ginjwt.Security(claims, "shop"), open)

	r := gin.New()
	r.GET("/shop", ginjwt.Require(allowed), func(c *gin.Context) { c.String(200, "come in") })
	show(r, "/shop?day=monday", tokenFor("johndoe", "shop"))
	show(r, "/shop?day=sunday", tokenFor("johndoe", "shop"))
	show(r, "/shop?day=sunday", tokenFor("johndoe", ""))
	// Output:
	// 200 come in
	// 403 {"detail":"Closed on Sundays"}
	// 403 {"detail":"Not enough permissions"}
}
