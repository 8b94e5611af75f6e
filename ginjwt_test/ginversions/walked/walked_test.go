// Package walked runs with whatever version of Gin its go.mod names.
package walked

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/inspect"
)

func answer(*gin.Context, string) {}
func plain(*gin.Context)          {}

func TestRoutes(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
	if want := os.Getenv("GIN_VERSION"); want != "" {
		require.Equal(t, want, gin.Version, "another version is tested than was asked for")
	}
	token := ginjwt.OAuth2PasswordBearer("/token")
	user := ginjwt.Grants(token, func(string) []string { return []string{"me"} })
	e := gin.New()
	e.NoRoute(plain)
	e.GET("/", plain)
	g := e.Group("/g", ginjwt.Require(ginjwt.Security(user, "me")))
	g.GET("/a/:id/*path", ginjwt.Handle(ginjwt.Security(user, "items"), answer))
	g.POST(`/things\:batch`, ginjwt.Handle(ginjwt.APIKeyHeader("X-Key"), answer))
	g.GET("/things", plain)
	found, err := inspect.Engine(g)
	require.NoError(t, err)
	require.Same(t, e, found)

	want := map[string]string{
		"GET /":                "open",
		"GET /g/a/{id}/{path}": "OAuth2PasswordBearer me items",
		"POST /g/things:batch": "OAuth2PasswordBearer me and APIKeyHeader",
		"GET /g/things":        "OAuth2PasswordBearer me",
	}
	for _, when := range []string{"before the first request", "after it"} {
		routes, err := inspect.Routes(e)
		require.NoError(t, err, when)
		got := map[string]string{}
		for _, r := range routes {
			got[r.Method+" "+r.Template] = r.Access()
		}
		assert.Equal(t, want, got, when)
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/g/a/1/x", nil)
		r.Header.Set("Authorization", "Bearer token")
		e.ServeHTTP(w, r)
		assert.Equal(t, 403, w.Code, "what is listed is enforced")
	}
}
