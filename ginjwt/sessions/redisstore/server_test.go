package redisstore_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/sessions/redisstore"
)

// server is a redis-server that a test started.
type server struct {
	dir, addr string
	args      []string
	cmd       *exec.Cmd
}

// newServer starts a redis-server on a free port, with the data of dir.
func newServer(tb testing.TB, args ...string) *server {
	tb.Helper()
	s := &server{dir: tb.TempDir(), addr: freeAddr(tb), args: args}
	s.start(tb)
	tb.Cleanup(s.kill)
	return s
}

// needRedis skips the test where there is no Redis, but fails it in CI.
func needRedis(tb testing.TB) string {
	tb.Helper()
	path, err := exec.LookPath("redis-server")
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") != "":
		tb.Fatal("CI must have a redis-server in PATH")
	}
	tb.Skip("no redis-server in PATH (Debian's package redis-server has one)")
	return ""
}

func freeAddr(tb testing.TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	defer l.Close()
	return l.Addr().String()
}

// start starts the server, again if it was stopped, and waits until it answers.
func (s *server) start(tb testing.TB) {
	tb.Helper()
	_, port, err := net.SplitHostPort(s.addr)
	require.NoError(tb, err)
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(tb, err)
	defer log.Close()
	args := append([]string{"--bind", "127.0.0.1", "--port", port, "--dir", s.dir, "--save", "", "--daemonize", "no"}, s.args...)
	s.cmd = exec.Command(needRedis(tb), args...)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	require.NoError(tb, s.cmd.Start())
	require.Eventually(tb, func() bool { return s.ask("PING") == "+PONG" }, 10*time.Second, 5*time.Millisecond, "redis-server does not answer")
}

// kill stops the server as a crash would.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// ask sends one command on a connection of its own and returns the first line
// of the answer: it shares nothing with the client that is tested.
func (s *server) ask(args ...string) string {
	conn, err := net.DialTimeout("tcp", s.addr, time.Second)
	if err != nil {
		return err.Error()
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(a), a)
	}
	if _, err := conn.Write([]byte(b.String())); err != nil {
		return err.Error()
	}
	answer := make([]byte, 1024)
	n, err := conn.Read(answer)
	if err != nil {
		return err.Error()
	}
	line, _, _ := strings.Cut(string(answer[:n]), "\r\n")
	return line
}

// shared is the one server of tests that need none of their own.
var shared struct {
	once sync.Once
	*server
	dir string
}

func TestMain(m *testing.M) {
	if runChild() {
		return
	}
	code := m.Run()
	if shared.server != nil {
		shared.kill()
		_ = os.RemoveAll(shared.dir)
	}
	os.Exit(code)
}

func sharedServer(tb testing.TB) *server {
	tb.Helper()
	needRedis(tb)
	shared.once.Do(func() {
		dir, err := os.MkdirTemp("", "redisstore") //nolint:usetesting // it outlives this test
		require.NoError(tb, err)
		s := &server{dir: dir, addr: freeAddr(tb)}
		shared.dir, shared.server = dir, s
		s.start(tb)
	})
	return shared.server
}

func option(addrs ...string) rueidis.ClientOption {
	return rueidis.ClientOption{InitAddress: addrs}
}

func open(tb testing.TB, o rueidis.ClientOption, cfg redisstore.Config) *redisstore.Store {
	tb.Helper()
	s, err := redisstore.Open(o, cfg)
	require.NoError(tb, err)
	tb.Cleanup(s.Close)
	return s
}

// client returns a client to look with, and to prepare.
func client(tb testing.TB, addrs ...string) rueidis.Client {
	tb.Helper()
	o := option(addrs...)
	o.DisableCache = true
	c, err := rueidis.NewClient(o)
	require.NoError(tb, err)
	tb.Cleanup(c.Close)
	return c
}

func serverTime(tb testing.TB, c rueidis.Client) time.Time {
	tb.Helper()
	answer, err := c.Do(tb.Context(), c.B().Time().Build()).AsStrSlice()
	require.NoError(tb, err)
	seconds, _ := strconv.ParseInt(answer[0], 10, 64)
	micros, _ := strconv.ParseInt(answer[1], 10, 64)
	return time.Unix(seconds, micros*1000)
}

// pass waits until d has passed by Redis' clock, which nobody else can move.
func pass(tb testing.TB, c rueidis.Client, d time.Duration) {
	tb.Helper()
	for end := serverTime(tb, c).Add(d); serverTime(tb, c).Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
}

// heapBytes returns what is in use after a garbage collection.
func heapBytes() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
