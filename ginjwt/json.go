package ginjwt

import (
	"bytes"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth is how deep the JSON of a token may nest.
const maxDepth = 32

// isObject reports whether b begins like a JSON object and nests at most maxDepth
// deep. Whether it is valid, the decoder finds out afterwards.
func isObject(b []byte) bool {
	trimmed := bytes.TrimLeft(b, " \t\r\n")
	if len(trimmed) == 0 || trimmed[0] != '{' {
		return false
	}
	if bytes.Count(b, []byte{'{'})+bytes.Count(b, []byte{'['}) <= maxDepth {
		return true
	}
	// That decoder refuses repeated members; to look for them here takes long.
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

// topLevel returns the members of a JSON object, and false if it is not valid.
func topLevel(payload []byte) (map[string]jsontext.Value, bool) {
	var members map[string]jsontext.Value
	return members, json.Unmarshal(payload, &members) == nil
}
