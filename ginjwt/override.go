package ginjwt

import (
	"errors"
	"reflect"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt/internal/describe"
	"github.com/ginjwt/gin-depends/ginjwt/internal/override"
)

// This file is the graph's side of the seam for tests. Without a test binary, no
// request has a Set, and nothing here runs.

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

// original works e's own function out while a replacement for it is made, and
// notes what that grants.
func (r run) original(e *entry) (any, error) {
	own := entry{node: e.node, thread: e.thread}
	e.node.work(r, &own)
	if err := own.err(); err != nil {
		return nil, err
	}
	e.text = own.text
	return reflect.ValueOf(own.value).Elem().Interface(), nil
}

// covered reports whether a test replaces n, or something below it that stands
// above its security schemes: then credentials are not missed.
func (r run) covered(n *node) bool {
	set := override.From(r.c)
	return set != nil && covered(set, n)
}

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
// something from n down to it: what lies between is not worked out. They are those
// that the topmost replacement with any says; else, those of the real token, if a
// replacement had that worked out.
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
	if scope, ok := said(set, found, demanded); ok {
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

// said returns the scopes that the first of replaced with any grants.
func said(set override.Set, replaced []*node, demanded []string) (Scope, bool) {
	for _, n := range replaced {
		if scope, ok := set.Granted(n, demanded); ok {
			return Scope(scope), true
		}
	}
	return "", false
}

// lacking judges the demands at and below replaced, from n down: they are the
// route's, though nothing there is worked out. Those in an Optional or an AnyOf
// depend on what was sent, and are not judged.
func (r run) lacking(set override.Set, replaced, n *node) error {
	switch {
	case n.optional || n.isAnyOf():
		return nil
	case n.granter != nil:
		over := replacedOver(set, replaced, n.granter)
		scopes, ok := said(set, over, n.scopes)
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

// judgedInTest reports whether the request is judged by credentials for scheme
// that a test replaces, with what lies above it.
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
	for c := &s.entries; c != nil; c = c.next {
		for i := range c.count {
			if n := c.entries[i].node; n != nil {
				nodes = append(nodes, n)
			}
		}
	}
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

// replaced lets a test's override answer for n.
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
