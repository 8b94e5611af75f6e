package ginjwt

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// checkSecret refuses what cannot be, or must not be, an HMAC secret. size is
// that of the hash in bytes (RFC 7518 section 3.2).
func checkSecret(secret []byte, size int, rules keyRules) error {
	if len(secret) == 0 {
		return errors.New("the secret is empty")
	}
	if looksLikeKeyFile(secret) {
		return errors.New("the secret is the text of a key or certificate; a public one is no secret: use KeyFromPEM with the algorithm that the key is for")
	}
	if bytes.Count(secret, secret[:1]) == len(secret) {
		return errors.New("the secret is one byte repeated; take it from crypto/rand, as GenerateKey does")
	}
	if len(secret) < size && !rules.shortKey {
		return fmt.Errorf("the secret has %d bytes and must have at least %d; make one with: openssl rand -base64 %d", len(secret), size, size)
	}
	for _, s := range [][]byte{secret, bytes.TrimSpace(secret)} { // a file has a line end
		sum := sha256.Sum256(s)
		if slices.Contains(sampleSecrets, hex.EncodeToString(sum[:])) {
			return errors.New("the secret is a published sample that everybody knows; take it from crypto/rand, as GenerateKey does")
		}
	}
	return nil
}

// looksLikeKeyFile reports whether b is a key or certificate as PEM, as the Base64
// of PEM alone, as DER, or as a JWK. Such a text is often public, and whoever has
// it could then sign tokens with it (RFC 8725 section 2.1).
func looksLikeKeyFile(b []byte) bool {
	if bytes.Contains(b, []byte("-----BEGIN ")) || bytes.Contains(b, []byte(`"kty"`)) || isDER(b) {
		return true
	}
	text := bytes.Join(bytes.Fields(b), nil)
	der, err := base64.StdEncoding.AppendDecode(nil, text)
	return err == nil && isDER(der)
}

func isDER(b []byte) bool {
	parsers := []func([]byte) error{
		func(b []byte) error { _, err := x509.ParsePKIXPublicKey(b); return err },
		func(b []byte) error { _, err := x509.ParsePKCS1PublicKey(b); return err },
		func(b []byte) error { _, err := x509.ParseCertificate(b); return err },
		func(b []byte) error { _, err := x509.ParsePKCS8PrivateKey(b); return err },
		func(b []byte) error { _, err := x509.ParsePKCS1PrivateKey(b); return err },
		func(b []byte) error { _, err := x509.ParseECPrivateKey(b); return err },
	}
	return slices.ContainsFunc(parsers, func(parse func([]byte) error) bool { return parse(b) == nil })
}

const (
	minRSABits = 2048
	maxRSABits = 16384 // beyond it, a signature check takes so long that it can be used to attack
)

// copyRSA returns a copy of k if it is a sound public key.
func copyRSA(k *rsa.PublicKey, rules keyRules) (*rsa.PublicKey, error) {
	if k == nil || k.N == nil || k.N.Sign() <= 0 {
		return nil, errors.New("the key is nil or empty")
	}
	bits := k.N.BitLen()
	switch {
	case bits < 1024:
		return nil, fmt.Errorf("the key has %d bits; crypto/rsa takes none below 1024", bits)
	case bits < minRSABits && !rules.shortKey:
		return nil, fmt.Errorf("the key has %d bits and must have at least %d", bits, minRSABits)
	case bits > maxRSABits:
		return nil, fmt.Errorf("the key has %d bits and must have at most %d", bits, maxRSABits)
	case k.N.Bit(0) == 0:
		return nil, errors.New("the modulus is even")
	case k.E < 3 || k.E%2 == 0 || k.E > 1<<31-1:
		return nil, fmt.Errorf("the public exponent %d is not an odd number from 3 to 2^31-1", k.E)
	case isROCA(k.N):
		return nil, errors.New("the key has the fingerprint of CVE-2017-15361 (ROCA) and can be factored; make a new one")
	}
	return &rsa.PublicKey{N: new(big.Int).Set(k.N), E: k.E}, nil
}

// isROCA reports whether n modulo each of the first odd primes is a power of
// 65537, which is so for all moduli of the flawed generator of CVE-2017-15361
// and for about one in 2^27 of others.
func isROCA(n *big.Int) bool {
	for p := int64(3); p <= 167; p += 2 {
		if !big.NewInt(p).ProbablyPrime(0) {
			continue
		}
		rest := new(big.Int).Mod(n, big.NewInt(p)).Int64()
		power, found := int64(1), false
		for range p {
			found = found || power == rest
			power = power * 65537 % p
		}
		if !found {
			return false
		}
	}
	return true
}

// copyECDSA returns a copy of k, and its coordinates one after the other, if it
// is a point on curve.
func copyECDSA(k *ecdsa.PublicKey, curve elliptic.Curve) (*ecdsa.PublicKey, []byte, error) {
	//lint:ignore SA1019 Bytes, below, panics if a coordinate is nil
	if k == nil || k.Curve == nil || k.X == nil || k.Y == nil {
		return nil, nil, errors.New("the key is nil or empty")
	}
	if k.Curve != curve {
		return nil, nil, fmt.Errorf("the key is on %s; the algorithm is for %s", curveName(k.Curve), curve.Params().Name)
	}
	encoded, err := k.Bytes()
	if err != nil {
		return nil, nil, errors.New("the key is no point on its curve")
	}
	public, err := ecdsa.ParseUncompressedPublicKey(curve, encoded)
	if err != nil {
		return nil, nil, errors.New("the key is no point on its curve")
	}
	return public, encoded[1:], nil
}

// curveName returns the name of c without a call of it: c may be a type of the
// user's, or a nil pointer.
func curveName(c elliptic.Curve) string {
	for _, known := range []elliptic.Curve{elliptic.P224(), elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		if c == known {
			return known.Params().Name
		}
	}
	return "another curve"
}

// copyPrivate returns a copy of an RSA or ECDSA private key if it is sound and
// belongs to public.
func copyPrivate(private any, public interface{ Equal(crypto.PublicKey) bool }) (copied any, err error) {
	unsound := errors.New("the private key is not sound, or does not belong to its public key")
	defer func() {
		if recover() != nil { // crypto/x509 panics on some keys put together by hand
			copied, err = nil, unsound
		}
	}()
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, unsound
	}
	copied, err = x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, unsound
	}
	signer, ok := copied.(crypto.Signer)
	if !ok || !public.Equal(signer.Public()) {
		return nil, unsound
	}
	return copied, nil
}

// checkEd25519 refuses what is no point of the curve in its one encoding (RFC
// 8032 section 5.1.3), and the points of small order: for those one signature
// verifies many messages (RFC 8725 section 3.4).
func checkEd25519(k ed25519.PublicKey) error {
	if len(k) != ed25519.PublicKeySize {
		return fmt.Errorf("the public key has %d bytes, not %d", len(k), ed25519.PublicKeySize)
	}
	encoded := slices.Clone(k)
	encoded[31] &= 0x7f // without the sign of x
	if slices.Contains(smallOrder, hex.EncodeToString(encoded)) {
		return errors.New("the public key is a point of small order, which verifies forged signatures")
	}
	slices.Reverse(encoded)
	y := new(big.Int).SetBytes(encoded)
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	if y.Cmp(p) >= 0 || !onEdwards25519(y, p) {
		return errors.New("the public key is no point of the curve")
	}
	return nil
}

// onEdwards25519 reports whether there is an x with -x^2 + y^2 = 1 + dx^2y^2,
// where d is -121665/121666.
func onEdwards25519(y, p *big.Int) bool {
	d := new(big.Int).ModInverse(big.NewInt(121666), p)
	d.Mul(d, big.NewInt(-121665)).Mod(d, p)
	y2 := new(big.Int).Mul(y, y)
	divisor := new(big.Int).Mul(d, y2)
	divisor.Add(divisor, big.NewInt(1)).Mod(divisor, p)
	x2 := new(big.Int).ModInverse(divisor, p)
	x2.Mul(x2, y2.Sub(y2, big.NewInt(1))).Mod(x2, p)
	return big.Jacobi(x2, p) >= 0
}

// smallOrder lists the y coordinates, little-endian, of the eight points of
// small order of edwards25519, their encodings beyond the field's prime included.
var smallOrder = []string{
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
}
