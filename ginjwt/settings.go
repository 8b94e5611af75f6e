package ginjwt

import (
	"slices"
	"time"

	"github.com/gin-gonic/gin"
)

// settings are what OnError and Observe set for the guards after them. They are
// in c.Keys, under slotKey, until the first guard puts the request's slot there
// instead, which takes them over. They are never changed, only replaced.
type settings struct {
	render    func(*gin.Context, *Error)
	observers []observer
	began     time.Time // when the present guard began; zero if nobody observes
}

// listeners returns whom decisions are told.
func (s *settings) listeners() []observer {
	if s == nil {
		return nil
	}
	return s.observers
}

// observed reports whether somebody wants events.
func (s *settings) observed() bool { return len(s.listeners()) > 0 }

// begin returns settings that note that a guard begins now.
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
