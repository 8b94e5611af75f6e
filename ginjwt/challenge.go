package ginjwt

import "strings"

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

// quoted returns s as a quoted-string (RFC 9110 section 5.6.4), on one line
// whatever s holds.
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
