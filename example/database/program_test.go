package main

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// program starts what main runs, on a free port and with a directory of its own
// for what it makes.
func program(t *testing.T, env map[string]string) (addr string, stopped chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr = l.Addr().String()
	require.NoError(t, l.Close())
	for name, value := range map[string]string{"ADDR": addr, "DB_PATH": "", "CORS_ORIGINS": "", "TMPDIR": t.TempDir()} {
		t.Setenv(name, value)
	}
	for name, value := range env {
		t.Setenv(name, value)
	}
	stopped = make(chan error, 1)
	go func() { stopped <- run() }()
	return addr, stopped
}

// ended waits for the program's end.
func ended(t *testing.T, stopped chan error) error {
	t.Helper()
	select {
	case err := <-stopped:
		return err
	case <-time.After(time.Minute):
		require.FailNow(t, "the program goes on")
		return nil
	}
}

func TestProgramServesUntilItIsTold(t *testing.T) {
	kept := filepath.Join(t.TempDir(), "kept.db")
	for name, path := range map[string]string{"for this run only": "", "in DB_PATH": kept} {
		t.Run(name, func(t *testing.T) {
			addr, stopped := program(t, map[string]string{"DB_PATH": path})
			require.EventuallyWithT(t, func(t *assert.CollectT) {
				resp, err := http.Get("http://" + addr + "/healthz")
				require.NoError(t, err)
				defer resp.Body.Close()
				assert.Equal(t, 200, resp.StatusCode)
			}, time.Minute, 10*time.Millisecond)
			if path == "" {
				made, err := filepath.Glob(filepath.Join(os.TempDir(), "notes*", "notes.db"))
				require.NoError(t, err)
				assert.Len(t, made, 1)
			}
			require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGTERM)) // it listens, so it hears
			assert.NoError(t, ended(t, stopped))
			left, err := os.ReadDir(os.TempDir())
			require.NoError(t, err)
			assert.Empty(t, left, "its data is left behind")
		})
	}
	assert.FileExists(t, kept)
}

func TestProgramDoesNotStart(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, l.Close()) })
	missing := filepath.Join(t.TempDir(), "missing")
	cases := map[string]struct {
		env  map[string]string
		says string
	}{
		"an origin that is none":     {map[string]string{"CORS_ORIGINS": "somewhere"}, "CORS_ORIGINS: "},
		"a database in no directory": {map[string]string{"DB_PATH": filepath.Join(missing, "notes.db")}, "database: "},
		"no directory for this run":  {map[string]string{"TMPDIR": missing}, missing},
		"an address that is in use":  {map[string]string{"ADDR": l.Addr().String()}, "address already in use"},
		"an address that is none":    {map[string]string{"ADDR": "nowhere"}, "nowhere"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, stopped := program(t, c.env)
			assert.ErrorContains(t, ended(t, stopped), c.says)
		})
	}
}

func TestServiceNeedsAKey(t *testing.T) {
	t.Parallel()
	_, err := newAPI(nil, ginjwt.Key{})
	assert.ErrorContains(t, err, "IssuerConfig")
}

// Tables of another version are a bug of ours: trying again does not help.
func TestStatementsThatCannotWork(t *testing.T) {
	t.Parallel()
	s := start(t, setup{})
	token := s.tokenOf(t, "johndoe")
	_, err := s.db.Exec("DROP TABLE notes")
	require.NoError(t, err)
	for _, request := range []string{"GET /notes", `POST /notes {"text":"milk"}`} {
		got := s.call(t, request, token)
		assert.Equal(t, 500, got.StatusCode, request)
		assert.JSONEq(t, `{"detail":"Internal Server Error"}`, got.body, request)
		assert.Empty(t, got.Header.Get("Retry-After"), request)
	}
	_, err = s.db.Exec("CREATE TRIGGER keep BEFORE DELETE ON users BEGIN SELECT RAISE(ABORT, 'kept'); END")
	require.NoError(t, err)
	assert.Equal(t, 500, s.call(t, "DELETE /users/me", token).StatusCode)
	assert.Equal(t, 200, s.call(t, "GET /users/me", token).StatusCode)
	s.assertFree(t)
}
