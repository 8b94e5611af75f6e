// Command database is a service whose current user comes from a database: the
// user and the handler's own statements share one transaction. It listens on
// ADDR, by default 127.0.0.1:8001, and keeps its data in DB_PATH, by default
// for this run only. Pages of CORS_ORIGINS may call it.
package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// requestTime is how long a request may take, waiting for the database
// included. It is shorter than the server's WriteTimeout, so that the client
// gets an answer.
const requestTime = 5 * time.Second

func main() {
	if err := run(); err != nil {
		slog.Error("stopped", "error", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	pages, err := corsFor(cmp.Or(os.Getenv("CORS_ORIGINS"), "http://localhost:5173"))
	if err != nil {
		return fmt.Errorf("CORS_ORIGINS: %w", err)
	}
	path, remove, err := databasePath()
	if err != nil {
		return err
	}
	defer remove()
	db, err := openDatabase(ctx, path)
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	defer db.Close()
	// The other example shows how to read a key that outlives the process.
	a, err := newAPI(db, ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256)))
	if err != nil {
		return err
	}
	gin.SetMode(gin.ReleaseMode)
	return serve(ctx, a.router(middleware(slog.Default(), pages, requestTime)...))
}

// databasePath returns DB_PATH, or a file that remove takes away.
func databasePath() (path string, remove func(), err error) {
	if path := os.Getenv("DB_PATH"); path != "" {
		return path, func() {}, nil
	}
	dir, err := os.MkdirTemp("", "notes")
	return filepath.Join(dir, "notes.db"), func() { _ = os.RemoveAll(dir) }, err
}

// serve serves until ctx ends, and then finishes the requests under way.
func serve(ctx context.Context, h http.Handler) error {
	server := &http.Server{
		Addr: cmp.Or(os.Getenv("ADDR"), "127.0.0.1:8001"), Handler: h,
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
