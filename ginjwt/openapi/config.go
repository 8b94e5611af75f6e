package openapi

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Config says what a document is called and how it is shown.
type Config struct {
	// Title and Version are those of the API. They must be set.
	Title, Version string
	// Description and Summary are the API's; Description may be CommonMark.
	Description, Summary string
	// Servers are the URLs at which the API is. By default, none are told, and the
	// API is where the document is; the page then works behind a prefix that a
	// proxy takes off, too. With them, a tokenURL should be absolute.
	Servers []string

	// Path is where Mount serves the document. By default, it is /openapi.json.
	Path string
	// DocsPath is where Mount serves the page. By default, it is /docs.
	DocsPath string
	// NoDocs serves the document without a page.
	NoDocs bool
	// PersistAuthorization keeps what was entered in the page's Authorize dialog
	// in the browser's local storage, where it outlives the page. By default, it
	// is forgotten with the page.
	PersistAuthorization bool
	// ClientID is filled in where the page asks for the client of an OAuth 2.0
	// flow. The authorization code flow uses PKCE (RFC 7636).
	ClientID string
	// ConnectTo are further origins that the page may call, such as
	// "https://login.example.com". Those of token endpoints and Servers are known.
	ConnectTo []string
}

// complete returns c with its defaults, and all of its faults.
func (c Config) complete() (Config, error) {
	var faults []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			faults = append(faults, fmt.Errorf("ginjwt: openapi: Config: "+format, args...))
		}
	}
	if c.Path == "" {
		c.Path = "/openapi.json"
	}
	if c.DocsPath == "" {
		c.DocsPath = "/docs"
	}
	fault(c.Title == "", "Title is empty")
	fault(c.Version == "", "Version is empty: it is the API's, such as \"1.0.0\"")
	for _, p := range []string{c.Path, c.DocsPath} {
		fault(!strings.HasPrefix(p, "/") || strings.HasSuffix(p, "/") || strings.ContainsAny(p, ":*?#"), "%q is no path for a page: it begins with a slash, does not end with one, and has no parameters", p)
	}
	fault(c.Path == c.DocsPath, "Path and DocsPath are the same: %q", c.Path)
	for _, s := range c.Servers {
		_, err := url.Parse(s)
		fault(s == "" || err != nil, "Servers: %q is no URL", s)
	}
	for _, o := range c.ConnectTo {
		fault(originOf(o) != o || o == "", "ConnectTo: %q is no origin, such as \"https://login.example.com\"", o)
	}
	return c, errors.Join(faults...)
}

// originOf returns the origin of an absolute URL of the web, or "".
func originOf(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.ContainsAny(u.Host, "; ,'\"") {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
