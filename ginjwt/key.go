package ginjwt

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"
	"math/big"

	"github.com/golang-jwt/jwt/v5"
)

// A Key is a key bound to one algorithm: a secret for HS256 to HS512, else a
// public key or a private one, which also verifies. Keys are made by NewKey,
// KeyFromPEM and GenerateKey, which refuse weak ones; the zero Key is refused
// wherever a key is taken. A Key never prints its material.
//
// A Key is a KeySource with itself as the only key.
type Key struct{ material *keyMaterial }

// A KeyOption loosens a rule for a key.
type KeyOption interface{ applyKey(*keyRules) }

type keyRules struct{ shortKey bool }

type keyOption func(*keyRules)

func (o keyOption) applyKey(r *keyRules) { o(r) }

// InsecureShortKey accepts an HMAC secret that is shorter than the hash (RFC
// 7518 section 3.2 forbids it), down to two bytes, and an RSA key of 1024 to
// 2047 bits: for the time of a migration. Short secrets are guessed offline
// from a single token.
func InsecureShortKey() KeyOption { return keyOption(func(r *keyRules) { r.shortKey = true }) }

// NewKey returns material as a key for alg:
//
//   - HS256, HS384, HS512: a []byte or string of at least 32, 48 or 64 bytes,
//     used as it is (decode it first if it is Base64 or hexadecimal). Not a PEM,
//     DER or JSON text, not one byte repeated, not a published sample.
//   - RS256 to RS512, PS256 to PS512: *rsa.PublicKey or *rsa.PrivateKey of at
//     least 2048 bits.
//   - ES256, ES384, ES512: *ecdsa.PublicKey or *ecdsa.PrivateKey on P-256, P-384
//     or P-521.
//   - EdDSA: ed25519.PublicKey or ed25519.PrivateKey.
//
// The material is copied. The key's ID is its thumbprint (RFC 7638), or none
// for a secret; WithID sets another.
func NewKey(alg Algorithm, material any, opts ...KeyOption) (Key, error) {
	if _, ok := methods[alg]; !ok {
		return Key{}, fmt.Errorf("ginjwt: NewKey: unknown algorithm %q: use one of the constants HS256 to EdDSA", string(alg))
	}
	var rules keyRules
	for _, o := range opts {
		if o == nil {
			return Key{}, errors.New("ginjwt: NewKey: nil option")
		}
		o.applyKey(&rules)
	}
	m := &keyMaterial{alg: alg}
	var err error
	switch alg {
	case HS256, HS384, HS512:
		err = m.setSecret(material, rules)
	case ES256, ES384, ES512:
		err = m.setECDSA(material)
	case EdDSA:
		err = m.setEd25519(material)
	default:
		err = m.setRSA(material, rules)
	}
	if err != nil {
		return Key{}, fmt.Errorf("ginjwt: NewKey: %s: %w", alg, err)
	}
	return Key{m}, nil
}

// GenerateKey returns a new random key for alg: a secret of the hash's size,
// RSA with 2048 bits, the algorithm's curve, or Ed25519.
func GenerateKey(alg Algorithm) (Key, error) {
	material, err := generate(alg)
	if err != nil {
		return Key{}, fmt.Errorf("ginjwt: GenerateKey: %w", err)
	}
	return NewKey(alg, material)
}

func generate(alg Algorithm) (any, error) {
	switch alg {
	case ES256, ES384, ES512:
		return ecdsa.GenerateKey(curves[alg], rand.Reader)
	case EdDSA:
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	}
	switch m := methods[alg].(type) {
	case *jwt.SigningMethodHMAC:
		secret := make([]byte, m.Hash.Size())
		_, err := rand.Read(secret)
		return secret, err
	case *jwt.SigningMethodRSA, *jwt.SigningMethodRSAPSS:
		return rsa.GenerateKey(rand.Reader, 2048)
	}
	return nil, fmt.Errorf("unknown algorithm %q", string(alg))
}

// WithID returns k with kid as its ID (RFC 7515 section 4.1.4), of at most 256
// bytes; more than that never matches a token. An empty kid is none.
func (k Key) WithID(kid string) Key {
	if k.material == nil {
		return k
	}
	m := *k.material
	m.kid = kid
	return Key{&m}
}

// ID returns k's ID, or "".
func (k Key) ID() string {
	if k.material == nil {
		return ""
	}
	return k.material.kid
}

// Algorithm returns the algorithm that k is bound to, or "" for the zero Key.
func (k Key) Algorithm() Algorithm {
	if k.material == nil {
		return ""
	}
	return k.material.alg
}

// Equal reports whether k and other are the same secret, or have the same public
// key, and are bound to the same algorithm. Their IDs do not matter.
func (k Key) Equal(other Key) bool {
	if k.Algorithm() != other.Algorithm() || k.material == nil {
		return k.material == other.material
	}
	if k.material.public != nil {
		public, ok := k.material.public().(interface{ Equal(crypto.PublicKey) bool })
		return ok && public.Equal(other.material.public())
	}
	const probe = "ginjwt"
	signature, err := k.material.sign(probe)
	return err == nil && other.material.verify(probe, signature)
}

// CanSign reports whether k is a secret or a private key.
func (k Key) CanSign() bool { return k.material != nil && k.material.sign != nil }

// Public returns the public key of k, to be published: an *rsa.PublicKey,
// *ecdsa.PublicKey or ed25519.PublicKey, which is the caller's own. It is nil
// for a secret.
func (k Key) Public() crypto.PublicKey {
	if k.material == nil || k.material.public == nil {
		return nil
	}
	return copyPublic(k.material.public())
}

func copyPublic(key crypto.PublicKey) crypto.PublicKey {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return &rsa.PublicKey{N: new(big.Int).Set(key.N), E: key.E}
	case *ecdsa.PublicKey:
		if b, err := key.Bytes(); err == nil {
			if own, err := ecdsa.ParseUncompressedPublicKey(key.Curve, b); err == nil {
				return own
			}
		}
	case ed25519.PublicKey:
		return ed25519.PublicKey(bytes.Clone(key))
	}
	return nil
}

// String returns the algorithm and the ID, never the material.
func (k Key) String() string {
	if k.material == nil {
		return "no key"
	}
	return fmt.Sprintf("%s key %q", k.material.alg, k.material.kid)
}

// GoString is String, so that %#v does not print the material either.
func (k Key) GoString() string { return k.String() }

// LogValue is String for log/slog.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// FindKey returns k if it is bound to alg and kid is its ID, or no ID was
// asked for; else ErrUnknownKey.
func (k Key) FindKey(_ context.Context, alg Algorithm, kid string) (Key, error) {
	if k.material == nil || k.material.alg != alg || kid != "" && kid != k.material.kid {
		return Key{}, ErrUnknownKey
	}
	return k, nil
}

// public returns k without its private part.
func (k Key) public() Key {
	m := *k.material
	if !m.secret {
		m.sign = nil
	}
	return Key{&m}
}
