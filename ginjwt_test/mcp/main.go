package main

import (
	"context"
	"errors"
	"log"
	"net/http"
	"os"

	"github.com/gin-gonic/gin"
	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/inspect"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
	"github.com/ginjwt/gin-depends/ginjwt/openapi"
)

func main() {
	r, err := setupRouter("https://api.example", "https://login.example")
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(r.Run("127.0.0.1:8000"))
}

// setupRouter returns the server that clients know as origin, for tokens of issuer.
func setupRouter(origin, issuer string, opts ...jwks.Option) (*gin.Engine, error) {
	resource := origin + "/mcp" // what clients call, and ask a token for
	verifier, err := jwks.Discover(issuer, ginjwt.Policy{Audience: []string{resource}}, opts...)
	if err != nil {
		return nil, err
	}
	token := ginjwt.HTTPBearer(ginjwt.ResourceMetadata(origin + "/.well-known/oauth-protected-resource/mcp"))
	caller := ginjwt.Security(ginjwt.JWT[ginjwt.Claims](token, verifier), "notes:read")

	server := mcp.NewServer(&mcp.Implementation{Name: "notes", Version: "1.0.0"}, nil)
	mcp.AddTool(server, &mcp.Tool{Name: "whoami", Description: "Tells who asks."}, whoAmI)
	protocol := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, nil)

	r := gin.New()
	r.Match([]string{"GET", "POST", "DELETE"}, "/mcp", ginjwt.Handle(caller, func(c *gin.Context, me ginjwt.Claims) {
		known := func(context.Context, string, *http.Request) (*auth.TokenInfo, error) { // the token was verified
			return &auth.TokenInfo{UserID: me.Subject, Scopes: me.Scope.List(), Expiration: me.ExpiresAt.Time}, nil
		}
		auth.RequireBearerToken(known, nil)(protocol).ServeHTTP(c.Writer, c.Request)
	}))
	err = openapi.MountProtectedResource(r, openapi.ProtectedResource{
		Resource: resource, AuthorizationServers: []string{issuer}, Name: "Notes",
	})
	return r, errors.Join(err, inspect.Audit(os.Stderr, r))
}

func whoAmI(_ context.Context, req *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
	text := "You are " + req.Extra.TokenInfo.UserID
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: text}}}, nil, nil
}
