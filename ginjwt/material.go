package ginjwt

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"

	"github.com/golang-jwt/jwt/v5"
)

// keyMaterial holds the key itself in its functions only: package fmt prints
// fields that are not exported without asking, but no function.
type keyMaterial struct {
	alg    Algorithm
	kid    string
	secret bool // an HMAC secret, or else a public or private key
	verify func(signed string, signature []byte) bool
	sign   func(signed string) ([]byte, error) // nil for a public key
	public func() crypto.PublicKey             // nil for a secret
	next   *keyMaterial                        // the second of two secrets, tried after this one; see keySet.withoutID
}

func (m *keyMaterial) setPublic(key any) {
	method := methods[m.alg]
	m.verify = func(signed string, signature []byte) bool { return method.Verify(signed, signature, key) == nil }
	m.public = func() crypto.PublicKey { return key }
}

func (m *keyMaterial) setPrivate(key any) {
	method := methods[m.alg]
	m.sign = func(signed string) ([]byte, error) { return method.Sign(signed, key) }
}

func (m *keyMaterial) setSecret(material any, rules keyRules) error {
	var key []byte
	switch s := material.(type) {
	case []byte:
		key = bytes.Clone(s)
	case string:
		key = []byte(s)
	default:
		return fmt.Errorf("the secret is a %T; pass a []byte or a string", material)
	}
	hash := methods[m.alg].(*jwt.SigningMethodHMAC).Hash
	if err := checkSecret(key, hash.Size(), rules); err != nil {
		return err
	}
	m.secret, m.verify = true, hmacVerifier(hash, key)
	m.setPrivate(key)
	return nil
}

func (m *keyMaterial) setRSA(material any, rules keyRules) error {
	var public *rsa.PublicKey
	switch k := material.(type) {
	case *rsa.PublicKey:
		public = k
	case *rsa.PrivateKey:
		if k == nil {
			return errors.New("the key is nil")
		}
		public = &k.PublicKey
	default:
		return fmt.Errorf("the key is a %T; pass an *rsa.PublicKey or *rsa.PrivateKey", material)
	}
	public, err := copyRSA(public, rules)
	if err != nil {
		return err
	}
	if k, ok := material.(*rsa.PrivateKey); ok {
		private, err := copyPrivate(k, public)
		if err != nil {
			return err
		}
		m.setPrivate(private)
	}
	m.setPublic(public)
	m.kid = thumbprint(`{"e":"%s","kty":"RSA","n":"%s"}`, big.NewInt(int64(public.E)).Bytes(), public.N.Bytes())
	return nil
}

// curves are the curves of ECDSA's algorithms (RFC 7518 section 3.4).
var curves = map[Algorithm]elliptic.Curve{ES256: elliptic.P256(), ES384: elliptic.P384(), ES512: elliptic.P521()}

func (m *keyMaterial) setECDSA(material any) error {
	var public *ecdsa.PublicKey
	switch k := material.(type) {
	case *ecdsa.PublicKey:
		public = k
	case *ecdsa.PrivateKey:
		if k == nil {
			return errors.New("the key is nil")
		}
		public = &k.PublicKey
	default:
		return fmt.Errorf("the key is a %T; pass an *ecdsa.PublicKey or *ecdsa.PrivateKey", material)
	}
	public, point, err := copyECDSA(public, curves[m.alg])
	if err != nil {
		return err
	}
	if k, ok := material.(*ecdsa.PrivateKey); ok {
		private, err := copyPrivate(k, public)
		if err != nil {
			return err
		}
		m.setPrivate(private)
	}
	m.setPublic(public)
	size := len(point) / 2
	m.kid = thumbprint(`{"crv":"`+public.Params().Name+`","kty":"EC","x":"%s","y":"%s"}`, point[:size], point[size:])
	return nil
}

func (m *keyMaterial) setEd25519(material any) error {
	var public ed25519.PublicKey
	switch k := material.(type) {
	case ed25519.PublicKey:
		public = bytes.Clone(k)
	case ed25519.PrivateKey:
		if len(k) != ed25519.PrivateKeySize {
			return fmt.Errorf("the private key has %d bytes, not %d", len(k), ed25519.PrivateKeySize)
		}
		private := ed25519.NewKeyFromSeed(k.Seed())
		if !private.Equal(k) {
			return errors.New("the private key does not belong to its public key")
		}
		public = private.Public().(ed25519.PublicKey)
		m.setPrivate(crypto.Signer(private))
	default:
		return fmt.Errorf("the key is a %T; pass an ed25519.PublicKey or ed25519.PrivateKey", material)
	}
	if err := checkEd25519(public); err != nil {
		return err
	}
	m.setPublic(public)
	m.kid = thumbprint(`{"crv":"Ed25519","kty":"OKP","x":"%s"}`, public)
	return nil
}

// thumbprint returns the SHA-256 thumbprint of a JWK (RFC 7638). jwk has the
// required members in the order of their names, with %s for each of values.
func thumbprint(jwk string, values ...[]byte) string {
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = base64.RawURLEncoding.EncodeToString(v)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, jwk, args...))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
