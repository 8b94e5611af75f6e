package ginjwt

import (
	"strings"

	"github.com/gin-gonic/gin"
)

// HTTPBase returns the security scheme of any other HTTP authentication scheme
// (RFC 9110 section 11.1): Digest, HMAC, ApiKey. The dependency's value is what
// follows the scheme's name in the Authorization header, and nothing of it is
// checked but that there is some, without control characters. It is FastAPI's
// HTTPBase and HTTPDigest.
//
// A request without credentials, or with another scheme's, is refused with 401
// and the scheme's name as the challenge; a malformed or repeated header is 400.
//
// HTTPBase panics if scheme is no token of RFC 9110, and for Bearer and Basic,
// which HTTPBearer and HTTPBasic know more about.
func HTTPBase(scheme string, opts ...SchemeOption) *Dependency[string] {
	needToken("HTTPBase", "scheme", scheme)
	lower := strings.ToLower(scheme)
	f := features(0)
	switch lower {
	case "bearer":
		panic("ginjwt: HTTPBase: use HTTPBearer, which knows the form of a bearer token")
	case "basic":
		panic("ginjwt: HTTPBase: use HTTPBasic, which decodes the user name and the password")
	case "digest", "negotiate", "ntlm":
		f = isAmbient
	}
	s := newScheme("HTTPBase", headerPlace("Authorization", lower), f, opts)
	s.httpScheme = scheme
	s.find = func(c *gin.Context) (string, *Error) {
		credentials, err := s.places[0].credentials(c)
		if err == nil && strings.ContainsFunc(credentials, isControl) {
			return "", errMalformed
		}
		if err == nil {
			err = s.crossOrigin(c.Request)
		}
		return credentials, err
	}
	s.challenge = otherChallenge(titled(scheme), s.realm)
	return newSchemeDependency(s, asText)
}

// credentials returns what follows the scheme's name in the Authorization
// header, which p is:
//
//	credentials = auth-scheme 1*SP ( token68 / #auth-param )
func (p place) credentials(c *gin.Context) (string, *Error) {
	values, _ := p.values(c)
	switch {
	case len(values) > 1:
		return "", errTwoHeaders
	case len(values) == 0:
		return "", errNoCredentials
	}
	rest, ok := afterScheme(values[0], p.scheme)
	if !ok {
		return "", errNoCredentials
	}
	credentials := strings.TrimLeft(rest, " ")
	switch {
	case len(credentials) > maxCredentials:
		return "", errOversized
	case credentials == "" || len(credentials) == len(rest) || credentials[0] == '\t':
		return "", errMalformed
	}
	return credentials, nil
}

// otherChallenge returns the challenges of a scheme that is not Bearer: its
// name, and the realm if there is one. Missing scopes are told without: other
// credentials would not help.
func otherChallenge(name, realm string) func(*Error, []string) string {
	if realm != "" {
		name += " realm=" + quoted(realm)
	}
	return func(e *Error, _ []string) string {
		if e.Status == 403 {
			return ""
		}
		return name
	}
}

// titled returns a scheme's name with the first letter of each of its words in
// upper case, as it is mostly written: "digest" as "Digest".
func titled(name string) string {
	words := strings.Split(name, "-")
	for i, w := range words {
		if w != "" {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, "-")
}
