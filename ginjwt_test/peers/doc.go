// Package peers puts ginjwt beside the libraries that people use today: the
// same token, the same checks and the same user behind each, so that what they
// cost can be compared. It is a module of its own, which keeps the peers out of
// ginjwt's.
//
// From this folder, go test checks that every contender refuses what it must,
// and this prints a table of medians:
//
//	for i in 1 2 3 4 5; do go test -run '^$' -bench . ; done | go run ./cmd/table
package peers
