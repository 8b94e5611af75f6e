package ginjwt

import (
	"encoding/base64"
	"strings"
)

// segments are the three parts of a token (RFC 7515 section 7.1).
type segments struct {
	header, payload, signature string
	signed                     string // the header, a dot and the payload
}

// split takes a token apart, unless it is longer than maxBytes.
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
	// encoding/base64 skips line ends, even if it is strict.
	if strings.IndexByte(s.payload, '.') >= 0 || strings.IndexByte(token, '\n') >= 0 || strings.IndexByte(token, '\r') >= 0 {
		return segments{}, ReasonMalformed
	}
	return s, ""
}

// strictBase64 refuses padding, other alphabets and stray bits at the end (RFC
// 7515 section 2, RFC 4648 section 3.5), so that a token has only one spelling.
var strictBase64 = base64.RawURLEncoding.Strict()
