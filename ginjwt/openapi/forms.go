package openapi

import (
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/ginjwt/gin-depends/ginjwt/inspect"
)

// form is what is posted to a token endpoint or one beside it, and what comes
// back.
type form struct {
	fields   schema
	required []string // fields
	optional bool     // there need not be a body
	status   int      // of success
	meaning  string   // of that status
	answer   string   // the component that is the body of the answer, or ""
}

var (
	textField     = schema{"type": "string"}
	passwordField = schema{"type": "string", "format": "password"}
)

// formOf returns the form that r reads, or nil.
func formOf(r inspect.Route) *form {
	switch r.Endpoint {
	case "token":
		return &form{fields: withClient(schema{
			"grant_type": schema{"type": "string", "enum": []string{"password", "refresh_token"}},
			"username":   textField, "password": passwordField, "refresh_token": passwordField, "scope": textField,
		}), required: []string{"grant_type"}, status: http.StatusOK, meaning: "The tokens", answer: "Token"}
	case "logout":
		return &form{fields: schema{"refresh_token": passwordField}, optional: true, status: http.StatusNoContent, meaning: "The session is over"}
	case "revocation":
		return &form{fields: withClient(schema{"token": passwordField, "token_type_hint": textField}), required: []string{"token"},
			status: http.StatusOK, meaning: "The token is good no more"}
	case "introspection":
		return &form{fields: schema{"token": passwordField, "token_type_hint": textField}, required: []string{"token"},
			status: http.StatusOK, meaning: "What is known of the token", answer: "Introspection"}
	}
	return loginForm(r.Form)
}

// loginForm returns the form that a dependency of package ginjwt reads, or nil.
func loginForm(constructor string) *form {
	f := &form{status: http.StatusOK, meaning: "The token", answer: "Token"}
	switch constructor {
	case "TokenForm":
		f.fields, f.required = withClient(schema{"grant_type": textField, "scope": textField}), []string{"grant_type"}
		return f
	case "PasswordFormStrict":
		f.required = []string{"grant_type", "username", "password"}
	case "PasswordForm":
		f.required = []string{"username", "password"}
	default:
		return nil
	}
	f.fields = withClient(schema{
		"grant_type": schema{"type": "string", "pattern": "^password$"},
		"username":   textField, "password": passwordField, "scope": schema{"type": "string", "default": ""},
	})
	return f
}

// withClient adds the fields by which a client says who it is.
func withClient(fields schema) schema {
	fields["client_id"], fields["client_secret"] = textField, passwordField
	return fields
}

// tokenSchemas are the bodies of token endpoints: RFC 6749 sections 5.1 and 5.2,
// RFC 7662 section 2.2.
var tokenSchemas = map[string]schema{
	"Token": {
		"type": "object", "title": "Token", "required": []string{"access_token", "token_type"},
		"properties": schema{
			"access_token": textField, "token_type": textField, "refresh_token": textField, "scope": textField,
			"expires_in": schema{"type": "integer", "description": "The lifetime of the access token in seconds"},
		},
	},
	"TokenError": {
		"type": "object", "title": "TokenError", "required": []string{"error"},
		"properties": schema{"error": textField, "error_description": textField, "detail": textField},
	},
	"Introspection": {
		"type": "object", "title": "Introspection", "required": []string{"active"},
		"properties": schema{
			"active": schema{"type": "boolean"}, "scope": textField, "client_id": textField, "token_type": textField, "sub": textField, "iss": textField, "jti": textField,
			"aud": schema{"anyOf": []schema{textField, {"type": "array", "items": textField}}},
			"exp": schema{"type": "integer"}, "iat": schema{"type": "integer"}, "nbf": schema{"type": "integer"},
		},
	},
}

// form adds what is posted to r, and what it answers.
func (b *builder) form(o *operation, r inspect.Route, f *form) {
	body := schema{"type": "object", "properties": f.fields}
	if f.required != nil {
		body["required"] = f.required
	}
	o.RequestBody = &requestBody{Required: !f.optional, Content: map[string]mediaType{"application/x-www-form-urlencoded": {body}}}
	delete(o.Responses, "200")
	success := &response{Description: f.meaning}
	if f.answer != "" {
		success.Content = jsonOf(b.component(f.answer))
	}
	o.success = f.status
	o.Responses[strconv.Itoa(f.status)] = success
	if r.Endpoint == "logout" {
		b.refusal(o, http.StatusUnauthorized, "There is no session, or its token was refused", []string{`Bearer realm="api"`})
		return
	}
	refused := jsonOf(b.component("TokenError"))
	o.Responses["400"] = &response{Description: "The request was refused (RFC 6749 section 5.2)", Content: refused}
	if r.Endpoint == "token" || r.Endpoint == "revocation" {
		failed := &response{Description: "Client authentication failed", Content: refused}
		if guarded := o.Responses["401"]; guarded != nil {
			failed.Headers = guarded.Headers
		}
		failed.challenge([]string{`Basic realm="token"`})
		o.Responses["401"] = failed
	}
}

// logouts adds the access tokens of other operations to those that log out: the one
// that a page has is then sent. Nothing need be sent but the form.
func (b *builder) logouts(operations []named) {
	ways := []map[string][]string{{}}
	for _, name := range slices.Sorted(maps.Keys(b.Components.SecuritySchemes)) {
		if s := b.Components.SecuritySchemes[name]; s.HTTPScheme == "bearer" || s.Flows != nil && s.Flows.Password != nil {
			ways = append(ways, map[string][]string{name: {}})
		}
	}
	for _, o := range operations {
		if o.route.Endpoint == "logout" && o.route.Method == http.MethodPost && o.Security == nil && len(ways) > 1 {
			o.Security = ways
		}
	}
}

// component returns a reference to one of tokenSchemas.
func (b *builder) component(name string) schema {
	b.Components.Schemas[name] = tokenSchemas[name]
	return schema{"$ref": "#/components/schemas/" + name}
}
