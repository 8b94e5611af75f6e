package ginversions

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const gin = "github.com/gin-gonic/gin"

// goTool runs the go command in dir. It stays out of a workspace, and of the
// flags of whoever runs this test.
func goTool(t *testing.T, dir string, env []string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod"), env...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "go %v: %s", args, out)
	return string(out)
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(to, text, 0o600))
}

// The whole library with each version from the first that has keys of any type
// in its context. This module's go.mod is copied, with that version in place of
// the one that would be chosen.
func TestTheLibrarySeesTheRoutesOfGin(t *testing.T) {
	for _, version := range []string{"v1.11.0", "v1.12.0"} {
		t.Run(version, func(t *testing.T) {
			mod := filepath.Join(t.TempDir(), "go.mod")
			copyFile(t, "go.mod", mod)
			copyFile(t, "go.sum", mod[:len(mod)-len("mod")]+"sum")
			goTool(t, ".", nil, "mod", "edit", "-replace="+gin+"="+gin+"@"+version, mod)
			out := goTool(t, ".", []string{"GIN_VERSION=" + version}, "test", "-count=1", "-modfile="+mod, "-run=^TestRoutes$", "-v", "./walked")
			require.Contains(t, out, "--- PASS: TestRoutes", "the test was not run")
		})
	}
}

// The walk itself needs less of Gin than the library: it is tried alone with
// older versions, for how long the tree has been as it is says how likely it is
// to stay so.
func TestTheWalkSeesTheRoutesOfOlderGins(t *testing.T) {
	for _, version := range []string{"v1.9.1", "v1.10.1"} {
		t.Run(version, func(t *testing.T) {
			dir := t.TempDir()
			copyFile(t, "../../ginjwt/inspect/walk.go", filepath.Join(dir, "walk.go"))
			copyFile(t, "testdata/walk_test.go.txt", filepath.Join(dir, "walk_test.go"))
			mod := "module example.com/inspect\n\ngo 1.26\n\nrequire " + gin + " " + version + "\n"
			require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte(mod), 0o600))
			out := goTool(t, dir, nil, "test", "-count=1", "-v", ".")
			require.Contains(t, out, "--- PASS: TestWalk", "the test was not run")
		})
	}
}
