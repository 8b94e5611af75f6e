package redisstore_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/sessions/redisstore"
)

// aclUser makes a user of Redis' ACL, on a connection that has all rights.
func aclUser(t *testing.T, s *server, name string, commands ...string) {
	t.Helper()
	rules := append([]string{"ACL", "SETUSER", name, "reset", "on", ">" + password, "~ginjwt:*"}, commands...)
	require.Equal(t, "+OK", s.ask(rules...))
}

// Of the commands that are documented, none is there without a need: with one
// less, Redis denies something.
func TestAUserNeedsEachCommandThatIsDocumented(t *testing.T) {
	t.Parallel()
	elsewhere := []string{
		"+hello",          // Redis lets everybody say it
		"+ping",           // that a connection is alive, now and then
		"+role",           // Sentinel
		"+cluster|slots",  // a Cluster
		"+cluster|shards", // a Cluster of Redis 8
	}
	for _, without := range documented(t) {
		if slices.Contains(elsewhere, without) {
			continue
		}
		t.Run(without, func(t *testing.T) {
			t.Parallel()
			s := newServer(t) // of its own, for what it denied and for its scripts
			aclUser(t, s, "user", append(documented(t), "-"+without[1:])...)
			o := option(s.addr)
			o.Username, o.Password = "user", password
			store, err := redisstore.Open(o, redisstore.Config{})
			if err == nil {
				defer store.Close()
				err = callAll(t, store)
			}
			if err != nil {
				assert.NotContains(t, err.Error(), password)
			}
			assert.NotEmpty(t, denied(s), "this command is not needed")
		})
	}
}

// Without CLIENT CACHING Redis would answer, and say nothing of a change.
func TestAUserWhoCannotHearOfChangesIsRefused(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	aclUser(t, s, "deaf", append(documented(t), "-client|caching")...)
	o := option(s.addr)
	o.Username, o.Password = "deaf", password
	store, err := redisstore.Open(o, redisstore.Config{})
	if err != nil {
		return // the best of answers
	}
	defer store.Close()
	tag := newTag()
	if _, _, err := store.Revoked(t.Context(), tag, "", "j"); err != nil {
		return // a good one
	}
	require.NoError(t, store.Revoke(t.Context(), tag, "j", time.Hour))
	revoked, _, err := store.Revoked(t.Context(), tag, "", "j")
	assert.True(t, revoked || err != nil, "the token is accepted after the call that revoked it has returned")
}

// INFO may be denied, if somebody vouches for the policy; a replica is one still.
func TestAReplicaThatMayNotSayWhatItIsIsRefused(t *testing.T) {
	t.Parallel()
	primary := newServer(t, "--repl-diskless-sync-delay", "0")
	host, port, _ := strings.Cut(primary.addr, ":")
	replica := newServer(t, "--replicaof", host+" "+port)
	aclUser(t, replica, "blind", append(documented(t), "-info")...)
	o := option(replica.addr)
	o.Username, o.Password = "blind", password
	store, err := redisstore.Open(o, redisstore.Config{InsecureAllowEviction: true})
	if err == nil {
		store.Close()
	}
	assert.ErrorContains(t, err, "replica")
}

func TestAWrongPasswordIsInNoError(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	aclUser(t, s, "user", documented(t)...)
	for name, c := range map[string][2]string{
		"a wrong password": {"user", "wrong-" + password},
		"another user's":   {"other-user", password},
	} {
		t.Run(name, func(t *testing.T) {
			o := option(s.addr)
			o.Username, o.Password = c[0], c[1]
			_, err := redisstore.Open(o, redisstore.Config{})
			require.ErrorContains(t, err, "WRONGPASS")
			assert.NotContains(t, err.Error(), password)
		})
	}
}
