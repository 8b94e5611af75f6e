package ginjwt

import (
	"context"
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
		if k, ok := s.withoutID(alg); ok {
			s.byID[keyID{alg, ""}] = k
		} else {
			delete(s.byID, keyID{alg, ""})
		}
	}
	return s
}

type keySet struct {
	keys []Key
	byID map[keyID]Key // at the ID "" is the key for tokens that have none
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

// withoutID returns the key for tokens of alg that name no key: the only one, or two
// secrets as one key, which are tried in turn. Else there is none.
func (s *keySet) withoutID(alg Algorithm) (Key, bool) {
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
	faults := faults{in: "Keys"}
	seen := map[string]bool{}
	for i, k := range s.keys {
		id := k.ID()
		_, named := s.byID[keyID{k.Algorithm(), id}]
		faults.addIf(k.material == nil, "key %d is the zero Key; make keys with NewKey, KeyFromPEM or GenerateKey", i+1)
		faults.addIf(id != "" && seen[id], "two keys have the ID %q; give each its own with WithID", id)
		faults.addIf(k.material != nil && !named, "key %d is one of several for %s and has no ID, so no token can name it; give it one with WithID", i+1, k.Algorithm())
		faults.addIf(len(id) > maxKeyID, "the ID of key %d has %d bytes; a token's has at most %d", i+1, len(id), maxKeyID)
		seen[id] = true
	}
	return faults.err()
}

// checkSource reports what is wrong with keys, as far as that can be known before
// there is a token.
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
