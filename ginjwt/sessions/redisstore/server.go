package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/rueidis"
)

func isOutOfMemory(e *rueidis.RedisError) bool { return strings.HasPrefix(e.Error(), "OOM ") }

// checkServers refuses servers that would forget revocations, or not know them.
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
	info, err := node.Do(ctx, node.B().Info().Build()).ToString()
	if _, refused := rueidis.IsRedisErr(err); err != nil && !refused {
		return err
	}
	if s.client.Mode() == rueidis.ClientModeStandalone && field(info, "role") == "slave" {
		return errors.New("this is a replica, which may not know of a revocation yet: give the address of the primary, or use Sentinel")
	}
	if s.cfg.InsecureAllowEviction {
		return nil
	}
	switch policy := field(info, "maxmemory_policy"); policy {
	case "noeviction":
		return nil
	case "":
		return fmt.Errorf("INFO does not tell maxmemory_policy (%v): allow this user the command, or set InsecureAllowEviction if you know that it is noeviction", err)
	default:
		return fmt.Errorf("maxmemory-policy is %s, so that revoked tokens could be accepted again when memory is full: set it to noeviction (or set InsecureAllowEviction)", policy)
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
