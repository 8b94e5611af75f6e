package openapi

import (
	"net/http"
	"strconv"

	"github.com/ginjwt/gin-depends/ginjwt/inspect"
)

// form is what is posted to a token endpoint or one beside it, and what comes
// back.
type form struct {
	fields   schema
	required []string
	body     bool   // whether there must be one
	status   int    // of success
	text     string // what that means
	answer   string // the component of its body, or ""
}

var (
	text     = schema{"type": "string"}
	password = schema{"type": "string", "format": "password"}
)

// formOf returns the form that r reads, or nil.
func formOf(r inspect.Route) *form {
	client := func(fields schema) schema {
		fields["client_id"], fields["client_secret"] = text, password
		return fields
	}
	switch r.Endpoint {
	case "token":
		return &form{client(schema{
			"grant_type": schema{"type": "string", "enum": []string{"password", "refresh_token"}},
			"username":   text, "password": password, "refresh_token": password, "scope": text,
		}), []string{"grant_type"}, true, http.StatusOK, "The tokens", "Token"}
	case "logout":
		return &form{schema{"refresh_token": password}, nil, false, http.StatusNoContent, "The session is over", ""}
	case "revocation":
		return &form{client(schema{"token": password, "token_type_hint": text}), []string{"token"}, true, http.StatusOK, "The token is good no more", ""}
	case "introspection":
		return &form{schema{"token": password, "token_type_hint": text}, []string{"token"}, true, http.StatusOK, "What is known of the token", "Introspection"}
	}
	required := []string{"username", "password"}
	switch r.Form {
	case "TokenForm":
		return &form{client(schema{"grant_type": text, "scope": text}), []string{"grant_type"}, true, http.StatusOK, "The token", "Token"}
	case "PasswordFormStrict":
		required = []string{"grant_type", "username", "password"}
	case "PasswordForm":
	default:
		return nil
	}
	return &form{client(schema{
		"grant_type": schema{"type": "string", "pattern": "^password$"},
		"username":   text, "password": password, "scope": schema{"type": "string", "default": ""},
	}), required, true, http.StatusOK, "The token", "Token"}
}

// tokenSchemas are the bodies of token endpoints: RFC 6749 sections 5.1 and 5.2,
// RFC 7662 section 2.2.
var tokenSchemas = map[string]schema{
	"Token": {
		"type": "object", "title": "Token", "required": []string{"access_token", "token_type"},
		"properties": schema{
			"access_token": text, "token_type": text, "refresh_token": text, "scope": text,
			"expires_in": schema{"type": "integer", "description": "The lifetime of the access token in seconds"},
		},
	},
	"TokenError": {
		"type": "object", "title": "TokenError", "required": []string{"error"},
		"properties": schema{"error": text, "error_description": text, "detail": text},
	},
	"Introspection": {
		"type": "object", "title": "Introspection", "required": []string{"active"},
		"properties": schema{
			"active": schema{"type": "boolean"}, "scope": text, "client_id": text, "token_type": text, "sub": text, "iss": text, "jti": text,
			"aud": schema{"anyOf": []schema{text, {"type": "array", "items": text}}},
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
	o.RequestBody = &requestBody{Required: f.body, Content: map[string]mediaType{"application/x-www-form-urlencoded": {body}}}
	delete(o.Responses, "200")
	success := &response{Description: f.text}
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

// component returns a reference to one of tokenSchemas.
func (b *builder) component(name string) schema {
	b.Components.Schemas[name] = tokenSchemas[name]
	return schema{"$ref": "#/components/schemas/" + name}
}
