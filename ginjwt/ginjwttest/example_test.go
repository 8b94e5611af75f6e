package ginjwttest_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

// A User is the current user of the server in the examples.
type User struct{ Name string }

var (
	exampleClaims = ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), exampleVerifier())
	currentUser   = ginjwt.Depends(exampleClaims, func(_ *gin.Context, c ginjwt.Claims) (User, error) {
		return User{c.Subject}, nil
	})
)

func exampleVerifier() *ginjwt.Verifier {
	key := ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256))
	return ginjwt.Must(ginjwt.NewVerifier(key, ginjwt.Policy{Issuer: "https://issuer.example", Audience: []string{"https://api.example"}}))
}

// setupRouter is the server under test. Nothing in it is made for tests.
func setupRouter() *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.Use(ginjwt.LogEvents(slog.New(slog.DiscardHandler)))
	readMe := func(c *gin.Context, me User) { c.String(200, "Hello, %s", me.Name) }
	r.GET("/users/me", ginjwt.Handle(ginjwt.Security(currentUser, "me"), readMe))
	r.GET("/feed", ginjwt.Handle(ginjwt.OptionalOr(currentUser, User{"guest"}), readMe))
	return r
}

// t stands for the *testing.T of a test. What a test would say is in the output.
var t testing.TB = &exampleT{}

type exampleT struct {
	testing.TB
	cleanups []func()
}

func (*exampleT) Helper()                           {}
func (*exampleT) Name() string                      { return "Example" }
func (*exampleT) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
func (*exampleT) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (*exampleT) Logf(string, ...any)               {} // what go test shows of tests that fail
func (t *exampleT) Cleanup(fn func())               { t.cleanups = append(t.cleanups, fn) }

// over is what happens when a test is over.
func over() {
	e := t.(*exampleT)
	for _, fn := range e.cleanups {
		fn()
	}
	e.cleanups = nil
}

func show(rec *httptest.ResponseRecorder) { fmt.Println(rec.Code, rec.Body) }

// Somebody is there, with or without the scope that the route demands.
func ExampleAs() {
	r := setupRouter()
	req := httptest.NewRequest("GET", "/users/me", nil)

	show(ginjwttest.Do(t, r, req))
	show(ginjwttest.Do(t, r, ginjwttest.As(req, User{"johndoe"})))
	show(ginjwttest.Do(t, r, ginjwttest.As(req, User{"johndoe"}, "me")))
	// Output:
	// 401 {"detail":"Not authenticated"}
	// 403 {"detail":"Not enough permissions"}
	// 200 Hello, johndoe
}

// A dependency that the test can name: the user, or the claims below, from which
// the user is then worked out as ever.
func ExampleValue() {
	r := setupRouter()
	req := httptest.NewRequest("GET", "/users/me", nil)

	show(ginjwttest.Do(t, r, ginjwttest.With(req, ginjwttest.Value(currentUser, User{"alice"}, "me"))))
	show(ginjwttest.Do(t, r, ginjwttest.With(req, ginjwttest.Value(exampleClaims, ginjwt.Claims{Subject: "alice", Scope: "me"}))))
	// Output:
	// 200 Hello, alice
	// 200 Hello, alice
}

// A database that is down.
func ExampleFails() {
	r := setupRouter()
	req := httptest.NewRequest("GET", "/users/me", nil)

	down := ginjwt.Unavailable(errors.New("no connection to the database"))
	show(ginjwttest.Do(t, r, ginjwttest.With(req, ginjwttest.Fails(currentUser, down))))
	// Output:
	// 503 {"detail":"Service unavailable"}
}

// The real function is called, and what it returns is changed.
func ExampleFunc() {
	r := setupRouter()
	req := httptest.NewRequest("GET", "/feed", nil)

	claims := ginjwttest.Value(exampleClaims, ginjwt.Claims{Subject: "johndoe"})
	user := ginjwttest.Func(currentUser, func(_ *gin.Context, original func() (User, error)) (User, error) {
		user, err := original()
		user.Name += ", who is away"
		return user, err
	})
	show(ginjwttest.Do(t, r, ginjwttest.With(req, claims, user)))
	// Output:
	// 200 Hello, johndoe, who is away
}

// A test that is about something else than scopes.
func ExampleReplacement_WithAllScopes() {
	r := setupRouter()
	req := httptest.NewRequest("GET", "/users/me", nil)

	johndoe := ginjwttest.Value(currentUser, User{"johndoe"})
	show(ginjwttest.Do(t, r, ginjwttest.With(req, johndoe)))
	show(ginjwttest.Do(t, r, ginjwttest.With(req, johndoe.WithAllScopes())))
	// Output:
	// 403 {"detail":"Not enough permissions"}
	// 200 Hello, johndoe
}

// A test that calls a server: all of its requests are somebody's.
func ExampleEngine() {
	server := httptest.NewServer(ginjwttest.Engine(setupRouter(), ginjwttest.Value(currentUser, User{"johndoe"}, "me")))
	defer server.Close()

	res, err := server.Client().Get(server.URL + "/users/me")
	if err != nil {
		panic(err)
	}
	defer res.Body.Close()
	fmt.Println(res.Status)
	// Output:
	// 200 OK
}
