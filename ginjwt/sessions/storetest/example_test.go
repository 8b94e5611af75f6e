package storetest_test

import (
	"testing"
	"time"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
	"github.com/ginjwt/gin-depends/ginjwt/sessions/storetest"
)

// The test of a Store whose clock a test can move. It is not run here, for it is
// a test; that of sessions.NewMemory is much the same.
func ExampleRun() { //nolint:testableexamples // it is a test
	_ = func(t *testing.T) { // func TestStore(t *testing.T) {
		storetest.Run(t, func(t *testing.T) storetest.Harness {
			clock := ginjwttest.NewClock()
			store := ginjwt.Must(sessions.NewMemory(sessions.MemoryConfig{Now: clock.Now})) // yours
			return storetest.Harness{Store: store, Unit: time.Minute, Pass: clock.Advance, Now: clock.Now}
		})
	}
}
