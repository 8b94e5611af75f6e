// Command example is FastAPI's tutorial on OAuth2 scopes as a Gin program, with
// logins that can be renewed, listed and ended. It listens on ADDR, by default
// 127.0.0.1:8000, signs with JWT_SECRET, and keeps sessions in the Redis at
// REDIS_ADDR or, if that is not set, in memory. If OIDC_ISSUER is set, it accepts
// that provider's access tokens for OIDC_AUDIENCE beside its own. At /docs is a
// page to try it out, at /metrics what the guards decided. It does not start if a
// route is open by mistake.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/inspect"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
	"github.com/ginjwt/gin-depends/ginjwt/openapi"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

const ownIssuer = "example"

// setupRouter returns the program. provider verifies the tokens of an identity
// provider, and is nil if there is none.
func setupRouter(key ginjwt.Key, store sessions.Store, provider *ginjwt.Verifier) *gin.Engine {
	issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: key, Issuer: ownIssuer, Audience: []string{"example"}}))
	logins := ginjwt.Must(sessions.New(sessions.Config[struct{}]{
		Issuer: issuer, Store: store, Password: checkPassword(newPasswords()), Claims: claimsOf, PasswordByDefault: true,
	}))
	own := ginjwt.Must(issuer.Verifier(ginjwt.Policy{Revoker: logins.Revoker()}))
	verifier := own
	if provider != nil {
		verifier = ginjwt.Must(ginjwt.ByIssuer(own, provider))
	}
	token := ginjwt.OAuth2PasswordBearer("/token", ginjwt.Scopes{"me": "Read your profile.", "items": "Read your items.", "admin": "Read statistics."})
	claims := ginjwt.JWT[ginjwt.Claims](token, verifier)
	currentUser := ginjwt.Depends(claims, findUser)
	activeUser := ginjwt.Security(ginjwt.Depends(currentUser, onlyActive), "me")

	decided := newMetrics()
	r := gin.New()
	r.HandleMethodNotAllowed = true
	r.Use(gin.Recovery(), ginjwt.LogEvents(slog.Default()), ginjwt.Observe(decided.observe))
	r.NoRoute(notFound)
	r.NoMethod(methodNotAllowed)

	r.POST("/token", logins.Token())
	r.POST("/logout", logins.Logout())
	sessionHandlers{logins}.routes(r, ginjwt.JWT[ginjwt.Claims](token, own)) // nobody else's tokens have sessions here
	r.GET("/users/me/", ginjwt.Handle(activeUser, readMe))
	r.GET("/users/me/items/", ginjwt.Handle(ginjwt.Security(activeUser, "items"), readItems))
	r.GET("/status/", ginjwt.Handle(currentUser, readStatus))
	r.GET("/feed", ginjwt.Handle(ginjwt.OptionalOr(currentUser, User{Username: "guest"}), readFeed))
	r.GET("/healthz", ginjwt.Public(), func(c *gin.Context) { c.JSON(200, gin.H{"status": "ok"}) })
	r.GET("/metrics", ginjwt.Public(), decided.serve) // for the machine's own network: keep it from the world's

	admin := r.Group("/admin", ginjwt.Require(ginjwt.Security(activeUser, "admin")))
	admin.GET("/stats", func(c *gin.Context) {
		if me, err := currentUser.Get(c); err != nil {
			ginjwt.Abort(c, err)
		} else {
			c.JSON(200, gin.H{"admin": me.Username, "users": len(users)})
		}
	})
	return ginjwt.Must(r, errors.Join(r.SetTrustedProxies(nil), openapi.Mount(r, openapi.Config{Title: "ginjwt example", Version: "1.0.0"})))
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

func main() {
	if err := run(); err != nil {
		slog.Error("stopped", "error", err)
		os.Exit(1)
	}
}

// run serves until SIGINT or SIGTERM, and then finishes the requests under way.
func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	gin.SetMode(gin.ReleaseMode)
	key, err := signingKey()
	if err != nil {
		return fmt.Errorf("JWT_SECRET: %w", err)
	}
	store, closeStore, err := openStore(os.Getenv("REDIS_ADDR"))
	if err != nil {
		return fmt.Errorf("REDIS_ADDR: %w", err)
	}
	defer closeStore()
	provider, err := identityProvider(os.Getenv("OIDC_ISSUER"), os.Getenv("OIDC_AUDIENCE"))
	if err != nil {
		return fmt.Errorf("OIDC_ISSUER and OIDC_AUDIENCE: %w", err)
	}
	router := setupRouter(key, store, provider)
	if err := inspect.Audit(os.Stderr, router, inspect.Except("GET /feed")); err != nil {
		return err
	}
	server := &http.Server{
		Addr: cmp.Or(os.Getenv("ADDR"), "127.0.0.1:8000"), Handler: router,
		MaxHeaderBytes: 32 << 10, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute,
	}
	stopped := make(chan error, 1)
	go func() { stopped <- server.ListenAndServe() }()
	slog.Info("listening", "addr", server.Addr)
	select {
	case err := <-stopped:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return server.Shutdown(ctx)
}

// signingKey returns the key of JWT_SECRET, which all instances of a service share.
func signingKey() (ginjwt.Key, error) {
	if secret, ok := os.LookupEnv("JWT_SECRET"); ok {
		return ginjwt.NewKey(ginjwt.HS256, secret)
	}
	slog.Warn("JWT_SECRET is not set: signing with a random key, so tokens are good for this run only")
	return ginjwt.GenerateKey(ginjwt.HS256)
}

// identityProvider returns a Verifier of the tokens of issuer, or nil without
// one. It may be on this machine, for whoever tries this out.
func identityProvider(issuer, audience string) (*ginjwt.Verifier, error) {
	if issuer == "" {
		return nil, nil
	}
	return jwks.Discover(issuer, ginjwt.Policy{Audience: []string{audience}}, jwks.InsecureLoopbackHTTP())
}
