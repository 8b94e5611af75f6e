package ginjwt

import (
	"slices"
	"time"

	"github.com/gin-gonic/gin"
)

// settings are what OnError and Observe set for the guards after them. They
// stand in a request's keys until the first guard puts its slot there, which
// takes them over. They are never changed, only replaced.
type settings struct {
	render    func(*gin.Context, *Error)
	observers []observer
	began     time.Time // when the guard that is at work began, if somebody observes
}

// listeners returns whom decisions are told.
func (s *settings) listeners() []observer {
	if s == nil {
		return nil
	}
	return s.observers
}

func (s *settings) observed() bool { return len(s.listeners()) > 0 }

// begin notes that a guard begins.
func (s *settings) begin() *settings {
	if !s.observed() {
		return s
	}
	next := *s
	next.began = time.Now()
	return &next
}

// settingsOf returns the settings of c, or nil.
func settingsOf(c *gin.Context) *settings {
	v, _ := c.Get(slotKey{})
	switch v := v.(type) {
	case *slot:
		return v.settings
	case *settings:
		return v
	}
	return nil
}

// changeSettings replaces the settings of c by a copy that change has changed.
func changeSettings(c *gin.Context, change func(*settings)) {
	next := new(settings)
	if before := settingsOf(c); before != nil {
		*next = *before
		next.observers = slices.Clip(before.observers)
	}
	change(next)
	if s := slotOf(c); s != nil {
		s.settings = next
		return
	}
	c.Set(slotKey{}, next)
}
