package sessions

import (
	"context"
	"crypto/subtle"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// MemoryConfig says how NewMemory keeps sessions.
type MemoryConfig struct {
	// MaxEntries is how many sessions and revocations, together, there may be
	// before new sessions are refused with ErrFull. By default, it is 1,000,000.
	MaxEntries int
	// Now returns the time. By default, it is time.Now.
	Now func() time.Time
}

const (
	defaultMaxEntries = 1_000_000
	shardCount        = 64
	sweepBatch        = 64 // how many entries that are over each change removes
)

// memory is a Store of one process. Nothing that is alive is ever dropped to
// make room: a revocation that is forgotten would let a token in again.
type memory struct {
	cfg    MemoryConfig
	count  atomic.Int64 // sessions and revocations
	shards [shardCount]shard
}

// shard has the subjects of some tags.
type shard struct {
	mu       sync.RWMutex
	subjects map[Tag]*subject
	due      deadlines
	room     int // how long due may be before it is tidied
}

type subject struct {
	sessions   []live
	revoked    map[string]time.Time // until when, by sidKey or jtiKey
	generation int64
	raised     time.Time // until when generation counts; then it is 0 again
}

// live is a session that was not ended.
type live struct {
	Record
	ends time.Time // if it is not used before; Record.Ends is later
}

// An entry is something of a subject's that will be over at some time. Its key is
// unique for the subject and begins with its kind: a session, a revoked session, a
// revoked token, or the generation.
const (
	sessionKind   = 'l'
	generationKey = "g"
)

func sessionKey(id string) string { return string(sessionKind) + id }
func sidKey(id string) string     { return "s" + id }
func jtiKey(jti string) string    { return "j" + jti }

// NewMemory returns a Store in memory: for one instance, whose sessions end
// with the process. It returns an error if MaxEntries is negative.
func NewMemory(cfg MemoryConfig) (Store, error) {
	if cfg.MaxEntries < 0 {
		return nil, fmt.Errorf("sessions: MemoryConfig: MaxEntries is negative: %d", cfg.MaxEntries)
	}
	if cfg.MaxEntries == 0 {
		cfg.MaxEntries = defaultMaxEntries
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	m := &memory{cfg: cfg}
	for i := range m.shards {
		m.shards[i].subjects = map[Tag]*subject{}
	}
	return m, nil
}

// locked is a subject while its shard is locked.
type locked struct {
	*subject
	m   *memory
	sh  *shard
	tag Tag
	now time.Time
}

// change calls fn with tag's subject, which is made if need be.
func (m *memory) change(tag Tag, fn func(locked) error) error {
	now := m.cfg.Now()
	sh := &m.shards[tag[0]%shardCount]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	m.sweep(sh, now)
	s := sh.subjects[tag]
	if s == nil {
		s = &subject{}
		sh.subjects[tag] = s
	}
	defer sh.forget(tag, s)
	return fn(locked{s, m, sh, tag, now})
}

// read calls fn with tag's subject, unless there is none.
func (m *memory) read(tag Tag, fn func(*subject)) {
	sh := &m.shards[tag[0]%shardCount]
	sh.mu.RLock()
	defer sh.mu.RUnlock()
	if s := sh.subjects[tag]; s != nil {
		fn(s)
	}
}

func (m *memory) Create(_ context.Context, tag Tag, r Record, ttl time.Duration, limit int, revoked time.Duration) error {
	if m.full() {
		m.sweepAll()
	}
	return m.change(tag, func(p locked) error {
		p.remove(func(l live) bool { return !p.now.Before(l.ends) })
		if m.full() {
			return ErrFull
		}
		for len(p.sessions) > 0 && len(p.sessions) >= limit {
			oldest := slices.MinFunc(p.sessions, func(a, b live) int { return a.Used.Compare(b.Used) })
			p.end(oldest.ID, revoked)
		}
		r.Data = slices.Clone(r.Data)
		p.sessions = append(p.sessions, live{r, p.now.Add(ttl)})
		m.count.Add(1)
		p.watch(sessionKey(r.ID), p.now.Add(ttl))
		return nil
	})
}

func (m *memory) full() bool { return m.count.Load() >= int64(m.cfg.MaxEntries) }

func (m *memory) Get(_ context.Context, tag Tag, id string) (r Record, generation int64, err error) {
	err = ErrNotFound
	m.read(tag, func(s *subject) {
		now := m.cfg.Now()
		if l := s.find(id, now); l != nil {
			r, generation, err = l.Record, s.generationAt(now), nil
			r.Data = slices.Clone(r.Data)
		}
	})
	return r, generation, err
}

func (m *memory) Rotate(_ context.Context, tag Tag, id string, from Hash, to Rotation, ttl time.Duration) error {
	return m.change(tag, func(p locked) error {
		l := p.find(id, p.now)
		switch {
		case l == nil:
			return ErrNotFound
		case subtle.ConstantTimeCompare(l.Current[:], from[:]) != 1:
			return ErrConflict
		}
		l.Current, l.Previous, l.Salt = to.Current, to.Previous, to.Salt
		l.GraceEnds, l.Used, l.ends = to.GraceEnds, to.Used, p.now.Add(ttl)
		return nil
	})
}

func (m *memory) List(_ context.Context, tag Tag) (all []Record, err error) {
	m.read(tag, func(s *subject) {
		now := m.cfg.Now()
		for _, l := range s.sessions {
			if now.Before(l.ends) {
				l.Data = slices.Clone(l.Data)
				all = append(all, l.Record)
			}
		}
	})
	return all, nil
}

func (m *memory) End(_ context.Context, tag Tag, id string, revoked time.Duration) error {
	return m.change(tag, func(p locked) error {
		p.end(id, revoked)
		return nil
	})
}

func (m *memory) EndAll(_ context.Context, tag Tag, keep string, revoked time.Duration) error {
	return m.change(tag, func(p locked) error {
		for _, l := range slices.Clone(p.sessions) {
			if keep == "" || l.ID != keep {
				p.end(l.ID, revoked)
			}
		}
		if keep == "" {
			p.generation = max(p.generationAt(p.now)+1, p.now.UnixMicro())
			watched := !p.raised.IsZero()
			p.raised = later(p.raised, p.now.Add(revoked))
			if !watched {
				p.watch(generationKey, p.raised)
			}
		}
		return nil
	})
}

func (m *memory) Revoke(_ context.Context, tag Tag, jti string, ttl time.Duration) error {
	return m.change(tag, func(p locked) error {
		p.revoke(jtiKey(jti), ttl)
		return nil
	})
}

func (m *memory) Revoked(_ context.Context, tag Tag, sid, jti string) (revoked bool, generation int64, err error) {
	m.read(tag, func(s *subject) {
		if len(s.revoked) == 0 && s.generation == 0 {
			return // as for most subjects: without asking for the time, which would take longest
		}
		now := m.cfg.Now()
		revoked = sid != "" && now.Before(s.revoked[sidKey(sid)]) || jti != "" && now.Before(s.revoked[jtiKey(jti)])
		generation = s.generationAt(now)
	})
	return revoked, generation, nil
}

// end removes the session and revokes its tokens.
func (p locked) end(id string, revoked time.Duration) {
	p.remove(func(l live) bool { return l.ID == id })
	p.revoke(sidKey(id), revoked)
}

func (p locked) remove(which func(live) bool) {
	before := len(p.sessions)
	p.sessions = slices.DeleteFunc(p.sessions, which)
	p.m.count.Add(int64(len(p.sessions) - before))
}

func (p locked) revoke(key string, ttl time.Duration) {
	if p.revoked == nil {
		p.revoked = map[string]time.Time{}
	}
	before, known := p.revoked[key]
	p.revoked[key] = later(before, p.now.Add(ttl))
	if !known {
		p.m.count.Add(1)
		p.watch(key, p.revoked[key])
	}
}

func (s *subject) find(id string, now time.Time) *live {
	for i := range s.sessions {
		if l := &s.sessions[i]; l.ID == id && now.Before(l.ends) {
			return l
		}
	}
	return nil
}

func (s *subject) generationAt(now time.Time) int64 {
	if now.Before(s.raised) {
		return s.generation
	}
	return 0
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
