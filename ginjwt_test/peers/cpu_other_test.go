//go:build !unix

package peers_test

func cpuTime() int64 { return 0 }
