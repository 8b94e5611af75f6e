package sessions

import (
	"hash/maphash"
	"sync/atomic"
	"time"
)

// A Rate lets Burst events through at once, and then one Every so often.
type Rate struct {
	Burst int           // how many at once, at least 1
	Every time.Duration // after how long there may be one more
}

// limiter holds each key to a Rate. It takes a fixed amount of memory, and never
// forgets a key to make room for others. Instead, keys share slots: each has one in
// each of two rows, chosen by a hash, and has to wait only if both are used up. The
// hashes have random seeds, so that nobody can find a key that shares another's
// slots.
//
// A slot holds the time until which it is used up, or one that is past (the
// generic cell rate algorithm).
type limiter struct {
	rate  Rate
	seeds [2]maphash.Seed
	rows  [2][]atomic.Int64
}

const limiterSlots = 1 << 16 // in each row: a MiB in all

func newLimiter(rate Rate) *limiter {
	l := &limiter{rate: rate}
	for i := range l.rows {
		l.seeds[i], l.rows[i] = maphash.MakeSeed(), make([]atomic.Int64, limiterSlots)
	}
	return l
}

func (l *limiter) slots(key string) (slots [2]*atomic.Int64) {
	for i := range l.rows {
		slots[i] = &l.rows[i][maphash.String(l.seeds[i], key)%limiterSlots]
	}
	return slots
}

// take counts one event of key, or returns how long it has to wait. refund takes
// back what was counted.
func (l *limiter) take(key string, now time.Time) (refund func(), wait time.Duration) {
	slots := l.slots(key)
	var waits [2]time.Duration
	for i, slot := range slots {
		waits[i] = l.add(slot, now)
	}
	refund = func() {
		for i, slot := range slots {
			if waits[i] == 0 {
				slot.Add(-int64(l.rate.Every))
			}
		}
	}
	return refund, min(waits[0], waits[1])
}

// add counts one event in slot, or returns how long it has to wait.
func (l *limiter) add(slot *atomic.Int64, now time.Time) (wait time.Duration) {
	every := int64(l.rate.Every)
	for {
		before := slot.Load()
		until := max(before, now.UnixNano())
		if ahead := until - now.UnixNano(); ahead > every*int64(l.rate.Burst-1) {
			return time.Duration(ahead - every*int64(l.rate.Burst-1))
		}
		if slot.CompareAndSwap(before, until+every) {
			return 0
		}
	}
}
