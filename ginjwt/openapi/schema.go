package openapi

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ginjwt/gin-depends/ginjwt/inspect"
)

// schema returns a user's schema as it stands at a place of the document. It is
// marshalled by encoding/json, for which the libraries that make schemas write
// their tags.
func (b *builder) schema(v any, r inspect.Route, field, at string) (jsontext.Value, bool) {
	text, err := json.Marshal(v)
	if err == nil {
		text, err = moved(text, "#"+at+pointer("content", "application/json", "schema"))
	}
	if kind := jsontext.Value(text).Kind(); err != nil || kind != '{' && kind != 't' && kind != 'f' {
		b.fault("%s %s is described with a %s that is no JSON Schema but a %T: pass a value that marshals to one", r.Method, r.Path, field, v)
		return nil, false
	}
	return text, true
}

// moved returns a schema whose references to its own parts are written for its
// place in the document: there, "#" is the document and no longer the schema. A
// schema with an $id stays as it is, for its references are relative to that.
func moved(text []byte, to string) ([]byte, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if s, ok := v.(map[string]any); ok && s["$id"] == nil {
		move(s, to)
	}
	return json.Marshal(v)
}

// move does that in place, at any depth.
func move(v any, to string) {
	switch v := v.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok && (ref == "#" || strings.HasPrefix(ref, "#/")) {
			v["$ref"] = to + ref[1:]
		}
		for _, below := range v {
			move(below, to)
		}
	case []any:
		for _, below := range v {
			move(below, to)
		}
	}
}

// pointer returns a JSON Pointer (RFC 6901), as it stands in a URL's fragment.
func pointer(names ...string) string {
	var b strings.Builder
	for _, name := range names {
		name = strings.NewReplacer("~", "~0", "/", "~1", "%", "%25", "{", "%7B", "}", "%7D", " ", "%20").Replace(name)
		b.WriteString("/" + name)
	}
	return b.String()
}
