package ginjwt

import (
	"context"
	"errors"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt/internal/override"
)

// run is one resolution under way: whose results, with which context, and on
// whose behalf.
type run struct {
	slot     *slot
	c        *gin.Context
	thread   *thread
	forGuard bool // the next to be resolved is what a guard asked for
}

// context returns the context that r's functions are to stop with.
func (r run) context() context.Context {
	if r.c == nil || r.c.Request == nil {
		return context.Background()
	}
	return r.c.Request.Context()
}

// resolve returns n's entry, ready, and the error in it. It works n out unless
// that was done before, or is being done: then it waits.
//
//go:noinline
func (r run) resolve(n *node) (*entry, error) {
	s := r.slot
	s.mu.Lock()
	e := s.find(n)
	known := e != nil
	switch {
	case known:
	case s.over:
		s.mu.Unlock()
		return nil, ErrRequestOver
	default:
		e = s.add(n, r.thread)
	}
	e.forGuard = e.forGuard || r.forGuard
	if known {
		err := s.wait(r, e)
		s.mu.Unlock()
		if err != nil {
			return nil, err
		}
		if e.state.Load() == forgotten {
			return r.resolve(n)
		}
		return e, e.err()
	}
	s.mu.Unlock()
	r.forGuard = false
	r.workOut(e)
	return e, e.err()
}

// resolveAll resolves nodes, in order, up to the first that fails.
func (r run) resolveAll(nodes []*node) error {
	for _, n := range nodes {
		if _, err := r.resolve(n); err != nil {
			return err
		}
	}
	return nil
}

// workOut fills e. Whatever happens to the goroutine in a user's function, a
// panic or runtime.Goexit, the entry is completed, so that nobody waits forever.
func (r run) workOut(e *entry) {
	finished := false
	defer func() {
		if !finished {
			e.fail(errUnfinished)
		}
		r.finish(e)
	}()
	if set := override.From(r.c); set != nil {
		if v, err, ok := set.Resolve(r.c, e.node, func() (any, error) { return r.original(e) }); ok {
			if err == nil {
				err = r.lacking(set, e.node, e.node)
			}
			e.node.replaced(r, v, err, e)
			finished = true
			return
		}
	}
	e.node.work(r, e)
	finished = true
}

// finish tells everybody that e is ready, or that it is to be worked out by the
// next who asks.
func (r run) finish(e *entry) {
	impatient := r.callersOwn(e)
	if !impatient && e.state.CompareAndSwap(running, ready) {
		return
	}
	s := r.slot
	s.mu.Lock()
	defer s.mu.Unlock()
	end := ready
	if impatient {
		end, e.node, e.forGuard = forgotten, nil, false
	}
	if e.state.Swap(end) == awaited {
		close(s.rare.awaited[e])
	}
}

// callersOwn reports whether e failed only because of the context that its
// caller gave to Get, which is not the request's own: it has ended, or cannot
// read the body. That must not be remembered for the others.
func (r run) callersOwn(e *entry) bool {
	if r.c == r.slot.origin || !e.failed {
		return false
	}
	ctx := r.context()
	return errors.Is(e.err(), errFormElsewhere) || ctx.Err() != nil && (errors.Is(e.err(), ctx.Err()) || errors.Is(e.err(), context.Cause(ctx)))
}

// candidate returns the token that the security scheme n would find, unchecked,
// or "" if that has to be asked.
func (r run) candidate(n *node) string {
	if n.scheme == nil || n.scheme.candidate == nil || r.c.Request == nil || override.From(r.c) != nil {
		return ""
	}
	return n.scheme.candidate(r.c)
}

// granted returns the scopes that n, which has been resolved, grants, and whose
// they are: its own, or those of what an AnyOf chose.
func (r run) granted(n *node, demanded []string) (scopes Scope, whose *node) {
	if set := override.From(r.c); set != nil {
		if scope, ok := set.Granted(n, demanded); ok {
			return Scope(scope), n
		}
	}
	if n.isAnyOf() {
		i := r.chosen(n)
		if i < 0 || n.alternatives[i].granter == nil {
			return "", n
		}
		granter := n.alternatives[i].granter
		if scopes, whose, replaced := r.grantedInTest(n.below[i], granter, demanded); replaced {
			return scopes, whose
		}
		return r.granted(granter, demanded)
	}
	if e := r.slot.peek(n); e != nil {
		scopes = Scope(e.text)
	}
	return scopes, n
}

// sent reports whether credentials for any of schemes came with the request.
func (r run) sent(schemes []*node) bool {
	set := override.From(r.c)
	return slices.ContainsFunc(schemes, func(n *node) bool {
		if set != nil {
			if sent, ok := set.Sent(n); ok {
				return sent
			}
		}
		if r.slot != nil {
			if e := r.slot.peek(n); e != nil { // the credentials may have been taken out of the request since
				asked := asError(e.err())
				return asked == nil || asked.Code != CodeNoCredentials
			}
		}
		return n.scheme.sent(r.c)
	})
}
