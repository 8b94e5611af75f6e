package openapi

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ginjwt/gin-depends/ginjwt/inspect"
)

// Merge returns spec, a document that another tool wrote, with what e's guards
// enforce as its security, and with nothing else changed. It takes Swagger 2.0
// and OpenAPI 3.0 or 3.1 as JSON. Call it when all routes are registered.
//
// The schemes of the routes that are in spec are added; they replace those of
// the same names. The security of each operation that is a route of e is
// replaced: that of an open route is then empty, whatever the document says of
// all, and so it is if only a middleware of another package guards it, for that
// cannot be seen. What is no route of e stays as it is.
//
// Paths are compared by their shape, whatever their parameters are called. They
// lie behind basePath, or the path of the first server; if none of them is a
// route there, they are taken as they stand.
//
// Swagger 2.0 lacks some schemes. Those become API keys in a header, with a
// description of what to write there.
//
// The error names all faults: those that Document finds in schemes and scopes,
// operations that cannot be read, and that no operation is a route of e.
func Merge(spec []byte, e *gin.Engine) ([]byte, error) {
	routes, err := inspect.Routes(e)
	doc, v, fault := parse(spec)
	if err := errors.Join(err, fault); err != nil {
		return nil, err
	}
	m := newMerger(v, routes)
	m.operations(&doc)
	m.schemes(&doc)
	text := m.write(doc)
	if err := errors.Join(m.faults...); err != nil {
		return nil, err
	}
	return indentedAs(spec, text)
}

// A version is one of the format.
type version int

const (
	swagger20 version = iota + 1
	openAPI30
	openAPI31
)

var (
	openAPIVersion = regexp.MustCompile(`^3\.([01])\.\d+(-.+)?$`)
	yaml           = regexp.MustCompile(`(?m)^["']?(swagger|openapi)["']?[ \t]*:`)
)

func parse(spec []byte) (doc object, v version, err error) {
	if err := json.Unmarshal(spec, &doc); err != nil {
		if !bytes.HasPrefix(bytes.TrimSpace(spec), []byte("{")) && yaml.Match(spec) {
			return nil, 0, errors.New("ginjwt: openapi: the document is YAML: convert it to JSON")
		}
		return nil, 0, fmt.Errorf("ginjwt: openapi: the document is no JSON object: %w", err)
	}
	swagger, openapi := doc.get("swagger"), doc.get("openapi")
	number := openAPIVersion.FindStringSubmatch(unquoted(openapi))
	switch {
	case unquoted(swagger) == "2.0" && openapi == nil:
		return doc, swagger20, nil
	case number != nil && swagger == nil && number[1] == "0":
		return doc, openAPI30, nil
	case number != nil && swagger == nil:
		return doc, openAPI31, nil
	}
	return nil, 0, errors.New("ginjwt: openapi: the document is of a version that is not known: Swagger 2.0, OpenAPI 3.0 and OpenAPI 3.1 are")
}

// merger fills in the security of another tool's document. Its builder collects
// the schemes, and finds the same faults as for Document.
type merger struct {
	builder
	version version
	routes  map[string]inspect.Route // by verb and shape
}

func newMerger(v version, routes []inspect.Route) *merger {
	m := &merger{version: v, routes: map[string]inspect.Route{}}
	m.Components.SecuritySchemes = map[string]*inspect.Scheme{}
	for _, r := range routes {
		if len(pathParam.FindAllString(r.Template, -1)) == len(r.Params) { // or else Gin has braces that are text
			m.routes[strings.ToLower(r.Method)+" "+shapeOf(r.Template)] = r
		}
	}
	return m
}

// find returns the route of the first of shapes that is one.
func (m *merger) find(verb string, shapes []string) (r inspect.Route, ok bool) {
	for _, shape := range shapes {
		if r, ok = m.routes[verb+" "+shape]; ok && slices.Contains(verbs, verb) {
			return r, true
		}
	}
	return r, false
}

// operations fills in the security of doc's operations.
func (m *merger) operations(doc *object) {
	var paths object
	if !m.read(doc.get("paths"), &paths, "paths") {
		return
	}
	prefix := m.prefix(*doc)
	if !m.fill(paths, prefix) && (prefix == "" || !m.fill(paths, "")) {
		m.fault("no operation of the document is a route of the engine: is it another program's, or are its routes not registered yet?")
	}
	doc.set("paths", m.write(paths))
}

// fill fills in the security of the operations of paths that are routes behind
// prefix, and reports whether there are any.
func (m *merger) fill(paths object, prefix string) (found bool) {
	for i, p := range paths {
		shapes := shapesOf(prefix, p.name)
		routed := func(verb string) bool { _, ok := m.find(verb, shapes); return ok }
		var item object
		if !slices.ContainsFunc(verbs, routed) || !m.read(p.value, &item, "paths", p.name) {
			continue
		}
		if item.get("$ref") != nil {
			m.fault("the document's path %s is a $ref, which Merge does not follow: write its operations in its place", p.name)
			found = true
		}
		for j, o := range item {
			r, ok := m.find(o.name, shapes)
			if !ok {
				continue
			}
			found = true
			var op object
			if m.read(o.value, &op, "paths", p.name, o.name) {
				op.set("security", m.write(m.requirements(r)))
				item[j].value = m.write(op)
			}
		}
		paths[i].value = m.write(item)
	}
	return found
}

// requirements returns the Security Requirement Objects of r. Where the version
// does not let a scheme have scopes they are left out, and then only one of several
// that are alike is kept. No requirement at all is written as [], which overrides
// what the document says of all operations.
func (m *merger) requirements(r inspect.Route) (all []map[string][]string) {
	for _, way := range m.security(r) {
		for name := range way {
			if s := m.Components.SecuritySchemes[name]; s != nil && !m.version.scoped(s) {
				way[name] = []string{}
			}
		}
		same := func(other map[string][]string) bool { return maps.EqualFunc(way, other, slices.Equal) }
		if !slices.ContainsFunc(all, same) {
			all = append(all, way)
		}
	}
	return all
}

// scoped reports whether a requirement of s may list scopes.
func (v version) scoped(s *inspect.Scheme) bool {
	return s.Type == "oauth2" || v == openAPI31 || v == openAPI30 && s.Type == "openIdConnect"
}

// schemes adds the schemes of the operations to doc.
func (m *merger) schemes(doc *object) {
	switch {
	case len(m.Components.SecuritySchemes) == 0:
	case m.version == swagger20:
		m.addSchemes(doc, "securityDefinitions")
	default:
		var components object
		if text := doc.get("components"); text == nil || m.read(text, &components, "components") {
			m.addSchemes(&components, "components", "securitySchemes")
			doc.set("components", m.write(components))
		}
	}
}

// addSchemes adds the schemes to the last member that where names, which is one
// of in.
func (m *merger) addSchemes(in *object, where ...string) {
	name := where[len(where)-1]
	var all object
	if text := in.get(name); text != nil && !m.read(text, &all, where...) {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(m.Components.SecuritySchemes)) {
		if s := m.Components.SecuritySchemes[key]; m.version == swagger20 {
			all.set(key, m.write(swaggerScheme(s)))
		} else {
			all.set(key, m.write(s))
		}
	}
	in.set(name, m.write(all))
}

// read reads text, which is at where in the document, and reports whether it is
// of the kind that it has to be.
func (m *merger) read(text jsontext.Value, into any, where ...string) bool {
	var at jsontext.Pointer
	for _, name := range where {
		at = at.AppendToken(name)
	}
	err := errors.New("it is missing")
	if text != nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		m.fault("the document's %s is not what it has to be: %w", at, err)
	}
	return err == nil
}

// write returns v as JSON. What was in the document stays as it is written.
func (m *merger) write(v any) jsontext.Value {
	options := []json.Options{json.Deterministic(true), jsontext.EscapeForHTML(true)}
	if _, theirs := v.(object); theirs {
		options = []json.Options{jsontext.PreserveRawStrings(true)}
	}
	text, err := json.Marshal(v, options...)
	if err != nil {
		m.fault("%w", err)
	}
	return text
}
