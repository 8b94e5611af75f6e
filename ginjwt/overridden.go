package ginjwt

import (
	"errors"
	"reflect"
	"slices"

	"github.com/ginjwt/gin-depends/ginjwt/internal/override"
)

// This file is the graph's side of the seam for tests. Without a test binary, no
// request has a Set, and nothing here runs.

// OverrideNode is for the test kit, which alone can call it: it returns the node
// of d as an override.Set is asked about it, or nil.
func (d *Dependency[T]) OverrideNode(override.Promise) override.Node {
	if n := d.guard(); n != nil {
		return n
	}
	return nil
}

// Makes reports whether n is what makes values of type t: it has that type, and
// nothing below it does.
func (n *node) Makes(t reflect.Type) bool {
	if n.made != t {
		return false
	}
	lowest := true
	n.walk(func(below *node) { lowest = lowest && (below == n || below.made != t) })
	return lowest
}

// Label returns the name of the user's function, or of the scheme.
func (n *node) Label() string { return short(n.shownName()) }

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

// grantedInTest returns the scopes of the topmost node that a test replaces from
// n down to the granter, as those of the granter: what lies between is not worked
// out.
func (r run) grantedInTest(n, granter *node, demanded []string) (scopes Scope, whose *node, replaced bool) {
	set := override.From(r.c)
	if set == nil {
		return "", nil, false
	}
	var found *node
	n.walk(func(one *node) {
		if found == nil && set.Replaces(one) && one.path(granter) != nil {
			found = one
		}
	})
	if found == nil || found == granter {
		return "", nil, false
	}
	scopes, _ = r.granted(found, demanded)
	return scopes, granter, true
}

// SignText is for the test kit, which alone can call it: it signs what no Issuer
// would.
func (k Key) SignText(_ override.Promise, text string) ([]byte, error) {
	if !k.CanSign() {
		return nil, errors.New("ginjwt: the key cannot sign")
	}
	return k.material.sign(text)
}
