package ginjwt

import (
	"crypto"
	"crypto/hmac"
	"hash"
	"sync"
)

// mac is a hash keyed with a secret, with buffers for what goes in and comes out.
type mac struct {
	hash.Hash
	in  [512]byte
	sum [64]byte // of SHA-512, the largest
}

// hmacVerifier returns a function that verifies HMACs with key (RFC 7518 section
// 3.2). golang-jwt's own method prepares the key again for each token, which is
// two thirds of the work; here that is done once. Both use crypto/hmac.
func hmacVerifier(h crypto.Hash, key []byte) func(signed string, signature []byte) bool {
	keyed := sync.Pool{New: func() any { return &mac{Hash: hmac.New(h.New, key)} }}
	return func(signed string, signature []byte) bool {
		m := keyed.Get().(*mac)
		defer keyed.Put(m)
		m.Reset()
		for len(signed) > 0 { // Write takes no string, and a copy of it would be garbage
			n := copy(m.in[:], signed)
			m.Write(m.in[:n])
			signed = signed[n:]
		}
		return hmac.Equal(signature, m.Sum(m.sum[:0]))
	}
}
