package ginjwt_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDocsLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	for _, page := range docsPages(t) {
		t.Run(page.path, func(t *testing.T) {
			for _, fault := range page.linkFaults("..") {
				t.Error(fault)
			}
		})
	}
}

func TestDocsNamesAreExported(t *testing.T) {
	t.Parallel()
	exports := readDocsExports(t)
	for _, name := range []string{"ginjwt", "sessions", "redisstore", "jwks", "inspect", "openapi", "ginjwttest"} {
		require.Contains(t, exports, name)
	}
	for _, page := range docsPages(t) {
		t.Run(page.path, func(t *testing.T) {
			for _, fault := range page.nameFaults(exports) {
				t.Error(fault)
			}
		})
	}
}

func TestDocsCodeIsGo(t *testing.T) {
	t.Parallel()
	exports := readDocsExports(t)
	for _, page := range docsPages(t) {
		t.Run(page.path, func(t *testing.T) {
			_, faults := page.codeFaults(exports)
			for _, fault := range faults {
				t.Error(fault)
			}
		})
	}
}

// A whole file is vetted, which is to compile it and to leave out the linking.
func TestDocsProgramsCompile(t *testing.T) {
	t.Parallel()
	exports := readDocsExports(t)
	modules := docsModules(t)
	programs := 0
	for _, page := range docsPages(t) {
		whole, _ := page.codeFaults(exports) // TestDocsCodeIsGo has the faults
		for _, f := range whole {
			programs++
			t.Run(page.at(f.line), func(t *testing.T) {
				said, err := vetDocsProgram(t, f.code, modules)
				assert.NoError(t, err, "%sthis file does not compile; without its package clause it would be a fragment:\n%s", page.at(f.line), said)
			})
		}
	}
	assert.Positive(t, programs, "the README has one")
}

// docsModules returns the directories of the project's modules, the root first.
func docsModules(t *testing.T) (dirs []string) {
	t.Helper()
	for _, pattern := range []string{"../go.mod", "../*/go.mod", "../*/*/go.mod", "../*/*/*/go.mod"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, file := range files {
			dirs = append(dirs, filepath.Dir(file))
		}
	}
	require.NotEmpty(t, dirs)
	return dirs
}

var (
	docsNotInModule = regexp.MustCompile("no required module provides package|does not contain package")
	docsOffline     = regexp.MustCompile("dial tcp|module lookup disabled")
)

// vetDocsProgram vets code in the first module that has all it imports. If it
// does not compile, it returns what is said about that.
func vetDocsProgram(t *testing.T, code string, modules []string) (said string, err error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "main.go")
	if strings.Contains(code, `"testing"`) {
		file = strings.TrimSuffix(file, ".go") + "_test.go"
	}
	require.NoError(t, os.WriteFile(file, []byte(code), 0o600))
	for _, dir := range modules {
		cmd := exec.Command("go", "vet", file)
		cmd.Dir = dir
		out, failed := cmd.CombinedOutput()
		if os.Getenv("CI") == "" && docsOffline.Match(out) {
			t.Skipf("what a program imports is not there, and cannot be downloaded: %s", out)
		}
		said, err = said+string(out), failed
		if !docsNotInModule.Match(out) {
			return string(out), failed
		}
	}
	return said, err
}
