package sessions

import (
	"crypto/sha256"
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// tags remembers the Tags of the subjects that were asked about last. To compute
// one takes as long as to ask a Store in memory.
type tags struct {
	seed  maphash.Seed // random, so that no client can choose names that share a place
	known [1 << 10]atomic.Pointer[knownTag]
}

type knownTag struct {
	issuer, subject string
	tag             Tag
}

func newTags() *tags { return &tags{seed: maphash.MakeSeed()} }

// of returns the Tag of a subject.
func (t *tags) of(issuer, subject string) Tag {
	place := &t.known[maphash.String(t.seed, subject)%uint64(len(t.known))]
	if k := place.Load(); k != nil && k.subject == subject && k.issuer == issuer {
		return k.tag
	}
	k := &knownTag{strings.Clone(issuer), strings.Clone(subject), tagOf(issuer, subject)}
	place.Store(k)
	return k.tag
}

// tagOf returns the Tag of a subject. The issuer's length is hashed first: without
// it, "ab" and "c" would have the Tag of "a" and "bc".
func tagOf(issuer, subject string) (tag Tag) {
	b := make([]byte, 0, 128)
	b = append(b, byte(len(issuer)>>24), byte(len(issuer)>>16), byte(len(issuer)>>8), byte(len(issuer))) //nolint:gosec // byte by byte
	b = append(append(b, issuer...), subject...)
	h := sha256.Sum256(b)
	return Tag(h[:len(tag)])
}
