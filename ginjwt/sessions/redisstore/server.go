package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

// unfit is an error of a server that did answer, and must not be used.
type unfit struct{ error }

// checkServers returns an error if a server would forget revocations, or may not
// know them.
func (s *Store) checkServers(ctx context.Context) error {
	var faults []error
	for addr, node := range s.client.Nodes() {
		if err := s.checkServer(ctx, node); err != nil {
			faults = append(faults, fmt.Errorf("redisstore: %s: %w", addr, err))
		}
	}
	return errors.Join(faults...)
}

func (s *Store) checkServer(ctx context.Context, node rueidis.Client) error {
	ctx, stop := context.WithTimeout(ctx, s.cfg.Timeout)
	defer stop()
	hello, err := node.Do(ctx, node.B().Hello().Build()).AsMap()
	if err != nil {
		return err
	}
	said := hello["role"]
	role, _ := said.ToString()
	info, err := node.Do(ctx, node.B().Info().Build()).ToString()
	if _, refused := rueidis.IsRedisErr(err); err != nil && !refused {
		return err
	}
	if s.local != nil {
		if err := node.Do(ctx, node.B().Arbitrary("CLIENT", "CACHING", "YES").Build()).Error(); err != nil {
			return unfit{fmt.Errorf("this user would not hear of revocations: %w", err)}
		}
	}
	if s.client.Mode() != rueidis.ClientModeCluster && role == "replica" {
		return unfit{errors.New("this is a replica, which may not know of a revocation yet: give the address of the primary, or use Sentinel")}
	}
	if s.cfg.InsecureAllowEviction {
		return nil
	}
	switch policy := field(info, "maxmemory_policy"); policy {
	case "noeviction":
		return nil
	case "":
		return fmt.Errorf("INFO does not tell maxmemory_policy (%v): allow this user the command, or set InsecureAllowEviction if you know that it is noeviction", err) //nolint:errorlint // often nil
	default:
		return unfit{fmt.Errorf("maxmemory-policy is %s, so that revoked tokens could be accepted again when memory is full: set it to noeviction (or set InsecureAllowEviction)", policy)}
	}
}

// field returns a field of INFO's answer.
func field(info, name string) string {
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// verdict is what vouch found the last time.
type verdict struct {
	at  time.Time
	err error
}

// vouch returns an error if the servers are unfit. It checks them again every
// LocalTTL, for one may have become a replica, or another have taken over. One call
// at a time does so; the others take the last verdict, of which Open made the
// first. A server that does not answer is no reason: calls that need it fail
// anyway.
func (s *Store) vouch(ctx context.Context) error {
	last := s.verdict.Load()
	if last.err == nil && time.Since(last.at) < s.cfg.LocalTTL || !s.vouching.TryLock() {
		return last.err
	}
	defer s.vouching.Unlock()
	now := &verdict{at: time.Now()}
	err := s.checkServers(context.WithoutCancel(ctx)) // the verdict is not for this call alone
	if bad := (unfit{}); errors.As(err, &bad) {
		now.err = err
	}
	s.verdict.Store(now)
	return now.err
}
