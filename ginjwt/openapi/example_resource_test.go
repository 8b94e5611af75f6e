package openapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
	"github.com/ginjwt/gin-depends/ginjwt/openapi"
)

// A client that knows nothing but the URL of the books is told where their
// metadata are, and finds there who issues tokens for them.
func ExampleMountProtectedResource() {
	gin.SetMode(gin.ReleaseMode)
	const issuer, resource = "https://login.example", "https://api.example/books"
	verifier := ginjwt.Must(jwks.Discover(issuer, ginjwt.Policy{Audience: []string{resource}}))
	token := ginjwt.HTTPBearer(ginjwt.ResourceMetadata("https://api.example/.well-known/oauth-protected-resource/books"))
	reader := ginjwt.Security(ginjwt.JWT[ginjwt.Claims](token, verifier), "books:read")

	r := gin.New()
	r.GET("/books/:shelf", ginjwt.Handle(reader, func(c *gin.Context, _ ginjwt.Claims) { c.JSON(200, []string{}) }))
	err := openapi.MountProtectedResource(r, openapi.ProtectedResource{Resource: resource, AuthorizationServers: []string{issuer}})
	if err != nil {
		fmt.Println(err)
		return
	}

	for _, path := range []string{"/books/top", "/.well-known/oauth-protected-resource/books"} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		fmt.Println(w.Header().Get("WWW-Authenticate"))
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// Bearer realm="api", resource_metadata="https://api.example/.well-known/oauth-protected-resource/books", scope="books:read"
	// 401 {"detail":"Not authenticated"}
	//
	// 200 {"resource":"https://api.example/books","authorization_servers":["https://login.example"],"scopes_supported":["books:read"],"bearer_methods_supported":["header"]}
}
