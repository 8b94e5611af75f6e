package ginjwt

import (
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
)

// maxCredentials is the length above which a token is refused without a look
// at its characters. Policy.MaxTokenBytes sets the limit in force, which is
// far lower by default.
const maxCredentials = 64 << 10

// errTwoTokens is for a client that sends a token in more than one way (RFC
// 6750 section 2).
var errTwoTokens = malformed("More than one access token")

// bearer returns the dependency of s: a bearer token in the Authorization
// header, or where options say that it can be, too.
func bearer(s *scheme) *Dependency[string] {
	s.begin = bearerBegin(s.realm, s.metadata)
	s.challenge = func(e *Error, scopes []string) string { return bearerChallenge(s.begin, e, scopes) }
	s.candidate, s.find = plainToken, bearerToken
	further := s.places[1:]
	if len(further) > 0 {
		s.find = s.tokenAnywhere
	}
	if slices.ContainsFunc(further, func(p place) bool { return p.in != inCookie }) {
		s.candidate = nil // the header's token may not be the only one
	}
	return newSchemeDependency(s, asText)
}

// tokenAnywhere returns the token of the request. One that the client gave
// wins over those of cookies, and must be the only one.
func (s *scheme) tokenAnywhere(c *gin.Context) (string, *Error) {
	token, err := bearerToken(c)
	for _, p := range s.places[1:] {
		if p.in == inCookie {
			continue
		}
		another, anotherErr := p.token(c)
		switch {
		case anotherErr != nil && anotherErr.Code == CodeNoCredentials:
		case err != nil && err.Code == CodeNoCredentials:
			token, err = another, anotherErr
		default:
			return "", errTwoTokens
		}
	}
	if err == nil || err.Code != CodeNoCredentials {
		return token, err
	}
	for _, p := range s.places[1:] {
		if p.in != inCookie {
			continue
		}
		token, err := p.token(c)
		if err != nil && err.Code == CodeNoCredentials {
			continue
		}
		if err := s.crossOrigin(c.Request); err != nil {
			return "", err
		}
		return token, err
	}
	return "", errNoCredentials
}

// token returns the bearer token in p.
func (p place) token(c *gin.Context) (string, *Error) {
	token, err := p.one(c)
	if err == nil && !isB64Token(token) {
		err = malformed("Malformed access token")
	}
	return token, err
}

// The refusals of a bearer token's header. They are never handed out: each
// scheme completes a copy with its challenge.
var (
	errNoCredentials = &Error{Status: 401, Code: CodeNoCredentials, Detail: detailNoCredentials}
	errTwoHeaders    = &Error{Status: 400, Code: CodeMalformedCredentials, Detail: detailTwoHeaders}
	errMalformed     = &Error{Status: 400, Code: CodeMalformedCredentials, Detail: detailMalformed}
	errOversized     = &Error{Status: 401, Code: CodeInvalidToken, Detail: detailInvalid, Err: ReasonTooLarge}
)

// plainToken returns what follows "Bearer " in the only Authorization header.
func plainToken(c *gin.Context) string {
	if values := c.Request.Header["Authorization"]; len(values) == 1 {
		if token, ok := strings.CutPrefix(values[0], "Bearer "); ok {
			return token
		}
	}
	return ""
}

// bearerToken returns the token of the Authorization header:
//
//	credentials = "Bearer" 1*SP b64token
func bearerToken(c *gin.Context) (string, *Error) {
	if c.Request == nil {
		return "", errNoCredentials
	}
	values := c.Request.Header["Authorization"]
	if len(values) > 1 {
		return "", errTwoHeaders
	}
	if len(values) == 0 {
		return "", errNoCredentials
	}
	return parseBearer(values[0])
}

func parseBearer(value string) (string, *Error) {
	if token, ok := strings.CutPrefix(value, "Bearer "); ok && len(token) <= maxCredentials && isB64Token(token) {
		return token, nil // as nearly all clients write it
	}
	const scheme = "bearer"
	value = strings.TrimLeft(value, " \t")
	large := len(value) > maxCredentials+len(scheme)+1
	if large {
		value = value[:maxCredentials]
	}
	value, ok := afterScheme(strings.TrimRight(value, " \t"), scheme) // as HTTP/1 servers do on receipt (RFC 9110 section 5.5)
	if !ok {
		return "", errNoCredentials
	}
	if large {
		return "", errOversized
	}
	token := strings.TrimLeft(value, " ")
	if len(token) == len(value) || !isB64Token(token) {
		return "", errMalformed
	}
	return token, nil
}

// afterScheme returns what follows the name of an authentication scheme, given
// in lower case, in the value of an Authorization header; and false if that is
// another scheme's.
func afterScheme(value, scheme string) (string, bool) {
	if len(value) < len(scheme) || !equalFoldASCII(value[:len(scheme)], scheme) {
		return "", false
	}
	rest := value[len(scheme):]
	if rest != "" && isTokenChar(rest[0]) {
		return "", false // the name goes on
	}
	return rest, true
}

// equalFoldASCII reports whether s is lower in any letter case. Unicode's
// folding would take the Kelvin sign for a k.
func equalFoldASCII(s, lower string) bool {
	for i := range len(s) {
		if s[i] != lower[i] && (s[i] < 'A' || s[i] > 'Z' || s[i]-'A'+'a' != lower[i]) {
			return false
		}
	}
	return true
}

// isB64Token reports whether s is RFC 6750's b64token:
//
//	1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
func isB64Token(s string) bool {
	s = strings.TrimRight(s, "=")
	if s == "" {
		return false
	}
	var stray byte
	for ; len(s) >= 8; s = s[8:] { // eight at a time, for this goes over every token
		stray |= notB64[s[0]] | notB64[s[1]] | notB64[s[2]] | notB64[s[3]] |
			notB64[s[4]] | notB64[s[5]] | notB64[s[6]] | notB64[s[7]]
	}
	for i := range len(s) {
		stray |= notB64[s[i]]
	}
	return stray == 0
}

// isTokenChar reports whether b can stand in a scheme's name (tchar of RFC 9110
// section 5.6.2).
func isTokenChar(b byte) bool {
	return notB64[b] == 0 && b != '/' || strings.IndexByte("!#$%&'*^`|", b) >= 0
}

// notB64 is 0 for the characters of a b64token, without "=", and 1 for others.
var notB64 = func() (set [256]byte) {
	for i := range set {
		if strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/", byte(i)) < 0 {
			set[i] = 1
		}
	}
	return set
}()
