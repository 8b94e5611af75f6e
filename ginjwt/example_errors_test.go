package ginjwt_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// FastAPI's HTTPException.
func ExampleHTTPError() {
	item := ginjwt.Provide(func(c *gin.Context) (string, error) {
		if c.Param("id") != "7" {
			return "", ginjwt.HTTPError(http.StatusNotFound, "Item not found")
		}
		return "a lamp", nil
	})

	r := gin.New()
	r.GET("/items/:id", ginjwt.Handle(item, func(c *gin.Context, item string) { c.String(200, item) }))
	show(r, "/items/7", "")
	show(r, "/items/8", "")
	// Output:
	// 200 a lamp
	// 404 {"detail":"Item not found"}
}

// An outage of our own is 503, for a client that gets 401 throws its token away.
func ExampleUnavailable() {
	user := ginjwt.Depends(claims, func(*gin.Context, ginjwt.Claims) (string, error) {
		return "", ginjwt.Unavailable(errors.New("no connection to the database")) // for the log
	})

	r := gin.New()
	r.Use(ginjwt.Observe(func(_ context.Context, ev ginjwt.Event) { fmt.Println(ev.Outcome, "-", ev.Cause) }))
	r.GET("/", ginjwt.Handle(user, func(c *gin.Context, name string) { c.String(200, name) }))
	show(r, "/", tokenFor("johndoe", ""))
	// Output:
	// failed - no connection to the database
	// 503 {"detail":"Service unavailable"}
}

// An error of one's own: a code for logs and metrics, a header, and a cause that
// the client does not see.
func ExampleError() {
	quota := ginjwt.Depends(claims, func(_ *gin.Context, claims ginjwt.Claims) (int, error) {
		return 0, &ginjwt.Error{
			Status: http.StatusTooManyRequests, Code: "quota_used_up", Detail: "Come back tomorrow",
			Header: http.Header{"Retry-After": {"3600"}},
			Err:    errors.New("1001 requests of 1000 by " + claims.Subject),
		}
	})

	r := gin.New()
	r.Use(ginjwt.Observe(func(_ context.Context, ev ginjwt.Event) { fmt.Println(ev.Code+":", ev.Cause) }))
	r.GET("/", ginjwt.Handle(quota, func(c *gin.Context, left int) { c.JSON(200, left) }))
	show(r, "/", tokenFor("johndoe", ""))
	// Output:
	// quota_used_up: 1001 requests of 1000 by johndoe
	// 429 {"detail":"Come back tomorrow"}
}

// A plain handler answers as a guard does. What is no *Error is 500, and its
// text is for the log.
func ExampleAbort() {
	r := gin.New()
	r.Use(ginjwt.LogEvents(slog.New(slog.DiscardHandler)))
	r.GET("/items/:id", func(c *gin.Context) {
		if c.Param("id") == "8" {
			ginjwt.Abort(c, ginjwt.HTTPError(http.StatusNotFound, "Item not found"))
			return
		}
		ginjwt.Abort(c, errors.New("no table items"))
	})
	show(r, "/items/8", "")
	show(r, "/items/7", "")
	// Output:
	// 404 {"detail":"Item not found"}
	// 500 {"detail":"Internal Server Error"}
}

// Another body for the refusals of a group. Status and challenge stand.
func ExampleOnError() {
	r := gin.New()
	r.Use(ginjwt.OnError(func(c *gin.Context, e *ginjwt.Error) {
		c.Header("Content-Type", "application/problem+json")
		c.JSON(e.Status, gin.H{"title": e.Detail, "status": e.Status})
	}))
	r.GET("/", ginjwt.Require(claims))
	show(r, "/", "")
	// Output:
	// 401 {"status":401,"title":"Not authenticated"}
}

// One event per decision, for metrics.
func ExampleObserve() {
	r := gin.New()
	r.Use(ginjwt.Observe(func(_ context.Context, ev ginjwt.Event) {
		fmt.Printf("%s %s %q\n", ev.Outcome, ev.Route, ev.Reason)
	}))
	r.GET("/items/:id", ginjwt.Require(claims), func(c *gin.Context) { c.String(200, "a lamp") })
	show(r, "/items/7", tokenFor("johndoe", ""))
	show(r, "/items/7", "abc")
	// Output:
	// accepted /items/:id ""
	// 200 a lamp
	// refused /items/:id "token malformed"
	// 401 {"detail":"Could not validate credentials"}
}

// One line per refusal or failure; at debug level, one for what was accepted,
// too. There is no token in it.
func ExampleLogEvents() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "duration" { // they differ from run to run
				return slog.Attr{}
			}
			return a
		},
	}))

	r := gin.New()
	r.Use(ginjwt.LogEvents(logger))
	r.GET("/", ginjwt.Require(claims), func(c *gin.Context) { c.String(200, "Hello") })
	show(r, "/", "abc")
	// Output:
	// level=INFO msg="ginjwt: request refused" guard=JWT method=GET route=/ status=401 code=invalid_token reason="token malformed" scheme=OAuth2PasswordBearer issuer=https://api.example alg=unknown kid=unknown cached=false
	// 401 {"detail":"Could not validate credentials"}
}
