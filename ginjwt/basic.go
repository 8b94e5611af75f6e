package ginjwt

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"log/slog"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"
)

// BasicCredentials are the user name and the password of a request with HTTP
// Basic authentication, unchecked. Either may be empty. Printing them, or an
// exported field that holds them, shows the user name only.
type BasicCredentials struct{ Username, Password string }

// Match reports whether b is username and password. It takes the same time
// whatever they are, so the time tells nothing about them; see [ConstantTimeEqual].
func (b BasicCredentials) Match(username, password string) bool {
	user := ConstantTimeEqual(b.Username, username)
	return ConstantTimeEqual(b.Password, password) && user
}

// Format prints the user name only, whatever the verb.
func (b BasicCredentials) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "%q:%s", b.Username, redacted) }

// MarshalJSON is what Format prints, as a string: loggers marshal what they are
// given.
func (b BasicCredentials) MarshalJSON() ([]byte, error) { return json.Marshal(fmt.Sprint(b)) }

// LogValue is the user name only.
func (b BasicCredentials) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(b)) }

// ConstantTimeEqual reports whether a and b are the same, in a time that tells
// nothing of where they differ: for API keys and other secrets. It is Python's
// secrets.compare_digest.
//
// Passwords of users are compared by a slow hash instead.
func ConstantTimeEqual(a, b string) bool {
	ha, hb := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b)) // so that the compared texts have one length, whatever that of a and b is
	return subtle.ConstantTimeCompare(ha[:], hb[:]) == 1
}

// HTTPBasic returns the security scheme of HTTP Basic authentication (RFC
// 7617): a user name and a password with each request. The dependency's value
// is what was sent, unchecked; Match and ConstantTimeEqual compare it.
//
// Without credentials, or with another scheme's, the request is refused with
// 401 and the challenge
//
//	Basic realm="api", charset="UTF-8"
//
// What is not strict base64 (RFC 4648 section 4) of UTF-8 text with a colon,
// without control characters, is 400.
//
// Browsers remember the credentials and send them unasked, like cookies, so a
// request of an unsafe method must come from the service's own origin or one
// of TrustedOrigins; see [FromCookie].
func HTTPBasic(opts ...SchemeOption) *Dependency[BasicCredentials] {
	s := newScheme("HTTPBasic", headerPlace("Authorization", "basic"), isAmbient|hasRealm, opts)
	s.httpScheme = "basic"
	s.find = func(c *gin.Context) (string, *Error) {
		encoded, err := s.places[0].credentials(c)
		if err != nil {
			return "", err
		}
		pair, ok := decodeBasic(encoded)
		if !ok {
			return "", errMalformed
		}
		return pair, s.crossOrigin(c.Request)
	}
	s.challenge = otherChallenge("Basic realm="+quoted(s.realm)+`, charset="UTF-8"`, "")
	return newSchemeDependency(s, func(e *entry) *BasicCredentials {
		username, password, _ := strings.Cut(e.text, ":")
		return &BasicCredentials{username, password}
	})
}

// decodeBasic returns the user-pass of RFC 7617 section 2, "name:password", and
// false if it has no colon, a control character, or is not strict Base64 of UTF-8.
func decodeBasic(encoded string) (string, bool) {
	b, err := base64.StdEncoding.Strict().DecodeString(encoded)
	pair := string(b)
	ok := err == nil && isB64Token(encoded) && // for DecodeString skips line breaks, even if it is strict
		utf8.Valid(b) && strings.Contains(pair, ":") && !strings.ContainsFunc(pair, isControl)
	return pair, ok
}
