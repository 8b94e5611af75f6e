package provider_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	code := m.Run()
	if shared.provider != nil {
		_ = shared.provider.close()
	}
	os.Exit(code)
}

const folder = "node"

// provider is one process of provider.mjs.
type provider struct {
	issuer  string
	process *exec.Cmd
	stdin   io.WriteCloser
	stdout  *json.Decoder
	stderr  bytes.Buffer // to be read when the process has ended
}

var errNotInstalled = errors.New("no identity provider")

// install makes sure that the provider's packages are there, as the lock file
// has them.
var install = sync.OnceValue(func() error {
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("%w: %s is not in the PATH", errNotInstalled, tool)
		}
	}
	if exec.Command("node", "--eval", `process.exit(typeof require("crypto").hash === "function" ? 0 : 1)`).Run() != nil {
		return fmt.Errorf("%w: node is too old, it must be 20.12 or later", errNotInstalled)
	}
	wanted, err := os.Stat(filepath.Join(folder, "package-lock.json"))
	if err != nil {
		return err
	}
	// npm writes this file at last.
	there, err := os.Stat(filepath.Join(folder, "node_modules", ".package-lock.json"))
	if err == nil && !there.ModTime().Before(wanted.ModTime()) {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	npm := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	npm.Dir = folder
	if out, err := npm.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: npm ci: %w\n%s", errNotInstalled, err, out)
	}
	return nil
})

// launch starts a provider, and close ends it.
func launch() (p *provider, err error) {
	if err := install(); err != nil {
		return nil, err
	}
	node := exec.Command("node", "provider.mjs")
	node.Dir = folder
	stdin, err := node.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := node.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p = &provider{process: node, stdin: stdin, stdout: json.NewDecoder(stdout)}
	node.Stderr = &p.stderr
	if err := node.Start(); err != nil {
		return nil, err
	}
	var hello struct {
		Issuer string `json:"issuer"`
	}
	if err := p.read(&hello); err != nil {
		return nil, errors.Join(err, p.close(), errors.New(p.stderr.String()))
	}
	p.issuer = hello.Issuer
	return p, nil
}

func (p *provider) close() error {
	_ = p.stdin.Close() // ends it
	late := time.AfterFunc(10*time.Second, func() { _ = p.process.Process.Kill() })
	defer late.Stop()
	return p.process.Wait()
}

// need ends the test if there is no provider: it fails in CI, and is skipped
// where Node may be missing.
func need(t *testing.T, err error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.Is(err, errNotInstalled) && os.Getenv("CI") == "":
		t.Skip(err)
	default:
		t.Fatal(err)
	}
}

// start starts a provider for a test that does something to it.
func start(t *testing.T) *provider {
	t.Helper()
	p, err := launch()
	need(t, err)
	t.Cleanup(func() {
		if err := p.close(); err != nil || t.Failed() {
			t.Logf("the provider ended with %v, and wrote:\n%s", err, &p.stderr)
		}
	})
	return p
}

// shared is the provider of all tests that only ask it for tokens.
var shared struct {
	once     sync.Once
	provider *provider
	err      error
}

func startShared(t *testing.T) *provider {
	t.Helper()
	shared.once.Do(func() { shared.provider, shared.err = launch() })
	need(t, shared.err)
	return shared.provider
}

// do sends a command and decodes its answer.
func (p *provider) do(t *testing.T, command string, into any) {
	t.Helper()
	_, err := fmt.Fprintf(p.stdin, "{\"do\":%q}\n", command)
	require.NoError(t, err)
	require.NoError(t, p.read(into))
}

// read decodes the next answer.
func (p *provider) read(into any) error {
	read := make(chan error, 1)
	go func() { read <- p.stdout.Decode(into) }()
	select {
	case err := <-read:
		return err
	case <-time.After(30 * time.Second):
		return errors.New("the provider does not answer")
	}
}

// rotate makes the provider sign with a new RSA key; the old one stays published.
func (p *provider) rotate(t *testing.T) { p.tell(t, "rotate") }

// withdraw takes all RSA keys out of the key set but the one that signs.
func (p *provider) withdraw(t *testing.T) { p.tell(t, "withdraw") }

// hangUp makes the provider close the next connection over which it gets a
// second request, unanswered.
func (p *provider) hangUp(t *testing.T) { p.tell(t, "hangUp") }

// stop closes the provider's port.
func (p *provider) stop(t *testing.T) { p.tell(t, "stop") }

// restart listens on it again.
func (p *provider) restart(t *testing.T) { p.tell(t, "start") }

func (p *provider) tell(t *testing.T, command string) {
	t.Helper()
	p.do(t, command, &struct{}{})
}

// asked returns how often path was asked for.
func (p *provider) asked(t *testing.T, path string) int {
	t.Helper()
	counts := map[string]int{}
	p.do(t, "asked", &counts)
	return counts[path]
}
