package ginjwt

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Claims are the registered claims of a JWT (RFC 7519 section 4.1) and its
// scope (RFC 8693 section 4.2). Embed them by value in a struct of one's own:
//
//	type AccessClaims struct {
//		ginjwt.Claims
//		Tenant string `json:"tenant"`
//	}
//
// An empty claim is one that the token does not have. The token's sid and
// client_id are fields as well, of an unexported part: SessionID and ClientID,
// both strings.
type Claims struct {
	Issuer    string      `json:"iss,omitzero"`
	Subject   string      `json:"sub,omitzero"`
	Audience  Audience    `json:"aud,omitzero"`
	ExpiresAt NumericDate `json:"exp,omitzero"`
	NotBefore NumericDate `json:"nbf,omitzero"`
	IssuedAt  NumericDate `json:"iat,omitzero"`
	JWTID     string      `json:"jti,omitzero"`
	Scope     Scope       `json:"scope,omitzero"`

	origin
	telltales
}

// Registered returns c. It is how this package finds the Claims in a struct
// that embeds them.
func (c *Claims) Registered() *Claims { return c }

// ClaimsOf is satisfied by *C for every struct C that embeds Claims by value.
type ClaimsOf[C any] interface {
	*C
	Registered() *Claims
}

// AnyClaims is a pointer to Claims or to a struct that embeds them.
type AnyClaims interface{ Registered() *Claims }

// origin says what an access token came of. A field of the user's with the same
// name hides one here; it is then looked for in the JSON, and an Issuer refuses
// to sign what would hide it. See shape.
type origin struct {
	// SessionID is the session that the token belongs to (OpenID Connect's sid).
	SessionID string `json:"sid,omitzero"`
	// ClientID is the client that it was issued to (RFC 9068 section 2.2).
	ClientID string `json:"client_id,omitzero"`
}

// telltales are members that access tokens do not have, and other tokens of the
// same issuer do. They are decoded with the claims and cost nothing where they
// are missing. A field of the user's with the same name hides one here, and is
// then looked for in the JSON; see shape.
type telltales struct {
	AccessTokenHash present `json:"at_hash,omitzero"`
	CodeHash        present `json:"c_hash,omitzero"`
	Events          present `json:"events,omitzero"`
	Nonce           present `json:"nonce,omitzero"`
	Confirmation    present `json:"cnf,omitzero"`
	TokenUse        label   `json:"token_use,omitzero"`
	Type            label   `json:"typ,omitzero"`
}

// present notes that a member is there, whatever its value.
type present bool

// UnmarshalJSONFrom skips the value.
func (p *present) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*p = true
	return dec.SkipValue()
}

// UnmarshalJSON is UnmarshalJSONFrom for encoding/json.
func (p *present) UnmarshalJSON([]byte) error { *p = true; return nil }

// MarshalJSON returns null: what was skipped is gone.
func (present) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// label is a member whose value names the token's kind. A value that is no
// string, or empty, is kept as the JSON text, which names none.
type label string

// UnmarshalJSONFrom keeps the value of a string, and the text of anything else.
func (l *label) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	*l = labelOf(v)
	return nil
}

func labelOf(v jsontext.Value) label {
	if s, ok := text(v); ok && s != "" {
		return label(s)
	}
	return label(v)
}

// UnmarshalJSON is UnmarshalJSONFrom for encoding/json.
func (l *label) UnmarshalJSON(b []byte) error {
	return l.UnmarshalJSONFrom(jsontext.NewDecoder(bytes.NewReader(b)))
}

// text returns the value of a JSON string, and false for any other JSON.
func text(v jsontext.Value) (string, bool) {
	if v.Kind() != '"' {
		return "", false
	}
	b, err := jsontext.AppendUnquote(nil, v)
	return string(b), err == nil
}

// Audience is the recipients that a token is meant for (RFC 7519 section
// 4.1.3): one string or several. It cannot be changed.
type Audience struct {
	one  string // of most tokens
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

// NumericDate is a point in time as a JWT has it: a JSON number of seconds
// since 1970, fractions allowed (RFC 7519 section 2). The zero NumericDate is
// none.
type NumericDate struct{ time.Time }

// NewNumericDate returns t with whole seconds, as most issuers give it.
func NewNumericDate(t time.Time) NumericDate { return NumericDate{time.Unix(t.Unix(), 0).UTC()} }

// maxDate is the end of the year 9999. Larger numbers are milliseconds, or an
// attempt to overflow.
const maxDate = 253402300799

var errDate = errors.New("ginjwt: a date must be a JSON number of seconds from 0 to 253402300799")

// parseDate returns the date of a JSON number.
func parseDate(number []byte) (NumericDate, error) {
	if sec, err := strconv.ParseUint(string(number), 10, 64); err == nil {
		if sec > maxDate {
			return NumericDate{}, errDate
		}
		return NumericDate{time.Unix(int64(sec), 0).UTC()}, nil
	}
	f, err := strconv.ParseFloat(string(number), 64)
	if err != nil || !(f >= 0 && f <= maxDate) {
		return NumericDate{}, errDate
	}
	sec := int64(f)
	return NumericDate{time.Unix(sec, int64((f-float64(sec))*1e9)).UTC()}, nil
}

// UnmarshalJSONFrom reads a JSON number in range.
func (d *NumericDate) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if v.Kind() != '0' {
		return errDate
	}
	*d, err = parseDate(v)
	return err
}

// UnmarshalJSON is UnmarshalJSONFrom for encoding/json.
func (d *NumericDate) UnmarshalJSON(b []byte) error {
	return d.UnmarshalJSONFrom(jsontext.NewDecoder(bytes.NewReader(b)))
}

// MarshalJSON returns the number of seconds, with a fraction if there is one.
func (d NumericDate) MarshalJSON() ([]byte, error) {
	sec := d.Unix()
	if sec < 0 || sec > maxDate {
		return nil, errDate
	}
	text := strconv.FormatInt(sec, 10)
	if ns := d.Nanosecond(); ns != 0 {
		text += strings.TrimRight("."+strconv.Itoa(1e9 + ns)[1:], "0")
	}
	return []byte(text), nil
}
