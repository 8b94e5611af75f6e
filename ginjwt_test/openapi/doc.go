// Package openapi checks the documents of several programs against OpenAPI 3.1:
// with its JSON Schema, in libopenapi-validator, and with the rules that no
// schema can say, in kin-openapi. The module is one of its own, because nobody
// else needs the two.
//
//	go test ./...
package openapi
