package sessions

import (
	"context"
	"errors"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// outage returns the answer to an error of the Store: 503, unless the error is
// that the client has left.
func outage(ctx context.Context, err error) error {
	if err == nil || errors.Is(ctx.Err(), context.Canceled) && errors.Is(err, context.Canceled) {
		return err
	}
	return ginjwt.Unavailable(err)
}

// asError returns the *Error that err is or wraps, or nil.
func asError(err error) *ginjwt.Error {
	var e *ginjwt.Error
	errors.As(err, &e)
	return e
}

// coded returns err, an *Error, with another status and code.
func coded(err error, status int, code string) error {
	e := asError(err)
	e.Status, e.Code = status, code
	return e
}
