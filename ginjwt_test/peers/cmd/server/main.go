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
	"github.com/redis/rueidis"

	"github.com/ginjwt/gin-depends/ginjwt/sessions"
	"github.com/ginjwt/gin-depends/ginjwt/sessions/redisstore"
	"github.com/ginjwt/gin-depends/ginjwt_test/peers"
)

func main() {
	kind := flag.String("kind", "bare", "bare, ginjwt, ginjwt-cached, ginjwt-memory, ginjwt-redis, gin-jwt, golang-jwt, least, echo-jwt, jwtauth or auth0")
	alg := flag.String("alg", "HS256", "HS256, RS256, ES256 or EdDSA")
	redis := flag.String("redis", "", "the address of the redis-server that ginjwt-redis keeps its sessions in")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *kind, *alg, *redis)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, kind, alg, redis string) error {
	gin.SetMode(gin.ReleaseMode)
	contender, done, err := contender(kind, redis)
	if err != nil {
		return err
	}
	defer done()
	fixture, err := peers.NewFixture(alg)
	if err != nil {
		return err
	}
	handler, err := contender.Ready(fixture)
	if err != nil {
		return err
	}
	token, err := contender.Good(handler, fixture)
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

// contender returns the contender of a kind, and what is to be called when it
// has served.
func contender(kind, redis string) (c peers.Contender, done func(), err error) {
	switch kind {
	case "ginjwt-memory":
		store, err := sessions.NewMemory(sessions.MemoryConfig{})
		return peers.GinjwtSessions(kind, store), func() {}, err
	case "ginjwt-redis":
		store, err := redisstore.Open(rueidis.ClientOption{InitAddress: []string{redis}}, redisstore.Config{})
		if err != nil {
			return c, nil, err
		}
		return peers.GinjwtSessions(kind, store), store.Close, nil
	}
	c, err = peers.ByName(kind)
	return c, func() {}, err
}
