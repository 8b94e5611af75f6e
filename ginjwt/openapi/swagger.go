package openapi

import (
	"strings"

	"github.com/ginjwt/gin-depends/ginjwt/inspect"
)

// securityDefinition is Swagger 2.0's Security Scheme Object.
type securityDefinition struct {
	Type             string            `json:"type"`
	Description      string            `json:"description,omitempty"`
	Name             string            `json:"name,omitempty"`
	In               string            `json:"in,omitempty"`
	Flow             string            `json:"flow,omitempty"`
	AuthorizationURL string            `json:"authorizationUrl,omitempty"`
	TokenURL         string            `json:"tokenUrl,omitempty"`
	Scopes           map[string]string `json:"scopes,omitzero"`
}

// swaggerScheme returns s as Swagger 2.0 can say it. Of HTTP's schemes that knows
// Basic alone, and neither OpenID Connect nor cookies: what it lacks becomes a
// header that is written by hand.
func swaggerScheme(s *inspect.Scheme) securityDefinition {
	d := securityDefinition{Type: s.Type, Description: s.Description}
	byHand := func(header, what string) {
		d.Type, d.In, d.Name = "apiKey", "header", header
		d.Description = strings.TrimSpace(d.Description + "\n\n" + what)
	}
	switch {
	case s.Type == "oauth2" && s.Flows.Password != nil:
		d.flow("password", s.Flows.Password)
	case s.Type == "oauth2":
		d.flow("accessCode", s.Flows.AuthorizationCode)
	case s.Type == "openIdConnect":
		byHand("Authorization", `Write "Bearer", a space and an access token of the provider at `+s.OpenIDConnectURL+".")
	case s.HTTPScheme == "basic":
		d.Type = "basic"
	case s.HTTPScheme == "bearer":
		byHand("Authorization", `Write "Bearer", a space and the token.`)
	case s.Type == "http":
		byHand("Authorization", `Write "`+s.HTTPScheme+`", a space and the credentials.`)
	case s.In == "cookie":
		byHand("Cookie", `Write "`+s.ParamName+`=" and the value of the cookie.`)
	default:
		d.In, d.Name = s.In, s.ParamName
	}
	return d
}

func (d *securityDefinition) flow(name string, f *inspect.Flow) {
	d.Flow, d.AuthorizationURL, d.TokenURL, d.Scopes = name, f.AuthorizationURL, f.TokenURL, f.Scopes
}
