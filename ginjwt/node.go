package ginjwt

import (
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/ginjwt/gin-depends/ginjwt/internal/describe"
)

// node is the untyped side of a dependency: what is resolved, demanded,
// challenged and described. Nodes are made while routes are set up and never
// change afterwards, so requests share them without a lock.
type node struct {
	name      string       // of the user's function, of the scheme, or of what made the node; for logs
	valueType reflect.Type // T of the Dependency[T]
	below     []*node      // what it depends on, in order of declaration
	work      func(r run, e *entry)
	box       func(v any) (boxed any, ok bool) // a replacement's value as work would have stored it

	scheme       *scheme                            // not nil on a security scheme
	schemes      []*node                            // the security schemes at and below this node, each once, in order
	optional     bool                               // Optional and OptionalOr: credentials for what lies below may be missing
	facts        func(s *slot, e *entry) tokenFacts // JWT: what events tell of the token
	grants       bool                               // its results carry scopes
	granter      *node                              // Security, SecurityAny: whose scopes are judged
	scopes       []string                           // Security, SecurityAny: the scopes demanded, in the order given
	anyScope     bool                               // SecurityAny: one of them is enough
	alternatives []alternative                      // AnyOf: one for each of below
	check        string                             // Check: the demand's name
	body         bool                               // reads the request's body
	form         describe.Form                      // the login form that it reads, or ""
}

// Guard is what Require takes: every *Dependency is one.
type Guard interface{ guardNode() *node }

// nodesOf returns the nodes of guards. It panics unless all of them were made by
// this package.
func nodesOf(caller string, guards ...Guard) []*node {
	nodes := make([]*node, len(guards))
	for i, g := range guards {
		if g != nil {
			nodes[i] = g.guardNode()
		}
		if nodes[i] == nil {
			panic("ginjwt: " + caller + ": nil or zero dependency; make one with Provide, Depends or a security scheme")
		}
	}
	return nodes
}

// needFunc returns the name of fn, a function of any type. It panics if fn is nil.
func needFunc(caller string, fn any) string {
	v := reflect.ValueOf(fn)
	if !v.IsValid() || v.IsNil() {
		panic("ginjwt: " + caller + ": nil function")
	}
	return strings.TrimSuffix(runtime.FuncForPC(v.Pointer()).Name(), "-fm") // the suffix of method values
}

// isAnyOf reports whether n is the node of an AnyOf.
func (n *node) isAnyOf() bool { return n.alternatives != nil }

// demands returns the scopes that granter has to grant for n, the outermost demand
// first, each scope once.
func (n *node) demands(granter *node) []string {
	var scopes []string
	n.walk(func(n *node) {
		if !n.granter.speaksFor(granter) {
			return
		}
		scopes = describe.Union(scopes, n.scopes)
	})
	return scopes
}

// speaksFor reports whether a demand on n's scopes can be one on granter's: n is
// granter, or an AnyOf that can choose it.
func (n *node) speaksFor(granter *node) bool {
	if n == nil {
		return false
	}
	return n == granter || slices.ContainsFunc(n.alternatives, func(a alternative) bool { return a.granter.speaksFor(granter) })
}

// descend calls visit for n and, depth first, for the nodes that visit returns:
// those below it that are to be visited as well. It visits each node once.
func (n *node) descend(visit func(*node) (below []*node)) {
	seen := map[*node]bool{}
	var down func(*node)
	down = func(n *node) {
		if seen[n] {
			return
		}
		seen[n] = true
		for _, b := range visit(n) {
			down(b)
		}
	}
	down(n)
}

// walk calls visit for n and all that lies below it, outermost first.
func (n *node) walk(visit func(*node)) {
	n.descend(func(n *node) []*node {
		visit(n)
		return n.below
	})
}

// granters returns the nearest nodes at or below n whose results carry scopes.
// An optional node hides what lies below it: nobody's scopes cannot be judged.
func (n *node) granters() []*node {
	if n.grants {
		return []*node{n}
	}
	if n.optional {
		return nil
	}
	var found []*node
	for _, b := range n.below {
		for _, g := range b.granters() {
			if !slices.Contains(found, g) {
				found = append(found, g)
			}
		}
	}
	return found
}

// path returns what has to be resolved, in order, to reach target from n just
// as resolving n would: depth first in order of declaration, but credentials
// before what reads the body; target last. It is nil if target does not lie
// below n.
func (n *node) path(target *node) []*node {
	if n == target {
		return []*node{n}
	}
	var before []*node
	for _, b := range append(credentialsFirst(n.below), n.below...) {
		if p := b.path(target); p != nil {
			return append(before, p...)
		}
		before = append(before, b)
	}
	return nil
}

// readsBody reports whether working n out may read the request's body.
func (n *node) readsBody() bool {
	return n.body || slices.ContainsFunc(n.below, (*node).readsBody)
}

// credentialsFirst returns those of nodes, which one handler or dependency asks
// for, that must be worked out before the others, so that credentials are judged
// before the body is read. It is empty if none of nodes reads the body.
func credentialsFirst(nodes []*node) []*node {
	if !slices.ContainsFunc(nodes, (*node).readsBody) {
		return nil
	}
	var first, last []*node
	for _, n := range nodes {
		switch {
		case len(n.schemes) == 0:
		case n.readsBody(): // its credentials come first in it, too
			last = append(last, n)
		default:
			first = append(first, n)
		}
	}
	return append(first, last...)
}

// addChallenges completes an error of n's own function: a 401 without a challenge
// gets those of the schemes below n. The *Error is copied first, for it may be a
// package variable that other requests share.
func (n *node) addChallenges(r run, err error) error {
	e := asError(err)
	if e == nil || e.Status != 401 || e.challenged() || len(n.schemes) == 0 {
		return err
	}
	e = e.clone(err)
	e.challenge(n.schemes, r.judged(n), nil)
	return e
}

// nameScopes completes an error that goes from n to a handler: if scopes are
// missing, the challenge names all that n demands, not just those of the Security
// that found it. So does the 401 of a scheme with metadata.
func (n *node) nameScopes(r run, err error) error {
	e, ok := err.(*Error) //nolint:errorlint // as the judge made it: one that a function wrapped is its own
	switch {
	case !ok || e == nil:
		return err
	case e.granter == nil:
		return n.withScopes(e)
	}
	granter := e.granter
	e = e.clone(nil)
	e.granter = nil // complete: a dependency that passes it on demands something else
	e.challenge(r.judged(granter), nil, n.demands(granter))
	return e
}

// displayName returns the name of the user's function, or of the scheme, that n is
// about.
func (n *node) displayName() string { return n.undecorated().name }

// undecorated returns what n is about: the node below Security and Optional, which
// only add a demand or an exception to it.
func (n *node) undecorated() *node {
	for n.granter != nil || n.optional {
		n = n.below[0]
	}
	return n
}

// credentials returns the security schemes that n needs credentials for. An
// AnyOf below n stands for its schemes: which of them is needed is not known.
func (n *node) credentials() (needed []*node) {
	n.descend(func(n *node) []*node {
		if n.scheme != nil || n.isAnyOf() {
			needed = append(needed, n)
			return nil
		}
		return n.below
	})
	return needed
}

// short is a function's name without its package's path.
func short(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }
