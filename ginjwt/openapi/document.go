package openapi

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ginjwt/gin-depends/ginjwt/inspect"
	"github.com/ginjwt/gin-depends/ginjwt/internal/describe"
)

// Document returns the OpenAPI 3.1 document of e's routes, as JSON. Of cfg only
// what it says of the API is used. The error names all faults: in cfg, schemes
// that differ but have one name, scopes that are demanded and that their scheme
// does not declare, schemas that are none.
func Document(e *gin.Engine, cfg Config) ([]byte, error) {
	cfg, err := cfg.complete()
	d, faults := build(e, cfg)
	if err := errors.Join(err, faults); err != nil {
		return nil, err
	}
	return d.marshal()
}

func (d *document) marshal() ([]byte, error) {
	return json.Marshal(d, json.Deterministic(true), jsontext.EscapeForHTML(true))
}

// builder makes a document.
type builder struct {
	document
	templates map[string]inspect.Route // by the shape of a path: its first route, which names the parameters
	faults    []error
}

func (b *builder) fault(format string, args ...any) {
	err := fmt.Errorf("ginjwt: openapi: "+format, args...)
	if !slices.ContainsFunc(b.faults, func(f error) bool { return f.Error() == err.Error() }) {
		b.faults = append(b.faults, err)
	}
}

func build(e *gin.Engine, cfg Config) (*document, error) {
	routes, err := inspect.Routes(e)
	if err != nil {
		return nil, err
	}
	b := &builder{templates: map[string]inspect.Route{}, document: document{
		OpenAPI: "3.1.0",
		Info:    info{Title: cfg.Title, Summary: cfg.Summary, Description: cfg.Description, Version: cfg.Version},
		Paths:   map[string]map[string]*operation{},
		Components: components{
			Schemas: map[string]schema{}, SecuritySchemes: map[string]*inspect.Scheme{},
		},
	}}
	for _, s := range cfg.Servers {
		b.Servers = append(b.Servers, server{s})
	}
	var operations []named
	for _, r := range routes {
		op, shown := opOf(r.Notes())
		if !shown || foreign(r) || !b.nameable(r) {
			continue
		}
		r = b.sameNames(r)
		if b.Paths[r.Template] == nil {
			b.Paths[r.Template] = map[string]*operation{}
		}
		o := b.operation(r, op)
		b.Paths[r.Template][strings.ToLower(r.Method)] = o
		operations = append(operations, newNamed(o, r, op))
	}
	b.logouts(operations)
	b.name(operations)
	return &b.document, errors.Join(b.faults...)
}

// nameable reports whether OpenAPI can tell r's parameters from its text.
func (b *builder) nameable(r inspect.Route) bool {
	names := slices.Compact(slices.Sorted(slices.Values(r.Params)))
	switch {
	case len(pathParam.FindAllString(r.Template, -1)) != len(r.Params):
		b.fault("%s %s has braces, which OpenAPI takes for a parameter: use another path, or Hidden", r.Method, r.Path)
	case len(names) != len(r.Params):
		b.fault("%s %s has two parameters of one name: OpenAPI cannot tell them apart", r.Method, r.Path)
	default:
		return true
	}
	return false
}

// sameNames returns r with its parameters called as in the first route of the
// same shape: OpenAPI takes the two for one path.
func (b *builder) sameNames(r inspect.Route) inspect.Route {
	shape := shapeOf(r.Template)
	first, known := b.templates[shape]
	if !known {
		b.templates[shape] = r
		return r
	}
	r.Template, r.Params = first.Template, first.Params
	return r
}

// foreign reports whether r is no operation of the API: OpenAPI has no CONNECT,
// files are no operations, and what describes the API is no part of it.
func foreign(r inspect.Route) bool {
	return !slices.Contains(verbs, strings.ToLower(r.Method)) || r.Endpoint == "docs" || r.Endpoint == "resource metadata" || files.MatchString(r.Handler)
}

// files are Gin's handlers of static files. They can be inlined, and then have
// another package's name.
var files = regexp.MustCompile(`\(\*RouterGroup\)\.(createStaticHandler|StaticFile|StaticFileFS)\.func\d+$`)

func (b *builder) operation(r inspect.Route, op Op) *operation {
	o := &operation{
		Tags: op.Tags, Description: op.Description, Deprecated: op.Deprecated,
		Responses: map[string]*response{}, Security: b.security(r), success: http.StatusOK,
		at: pointer("paths", r.Template, strings.ToLower(r.Method)),
	}
	for _, name := range r.Params {
		o.Parameters = append(o.Parameters, parameter{Name: name, In: "path", Required: true, Schema: schema{"type": "string"}})
	}
	b.answers(o, r)
	switch form := formOf(r); {
	case form != nil && r.Method == http.MethodPost:
		b.form(o, r, form)
	case form != nil:
		delete(o.Responses, "200")
		b.refusal(o, http.StatusMethodNotAllowed, "A form is posted", nil)
	}
	b.described(o, r, op)
	return o
}

// componentName is what the key of a component can be.
var componentName = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// security returns the ways to be let through to r as Security Requirement
// Objects, and adds their schemes to the components.
func (b *builder) security(r inspect.Route) (all []map[string][]string) {
	for _, way := range r.Security {
		requirement := map[string][]string{}
		for _, d := range way {
			b.scheme(d.Scheme)
			requirement[d.Scheme.Name] = describe.Union(requirement[d.Scheme.Name], d.Scopes)
			for _, scope := range d.Scopes {
				if !d.Scheme.Declares(scope) {
					b.fault("%s %s demands the scope %q, which %s does not declare: add it to its Scopes", r.Method, r.Path, scope, d.Scheme.Name)
				}
			}
		}
		all = append(all, requirement)
	}
	return all
}

func (b *builder) scheme(s *inspect.Scheme) {
	before, known := b.Components.SecuritySchemes[s.Name]
	switch {
	case !componentName.MatchString(s.Name):
		b.fault("the security scheme %q has a name that OpenAPI does not allow: use letters, digits, '.', '_' and '-'", s.Name)
	case !known:
		b.Components.SecuritySchemes[s.Name] = s
	case before != s && !alike(before, s):
		b.fault("two security schemes that differ have the name %q: give one another with SchemeName", s.Name)
	}
}

// alike reports whether the document shows a and b alike.
func alike(a, b *inspect.Scheme) bool {
	one, errOne := json.Marshal(a, json.Deterministic(true))
	two, errTwo := json.Marshal(b, json.Deterministic(true))
	return errOne == nil && errTwo == nil && string(one) == string(two)
}
