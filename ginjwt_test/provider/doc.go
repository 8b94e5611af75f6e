// Package provider asks a real identity provider for tokens and sends them to a
// Gin program as a user would write it. The provider is oidc-provider from npm,
// in the folder node, which the tests install once and start on loopback. The
// module is one of its own, because nobody else needs Node.
//
//	go test ./...
//
// It needs npm and Node 20.12 or later in the PATH.
package provider
