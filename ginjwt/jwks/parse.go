package jwks

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"

	"github.com/MicahParks/jwkset"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ginjwt/gin-depends/ginjwt"
)

const (
	maxKeys  = 100
	maxKeyID = 256
)

// asymmetric are the algorithms that a published key can be for. The first that
// fits is what an RSA key without alg is for: OpenID Connect Core section 10.1
// names RS256 as the default.
var asymmetric = []ginjwt.Algorithm{
	ginjwt.RS256, ginjwt.RS384, ginjwt.RS512, ginjwt.PS256, ginjwt.PS384, ginjwt.PS512,
	ginjwt.ES256, ginjwt.ES384, ginjwt.ES512, ginjwt.EdDSA,
}

// jwk has the members of a JSON Web Key that are read (RFC 7517 section 4). Those
// of certificates (x5c, x5u) are not: the provider vouches for its keys, and no
// authority needs to.
type jwk struct {
	Type       string   `json:"kty"`
	Use        string   `json:"use"`
	Operations []string `json:"key_ops"`
	Algorithm  string   `json:"alg"`
	ID         string   `json:"kid"`
	Curve      string   `json:"crv"`
	X          string   `json:"x"`
	Y          string   `json:"y"`
	N          string   `json:"n"`
	E          string   `json:"e"`
	private
}

// private are the members that only a private key has (RFC 7518 section 6). One
// is enough to give it away: RSA's others can be worked out.
type private struct {
	D   jsontext.Value `json:"d"`
	P   jsontext.Value `json:"p"`
	Q   jsontext.Value `json:"q"`
	DP  jsontext.Value `json:"dp"`
	DQ  jsontext.Value `json:"dq"`
	QI  jsontext.Value `json:"qi"`
	Oth jsontext.Value `json:"oth"`
}

// parsed is a key set with what was wrong in it.
type parsed struct {
	keys    []ginjwt.Key
	skipped []SkippedKey
}

// parse returns the keys of a JSON Web Key Set that are for one of algorithms.
// Keys that are not for signatures, or of an unknown type, are passed over (RFC
// 7517 section 5). Those that must not be used are in skipped, with the reason. A
// set without a usable key is an error.
func parse(body []byte, algorithms []ginjwt.Algorithm) (parsed, error) {
	var set struct {
		Keys []jsontext.Value `json:"keys"`
	}
	if err := decode(body, &set); err != nil {
		return parsed{}, err
	}
	if len(set.Keys) > maxKeys {
		return parsed{}, fmt.Errorf("the set has %d keys, and at most %d are allowed", len(set.Keys), maxKeys)
	}
	var p parsed
	signing := p.signing(set.Keys)
	ids := map[string]int{}
	for _, k := range signing {
		ids[k.ID]++
	}
	for _, k := range signing {
		switch {
		case k.leaks() != "":
			p.skip(k, k.leaks())
		case k.ID != "" && ids[k.ID] > 1:
			p.skip(k, "another key has the same ID")
		default:
			p.add(k, algorithms)
		}
	}
	p.withdraw(signing)
	if len(p.keys) == 0 {
		return p, errors.New("the set has no usable key")
	}
	return p, nil
}

// signing returns those of a set's keys that are for signatures.
func (p *parsed) signing(keys []jsontext.Value) (signing []jwk) {
	for _, raw := range keys {
		var k jwk
		switch {
		case json.Unmarshal(raw, &k) != nil:
			p.skip(jwk{}, "malformed")
		case !k.forSignatures():
		case len(k.ID) > maxKeyID:
			p.skip(k, fmt.Sprintf("its ID has more than %d bytes", maxKeyID))
		default:
			signing = append(signing, k)
		}
	}
	return signing
}

// withdraw takes out the keys whose private half is in the set as well.
func (p *parsed) withdraw(signing []jwk) {
	for _, k := range signing {
		if k.leaks() == "" || k.Type == "oct" {
			continue
		}
		p.keys = slices.DeleteFunc(p.keys, func(public ginjwt.Key) bool {
			leaked, err := k.key(public.Algorithm())
			same := err == nil && leaked.Equal(public)
			if same {
				p.skip(jwk{ID: public.ID()}, "its private key is in the set: whoever can read it can sign")
			}
			return same
		})
	}
}

// skip notes why k is not used. Its ID is cut if it is longer than a kid may be.
func (p *parsed) skip(k jwk, reason string) {
	p.skipped = append(p.skipped, SkippedKey{k.ID[:min(len(k.ID), maxKeyID)], reason})
}

// forSignatures reports whether k is of a type that is known, and signatures may
// be verified with it.
func (k *jwk) forSignatures() bool {
	return (k.Use == "" || k.Use == "sig") && (k.Operations == nil || slices.Contains(k.Operations, "verify")) &&
		slices.Contains([]string{"RSA", "EC", "OKP", "oct"}, k.Type)
}

// leaks returns why everybody who can read k can sign with it, or "".
func (k *jwk) leaks() string {
	switch {
	case k.Type == "oct":
		return "a symmetric key: whoever can read it can sign"
	case slices.ContainsFunc([]jsontext.Value{k.D, k.P, k.Q, k.DP, k.DQ, k.QI, k.Oth}, func(v jsontext.Value) bool { return v != nil }):
		return "a private key: whoever can read it can sign"
	}
	return ""
}

// add adds k, unless it is for none of algorithms or is no sound key.
func (p *parsed) add(k jwk, algorithms []ginjwt.Algorithm) {
	i := slices.IndexFunc(algorithms, k.suits)
	if i < 0 {
		return
	}
	key, err := k.key(algorithms[i])
	if err != nil {
		p.skip(k, err.Error())
		return
	}
	p.keys = append(p.keys, key)
}

// suits reports whether k can be for alg: by its own alg, and by its type.
func (k *jwk) suits(alg ginjwt.Algorithm) bool {
	if k.Algorithm != "" && k.Algorithm != string(alg) {
		return false
	}
	switch alg {
	case ginjwt.ES256:
		return k.Type == "EC" && k.Curve == "P-256"
	case ginjwt.ES384:
		return k.Type == "EC" && k.Curve == "P-384"
	case ginjwt.ES512:
		return k.Type == "EC" && k.Curve == "P-521"
	case ginjwt.EdDSA:
		return k.Type == "OKP" && k.Curve == "Ed25519"
	}
	return k.Type == "RSA"
}

// key returns k as a key for alg.
func (k *jwk) key(alg ginjwt.Algorithm) (ginjwt.Key, error) {
	own, err := jwkset.NewJWKFromMarshal(jwkset.JWKMarshal{
		KTY: jwkset.KTY(k.Type), CRV: jwkset.CRV(k.Curve), X: k.X, Y: k.Y, N: k.N, E: k.E,
	}, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
	if err != nil {
		return ginjwt.Key{}, errors.New("malformed") // the parser's text may quote it
	}
	switch material := own.Key().(type) {
	case *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey:
		key, err := ginjwt.NewKey(alg, material)
		if err != nil {
			return key, err
		}
		return key.WithID(k.ID), nil
	}
	return ginjwt.Key{}, errors.New("malformed")
}
