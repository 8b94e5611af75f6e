package ginjwt

import (
	"maps"
	"slices"

	"github.com/ginjwt/gin-depends/ginjwt/internal/describe"
)

// noteOf returns what a handler of nodes says about itself. The names are made
// when it is asked: no request needs them.
func noteOf(nodes []*node, fn string) describe.Note {
	n := describe.Note{Handler: fn, Guards: true, Answers: fn != "", Security: waysOf(nodes)}
	for _, one := range nodes {
		one.walk(func(below *node) {
			if below.check != "" && !slices.Contains(n.Checks, below.check) {
				n.Checks = append(n.Checks, below.check)
			}
			if below.form != "" {
				n.Form = below.form
			}
		})
	}
	demands := slices.ContainsFunc(nodes, func(n *node) bool { return len(n.schemes) > 0 })
	if n.Form != "" && n.Answers && !demands {
		n.Endpoint = describe.Login
	}
	if fn == writeTokenName { // which says nothing: the login is what it writes the answer of
		n.Handler = nodes[0].shownName()
	}
	return n
}

// waysOf returns the credentials by which all of nodes can be worked out.
func waysOf(nodes []*node) []describe.Way {
	all := []describe.Way{{}}
	for _, n := range nodes {
		all = describe.All(all, n.ways())
	}
	return all
}

// ways returns the credentials by which n can be worked out: one way is enough.
func (n *node) ways() []describe.Way {
	switch {
	case n.scheme != nil:
		return []describe.Way{{{Scheme: n.scheme.shown}}}
	case n.optional:
		return append(waysOf(n.below), describe.Way{})
	case n.needs != nil: // AnyOf
		var all []describe.Way
		for _, alternative := range n.below {
			all = append(all, alternative.ways()...)
		}
		return all
	case n.granter != nil:
		return n.demanding(waysOf(n.below))
	}
	return waysOf(n.below)
}

// demanding returns ways with the scopes that n, a Security or SecurityAny,
// demands. They are told of the schemes whose credentials grant them.
func (n *node) demanding(ways []describe.Way) (all []describe.Way) {
	names := n.granter.grantedBy()
	scopes := [][]string{n.scopes}
	if n.anyScope {
		scopes = nil
		for _, one := range n.scopes {
			scopes = append(scopes, []string{one})
		}
	}
	for _, way := range ways {
		for _, demanded := range scopes {
			var next describe.Way
			for _, d := range way {
				if slices.Contains(names, d.Scheme.Name) {
					d.Scopes = describe.Union(demanded, d.Scopes)
				}
				next = append(next, d)
			}
			all = append(all, next)
		}
	}
	return all
}

// grantedBy returns the names of the schemes whose credentials say what the
// granter n grants: its tokens or, where there are none, whatever it has.
func (n *node) grantedBy() (names []string) {
	if n.needs != nil {
		for _, alternative := range n.choice {
			names = append(names, alternative.grantedBy()...)
		}
		return names
	}
	var others []string
	for _, s := range n.schemes {
		if s.scheme.places[0].scheme == "bearer" {
			names = append(names, s.scheme.name)
		} else {
			others = append(others, s.scheme.name)
		}
	}
	if len(names) == 0 {
		return others
	}
	return names
}

// describe returns s as the document shows it.
func (s *scheme) describe() *describe.Scheme {
	d := &describe.Scheme{
		Kind: s.kind, Name: s.name, Description: s.description,
		AuthorizationURL: s.authorizationURL, TokenURL: s.tokenURL, RefreshURL: s.refreshURL, Scopes: maps.Clone(map[string]string(s.scopes)),
		DiscoveryURL: s.discoveryURL, HTTPScheme: s.httpScheme, BearerFormat: s.bearerFormat,
		Challenge: s.challenge(errNoCredentials, nil),
	}
	for _, p := range s.places {
		d.Places = append(d.Places, describe.Place{In: p.in, Name: p.name})
	}
	return d
}

var writeTokenName = needFunc("", WriteToken)
