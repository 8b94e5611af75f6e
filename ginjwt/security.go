package ginjwt

import (
	"slices"
)

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
	below := nodesOf(caller, d)
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

// suffice reports whether the scopes granted meet the demand of n, a Security.
func (n *node) suffice(granted Scope) bool {
	if n.anyScope {
		return slices.ContainsFunc(n.scopes, granted.Has)
	}
	return !slices.ContainsFunc(n.scopes, func(s string) bool { return !granted.Has(s) })
}

// soleGranter returns the node whose scopes a demand on n is judged by. It panics
// if there is none, or more than one.
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
	if granters[0].isAnyOf() {
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
	below := nodesOf("Grants", d)
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

// checkScopes panics on a scope outside of RFC 6749 section 3.3.
func checkScopes(caller string, scopes []string) {
	for _, s := range scopes {
		if !validScope(s) {
			panic("ginjwt: " + caller + ": bad scope " + quoted(s) + ": a scope has at least one character and no space, quote, backslash, control or non-ASCII character")
		}
	}
}
