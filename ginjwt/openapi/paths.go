package openapi

import (
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// verbs are the members of a Path Item Object that are operations.
var verbs = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}

var pathParam = regexp.MustCompile(`\{[^{}/]*\}`)

// shapeOf is a path without the names of its parameters.
func shapeOf(template string) string { return pathParam.ReplaceAllString(template, "{}") }

// shapesOf returns the shapes of a document's path behind prefix. The root of a
// group may lack its slash, which a document cannot say.
func shapesOf(prefix, path string) []string {
	switch {
	case path == "/":
		return []string{shapeOf(prefix + path), shapeOf(prefix)}
	case strings.HasPrefix(path, "/"):
		return []string{shapeOf(prefix + path)}
	}
	return nil // an extension
}

// prefix returns the path that doc's paths lie behind, without a slash at its
// end.
func (m *merger) prefix(doc object) string {
	base := unquoted(doc.get("basePath"))
	if m.version != swagger20 {
		base = m.server(doc)
	}
	return strings.TrimSuffix(path.Clean("/"+base), "/")
}

// server returns the path of doc's first server.
func (m *merger) server(doc object) string {
	var servers []struct {
		URL       string `json:"url"`
		Variables map[string]struct {
			Default any `json:"default"`
		} `json:"variables"`
	}
	text := doc.get("servers")
	if text == nil || !m.read(text, &servers, "servers") || len(servers) == 0 {
		return ""
	}
	first := servers[0].URL
	for name, v := range servers[0].Variables {
		first = strings.ReplaceAll(first, "{"+name+"}", fmt.Sprint(v.Default))
	}
	u, err := url.Parse(first)
	if err != nil {
		return "" // as if there were none
	}
	return u.Path
}
