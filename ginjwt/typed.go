package ginjwt

import (
	"context"
	"errors"
	"reflect"

	"github.com/go-json-experiment/json"
)

// typed is a Verifier for one claims type.
type typed[C any, P ClaimsOf[C]] struct {
	v     *Verifier
	shape *shape
	cache *cache[C]

	issuers map[string]*typed[C, P] // of ByIssuer, where shape and cache are nil
}

// typedOf returns v for the claims type C. It is made once, so that all who use v
// with C share a cache. The error says why C cannot be a claims type.
func typedOf[C any, P ClaimsOf[C]](v *Verifier) (*typed[C, P], error) {
	if err := v.usable(); err != nil {
		return nil, err
	}
	c := reflect.TypeFor[C]()
	if t, ok := v.types.Load(c); ok {
		return t.(*typed[C, P]), nil
	}
	t := &typed[C, P]{v: v}
	if v.issuers == nil {
		sh, err := shapeOf(c)
		if err != nil {
			return nil, err
		}
		t.shape, t.cache = sh, newCache[C](v.policy.CacheSize, sh)
	} else {
		t.issuers = map[string]*typed[C, P]{}
		for iss, v := range v.issuers {
			one, err := typedOf[C, P](v)
			if err != nil {
				return nil, err
			}
			t.issuers[iss] = one
		}
	}
	first, _ := v.types.LoadOrStore(c, t)
	return first.(*typed[C, P]), nil
}

// fromRequest verifies the token of r's request. A token that a cache knows was well
// formed when it was put there, so the scheme is not asked to check its form again.
func (t *typed[C, P]) fromRequest(r run, token *Dependency[string]) (claims *C, cached bool, err error) {
	if raw := r.candidate(&token.node); raw != "" {
		if one, known := t.find(raw); known != nil {
			r.slot.remember(&token.node, raw)
			return one.verifyOne(r.context(), raw, known)
		}
	}
	raw, err := token.pointer(r)
	if err != nil {
		return nil, false, err
	}
	return t.verify(r.context(), *raw)
}

// verify verifies token. Other requests may get the same claims, so nobody may
// change them. cached says that a cache knew the token.
func (t *typed[C, P]) verify(ctx context.Context, token string) (claims *C, cached bool, err error) {
	if one, known := t.find(token); known != nil {
		return one.verifyOne(ctx, token, known)
	}
	if t.issuers != nil {
		claims, err = t.dispatch(ctx, token)
	} else {
		claims, err = t.verifyAnew(ctx, token)
	}
	return claims, false, err
}

// find returns what a cache knows of token, and the part of t whose cache it is.
func (t *typed[C, P]) find(token string) (*typed[C, P], *cached[C]) {
	if len(token) > t.v.policy.MaxTokenBytes {
		return nil, nil // to look for it would take the time to hash all of it
	}
	if t.issuers == nil {
		return t, t.cache.find(token)
	}
	for _, one := range t.issuers {
		if known := one.cache.find(token); known != nil {
			return one, known
		}
	}
	return nil, nil
}

// verifyOne is verify for a single issuer, with what its cache knows of token.
func (t *typed[C, P]) verifyOne(ctx context.Context, token string, known *cached[C]) (claims *C, cached bool, err error) {
	if known != nil {
		if claims, err := t.recheck(ctx, token, known); claims != nil || err != nil {
			return claims, true, err
		}
	}
	claims, err = t.verifyAnew(ctx, token)
	return claims, false, err
}

// verifyAnew verifies a token that no cache knows, and adds it to the cache.
func (t *typed[C, P]) verifyAnew(ctx context.Context, token string) (*C, error) {
	a, err := t.v.authenticate(ctx, token)
	if err != nil {
		return nil, err
	}
	claims := new(C)
	reason := ReasonClaims
	registered := P(claims).Registered()
	if isObject(a.payload) && json.Unmarshal(a.payload, claims) == nil {
		reason = t.v.checkClaims(registered, a, t.shape)
	}
	switch {
	case reason == ReasonClaims && t.v.introspector != nil: // the fault of our side, not of the client
		return nil, Unavailable(errors.New("ginjwt: the Introspector's claims are malformed"))
	case reason != "":
		return nil, refused(reason)
	}
	if err := t.v.revoked(ctx, registered); err != nil {
		return nil, err
	}
	t.cache.add(token, claims, a)
	return claims, nil
}

// recheck judges what may have changed since a token was verified: the time, the
// keys and revocations. If the source has another key by now, it returns neither
// claims nor an error: the token has to be verified anew, with that key.
func (t *typed[C, P]) recheck(ctx context.Context, token string, known *cached[C]) (*C, error) {
	key, err := t.v.findKey(ctx, known.header)
	if err != nil || key.material != known.key {
		if e := asError(err); e != nil && e.Status != 401 {
			return nil, err // an outage; the token stays in the cache for afterwards
		}
		t.cache.drop(token)
		return nil, err
	}
	registered := P(known.claims).Registered()
	if reason := t.v.checkDates(registered); reason != "" {
		t.cache.drop(token)
		return nil, refused(reason)
	}
	if err := t.v.revoked(ctx, registered); err != nil {
		return nil, err
	}
	return t.cache.copyOf(known)
}

// dispatch has token verified by the part of t for its issuer.
func (t *typed[C, P]) dispatch(ctx context.Context, token string) (*C, error) {
	iss, reason := issuerOf(token, t.v.policy.MaxTokenBytes)
	if reason != "" {
		return nil, refused(reason)
	}
	one := t.issuers[iss]
	if one == nil {
		return nil, refused(ReasonIssuer)
	}
	return one.verifyAnew(ctx, token)
}
