package ginjwt

import (
	"errors"
	"reflect"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt/internal/describe"
	"github.com/ginjwt/gin-depends/ginjwt/internal/override"
)

// This file is the graph's side of package override, with which tests replace
// dependencies. In a production binary no request has a Set, and nothing here runs.

// OverrideNode is for the test kit, which alone can call it: it returns the node
// of d as an override.Set is asked about it, or nil.
func (d *Dependency[T]) OverrideNode(override.Promise) override.Node {
	if n := d.guardNode(); n != nil {
		return n
	}
	return nil
}

// Makes reports whether n is what makes values of type t: it has that type, and
// nothing below it does.
func (n *node) Makes(t reflect.Type) bool {
	if n.valueType != t {
		return false
	}
	lowest := true
	n.walk(func(below *node) { lowest = lowest && (below == n || below.valueType != t) })
	return lowest
}

// Label returns the name of the user's function, or of the scheme.
func (n *node) Label() string { return short(n.displayName()) }

// original calls the function of e's own dependency, for a replacement that asks
// for its value, and leaves the text, such as the scopes granted, in e.
func (r run) original(e *entry) (any, error) {
	own := entry{node: e.node, thread: e.thread}
	e.node.work(r, &own)
	if err := own.err(); err != nil {
		return nil, err
	}
	e.text = own.text
	return reflect.ValueOf(own.value).Elem().Interface(), nil
}

// covered reports whether a test replaces n, or something between it and its
// security schemes: then it does not matter that no credentials were sent.
func (r run) covered(n *node) bool {
	set := override.From(r.c)
	return set != nil && covered(set, n)
}

// covered is run.covered for what set replaces.
func covered(set override.Set, n *node) bool {
	switch {
	case len(n.schemes) == 0:
		return false
	case set.Replaces(n):
		return true
	}
	return slices.ContainsFunc(n.below, func(b *node) bool { return covered(set, b) })
}

// grantedInTest returns the scopes that count for granter where a test replaces
// something on the way from n down to it, which then is not worked out. They are
// those of the topmost replacement that says any; if none does, those of the real
// token, if a replacement had that worked out.
func (r run) grantedInTest(n, granter *node, demanded []string) (scopes Scope, whose *node, replaced bool) {
	set := override.From(r.c)
	if set == nil {
		return "", nil, false
	}
	found := replacedOver(set, n, granter)
	if len(found) == 0 || found[0] == granter {
		return "", nil, false
	}
	path := n.path(found[0])
	if r.resolveAll(path[:len(path)-1]) != nil {
		return joinScopes(demanded), granter, true // whoever works n out is told what failed
	}
	if scope, ok := grantedBy(set, found, demanded); ok {
		return scope, granter, true
	}
	if _, err := r.resolve(found[0]); err != nil {
		return joinScopes(demanded), granter, true
	}
	scopes, _ = r.granted(granter, demanded)
	return scopes, granter, true
}

// replacedOver returns what a test replaces from n down to target, topmost first.
func replacedOver(set override.Set, n, target *node) (found []*node) {
	n.walk(func(one *node) {
		if set.Replaces(one) && one.path(target) != nil {
			found = append(found, one)
		}
	})
	return found
}

// grantedBy returns the scopes of the first of replaced that set says any of.
func grantedBy(set override.Set, replaced []*node, demanded []string) (Scope, bool) {
	for _, n := range replaced {
		if scope, ok := set.Granted(n, demanded); ok {
			return Scope(scope), true
		}
	}
	return "", false
}

// lacking returns the refusal for scopes that the route demands at or below replaced
// and that its replacement does not grant, though nothing there is worked out. n
// is where it looks, downwards; it begins at replaced. Demands inside an Optional
// or an AnyOf depend on what was sent and are not judged.
func (r run) lacking(set override.Set, replaced, n *node) error {
	switch {
	case n.optional || n.isAnyOf():
		return nil
	case n.granter != nil:
		over := replacedOver(set, replaced, n.granter)
		scopes, ok := grantedBy(set, over, n.scopes)
		if !ok {
			scopes, _ = r.granted(n.granter, n.scopes)
		}
		if len(over) > 0 && !n.suffice(scopes) {
			return &Error{Status: 403, Code: CodeInsufficientScope, Detail: detailScope, granter: n.granter}
		}
	}
	for _, b := range n.below {
		if err := r.lacking(set, replaced, b); err != nil {
			return err
		}
	}
	return nil
}

// judgedInTest reports whether a test replaces scheme, or something between it and
// what the request asked for: then the request counts as judged by scheme.
func (r run) judgedInTest(scheme *node) bool {
	set := override.From(r.c)
	if set == nil || r.slot == nil {
		return false
	}
	return slices.ContainsFunc(r.slot.asked(), func(n *node) bool { return len(replacedOver(set, n, scheme)) > 0 })
}

// asked returns the nodes that were asked for.
func (s *slot) asked() (nodes []*node) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.each(func(e *entry) {
		if e.node != nil {
			nodes = append(nodes, e.node)
		}
	})
	return nodes
}

// SignText is for the test kit, which alone can call it: it signs what no Issuer
// would.
func (k Key) SignText(_ override.Promise, text string) ([]byte, error) {
	if !k.CanSign() {
		return nil, errors.New("ginjwt: the key cannot sign")
	}
	return k.material.sign(text)
}

// tell tells a test what the guard n, if there is one, has decided.
func tell(c *gin.Context, n *node, ev Event) {
	fn := override.Watching(c)
	if fn == nil {
		return
	}
	ev.Route = c.FullPath()
	demand := ""
	if n != nil {
		guards := []*node{n}
		demand = describe.Spell(waysOf(guards, nil), checksOf(guards))
	}
	fn(override.Decision{Event: ev, Demand: demand})
}

// replaced fills e, which is n's entry, with what a test's replacement returned.
func (n *node) replaced(r run, v any, err error, e *entry) {
	if err != nil {
		e.fail(n.addChallenges(r, err))
		return
	}
	boxed, ok := n.box(v)
	if !ok {
		e.fail(errOverrideType)
		return
	}
	e.value = boxed
}
