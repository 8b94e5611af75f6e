package ginjwt

import (
	"context"
	"errors"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt/internal/override"
)

// run is one resolution under way.
type run struct {
	slot     *slot        // where the results go
	c        *gin.Context // what users' functions are called with
	thread   *thread      // the goroutine that it is on; nil if nothing is resolved
	forGuard bool         // the next node to be resolved is what a guard asked for
}

// context returns the context that r's functions are to stop with.
func (r run) context() context.Context {
	if r.c == nil || r.c.Request == nil {
		return context.Background()
	}
	return r.c.Request.Context()
}

// resolve returns n's entry, ready, and the error in it. It works n out unless
// that was done before, or is being done: then it waits. It is not inlined, since
// stacked finds it in stack traces by its name.
//
//go:noinline
func (r run) resolve(n *node) (*entry, error) {
	s := r.slot
	s.mu.Lock()
	if e := s.find(n); e != nil {
		e.forGuard = e.forGuard || r.forGuard
		err := s.wait(r, e)
		s.mu.Unlock()
		switch {
		case err != nil:
			return nil, err
		case e.state.Load() == forgotten:
			return r.resolve(n)
		}
		return e, e.err()
	}
	if s.over {
		s.mu.Unlock()
		return nil, ErrRequestOver
	}
	e := s.add(n, r.thread)
	e.forGuard, r.forGuard = r.forGuard, false
	s.mu.Unlock()
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

// finish tells those who wait for e that it is ready, or that it was forgotten and
// the next who asks is to work it out.
func (r run) finish(e *entry) {
	forget := r.callersOwn(e)
	if !forget && e.state.CompareAndSwap(running, ready) {
		return
	}
	s := r.slot
	s.mu.Lock()
	defer s.mu.Unlock()
	end := ready
	if forget {
		end, e.node, e.forGuard = forgotten, nil, false
	}
	if e.state.Swap(end) == awaited {
		close(s.rare.awaited[e])
	}
}

// callersOwn reports whether e failed only because of the context that was given to
// Get, and would not have with the request's own: that context has ended, or the
// login form cannot be read with it. Such a failure must not be remembered, for
// others ask with other contexts.
func (r run) callersOwn(e *entry) bool {
	if r.c == r.slot.origin || !e.failed {
		return false
	}
	ctx := r.context()
	return errors.Is(e.err(), errFormElsewhere) || ctx.Err() != nil && (errors.Is(e.err(), ctx.Err()) || errors.Is(e.err(), context.Cause(ctx)))
}

// candidate returns the token that the security scheme n would find, with its form
// unchecked, or "" if n has to be resolved to know.
func (r run) candidate(n *node) string {
	if n.scheme == nil || n.scheme.candidate == nil || r.c.Request == nil || override.From(r.c) != nil {
		return ""
	}
	return n.scheme.candidate(r.c)
}

// granted returns the scopes that n, which has been resolved, grants, and the node
// that they are of: n itself or, if it is an AnyOf, what that chose.
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
			if e := r.slot.peek(n); e != nil { // it was asked before, and they may have been taken out since
				return !asError(e.err()).nothingSent()
			}
		}
		return n.scheme.sent(r.c)
	})
}
