package ginjwt_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the checks of the pages find, and what they let pass.

func TestDocsFindsLinksThatLeadNowhere(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ text, fault string }{
		"a file that is there":               {"[a](../README.md)", ""},
		"a directory":                        {"[a](../example/)", ""},
		"another site":                       {"[a](https://nowhere.example/x.md) <mailto:a@b.example>", ""},
		"no file":                            {"[a](../READYOU.md)", `page.md:1: the link "../READYOU.md" leads nowhere`},
		"no file, with a title":              {`[a](none.md "b")`, "leads nowhere"},
		"no picture":                         {"![a](none.png)", "leads nowhere"},
		"no picture within a link":           {"[![a](none.png)](../README.md)", "leads nowhere"},
		"no file behind a picture":           {"[![a](docs-page.png)](none.md)", "leads nowhere"},
		"no file in HTML":                    {`<img width="1" src="none.png">`, "leads nowhere"},
		"no file of a reference":             {"[a]\n\n[a]: none.md", "page.md:3:"},
		"a link in a code span":              {"`[a](none.md)`, ``[`a`](none.md)``", ""},
		"a link in a fence":                  {"```\n[a](none.md)\n```", ""},
		"a link behind a fence":              {"```go\n```\n[a](none.md)", "page.md:3:"},
		"a fence within a fence":             {"````\n```\n[a](none.md)\n````", ""},
		"outside of the project":             {"[a](../../x.md)", "leaves the project"},
		"an absolute path":                   {"[a](/README.md)", "leaves the project"},
		"a heading":                          {"[a](#b-c)\n\n## `B`: c?", ""},
		"a heading that comes twice":         {"[a](#b-1)\n# b\n# b", ""},
		"no heading":                         {"[a](#d)\n\n## B", "leads to no heading"},
		"a heading of another page":          {"[a](providers.md#auth0)", ""},
		"no heading of another page":         {"[a](providers.md#auth)", "leads to no heading of docs/providers.md"},
		"a test that is there":               {"[TestDocsLinksLeadSomewhere](../ginjwt_test/docs_test.go)", ""},
		"a test that is there, as code":      {"[`TestDocsLinksLeadSomewhere`](../ginjwt_test/docs_test.go)", ""},
		"a test of another file":             {"[TestDocsLinksLeadSomewhere](../ginjwt_test/vectors_test.go)", "there is no func TestDocsLinksLeadSomewhere in"},
		"the beginning of a test's name":     {"[`TestDocsLinks`](../ginjwt_test/docs_test.go)", "there is no func TestDocsLinks in"},
		"a test, and a file without tests":   {"[TestDocsLinksLeadSomewhere](../README.md)", "does not lead to a test file"},
		"a test's file by its own name":      {"[docs_test.go](../ginjwt_test/docs_test.go)", ""},
		"a table with a link and code in it": {"| `a | b` | [a](none.md) | `c` |", "leads nowhere"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			assertDocsFaults(t, newDocsPage("docs/page.md", c.text).linkFaults(".."), c.fault)
		})
	}
}

func TestDocsFindsNamesThatAreNotExported(t *testing.T) {
	t.Parallel()
	exports := readDocsExports(t)
	cases := map[string]struct{ text, fault string }{
		"a function":                     {"`ginjwt.Depends`", ""},
		"a constant":                     {"`ginjwt.HS256`, and `ginjwttest.Expired`", ""},
		"a type with a parameter":        {"`sessions.Config[Device]`", ""},
		"a field":                        {"`sessions.Cookies.InsecureLoopback`", ""},
		"a field that is embedded":       {"`ginjwt.Claims.SessionID`", ""},
		"a method":                       {"`jwks.Source.Refresh`, `ginjwt.Introspector.Introspect`", ""},
		"a method of another package's":  {"`ginjwt.NumericDate.Unix`", ""},
		"a name that is not there":       {"see `ginjwt.Dependz`", "page.md:1: ginjwt.Dependz is not exported"},
		"a name without code marks":      {"see ginjwt.Dependz", "not exported"},
		"a name that is not exported":    {"`redisstore.Local`", "not exported"},
		"a type's name behind a pointer": {"`[]*ginjwt.Claimz`", "not exported"},
		"no field":                       {"`ginjwt.Policy.AnyIssuers`", "ginjwt.Policy has no field or method AnyIssuers"},
		"indented code":                  {"a\n\n    jwks.Nothing()", "page.md:3:"},
		"a fence without a language":     {"```\njwks.Nothing()\n```", "page.md:2:"},
		"a fence of another language":    {"```python\ninspect.Parameter\n```", ""},
		"a file":                         {"`ginjwt.go`, `example/ginjwt.Dependz`", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			assertDocsFaults(t, newDocsPage("docs/page.md", c.text).nameFaults(exports), c.fault)
		})
	}
}

func TestDocsFindsCodeThatIsNoGo(t *testing.T) {
	t.Parallel()
	exports := readDocsExports(t)
	cases := map[string]struct{ code, fault string }{
		"statements":                           {"v, err := jwks.Discover(issuer, policy)", ""},
		"declarations":                         {"import \"fmt\"\n\nfunc f() { fmt.Println() }", ""},
		"statements behind an import":          {"import \"fmt\"\n\nfmt.Println()", ""},
		"statements beside a function":         {"f()\n\nfunc f() { return }", ""},
		"a method beside statements":           {"s.f()\n\nfunc (s *S) f() error { return nil }", ""},
		"a signature":                          {"func readMe(c *gin.Context, me User)", ""},
		"elements of a literal":                {"Password: check,\nClaims: claimsOf,", ""},
		"a body that is left out":              {"func f() error { ... }", ""},
		"statements that are left out":         {"a := 1\n...\nf(a)", ""},
		"declarations that are left out":       {"func f() {}\n\n...\n\nfunc g() {}", ""},
		"elements that are left out":           {"x := T{\n\tA: 1,\n\t...\n}", ""},
		"a value that is left out":             {"f()\nx := ...", ""},
		"arguments that are left out":          {"f(a, ...)\nx := T{...}", ""},
		"Go's own ellipses":                    {"f(a...)\nx := [...]int{1}\nvar g func(...string)", ""},
		"no Go":                                {"a := 1\nb := := 2", "page.md:3: this is no Go"},
		"a brace too few":                      {"func f() {", "this is no Go"},
		"another sign for what is left out":    {"a := 1\n…", "page.md:3: this is no Go"},
		"a whole file that leaves something":   {"package main\n\nfunc main() { ... }", ""},
		"a name that is not exported":          {"v := ginjwt.Must(\n\tjwks.Dizcover())", "page.md:3: jwks.Dizcover is not exported"},
		"a variable of a package's name":       {"sessions := sessionsOf(c)\nsessions.Nothing()", ""},
		"another package of that name":         {"package p\n\nimport \"other.example/openapi\"\n\nvar _ = openapi.Nothing", ""},
		"a package of that name in a fragment": {"import \"github.com/ginjwt/gin-depends/ginjwt/openapi\"\n\nvar _ = openapi.Nothing", "not exported"},
		"a field that is there":                {"x := sessions.Config[D]{Password: f}", ""},
		"no field":                             {"x := sessions.Config[D]{Passwort: f}", "sessions.Config has no field Passwort"},
		"no field, by a pointer":               {"x := &ginjwt.Policy{Issuers: f}", "ginjwt.Policy has no field Issuers"},
		"a package that is not there":          {"import \"github.com/ginjwt/gin-depends/jwks\"", "page.md:2: there is no package"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, faults := newDocsPage("docs/page.md", "```go\n"+c.code+"\n```").codeFaults(exports)
			assertDocsFaults(t, faults, c.fault)
		})
	}
}

func TestDocsFindsProgramsThatDoNotCompile(t *testing.T) {
	t.Parallel()
	const head = "package main\n\nimport \"github.com/ginjwt/gin-depends/ginjwt\"\n\n"
	cases := map[string]struct {
		code, fault string
		whole       bool
	}{
		"one that compiles":          {head + "func main() { _ = ginjwt.Public() }\n", "", true},
		"one that does not":          {head + "func main() { _ = ginjwt.Public(1) }\n", "too many arguments", true},
		"an import that is unused":   {head + "func main() {}\n", "imported and not used", true},
		"a module that is not there": {strings.Replace(head, "\"\n", "\"\nimport _ \"nowhere.example/x\"\n", 1), "no required module", true},
		"a nested module":            {strings.ReplaceAll(head, "/ginjwt\"", "/ginjwt/ginjwtprom\"") + "var _ = ginjwtprom.New\n", "", true},
		"with Go's own ellipses": {
			head + "func f(a ...int) []int { return append([]int{}, a...) }\n\nfunc main() { ginjwt.Public(); x := [...]int{1}; f(x[:]...); f(1.5) }\n", "truncated", true,
		},
		"one that leaves something": {head + "func main() { ... }\n", "", false},
		"another library's":         {"package main\n\nimport \"other.example/ginjwt\"\n\nfunc main() { ginjwt.Other() }\n", "", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole, faults := newDocsPage("docs/page.md", "```go\n"+c.code+"```").codeFaults(readDocsExports(t))
			require.Empty(t, faults)
			require.Len(t, whole, map[bool]int{true: 1}[c.whole])
			if !c.whole {
				return
			}
			said, err := vetDocsProgram(t, c.code, docsModules(t))
			if c.fault == "" {
				assert.NoError(t, err, said)
			} else {
				assert.Error(t, err)
				assert.Contains(t, said, c.fault)
			}
		})
	}
}

// assertDocsFaults wants one fault with a text, or none.
func assertDocsFaults(t *testing.T, faults []string, want string) {
	t.Helper()
	if want == "" {
		assert.Empty(t, faults)
		return
	}
	if assert.Len(t, faults, 1) {
		assert.Contains(t, faults[0], want)
	}
}
