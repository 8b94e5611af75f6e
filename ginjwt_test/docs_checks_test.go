package ginjwt_test

import (
	"fmt"
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// The checks return faults, each with its place and what to write instead.

var (
	docsTestName  = regexp.MustCompile(`^(Test|Fuzz|Example|Benchmark)[A-Z_]?\w*$`)
	docsMentioned = regexp.MustCompile(`(^|[^\w./@-])(\w+)\.([A-Z]\w*)(?:\.([A-Z]\w*))?`)
)

// linkFaults checks that each link leads to a file or a heading that is there
// and that one which is named after a test leads to it. root is the project's.
func (p docsPage) linkFaults(root string) (faults []string) {
	for _, l := range p.links() {
		fault := func(format string, args ...any) {
			faults = append(faults, p.at(l.line)+fmt.Sprintf(format, args...))
		}
		file, anchor, _ := strings.Cut(l.target, "#")
		to, text := p, []byte(nil)
		if file != "" {
			name := path.Join(path.Dir(p.path), file)
			if path.IsAbs(file) || strings.HasPrefix(name, "../") {
				fault("the link %q leaves the project: write a path relative to this page", l.target)
				continue
			}
			info, err := os.Stat(filepath.Join(root, name))
			if err != nil {
				fault("the link %q leads nowhere: there is no %s", l.target, name)
				continue
			}
			if !info.IsDir() {
				text, _ = os.ReadFile(filepath.Join(root, name))
			}
			to = newDocsPage(name, string(text))
		}
		if anchor != "" && (file == "" || path.Ext(file) == ".md") && !to.anchors()[anchor] {
			fault("the link %q leads to no heading of %s", l.target, to.path)
		}
		if !docsTestName.MatchString(l.text) {
			continue
		}
		if !strings.HasSuffix(file, "_test.go") {
			fault("the link [%s] does not lead to a test file: %q", l.text, l.target)
		} else if !strings.Contains("\n"+string(text), "\nfunc "+l.text+"(") {
			fault("there is no func %s in %s: name a test that is there", l.text, file)
		}
	}
	return faults
}

// nameFaults checks that what the text calls a package's own is exported by it.
func (p docsPage) nameFaults(exports docsExports) (faults []string) {
	check := func(n int, line string) {
		for _, m := range docsMentioned.FindAllStringSubmatch(line, -1) {
			if pkg := exports[m[2]]; pkg != nil {
				if said := pkg.unknown(m[2], m[3], m[4]); said != "" {
					faults = append(faults, p.at(n)+said)
				}
			}
		}
	}
	p.prose(func(n int, line string) bool { check(n, line); return true })
	for _, f := range p.fences {
		if f.language == "" || f.language == "text" {
			for i, line := range strings.Split(f.code, "\n") {
				check(f.line+1+i, line)
			}
		}
	}
	return faults
}

// unknown says what is wrong with name.member of the package, which is called
// pkg; member may be "".
func (p *docsPackage) unknown(pkg, name, member string) string {
	n := p.names[name]
	switch {
	case n == nil:
		return fmt.Sprintf("%s.%s is not exported by package %s: name what is there", pkg, name, p.path)
	case member != "" && n.members != nil && !p.has(n, member):
		return fmt.Sprintf("%s.%s has no field or method %s: name one that is there", pkg, name, member)
	}
	return ""
}

// codeFaults checks that the Go code of p can be parsed, and that what it takes
// of the project's packages is there. It returns the whole files among it.
func (p docsPage) codeFaults(exports docsExports) (whole []docsFence, faults []string) {
	for _, f := range p.fences {
		if f.language != "go" {
			continue
		}
		code, err := parseDocsCode(f.code)
		if err != nil {
			faults = append(faults, fmt.Sprintf("%sthis is no Go, neither as declarations nor as statements (%v): correct it, "+
				"write ... for what is left out, or take the word go off the fence", p.at(f.line+docsErrorAt(err)), err))
			continue
		}
		ours := false
		for _, imported := range code.imports() {
			own := imported.path == docsModule || strings.HasPrefix(imported.path, docsModule+"/")
			ours = ours || own
			if own && !exports.imports(imported.path) {
				faults = append(faults, fmt.Sprintf("%sthere is no package %s to import", p.at(f.line+imported.line), imported.path))
			}
		}
		if code.whole && ours { // other libraries' programs need modules that are not ours
			whole = append(whole, f)
		}
		for _, one := range code.unknown(exports) {
			faults = append(faults, p.at(f.line+one.line)+one.path)
		}
	}
	return whole, faults
}

func (e docsExports) imports(path string) bool {
	for _, p := range e {
		if p.path == path {
			return true
		}
	}
	return false
}

// unknown returns what c takes of the project's packages and is not there, each
// as what is wrong with it and the line.
func (c *docsCode) unknown(exports docsExports) (found []docsImported) {
	say := func(n ast.Node, text string) {
		if text != "" {
			found = append(found, docsImported{line: c.line(n.Pos()), path: text})
		}
	}
	ast.Inspect(c.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if pkg, name := c.exported(exports, n); pkg != nil {
				say(n, pkg.unknown(name.Name, n.Sel.Name, ""))
			}
		case *ast.CompositeLit:
			c.literal(exports, n, say)
		}
		return true
	})
	return found
}

// exported returns the package of the project that expr takes something of.
func (c *docsCode) exported(exports docsExports, expr *ast.SelectorExpr) (*docsPackage, *ast.Ident) {
	name, ok := expr.X.(*ast.Ident)
	if !ok {
		return nil, nil
	}
	return c.ours(exports, name), name
}

// literal checks the fields that a literal of a struct sets.
func (c *docsCode) literal(exports docsExports, lit *ast.CompositeLit, say func(ast.Node, string)) {
	expr := lit.Type
	if index, ok := expr.(*ast.IndexExpr); ok {
		expr = index.X
	}
	selector, ok := expr.(*ast.SelectorExpr)
	if !ok {
		return
	}
	pkg, name := c.exported(exports, selector)
	if pkg == nil || pkg.names[selector.Sel.Name] == nil || len(pkg.names[selector.Sel.Name].fields) == 0 {
		return
	}
	for _, element := range lit.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		if key, ok := pair.Key.(*ast.Ident); ok && !pkg.names[selector.Sel.Name].fields[key.Name] {
			say(key, fmt.Sprintf("%s.%s has no field %s: name one that is there", name.Name, selector.Sel.Name, key.Name))
		}
	}
}
