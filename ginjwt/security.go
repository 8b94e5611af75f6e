package ginjwt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
)

// Optional returns a dependency whose value is nil when no credentials for any
// security scheme below d were sent. Credentials that were sent are judged as
// ever: a malformed or refused token is refused, never taken for nobody.
// Credentials of another scheme count as none.
//
// Optional panics if no security scheme lies below d. A scope is demanded
// inside of it: Optional(Security(d, "items")).
func Optional[T any](d *Dependency[T]) *Dependency[*T] {
	return optional("Optional", d, func(v T) *T { return &v }, nil)
}

// OptionalOr is Optional with a value that stands for nobody: a guest, or nil
// where T is a pointer already.
func OptionalOr[T any](d *Dependency[T], nobody T) *Dependency[T] {
	return optional("OptionalOr", d, func(v T) T { return v }, nobody)
}

func optional[T, O any](caller string, d *Dependency[T], some func(T) O, nobody O) *Dependency[O] {
	below := need(caller, d)
	schemes := d.schemes
	if len(schemes) == 0 {
		panic("ginjwt: " + caller + ": no security scheme lies below " + short(d.name) + ", so credentials for it cannot be missing")
	}
	o := newDependency(caller, below, func(r run, _ *entry) (*O, error) {
		if !r.sent(schemes) && !r.covered(&d.node) {
			return &nobody, nil
		}
		v, err := d.resolve(r)
		if err != nil {
			return nil, err
		}
		o := some(v)
		return &o, nil
	})
	o.optional = true
	return o
}

// Security returns d with the demand that the token below it grants every one
// of scopes (RFC 6750 section 3.1, insufficient_scope). It is FastAPI's
// Security: demands add up along a chain, and the challenge names those of the
// whole chain, the outermost first.
//
// The demand is judged as soon as the token is verified, before any later
// function of the chain runs. Only the scopes of the token below d count: over
// an AnyOf, those of the alternative that was chosen.
//
// Security panics without scopes, on a scope that RFC 6749 section 3.3 does not
// allow, if nothing below d, or below one alternative of an AnyOf, grants
// scopes, if two tokens below d do, and over an Optional.
func Security[T any](d *Dependency[T], scopes ...string) *Dependency[T] {
	return security("Security", d, scopes, false)
}

// SecurityAny is Security with the demand that the token grants at least one of
// scopes. The challenge names them all.
func SecurityAny[T any](d *Dependency[T], scopes ...string) *Dependency[T] {
	return security("SecurityAny", d, scopes, true)
}

// security returns d with the demand for all of scopes, or for any.
func security[T any](caller string, d *Dependency[T], scopes []string, anyScope bool) *Dependency[T] {
	below := need(caller, d)
	checkScopes(caller, scopes)
	if len(scopes) == 0 {
		panic("ginjwt: " + caller + ": no scopes given; use the dependency itself, or name the scopes that it needs")
	}
	granter := soleGranter(caller, &d.node)
	path := d.path(granter)
	var s *Dependency[T]
	s = newDependency(caller, below, func(r run, _ *entry) (*T, error) {
		granted, whose, replaced := r.grantedInTest(&d.node, granter, s.scopes)
		if !replaced {
			if err := r.resolveAll(path); err != nil {
				return nil, err
			}
			granted, whose = r.granted(granter, s.scopes)
		}
		if !s.suffice(granted) {
			return nil, &Error{Status: 403, Code: CodeInsufficientScope, Detail: detailScope, granter: whose}
		}
		return d.pointer(r)
	})
	s.granter, s.scopes, s.anyScope = granter, slices.Clone(scopes), anyScope
	return s
}

// suffice reports whether granted meets n's own demand.
func (n *node) suffice(granted Scope) bool {
	if n.anyScope {
		return slices.ContainsFunc(n.scopes, granted.Has)
	}
	return !slices.ContainsFunc(n.scopes, func(s string) bool { return !granted.Has(s) })
}

func soleGranter(caller string, n *node) *node {
	granters := n.granters()
	switch {
	case len(granters) == 0 && n.optionalBelow():
		panic("ginjwt: " + caller + " over Optional: nobody has no scopes to judge; write Optional(Security(d, ...))")
	case len(granters) == 0:
		panic("ginjwt: " + caller + ": nothing below " + short(n.name) + " grants scopes; put it over JWT, or say with Grants what is granted")
	case len(granters) > 1:
		panic("ginjwt: " + caller + ": two tokens below " + short(n.name) + " grant scopes; put the demand on the one that is meant")
	}
	if granters[0].choice != nil {
		for _, alternative := range granters[0].below {
			soleGranter(caller, alternative)
		}
	}
	return granters[0]
}

// Grants returns d with scopes of its own, which replace what lies below it: for
// tokens that name them differently (Entra ID's scp, Auth0's permissions) and
// for rights that come from a database. What RFC 6749 section 3.3 does not
// allow as a scope is left out. Grants panics if scopes is nil.
func Grants[T any](d *Dependency[T], scopes func(T) []string) *Dependency[T] {
	below := need("Grants", d)
	g := newDependency(needFunc("Grants", scopes), below, func(r run, e *entry) (*T, error) {
		v, err := d.pointer(r)
		if err != nil {
			return nil, err
		}
		e.text = string(joinScopes(scopes(*v)))
		return v, nil
	})
	g.grants = true
	return g
}

// Check returns d with a demand that is no OAuth scope: a role, a tenant, a
// paid plan. name says which, for the audit and the log. ok returns nil if the
// demand is met. An *Error that it returns is used as it is; any other error
// is a refusal: 403 with a fixed text, the error itself is for the log. An
// outage must therefore be told as Unavailable.
//
// Check panics if name is empty or ok is nil.
func Check[T any](d *Dependency[T], name string, ok func(*gin.Context, T) error) *Dependency[T] {
	below := need("Check", d)
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

// checkFailed returns the refusal of the check name, which its cause names: what
// guards the route may have another name.
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

// checkScopes panics on a scope outside of RFC 6749 section 3.3.
func checkScopes(caller string, scopes []string) {
	for _, s := range scopes {
		if !validScope(s) {
			panic("ginjwt: " + caller + ": bad scope " + quoted(s) + ": a scope has at least one character and no space, quote, backslash, control or non-ASCII character")
		}
	}
}
