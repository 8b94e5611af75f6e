package ginjwt

import (
	"crypto"
	"crypto/hmac"
	"hash"
	"sync"
)

// secret verifies HMACs with one secret. golang-jwt's method of the same
// algorithm prepares the secret for each token; here that is done once, which
// is two thirds of the work. The cryptography of both is crypto/hmac's.
type secret struct {
	hashes sync.Pool // of hash.Hash, keyed; reset before each use
}

func newSecret(h crypto.Hash, key []byte) *secret {
	s := new(secret)
	s.hashes.New = func() any { return hmac.New(h.New, key) }
	return s
}

// verify reports whether signature is the HMAC of signed (RFC 7518 section 3.2).
func (s *secret) verify(signed string, signature []byte) bool {
	h := s.hashes.Get().(hash.Hash)
	defer s.hashes.Put(h)
	h.Reset()
	h.Write([]byte(signed))
	var sum [maxHMACSize]byte
	return hmac.Equal(signature, h.Sum(sum[:0]))
}

const maxHMACSize = 64 // of SHA-512

// verifySignature reports whether signature is that of signed.
func (m *keyMaterial) verifySignature(signed string, signature []byte) bool {
	if m.secret != nil {
		return m.secret.verify(signed, signature)
	}
	return m.method.Verify(signed, signature, m.verify) == nil
}
