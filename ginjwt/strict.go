package ginjwt

import (
	"bytes"
	"encoding/base64"
	"maps"
	"strings"
	"sync/atomic"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A Reason is why a token was refused. It is the Err of the *Error, for logs
// and metrics, and never reaches the client; errors.Is finds it.
type Reason string

// Error returns the reason.
func (r Reason) Error() string { return string(r) }

// The reasons, in the order in which they are looked for. The marks of ID,
// refresh and logout tokens, which are claims, are looked for after ReasonBound.
const (
	ReasonTooLarge  Reason = "token too large"
	ReasonMalformed Reason = "token malformed"            // not three parts of strict Base64url
	ReasonHeader    Reason = "header malformed"           // or over 4 KiB, or with crit, b64, enc or zip
	ReasonAlgorithm Reason = "algorithm not allowed"      // none, or not the key's
	ReasonType      Reason = "token type not allowed"     // its typ, or an ID, refresh or logout token
	ReasonKey       Reason = "key unknown"                // no key of that ID for that algorithm
	ReasonSignature Reason = "signature wrong"            //
	ReasonClaims    Reason = "claims malformed"           // no object, repeated members, a claim of the wrong type
	ReasonBound     Reason = "token bound to a key"       // cnf: no bearer token (RFC 7800)
	ReasonIssuer    Reason = "issuer not allowed"         //
	ReasonAudience  Reason = "audience not allowed"       //
	ReasonNoExpiry  Reason = "token without expiry"       //
	ReasonLifetime  Reason = "lifetime too long"          // exp - iat, or no iat to tell
	ReasonNotYet    Reason = "token not valid yet"        // nbf
	ReasonIssuedAt  Reason = "token issued in the future" // iat, beyond what clocks may differ
	ReasonExpired   Reason = "token expired"              //
	ReasonRevoked   Reason = "token revoked"              //
	ReasonInactive  Reason = "token not active"           // by an Introspector
)

// refused returns the error for a token that is refused for reason.
func refused(reason Reason) error {
	code := CodeInvalidToken
	if reason == ReasonExpired {
		code = CodeExpiredToken
	}
	return &Error{Status: 401, Code: code, Detail: detailInvalid, Err: reason}
}

// segments are the three parts of a token (RFC 7515 section 7.1).
type segments struct {
	header, payload, signature string
	signed                     string // the header, a dot and the payload
}

// split takes a token apart. It looks at no more than maxBytes of it.
func split(token string, maxBytes int) (segments, Reason) {
	if len(token) > maxBytes {
		return segments{}, ReasonTooLarge
	}
	i := strings.IndexByte(token, '.')
	j := strings.LastIndexByte(token, '.')
	if i <= 0 || j <= i+1 || j == len(token)-1 {
		return segments{}, ReasonMalformed
	}
	s := segments{header: token[:i], payload: token[i+1 : j], signature: token[j+1:], signed: token[:j]}
	// A line end must be looked for here: encoding/base64 would skip it.
	if strings.IndexByte(s.payload, '.') >= 0 || strings.IndexByte(token, '\n') >= 0 || strings.IndexByte(token, '\r') >= 0 {
		return segments{}, ReasonMalformed
	}
	return s, ""
}

// strictBase64 refuses padding, other alphabets and stray bits at the end (RFC
// 7515 section 2, RFC 4648 section 3.5): a token has one spelling.
var strictBase64 = base64.RawURLEncoding.Strict()

// header is what matters of a JOSE header (RFC 7515 section 4.1).
type header struct {
	alg Algorithm
	kid string
	typ string // in lower case, without "application/"
}

const (
	maxKeyID = 256
	maxDepth = 32
	// maxHeader bounds a header in Base64, and maxHeaderColons its members: both
	// cost time and memory before any signature is looked at.
	maxHeader       = 4 << 10
	maxHeaderColons = 64
)

// headerMembers are the members that are looked at, each as it stands: of the
// wrong type, null, or missing.
type headerMembers struct {
	Alg  jsontext.Value `json:"alg"`
	Kid  jsontext.Value `json:"kid"`
	Typ  jsontext.Value `json:"typ"`
	Cty  jsontext.Value `json:"cty"`
	Jku  jsontext.Value `json:"jku"`
	X5u  jsontext.Value `json:"x5u"`
	X5t  jsontext.Value `json:"x5t"`
	X5t2 jsontext.Value `json:"x5t#S256"`
	X5c  jsontext.Value `json:"x5c"`
	Jwk  jsontext.Value `json:"jwk"`
	Crit jsontext.Value `json:"crit"`
	B64  jsontext.Value `json:"b64"`
	Enc  jsontext.Value `json:"enc"`
	Zip  jsontext.Value `json:"zip"`
}

// parseHeader decodes a header. Members that we do not use are ignored, as RFC
// 7515 section 4 wants it, but not those that change what the token means.
func parseHeader(segment string) (*header, Reason) {
	if len(segment) > maxHeader {
		return nil, ReasonHeader
	}
	raw, err := strictBase64.DecodeString(segment)
	if err != nil {
		return nil, ReasonMalformed
	}
	var m headerMembers
	if bytes.Count(raw, []byte{':'}) > maxHeaderColons || !isObject(raw) || json.Unmarshal(raw, &m) != nil {
		return nil, ReasonHeader
	}
	for _, v := range []jsontext.Value{m.Crit, m.B64, m.Enc, m.Zip} {
		if v != nil {
			return nil, ReasonHeader
		}
	}
	for _, v := range []jsontext.Value{m.Alg, m.Kid, m.Typ, m.Cty, m.Jku, m.X5u, m.X5t, m.X5t2} {
		if v != nil && v.Kind() != '"' {
			return nil, ReasonHeader
		}
	}
	if m.X5c != nil && m.X5c.Kind() != '[' || m.Jwk != nil && m.Jwk.Kind() != '{' {
		return nil, ReasonHeader
	}
	alg, _ := text(m.Alg)
	kid, _ := text(m.Kid)
	typ, _ := text(m.Typ)
	if m.Kid != nil && kid == "" || len(kid) > maxKeyID || m.Typ != nil && mediaType(typ) == "" {
		return nil, ReasonHeader
	}
	if _, ok := methods[Algorithm(alg)]; !ok {
		return nil, ReasonAlgorithm
	}
	return &header{alg: Algorithm(alg), kid: kid, typ: mediaType(typ)}, ""
}

// mediaType returns typ as it is compared: in any letter case and with or
// without "application/" (RFC 7515 section 4.1.9).
func mediaType(typ string) string {
	return strings.TrimPrefix(lowerASCII(typ), "application/")
}

// lowerASCII leaves alone what Unicode would fold into ASCII.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

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

// remembered holds the headers of good tokens, parsed, by their text: an issuer
// uses one or two. It holds no key and no verdict, and is bounded.
type remembered struct {
	m atomic.Pointer[map[string]*header]
}

const maxRemembered = 64

func (r *remembered) find(segment string) *header {
	if m := r.m.Load(); m != nil {
		return (*m)[segment]
	}
	return nil
}

// add remembers the header of a token whose signature was good. When there are
// too many, it begins anew.
func (r *remembered) add(segment string, h *header) {
	before := r.m.Load()
	after := map[string]*header{}
	if before != nil && len(*before) < maxRemembered {
		after = maps.Clone(*before)
	}
	after[strings.Clone(segment)] = h
	r.m.CompareAndSwap(before, &after) // if another was faster, the next token's turn comes
}
