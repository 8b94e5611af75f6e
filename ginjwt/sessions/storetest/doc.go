// Package storetest is the test of what [sessions.Store] promises, for any Store.
// One that passes can be the Store of a sessions.Config.
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) storetest.Harness {
//			return storetest.Harness{Store: open(t), Unit: 50 * time.Millisecond, Pass: wait}
//		})
//	}
//
// # Security
//
// It is for tests only, and has no place in a program. That a revocation is seen
// at once, that one of many rotations at a time succeeds, and that a full Store
// forgets nothing is what sessions rely on, so an exception from a case is a hole.
// The suite tests one process: what happens when a server is lost, restarted or
// cut off is for tests of the Store's own.
//
// # Compatibility
//
// As for package ginjwt, but for one thing: a patch version, too, may add cases
// for what Store promises already.
package storetest
