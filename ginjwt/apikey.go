package ginjwt

import (
	"net/textproto"
	"strings"

	"github.com/gin-gonic/gin"
)

// APIKeyHeader returns the security scheme of a key in the request header name,
// such as X-API-Key. The dependency's value is the key, unchecked; compare it
// with ConstantTimeEqual, or look its hash up.
//
// Without the header the request is refused with 401 and the challenge APIKey.
// A header that is empty, repeated or has control characters is 400. Behind a
// guard, responses get "Vary: <name>" and, with a key, "Cache-Control: private",
// for HTTP caches do not know that the header holds credentials.
//
// APIKeyHeader panics if name cannot be a header's.
func APIKeyHeader(name string, opts ...SchemeOption) *Dependency[string] {
	needToken("APIKeyHeader", "header", name)
	switch textproto.CanonicalMIMEHeaderKey(name) {
	case "Cookie":
		panic("ginjwt: APIKeyHeader: use APIKeyCookie, which holds cookies to the service's own origin")
	case "Host", "Transfer-Encoding", "Trailer":
		panic("ginjwt: APIKeyHeader: net/http takes " + name + " out of the header, so no key would be found there")
	}
	return apiKey("APIKeyHeader", headerPlace(name, ""), opts)
}

// APIKeyQuery is APIKeyHeader for a key in the query parameter name. URLs are
// logged and sent on: prefer a header.
func APIKeyQuery(name string, opts ...SchemeOption) *Dependency[string] {
	needParameter("APIKeyQuery", name)
	return apiKey("APIKeyQuery", queryPlace(name), opts)
}

// APIKeyCookie is APIKeyHeader for a key in the cookie name, such as a
// session's. Requests of unsafe methods are held to the service's own origin
// and to TrustedOrigins, as FromCookie says.
func APIKeyCookie(name string, opts ...SchemeOption) *Dependency[string] {
	needToken("APIKeyCookie", "cookie", name)
	return apiKey("APIKeyCookie", cookiePlace(name), opts)
}

func apiKey(kind string, p place, opts []SchemeOption) *Dependency[string] {
	s := newScheme(kind, p, 0, opts)
	bad := malformed("Malformed " + p.noun)
	s.find = func(c *gin.Context) (string, *Error) {
		key, err := p.one(c)
		if err == nil && (key == "" || strings.ContainsFunc(key, isControl)) {
			err = bad
		}
		if err != nil {
			return "", err
		}
		return key, s.crossOrigin(c.Request)
	}
	s.challenge = otherChallenge("APIKey", s.realm)
	return newSchemeDependency(s, asText)
}
