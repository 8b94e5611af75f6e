package ginjwt_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// docsPage is a page of Markdown, taken apart as far as the checks need it.
type docsPage struct {
	path   string // from the project's root
	lines  []string
	fences []docsFence
	fenced []bool // by line: in a fence, or its border
}

// docsFence is a block of code between two lines of backticks.
type docsFence struct {
	line     int // of its first backticks, from 1
	language string
	code     string
}

// docsLink is a link to a file beside the page, or to a heading.
type docsLink struct {
	line         int
	text, target string
}

// docsPages returns all pages of the project.
func docsPages(t *testing.T) (pages []docsPage) {
	t.Helper()
	require.NoError(t, filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (len(d.Name()) > 2 && d.Name()[0] == '.' || d.Name() == "testdata" || d.Name() == "node_modules"):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".md":
			return nil
		}
		text, err := os.ReadFile(path)
		pages = append(pages, newDocsPage(strings.TrimPrefix(filepath.ToSlash(path), "../"), string(text)))
		return err
	}))
	return pages
}

var docsBorder = regexp.MustCompile("^ *(```+|~~~+) *([^ `]*)")

func newDocsPage(path, text string) docsPage {
	p := docsPage{path: path, lines: strings.Split(text, "\n")}
	border, code := "", []string(nil)
	for i, line := range p.lines {
		m := docsBorder.FindStringSubmatch(line)
		switch {
		case border == "" && m != nil:
			border, code = m[1], nil
			p.fences = append(p.fences, docsFence{line: i + 1, language: m[2]})
		case border != "" && m != nil && strings.HasPrefix(m[1], border) && m[2] == "":
			border = ""
			p.fences[len(p.fences)-1].code = strings.Join(code, "\n")
		case border != "":
			code = append(code, line)
		default:
			p.fenced = append(p.fenced, false)
			continue
		}
		p.fenced = append(p.fenced, true)
	}
	return p
}

// at names a line of p in a fault.
func (p docsPage) at(line int) string { return fmt.Sprintf("%s:%d: ", p.path, line) }

// prose returns the lines that are in no fence, and their numbers.
func (p docsPage) prose(yield func(int, string) bool) {
	for i, line := range p.lines {
		if !p.fenced[i] && !yield(i+1, line) {
			return
		}
	}
}

var (
	docsSpan      = regexp.MustCompile("``[^`].*?``|`[^`]*`")
	docsInline    = regexp.MustCompile(`\[((?:[^\[\]]|\[[^\]]*\])*)\]\(<?([^()\s>]*(?:\([^()\s]*\)[^()\s>]*)*)>?(?: +"[^"]*")?\)`)
	docsReference = regexp.MustCompile(`^ {0,3}\[([^\]]+)\]: *<?([^\s>]+)`)
	docsAttribute = regexp.MustCompile(`<(?:img|a)\s[^>]*?(?:src|href)="([^"]*)"`)
	docsElsewhere = regexp.MustCompile(`^([a-z][a-z0-9+.-]*:|//)`)
)

// links returns the links of p that lead to files of the project.
func (p docsPage) links() (links []docsLink) {
	add := func(line int, text, target string) {
		if !docsElsewhere.MatchString(target) {
			links = append(links, docsLink{line, strings.Trim(text, "` "), target})
		}
	}
	p.prose(func(n int, line string) bool {
		code := docsSpan.FindAllStringIndex(line, -1)
		inCode := func(at int) bool {
			return slices.ContainsFunc(code, func(span []int) bool { return span[0] <= at && at < span[1] })
		}
		for _, m := range docsInline.FindAllStringSubmatchIndex(line, -1) {
			if !inCode(m[0]) {
				add(n, line[m[2]:m[3]], line[m[4]:m[5]])
				for _, image := range docsInline.FindAllStringSubmatch(line[m[2]:m[3]], -1) { // a picture that is a link
					add(n, image[1], image[2])
				}
			}
		}
		if m := docsReference.FindStringSubmatch(line); m != nil {
			add(n, m[1], m[2])
		}
		for _, m := range docsAttribute.FindAllStringSubmatchIndex(line, -1) {
			if !inCode(m[0]) {
				add(n, "", line[m[2]:m[3]])
			}
		}
		return true
	})
	return links
}

var (
	docsHeading = regexp.MustCompile(`^ {0,3}#{1,6} +(.*?)(?: +#+)? *$`)
	docsAnchor  = regexp.MustCompile(`<a (?:name|id)="([^"]*)"`)
	docsNoSlug  = regexp.MustCompile(`[^\p{L}\p{N}\p{M}_ -]`)
)

// anchors returns what can stand after the # of a link to p, as GitHub makes it.
func (p docsPage) anchors() map[string]bool {
	anchors := map[string]bool{}
	p.prose(func(_ int, line string) bool {
		for _, m := range docsAnchor.FindAllStringSubmatch(line, -1) {
			anchors[m[1]] = true
		}
		m := docsHeading.FindStringSubmatch(line)
		if m == nil {
			return true
		}
		title := docsInline.ReplaceAllString(m[1], "$1")
		slug := strings.ReplaceAll(docsNoSlug.ReplaceAllString(strings.ToLower(title), ""), " ", "-")
		one := slug
		for i := 1; anchors[one]; i++ {
			one = fmt.Sprintf("%s-%d", slug, i)
		}
		anchors[one] = true
		return true
	})
	return anchors
}
