package ginjwt

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
)

// A KeySource finds the key that a token says it is signed with.
//
// FindKey is called with the token's algorithm and key ID before the signature
// is checked, so both are an attacker's to choose: kid is at most 256 bytes,
// and "" if the token has none. It returns ErrUnknownKey if there is no such
// key; the token is then refused with 401. Any other error is an outage and is
// answered with 503. FindKey must be safe for concurrent use, and should return
// the same Key each time, for tokens verified before are tied to it.
//
// A KeySource whose keys are not for every Policy has a method
// CheckPolicy(Policy) error, which NewVerifier calls.
type KeySource interface {
	FindKey(ctx context.Context, alg Algorithm, kid string) (Key, error)
}

// Keys returns a KeySource of several keys: for a rotation, or for several
// algorithms. A token with a key ID is verified by the key of that ID and no
// other. A token without one is verified by the only key for its algorithm; if
// that is one of two secrets, both are tried. NewVerifier returns an
// error for a zero Key, an ID that two keys have, and an empty list.
func Keys(keys ...Key) KeySource {
	s := &keySet{keys: slices.Clone(keys), byID: map[keyID]Key{}}
	for _, k := range s.keys {
		s.byID[keyID{k.Algorithm(), k.ID()}] = k
	}
	for alg := range methods {
		if k, ok := s.only(alg); ok {
			s.byID[keyID{alg, ""}] = k
		} else {
			delete(s.byID, keyID{alg, ""})
		}
	}
	return s
}

type keySet struct {
	keys []Key
	byID map[keyID]Key // "" is what a token without a key ID is verified with
}

type keyID struct {
	alg Algorithm
	kid string
}

func (s *keySet) FindKey(_ context.Context, alg Algorithm, kid string) (Key, error) {
	if k, ok := s.byID[keyID{alg, kid}]; ok {
		return k, nil
	}
	return Key{}, ErrUnknownKey
}

// only returns the only key for alg, or two secrets as one key.
func (s *keySet) only(alg Algorithm) (Key, bool) {
	var found []Key
	for _, k := range s.keys {
		if k.Algorithm() == alg {
			found = append(found, k)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], true
	case len(found) == 2 && found[0].material.secret:
		first := *found[0].material
		first.next = found[1].material
		return Key{&first}, true
	}
	return Key{}, false
}

// faults reports what is wrong with the set.
func (s *keySet) faults() error {
	if len(s.keys) == 0 {
		return errors.New("ginjwt: Keys: no keys given")
	}
	var faults []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			faults = append(faults, fmt.Errorf("ginjwt: Keys: "+format, args...))
		}
	}
	seen := map[string]bool{}
	for i, k := range s.keys {
		id := k.ID()
		_, named := s.byID[keyID{k.Algorithm(), id}]
		fault(k.material == nil, "key %d is the zero Key; make keys with NewKey, KeyFromPEM or GenerateKey", i+1)
		fault(id != "" && seen[id], "two keys have the ID %q; give each its own with WithID", id)
		fault(k.material != nil && !named, "key %d is one of several for %s and has no ID, so no token can name it; give it one with WithID", i+1, k.Algorithm())
		fault(len(id) > maxKeyID, "the ID of key %d has %d bytes; a token's has at most %d", i+1, len(id), maxKeyID)
		seen[id] = true
	}
	return errors.Join(faults...)
}

// checkSource reports what can be told to be wrong with keys before any token
// is seen.
func checkSource(keys KeySource, p Policy) error {
	switch k := keys.(type) {
	case nil:
		return errors.New("ginjwt: no keys: pass a Key, Keys(...) or another KeySource")
	case Key:
		if k.material == nil {
			return errors.New("ginjwt: the key is the zero Key; make keys with NewKey, KeyFromPEM or GenerateKey")
		}
		if len(k.ID()) > maxKeyID {
			return fmt.Errorf("ginjwt: the key's ID has %d bytes; a token's has at most %d", len(k.ID()), maxKeyID)
		}
	case *keySet:
		return k.faults()
	case interface{ CheckPolicy(Policy) error }:
		return k.CheckPolicy(p)
	}
	return nil
}

// KeyFromPEM returns the key of a PEM text, private or public, as a key for
// alg: PKCS #8, PKCS #1 or SEC 1 (openssl genpkey, openssl ec), PKIX, or the
// public key of a certificate. What is said of NewKey holds. A secret has no
// PEM form, and a text with more than one key is refused.
func KeyFromPEM(alg Algorithm, text []byte, opts ...KeyOption) (Key, error) {
	material, err := parsePEM(text)
	if err != nil {
		return Key{}, fmt.Errorf("ginjwt: KeyFromPEM: %w", err)
	}
	return NewKey(alg, material, opts...)
}

func parsePEM(text []byte) (any, error) {
	var found any
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			break
		}
		text = rest
		if block.Type == "EC PARAMETERS" { // openssl writes them before the key
			continue
		}
		if found != nil {
			return nil, errors.New("the text holds more than one key")
		}
		key, err := parseBlock(block)
		if err != nil {
			return nil, err
		}
		found = key
	}
	if found == nil {
		return nil, errors.New("the text holds no PEM block")
	}
	return found, nil
}

func parseBlock(block *pem.Block) (key any, err error) {
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	case "PUBLIC KEY":
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		key, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		var cert *x509.Certificate
		if cert, err = x509.ParseCertificate(block.Bytes); err == nil {
			key = crypto.PublicKey(cert.PublicKey)
		}
	case "ENCRYPTED PRIVATE KEY":
		return nil, errors.New("the private key is encrypted; decrypt it first, with: openssl pkcs8")
	default:
		return nil, fmt.Errorf("a PEM block of type %q is no key", block.Type)
	}
	if err != nil { // the parser's text could quote the key
		return nil, fmt.Errorf("the %s block cannot be parsed", block.Type)
	}
	return key, nil
}
