package openapi

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// object is a JSON object whose members keep their order and their text.
type object []member

type member struct {
	name  string
	key   jsontext.Value // the name as it is written
	value jsontext.Value
}

// UnmarshalJSONFrom reads an object. What stands twice in it is refused, at any
// depth: readers differ in which of the two counts.
func (o *object) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	begin, err := dec.ReadToken()
	if err != nil {
		return err
	}
	if begin.Kind() != '{' {
		return fmt.Errorf("a %s stands where an object has to", begin.Kind())
	}
	*o = object{}
	for dec.PeekKind() != '}' {
		key, err := dec.ReadValue()
		if err != nil {
			return err
		}
		m := member{name: unquoted(key), key: key.Clone()}
		value, err := dec.ReadValue()
		if err != nil {
			return err
		}
		m.value = value.Clone()
		*o = append(*o, m)
	}
	_, err = dec.ReadToken()
	return err
}

// MarshalJSONTo writes o.
func (o object) MarshalJSONTo(enc *jsontext.Encoder) error {
	if err := enc.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, m := range o {
		if err := enc.WriteValue(m.key); err != nil {
			return err
		}
		if err := enc.WriteValue(m.value); err != nil {
			return err
		}
	}
	return enc.WriteToken(jsontext.EndObject)
}

func (o object) index(name string) int {
	return slices.IndexFunc(o, func(m member) bool { return m.name == name })
}

// get returns a member's value, or nil.
func (o object) get(name string) jsontext.Value {
	if i := o.index(name); i >= 0 {
		return o[i].value
	}
	return nil
}

// set sets a member in its place, or else as the last.
func (o *object) set(name string, value jsontext.Value) {
	if i := o.index(name); i >= 0 {
		(*o)[i].value = value
		return
	}
	key, _ := jsontext.AppendQuote(nil, name) // no error: all names are valid UTF-8
	*o = append(*o, member{name, key, value})
}

// unquoted returns the string that text is, or "" if it is none.
func unquoted(text jsontext.Value) string {
	if text.Kind() != '"' {
		return ""
	}
	s, err := jsontext.AppendUnquote(nil, text)
	if err != nil {
		return ""
	}
	return string(s)
}

var firstLine = regexp.MustCompile(`^\s*\{[ \t]*\r?\n([ \t]*)"`)

// indentedAs returns text in the format of model: on one line, or on as many as
// it has members, with the same indentation.
func indentedAs(model []byte, text jsontext.Value) ([]byte, error) {
	if first := firstLine.FindSubmatch(model); first != nil {
		err := text.Format(jsontext.PreserveRawStrings(true), jsontext.WithIndent(string(first[1])))
		if err != nil {
			return nil, err
		}
	}
	if strings.HasSuffix(string(model), "\n") {
		text = append(text, '\n')
	}
	return text, nil
}
