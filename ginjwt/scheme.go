package ginjwt

import (
	"maps"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt/internal/describe"
)

// scheme is a security scheme: where credentials are in a request, how to ask
// for them, and what OpenAPI calls it.
type scheme struct {
	kind        string // the constructor's name, and the scheme's unless SchemeName says otherwise
	name        string
	description string
	realm       string

	authorizationURL string
	tokenURL         string
	refreshURL       string
	scopes           Scopes
	discoveryURL     string
	httpScheme       string // of an HTTP authentication scheme
	bearerFormat     string
	metadata         string // the URL of the protected resource's metadata; or ""

	places    []place
	origins   *http.CrossOriginProtection            // nil if requests of other origins are not refused
	candidate func(c *gin.Context) string            // the token, its form unchecked, if it comes as most do; else "", and find knows
	find      func(c *gin.Context) (string, *Error)  // the credentials, or a refusal without a challenge
	begin     string                                 // of a bearer scheme's challenges
	challenge func(e *Error, scopes []string) string // its WWW-Authenticate value for e; or ""
	described *describe.Scheme                       // how the audit and the document see it
}

// newScheme returns the scheme of the constructor kind, with its own place for
// credentials and the options that its features allow.
func newScheme(kind string, own place, allowed features, opts []SchemeOption) *scheme {
	b := &schemeBuilder{
		scheme:   &scheme{kind: kind, name: kind, places: []place{own}, origins: http.NewCrossOriginProtection()},
		features: allowed,
	}
	if allowed&hasRealm != 0 {
		b.realm = defaultRealm
	}
	for _, o := range opts {
		if o == nil {
			panic("ginjwt: " + kind + ": nil option")
		}
		o.apply(b)
	}
	return b.done()
}

// credentials returns what find finds. The code of a refusal tells whether nothing
// was sent.
func (s *scheme) credentials(c *gin.Context) (string, *Error) {
	if c.Request == nil {
		return "", errNoCredentials
	}
	return s.find(c)
}

// sent reports whether credentials for s came, good or bad.
func (s *scheme) sent(c *gin.Context) bool {
	_, err := s.credentials(c)
	return !err.nothingSent()
}

// refuse returns err with s's challenge.
func (s *scheme) refuse(err *Error) *Error {
	err = err.clone(nil)
	if v := s.challenge(err, nil); v != "" && err.Status != 403 { // to send other credentials would not help
		err.Header.Set("WWW-Authenticate", v)
	}
	return err
}

// newSchemeDependency returns the dependency of s. value makes its value of the
// entry, whose text is the credentials.
func newSchemeDependency[T any](s *scheme, value func(*entry) *T) *Dependency[T] {
	d := newDependency(s.name, nil, func(r run, e *entry) (*T, error) {
		text, err := s.credentials(r.c)
		if err != nil {
			return nil, s.refuse(err)
		}
		e.text = text
		return value(e), nil
	})
	d.scheme, d.schemes = s, []*node{&d.node}
	s.described = s.describe()
	return d
}

// asText is the value of a scheme whose credentials are one string.
func asText(e *entry) *string { return &e.text }

// A SchemeOption is an optional property of a security scheme. A scheme panics
// if it is given one that means nothing for it.
type SchemeOption interface{ apply(*schemeBuilder) }

// features tell which options a scheme takes.
type features uint

const (
	hasFlow   features = 1 << iota // an OAuth 2.0 flow
	hasToken                       // a bearer token, which can be elsewhere too
	hasFormat                      // OpenAPI's bearerFormat
	isAmbient                      // browsers send the credentials unasked, whatever page makes the request
	hasRealm                       // has a realm by default, for its challenges cannot be without one
)

// schemeBuilder is a scheme while options are applied to it.
type schemeBuilder struct {
	*scheme
	features     features
	anyOrigin    bool
	originOption string // the last option about origins, or ""
}

// done returns the scheme, with all options applied.
func (b *schemeBuilder) done() *scheme {
	ambient := b.features&isAmbient != 0 || slices.ContainsFunc(b.places, func(p place) bool { return p.in == inCookie })
	if !ambient && b.originOption != "" {
		panic("ginjwt: " + b.kind + ": " + b.originOption + " is about credentials that browsers send unasked, such as cookies, which this scheme does not read")
	}
	if !ambient || b.anyOrigin {
		b.origins = nil
	}
	return b.scheme
}

// need panics unless the scheme has what an option is about.
func (b *schemeBuilder) need(f features, option, about string) {
	if b.features&f == 0 {
		panic("ginjwt: " + b.kind + ": " + option + " is about " + about + ", which this scheme has not")
	}
}

type schemeOption func(*schemeBuilder)

func (o schemeOption) apply(b *schemeBuilder) { o(b) }

// Scopes are the scopes that a token endpoint can grant, with a description of
// each: a SchemeOption, for OpenAPI.
type Scopes map[string]string

func (s Scopes) apply(b *schemeBuilder) {
	b.need(hasFlow, "Scopes", "a flow of OAuth 2.0")
	for scope := range s {
		checkScopes("Scopes", []string{scope})
	}
	b.scopes = maps.Clone(s)
}

// SchemeName sets the scheme's name in OpenAPI. By default, it is that of the
// constructor, such as OAuth2PasswordBearer.
func SchemeName(name string) SchemeOption {
	if name == "" {
		panic("ginjwt: SchemeName: empty name")
	}
	return schemeOption(func(b *schemeBuilder) { b.name = name })
}

// Description sets the scheme's description in OpenAPI.
func Description(text string) SchemeOption {
	return schemeOption(func(b *schemeBuilder) { b.description = text })
}

// RefreshURL sets where OpenAPI says that tokens are refreshed: for the schemes
// of OAuth 2.0.
func RefreshURL(url string) SchemeOption {
	return schemeOption(func(b *schemeBuilder) {
		b.need(hasFlow, "RefreshURL", "a flow of OAuth 2.0")
		b.refreshURL = url
	})
}

// BearerFormat sets what OpenAPI says that the token of HTTPBearer is, such as
// "JWT".
func BearerFormat(format string) SchemeOption {
	return schemeOption(func(b *schemeBuilder) {
		b.need(hasFormat, "BearerFormat", "the token of HTTPBearer")
		b.bearerFormat = format
	})
}

// Realm sets the realm of the scheme's challenges (RFC 9110 section 11.5). By
// default, it is "api" for Bearer and Basic, whose challenges need one, and the
// others have none. Realm panics on a control or non-ASCII character.
func Realm(realm string) SchemeOption {
	if !isPrintableASCII(realm) {
		panic("ginjwt: Realm: " + quoted(realm) + " has a control or non-ASCII character, which a header cannot carry")
	}
	return schemeOption(func(b *schemeBuilder) { b.realm = realm })
}
