package inspect_test

import (
	"fmt"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/inspect"
)

// BenchmarkRoutes looks at an engine of a thousand guarded routes.
func BenchmarkRoutes(b *testing.B) {
	gin.SetMode(gin.ReleaseMode)
	token := ginjwt.OAuth2PasswordBearer("/token", ginjwt.Scopes{"me": "", "items": ""})
	user := ginjwt.Grants(token, func(string) []string { return nil })
	r := gin.New()
	g := r.Group("/api", ginjwt.Require(ginjwt.Security(user, "me")))
	for i := range 1000 {
		g.GET(fmt.Sprintf("/things%d/:id", i), ginjwt.Handle(ginjwt.Security(user, "items"), func(*gin.Context, string) {}))
	}
	for b.Loop() {
		if routes, err := inspect.Routes(r); err != nil || len(routes) != 1000 {
			b.Fatal(len(routes), err)
		}
	}
}
