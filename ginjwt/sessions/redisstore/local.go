package redisstore

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

// local keeps answers of Revoked for a short time. Redis announces changes of the
// keys that were asked for, on the same connection, so rueidis passes that on
// before whatever Redis sends later.
//
// An answer is good for ttl after it was asked for, unless the epoch of its subject
// has changed: each change of a key begins a new one. Subjects share epochs, which
// makes some answers be asked for again.
type local struct {
	ttl    time.Duration
	start  time.Time // of the monotonic clock that ages are measured by
	head   string    // what all keys begin with
	epochs [1 << 12]atomic.Uint64
	shards [1 << 6]localShard
}

// localShard has the answers for some subjects. After ttl, or when young is full,
// old is dropped and young becomes old. So answers that are
// not asked for again do not stay, and neither do those of a great many tokens.
type localShard struct {
	mu         sync.RWMutex
	young, old map[question]answer
	turned     time.Duration // when young became old
}

const shardRoom = 1 << 11 // answers in young: 128 Ki in all

type question struct {
	tag      sessions.Tag
	sid, jti string
}

type answer struct {
	revoked    bool
	generation int64
	epoch      uint64
	asked      time.Duration
}

func newLocal(cfg Config) *local {
	return &local{ttl: cfg.LocalTTL - askedTogether, start: time.Now(), head: cfg.Prefix + "{"}
}

func (l *local) epoch(tag sessions.Tag) *atomic.Uint64 {
	return &l.epochs[int(binary.BigEndian.Uint16(tag[:]))%len(l.epochs)]
}

func (l *local) shard(tag sessions.Tag) *localShard { return &l.shards[int(tag[2])%len(l.shards)] }

// get returns the answer to q, if there is a good one. If not, a is empty but for
// the epoch and the time, which must be those from before Redis is asked: fill it
// in, and give it to put.
func (l *local) get(q question) (a answer, good bool) {
	now, epoch := time.Since(l.start), l.epoch(q.tag).Load()
	sh := l.shard(q.tag)
	sh.mu.RLock()
	a, good = sh.young[q]
	if !good {
		a, good = sh.old[q]
	}
	sh.mu.RUnlock()
	if good && a.epoch == epoch && now-a.asked < l.ttl {
		return a, true
	}
	return answer{epoch: epoch, asked: now}, false
}

func (l *local) put(q question, a answer) {
	sh := l.shard(q.tag)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if now := time.Since(l.start); sh.young == nil || now-sh.turned > l.ttl || len(sh.young) >= shardRoom {
		sh.old, sh.young, sh.turned = sh.young, map[question]answer{}, now
	}
	sh.young[q] = a
}

// changed is told by rueidis which keys have changed; nil stands for all, after
// a connection was lost.
func (l *local) changed(keys []rueidis.RedisMessage) {
	if keys == nil {
		for i := range l.epochs {
			l.epochs[i].Add(1)
		}
		return
	}
	for _, key := range keys {
		if tag, ok := l.tagOf(key); ok {
			l.epoch(tag).Add(1)
		}
	}
}

// tagOf returns the tag in the name of a key, if it is one of the Store's.
func (l *local) tagOf(key rueidis.RedisMessage) (tag sessions.Tag, ok bool) {
	name, err := key.ToString()
	rest, ours := strings.CutPrefix(name, l.head)
	text, _, braces := strings.Cut(rest, "}")
	if err != nil || !ours || !braces || len(text) != base64.RawURLEncoding.EncodedLen(len(tag)) {
		return tag, false
	}
	_, err = base64.RawURLEncoding.Decode(tag[:], []byte(text))
	return tag, err == nil
}
