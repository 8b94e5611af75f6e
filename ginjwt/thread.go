package ginjwt

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"runtime"
	"slices"
	"strconv"
)

// A thread is one goroutine that works something out for a request. With threads,
// a dependency that asks for itself, directly or through others that wait for each
// other in Get, is told from one that two goroutines ask for at the same time.
//
// If a dependency starts a goroutine and waits for it by other means, such as a
// WaitGroup, then that goroutine is not known to be the dependency's. If it asks
// for the dependency, both wait, until the request's context ends.
type thread struct {
	id       uint64 // the goroutine's; 0 for the request's own, which its stack tells
	waitsFor *entry // what it waits for in Get, or nil
}

// enter returns the thread of the calling goroutine and a function to call when it
// is done.
//
// If Get was called by a dependency that is being worked out, the goroutine has a
// thread already. Only its stack can tell.
func (s *slot) enter() (t *thread, leave func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t = &thread{id: goroutineID()}
	rare := s.ensureRare()
	if s.inGuard.Load() || len(rare.threads) > 0 {
		if known := s.current(); known != nil {
			return known, func() {}
		}
	}
	rare.threads = append(rare.threads, t)
	return t, func() { s.leave(t) }
}

// current returns the thread that the calling goroutine is on, or nil.
func (s *slot) current() *thread {
	resolving, guarding := stacked()
	if guarding && s.inGuard.Load() {
		return &s.main
	}
	if !resolving {
		return nil
	}
	id := goroutineID()
	for _, t := range s.rare.threads {
		if t.id == id {
			return t
		}
	}
	return nil
}

// leave forgets t.
func (s *slot) leave(t *thread) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rare.threads = slices.DeleteFunc(s.rare.threads, func(other *thread) bool { return other == t })
}

// wait returns when e is ready or forgotten. The caller holds mu, which is free
// while it waits. It returns ErrCycle if e would never be ready: if the thread that
// works e out is r's own or waits, perhaps through others, for r's.
func (s *slot) wait(r run, e *entry) error {
	if e.state.Load() == ready {
		return nil
	}
	for t := e.thread; t != nil; {
		if t == r.thread {
			return ErrCycle
		}
		if t.waitsFor == nil || t.waitsFor.state.Load() == ready {
			break // that thread is not waiting, so e will be ready
		}
		t = t.waitsFor.thread
	}
	rare := s.ensureRare()
	if rare.awaited[e] == nil {
		rare.awaited[e] = make(chan struct{})
	}
	done := rare.awaited[e]
	if e.state.CompareAndSwap(running, awaited); e.state.Load() == ready {
		return nil
	}
	r.thread.waitsFor = e
	s.mu.Unlock()
	err := await(r, done)
	s.mu.Lock()
	r.thread.waitsFor = nil
	return err
}

// await waits for done, but not beyond the end of the request's context.
func await(r run, done <-chan struct{}) error {
	ctx := r.context()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		cause := context.Cause(ctx)
		if errors.Is(cause, ctx.Err()) {
			return cause
		}
		return errors.Join(ctx.Err(), cause)
	}
}

// stacked reports whether the calling goroutine is inside of a resolution, and
// whether that was begun by a guard. It finds run.resolve and slot.resolveGuard by
// their names in the stack trace.
func stacked() (resolving, guarding bool) {
	path := reflect.TypeFor[slot]().PkgPath()
	pcs := make([]uintptr, 64)
	for skip := 1; ; skip += len(pcs) {
		n := runtime.Callers(skip, pcs)
		frames := runtime.CallersFrames(pcs[:n])
		for more := n > 0; more; {
			var f runtime.Frame
			f, more = frames.Next()
			switch f.Function {
			case path + ".run.resolve":
				resolving = true
			case path + ".(*slot).resolveGuard":
				return true, true
			}
		}
		if n < len(pcs) {
			return resolving, false
		}
	}
}

// goroutineID returns the number that the runtime prints in the first line of
// a stack trace. It takes microseconds, so it is asked for only when Get has to
// work something out. It serves to find cycles, and nothing else.
func goroutineID() uint64 {
	var buf [32]byte
	line := buf[:runtime.Stack(buf[:], false)]
	line = bytes.TrimPrefix(line, []byte("goroutine "))
	digits, _, _ := bytes.Cut(line, []byte(" "))
	id, _ := strconv.ParseUint(string(digits), 10, 64)
	return id
}
