package redisstore_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/sessions"
	"github.com/ginjwt/gin-depends/ginjwt/sessions/redisstore"
)

func TestOpenNamesEveryFault(t *testing.T) {
	t.Parallel()
	_, err := redisstore.Open(rueidis.ClientOption{
		InitAddress: []string{"127.0.0.1:1"}, ReplicaOnly: true, ClientTrackingOptions: []string{"NOLOOP"},
	}, redisstore.Config{Prefix: "a{b}", Timeout: -1, LocalTTL: 2*time.Second + 1})
	for _, fault := range []string{"Prefix", "Timeout", "LocalTTL", "ReplicaOnly", "ClientTrackingOptions"} {
		assert.ErrorContains(t, err, fault)
	}
	for _, ttl := range []time.Duration{-time.Second, time.Millisecond, time.Minute} {
		_, err := redisstore.Open(option("127.0.0.1:1"), redisstore.Config{LocalTTL: ttl})
		assert.ErrorContains(t, err, "LocalTTL")
	}
	for name, o := range map[string]rueidis.ClientOption{
		"SendToReplicas":            {SendToReplicas: func(rueidis.Completed) bool { return true }},
		"Standalone.ReplicaAddress": {Standalone: rueidis.StandaloneOption{ReplicaAddress: []string{"127.0.0.1:1"}}},
	} {
		_, err := redisstore.Open(o, redisstore.Config{})
		assert.ErrorContains(t, err, name)
	}
}

func TestOpenWithoutRedisIsAnError(t *testing.T) {
	t.Parallel()
	begun := time.Now()
	_, err := redisstore.Open(option(freeAddr(t)), redisstore.Config{})
	assert.Error(t, err)
	assert.Less(t, time.Since(begun), 5*time.Second)
}

func TestOpenRefusesAReplica(t *testing.T) {
	primary := sharedServer(t)
	host, port, _ := strings.Cut(primary.addr, ":")
	replica := newServer(t, "--replicaof", host+" "+port)
	for _, waived := range []bool{false, true} {
		_, err := redisstore.Open(option(replica.addr), redisstore.Config{InsecureAllowEviction: waived})
		assert.ErrorContains(t, err, "replica")
	}
}

func TestOpenRefusesARedisThatForgets(t *testing.T) {
	for _, policy := range []string{"volatile-lru", "allkeys-lfu", "volatile-ttl", "allkeys-random"} {
		s := newServer(t, "--maxmemory-policy", policy)
		_, err := redisstore.Open(option(s.addr), redisstore.Config{})
		assert.ErrorContains(t, err, policy)
		assert.ErrorContains(t, err, "noeviction")
		open(t, option(s.addr), redisstore.Config{InsecureAllowEviction: true})
	}
}

// documented returns the commands that the package says a user needs.
func documented(t *testing.T) []string {
	t.Helper()
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	_, list, _ := strings.Cut(string(doc), "and the commands")
	list, _, _ = strings.Cut(list, ".\n")
	commands := regexp.MustCompile(`\+[a-z|]+`).FindAllString(list, -1)
	require.NotEmpty(t, commands)
	return commands
}

func TestAUserNeedsTheCommandsThatAreDocumented(t *testing.T) {
	s := newServer(t)
	user := func(t *testing.T, name string, rules ...string) rueidis.ClientOption {
		require.Equal(t, "+OK", s.ask(append([]string{"ACL", "SETUSER", name, "reset", "on", ">secret", "~ginjwt:*"}, rules...)...))
		o := option(s.addr)
		o.Username, o.Password = name, "secret"
		return o
	}
	t.Run("they are enough", func(t *testing.T) {
		store := open(t, user(t, "enough", documented(t)...), redisstore.Config{})
		ctx, tag, r := t.Context(), newTag(), newRecord()
		for range 2 {
			require.NoError(t, store.Create(ctx, tag, r, time.Hour, 1, time.Hour))
			r = newRecord()
		}
		require.NoError(t, store.Create(ctx, tag, r, time.Hour, 1, time.Hour))
		_, _, err := store.Get(ctx, tag, r.ID)
		require.NoError(t, err)
		require.NoError(t, store.Rotate(ctx, tag, r.ID, r.Current, sessions.Rotation{Current: r.Current}, time.Hour))
		_, err = store.List(ctx, tag)
		require.NoError(t, err)
		require.NoError(t, store.End(ctx, tag, "s", time.Hour))
		require.NoError(t, store.EndAll(ctx, tag, "", time.Hour))
		require.NoError(t, store.Revoke(ctx, tag, "j", time.Hour))
		revoked, _, err := store.Revoked(ctx, tag, "s", "")
		require.NoError(t, err)
		assert.True(t, revoked)
		assert.Empty(t, denied(s), "Redis denied something that went unnoticed")
	})
	t.Run("without INFO the policy must be vouched for", func(t *testing.T) {
		o := user(t, "blind", append(documented(t), "-info")...)
		_, err := redisstore.Open(o, redisstore.Config{})
		require.ErrorContains(t, err, "maxmemory_policy")
		assert.ErrorContains(t, err, "InsecureAllowEviction")
		open(t, o, redisstore.Config{InsecureAllowEviction: true})
	})
	t.Run("a key of another prefix is out of reach", func(t *testing.T) {
		store := open(t, user(t, "narrow", documented(t)...), redisstore.Config{Prefix: "other:"})
		_, _, err := store.Revoked(t.Context(), newTag(), "s", "j")
		assert.ErrorContains(t, err, "NOPERM")
	})
	t.Run("a wrong password is an error at once", func(t *testing.T) {
		o := user(t, "enough", documented(t)...)
		o.Password = "wrong"
		_, err := redisstore.Open(o, redisstore.Config{})
		assert.ErrorContains(t, err, "WRONGPASS")
	})
}

// denied returns what Redis' ACL refused.
func denied(s *server) string {
	answer := s.ask("ACL", "LOG")
	if answer == "*0" {
		return ""
	}
	return answer
}
