package ginjwt

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// The codes of an Error. They tell refusals apart for programs and logs; the
// client never sees them, except those of the token endpoint, which are RFC
// 6749's.
const (
	CodeNoCredentials        = "no_credentials"        // 401: none were sent, or another scheme's
	CodeMalformedCredentials = "malformed_credentials" // 400: RFC 6750's invalid_request
	CodeInvalidToken         = "invalid_token"         // 401: refused; Err is the Reason
	CodeExpiredToken         = "expired_token"         // 401: good in all else; revocation is not asked about
	CodeUnauthenticated      = "unauthenticated"       // 401: by Unauthenticated
	CodeInsufficientScope    = "insufficient_scope"    // 403: by Security
	CodeForbidden            = "forbidden"             // 403: by Forbidden or Check
	CodeCrossOrigin          = "cross_origin"          // 403: a page of another origin used the user's cookies
	CodeHTTPError            = "http_error"            // by HTTPError
	CodeUnavailable          = "unavailable"           // 503: by Unavailable, or keys or a store that cannot be reached
	CodeInternal             = "internal"              // 500: a plain error, or a bug
	CodeClientClosed         = "client_closed_request" // 499: the client left

	// RFC 6749 section 5.2.
	CodeInvalidRequest       = "invalid_request"        // 400: by InvalidRequest
	CodeInvalidGrant         = "invalid_grant"          // 400: by InvalidGrant
	CodeInvalidScope         = "invalid_scope"          // 400: by InvalidScope
	CodeInvalidClient        = "invalid_client"         // 401: by InvalidClient
	CodeUnsupportedGrantType = "unsupported_grant_type" // 400: by UnsupportedGrantType
)

// What a client is told.
const (
	detailNoCredentials = "Not authenticated"
	detailInvalid       = "Could not validate credentials"
	detailScope         = "Not enough permissions"
	detailMalformed     = "Malformed Authorization header"
	detailTwoHeaders    = "More than one Authorization header"
	detailCrossOrigin   = "Cross-origin request refused"
	detailUnavailable   = "Service unavailable"
	detailInternal      = "Internal Server Error"
)

// What ginjwt itself returns beside an *Error. All but ErrUnknownKey are a
// programmer's mistakes, and are answered with 500.
var (
	// ErrUnknownKey is what a KeySource returns for a key that it does not
	// have: the token is refused with 401. Any other error of a KeySource is
	// an outage: 503.
	ErrUnknownKey = errors.New("ginjwt: unknown key")
	// ErrCycle is what a dependency gets that asks for itself with Get,
	// directly or through others.
	ErrCycle = errors.New("ginjwt: a dependency asks for itself")
	// ErrRequestOver is returned for what was not worked out before the
	// request was over.
	ErrRequestOver = errors.New("ginjwt: the request is over: only what was worked out before can be read")
	// ErrNotGuarded is returned where no handler of this package guards the route.
	ErrNotGuarded = errors.New("ginjwt: no ginjwt handler guards this route: add Require to its group, or Handle")
	// ErrForeignContext is returned for a context that is not a *gin.Context
	// and does not come from Context.
	ErrForeignContext = errors.New("ginjwt: not a request's context: pass the *gin.Context, its Copy, or what comes from ginjwt.Context(c)")

	errNilDependency = errors.New("ginjwt: nil or zero dependency")
	errOverrideType  = errors.New("ginjwt: an override returned a value of another type than the dependency's")
	errLate          = errors.New("ginjwt: a guard was called when the rest of the chain had run already: call one Require with all guards")
	errUnfinished    = errors.New("ginjwt: the dependency panicked, or ended its goroutine, earlier in this request")
)

// An Error is a refusal: what the client is answered, and why. Any function of
// a dependency may return one, wrapped or not, and may keep it in a package
// variable. [Unauthenticated], [Forbidden], [HTTPError] and [Unavailable] make
// the usual ones.
type Error struct {
	// Status is the HTTP status, 400 to 599. With any other, the answer is 500.
	Status int
	// Code is one of the constants of this package, or the user's own: a fixed
	// text, for metrics have it as a label.
	Code string
	// Detail is what the client reads: {"detail": Detail}.
	Detail string
	// Header replaces those of the response's that have the same names: challenges,
	// Retry-After. A 401 without a challenge gets that of the route's schemes.
	Header http.Header
	// Err is the cause, for logs only: it never reaches the client.
	Err error

	granter       *node // whose scopes do not suffice
	tokenEndpoint bool  // answered as RFC 6749 section 5.2 wants it, whatever OnError says
}

// Error returns the status, the code and the cause, for logs.
func (e *Error) Error() string {
	if e == nil {
		return "ginjwt: nil *Error"
	}
	text := fmt.Sprintf("ginjwt: %d %s: %s", e.Status, e.Code, e.Detail)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Err
}

// Unauthenticated returns a 401 with detail as its text: for credentials that
// were understood and are not good, such as a token whose user is gone. A login
// that fails is an InvalidGrant.
func Unauthenticated(detail string) error {
	return &Error{Status: 401, Code: CodeUnauthenticated, Detail: detail}
}

// Forbidden returns a 403 with detail as its text: for somebody who is known
// and may not.
func Forbidden(detail string) error {
	return &Error{Status: 403, Code: CodeForbidden, Detail: detail}
}

// HTTPError returns an error that is answered with status, 400 to 599, and
// detail as its text. With any other status, the answer is 500. It is FastAPI's
// HTTPException.
func HTTPError(status int, detail string) error {
	return &Error{Status: status, Code: CodeHTTPError, Detail: detail}
}

// Unavailable returns a 503 with a fixed text and a Retry-After of one second:
// for an outage of our own, which must not make a client throw its token away.
// The cause is for the log.
func Unavailable(cause error) error {
	return &Error{
		Status: 503, Code: CodeUnavailable, Detail: detailUnavailable, Err: cause,
		Header: http.Header{"Retry-After": {"1"}},
	}
}

// InvalidGrant returns invalid_grant of RFC 6749 section 5.2, a 400: the user name
// and password, or the refresh token, are not good. Say the same for an unknown
// user and for a wrong password.
//
// It is for token endpoints, and so are [InvalidScope], [InvalidRequest],
// [UnsupportedGrantType] and [InvalidClient]: the answer is the JSON that the RFC
// wants there, whatever [OnError] says. description is its error_description, in
// which anything but printable ASCII is replaced, and its detail as it is.
func InvalidGrant(description string) error { return tokenError(CodeInvalidGrant, description) }

// InvalidScope returns invalid_scope of RFC 6749 section 5.2, a 400: what was asked
// for is unknown, malformed, or more than may be granted. See [InvalidGrant].
func InvalidScope(description string) error { return tokenError(CodeInvalidScope, description) }

// InvalidRequest returns invalid_request of RFC 6749 section 5.2, a 400: a
// parameter is missing, repeated or malformed. See [InvalidGrant].
func InvalidRequest(description string) error { return tokenError(CodeInvalidRequest, description) }

// UnsupportedGrantType returns unsupported_grant_type of RFC 6749 section 5.2, a
// 400: grant_type is none of those that are served. See [InvalidGrant].
func UnsupportedGrantType(description string) error {
	return tokenError(CodeUnsupportedGrantType, description)
}

// InvalidClient returns invalid_client of RFC 6749 section 5.2, a 401 with a
// challenge for HTTP Basic: client authentication failed. See [InvalidGrant].
func InvalidClient(description string) error {
	e := tokenError(CodeInvalidClient, description)
	e.Status, e.Header = 401, http.Header{"Www-Authenticate": {`Basic realm="token"`}}
	return e
}

func tokenError(code, description string) *Error {
	return &Error{Status: 400, Code: code, Detail: description, tokenEndpoint: true}
}

// asError returns the *Error in err's chain, or nil.
func asError(err error) *Error {
	if e, ok := err.(*Error); ok { //nolint:errorlint // nearly always; As is slower
		return e
	}
	var e *Error
	if !errors.As(err, &e) {
		return nil
	}
	return e
}

// clone returns a copy of e that can be changed. If e was found by errors.As in
// another error, that is passed as cause, and becomes the copy's Err: it says
// more than e alone. Otherwise cause is e itself or nil.
func (e *Error) clone(cause error) *Error {
	c := *e
	c.Header = http.Header{}
	for name, values := range e.Header {
		name = http.CanonicalHeaderKey(name)
		c.Header[name] = append(c.Header[name], values...)
	}
	if cause != nil && cause != error(e) { //nolint:errorlint // what wraps e is another cause
		c.Err = cause
	}
	return &c
}

// clientClosed returns the error for a client that did not wait for the answer.
func clientClosed(cause error) *Error {
	return &Error{Status: 499, Code: CodeClientClosed, Detail: "Client closed request", Err: errors.Join(context.Canceled, cause)}
}

// refusalFor returns the refusal that err stands for. ended is the error of the
// request's context, or nil if that goes on. A user's function that stops when
// the context ends returns that error as it is; what the client is answered then
// is decided here.
func refusalFor(err, ended error) *Error {
	var e *Error
	switch found := errors.As(err, &e); {
	case found && e != nil && e.Status >= 400 && e.Status <= 599:
		if err != error(e) { //nolint:errorlint // what wraps e is kept
			e = e.clone(err)
		}
		return e
	case found || ended == nil || !errors.Is(err, ended): // a bug, or a plain error
	case errors.Is(ended, context.Canceled):
		return clientClosed(err)
	case errors.Is(ended, context.DeadlineExceeded):
		return asError(Unavailable(err))
	}
	return &Error{Status: 500, Code: CodeInternal, Detail: detailInternal, Err: err}
}
