package ginjwt_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// docsSettings returns each setting that the packages export, with its full
// name: the fields of configurations, and the functions that return an option.
func docsSettings(exports docsExports) (all []string) {
	for pkg, p := range exports {
		if pkg == "ginjwttest" { // which does nothing outside of a test
			continue
		}
		for name, n := range p.names {
			if strings.HasSuffix(n.result, "Option") {
				all = append(all, pkg+"."+name)
			}
			if !strings.HasSuffix(name, "Config") && name != "Policy" && name != "Cookies" {
				continue
			}
			for field := range n.fields {
				all = append(all, pkg+"."+name+"."+field)
			}
		}
	}
	return all
}

// docsTable returns the rows of the table that follows a line of docs/security.md
// which begins with after, each as its cells.
func docsTable(t *testing.T, after string) (rows [][]string) {
	t.Helper()
	text, err := os.ReadFile("../docs/security.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut("\n"+string(text), "\n"+after)
	require.True(t, found, after)
	_, table, found := strings.Cut(rest, "\n|---|---|\n")
	require.True(t, found, after)
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		rows = append(rows, strings.Split(line, "|")[1:])
	}
	return rows
}

var docsCodeSpan = regexp.MustCompile("`([^`]+)`")

// Whoever adds a setting says in docs/security.md what it loosens, or that it
// loosens nothing.
func TestDocsNameWhatEachSettingLoosens(t *testing.T) {
	t.Parallel()
	var loosens, others []string
	for _, row := range docsTable(t, "## What loosens a rule") {
		for _, name := range docsCodeSpan.FindAllStringSubmatch(row[0], -1) {
			loosens = append(loosens, name[1])
		}
	}
	for _, row := range docsTable(t, "The rest loosens nothing:") {
		of := docsCodeSpan.FindStringSubmatch(row[0])
		require.NotNil(t, of, row)
		for _, name := range docsCodeSpan.FindAllStringSubmatch(row[1], -1) {
			others = append(others, of[1]+"."+name[1])
		}
	}
	settings := docsSettings(readDocsExports(t))
	for _, name := range settings {
		if !slices.Contains(loosens, name) && !slices.Contains(others, name) {
			t.Errorf("docs/security.md does not say whether %s loosens a rule: add it to one of the two tables", name)
		}
	}
	dangerous := regexp.MustCompile(`\.(Insecure|Any|No(Issuer|Audience)|Allow|Skip|Ignore|Trust|Disable|Without)`)
	for _, name := range append(slices.Clone(loosens), others...) {
		assert.Contains(t, settings, name, "docs/security.md names a setting that is not there")
	}
	for _, name := range others {
		assert.NotContains(t, loosens, name, "it is in both tables")
		assert.NotRegexp(t, dangerous, name, "by its name it loosens something")
	}
}
