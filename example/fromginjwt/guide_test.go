package main

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	jwt "github.com/appleboy/gin-jwt/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func read(t *testing.T, names ...string) (text string) {
	t.Helper()
	for _, name := range names {
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		text += string(b)
	}
	return text
}

func guide(t *testing.T) string {
	t.Helper()
	return read(t, "../../docs/from-gin-jwt.md")
}

func TestGuideQuotesThePrograms(t *testing.T) {
	t.Parallel()
	programs := read(t, "before/before.go", "after/after.go", "after/old.go")
	snippets := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(guide(t), -1)
	require.NotEmpty(t, snippets)
	for _, s := range snippets {
		assert.Contains(t, programs, "\n"+s[1], "the snippet is in neither program")
	}
}

// section returns the guide from a heading to the next one.
func section(t *testing.T, heading string) string {
	t.Helper()
	_, text, found := strings.Cut(guide(t), "\n"+heading+"\n")
	require.True(t, found, heading)
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}

// row is d as the guide has it.
func (d difference) row() string {
	code := func(text string) string {
		if text == "" {
			return ""
		}
		return "`" + text + "`"
	}
	return fmt.Sprintf("| %s | %s | %s | %s |", d.request, code(d.before), code(d.after), d.reason)
}

func TestGuideHasTheDifferences(t *testing.T) {
	t.Parallel()
	var want []string
	for _, d := range differences() {
		want = append(want, d.row())
	}
	_, table, found := strings.Cut(section(t, "## What is answered otherwise"), "|---|---|---|---|\n")
	require.True(t, found)
	assert.Equal(t, strings.Join(want, "\n"), strings.TrimSpace(table))
}

// named returns what the first column of each row of a text's tables names.
func named(text string) (names []string) {
	for line := range strings.Lines(text) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			for _, name := range regexp.MustCompile("`([A-Za-z.]+)`").FindAllStringSubmatch(cells[1], -1) {
				names = append(names, name[1])
			}
		}
	}
	return names
}

func TestGuideHasEveryOption(t *testing.T) {
	t.Parallel()
	var fields []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[jwt.GinJWTMiddleware]()) {
		if f.IsExported() {
			fields = append(fields, f.Name)
		}
	}
	assert.ElementsMatch(t, fields, named(section(t, "## Options")))
}

func TestGuideHasEveryMethod(t *testing.T) {
	t.Parallel()
	names := named(section(t, "## Routes and handlers"))
	for m := range reflect.TypeFor[*jwt.GinJWTMiddleware]().Methods() {
		assert.Contains(t, names, m.Name)
	}
}
