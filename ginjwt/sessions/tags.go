package sessions

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// tags remembers the Tags of the subjects that were asked about last: to hash
// them anew costs as much as to ask a Store in memory.
type tags struct {
	seed  maphash.Seed // what place a subject has is not for clients to know
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
