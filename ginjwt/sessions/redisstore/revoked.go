package redisstore

import (
	"context"
	"time"

	"github.com/redis/rueidis"

	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

// Revoke is described at sessions.Store.
func (s *Store) Revoke(ctx context.Context, tag sessions.Tag, jti string, ttl time.Duration) error {
	keys := []string{s.key(tag, kindJTI, jti)}
	return s.do(ctx, func(ctx context.Context) error {
		err := revokeScript.Exec(ctx, s.client, keys, []string{milliseconds(ttl)}).Error()
		if err == nil {
			s.settle(ctx, tag)
		}
		return err
	})
}

// Revoked is described at sessions.Store. Its answer can be Config.LocalTTL old,
// as the package says.
func (s *Store) Revoked(ctx context.Context, tag sessions.Tag, sid, jti string) (revoked bool, generation int64, err error) {
	q := question{tag, sid, jti}
	if s.local == nil {
		a, err := s.ask(ctx, q, answer{})
		return a.revoked, a.generation, err
	}
	a, good := s.local.get(q)
	if !good {
		if a, err = s.ask(ctx, q, a); err == nil {
			s.local.put(q, a)
		}
	}
	return a.revoked, a.generation, err
}

// ask asks Redis, and returns a with the answer filled in.
func (s *Store) ask(ctx context.Context, q question, a answer) (answer, error) {
	return call(ctx, s, func(ctx context.Context) (answer, error) {
		keys := make([]rueidis.CacheableTTL, 1, 3)
		keys[0] = s.tracked(q.tag, kindGeneration, "")
		if q.sid != "" {
			keys = append(keys, s.tracked(q.tag, kindSID, q.sid))
		}
		if q.jti != "" {
			keys = append(keys, s.tracked(q.tag, kindJTI, q.jti))
		}
		if err := s.vouch(ctx); err != nil {
			return answer{}, err
		}
		answers := s.client.DoMultiCache(ctx, keys...)
		generation, err := answers[0].AsInt64()
		if err != nil && !rueidis.IsRedisNil(err) {
			return answer{}, err
		}
		a.generation = generation
		for _, key := range answers[1:] {
			switch err := key.Error(); {
			case err == nil:
				a.revoked = true
			case !rueidis.IsRedisNil(err):
				return answer{}, err
			}
		}
		return a, nil
	})
}

// tracked returns the command for a key whose changes Redis is to announce. It is
// a plain GET: to learn the key's time to live as well, rueidis would ask in a
// transaction, which a full Redis refuses.
func (s *Store) tracked(tag sessions.Tag, kind byte, id string) rueidis.CacheableTTL {
	return rueidis.CT(s.client.B().Get().Key(s.key(tag, kind, id)).Cache().ToStaticTTL(), askedTogether)
}

// settle waits until this Store has heard of the change that it has just made.
// Redis announces it on the same connection before it answers the next command, so
// any command will do. If that fails, the change is made all the same.
func (s *Store) settle(ctx context.Context, tag sessions.Tag) {
	if s.local == nil {
		return
	}
	s.local.epoch(tag).Add(1) // the announcement may be on its way by another connection
	s.client.Do(ctx, s.client.B().Exists().Key(s.key(tag, kindGeneration, "")).Build())
}
