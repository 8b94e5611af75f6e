package ginjwt

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gin-gonic/gin"
)

// Check returns d with a demand that is no OAuth scope: a role, a tenant, a
// paid plan. name says which, for the audit and the log. ok returns nil if the
// demand is met. An *Error that it returns is used as it is; any other error
// is a refusal: 403 with a fixed text, the error itself is for the log. An
// outage must therefore be told as Unavailable.
//
// Check panics if name is empty or ok is nil.
func Check[T any](d *Dependency[T], name string, ok func(*gin.Context, T) error) *Dependency[T] {
	below := nodesOf("Check", d)
	needFunc("Check", ok)
	if strings.TrimSpace(name) == "" {
		panic("ginjwt: Check: empty name; say what is checked, such as \"role:admin\"")
	}
	c := newDependency(name, below, func(r run, _ *entry) (*T, error) {
		v, err := d.pointer(r)
		if err != nil {
			return nil, err
		}
		if err := ok(r.c, *v); err != nil {
			return nil, checkFailed(name, err)
		}
		return v, nil
	})
	c.check = name
	return c
}

// checkFailed returns the refusal of the check name. Its cause has that name, for
// events show the name of the whole guard, which may be another.
func checkFailed(name string, err error) error {
	var e *Error
	switch {
	case errors.As(err, &e) && e == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case e != nil:
		cause := e.Err
		e = e.clone(err)
		if cause == nil && e.Err == nil {
			e.Err = errors.New("check " + name)
		} else {
			e.Err = fmt.Errorf("check %s: %w", name, e.Err)
		}
		return e
	}
	return &Error{Status: 403, Code: CodeForbidden, Detail: detailScope, Err: fmt.Errorf("check %s: %w", name, err)}
}
