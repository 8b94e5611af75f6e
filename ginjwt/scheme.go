package ginjwt

import (
	"maps"

	"github.com/gin-gonic/gin"
)

// scheme is a security scheme: where credentials are in a request, how to ask
// for them, and what OpenAPI calls it.
type scheme struct {
	kind        string // the constructor's name, and the scheme's unless SchemeName says otherwise
	name        string
	description string
	realm       string
	tokenURL    string
	refreshURL  string
	scopes      Scopes

	candidate func(c *gin.Context) string            // the token of a request with nothing unusual about it, its form unchecked; or ""
	sent      func(c *gin.Context) bool              // whether credentials for it came, good or bad
	challenge func(e *Error, scopes []string) string // its WWW-Authenticate value for e
}

// A SchemeOption is an optional property of a security scheme.
type SchemeOption interface{ apply(*scheme) }

type schemeOption func(*scheme)

func (o schemeOption) apply(s *scheme) { o(s) }

// Scopes are the scopes that a token endpoint can grant, with a description of
// each: a SchemeOption, for OpenAPI.
type Scopes map[string]string

func (s Scopes) apply(to *scheme) {
	for scope := range s {
		checkScopes("Scopes", []string{scope})
	}
	to.scopes = maps.Clone(s)
}

// SchemeName sets the scheme's name in OpenAPI. By default, it is that of the
// constructor, such as OAuth2PasswordBearer.
func SchemeName(name string) SchemeOption {
	if name == "" {
		panic("ginjwt: SchemeName: empty name")
	}
	return schemeOption(func(s *scheme) { s.name = name })
}

// Description sets the scheme's description in OpenAPI.
func Description(text string) SchemeOption {
	return schemeOption(func(s *scheme) { s.description = text })
}

// RefreshURL sets where OpenAPI says that tokens are refreshed.
func RefreshURL(url string) SchemeOption {
	return schemeOption(func(s *scheme) { s.refreshURL = url })
}

// Realm sets the realm of the scheme's challenges (RFC 9110 section 11.5). By
// default, it is "api". Realm panics on a control or non-ASCII character.
func Realm(realm string) SchemeOption {
	for _, r := range realm {
		if r < ' ' || r > '~' {
			panic("ginjwt: Realm: " + quoted(realm) + " has a control or non-ASCII character, which a header cannot carry")
		}
	}
	return schemeOption(func(s *scheme) { s.realm = realm })
}

func newScheme(kind string, opts []SchemeOption) *scheme {
	s := &scheme{kind: kind, name: kind, realm: defaultRealm}
	for _, o := range opts {
		if o == nil {
			panic("ginjwt: " + kind + ": nil option")
		}
		o.apply(s)
	}
	return s
}
