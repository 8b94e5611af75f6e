// Package merge fills in the security of documents that other tools really
// write: swag, of comments in the code, and huma, of its own operations. The
// module is one of its own, because nobody else needs those tools.
//
//	go test ./...
package merge

//go:generate go tool swag init --quiet -d shop -g shop.go -o testdata --ot json
