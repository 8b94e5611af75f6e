package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

// source reads the code that blocks lie in.
type source struct {
	root  string
	files map[string]*sourceFile
}

type sourceFile struct {
	lines     []string
	functions []function
}

type function struct {
	name      string // "Verify", or "Key.WithID" for a method
	from, end int    // lines
}

func (s *source) file(name string) (*sourceFile, error) {
	if f, ok := s.files[name]; ok {
		return f, nil
	}
	text, err := os.ReadFile(filepath.Join(s.root, filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	f := &sourceFile{lines: strings.Split(string(text), "\n")}
	for _, d := range parsed.Decls {
		name := "-" // a function literal in a variable
		if fn, ok := d.(*ast.FuncDecl); ok {
			name = receiver(fn) + fn.Name.Name
		}
		f.functions = append(f.functions, function{name, set.Position(d.Pos()).Line, set.Position(d.End()).Line})
	}
	if s.files == nil {
		s.files = map[string]*sourceFile{}
	}
	s.files[name] = f
	return f, nil
}

// receiver returns "Key." for a method of Key or of *Key, generic or not.
func receiver(fn *ast.FuncDecl) string {
	if fn.Recv == nil {
		return ""
	}
	t := fn.Recv.List[0].Type
	for {
		switch of := t.(type) {
		case *ast.StarExpr:
			t = of.X
		case *ast.IndexExpr:
			t = of.X
		case *ast.IndexListExpr:
			t = of.X
		case *ast.Ident:
			return of.Name + "."
		default:
			return "?."
		}
	}
}

// find returns the function that a block is in, and the code that tells it from
// others: the line before it, which often says what was tried, and its own.
func (s *source) find(p place) (name, code string, err error) {
	f, err := s.file(p.file)
	if err != nil {
		return "", "", err
	}
	if p.line < 1 || p.endLine > len(f.lines) || p.line > p.endLine {
		return "", "", fmt.Errorf("%s has no lines %d to %d: the profile is of other code", p.file, p.line, p.endLine)
	}
	for _, fn := range f.functions {
		if fn.from <= p.line && p.line <= fn.end {
			from := max(p.line-2, fn.from-1)
			return fn.name, strings.Join(f.lines[from:p.endLine], "\n"), nil
		}
	}
	return "", "", fmt.Errorf("%s has no declaration at line %d: the profile is of other code", p.file, p.line)
}
