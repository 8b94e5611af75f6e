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
	name  string       // of the user's function, for logs
	made  reflect.Type // of the value
	below []*node      // what it depends on, in order of declaration
	work  func(r run, e *entry)
	box   func(v any) (boxed any, ok bool) // a replacement's value as work would have stored it

	scheme   *scheme                       // not nil on a security scheme
	schemes  []*node                       // the security schemes at and below this node, each once, in order
	optional bool                          // Optional and OptionalOr: credentials for what lies below may be missing
	facts    func(s *slot, e *entry) facts // JWT: what events tell of the token
	grants   bool                          // its results carry scopes
	granter  *node                         // Security, SecurityAny: whose scopes are judged
	scopes   []string                      // Security, SecurityAny: the scopes demanded, in the order given
	anyScope bool                          // SecurityAny: one of them is enough
	choice   []*node                       // AnyOf: whose scopes are those of each alternative, in order; nil for one without
	needs    [][]*node                     // AnyOf: the credentials that each alternative needs; see credentials
	check    string                        // Check: the demand's name
	body     bool                          // reads the request's body
	form     describe.Form                 // the login form that it reads, or ""
}

// Guard is what Require takes: every *Dependency is one.
type Guard interface{ guard() *node }

// need panics unless every guard is a dependency made by this package.
func need(caller string, guards ...Guard) []*node {
	nodes := make([]*node, len(guards))
	for i, g := range guards {
		if g != nil {
			nodes[i] = g.guard()
		}
		if nodes[i] == nil {
			panic("ginjwt: " + caller + ": nil or zero dependency; make one with Provide, Depends or a security scheme")
		}
	}
	return nodes
}

// needFunc panics if fn, a function of any type, is nil; else it returns its name.
func needFunc(caller string, fn any) string {
	v := reflect.ValueOf(fn)
	if !v.IsValid() || v.IsNil() {
		panic("ginjwt: " + caller + ": nil function")
	}
	return strings.TrimSuffix(runtime.FuncForPC(v.Pointer()).Name(), "-fm") // of a method's value
}

// demands returns the scopes that n demands of what granter grants, the
// outermost demand first, each scope once.
func (n *node) demands(granter *node) []string {
	var scopes []string
	n.walk(func(n *node) {
		if !n.granter.speaksFor(granter) {
			return
		}
		for _, s := range n.scopes {
			if !slices.Contains(scopes, s) {
				scopes = append(scopes, s)
			}
		}
	})
	return scopes
}

// speaksFor reports whether n's scopes are those of granter: it is that, or an
// AnyOf that may choose it.
func (n *node) speaksFor(granter *node) bool {
	if n == nil {
		return false
	}
	return n == granter || slices.ContainsFunc(n.choice, func(one *node) bool { return one.speaksFor(granter) })
}

// walk calls visit for n and all that lies below it, outermost first, each
// node once.
func (n *node) walk(visit func(*node)) {
	seen := map[*node]bool{}
	var down func(*node)
	down = func(n *node) {
		if seen[n] {
			return
		}
		seen[n] = true
		visit(n)
		for _, b := range n.below {
			down(b)
		}
	}
	down(n)
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

// optionalBelow reports whether an Optional lies at or below n, above any granter.
func (n *node) optionalBelow() bool {
	return n.optional || !n.grants && slices.ContainsFunc(n.below, (*node).optionalBelow)
}

// readsBody reports whether working n out may read the request's body.
func (n *node) readsBody() bool {
	return n.body || slices.ContainsFunc(n.below, (*node).readsBody)
}

// credentialsFirst returns those of nodes, which stand side by side, that must
// be worked out before the others, so that credentials are judged before the
// body is touched. It is empty if nothing reads the body.
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

// explain completes an error of n's own function: a 401 gets the challenges of
// the schemes below n. The *Error is copied first, for it may be a package
// variable that other requests share.
func (n *node) explain(r run, err error) error {
	e := asError(err)
	if e == nil || e.Status != 401 || e.challenged() || len(n.schemes) == 0 {
		return err
	}
	e = e.clone(err)
	e.challenge(n.schemes, r.judged(n), nil)
	return e
}

// told completes an error that leaves the graph at n: a refusal for missing
// scopes names all that n demands.
func (n *node) told(r run, err error) error {
	e, ok := err.(*Error) //nolint:errorlint // as the judge made it: one that a function wrapped is its own
	if !ok || e == nil || e.granter == nil {
		return err
	}
	granter := e.granter
	e = e.clone(nil)
	e.granter = nil // complete: a dependency that passes it on demands something else
	e.challenge(r.judged(granter), nil, n.demands(granter))
	return e
}

// replaced lets a test's override answer for n.
func (n *node) replaced(r run, v any, err error, e *entry) {
	if err != nil {
		e.fail(n.explain(r, err))
		return
	}
	boxed, ok := n.box(v)
	if !ok {
		e.fail(errOverrideType)
		return
	}
	e.value = boxed
}

// shownName returns the name of the user's function, or of the scheme, below
// what only adds a demand or an exception to it.
func (n *node) shownName() string { return n.shown().name }

func (n *node) shown() *node {
	for n.granter != nil || n.optional {
		n = n.below[0]
	}
	return n
}

// credentials returns the security schemes that n needs credentials for, each
// once; of an AnyOf, that itself.
func (n *node) credentials() (needed []*node) {
	seen := map[*node]bool{}
	var down func(*node)
	down = func(n *node) {
		switch {
		case seen[n]:
		case n.scheme != nil || n.choice != nil:
			needed = append(needed, n)
		default:
			for _, b := range n.below {
				down(b)
			}
		}
		seen[n] = true
	}
	down(n)
	return needed
}

// short is a function's name without its package's path.
func short(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }
