package openapi

import (
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"

	"github.com/ginjwt/gin-depends/ginjwt/inspect"
)

// warn logs the token endpoints that are declared and are not there.
func (s *site) warn(d *document) {
	for _, f := range d.flows() {
		if path, own := s.resolve(f.TokenURL); own && !s.posts(path) {
			slog.Warn("ginjwt: openapi: the token endpoint that a security scheme names is no route for POST", "tokenUrl", f.TokenURL)
		}
	}
}

// resolve returns the path that a URL means on the page, and whether it is one
// of this host.
func (s *site) resolve(text string) (path string, own bool) {
	u, err := url.Parse(text)
	if err != nil || u.Host != "" {
		return "", false
	}
	return (&url.URL{Path: s.base + s.cfg.DocsPath}).ResolveReference(u).Path, true
}

// posts reports whether there is a route for POST that path matches.
func (s *site) posts(path string) bool {
	routes, err := inspect.Routes(s.engine)
	return err != nil || slices.ContainsFunc(routes, func(r inspect.Route) bool {
		pattern := quotedParam.ReplaceAllString(regexp.QuoteMeta(r.Template), "[^/]+")
		matched, err := regexp.MatchString("^"+pattern+"$", path)
		return r.Method == http.MethodPost && matched && err == nil
	})
}

var quotedParam = regexp.MustCompile(`\\\{[^/]*?\\\}`)
