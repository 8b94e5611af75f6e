package ginjwt

import (
	"net/http"
	"slices"
	"strings"
)

const defaultRealm = "api"

// bearerBegin returns what all challenges of a bearer scheme begin with. Without
// the URL of a resource's metadata it is the realm alone.
func bearerBegin(realm, metadata string) string {
	b := "Bearer realm=" + quoted(realm)
	if metadata != "" {
		b += ", resource_metadata=" + quoted(metadata)
	}
	return b
}

// bearerChallenge returns the WWW-Authenticate value for e, which begins with b
// (RFC 6750 section 3). It carries no error if no credentials were sent (section
// 3.1), and only texts of this package, never a cause.
func bearerChallenge(b string, e *Error, scopes []string) string {
	switch e.Code {
	case CodeNoCredentials:
		return b
	case CodeMalformedCredentials:
		return b + `, error="invalid_request", error_description=` + quoted(printable(e.Detail))
	case CodeExpiredToken:
		return b + `, error="invalid_token", error_description="The access token expired"`
	case CodeInsufficientScope:
		return b + `, error="insufficient_scope", error_description="The token lacks a required scope", scope=` +
			quoted(strings.Join(scopes, " "))
	}
	return b + `, error="invalid_token", error_description="The access token is invalid"`
}

// quoted returns s as a quoted-string (RFC 9110 section 5.6.4). Characters that a
// header cannot carry, such as line ends, become question marks.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r > '~':
			b.WriteByte('?')
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// printable returns s with what RFC 6749 section 5.2 does not allow in an
// error_description replaced.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '"':
			return '\''
		case r == '\\' || r < ' ' || r > '~':
			return '?'
		}
		return r
	}, s)
}

// otherChallenge returns the challenge function of a scheme that is not Bearer:
// its name, and the realm if there is one. For a 403 it gives none: to send other
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

// challenge sets the challenges of schemes, one each (RFC 9110 section 11.6.1).
// judged are those of them by whose credentials the request was judged. The
// challenge of another one must not call its credentials bad: it says that there
// were none (RFC 6750 section 3.1).
func (e *Error) challenge(schemes, judged []*node, scopes []string) {
	var values []string
	for _, n := range schemes {
		about := e
		if e.Status == 401 && !slices.Contains(judged, n) {
			about = errNoCredentials
		}
		if v := n.scheme.challenge(about, scopes); v != "" && !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	if len(values) > 0 {
		e.Header["Www-Authenticate"] = values
	}
}

// challenged reports whether e has a challenge, however the header is spelt.
func (e *Error) challenged() bool {
	for name, values := range e.Header {
		if len(values) > 0 && http.CanonicalHeaderKey(name) == "Www-Authenticate" {
			return true
		}
	}
	return false
}
