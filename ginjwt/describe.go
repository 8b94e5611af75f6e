package ginjwt

import (
	"maps"
	"slices"
	"strings"

	"github.com/ginjwt/gin-depends/ginjwt/internal/describe"
)

// noteOf returns what a handler says about itself that demands nodes and then
// calls the user's function fn; fn is "" for a handler that only guards.
func noteOf(nodes []*node, fn string) describe.Note {
	n := describe.Note{Handler: fn, Answers: fn != "", Security: waysOf(nodes, nil), Checks: checksOf(nodes)}
	for _, one := range nodes {
		one.walk(func(below *node) {
			if below.form != "" {
				n.Form = below.form
			}
		})
	}
	demands := slices.ContainsFunc(nodes, func(n *node) bool { return len(n.schemes) > 0 })
	if n.Form != "" && n.Answers && !demands {
		n.Endpoint = describe.Login
	}
	if fn == writeTokenName { // all logins end in it, so show the one that this is
		n.Handler = nodes[0].displayName()
	}
	return n
}

// checksOf returns the names of the demands of nodes that are no scopes.
func checksOf(nodes []*node) (names []string) {
	for _, n := range nodes {
		n.walk(func(below *node) {
			if below.check != "" && !slices.Contains(names, below.check) {
				names = append(names, below.check)
			}
		})
	}
	return names
}

// wanted is a demand on the way down: scopes that granter must have granted.
type wanted struct {
	granter *node
	scopes  []string
}

// waysOf returns the ways to satisfy all of nodes at once. above holds the scopes
// that are demanded above them.
func waysOf(nodes []*node, above []wanted) []describe.Way {
	all := []describe.Way{{}}
	for _, n := range nodes {
		all = describe.All(all, n.ways(above))
	}
	return all
}

// ways returns the ways to satisfy n, of which one is enough: the credentials, with
// the scopes that n, and above, demand of each.
func (n *node) ways(above []wanted) (all []describe.Way) {
	switch {
	case n.scheme != nil:
		return []describe.Way{{Demands: []describe.Demand{{Scheme: n.scheme.described}}}}
	case n.optional:
		nobody := describe.Way{}
		for _, s := range n.schemes {
			nobody.Unless = append(nobody.Unless, []*describe.Scheme{s.scheme.described})
		}
		return append(waysOf(n.below, above), nobody)
	case n.isAnyOf():
		return n.waysOfAnyOf(above)
	case n.granter != nil && n.anyScope:
		for i := range n.scopes {
			all = append(all, waysOf(n.below, append(slices.Clone(above), wanted{n.granter, n.scopes[i : i+1]}))...)
		}
		return all
	case n.granter != nil:
		return waysOf(n.below, append(slices.Clone(above), wanted{n.granter, n.scopes}))
	case n.grants:
		return n.granting(above)
	}
	return waysOf(n.below, above)
}

// waysOfAnyOf returns the ways of an AnyOf. A request that has the credentials of an
// earlier alternative is judged by that one, so each way names those as exceptions.
func (n *node) waysOfAnyOf(above []wanted) (all []describe.Way) {
	var earlier [][]*describe.Scheme
	for i, below := range n.below {
		granter, needs := n.alternatives[i].granter, n.alternatives[i].needs
		passed := slices.Clone(above)
		for _, w := range above {
			if w.granter == n {
				passed = append(passed, wanted{granter, w.scopes})
			}
		}
		for _, way := range below.ways(passed) {
			way.Unless = slices.Concat(way.Unless, earlier)
			all = append(all, way)
		}
		earlier = append(earlier, setsOf(needs)...)
	}
	return all
}

// granting returns the ways of n, which grants scopes, with the scopes that are
// wanted of it. They are noted at the bearer tokens among its schemes or, if it
// has none, at all of its schemes.
func (n *node) granting(above []wanted) []describe.Way {
	var scopes []string
	for _, w := range above {
		if w.granter == n {
			scopes = describe.Union(scopes, w.scopes)
		}
	}
	isToken := func(s *node) bool { return s.scheme.places[0].scheme == "bearer" }
	tokens := slices.ContainsFunc(n.schemes, isToken)
	ways := waysOf(n.below, above)
	for i := range ways {
		for j := range ways[i].Demands {
			d := &ways[i].Demands[j]
			if slices.ContainsFunc(n.schemes, func(s *node) bool { return d.Scheme.Same(s.scheme.described) && (!tokens || isToken(s)) }) {
				d.Scopes = describe.Union(scopes, d.Scopes)
			}
		}
	}
	return ways
}

// setsOf spells needed, in which an AnyOf can be, as sets of schemes: a request has
// what is needed if it has credentials for all the schemes of one set.
func setsOf(needed []*node) [][]*describe.Scheme {
	sets := [][]*describe.Scheme{nil}
	for _, n := range needed {
		var each [][]*describe.Scheme
		if !n.isAnyOf() {
			each = [][]*describe.Scheme{{n.scheme.described}}
		}
		for _, a := range n.alternatives {
			each = append(each, setsOf(a.needs)...)
		}
		var next [][]*describe.Scheme
		for _, set := range sets {
			for _, more := range each {
				next = append(next, slices.Concat(set, more))
			}
		}
		sets = next
	}
	return sets
}

// describe returns s as the document shows it.
func (s *scheme) describe() *describe.Scheme {
	insufficient := s.challenge(&Error{Status: 403, Code: CodeInsufficientScope}, nil)
	d := &describe.Scheme{
		Kind: s.kind, Name: s.name, Description: s.description,
		AuthorizationURL: s.authorizationURL, TokenURL: s.tokenURL, RefreshURL: s.refreshURL, Scopes: maps.Clone(map[string]string(s.scopes)),
		DiscoveryURL: s.discoveryURL, HTTPScheme: s.httpScheme, BearerFormat: s.bearerFormat, ResourceMetadata: s.metadata,
		Challenge: s.challenge(errNoCredentials, nil), Malformed: s.challenge(errMalformed, nil),
		Insufficient: strings.TrimSuffix(insufficient, `, scope=""`),
	}
	for _, p := range s.places {
		d.Places = append(d.Places, describe.Place{In: p.in, Name: p.name})
	}
	return d
}

var writeTokenName = needFunc("", WriteToken)
