package ginjwt_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"regexp"
	"slices"
	"strings"
)

// The Go code of the pages. What begins with a package clause is a whole file;
// all else is a fragment: declarations, statements, both, or the elements of a
// literal. "..." stands for what is left out: a statement, an argument, a body,
// an element; a whole file that leaves something out counts as a fragment.

// docsCode is Go code that could be parsed. Its first line is the fence's
// second, whatever was put around it.
type docsCode struct {
	files *token.FileSet
	file  *ast.File
	whole bool
}

var (
	docsClause = regexp.MustCompile(`(?m)^package \w+`)
	docsImport = regexp.MustCompile(`(?m)^import (\([^)]*\)|[\w.]* *"[^"\n]*")`)
	docsFunc   = regexp.MustCompile(`(?m)^func (\([^)]*\) )?\w+(\[[^\]]*\])?\(`)
)

// parseDocsCode parses a fence. The error is that of the reading which got
// furthest.
func parseDocsCode(code string) (*docsCode, error) {
	if docsClause.MatchString(code) {
		c, err := parseDocsFile(code)
		if err == nil && leaveOut(code, "_") == code {
			c.whole = true
			return c, nil
		}
		for _, text := range []string{leaveOut(code, "_"), leaveOut(code, "")} {
			if c, err = parseDocsFile(text); err == nil {
				return c, nil
			}
		}
		return nil, err
	}
	var furthest error
	for _, gap := range []string{"_", ""} {
		code := leaveOut(code, gap)
		blank := func(s string) string { return strings.Repeat("\n", strings.Count(s, "\n")) }
		mixed := docsFunc.ReplaceAllString(docsImport.ReplaceAllStringFunc(code, blank), "var _ = func(")
		for _, text := range []string{
			"package p; " + code,
			"package p; func _() { " + code + "\n}",
			"package p; func _() { " + mixed + "\n}",
			"package p; var _ = T{ " + code + "\n}",
		} {
			c, err := parseDocsFile(text)
			if err == nil {
				return c, nil
			}
			if furthest == nil || docsErrorAt(err) > docsErrorAt(furthest) {
				furthest = err
			}
		}
	}
	return nil, furthest
}

func parseDocsFile(text string) (*docsCode, error) {
	c := &docsCode{files: token.NewFileSet()}
	var err error
	c.file, err = parser.ParseFile(c.files, "", text, 0)
	return c, err
}

// docsErrorAt returns the line of a parser's first error.
func docsErrorAt(err error) int {
	if list, ok := errors.AsType[scanner.ErrorList](err); ok && len(list) > 0 {
		return list[0].Pos.Line
	}
	return 0
}

// docsToken is a token and where it stands.
type docsToken struct {
	kind     token.Token
	from, to int
}

// leaveOut puts gap in the place of each "..." that is none of Go's own.
func leaveOut(code, gap string) string {
	tokens := docsTokens(code)
	var b strings.Builder
	done := 0
	for i, t := range tokens {
		if t.kind == token.ELLIPSIS && !isGosEllipsis(tokens, i) {
			b.WriteString(code[done:t.from] + gap)
			done = t.to
		}
	}
	return b.String() + code[done:]
}

func docsTokens(code string) (tokens []docsToken) {
	var s scanner.Scanner
	file := token.NewFileSet().AddFile("", -1, len(code))
	s.Init(file, []byte(code), func(token.Position, string) {}, 0)
	for {
		pos, kind, text := s.Scan()
		if kind == token.EOF {
			return tokens
		}
		if kind == token.ELLIPSIS || kind.IsOperator() && text == "" {
			text = kind.String()
		}
		from := file.Offset(pos)
		tokens = append(tokens, docsToken{kind, from, from + len(text)})
	}
}

// isGosEllipsis reports whether the ellipsis at i is that of a variadic
// parameter or argument, or of an array's length.
func isGosEllipsis(tokens []docsToken, i int) bool {
	at := func(i int) docsToken {
		if i < 0 || i >= len(tokens) {
			return docsToken{kind: token.EOF, from: -1, to: -1}
		}
		return tokens[i]
	}
	before, dots, after := at(i-1), at(i), at(i+1)
	begins := []token.Token{token.IDENT, token.MUL, token.LBRACK, token.FUNC, token.INTERFACE, token.STRUCT, token.MAP, token.CHAN, token.ARROW}
	ends := []token.Token{token.IDENT, token.RPAREN, token.RBRACK, token.RBRACE}
	switch {
	case after.from == dots.to && slices.Contains(begins, after.kind):
		return true
	case before.to == dots.from && slices.Contains(ends, before.kind):
		return after.kind == token.RPAREN || after.kind == token.COMMA
	case before.kind == token.LBRACK && after.kind == token.RBRACK:
		return at(i-2).to != before.from || at(i-2).kind != token.IDENT // or it indexes something
	}
	return false
}

// ours returns the package of the project that name stands for in c, or nil.
func (c *docsCode) ours(exports docsExports, name *ast.Ident) *docsPackage {
	p := exports[name.Name]
	if p == nil || name.Obj != nil { // a variable of that name
		return nil
	}
	for _, imported := range c.imports() {
		if imported.name == name.Name && imported.path != p.path {
			return nil
		}
	}
	return p
}

type docsImported struct {
	name, path string
	line       int
}

// imports returns what c imports. A package's name is taken for the last part
// of its path that is no version.
func (c *docsCode) imports() (imports []docsImported) {
	for _, spec := range c.file.Imports {
		one := docsImported{path: strings.Trim(spec.Path.Value, "\"`"), line: c.line(spec.Pos())}
		parts := strings.Split(one.path, "/")
		one.name = parts[len(parts)-1]
		if spec.Name != nil {
			one.name = spec.Name.Name
		}
		imports = append(imports, one)
	}
	return imports
}

func (c *docsCode) line(pos token.Pos) int { return c.files.Position(pos).Line }
