// Server serves one guarded route on a free loopback port, for load from wrk.
// It prints its address on the first line and a good token on the second, and
// runs until it gets SIGINT or SIGTERM.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt_test/peers"
)

func main() {
	kind := flag.String("kind", "bare", "bare, ginjwt, ginjwt-cached, gin-jwt, golang-jwt, echo-jwt, jwtauth or auth0")
	alg := flag.String("alg", "HS256", "HS256, RS256, ES256 or EdDSA")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *kind, *alg); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, kind, alg string) error {
	gin.SetMode(gin.ReleaseMode)
	contender, err := peers.ByName(kind)
	if err != nil {
		return err
	}
	fixture, err := peers.NewFixture(alg)
	if err != nil {
		return err
	}
	handler, err := contender.Ready(fixture)
	if err != nil {
		return err
	}
	token, err := fixture.Good()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { server.Close() })
	fmt.Println(listener.Addr())
	fmt.Println(token)
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
