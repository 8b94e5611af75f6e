package ginjwt

import (
	"slices"
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
	below := need("AnyOf", guards...)
	checkAlternatives(below)
	ds = slices.Clone(ds)
	var d *Dependency[T]
	d = newDependency(alternativesName(below), below, func(r run, _ *entry) (*T, error) {
		i := r.chosen(below)
		if i < 0 {
			e := errNoCredentials.clone(nil)
			e.challenge(r, d.schemes, nil)
			return nil, e
		}
		return ds[i].pointer(r)
	})
	d.choice = make([]*node, len(below))
	for i, n := range below {
		if granters := n.granters(); len(granters) > 0 { // Security wants one of each
			d.choice[i], d.grants = granters[0], true
		}
	}
	return d
}

// AllOf returns a dependency on all of guards, worked out in order, for what
// depends on them and not on their values: FastAPI's dependencies=[...]. It
// panics without guards.
func AllOf(guards ...Guard) *Dependency[struct{}] {
	if len(guards) == 0 {
		panic("ginjwt: AllOf: no guards given")
	}
	below := need("AllOf", guards...)
	first := credentialsFirst(below)
	return newDependency("AllOf", below, func(r run, _ *entry) (*struct{}, error) {
		if err := r.resolveAll(first); err != nil {
			return nil, err
		}
		return &struct{}{}, r.resolveAll(below)
	})
}

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

func alternativesName(alternatives []*node) string {
	names := make([]string, len(alternatives))
	for i, n := range alternatives {
		names[i] = short(n.shownName())
	}
	return "AnyOf(" + strings.Join(names, ", ") + ")"
}

// chosen returns which of an AnyOf's alternatives the request is judged by: the
// first with all of its credentials, or the first with some; or -1.
func (r run) chosen(alternatives []*node) int {
	if i := slices.IndexFunc(alternatives, r.complete); i >= 0 {
		return i
	}
	return slices.IndexFunc(alternatives, func(n *node) bool { return r.sent(n.schemes) })
}

// complete reports whether all the credentials that n needs were sent.
func (r run) complete(n *node) bool {
	switch {
	case n.scheme != nil:
		return r.sent(n.schemes)
	case n.choice != nil:
		return slices.ContainsFunc(n.below, r.complete)
	}
	return !slices.ContainsFunc(n.below, func(b *node) bool { return len(b.schemes) > 0 && !r.complete(b) })
}
