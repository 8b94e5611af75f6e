package ginjwt

import (
	"strings"

	"github.com/gin-gonic/gin"
)

// maxCredentials is the length above which a token is refused without a look
// at its characters. Policy.MaxTokenBytes sets the limit in force, which is
// far lower by default.
const maxCredentials = 64 << 10

// The refusals of a bearer token's header. They are never handed out: each
// scheme completes a copy with its challenge.
var (
	errNoCredentials = &Error{Status: 401, Code: CodeNoCredentials, Detail: detailNoCredentials}
	errTwoHeaders    = &Error{Status: 400, Code: CodeMalformedCredentials, Detail: detailTwoHeaders}
	errMalformed     = &Error{Status: 400, Code: CodeMalformedCredentials, Detail: detailMalformed}
	errOversized     = &Error{Status: 401, Code: CodeInvalidToken, Detail: detailInvalid, Err: ReasonTooLarge}
)

func malformed(detail string) *Error {
	return &Error{Status: 400, Code: CodeMalformedCredentials, Detail: detail}
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

// afterScheme returns what follows the name of an authentication scheme, given
// in lower case, in the value of an Authorization header; and false if that is
// another scheme's.
func afterScheme(value, scheme string) (string, bool) {
	if len(value) < len(scheme) || !equalFoldASCII(value[:len(scheme)], scheme) {
		return "", false
	}
	rest := value[len(scheme):]
	if rest != "" && isTokenChar(rest[0]) {
		return "", false // the name goes on
	}
	return rest, true
}
