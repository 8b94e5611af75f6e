package ginjwt

import (
	"slices"
	"strings"

	"github.com/ginjwt/gin-depends/ginjwt/internal/resource"
)

// ResourceMetadata names the document that tells clients where to get a token
// (RFC 9728): each challenge of the scheme, that of a 403 or 400 as well, has it
// as resource_metadata (section 5.1). A 401 then names the scopes that its guard
// demands, too (RFC 6750 section 3), as clients of the Model Context Protocol
// expect. Package openapi serves the document with MountProtectedResource, which
// also checks that the two belong together. It is for schemes of bearer tokens.
//
// url is absolute, such as
// "https://api.example.com/.well-known/oauth-protected-resource", and https; plain
// http is for hosts of this machine. ResourceMetadata panics on any other, and on
// one with a password, a fragment, or characters that no URL has.
func ResourceMetadata(url string) SchemeOption {
	if fault := resource.Fault(url); fault != "" {
		panic("ginjwt: ResourceMetadata: " + fault)
	}
	return schemeOption(func(b *schemeBuilder) {
		b.need(hasToken, "ResourceMetadata", "a bearer token")
		b.metadata = url
	})
}

// withScopes returns e with the scopes that n demands in those challenges of a
// 401 that name metadata: without them a client would ask for all that there
// are. Other challenges stay as short as they are.
func (n *node) withScopes(e *Error) *Error {
	if e.Status != 401 {
		return e
	}
	told := e
	for _, s := range n.schemes {
		if s.scheme.metadata == "" {
			continue
		}
		scopes := n.demandsBy(s)
		if len(scopes) == 0 {
			continue
		}
		for i, v := range e.Header["Www-Authenticate"] {
			if !strings.HasPrefix(v, s.scheme.begin) || strings.Contains(v, `, scope="`) { // what n asked for has said it
				continue
			}
			if told == e {
				told = e.clone(nil) // others may read e
			}
			told.Header["Www-Authenticate"][i] = v + ", scope=" + quoted(strings.Join(scopes, " "))
		}
	}
	return told
}

// demandsBy returns the scopes that n demands of what a scheme's credentials
// grant, the outermost demand first, each scope once.
func (n *node) demandsBy(scheme *node) (scopes []string) {
	n.walk(func(n *node) {
		if n.granter == nil || !slices.Contains(n.granter.schemes, scheme) {
			return
		}
		for _, s := range n.scopes {
			if !slices.Contains(scopes, s) {
				scopes = append(scopes, s)
			}
		}
	})
	return scopes
}
