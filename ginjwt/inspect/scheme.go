package inspect

import (
	"maps"

	"github.com/ginjwt/gin-depends/ginjwt/internal/describe"
)

// A Scheme is a security scheme. As JSON it is OpenAPI's Security Scheme Object.
type Scheme struct {
	// Name is that of the scheme among the components of a document.
	Name string `json:"-"`
	// Challenge is the value of WWW-Authenticate for a request without
	// credentials, Malformed that for malformed ones, and Insufficient that for
	// missing scopes, without their list; it is "" if there is none.
	Challenge, Malformed, Insufficient string `json:"-"`
	// ResourceMetadata is the URL of the protected resource's metadata that the
	// challenges name, or "" (ginjwt.ResourceMetadata).
	ResourceMetadata string `json:"-"`
	// Places are where the credentials can be: "header", "query", "cookie" or
	// "subprotocol", and the name.
	Places []Place `json:"-"`

	// Type is "apiKey", "http", "oauth2" or "openIdConnect".
	Type string `json:"type"`
	// Description is that of ginjwt.Description, or "".
	Description string `json:"description,omitempty"`
	// ParamName and In are those of an API key: its name, and "header", "query" or
	// "cookie".
	ParamName string `json:"name,omitempty"`
	In        string `json:"in,omitempty"`
	// HTTPScheme is the scheme of HTTP authentication, such as "bearer", and
	// BearerFormat says what its token is, such as "JWT", or is "".
	HTTPScheme   string `json:"scheme,omitempty"`
	BearerFormat string `json:"bearerFormat,omitempty"`
	// Flows are those of OAuth 2.0, or nil.
	Flows *Flows `json:"flows,omitempty"`
	// OpenIDConnectURL is that of the provider's discovery document, or "".
	OpenIDConnectURL string `json:"openIdConnectUrl,omitempty"`
}

// Flows are OpenAPI's OAuth Flows Object. One of them is set.
type Flows struct {
	Password          *Flow `json:"password,omitempty"`          // RFC 6749 section 4.3
	AuthorizationCode *Flow `json:"authorizationCode,omitempty"` // RFC 6749 section 4.1
}

// A Flow is OpenAPI's OAuth Flow Object. AuthorizationURL is "" but for the
// authorization code, RefreshURL if there is none. Scopes has the description of
// each scope that can be granted, and is never nil.
type Flow struct {
	AuthorizationURL string            `json:"authorizationUrl,omitempty"`
	TokenURL         string            `json:"tokenUrl"`
	RefreshURL       string            `json:"refreshUrl,omitempty"`
	Scopes           map[string]string `json:"scopes"`
}

// A Place is where credentials can be in a request: in the "header", "query" or
// "cookie" of that name, or, after it, as a "subprotocol" of a WebSocket handshake.
type Place struct{ In, Name string }

func schemeOf(d *describe.Scheme) *Scheme {
	s := &Scheme{Name: d.Name, Description: d.Description, Challenge: d.Challenge, Malformed: d.Malformed, Insufficient: d.Insufficient, ResourceMetadata: d.ResourceMetadata}
	for _, p := range d.Places {
		s.Places = append(s.Places, Place(p))
	}
	flow := &Flow{AuthorizationURL: d.AuthorizationURL, TokenURL: d.TokenURL, RefreshURL: d.RefreshURL, Scopes: map[string]string{}}
	maps.Copy(flow.Scopes, d.Scopes)
	switch {
	case d.AuthorizationURL != "":
		s.Type, s.Flows = "oauth2", &Flows{AuthorizationCode: flow}
	case d.TokenURL != "":
		s.Type, s.Flows = "oauth2", &Flows{Password: flow}
	case d.DiscoveryURL != "":
		s.Type, s.OpenIDConnectURL = "openIdConnect", d.DiscoveryURL
	case d.HTTPScheme != "":
		s.Type, s.HTTPScheme, s.BearerFormat = "http", d.HTTPScheme, d.BearerFormat
	default:
		s.Type, s.In, s.ParamName = "apiKey", s.Places[0].In, s.Places[0].Name
	}
	return s
}

// flow returns the flow that grants the scheme's scopes, or nil.
func (s *Scheme) flow() *Flow {
	switch {
	case s.Flows == nil:
		return nil
	case s.Flows.Password != nil:
		return s.Flows.Password
	}
	return s.Flows.AuthorizationCode
}

// Declares reports whether the scheme can grant scope: only those of OAuth 2.0
// say which they can.
func (s *Scheme) Declares(scope string) bool {
	flow := s.flow()
	if flow == nil {
		return true
	}
	_, ok := flow.Scopes[scope]
	return ok
}
