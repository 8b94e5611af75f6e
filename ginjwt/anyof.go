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
	below := need("AnyOf", guards...)
	checkAlternatives(below)
	ds = slices.Clone(ds)
	var d *Dependency[T]
	d = newDependency(alternativesName(below), below, func(r run, e *entry) (*T, error) {
		i := r.chosen(&d.node)
		if i < 0 {
			refusal := errNoCredentials.clone(nil)
			refusal.challenge(d.schemes, nil, nil)
			return nil, refusal
		}
		e.text = strconv.Itoa(i)
		return ds[i].pointer(r)
	})
	d.choice = make([]*node, len(below))
	for i, n := range below {
		d.needs = append(d.needs, n.credentials())
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
		names[i] = n.shownName()
		if shown := n.shown(); shown.scheme == nil && shown.check == "" {
			names[i] = short(names[i])
		}
	}
	return "AnyOf(" + strings.Join(names, ", ") + ")"
}

// choice returns which alternative of the AnyOf n was chosen, which stands even
// if the credentials were taken out of the request since; or -1.
func (r run) choice(n *node) int {
	if r.slot != nil {
		if e := r.slot.peek(n); e != nil {
			if i, err := strconv.Atoi(e.text); err == nil {
				return i
			}
		}
	}
	return r.chosen(n)
}

// judged returns the schemes whose credentials n was judged by: those that were
// sent, and of an AnyOf those of its choice.
func (r run) judged(n *node) (schemes []*node) {
	seen := map[*node]bool{}
	var down func(*node)
	down = func(n *node) {
		switch {
		case seen[n]:
		case n.scheme != nil:
			if r.sent(n.schemes) || r.judgedInTest(n) {
				schemes = append(schemes, n)
			}
		case n.choice != nil:
			if i := r.choice(n); i >= 0 {
				down(n.below[i])
			}
		default:
			for _, b := range n.below {
				down(b)
			}
		}
		seen[n] = true
	}
	down(n)
	return schemes
}

// chosen returns which alternative of the AnyOf n the request is judged by: the
// first with all of its credentials, or the first with some; or -1.
func (r run) chosen(n *node) int {
	if i := slices.IndexFunc(n.below, r.covered); i >= 0 {
		return i
	}
	if i := slices.IndexFunc(n.needs, r.complete); i >= 0 {
		return i
	}
	return slices.IndexFunc(n.below, func(n *node) bool { return r.sent(n.schemes) })
}

// complete reports whether all credentials of needed were sent; of an AnyOf,
// those of one alternative.
func (r run) complete(needed []*node) bool {
	return !slices.ContainsFunc(needed, func(n *node) bool {
		if n.choice != nil {
			return !slices.ContainsFunc(n.needs, r.complete)
		}
		return !r.sent(n.schemes)
	})
}
