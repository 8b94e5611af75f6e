package ginjwt

import (
	"crypto/rsa"

	"github.com/golang-jwt/jwt/v5"
)

// Algorithm is a signature algorithm of RFC 7518 section 3.1 or RFC 8037. There
// is no "none".
type Algorithm string

// The algorithms. HS is HMAC, whose secret both signs and verifies; RS and PS are
// RSA, and ES is ECDSA; the number is that of SHA-2. One key is bound to one of
// them (RFC 8725 section 3.1).
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
