package ginjwt

import (
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
)

// HTTPBearer returns the security scheme of bearer tokens of which OpenAPI does
// not say where they are from. The token comes as with OAuth2PasswordBearer.
func HTTPBearer(opts ...SchemeOption) *Dependency[string] {
	s := newScheme("HTTPBearer", bearerPlace(), hasToken|hasRealm|hasFormat, opts)
	s.httpScheme = "bearer"
	return bearer(s)
}

func bearerPlace() place { return headerPlace("Authorization", "bearer") }

// errTwoTokens is for a client that sends a token in more than one way (RFC
// 6750 section 2).
var errTwoTokens = malformed("More than one access token")

// bearer returns the dependency of s: a bearer token in the Authorization
// header, or in one of the further places that options name.
func bearer(s *scheme) *Dependency[string] {
	s.begin = bearerBegin(s.realm, s.metadata)
	s.challenge = func(e *Error, scopes []string) string { return bearerChallenge(s.begin, e, scopes) }
	s.candidate, s.find = plainToken, bearerToken
	further := s.places[1:]
	if len(further) > 0 {
		s.find = s.tokenAnywhere
	}
	if slices.ContainsFunc(further, func(p place) bool { return p.in != inCookie }) {
		s.candidate = nil // find has to see whether there is a second token
	}
	return newSchemeDependency(s, asText)
}

// tokenAnywhere returns the token of the request. One that the client itself put
// into the header or the URL wins over those in cookies, which browsers add; and
// it must be the only one.
func (s *scheme) tokenAnywhere(c *gin.Context) (string, *Error) {
	token, err := bearerToken(c)
	for _, p := range s.places[1:] {
		if p.in == inCookie {
			continue
		}
		another, anotherErr := p.token(c)
		switch {
		case anotherErr.nothingSent():
		case err.nothingSent():
			token, err = another, anotherErr
		default:
			return "", errTwoTokens
		}
	}
	if !err.nothingSent() {
		return token, err
	}
	for _, p := range s.places[1:] {
		if p.in != inCookie {
			continue
		}
		token, err := p.token(c)
		if err.nothingSent() {
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

// plainToken returns what follows "Bearer " in the only Authorization header,
// whatever it is; or "" if the header does not look like that.
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

// parseBearer returns the token in the value of an Authorization header.
func parseBearer(value string) (string, *Error) {
	if token, ok := strings.CutPrefix(value, "Bearer "); ok && len(token) <= maxCredentials && isB64Token(token) {
		return token, nil // as nearly all clients write it
	}
	const scheme = "bearer"
	value = strings.TrimLeft(value, " \t")
	large := len(value) > maxCredentials+len(scheme)+1
	if large { // refused in any case; how, depends on whether it begins like a bearer token
		value = value[:maxCredentials]
	}
	// White space around a header's value is no part of it (RFC 9110 section 5.5).
	// HTTP/1 servers have taken it off; others may not have.
	value, ok := afterScheme(strings.TrimRight(value, " \t"), scheme)
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
