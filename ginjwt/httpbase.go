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
		if err == nil && strings.ContainsFunc(credentials, isControlButTab) {
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
