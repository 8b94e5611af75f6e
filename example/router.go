package main

import (
	"log/slog"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/openapi"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

// Tokens of this service name it as their issuer, and as the audience that they
// are for.
const (
	ownIssuer   = "example"
	ownAudience = "example"
)

// setupRouter returns the program. provider verifies the tokens of an identity
// provider, and is nil if there is none.
func setupRouter(key ginjwt.Key, store sessions.Store, provider *ginjwt.Verifier) *gin.Engine {
	issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: key, Issuer: ownIssuer, Audience: []string{ownAudience}}))
	logins := newSessions(issuer, store)
	own := ginjwt.Must(issuer.Verifier(ginjwt.Policy{Revoker: logins.Revoker()}))
	verifier := own
	if provider != nil {
		verifier = ginjwt.Must(ginjwt.ByIssuer(own, provider))
	}

	// What the routes depend on. None of it runs before a request needs it.
	token := ginjwt.OAuth2PasswordBearer("/token", ginjwt.Scopes{"me": "Read your profile.", "items": "Read your items.", "admin": "Read statistics."})
	claims := ginjwt.JWT[ginjwt.Claims](token, verifier)
	ownClaims := ginjwt.JWT[ginjwt.Claims](token, own) // nobody else's tokens have sessions here
	currentUser := ginjwt.Depends(claims, findUser)
	activeUser := ginjwt.Security(ginjwt.Depends(currentUser, onlyActive), "me")

	counts := newMetrics()
	r := newEngine(counts)
	r.POST("/token", logins.Token())
	r.POST("/logout", logins.Logout())
	sessionHandlers{logins}.routes(r, ownClaims)
	r.GET("/users/me/", ginjwt.Handle(activeUser, readMe))
	r.GET("/users/me/items/", ginjwt.Handle(ginjwt.Security(activeUser, "items"), readItems))
	r.GET("/status/", ginjwt.Handle(currentUser, readStatus))
	r.GET("/feed", ginjwt.Handle(ginjwt.OptionalOr(currentUser, User{Username: "guest"}), readFeed))
	r.GET("/healthz", ginjwt.Public(), func(c *gin.Context) { c.JSON(200, gin.H{"status": "ok"}) })
	r.GET("/metrics", ginjwt.Public(), counts.serve) // let a proxy keep it from the outside world

	admin := r.Group("/admin", ginjwt.Require(ginjwt.Security(activeUser, "admin")))
	admin.GET("/stats", func(c *gin.Context) { // a plain handler of Gin's: the group guards it
		me, err := currentUser.Get(c)
		if err != nil {
			ginjwt.Abort(c, err)
			return
		}
		c.JSON(200, gin.H{"admin": me.Username, "users": len(users)})
	})
	return ginjwt.Must(r, openapi.Mount(r, openapi.Config{Title: "ginjwt example", Version: "1.0.0"}))
}

// newEngine returns an engine that logs and counts what its guards decide, and
// that answers unknown routes the way the guards answer.
func newEngine(counts *metrics) *gin.Engine {
	r := gin.New()
	r.HandleMethodNotAllowed = true
	r.Use(gin.Recovery(), ginjwt.LogEvents(slog.Default()), ginjwt.Observe(counts.observe))
	r.NoRoute(notFound)
	r.NoMethod(methodNotAllowed)
	return ginjwt.Must(r, r.SetTrustedProxies(nil)) // there is no proxy whose X-Forwarded-For could be believed
}

func notFound(c *gin.Context) { ginjwt.Abort(c, ginjwt.HTTPError(404, "Not Found")) }

func methodNotAllowed(c *gin.Context) {
	c.Header("Cache-Control", "no-store") // the URL of a mistaken login holds a password
	ginjwt.Abort(c, ginjwt.HTTPError(405, "Method Not Allowed"))
}

func readMe(c *gin.Context, me User) { c.JSON(200, me) }

func readItems(c *gin.Context, me User) {
	c.JSON(200, []gin.H{{"item_id": "Foo", "owner": me.Username}})
}

func readStatus(c *gin.Context, _ User) { c.JSON(200, gin.H{"status": "ok"}) }

func readFeed(c *gin.Context, reader User) {
	c.JSON(200, gin.H{"message": "Hello, " + reader.Username})
}
