package openapi

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/ginjwt/gin-depends/ginjwt/inspect"
	"github.com/ginjwt/gin-depends/ginjwt/internal/describe"
)

// answers adds the answers to requests whose credentials do not suffice, with
// their challenges (RFC 9110 section 11.6.1) as they are sent.
func (b *builder) answers(o *operation, r inspect.Route) {
	o.Responses["200"] = &response{Description: "Successful response"}
	var malformed, insufficient []string
	scopes := scopesOf(r)
	for _, way := range r.Security {
		for _, d := range way {
			malformed = append(malformed, d.Scheme.Malformed)
			if wanted := scopes[d.Scheme]; len(wanted) > 0 && d.Scheme.Insufficient != "" {
				insufficient = append(insufficient, d.Scheme.Insufficient+`, scope="`+strings.Join(wanted, " ")+`"`)
			}
		}
	}
	if len(r.Security) > 0 {
		b.refusal(o, http.StatusBadRequest, "Malformed credentials", malformed[:min(1, len(malformed))]) // of the scheme that was used
		b.refusal(o, http.StatusUnauthorized, "No credentials, or they were refused", without(r))
	}
	if len(scopes) > 0 || len(r.Checks) > 0 {
		b.refusal(o, http.StatusForbidden, "Not enough permissions", insufficient[:min(1, len(insufficient))])
	}
}

// without returns the challenges of r for a request without credentials.
func without(r inspect.Route) (challenges []string) {
	scopes := scopesOf(r)
	for _, way := range r.Security {
		for _, d := range way {
			c := d.Scheme.Challenge
			if wanted := scopes[d.Scheme]; len(wanted) > 0 && d.Scheme.ResourceMetadata != "" { // else a 401 does not name them
				c += `, scope="` + strings.Join(wanted, " ") + `"`
			}
			challenges = append(challenges, c)
		}
	}
	return challenges
}

// scopesOf returns the scopes that the ways of r want of each scheme, of whatever
// way, as a challenge names them.
func scopesOf(r inspect.Route) map[*inspect.Scheme][]string {
	scopes := map[*inspect.Scheme][]string{}
	for _, way := range r.Security {
		for _, d := range way {
			if len(d.Scopes) > 0 {
				scopes[d.Scheme] = describe.Union(scopes[d.Scheme], d.Scopes)
			}
		}
	}
	return scopes
}

// refusal adds an answer with {"detail": ...} and challenges.
func (b *builder) refusal(o *operation, status int, text string, challenges []string) {
	b.Components.Schemas["Error"] = schema{
		"type": "object", "title": "Error", "required": []string{"detail"},
		"properties": schema{"detail": schema{"type": "string"}},
	}
	res := &response{Description: text, Content: jsonOf(schema{"$ref": "#/components/schemas/Error"})}
	res.challenge(challenges)
	o.Responses[strconv.Itoa(status)] = res
}

// challenge adds challenges to those of the answer.
func (r *response) challenge(challenges []string) {
	var all []string
	if before := r.Headers["WWW-Authenticate"].Example; before != "" {
		all = append(all, before)
	}
	for _, c := range challenges {
		if c != "" && !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	if len(all) > 0 {
		r.Headers = map[string]header{"WWW-Authenticate": {
			Description: "How to authenticate, or what is missing (RFC 9110 section 11.6.1)",
			Schema:      schema{"type": "string"}, Example: strings.Join(all, ", "),
		}}
	}
}

func jsonOf(schema any) map[string]mediaType {
	return map[string]mediaType{"application/json": {schema}}
}

// described adds what Describe says. Request, Response and Status fill in what is
// not known of r, and Responses replace what is.
func (b *builder) described(o *operation, r inspect.Route, op Op) {
	if op.Request != nil && o.RequestBody == nil { // a form is known
		if s, ok := b.schema(op.Request, r, "Request", o.at+pointer("requestBody")); ok {
			o.RequestBody = &requestBody{Required: true, Content: jsonOf(s)}
		}
	}
	success := o.Responses[strconv.Itoa(o.success)]
	if op.Status != 0 && success != nil && o.success == http.StatusOK && success.Content == nil {
		b.checkStatus(op.Status, r)
		delete(o.Responses, strconv.Itoa(o.success))
		o.success = op.Status
		o.Responses[strconv.Itoa(o.success)] = success
	}
	if op.Response != nil && success != nil && success.Content == nil && o.success != http.StatusNoContent {
		if s, ok := b.schema(op.Response, r, "Response", o.at+pointer("responses", strconv.Itoa(o.success))); ok {
			success.Content = jsonOf(s)
		}
	}
	for status, body := range op.Responses {
		b.checkStatus(status, r)
		res := &response{Description: http.StatusText(status)}
		if known := o.Responses[strconv.Itoa(status)]; known != nil {
			res.Description, res.Headers = known.Description, known.Headers
		}
		if res.Description == "" {
			res.Description = "Status " + strconv.Itoa(status)
		}
		if body != nil {
			if s, ok := b.schema(body, r, "Responses", o.at+pointer("responses", strconv.Itoa(status))); ok {
				res.Content = jsonOf(s)
			}
		}
		o.Responses[strconv.Itoa(status)] = res
	}
}

// checkStatus notes a fault if no answer can have status.
func (b *builder) checkStatus(status int, r inspect.Route) {
	if status < 100 || status > 599 {
		b.fault("%s %s is described with the status %d, which is none", r.Method, r.Path, status)
	}
}
