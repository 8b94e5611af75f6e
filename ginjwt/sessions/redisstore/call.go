package redisstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

// places is how many calls can be under way. It is far below how many commands a
// connection can have outstanding (ringScale): above that, rueidis would block.
const places = 512

// call returns what fn does, or an error when ctx or Config.Timeout is over.
//
// fn runs in a goroutine of its own, because rueidis does not look at a context
// while it dials. It goes on when ctx is over: rueidis may have let calls for the
// same keys join it, and they would fail with it. It keeps its place until it is
// done, so that calls that nobody waits for any more do not pile up.
func call[T any](ctx context.Context, s *Store, fn func(ctx context.Context) (T, error)) (T, error) {
	var none T
	if err := ctx.Err(); err != nil {
		return none, failure(err)
	}
	uncancelled := context.WithoutCancel(ctx)
	ctx, stop := context.WithTimeout(ctx, s.cfg.Timeout)
	defer stop()
	select {
	case s.places <- struct{}{}:
	case <-ctx.Done():
		return none, fmt.Errorf("redisstore: too many calls wait for Redis: %w", ctx.Err())
	}
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		defer func() { <-s.places }()
		ctx, stop := context.WithTimeout(uncancelled, s.cfg.Timeout)
		defer stop()
		value, err := fn(ctx)
		for isContext(err) && ctx.Err() == nil { // the context of the call that it joined is over
			value, err = fn(ctx)
		}
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, failure(r.err)
	case <-ctx.Done():
		return none, failure(ctx.Err())
	}
}

// do is call for an fn without a result.
func (s *Store) do(ctx context.Context, fn func(ctx context.Context) error) error {
	_, err := call(ctx, s, func(ctx context.Context) (struct{}, error) { return struct{}{}, fn(ctx) })
	return err
}

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// failure returns the error of a call: an outage, unless it is one of sessions'
// own.
func failure(err error) error {
	if err == nil || errors.Is(err, sessions.ErrNotFound) || errors.Is(err, sessions.ErrConflict) || errors.Is(err, sessions.ErrFull) {
		return err
	}
	return fmt.Errorf("redisstore: %w", err)
}
