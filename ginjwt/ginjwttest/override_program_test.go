package ginjwttest_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// program tries each way to replace something, and says what became of it.
const program = `package main

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

func main() {
	d := ginjwt.Provide(func(*gin.Context) (int, error) { return 1, nil })
	req, _ := http.NewRequest("GET", "/", nil)
	for name, try := range map[string]func(){
		"Value":  func() { ginjwttest.Value(d, 1) },
		"Fails":  func() { ginjwttest.Fails(d, errors.New("x")) },
		"Func":   func() { ginjwttest.Func(d, func(*gin.Context, func() (int, error)) (int, error) { return 1, nil }) },
		"As":     func() { ginjwttest.As(req, 1) },
		"With":   func() { ginjwttest.With(req) },
		"Engine": func() { ginjwttest.Engine(http.NotFoundHandler()) },
	} {
		func() {
			defer func() { fmt.Println(name, recover()) }()
			try()
		}()
	}
}
`

// TestNothingIsReplacedOutsideOfATestBinary: it panics, whatever is called.
func TestNothingIsReplacedOutsideOfATestBinary(t *testing.T) {
	t.Parallel()
	goTool, err := exec.LookPath("go")
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip("the go command is not there to build a program")
	}
	require.NoError(t, err)
	dir, main := t.TempDir(), filepath.Join(t.TempDir(), "main.go")
	require.NoError(t, os.WriteFile(main, []byte(program), 0o600))
	within, err := filepath.Abs(filepath.Join("program", "main.go")) // the module, which the program imports
	require.NoError(t, err)
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{within: main}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600))
	out, err := exec.Command(goTool, "run", "-overlay", filepath.Join(dir, "overlay.json"), "./program").CombinedOutput()
	require.NoError(t, err, "%s", out)
	const text = "ginjwttest: this is no test binary: dependencies are replaced in tests only"
	var want []string
	for _, name := range []string{"Value", "Fails", "Func", "As", "With", "Engine"} {
		want = append(want, name+" "+text)
	}
	assert.ElementsMatch(t, want, strings.Split(strings.TrimSpace(string(out)), "\n"))
}

// TestOnlyTheTestKitSwitchesTheSeamOn: nothing else in this module calls
// override.Enable, or puts a Set into a request.
func TestOnlyTheTestKitSwitchesTheSeamOn(t *testing.T) {
	t.Parallel()
	var callers []string
	root := filepath.Join("..", "..")
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && isOverride(sel) {
				callers = append(callers, filepath.ToSlash(strings.TrimPrefix(path, root+string(filepath.Separator)))+" "+sel.Sel.Name)
			}
			return true
		})
		return nil
	}))
	assert.ElementsMatch(t, []string{"ginjwt/ginjwttest/override.go Enable", "ginjwt/ginjwttest/override.go With"}, callers)
}

func isOverride(sel *ast.SelectorExpr) bool {
	pkg, ok := sel.X.(*ast.Ident)
	return ok && pkg.Name == "override" && (sel.Sel.Name == "Enable" || sel.Sel.Name == "With")
}
