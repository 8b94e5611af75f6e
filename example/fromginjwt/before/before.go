// Package before is the service of gin-jwt's README, written with gin-jwt: users
// log in, and the admin is greeted.
package before

import (
	"net/http"
	"time"

	jwt "github.com/appleboy/gin-jwt/v3"
	"github.com/appleboy/gin-jwt/v3/core"
	"github.com/gin-gonic/gin"
	gojwt "github.com/golang-jwt/jwt/v5"
)

const identityKey = "id"

// User is somebody who may log in.
type User struct {
	UserName  string
	FirstName string
	LastName  string
}

// Config is what differs from one run to the next.
type Config struct {
	Key   []byte
	Store core.TokenStore  // of the refresh tokens: by default, in memory
	Now   func() time.Time // by default, time.Now
}

// New returns the service.
func New(cfg Config) (*gin.Engine, error) {
	auth, err := jwt.New(&jwt.GinJWTMiddleware{
		Realm:             "test zone",
		Key:               cfg.Key,
		Timeout:           time.Hour,
		MaxRefresh:        time.Hour,
		IdentityKey:       identityKey,
		TokenLookup:       "header: Authorization, query: token, cookie: jwt",
		TokenHeadName:     "Bearer",
		TimeFunc:          cfg.Now,
		RefreshTokenStore: cfg.Store,

		Authenticator:   authenticate,
		PayloadFunc:     payload,
		IdentityHandler: identity,
		Authorizer:      authorize,
		Unauthorized:    unauthorized,
		LogoutResponse:  loggedOut,
	})
	if err != nil {
		return nil, err
	}
	r := gin.New()
	r.Use(gin.Recovery())
	r.NoRoute(auth.MiddlewareFunc(), pageNotFound)
	r.POST("/login", auth.LoginHandler)
	r.POST("/refresh", auth.RefreshHandler)
	group := r.Group("/auth", auth.MiddlewareFunc())
	group.GET("/hello", hello)
	group.POST("/logout", auth.LogoutHandler)
	return r, nil
}

type login struct {
	Username string `form:"username" json:"username" binding:"required"`
	Password string `form:"password" json:"password" binding:"required"`
}

func authenticate(c *gin.Context) (any, error) {
	var form login
	if err := c.ShouldBind(&form); err != nil {
		return nil, jwt.ErrMissingLoginValues
	}
	if form.Username == "admin" && form.Password == "admin" || form.Username == "test" && form.Password == "test" {
		return &User{UserName: form.Username, FirstName: "Wu", LastName: "Bo-Yi"}, nil
	}
	return nil, jwt.ErrFailedAuthentication
}

func payload(data any) gojwt.MapClaims {
	if user, ok := data.(*User); ok {
		return gojwt.MapClaims{identityKey: user.UserName}
	}
	return gojwt.MapClaims{}
}

func identity(c *gin.Context) any {
	claims := jwt.ExtractClaims(c)
	return &User{UserName: claims[identityKey].(string)}
}

func authorize(_ *gin.Context, data any) bool {
	user, ok := data.(*User)
	return ok && user.UserName == "admin"
}

func unauthorized(c *gin.Context, code int, message string) {
	c.JSON(code, gin.H{"code": code, "message": message})
}

func loggedOut(c *gin.Context) {
	answer := gin.H{"code": http.StatusOK, "message": "Successfully logged out"}
	if claims := jwt.ExtractClaims(c); len(claims) > 0 {
		answer["logged_out_user"] = claims[identityKey]
	}
	if user, ok := c.Get(identityKey); ok {
		answer["user_info"] = user.(*User).UserName
	}
	c.JSON(http.StatusOK, answer)
}

func hello(c *gin.Context) {
	claims := jwt.ExtractClaims(c)
	user, _ := c.Get(identityKey)
	c.JSON(http.StatusOK, gin.H{
		"userID":   claims[identityKey],
		"userName": user.(*User).UserName,
		"text":     "Hello World.",
	})
}

func pageNotFound(c *gin.Context) {
	c.JSON(http.StatusNotFound, gin.H{"code": "PAGE_NOT_FOUND", "message": "Page not found"})
}
