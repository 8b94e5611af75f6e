//go:build unix

package peers_test

import "syscall"

// cpuTime returns the nanoseconds of CPU that this process has used. Unlike the
// clock's time they do not grow while other processes have their turn.
func cpuTime() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
