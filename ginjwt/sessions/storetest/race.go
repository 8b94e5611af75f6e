package storetest

import (
	"errors"
	"sync"

	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

const (
	racers = 64
	rounds = 100
)

// race calls fn from many goroutines at once.
func race(fn func(i int)) {
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for i := range racers {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			fn(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
}

// side returns one of the two instances.
func (b *rig) side(i int) sessions.Store {
	if i%2 == 0 {
		return b.Store
	}
	return b.Peer
}

// rotatedOrRefused reports whether err is nil or what Rotate returns when another
// call came before.
func rotatedOrRefused(err error) bool {
	return err == nil || errors.Is(err, sessions.ErrConflict) || errors.Is(err, sessions.ErrNotFound)
}
