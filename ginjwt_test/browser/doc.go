// Package browser drives a real Chromium: what a browser stores, sends and
// discards is shown by the browser, and not by headers that a test made up. It
// is a module of its own, which keeps the driver out of ginjwt's.
//
//	go test ./...
//
// It needs chromium or google-chrome in the PATH. The names *.test are loopback
// addresses in this browser, and no other name is one at all.
package browser
