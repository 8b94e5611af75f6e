package ginjwt

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

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
