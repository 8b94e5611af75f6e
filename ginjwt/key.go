package ginjwt

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"math/big"

	"github.com/golang-jwt/jwt/v5"
)

// Algorithm is a signature algorithm of RFC 7518 section 3.1 or RFC 8037. There
// is no "none".
type Algorithm string

// The algorithms. One key is bound to one of them (RFC 8725 section 3.1).
const (
	HS256 Algorithm = "HS256"
	HS384 Algorithm = "HS384"
	HS512 Algorithm = "HS512"
	RS256 Algorithm = "RS256"
	RS384 Algorithm = "RS384"
	RS512 Algorithm = "RS512"
	PS256 Algorithm = "PS256"
	PS384 Algorithm = "PS384"
	PS512 Algorithm = "PS512"
	ES256 Algorithm = "ES256"
	ES384 Algorithm = "ES384"
	ES512 Algorithm = "ES512"
	EdDSA Algorithm = "EdDSA" // with Ed25519
)

// methods holds golang-jwt's signature methods. Those of PS256 to PS512 are
// copied with the salt's length fixed to the hash's (RFC 7518 section 3.5):
// golang-jwt verifies any.
var methods = map[Algorithm]jwt.SigningMethod{
	HS256: jwt.SigningMethodHS256, HS384: jwt.SigningMethodHS384, HS512: jwt.SigningMethodHS512,
	RS256: jwt.SigningMethodRS256, RS384: jwt.SigningMethodRS384, RS512: jwt.SigningMethodRS512,
	PS256: fixedSalt(jwt.SigningMethodPS256), PS384: fixedSalt(jwt.SigningMethodPS384), PS512: fixedSalt(jwt.SigningMethodPS512),
	ES256: jwt.SigningMethodES256, ES384: jwt.SigningMethodES384, ES512: jwt.SigningMethodES512,
	EdDSA: jwt.SigningMethodEdDSA,
}

func fixedSalt(m *jwt.SigningMethodRSAPSS) jwt.SigningMethod {
	fixed := *m
	fixed.VerifyOptions = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: m.Hash}
	return &fixed
}

// A Key is a key bound to one algorithm: a secret for HS256 to HS512, else a
// public key or a private one, which also verifies. Keys are made by NewKey,
// KeyFromPEM and GenerateKey, which refuse weak ones; the zero Key is refused
// wherever a key is taken. A Key never prints its material.
//
// A Key is a KeySource with itself as the only key.
type Key struct{ material *keyMaterial }

// keyMaterial holds the key itself in its functions only: package fmt prints
// fields that are not exported without asking, but no function.
type keyMaterial struct {
	alg    Algorithm
	kid    string
	secret bool // an HMAC secret, or else a public or private key
	verify func(signed string, signature []byte) bool
	sign   func(signed string) ([]byte, error) // nil for a public key
	next   *keyMaterial                        // another to try: two secrets during a rotation
}

func (m *keyMaterial) setPublic(key any) {
	method := methods[m.alg]
	m.verify = func(signed string, signature []byte) bool { return method.Verify(signed, signature, key) == nil }
}

func (m *keyMaterial) setPrivate(key any) {
	method := methods[m.alg]
	m.sign = func(signed string) ([]byte, error) { return method.Sign(signed, key) }
}

// A KeyOption loosens a rule for a key.
type KeyOption interface{ applyKey(*keyRules) }

type keyRules struct{ shortKey bool }

type keyOption func(*keyRules)

func (o keyOption) applyKey(r *keyRules) { o(r) }

// InsecureShortKey accepts an HMAC secret that is shorter than the hash (RFC
// 7518 section 3.2 forbids it), down to one byte, and an RSA key of less than
// 2048 bits: for the time of a migration. Short secrets are guessed offline
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

// thumbprint returns the SHA-256 thumbprint of a JWK (RFC 7638), given as its
// required members in order with each value in its place.
func thumbprint(jwk string, values ...[]byte) string {
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = base64.RawURLEncoding.EncodeToString(v)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, jwk, args...))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
