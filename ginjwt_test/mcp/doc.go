// The program of docs/mcp.md: a server of the Model Context Protocol in Gin,
// with the protocol's own Go SDK. Its tests are that SDK's client, which logs in
// with nothing but the server's URL. The module is one of its own, because nobody
// else needs the SDK.
//
//	go test ./...
package main
