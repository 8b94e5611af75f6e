package ginjwt

import (
	"strings"

	"github.com/gin-gonic/gin"
)

// maxCredentials is the length above which a token is refused without a look
// at its characters. Policy.MaxTokenBytes sets the limit in force, which is
// far lower by default.
const maxCredentials = 64 << 10

// OAuth2PasswordBearer returns the security scheme of a first-party login: the
// client posts a user name and a password to tokenURL and sends the token that
// it gets as "Authorization: Bearer <token>". The dependency's value is that
// token, unverified; JWT verifies it. The name and the meaning are FastAPI's.
//
// The header's form is that of RFC 6750 section 2.1, the scheme's name in any
// letter case (RFC 9110 section 11.1). Without credentials, or with those of
// another scheme, the request is refused with 401; a malformed header, or more
// than one, is 400.
//
// tokenURL is where OpenAPI says that the login is. An absolute path, such as
// "/token", works wherever the documentation is served. OAuth2PasswordBearer
// panics if it is empty.
//
// RFC 9700 section 2.4 forbids the password grant to third-party clients; it is
// meant for a client that is as trusted as the service.
func OAuth2PasswordBearer(tokenURL string, opts ...SchemeOption) *Dependency[string] {
	if tokenURL == "" {
		panic("ginjwt: OAuth2PasswordBearer: empty tokenURL; name the login's path, such as \"/token\"")
	}
	s := newScheme("OAuth2PasswordBearer", opts)
	s.tokenURL = tokenURL
	return bearer(s)
}

// bearer returns a dependency that finds a bearer token in the Authorization
// header.
func bearer(s *scheme) *Dependency[string] {
	s.sent = func(c *gin.Context) bool {
		_, err := bearerToken(c)
		return err == nil || err.Code != CodeNoCredentials
	}
	s.candidate = plainToken
	s.challenge = func(e *Error, scopes []string) string { return bearerChallenge(s.realm, e, scopes) }
	d := newDependency(s.name, nil, func(r run, e *entry) (*string, error) {
		token, err := bearerToken(r.c)
		if err != nil {
			err = err.clone(nil)
			err.Header.Set("WWW-Authenticate", s.challenge(err, nil))
			return nil, err
		}
		e.text = token
		return &e.text, nil
	})
	d.scheme, d.schemes = s, []*node{&d.node}
	return d
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
	value = strings.TrimRight(value, " \t") // as HTTP/1 servers do on receipt (RFC 9110 section 5.5)
	if len(value) < len(scheme) || !equalFoldASCII(value[:len(scheme)], scheme) {
		return "", errNoCredentials
	}
	value = value[len(scheme):]
	if value != "" && isTokenChar(value[0]) {
		return "", errNoCredentials // the name of another scheme goes on
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

// equalFoldASCII reports whether s is lower in any letter case. Unicode's
// folding would take the Kelvin sign for a k.
func equalFoldASCII(s, lower string) bool {
	for i := range len(s) {
		if s[i] != lower[i] && s[i] != lower[i]-'a'+'A' {
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
