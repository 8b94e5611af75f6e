package redisstore

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

// Create is described at sessions.Store.
func (s *Store) Create(ctx context.Context, tag sessions.Tag, r sessions.Record, ttl time.Duration, limit int, revoked time.Duration) error {
	args := []string{r.ID, rueidis.BinaryString(encode(r)), milliseconds(ttl), strconv.Itoa(limit), milliseconds(revoked)}
	return s.do(ctx, func(ctx context.Context) error {
		ended, err := s.named(ctx, createScript, tag, []string{s.key(tag, kindSessions, "")}, args)
		if e, ok := rueidis.IsRedisErr(err); ok && isOutOfMemory(e) {
			return sessions.ErrFull
		}
		if ended > 0 {
			s.settle(ctx, tag)
		}
		return err
	})
}

// Get is described at sessions.Store.
func (s *Store) Get(ctx context.Context, tag sessions.Tag, id string) (r sessions.Record, generation int64, err error) {
	keys := []string{s.key(tag, kindSessions, ""), s.key(tag, kindGeneration, "")}
	reply, err := call(ctx, s, func(ctx context.Context) ([]string, error) {
		reply, err := getScript.Exec(ctx, s.client, keys, []string{id}).AsStrSlice()
		if rueidis.IsRedisNil(err) {
			return nil, sessions.ErrNotFound
		}
		return reply, err
	})
	if err != nil {
		return r, 0, err
	}
	if generation, err = strconv.ParseInt(reply[1], 10, 64); err != nil {
		return r, 0, failure(err)
	}
	r, err = decode(id, reply[0])
	return r, generation, failure(err)
}

// Rotate is described at sessions.Store.
func (s *Store) Rotate(ctx context.Context, tag sessions.Tag, id string, from sessions.Hash, to sessions.Rotation, ttl time.Duration) error {
	keys := []string{s.key(tag, kindSessions, "")}
	args := []string{id, string(from[:]), rueidis.BinaryString(encodeRotation(to)), milliseconds(ttl)}
	return s.do(ctx, func(ctx context.Context) error {
		switch reply, err := rotateScript.Exec(ctx, s.client, keys, args).ToString(); {
		case err != nil:
			return err
		case reply == "over":
			return sessions.ErrNotFound
		case reply == "conflict":
			return sessions.ErrConflict
		}
		return nil
	})
}

// List is described at sessions.Store.
func (s *Store) List(ctx context.Context, tag sessions.Tag) (all []sessions.Record, err error) {
	reply, err := call(ctx, s, func(ctx context.Context) ([]string, error) {
		return listScript.Exec(ctx, s.client, []string{s.key(tag, kindSessions, "")}, nil).AsStrSlice()
	})
	if err != nil {
		return nil, err
	}
	for pair := range slices.Chunk(reply, 2) {
		r, err := decode(pair[0], pair[1])
		if err != nil {
			return nil, failure(err)
		}
		all = append(all, r)
	}
	return all, nil
}

// End is described at sessions.Store.
func (s *Store) End(ctx context.Context, tag sessions.Tag, id string, revoked time.Duration) error {
	keys := []string{s.key(tag, kindSessions, ""), s.key(tag, kindSID, id)}
	return s.do(ctx, func(ctx context.Context) error {
		err := endScript.Exec(ctx, s.client, keys, []string{id, milliseconds(revoked)}).Error()
		if err == nil {
			s.settle(ctx, tag)
		}
		return err
	})
}

// EndAll is described at sessions.Store.
func (s *Store) EndAll(ctx context.Context, tag sessions.Tag, keep string, revoked time.Duration) error {
	keys := []string{s.key(tag, kindSessions, ""), s.key(tag, kindGeneration, "")}
	return s.do(ctx, func(ctx context.Context) error {
		_, err := s.named(ctx, endAllScript, tag, keys, []string{keep, milliseconds(revoked)})
		if err == nil {
			s.settle(ctx, tag)
		}
		return err
	})
}

// named runs a script that must be told the sessions it ends, until it has been
// told them all, and returns how many they were.
func (s *Store) named(ctx context.Context, script *rueidis.Lua, tag sessions.Tag, keys, args []string) (int, error) {
	var ids []string
	for {
		reply, err := script.Exec(ctx, s.client, slices.Concat(keys, s.sidKeys(tag, ids)), slices.Concat(args, ids)).ToMessage()
		if err != nil {
			return 0, err
		}
		if reply.IsInt64() {
			ended, err := reply.ToInt64()
			return int(ended), err
		}
		if ids, err = reply.AsStrSlice(); err != nil {
			return 0, err
		}
	}
}

// isOutOfMemory reports whether Redis refused a command because its memory is full.
func isOutOfMemory(e *rueidis.RedisError) bool { return strings.HasPrefix(e.Error(), "OOM ") }
