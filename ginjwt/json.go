package ginjwt

import (
	"bytes"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth is how deep the JSON of a token may nest.
const maxDepth = 32

// isObject reports whether b is a JSON object, as far as its first character
// tells, that nests at most 32 deep.
func isObject(b []byte) bool {
	trimmed := bytes.TrimLeft(b, " \t\r\n")
	if len(trimmed) == 0 || trimmed[0] != '{' {
		return false
	}
	if bytes.Count(b, []byte{'{'})+bytes.Count(b, []byte{'['}) <= maxDepth {
		return true
	}
	// Repeated members are for the decoder proper: looking for them takes long.
	dec := jsontext.NewDecoder(bytes.NewReader(b), jsontext.AllowDuplicateNames(true))
	for {
		if _, err := dec.ReadToken(); err != nil {
			return dec.StackDepth() == 0
		}
		if dec.StackDepth() > maxDepth {
			return false
		}
	}
}

// jsonString returns the value of a JSON string, and false for any other JSON.
func jsonString(v jsontext.Value) (string, bool) {
	if v.Kind() != '"' {
		return "", false
	}
	b, err := jsontext.AppendUnquote(nil, v)
	return string(b), err == nil
}

// topLevel returns the members of a JSON object.
func topLevel(payload []byte) (map[string]jsontext.Value, bool) {
	var members map[string]jsontext.Value
	return members, json.Unmarshal(payload, &members) == nil
}
