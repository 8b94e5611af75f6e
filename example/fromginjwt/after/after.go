// Package after is the service of package before, written with ginjwt. In old.go
// is what it still takes of gin-jwt, for a time.
package after

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

// User is somebody who may log in.
type User struct {
	UserName  string
	FirstName string
	LastName  string
}

// Claims are those of an access token. The user is in id, as with gin-jwt, for
// whoever else reads it there, and in sub.
type Claims struct {
	ginjwt.Claims
	ID string `json:"id"`
}

// Login is a session of a user.
type Login = sessions.Login[struct{}]

// Config is what differs from one run to the next.
type Config struct {
	Key   ginjwt.Key
	Store sessions.Store   // by default, in memory
	Now   func() time.Time // by default, time.Now
	Old   *Old             // what gin-jwt handed out, or nil
}

// New returns the service. It panics if cfg is wrong.
func New(cfg Config) *gin.Engine {
	old := cfg.Old
	issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{
		Key: cfg.Key, Issuer: "hello", Audience: []string{"hello"}, AccessTTL: time.Hour, Now: cfg.Now,
	}))
	logins := ginjwt.Must(sessions.New(sessions.Config[struct{}]{
		Issuer: issuer, Store: cfg.Store, IdleTTL: 30 * 24 * time.Hour, PasswordByDefault: true,
		Password: checkPassword, Claims: claimsOf,
	}))
	verifier := old.verifier(ginjwt.Must(issuer.Verifier(ginjwt.Policy{Revoker: logins.Revoker()})), cfg.Now)

	token := ginjwt.OAuth2PasswordBearer("/login", ginjwt.Realm("test zone"), ginjwt.FromQuery("token"), ginjwt.FromCookie("jwt"))
	currentUser := ginjwt.Depends(ginjwt.JWT[Claims](token, verifier), findUser)
	admin := ginjwt.Check(currentUser, "admin", isAdmin)

	r := gin.New()
	r.Use(gin.Recovery(), ginjwt.OnError(refused))
	r.NoRoute(ginjwt.Require(admin), pageNotFound)
	r.POST("/login", old.json, logins.Token())
	r.POST("/refresh", old.json, old.refresh(logins), logins.Token())
	r.POST("/auth/logout", old.json, old.logout, logins.Logout())
	r.GET("/auth/hello", ginjwt.Handle(admin, hello))
	return r
}

// users stands for a table of them, with a slow hash of each password.
var users = map[string]User{
	"admin": {"admin", "Wu", "Bo-Yi"},
	"test":  {"test", "Wu", "Bo-Yi"},
}

func checkPassword(_ *gin.Context, form ginjwt.OAuth2PasswordRequestForm) (Login, error) {
	if user, ok := users[form.Username]; ok && form.Password == user.UserName {
		return Login{Subject: user.UserName}, nil
	}
	return Login{}, ginjwt.InvalidGrant("Incorrect username or password")
}

func claimsOf(_ *gin.Context, login Login) (ginjwt.AnyClaims, error) {
	if user, ok := users[login.Subject]; ok {
		return &Claims{ID: user.UserName}, nil
	}
	return nil, ginjwt.InvalidGrant("The user is gone")
}

func findUser(_ *gin.Context, claims Claims) (User, error) {
	if user, ok := users[claims.ID]; ok {
		return user, nil
	}
	return User{}, ginjwt.Unauthenticated("Could not validate credentials")
}

func isAdmin(_ *gin.Context, user User) error {
	if user.UserName == "admin" {
		return nil
	}
	return ginjwt.Forbidden("you don't have permission to access this resource")
}

func refused(c *gin.Context, e *ginjwt.Error) {
	c.JSON(e.Status, gin.H{"code": e.Status, "message": e.Detail})
}

func hello(c *gin.Context, me User) {
	c.JSON(http.StatusOK, gin.H{"userID": me.UserName, "userName": me.UserName, "text": "Hello World."})
}

func pageNotFound(c *gin.Context) {
	c.JSON(http.StatusNotFound, gin.H{"code": "PAGE_NOT_FOUND", "message": "Page not found"})
}
