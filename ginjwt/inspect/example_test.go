package inspect_test

import (
	"fmt"
	"os"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/inspect"
)

func readItems(*gin.Context, string) {}
func readFeed(*gin.Context, *string) {}
func health(*gin.Context)            {}
func deleteEverything(*gin.Context)  {}

// Somebody forgot a guard. A program that heeds the error does not start.
func ExampleAudit() {
	token := ginjwt.OAuth2PasswordBearer("/token", ginjwt.Scopes{"me": "Read about me.", "items": "Read items."})
	user := ginjwt.Grants(token, func(string) []string { return nil }) // in short for a user with rights

	r := gin.New()
	r.GET("/health", ginjwt.Public(), health)
	r.GET("/feed", ginjwt.Handle(ginjwt.Optional(user), readFeed))
	r.DELETE("/admin/everything", deleteEverything)
	api := r.Group("/api", ginjwt.Require(ginjwt.Security(user, "me")))
	api.GET("/items/:id", ginjwt.Handle(ginjwt.Security(user, "items"), readItems))

	err := inspect.Audit(os.Stdout, r, inspect.Except("GET /feed"))
	fmt.Println(err)
	// Output:
	// GET     /health            public                          inspect_test.health
	// GET     /feed              OAuth2PasswordBearer, optional  inspect_test.readFeed
	// GET     /api/items/:id     OAuth2PasswordBearer me items   inspect_test.readItems
	// DELETE  /admin/everything  open                            inspect_test.deleteEverything
	// ginjwt: audit: DELETE /admin/everything is open: no guard stands before it (if that is meant, say ginjwt.Public at the route)
}

// A report of one's own: who may call what.
func ExampleRoutes() {
	user := ginjwt.AnyOf(ginjwt.OAuth2PasswordBearer("/token"), ginjwt.APIKeyHeader("X-API-Key"))
	r := gin.New()
	r.GET("/items/:id", ginjwt.Handle(user, readItems))

	routes, err := inspect.Routes(r)
	if err != nil {
		fmt.Println(err)
	}
	for _, route := range routes {
		fmt.Println(route.Method, route.Template, route.Access())
	}
	// Output:
	// GET /items/{id} OAuth2PasswordBearer, or APIKeyHeader
}
