package ginjwt

import (
	"slices"
	"strconv"
	"strings"
)

// AnyOf returns a dependency that is the first of ds, in order, whose
// credentials were sent: a user by bearer token, by API key, or by password. An
// alternative that needs several credentials is preferred only if all were
// sent. Credentials that are refused are refused: AnyOf never falls through to
// another alternative. If none were sent, the answer is 401 with the
// challenges of all.
//
// Over an AnyOf, Security demands scopes of whatever alternative was chosen, as
// soon as that is worked out.
//
// AnyOf panics without alternatives, if no security scheme lies below one, if
// an Optional does, and if two read the same place of the request, for then
// the second would never be chosen: tokens of several issuers are told apart by
// ByIssuer.
func AnyOf[T any](ds ...*Dependency[T]) *Dependency[T] {
	guards := make([]Guard, len(ds))
	for i, d := range ds {
		guards[i] = d
	}
	below := nodesOf("AnyOf", guards...)
	checkAlternatives(below)
	ds = slices.Clone(ds)
	var d *Dependency[T]
	d = newDependency(anyOfName(below), below, func(r run, e *entry) (*T, error) {
		i := r.choose(&d.node)
		if i < 0 {
			refusal := errNoCredentials.clone(nil)
			refusal.challenge(d.schemes, nil, nil)
			return nil, refusal
		}
		e.text = strconv.Itoa(i)
		return ds[i].pointer(r)
	})
	for _, n := range below {
		one := alternative{needs: n.credentials()}
		if granters := n.granters(); len(granters) > 0 { // if there are more, Security refuses them
			one.granter, d.grants = granters[0], true
		}
		d.alternatives = append(d.alternatives, one)
	}
	return d
}

// alternative is what an AnyOf knows about the node of the same index in below.
type alternative struct {
	needs   []*node // the credentials that it cannot do without; see node.credentials
	granter *node   // whose scopes count if it is chosen; nil if it grants none
}

// checkAlternatives panics on the alternatives that AnyOf does not take.
func checkAlternatives(alternatives []*node) {
	if len(alternatives) == 0 {
		panic("ginjwt: AnyOf: no alternatives given")
	}
	for i, n := range alternatives {
		if len(n.schemes) == 0 {
			panic("ginjwt: AnyOf: no security scheme lies below " + short(n.name) + ", so credentials for it cannot be sent")
		}
		n.walk(func(n *node) {
			if n.optional {
				panic("ginjwt: AnyOf: an Optional lies below an alternative, and would be chosen before those after it; write Optional(AnyOf(...))")
			}
		})
		for _, other := range alternatives[:i] {
			if p, ok := commonPlace(n, other); ok {
				panic("ginjwt: AnyOf: two alternatives read the " + p.in + " " + p.name + ", so the second would never be chosen; take one, with ByIssuer for several issuers")
			}
		}
	}
}

// commonPlace returns a place that schemes below both of a and b read.
func commonPlace(a, b *node) (place, bool) {
	for _, m := range a.schemes {
		for _, p := range m.scheme.places {
			for _, n := range b.schemes {
				if slices.ContainsFunc(n.scheme.places, p.overlaps) {
					return p, true
				}
			}
		}
	}
	return place{}, false
}

// anyOfName returns the name of an AnyOf, without the paths of packages.
func anyOfName(alternatives []*node) string {
	names := make([]string, len(alternatives))
	for i, n := range alternatives {
		names[i] = n.displayName()
		if shown := n.undecorated(); shown.scheme == nil && shown.check == "" {
			names[i] = short(names[i])
		}
	}
	return "AnyOf(" + strings.Join(names, ", ") + ")"
}

// choose returns the index of the alternative of the AnyOf n that the request is
// to be judged by: the first with all of its credentials or, if there is none,
// the first with some of them. It returns -1 if none were sent.
func (r run) choose(n *node) int {
	if i := slices.IndexFunc(n.below, r.covered); i >= 0 {
		return i
	}
	if i := slices.IndexFunc(n.alternatives, r.complete); i >= 0 {
		return i
	}
	return slices.IndexFunc(n.below, func(n *node) bool { return r.sent(n.schemes) })
}

// complete reports whether all the credentials that an alternative needs were
// sent. Where it needs another AnyOf, those of one of that one's are enough.
func (r run) complete(a alternative) bool {
	return !slices.ContainsFunc(a.needs, func(n *node) bool {
		if n.isAnyOf() {
			return !slices.ContainsFunc(n.alternatives, r.complete)
		}
		return !r.sent(n.schemes)
	})
}

// chosen returns the alternative of the AnyOf n that was chosen, or would be, or
// -1. A choice stands even if its credentials were taken out of the request
// afterwards.
func (r run) chosen(n *node) int {
	if r.slot != nil {
		if e := r.slot.peek(n); e != nil {
			if i, err := strconv.Atoi(e.text); err == nil {
				return i
			}
		}
	}
	return r.choose(n)
}

// taken returns what lies below n as far as it counts for the request: of an
// AnyOf, only the chosen alternative.
func (r run) taken(n *node) []*node {
	if !n.isAnyOf() {
		return n.below
	}
	if i := r.chosen(n); i >= 0 {
		return n.below[i : i+1]
	}
	return nil
}

// judged returns the schemes by whose credentials the request is judged at n:
// those that were sent, but of an AnyOf only those of the chosen alternative.
func (r run) judged(n *node) (schemes []*node) {
	n.descend(func(n *node) []*node {
		if n.scheme != nil && (r.sent(n.schemes) || r.judgedInTest(n)) {
			schemes = append(schemes, n)
		}
		return r.taken(n)
	})
	return schemes
}
