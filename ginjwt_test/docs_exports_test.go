package ginjwt_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const docsModule = "github.com/ginjwt/gin-depends"

// docsExports are the exported names of the project's packages, by the name of
// the package.
type docsExports map[string]*docsPackage

type docsPackage struct {
	path  string // that it is imported by
	names map[string]*docsName
	types map[string]*docsName // those that are not exported as well, for embedding
}

// docsName is one exported name, and of a type what is in it.
type docsName struct {
	members map[string]bool // the fields and methods; nil of what is no type
	fields  map[string]bool // those that a literal can name
	embeds  []string        // types of the same package
	open    bool            // it embeds a type of another package, so there is more
	result  string          // of a function: the name of its only result's type
}

// has reports whether n, a type of p, has the field or method member.
func (p *docsPackage) has(n *docsName, member string) bool {
	if n.open || n.members[member] {
		return true
	}
	for _, name := range n.embeds {
		if inner := p.types[name]; inner != nil && p.has(inner, member) {
			return true
		}
	}
	return false
}

// readDocsExports parses the sources: to load them with their types takes far longer.
func readDocsExports(t *testing.T) docsExports {
	t.Helper()
	exports := docsExports{}
	require.NoError(t, filepath.WalkDir("../ginjwt", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "internal" || d.Name() == "testdata"):
			return filepath.SkipDir
		case filepath.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil || f.Name.Name == "main" {
			return err
		}
		p := exports[f.Name.Name]
		if p == nil {
			dir := strings.TrimPrefix(path.Dir(filepath.ToSlash(file)), "../")
			p = &docsPackage{path: docsModule + "/" + dir, names: map[string]*docsName{}, types: map[string]*docsName{}}
			exports[f.Name.Name] = p
		}
		for _, decl := range f.Decls {
			p.add(decl)
		}
		return nil
	}))
	return exports
}

func (p *docsPackage) add(decl ast.Decl) {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if decl.Recv == nil {
			p.put(decl.Name.Name, docsName{result: onlyResult(decl.Type)})
		} else {
			p.typeOf(baseName(decl.Recv.List[0].Type)).members[decl.Name.Name] = true
		}
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					p.put(name.Name, docsName{})
				}
			case *ast.TypeSpec:
				n := p.typeOf(spec.Name.Name)
				n.read(spec.Type)
				if spec.Name.IsExported() {
					p.names[spec.Name.Name] = n
				}
			}
		}
	}
}

func (p *docsPackage) put(name string, n docsName) {
	if ast.IsExported(name) {
		p.names[name] = &n
	}
}

// typeOf returns the type name, which methods may come before.
func (p *docsPackage) typeOf(name string) *docsName {
	if p.types[name] == nil {
		p.types[name] = &docsName{members: map[string]bool{}, fields: map[string]bool{}}
	}
	return p.types[name]
}

// read notes the fields of a struct or the methods of an interface.
func (n *docsName) read(expr ast.Expr) {
	var list *ast.FieldList
	switch expr := expr.(type) {
	case *ast.StructType:
		list = expr.Fields
	case *ast.InterfaceType:
		list = expr.Methods
	default:
		return
	}
	for _, f := range list.List {
		for _, name := range f.Names {
			n.members[name.Name], n.fields[name.Name] = true, true
		}
		if len(f.Names) > 0 {
			continue
		}
		name := baseName(f.Type)
		n.members[name], n.fields[name] = true, true
		if _, elsewhere := f.Type.(*ast.SelectorExpr); elsewhere {
			n.open = true
		}
		n.embeds = append(n.embeds, name)
	}
}

// baseName returns the name of a type without its package, pointer and parameters.
func baseName(expr ast.Expr) string {
	switch expr := expr.(type) {
	case *ast.Ident:
		return expr.Name
	case *ast.StarExpr:
		return baseName(expr.X)
	case *ast.IndexExpr:
		return baseName(expr.X)
	case *ast.IndexListExpr:
		return baseName(expr.X)
	case *ast.SelectorExpr:
		return expr.Sel.Name
	}
	return ""
}

func onlyResult(fn *ast.FuncType) string {
	if fn.Results == nil || len(fn.Results.List) != 1 {
		return ""
	}
	return baseName(fn.Results.List[0].Type)
}
