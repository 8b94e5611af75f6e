package openapi

import (
	"context"
	"net/http"
	"os"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/openapi"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	os.Exit(m.Run())
}

func ok(c *gin.Context) { c.Status(http.StatusOK) }

func okWith[T any](c *gin.Context, _ T) { ok(c) }

type claims = ginjwt.Claims

// service is what the programs are made of.
type service struct {
	verifier *ginjwt.Verifier
	logins   *sessions.Sessions[struct{}]
}

func newService(t testing.TB) service {
	t.Helper()
	key, err := ginjwt.GenerateKey(ginjwt.HS256)
	require.NoError(t, err)
	issuer, err := ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: key, Issuer: "test", Audience: []string{"test"}})
	require.NoError(t, err)
	store, err := sessions.NewMemory(sessions.MemoryConfig{})
	require.NoError(t, err)
	logins, err := sessions.New(sessions.Config[struct{}]{
		Issuer: issuer, Store: store,
		Password: func(*gin.Context, ginjwt.OAuth2PasswordRequestForm) (sessions.Login[struct{}], error) {
			return sessions.Login[struct{}]{}, ginjwt.InvalidGrant("No")
		},
		Claims: func(*gin.Context, sessions.Login[struct{}]) (ginjwt.AnyClaims, error) { return &claims{}, nil },
	})
	require.NoError(t, err)
	verifier, err := issuer.Verifier(ginjwt.Policy{Revoker: logins.Revoker()})
	require.NoError(t, err)
	return service{verifier, logins}
}

// programs add their routes to an engine.
var programs = map[string]func(service, *gin.Engine){
	"nothing":              func(service, *gin.Engine) {},
	"the tutorial":         tutorial,
	"the example":          example,
	"every scheme":         everyScheme,
	"every combination":    everyCombination,
	"every path":           everyPath,
	"every description":    everyDescription,
	"login forms":          loginForms,
	"a token endpoint Any": func(s service, r *gin.Engine) { r.Any("/token", s.logins.Token()); r.Any("/logout", s.logins.Logout()) },
	"parameters of one path with several names": func(_ service, r *gin.Engine) {
		r.GET("/users/:id", ok)
		r.DELETE("/users/:name", ok)
	},
}

func tutorial(s service, r *gin.Engine) {
	token := ginjwt.OAuth2PasswordBearer("token", ginjwt.Scopes{"me": "Read information about the current user.", "items": "Read items."})
	active := ginjwt.Security(ginjwt.JWT[claims](token, s.verifier), "me")
	r.POST("/token", ginjwt.Handle(ginjwt.PasswordForm(), okWith[ginjwt.OAuth2PasswordRequestForm]))
	r.GET("/users/me/", ginjwt.Handle(active, okWith[claims]))
	r.GET("/users/me/items/", ginjwt.Handle(ginjwt.Security(active, "items"), okWith[claims]))
	r.GET("/status/", ginjwt.Handle(ginjwt.JWT[claims](token, s.verifier), okWith[claims]))
}

// example has the routes of the program in the folder example.
func example(s service, r *gin.Engine) {
	token := ginjwt.OAuth2PasswordBearer("/token", ginjwt.Scopes{"me": "Read your profile.", "items": "Read your items.", "admin": "Read statistics."})
	user := ginjwt.JWT[claims](token, s.verifier)
	active := ginjwt.Security(user, "me")
	r.POST("/token", s.logins.Token())
	r.POST("/logout", s.logins.Logout())
	r.GET("/sessions", ginjwt.Handle(user, okWith[claims]))
	r.DELETE("/sessions/:id", ginjwt.Handle(user, okWith[claims]))
	r.DELETE("/sessions", ginjwt.Handle(user, okWith[claims]))
	r.GET("/users/me/", ginjwt.Handle(active, okWith[claims]))
	r.GET("/users/me/items/", ginjwt.Handle(ginjwt.Security(active, "items"), okWith[claims]))
	r.GET("/status/", ginjwt.Handle(user, okWith[claims]))
	r.GET("/feed", ginjwt.Handle(ginjwt.OptionalOr(user, claims{}), okWith[claims]))
	r.GET("/healthz", ginjwt.Public(), ok)
	r.Group("/admin", ginjwt.Require(ginjwt.Security(active, "admin"))).GET("/stats", ok)
}

func everyScheme(_ service, r *gin.Engine) {
	about := ginjwt.Description("About *it*.")
	for path, guard := range map[string]ginjwt.Guard{
		"/password": ginjwt.OAuth2PasswordBearer("/token", about, ginjwt.RefreshURL("/refresh"), ginjwt.Scopes{"a": "", "b": "B"}, ginjwt.FromCookie("t"), ginjwt.FromQuery("t")),
		"/code":     ginjwt.OAuth2AuthorizationCodeBearer("https://login.example/authorize", "https://login.example/token", about, ginjwt.RefreshURL("https://login.example/token")),
		"/openid":   ginjwt.OpenIDConnect("https://login.example/.well-known/openid-configuration", about),
		"/bearer":   ginjwt.HTTPBearer(ginjwt.BearerFormat("JWT"), about),
		"/basic":    ginjwt.HTTPBasic(about, ginjwt.Realm(`a "realm"`)),
		"/digest":   ginjwt.HTTPBase("digest", about),
		"/header":   ginjwt.APIKeyHeader("X-Key", about),
		"/query":    ginjwt.APIKeyQuery("key", about),
		"/cookie":   ginjwt.APIKeyCookie("sid", about),
	} {
		r.Any(path, ginjwt.Require(guard), ok)
	}
}

func everyCombination(s service, r *gin.Engine) {
	user := ginjwt.JWT[claims](ginjwt.OAuth2PasswordBearer("/token", ginjwt.Scopes{"a": "A", "b": "B"}), s.verifier)
	machine := ginjwt.JWT[claims](ginjwt.HTTPBearer(), s.verifier)
	key := ginjwt.Grants(ginjwt.Depends(ginjwt.APIKeyHeader("X-Key"), func(*gin.Context, string) (claims, error) { return claims{}, nil }), func(claims) []string { return nil })
	for path, guard := range map[string]ginjwt.Guard{
		"/scope": ginjwt.Security(user, "a", "b"), "/any": ginjwt.SecurityAny(user, "a", "b"), "/or": ginjwt.AnyOf(user, key),
		"/and": ginjwt.AllOf(user, key), "/optional": ginjwt.Optional(ginjwt.AnyOf(user, key)), "/role": ginjwt.Security(machine, "role"),
		"/checked":   ginjwt.Check(user, "owner", func(*gin.Context, claims) error { return nil }),
		"/key-scope": ginjwt.Security(key, "a"),
	} {
		r.GET(path, ginjwt.Require(guard), ok)
		r.Group("/keyed", ginjwt.Require(key)).GET(path, ginjwt.Require(guard), ok)
	}
	r.POST("/introspect", s.logins.Introspect(ginjwt.HTTPBasic()))
	r.POST("/revoke", s.logins.Revoke())
}

func everyPath(_ service, r *gin.Engine) {
	for _, path := range []string{"/", "/a", "/a/", "/a/:id", "/a/:id/b/:other", "/files/*path", `/a\:batch`, "/v1/things:batch", "/é/:ü", "/with space"} {
		r.Any(path, ok)
	}
	r.Handle(http.MethodConnect, "/connect", ok)
	r.Static("/static", ".")
}

func everyDescription(_ service, r *gin.Engine) {
	type schema struct {
		Type     string   `json:"type"`
		Required []string `json:"required"`
	}
	r.Use(openapi.Describe(openapi.Op{Tags: []string{"all"}, Responses: map[int]any{500: nil}}))
	r.POST("/books", openapi.Describe(openapi.Op{
		ID: "addBook", Summary: "Add", Description: "A *book*.", Tags: []string{"books"}, Deprecated: true, Status: 201,
		Request:   map[string]any{"type": "object", "properties": map[string]any{"title": map[string]any{"type": []string{"string", "null"}}}},
		Response:  schema{"object", []string{"id"}},
		Responses: map[int]any{404: true, 409: map[string]any{"const": 1}},
	}), ok)
	r.GET("/hidden", openapi.Hidden(), ok)
}

func loginForms(_ service, r *gin.Engine) {
	login := func(*gin.Context, ginjwt.OAuth2PasswordRequestForm) (ginjwt.Token, error) { return ginjwt.Token{}, nil }
	r.POST("/lax", ginjwt.Handle(ginjwt.Depends(ginjwt.PasswordForm(), login), ginjwt.WriteToken))
	r.POST("/strict", ginjwt.Handle(ginjwt.Depends(ginjwt.PasswordFormStrict(), login), ginjwt.WriteToken))
	r.POST("/guarded", ginjwt.Require(ginjwt.APIKeyHeader("X-Key")), ginjwt.Handle(ginjwt.Depends(ginjwt.PasswordForm(), login), ginjwt.WriteToken))
}

// document returns the document of a program.
func document(t testing.TB, add func(service, *gin.Engine)) []byte {
	t.Helper()
	r := gin.New()
	add(newService(t), r)
	d, err := openapi.Document(r, openapi.Config{
		Title: "A <program>", Version: "1.0.0", Summary: "It is one.", Description: "It *is* one.", Servers: []string{"/", "https://api.example/v1"},
	})
	require.NoError(t, err)
	return d
}

var background = context.Background()
