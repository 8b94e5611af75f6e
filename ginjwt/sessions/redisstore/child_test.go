package redisstore_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
	"github.com/ginjwt/gin-depends/ginjwt/sessions/redisstore"
)

// childEnv has the address of Redis and the grace, in a process that the test
// binary starts of itself: an instance of a service like any other.
const childEnv = "REDISSTORE_TEST_INSTANCE"

// newService returns a service with logins, as each instance has it.
func newService(store sessions.Store, grace time.Duration) (*gin.Engine, *sessions.Sessions[struct{}]) {
	gin.SetMode(gin.ReleaseMode)
	issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{
		Key:    ginjwt.Must(ginjwt.NewKey(ginjwt.HS256, []byte("a secret that all of the instances have"))),
		Issuer: "service", Audience: []string{"service"},
	}))
	logins := ginjwt.Must(sessions.New(sessions.Config[struct{}]{
		Issuer: issuer, Store: store, Grace: grace,
		Password: func(_ *gin.Context, f ginjwt.OAuth2PasswordRequestForm) (sessions.Login[struct{}], error) {
			return sessions.Login[struct{}]{Subject: f.Username}, nil
		},
	}))
	verifier := ginjwt.Must(issuer.Verifier(ginjwt.Policy{Revoker: logins.Revoker()}))
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), verifier)
	r := gin.New()
	r.POST("/token", logins.Token())
	r.POST("/logout", logins.Logout())
	r.GET("/me", ginjwt.Handle(claims, func(c *gin.Context, me ginjwt.Claims) { c.String(http.StatusOK, me.Subject) }))
	return r, logins
}

// runChild serves until its standard input ends, if this is such a process.
func runChild() bool {
	addr, grace, found := strings.Cut(os.Getenv(childEnv), " ")
	if !found {
		return false
	}
	store := ginjwt.Must(redisstore.Open(option(addr), redisstore.Config{Timeout: 30 * time.Second}))
	defer store.Close()
	engine, _ := newService(store, ginjwt.Must(time.ParseDuration(grace)))
	l := ginjwt.Must(net.Listen("tcp", "127.0.0.1:0"))
	server := &http.Server{Handler: engine}
	go func() { _ = server.Serve(l) }()
	fmt.Println(l.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = server.Shutdown(context.Background())
	return true
}

// startChild starts an instance in a process of its own and returns its URL.
func startChild(t *testing.T, redis *server, grace time.Duration) string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+redis.addr+" "+grace.String())
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Wait()
	})
	addr, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return "http://" + strings.TrimSpace(addr)
}
