package sessions

import (
	"container/heap"
	"slices"
	"time"
)

// watch makes sweep look at the entry key at a time, when it should be over.
func (p locked) watch(key string, at time.Time) {
	heap.Push(&p.sh.due, deadline{at, p.tag, key})
	if len(p.sh.due) > p.sh.room {
		p.m.tidy(p.sh, p.now)
	}
}

// tidy removes the deadlines of sessions that are gone already. It is called when
// twice as many are due as it left the last time, so on average it costs each
// deadline the same, however many there are.
func (m *memory) tidy(sh *shard, now time.Time) {
	sh.due = slices.DeleteFunc(sh.due, func(d deadline) bool {
		s := sh.subjects[d.tag]
		return s == nil || locked{s, m, sh, d.tag, now}.ends(d.key).IsZero()
	})
	heap.Init(&sh.due)
	sh.room = 2*len(sh.due) + sweepBatch
}

// sweep removes some of the entries that are over, so that the store does not grow.
func (m *memory) sweep(sh *shard, now time.Time) {
	for range sweepBatch {
		if len(sh.due) == 0 || now.Before(sh.due[0].at) {
			return
		}
		d := heap.Pop(&sh.due).(deadline)
		s := sh.subjects[d.tag]
		if s == nil {
			continue
		}
		p := locked{s, m, sh, d.tag, now}
		if ends := p.ends(d.key); now.Before(ends) {
			p.watch(d.key, ends) // it was given more time
		} else {
			p.drop(d.key)
		}
		sh.forget(d.tag, s)
	}
}

// sweepAll sweeps all shards, before a store that is full refuses a session.
func (m *memory) sweepAll() {
	now := m.cfg.Now()
	for i := range m.shards {
		sh := &m.shards[i]
		sh.mu.Lock()
		m.sweep(sh, now)
		sh.mu.Unlock()
	}
}

// ends returns when the entry key is over, or the zero time if there is none.
func (p locked) ends(key string) time.Time {
	switch {
	case key == generationKey:
		return p.raised
	case key[0] == sessionKind:
		for _, l := range p.sessions {
			if sessionKey(l.ID) == key {
				return l.ends
			}
		}
		return time.Time{}
	}
	return p.revoked[key]
}

// drop removes the entry key, which is over.
func (p locked) drop(key string) {
	switch {
	case key == generationKey:
		p.raised = time.Time{}
	case key[0] == sessionKind:
		p.remove(func(l live) bool { return sessionKey(l.ID) == key })
	default:
		if _, known := p.revoked[key]; known {
			delete(p.revoked, key)
			p.m.count.Add(-1)
		}
	}
}

// forget removes a subject of which nothing is left.
func (sh *shard) forget(tag Tag, s *subject) {
	if len(s.sessions) == 0 && len(s.revoked) == 0 && s.raised.IsZero() {
		delete(sh.subjects, tag)
	}
}

// deadlines is a heap: what is over first is on top.
type deadlines []deadline

type deadline struct {
	at  time.Time
	tag Tag
	key string
}

func (d deadlines) Len() int           { return len(d) }
func (d deadlines) Less(i, j int) bool { return d[i].at.Before(d[j].at) }
func (d deadlines) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }
func (d *deadlines) Push(x any)        { *d = append(*d, x.(deadline)) }
func (d *deadlines) Pop() any {
	last := (*d)[len(*d)-1]
	*d = (*d)[:len(*d)-1]
	return last
}
