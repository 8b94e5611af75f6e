// Command fromginjwt runs the service of gin-jwt's README on ADDR, by default
// 127.0.0.1:8002: as it is with gin-jwt ("go run . before"), and with ginjwt
// ("go run . after"). Tokens are good for one run.
package main

import (
	"cmp"
	"crypto/rand"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/example/fromginjwt/after"
	"github.com/ginjwt/gin-depends/example/fromginjwt/before"
	"github.com/ginjwt/gin-depends/ginjwt"
)

func main() {
	service, err := chosen(os.Args[1:])
	if err != nil {
		slog.Error("cannot start", "error", err)
		os.Exit(1)
	}
	server := &http.Server{
		Addr: cmp.Or(os.Getenv("ADDR"), "127.0.0.1:8002"), Handler: service,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second,
	}
	slog.Info("listening", "addr", server.Addr)
	slog.Error("stopped", "error", server.ListenAndServe())
	os.Exit(1)
}

// chosen returns the service that the arguments name, by default the new one.
func chosen(args []string) (*gin.Engine, error) {
	gin.SetMode(gin.ReleaseMode)
	if len(args) > 0 && args[0] == "before" {
		return before.New(before.Config{Key: []byte(rand.Text() + rand.Text())})
	}
	key, err := ginjwt.GenerateKey(ginjwt.HS256)
	if err != nil {
		return nil, err
	}
	return after.New(after.Config{Key: key}), nil
}
