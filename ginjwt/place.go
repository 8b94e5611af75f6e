package ginjwt

import (
	"net/textproto"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
)

// place is a place where credentials can be in a request: a header, a query
// parameter, a cookie, a subprotocol. It is the same for all requests.
type place struct {
	in     string // one of the constants below
	name   string // of the header, the query parameter, the cookie, or the marker
	scheme string // in the Authorization header: the scheme's name, in lower case

	noun   string                                          // what a client calls it: "X-API-Key header"
	values func(c *gin.Context) (values []string, ok bool) // what a request has there; not ok if it is malformed
}

// The first three are OpenAPI's words.
const (
	inHeader      = "header"
	inQuery       = "query"
	inCookie      = "cookie"
	inSubprotocol = "subprotocol"
)

// overlaps reports whether credentials in one of p and q could be in the other.
func (p place) overlaps(q place) bool {
	return p.in == q.in && p.name == q.name && (p.scheme == q.scheme || p.scheme == "" || q.scheme == "")
}

// one returns the only value in p, or errNoCredentials. Other refusals name p.
func (p place) one(c *gin.Context) (string, *Error) {
	values, ok := p.values(c)
	switch {
	case !ok:
		return "", malformed("Malformed " + p.noun)
	case len(values) == 0:
		return "", errNoCredentials
	case len(values) > 1:
		return "", malformed("More than one " + p.noun)
	case len(values[0]) > maxCredentials:
		return "", errOversized
	}
	return values[0], nil
}

// headerPlace is the header name: the credentials of scheme in it or, if that is
// "", its whole value.
func headerPlace(name, scheme string) place {
	key := textproto.CanonicalMIMEHeaderKey(name)
	return place{in: inHeader, name: key, scheme: scheme, noun: name + " header", values: func(c *gin.Context) ([]string, bool) {
		values := c.Request.Header[key]
		if len(values) == 1 {
			if trimmed := strings.Trim(values[0], " \t"); trimmed != values[0] {
				return []string{trimmed}, true // see parseBearer
			}
		}
		return values, true
	}}
}

// queryPlace is the query parameter name.
func queryPlace(name string) place {
	return place{in: inQuery, name: name, noun: name + " query parameter", values: func(c *gin.Context) ([]string, bool) {
		if c.Request.URL == nil || c.Request.URL.RawQuery == "" {
			return nil, true
		}
		return queryValues(c.Request.URL.RawQuery, name)
	}}
}

// queryValues returns the values of a query's parameter name, and false if one
// of them is malformed. url.ParseQuery skips those, and bad credentials must not
// be taken for none.
func queryValues(query, name string) (values []string, ok bool) {
	for _, raw := range rawQueryValues(query, name) {
		value, err := url.QueryUnescape(raw)
		if err != nil || strings.Contains(raw, ";") {
			return nil, false
		}
		values = append(values, value)
	}
	return values, true
}

// rawQueryValues returns the values of a query's parameter name as the client
// wrote them.
func rawQueryValues(query, name string) (values []string) {
	for pair := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if key, err := url.QueryUnescape(key); err == nil && key == name {
			values = append(values, value)
		}
	}
	return values
}

// cookiePlace is the cookie name.
func cookiePlace(name string) place {
	return place{in: inCookie, name: name, noun: name + " cookie", values: func(c *gin.Context) ([]string, bool) {
		return cookieValues(c.Request.Header["Cookie"], name), true
	}}
}

// cookieValues returns the values of the cookies name (RFC 6265 section 4.2.1).
// It keeps those with characters because of which net/http skips them: bad
// credentials must not be taken for none.
func cookieValues(headers []string, name string) (values []string) {
	for _, header := range headers {
		for pair := range strings.SplitSeq(header, ";") {
			key, value, _ := strings.Cut(pair, "=")
			if strings.Trim(key, " \t") != name {
				continue
			}
			value = strings.Trim(value, " \t")
			if len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"' {
				value = value[1 : len(value)-1]
			}
			values = append(values, value)
		}
	}
	return values
}

// needToken panics unless name is a token of RFC 9110 section 5.6.2, as the
// names of headers, cookies, schemes and subprotocols are.
func needToken(caller, what, name string) {
	if name == "" || slices.ContainsFunc([]byte(name), func(b byte) bool { return !isTokenChar(b) }) {
		panic("ginjwt: " + caller + ": " + quoted(name) + " cannot be the name of a " + what)
	}
}

// needParameter panics unless name can be that of a query parameter.
func needParameter(caller, name string) {
	if name == "" || !isPrintableASCII(name) {
		panic("ginjwt: " + caller + ": " + quoted(name) + " cannot be the name of a query parameter")
	}
}

// FromCookie lets the token come in the cookie name, too: for pages, with the
// attributes HttpOnly, Secure and SameSite and best with the prefix __Host-. A
// token elsewhere in the request wins over it, for browsers send cookies
// unasked; two cookies of the name are refused with 400.
//
// A request of an unsafe method that is authenticated by a cookie must come
// from the service's own origin, or from one of TrustedOrigins: else a page of
// anybody's could act for the user. It is checked as by
// http.CrossOriginProtection, a WebSocket handshake as well, and refused with
// 403. GET, HEAD and OPTIONS must not change anything. Behind a guard, responses
// get "Vary: Cookie", and with a cookie "Cache-Control: private".
func FromCookie(name string) SchemeOption {
	needToken("FromCookie", "cookie", name)
	return fromPlace("FromCookie", cookiePlace(name))
}

// FromQuery lets the token come in the query parameter name, too, which RFC
// 6750 section 2.3 calls access_token and advises against: URLs are logged,
// kept in histories and sent on. It is for clients that cannot set a header.
// Keep the query out of the access log (gin.LoggerConfig's SkipQueryString) and
// the tokens short-lived. Responses get "Cache-Control: private".
//
// A token in the header and in the query, or two in the query, is 400.
func FromQuery(name string) SchemeOption {
	needParameter("FromQuery", name)
	return fromPlace("FromQuery", queryPlace(name))
}

// fromPlace returns the option to find the bearer token in p, too.
func fromPlace(option string, p place) SchemeOption {
	p.noun = "access token"
	return schemeOption(func(b *schemeBuilder) {
		b.need(hasToken, option, "a bearer token")
		for _, q := range b.places {
			if p.overlaps(q) {
				panic("ginjwt: " + b.kind + ": " + option + "(" + quoted(p.name) + ") is given twice")
			}
		}
		b.places = append(b.places, p)
	})
}
