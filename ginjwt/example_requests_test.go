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
		claims, err := exampleClaims.Get(ctx)
		return "Hello, " + claims.Subject, err
	}

	r := gin.New()
	r.GET("/", ginjwt.Require(exampleClaims), func(c *gin.Context) {
		text, err := greet(ginjwt.Context(c))
		if err != nil {
			ginjwt.Abort(c, err)
			return
		}
		c.String(200, text)
	})
	show(r, "/", tokenOf("johndoe", ""))
	// Output:
	// 200 Hello, johndoe
}

// A transaction that is rolled back unless the handler commits it.
func ExampleCleanup() {
	transaction := ginjwt.Provide(func(c *gin.Context) (func(), error) {
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

// Another body for the refusals of a group. Status and challenge stand.
func ExampleOnError() {
	r := gin.New()
	r.Use(ginjwt.OnError(func(c *gin.Context, e *ginjwt.Error) {
		c.Header("Content-Type", "application/problem+json")
		c.JSON(e.Status, gin.H{"title": e.Detail, "status": e.Status})
	}))
	r.GET("/", ginjwt.Require(exampleClaims))
	show(r, "/", "")
	// Output:
	// 401 {"status":401,"title":"Not authenticated"}
}

// One event per decision, for logs and metrics.
func ExampleObserve() {
	r := gin.New()
	r.Use(ginjwt.Observe(func(_ context.Context, ev ginjwt.Event) {
		fmt.Println(ev.Outcome, ev.Route, ev.Status, ev.Reason)
	}))
	r.GET("/items/:id", ginjwt.Require(exampleClaims))
	show(r, "/items/7", "abc")
	// Output:
	// refused /items/:id 401 token malformed
	// 401 {"detail":"Could not validate credentials"}
}
