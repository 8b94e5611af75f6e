// Package redisstore keeps sessions and revocations in Redis 6.2 or later, for any
// number of instances.
//
//	store := ginjwt.Must(redisstore.Open(rueidis.ClientOption{InitAddress: []string{"redis:6379"}}, redisstore.Config{}))
//	defer store.Close()
//
//	logins := ginjwt.Must(sessions.New(sessions.Config[struct{}]{Issuer: issuer, Password: checkPassword, Store: store}))
//
// No other part of a program changes. TLS, names and passwords, Sentinel and Cluster are options of rueidis, whose
// ParseURL takes an address such as "rediss://user:password@redis:6379".
//
// # What is promised
//
// Each method is one atomic step in Redis, and but for Revoked it is done when it
// returns. Revoked answers from memory, which Redis keeps up to date: a
// revocation made elsewhere is known here as soon as Redis' message is, most
// often within a millisecond, and one made here when the call returns. If that
// message is lost, because the network drops packets without a word, an answer
// from memory is still at most Config.LocalTTL old: two seconds. After that
// Redis is asked again, and if it does not answer within Config.Timeout, that
// is an error, never an answer.
//
// An error means that nothing is known; there is no other store to fall back to.
// When Redis is back, so is the store.
//
// # Operation
//
//   - maxmemory-policy must be noeviction, or Redis would forget revocations
//     without an error when memory is short. Open checks it on each node. Under
//     noeviction a full Redis refuses new sessions, and still takes rotations and
//     revocations.
//   - Redis must keep its data over a restart: appendonly yes. With appendfsync
//     everysec, the last second can be lost if the machine stops, with always
//     nothing is. When a replica takes over, what had not reached it is lost, and
//     until the old primary knows, those who still reach it are answered by it.
//   - Times to live are by Redis' clock. Set forward, it ends them early.
//   - A user of Redis' ACL needs the keys ~ginjwt:* and the commands +ping +hello
//     +client|tracking +client|caching +info +evalsha +eval +time +get +set +del
//     +exists +pttl +pexpire +hget +hset +hdel +hlen +hkeys +hgetall, in a cluster
//     +cluster|slots +cluster|shards too, and behind Sentinel +role. That of the
//     sentinels needs all channels, and the commands ping, client|tracking,
//     sentinel|sentinels, sentinel|get-master-addr-by-name, subscribe, unsubscribe.
//
// # What is in Redis
//
// All keys of a subject have the same hash tag, a hash of the issuer and the
// subject: the sessions in one hash, the generation, and a key for each
// revocation, by sid or jti, which Redis takes off when it no longer matters.
// There are hashes of the secrets of refresh tokens, and never a token. Data of a
// login is there as you gave it.
//
// # Security
//
//   - Who can write to this Redis can end any session and undo any revocation: give
//     it a password, TLS, and a user who may do what is listed above and no more.
//   - Who can read it learns who is logged in, but can use no session: the
//     secrets are random, and only their hashes are there.
//   - A Redis that evicts keys forgets revocations: [Config.InsecureAllowEviction]
//     says so.
//
// # Compatibility
//
// As for package ginjwt. It needs Redis 6.2 or later, and rueidis as in go.mod,
// whose ClientOption is part of what is exported here. A minor version may keep
// sessions in another way, so that users have to log in again.
package redisstore
