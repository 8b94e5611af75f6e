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
)

func main() {
	if err := run(); err != nil {
		slog.Error("stopped", "error", err)
		os.Exit(1)
	}
}

// run reads the settings and serves until SIGINT or SIGTERM.
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
	return serve(ctx, router)
}

// serve serves until ctx ends, and then finishes the requests under way.
func serve(ctx context.Context, h http.Handler) error {
	server := &http.Server{
		Addr: cmp.Or(os.Getenv("ADDR"), "127.0.0.1:8000"), Handler: h,
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

// identityProvider returns a Verifier of the tokens of issuer, or nil if issuer
// is empty. A provider on this machine needs no TLS, so that it is easy to try.
func identityProvider(issuer, audience string) (*ginjwt.Verifier, error) {
	if issuer == "" {
		return nil, nil
	}
	return jwks.Discover(issuer, ginjwt.Policy{Audience: []string{audience}}, jwks.InsecureLoopbackHTTP())
}
