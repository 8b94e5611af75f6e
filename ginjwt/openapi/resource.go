package openapi

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"

	"github.com/ginjwt/gin-depends/ginjwt/inspect"
	"github.com/ginjwt/gin-depends/ginjwt/internal/describe"
	"github.com/ginjwt/gin-depends/ginjwt/internal/resource"
)

// A ProtectedResource is what a client must know of an API, or of a part of it,
// to get a token for it (RFC 9728 section 2).
type ProtectedResource struct {
	// Resource is its identifier: the https URL that clients know it by, as they
	// spell it, such as "https://api.example.com/mcp". Its routes are those at
	// this path and below. It should be the audience of the tokens, too, for
	// clients ask for a token for this very URL (RFC 8707). It must be set, and
	// has no query and no fragment; plain http is for hosts of this machine.
	Resource string
	// AuthorizationServers are the issuers of its tokens, as jwks.Discover takes
	// them. There must be one.
	AuthorizationServers []string
	// Scopes are those that a client may ask for. By default, they are all that
	// the resource's routes demand. Clients that were not told better ask for all
	// of them, so name the few that a beginner needs if there are many.
	Scopes []string
	// Name is the resource's, for people. By default, it is not told.
	Name string
	// Documentation, Policy and Terms are the URLs of pages: for developers, of
	// what clients may do with the data, and of the terms of service. By default,
	// there are none.
	Documentation, Policy, Terms string
	// Extra are further members of the document, such as "resource_name#de" (RFC
	// 9728 section 2.1). By default, there are none.
	Extra map[string]any
}

// resourceDocument is a ProtectedResource as it is served. What is empty must be
// left out (RFC 9728 section 3.2).
type resourceDocument struct {
	Resource             string         `json:"resource"`
	AuthorizationServers []string       `json:"authorization_servers,omitempty"`
	Scopes               []string       `json:"scopes_supported,omitempty"`
	BearerMethods        []string       `json:"bearer_methods_supported,omitempty"`
	Name                 string         `json:"resource_name,omitempty"`
	Documentation        string         `json:"resource_documentation,omitempty"`
	Policy               string         `json:"resource_policy_uri,omitempty"`
	Terms                string         `json:"resource_tos_uri,omitempty"`
	Extra                map[string]any `json:",embed"`
}

// MountProtectedResource serves the metadata of a protected resource (RFC 9728)
// where clients look for them: "/.well-known/oauth-protected-resource" and then
// the resource's path. Pages of any origin may read them, and caches keep them
// for an hour.
//
// The document says what the guards enforce: the scopes are those that the
// resource's routes demand, and the methods are the places where they take the
// token. Call it when all other routes are registered; r is the engine, or a
// group without a prefix and without a guard.
//
// The resource's bearer schemes must name the document in their challenges with
// ginjwt.ResourceMetadata. The error names all faults of p, and each route of the
// resource whose scheme names none, or another's. A route may belong to another
// resource below this one. After an error nothing is served.
func MountProtectedResource(r gin.IRouter, p ProtectedResource) error {
	e, err := inspect.Engine(r)
	if err != nil {
		return err
	}
	routes, err := inspect.Routes(e)
	if err != nil {
		return err
	}
	m := &resourceMount{ProtectedResource: p, document: resourceDocument{
		Resource: p.Resource, AuthorizationServers: p.AuthorizationServers,
		Name: p.Name, Documentation: p.Documentation, Policy: p.Policy, Terms: p.Terms, Extra: p.Extra,
	}}
	m.check()
	if len(m.faults) == 0 { // else it is not known where it is
		m.read(routes)
		m.place(r, routes)
	}
	body, err := json.Marshal(m.document, json.Deterministic(true))
	if err != nil {
		m.fault(true, "Extra: %w", err)
	}
	if len(m.faults) > 0 {
		return errors.Join(m.faults...)
	}
	m.serve(r, newContent("application/json", body))
	return nil
}

// resourceMount is a ProtectedResource that is mounted.
type resourceMount struct {
	ProtectedResource
	document resourceDocument
	path     string // of the resource, without a slash at its end
	url      string // of the document
	faults   []error
}

func (m *resourceMount) fault(bad bool, format string, args ...any) {
	if bad {
		m.faults = append(m.faults, fmt.Errorf("ginjwt: openapi: ProtectedResource: "+format, args...))
	}
}

// check finds the faults of m's fields.
func (m *resourceMount) check() {
	if text := resource.Fault(m.Resource); text != "" {
		m.fault(true, "Resource: %s", text)
	} else {
		u, _ := url.Parse(m.Resource) // it is one
		m.path, m.url = strings.TrimSuffix(u.Path, "/"), resource.MetadataURL(m.Resource)
		m.fault(strings.Contains(m.Resource, "?"), "Resource: %q has a query, which cannot be told apart by a route", m.Resource)
		m.fault(strings.Contains(u.Path, "//") || m.path != "" && path.Clean(m.path) != m.path || strings.ContainsAny(m.Resource, "%*") || strings.Contains(u.Path, ":"),
			"Resource: %q has a path that cannot be a route's: write it without dots, empty parts, ':', '*' and '%%'", m.Resource)
	}
	m.fault(len(m.AuthorizationServers) == 0, "AuthorizationServers is empty: clients would not know where to get a token")
	for _, s := range m.AuthorizationServers {
		text := resource.Fault(s)
		m.fault(text != "", "AuthorizationServers: %s", text)
		m.fault(text == "" && strings.Contains(s, "?"), "AuthorizationServers: %q has a query, which no issuer has", s)
	}
	for _, page := range []struct{ name, url string }{{"Documentation", m.Documentation}, {"Policy", m.Policy}, {"Terms", m.Terms}} {
		m.fault(page.url != "" && originOf(page.url) == "", "%s: %q is no URL of a page", page.name, page.url)
	}
	for _, s := range m.Scopes {
		m.fault(!isScope(s), "Scopes: %q is no scope", s)
	}
	m.checkExtra()
}

// isScope reports whether s is a scope (RFC 6749 section 3.3).
func isScope(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' })
}

// known are the members of the document that Extra must leave alone.
var known = []string{
	"resource", "authorization_servers", "scopes_supported", "bearer_methods_supported",
	"resource_name", "resource_documentation", "resource_policy_uri", "resource_tos_uri",
}

func (m *resourceMount) checkExtra() {
	for _, name := range slices.Sorted(maps.Keys(m.Extra)) {
		value := m.Extra[name]
		m.fault(slices.Contains(known, name), "Extra: %q has a field of its own, or is known", name)
		text, err := json.Marshal(value)
		m.fault(err == nil && slices.Contains([]string{"null", "[]", "{}", `""`}, string(text)), "Extra: %q is empty: leave it out", name)
		m.fault(name == "resource_signing_alg_values_supported" && bytes.Contains(text, []byte(`"none"`)), "Extra: %q must not have \"none\"", name)
	}
}

// read takes from the routes what they demand, and finds those that do not name
// m's document.
func (m *resourceMount) read(routes []inspect.Route) {
	var scopes []string
	named, inQuery := false, true
	for _, r := range routes {
		for _, way := range r.Security {
			for _, d := range way {
				if !strings.HasPrefix(d.Scheme.Challenge, "Bearer ") {
					continue
				}
				if d.Scheme.ResourceMetadata == m.url {
					named, inQuery = true, inQuery && takesQuery(d.Scheme)
					scopes = describe.Union(scopes, d.Scopes)
				} else if m.covers(r.Path) && !m.below(d.Scheme.ResourceMetadata, r.Path) {
					m.differs(r, d.Scheme)
				}
			}
		}
	}
	m.fault(!named && len(m.faults) == 0, "no route's challenge names the document: give their bearer scheme ginjwt.ResourceMetadata(%q)", m.url)
	if m.document.Scopes = m.Scopes; m.Scopes == nil {
		m.document.Scopes = scopes
	}
	if m.document.BearerMethods = []string{"header"}; inQuery {
		m.document.BearerMethods = []string{"header", "query"}
	}
}

// takesQuery reports whether s takes the token as RFC 6750 section 2.3 says.
func takesQuery(s *inspect.Scheme) bool {
	return slices.Contains(s.Places, inspect.Place{In: "query", Name: "access_token"})
}

// covers reports whether a route is one of the resource's.
func (m *resourceMount) covers(route string) bool { return within(m.path, route) }

func within(path, route string) bool {
	return route == path || strings.HasPrefix(route, path+"/")
}

// below reports whether a document is that of another resource below m's, which
// the route is one of.
func (m *resourceMount) below(document, route string) bool {
	path, ok := strings.CutPrefix(strings.TrimSuffix(document, "/"), strings.TrimSuffix(m.url, "/"))
	return ok && strings.HasPrefix(path, "/") && within(m.path+path, route)
}

func (m *resourceMount) differs(r inspect.Route, s *inspect.Scheme) {
	what := "names none"
	if s.ResourceMetadata != "" {
		what = fmt.Sprintf("names %q", s.ResourceMetadata)
	}
	m.fault(true, "%s %s is a route of the resource, and %s %s: give it ginjwt.ResourceMetadata(%q)", r.Method, r.Path, s.Name, what, m.url)
}

// place finds out whether the document can be served to everybody.
func (m *resourceMount) place(r gin.IRouter, routes []inspect.Route) {
	var g *gin.RouterGroup
	switch r := r.(type) {
	case *gin.Engine:
		g = &r.RouterGroup
	case *gin.RouterGroup:
		g = r
	}
	m.fault(basePath(r) != "", "the group has the prefix %q, and the document is found without one only", basePath(r))
	m.fault(slices.ContainsFunc(g.Handlers, guards), "a guard stands before the document, which is for clients without a token: use a group that was made before the guard")
	at := m.route()
	m.fault(slices.ContainsFunc(routes, func(r inspect.Route) bool { return r.Path == at }), "%q is a route already", at)
}

// guards reports whether h demands credentials.
func guards(h gin.HandlerFunc) bool {
	n, _ := describe.Ask(h)
	return slices.ContainsFunc(n.Security, func(w describe.Way) bool { return len(w.Demands) > 0 })
}

// route returns the path of the document.
func (m *resourceMount) route() string {
	u, _ := url.Parse(m.url) // it was checked
	return u.Path
}

// serve registers the document, which pages of any origin may read: clients run
// in browsers, too, and send headers that make those ask beforehand.
func (m *resourceMount) serve(r gin.IRouter, x content) {
	h := describe.Mark(func(c *gin.Context) {
		if n := describe.Asked(c); n != nil {
			n.Answers, n.Endpoint = true, describe.Resource
			return
		}
		header := c.Writer.Header()
		header.Set("Access-Control-Allow-Origin", "*")
		if c.Request.Method == http.MethodOptions {
			header.Set("Access-Control-Allow-Methods", "GET, HEAD")
			header.Set("Access-Control-Allow-Headers", "*")
			header.Set("Access-Control-Max-Age", "86400")
			c.Status(http.StatusNoContent)
			return
		}
		header.Set("ETag", x.etag)
		header.Set("Cache-Control", "public, max-age=3600")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Content-Type", x.kind)
		http.ServeContent(c.Writer, c.Request, "", time.Time{}, bytes.NewReader(x.body))
	})
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions} {
		r.Handle(method, m.route(), h)
	}
}
