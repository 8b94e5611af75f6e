package openapi

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ginjwt/gin-depends/ginjwt/inspect"
)

// answers adds the answers to requests whose credentials do not suffice.
func (b *builder) answers(o *operation, r inspect.Route) {
	o.Responses["200"] = &response{Description: "Successful response"}
	if len(r.Security) == 0 {
		return
	}
	b.refusal(o, http.StatusBadRequest, "Malformed credentials", r, `error="invalid_request"`)
	b.refusal(o, http.StatusUnauthorized, "No credentials, or they were refused", r, "")
	scopes := slices.ContainsFunc(r.Security, func(w inspect.Way) bool {
		return slices.ContainsFunc(w, func(d inspect.Demand) bool { return len(d.Scopes) > 0 })
	})
	if scopes || len(r.Checks) > 0 {
		b.refusal(o, http.StatusForbidden, "Not enough permissions", r, `error="insufficient_scope"`)
	}
}

// refusal adds an answer with {"detail": ...} and the challenges of r's schemes.
// Only Bearer challenges other answers than 401, and tells the error.
func (b *builder) refusal(o *operation, status int, text string, r inspect.Route, bearerError string) {
	var challenges []string
	for _, way := range r.Security {
		for _, d := range way {
			c := d.Scheme.Challenge
			if bearerError != "" {
				if !strings.HasPrefix(c, "Bearer ") {
					continue
				}
				c += ", " + bearerError
			}
			if c != "" && !slices.Contains(challenges, c) {
				challenges = append(challenges, c)
			}
		}
	}
	b.Components.Schemas["Error"] = schema{
		"type": "object", "title": "Error", "required": []string{"detail"},
		"properties": schema{"detail": schema{"type": "string"}},
	}
	res := &response{Description: text, Content: jsonOf(schema{"$ref": "#/components/schemas/Error"})}
	if len(challenges) > 0 {
		res.Headers = map[string]header{"WWW-Authenticate": {
			Description: "The challenge (RFC 9110 section 11.6.1), one for each way to authenticate",
			Schema:      schema{"type": "string"}, Example: strings.Join(challenges, ", "),
		}}
	}
	o.Responses[strconv.Itoa(status)] = res
}

func jsonOf(schema any) map[string]mediaType {
	return map[string]mediaType{"application/json": {schema}}
}

// described adds what Describe says.
func (b *builder) described(o *operation, r inspect.Route, op Op) {
	if op.Request != nil && b.isSchema(op.Request, r, "Request") {
		o.RequestBody = &requestBody{Required: true, Content: jsonOf(op.Request)}
	}
	if op.Status != 0 {
		success := o.Responses["200"]
		delete(o.Responses, "200")
		b.status(op.Status, r)
		o.Responses[strconv.Itoa(op.Status)] = success
	}
	if op.Response != nil && b.isSchema(op.Response, r, "Response") {
		status := op.Status
		if status == 0 {
			status = http.StatusOK
		}
		o.Responses[strconv.Itoa(status)].Content = jsonOf(op.Response)
	}
	for status, body := range op.Responses {
		b.status(status, r)
		res := &response{Description: http.StatusText(status)}
		if known := o.Responses[strconv.Itoa(status)]; known != nil {
			res.Description, res.Headers = known.Description, known.Headers
		}
		if res.Description == "" {
			res.Description = "Status " + strconv.Itoa(status)
		}
		if body != nil && b.isSchema(body, r, "Responses") {
			res.Content = jsonOf(body)
		}
		o.Responses[strconv.Itoa(status)] = res
	}
}

func (b *builder) status(status int, r inspect.Route) {
	if status < 100 || status > 599 {
		b.fault("%s %s is described with the status %d, which is none", r.Method, r.Path, status)
	}
}

// isSchema reports whether v marshals to what can be a JSON Schema: an object, or
// true or false.
func (b *builder) isSchema(v any, r inspect.Route, field string) bool {
	text, err := json.Marshal(v)
	if err == nil {
		switch jsontext.Value(text).Kind() {
		case '{', 't', 'f':
			return true
		}
	}
	b.fault("%s %s is described with a %s that is no JSON Schema but a %T: pass a value that marshals to one", r.Method, r.Path, field, v)
	return false
}
