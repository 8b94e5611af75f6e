package ginjwt

import (
	"context"
	"reflect"
	"slices"

	"github.com/gin-gonic/gin"
)

// A Dependency is a value of type T that handlers and other dependencies can
// ask for: a token, claims, the current user, a database transaction. Within
// one request it is worked out on demand and at most once; its value, or its
// error, is remembered for the rest of the request.
//
// Dependencies are made while routes are set up and can be shared by all
// routes and goroutines.
type Dependency[T any] struct{ node }

// guardNode returns d's node, or nil if d was not made by this package.
func (d *Dependency[T]) guardNode() *node {
	if d == nil || d.work == nil {
		return nil
	}
	return &d.node
}

// Provide returns a dependency that fn works out from the request alone.
//
// An *Error that fn returns, wrapped or not, decides what the client sees; any
// other error is answered with 500 and a fixed text, as Abort says. A fn that
// reads the body belongs behind a Require of the credentials: which functions
// do is not known, so they are called in the order of declaration. Provide
// panics if fn is nil.
func Provide[T any](fn func(*gin.Context) (T, error)) *Dependency[T] {
	name := needFunc("Provide", fn)
	return newDependency(name, nil, func(r run, _ *entry) (*T, error) { return result(fn(r.c)) })
}

// Depends returns a dependency that fn works out from another, a: claims from a
// token, a user from claims. fn is called only if a could be worked out;
// otherwise a's error is the dependency's own.
//
// It is FastAPI's Depends. Errors are treated as by Provide, except that a 401
// gets the challenge of the security schemes below a if it has none. Depends
// panics if a or fn is nil.
func Depends[A, T any](a *Dependency[A], fn func(*gin.Context, A) (T, error)) *Dependency[T] {
	below := nodesOf("Depends", a)
	return newDependency(needFunc("Depends", fn), below, func(r run, _ *entry) (*T, error) {
		av, err := a.pointer(r)
		if err != nil {
			return nil, err
		}
		return result(fn(r.c, *av))
	})
}

// Depends2 is Depends on two others: a is worked out before b.
func Depends2[A, B, T any](a *Dependency[A], b *Dependency[B], fn func(*gin.Context, A, B) (T, error)) *Dependency[T] {
	below := nodesOf("Depends2", a, b)
	first := credentialsFirst(below)
	return newDependency(needFunc("Depends2", fn), below, func(r run, _ *entry) (*T, error) {
		if err := r.resolveAll(first); err != nil {
			return nil, err
		}
		av, err := a.pointer(r)
		if err != nil {
			return nil, err
		}
		bv, err := b.pointer(r)
		if err != nil {
			return nil, err
		}
		return result(fn(r.c, *av, *bv))
	})
}

// Depends3 is Depends on three others, worked out in order.
func Depends3[A, B, C, T any](a *Dependency[A], b *Dependency[B], c *Dependency[C], fn func(*gin.Context, A, B, C) (T, error)) *Dependency[T] {
	below := nodesOf("Depends3", a, b, c)
	first := credentialsFirst(below)
	return newDependency(needFunc("Depends3", fn), below, func(r run, _ *entry) (*T, error) {
		if err := r.resolveAll(first); err != nil {
			return nil, err
		}
		av, err := a.pointer(r)
		if err != nil {
			return nil, err
		}
		bv, err := b.pointer(r)
		if err != nil {
			return nil, err
		}
		cv, err := c.pointer(r)
		if err != nil {
			return nil, err
		}
		return result(fn(r.c, *av, *bv, *cv))
	})
}

// AllOf returns a dependency on all of guards, worked out in order, for what
// depends on them and not on their values: FastAPI's dependencies=[...]. It
// panics without guards.
func AllOf(guards ...Guard) *Dependency[struct{}] {
	if len(guards) == 0 {
		panic("ginjwt: AllOf: no guards given")
	}
	below := nodesOf("AllOf", guards...)
	first := credentialsFirst(below)
	return newDependency("AllOf", below, func(r run, _ *entry) (*struct{}, error) {
		if err := r.resolveAll(first); err != nil {
			return nil, err
		}
		return &struct{}{}, r.resolveAll(below)
	})
}

// newDependency returns a dependency whose value fn works out. fn may leave a text
// in the entry; see entry. All who ask for the dependency get the pointer that
// it returns, so nobody may change what that points to.
func newDependency[T any](name string, below []*node, fn func(run, *entry) (*T, error)) *Dependency[T] {
	d := &Dependency[T]{node{name: name, valueType: reflect.TypeFor[T](), below: below}}
	for _, b := range below {
		for _, s := range b.schemes {
			if !slices.Contains(d.schemes, s) {
				d.schemes = append(d.schemes, s)
			}
		}
	}
	d.work = func(r run, e *entry) {
		v, err := fn(r, e)
		if err != nil {
			e.fail(d.addChallenges(r, err))
			return
		}
		e.value = v
	}
	d.box = func(v any) (any, bool) {
		t, ok := v.(T)
		return &t, ok || v == nil && any(t) == nil // if T is an interface type, nil is one of its values
	}
	return d
}

// result turns what a user's function returned into what is remembered.
func result[T any](v T, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	return &v, nil
}

// resolve works d out, if need be, as a part of r.
func (d *Dependency[T]) resolve(r run) (v T, err error) {
	p, err := d.pointer(r)
	if err != nil {
		return v, err
	}
	return *p, nil
}

// pointer is resolve without a copy of the value, which must not be changed.
func (d *Dependency[T]) pointer(r run) (*T, error) {
	e, err := r.resolve(&d.node)
	if err != nil {
		return nil, err
	}
	return e.value.(*T), nil
}

// Get returns d's value for the request of ctx and works it out if need be.
// For handlers that know what they need beforehand, Handle says it at the route.
//
// ctx is the request's *gin.Context, its Copy, or what comes from Context; for
// any other context Get returns ErrForeignContext. Where no handler of this
// package guards the route it returns ErrNotGuarded, for a route whose demands
// are hidden inside its handler could not be listed. After the request only
// what was worked out before can be read; anything else is ErrRequestOver. A
// dependency that asks for itself gets ErrCycle.
func (d *Dependency[T]) Get(ctx context.Context) (v T, err error) {
	if d == nil || d.work == nil {
		return v, errNilDependency
	}
	s, c, err := locate(ctx)
	if err != nil {
		return v, err
	}
	e, err := s.get(ctx, c, &d.node)
	if err != nil {
		return v, d.nameScopes(run{slot: s, c: c}, err)
	}
	return *e.value.(*T), nil
}

// Peek returns d's value if it was worked out for the request of ctx already,
// and never works it out: for access logs, after the handler has run. It takes
// the same contexts as Get.
func (d *Dependency[T]) Peek(ctx context.Context) (v T, ok bool) {
	if d == nil {
		return v, false
	}
	s, _, err := locate(ctx)
	if err != nil {
		return v, false
	}
	e := s.peek(&d.node)
	if e == nil || e.failed {
		return v, false
	}
	return *e.value.(*T), true
}

// Must returns v and panics if err is not nil: for package variables and main.
func Must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
