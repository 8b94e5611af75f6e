package ginjwt

import (
	"bytes"
	"errors"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Audience is the recipients that a token is meant for (RFC 7519 section
// 4.1.3): one string or several. It cannot be changed.
type Audience struct {
	one  string // the only recipient, as most tokens have it
	more []string
}

// NewAudience returns an Audience of values.
func NewAudience(values ...string) Audience {
	if len(values) == 1 {
		return Audience{one: values[0]}
	}
	return Audience{more: slices.Clone(values)}
}

// Has reports whether value, compared exactly, is one of the recipients.
func (a Audience) Has(value string) bool {
	return value != "" && (a.one == value || slices.Contains(a.more, value))
}

// List returns the recipients.
func (a Audience) List() []string {
	if a.one != "" {
		return []string{a.one}
	}
	return slices.Clone(a.more)
}

// IsZero reports whether there are no recipients.
func (a Audience) IsZero() bool { return a.one == "" && len(a.more) == 0 }

// MarshalJSON returns one recipient as a string, several as an array.
func (a Audience) MarshalJSON() ([]byte, error) {
	if a.one != "" {
		return json.Marshal(a.one)
	}
	return json.Marshal(a.more)
}

var errAudience = errors.New("ginjwt: aud must be a string or an array of strings")

// UnmarshalJSONFrom reads a string or an array of strings, none of them empty.
func (a *Audience) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() != '[' {
		s, err := readString(dec)
		*a = Audience{one: s}
		return err
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	var values []string
	for dec.PeekKind() != ']' {
		s, err := readString(dec)
		if err != nil {
			return err
		}
		values = append(values, s)
	}
	_, err := dec.ReadToken()
	*a = NewAudience(values...)
	return err
}

// UnmarshalJSON is UnmarshalJSONFrom for encoding/json.
func (a *Audience) UnmarshalJSON(b []byte) error {
	return a.UnmarshalJSONFrom(jsontext.NewDecoder(bytes.NewReader(b)))
}

// readString reads a string that is not empty.
func readString(dec *jsontext.Decoder) (string, error) {
	t, err := dec.ReadToken()
	if err != nil {
		return "", err
	}
	if t.Kind() != '"' || t.String() == "" {
		return "", errAudience
	}
	return t.String(), nil
}
