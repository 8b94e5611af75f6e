package ginjwt_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// TestExample builds the example once and drives it over HTTP.
func TestExample(t *testing.T) {
	exe := filepath.Join(t.TempDir(), "example")
	build := []string{"build", "-buildvcs=false", "-o", exe}
	if countersOf() != "" {
		build = append(build, "-cover", "-coverpkg=github.com/ginjwt/gin-depends/...")
	}
	out, err := exec.Command("go", append(build, "../example")...).CombinedOutput()
	require.NoError(t, err, "%s", out)

	secret := rand.Text() + rand.Text()
	app := startExample(t, exe, "JWT_SECRET="+secret)
	t.Run("resources", func(t *testing.T) { testExampleResources(t, app, secret) })
	t.Run("login", func(t *testing.T) { testExampleLogin(t, app) })
	t.Run("failed logins are alike", func(t *testing.T) { testExampleFailedLogins(t, app) })
	t.Run("two instances share JWT_SECRET", func(t *testing.T) { testExampleSharedSecret(t, app, exe, secret) })
	t.Run("without JWT_SECRET each run has its own key", func(t *testing.T) { testExampleRandomKey(t, app, exe) })
	t.Run("unusable JWT_SECRET", func(t *testing.T) { testExampleBadSecret(t, exe) })
	t.Run("shutdown", func(t *testing.T) { testExampleShutdown(t, exe) })
	t.Run("hashes are bounded", func(t *testing.T) { testExampleBusy(t, exe) })
	t.Run("sessions in memory", func(t *testing.T) { testExampleSessions(t, startExample(t, exe)) })
	t.Run("sessions in Redis", func(t *testing.T) { testExampleRedis(t, exe) })
	t.Run("a provider's tokens", func(t *testing.T) { testExampleProvider(t, exe) })
	t.Run("metrics", func(t *testing.T) { testExampleMetrics(t, startExample(t, exe)) })
	t.Run("README shows real answers", func(t *testing.T) { testReadmeCurl(t, app) })
	t.Run("the guide shows the real audit", func(t *testing.T) { testGuideAudit(t, app) })
}

// countersOf returns the directory for what the example counts, if it is to count
// the statements that it executes. ("go test" sets GOCOVERDIR itself, to a
// directory that it takes away.)
func countersOf() string { return os.Getenv("EXAMPLE_COUNTERS") }

// exampleApp is the example, running.
type exampleApp struct {
	base string
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
	log  *exampleLog
}

// exampleLog collects what a process prints, while it runs.
type exampleLog struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *exampleLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *exampleLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// launchExample starts the example on a free port, with env instead of what the
// test's own environment says.
func launchExample(t *testing.T, exe string, env ...string) *exampleApp {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	require.NoError(t, l.Close())
	app := &exampleApp{base: "http://" + addr, cmd: exec.Command(exe), done: make(chan struct{}), log: &exampleLog{}}
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "JWT_SECRET=") && !strings.HasPrefix(e, "ADDR=") && !strings.HasPrefix(e, "REDIS_ADDR=") && !strings.HasPrefix(e, "OIDC_") {
			app.cmd.Env = append(app.cmd.Env, e)
		}
	}
	app.cmd.Env = append(append(app.cmd.Env, "ADDR="+addr, "GOCOVERDIR="+countersOf()), env...)
	app.cmd.Stdout, app.cmd.Stderr = app.log, app.log
	require.NoError(t, app.cmd.Start())
	go func() {
		_ = app.cmd.Wait() // the exit code is in ProcessState
		close(app.done)
	}()
	t.Cleanup(func() {
		if countersOf() != "" { // a kill would lose what it counted
			_ = app.cmd.Process.Signal(syscall.SIGTERM)
			select {
			case <-app.done:
			case <-time.After(15 * time.Second):
			}
		}
		_ = app.cmd.Process.Kill() // it may have ended already
		<-app.done
	})
	return app
}

// startExample is launchExample, and waits until the example answers.
func startExample(t *testing.T, exe string, env ...string) *exampleApp {
	t.Helper()
	app := launchExample(t, exe, env...)
	ready := func() bool {
		resp, err := http.Get(app.base + "/healthz")
		if err != nil {
			return false
		}
		return resp.Body.Close() == nil && resp.StatusCode == 200
	}
	require.Eventually(t, ready, 30*time.Second, 20*time.Millisecond, "the example does not answer")
	return app
}

// exit waits for the end of the process and returns its exit code.
func (a *exampleApp) exit(t *testing.T) int {
	t.Helper()
	select {
	case <-a.done:
	case <-time.After(30 * time.Second):
		require.Fail(t, "the example goes on", a.log)
	}
	return a.cmd.ProcessState.ExitCode()
}

type exampleAnswer struct {
	status int
	header http.Header
	body   string
}

var exampleClient = &http.Client{
	Timeout:       time.Minute,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// do sends a request with an Authorization header unless it is empty. A form
// that is not nil is posted.
func (a *exampleApp) do(t *testing.T, method, path, authorization string, form url.Values) exampleAnswer {
	t.Helper()
	req, err := http.NewRequest(method, a.base+path, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	answer := readAnswer(exampleClient.Do(req))
	require.NotZero(t, answer.status, answer.body)
	return answer
}

// readAnswer returns an error as the body of an answer without a status.
func readAnswer(resp *http.Response, err error) exampleAnswer {
	if err != nil {
		return exampleAnswer{body: err.Error()}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return exampleAnswer{body: err.Error()}
	}
	return exampleAnswer{resp.StatusCode, resp.Header, string(body)}
}

func exampleForm(username, password, scope string) url.Values {
	return url.Values{"username": {username}, "password": {password}, "scope": {scope}}
}

// login returns a token of the example's, which must be granted.
func (a *exampleApp) login(t *testing.T, username, password, scope string) ginjwt.Token {
	t.Helper()
	answer := a.do(t, "POST", "/token", "", exampleForm(username, password, scope))
	require.Equal(t, 200, answer.status, answer.body)
	var token ginjwt.Token
	require.NoError(t, json.Unmarshal([]byte(answer.body), &token))
	return token
}
