package ginjwt

import "slices"

// Optional returns a dependency whose value is nil when no credentials for any
// security scheme below d were sent. Credentials that were sent are judged as
// ever: a malformed or refused token is refused, never taken for nobody.
// Credentials of another scheme count as none.
//
// Optional panics if no security scheme lies below d. A scope is demanded
// inside of it: Optional(Security(d, "items")).
func Optional[T any](d *Dependency[T]) *Dependency[*T] {
	return optional("Optional", d, func(v T) *T { return &v }, nil)
}

// OptionalOr is Optional with a value that stands for nobody: a guest, or nil
// where T is a pointer already.
func OptionalOr[T any](d *Dependency[T], nobody T) *Dependency[T] {
	return optional("OptionalOr", d, func(v T) T { return v }, nobody)
}

// optional returns a dependency that is nobody if no credentials were sent, and
// else what some makes of d's value.
func optional[T, O any](caller string, d *Dependency[T], some func(T) O, nobody O) *Dependency[O] {
	below := nodesOf(caller, d)
	schemes := d.schemes
	if len(schemes) == 0 {
		panic("ginjwt: " + caller + ": no security scheme lies below " + short(d.name) + ", so credentials for it cannot be missing")
	}
	o := newDependency(caller, below, func(r run, _ *entry) (*O, error) {
		if !r.sent(schemes) && !r.covered(&d.node) {
			return &nobody, nil
		}
		v, err := d.resolve(r)
		if err != nil {
			return nil, err
		}
		o := some(v)
		return &o, nil
	})
	o.optional = true
	return o
}

// optionalBelow reports whether there is an Optional on the way from n down to the
// nearest granters.
func (n *node) optionalBelow() bool {
	return n.optional || !n.grants && slices.ContainsFunc(n.below, (*node).optionalBelow)
}
