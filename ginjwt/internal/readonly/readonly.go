// Package readonly is how this module's own Revokers say that they only read the
// claims that they are asked about. Others get a copy, which costs each request
// an allocation, for the claims may be shared by several requests.
package readonly

// A Promise cannot be made outside of this module.
type Promise struct{ _ [0]func() }

// Revoker is a ginjwt.Revoker that keeps the Promise.
type Revoker interface{ ReadsOnly(Promise) }
