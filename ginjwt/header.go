package ginjwt

import (
	"bytes"
	"maps"
	"strings"
	"sync/atomic"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// header is what is used of a JOSE header (RFC 7515 section 4.1).
type header struct {
	alg Algorithm
	kid string
	typ string // in lower case, without "application/"
}

const (
	maxKeyID = 256 // bytes
	// An attacker's header costs time and memory before any signature is looked
	// at, so its length, in Base64, and the number of its members are bounded.
	maxHeader       = 4 << 10
	maxHeaderColons = 64
)

// headerMembers are the members that are looked at. They are decoded as raw JSON,
// which tells null and a wrong type from a member that is missing.
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

// parseHeader decodes a header. Members that are not known are ignored, as RFC
// 7515 section 4 wants it. Those that change what the token means are refused.
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
	alg, _ := jsonString(m.Alg)
	kid, _ := jsonString(m.Kid)
	typ, _ := jsonString(m.Typ)
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

// remembered holds parsed headers of good tokens by their text. An issuer uses one
// or two, so few have to be parsed again. It is bounded, and holds no key and no
// verdict: those are found anew for each token.
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
	r.m.CompareAndSwap(before, &after) // if somebody else was faster, the next token will add it
}
