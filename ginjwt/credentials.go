package ginjwt

import (
	"strings"

	"github.com/gin-gonic/gin"
)

// maxCredentials is the length in bytes above which a scheme refuses credentials
// without a look at their characters. It is the largest Policy.MaxTokenBytes,
// which limits tokens further, by default to far less.
const maxCredentials = 64 << 10

// The refusals that schemes share. They never leave this package: each scheme
// adds its challenge to a copy.
var (
	errNoCredentials = &Error{Status: 401, Code: CodeNoCredentials, Detail: detailNoCredentials}
	errTwoHeaders    = &Error{Status: 400, Code: CodeMalformedCredentials, Detail: detailTwoHeaders}
	errMalformed     = &Error{Status: 400, Code: CodeMalformedCredentials, Detail: detailMalformed}
	errOversized     = &Error{Status: 401, Code: CodeInvalidToken, Detail: detailInvalid, Err: ReasonTooLarge}
)

// nothingSent reports whether e says that there were no credentials. A nil e, for
// good ones, does not.
func (e *Error) nothingSent() bool { return e != nil && e.Code == CodeNoCredentials }

// malformed returns the refusal of credentials that break their grammar: 400.
func malformed(detail string) *Error {
	return &Error{Status: 400, Code: CodeMalformedCredentials, Detail: detail}
}

// credentials returns what follows the scheme's name in p, which must be the
// Authorization header:
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

// afterScheme returns what follows the name of an authentication scheme, given
// in lower case, in the value of an Authorization header; and false if that is
// another scheme's.
func afterScheme(value, scheme string) (string, bool) {
	if len(value) < len(scheme) || !equalFoldASCII(value[:len(scheme)], scheme) {
		return "", false
	}
	rest := value[len(scheme):]
	if rest != "" && isTokenChar(rest[0]) {
		return "", false // the header names a longer scheme, such as BearerX
	}
	return rest, true
}
