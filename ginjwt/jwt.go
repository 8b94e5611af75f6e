package ginjwt

import (
	"context"
	"errors"
	"reflect"

	"github.com/go-json-experiment/json"
)

// Verify verifies token and returns its claims: outside of Gin, for WebSocket
// messages, gRPC and jobs. In a route, use JWT.
//
// The error has an *Error in its chain, and no claims are returned with it: 401
// with CodeExpiredToken or CodeInvalidToken and a Reason as its cause, 503 if
// keys or the Revoker cannot be reached, 499 if ctx was cancelled meanwhile.
//
// Verify panics if v is nil or C cannot be a claims type; see [JWT].
func Verify[C any, P ClaimsOf[C]](ctx context.Context, v *Verifier, token string) (C, error) {
	t, err := typedOf[C, P](v)
	if err != nil {
		panic(err.Error())
	}
	claims, _, err := t.verify(ctx, token)
	if err != nil {
		var none C
		return none, err
	}
	return *claims, nil
}

// JWT returns the claims of a bearer token, verified, as a dependency:
//
//	claims := ginjwt.JWT[AccessClaims](token, verifier)
//
// The token grants the scopes of its scope claim.
//
// JWT panics if token or v is nil, and if C cannot be a claims type: a struct
// that embeds Claims by value, in which each field has a JSON name of its own
// that is not one of a registered claim, and which has no JSON methods.
func JWT[C any, P ClaimsOf[C]](token *Dependency[string], v *Verifier) *Dependency[C] {
	below := need("JWT", token)
	t, err := typedOf[C, P](v)
	if err != nil {
		panic(err.Error())
	}
	d := newDependency("JWT", below, func(r run, e *entry) (*C, error) {
		claims, cached, err := t.fromRequest(r, token)
		e.cached = cached
		if err != nil {
			return nil, err
		}
		e.text = string(P(claims).Registered().Scope)
		return claims, nil
	})
	d.grants = true
	d.facts = func(s *slot, e *entry) facts { return t.facts(s.peek(&token.node), e) }
	return d
}

// typed is a Verifier for one claims type.
type typed[C any, P ClaimsOf[C]] struct {
	v     *Verifier
	shape *shape
	cache *cache[C]

	issuers map[string]*typed[C, P] // of ByIssuer; then the fields above are not used
}

// typedOf returns v for C, and makes it if C is new to v.
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

// fromRequest verifies the token of r's request. One that a cache knows was well
// formed the first time, and is not looked at again.
func (t *typed[C, P]) fromRequest(r run, token *Dependency[string]) (claims *C, cached bool, err error) {
	if raw := r.candidate(&token.node); raw != "" {
		if one, known := t.find(raw); known != nil {
			r.slot.note(&token.node, raw)
			return one.verifyOne(r.context(), raw, known)
		}
	}
	raw, err := token.pointer(r)
	if err != nil {
		return nil, false, err
	}
	return t.verify(r.context(), *raw)
}

// verify verifies token. What it returns is not to be changed: other requests
// may have it too.
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

// find returns what a cache knows of token, and whose it is.
func (t *typed[C, P]) find(token string) (*typed[C, P], *cached[C]) {
	if len(token) > t.v.policy.MaxTokenBytes {
		return nil, nil // before a cache looks at all of it
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

// verifyOne is verify for one issuer, with what its cache knows of the token.
func (t *typed[C, P]) verifyOne(ctx context.Context, token string, known *cached[C]) (claims *C, cached bool, err error) {
	if known != nil {
		if claims, err := t.recheck(ctx, token, known); claims != nil || err != nil {
			return claims, true, err
		}
	}
	claims, err = t.verifyAnew(ctx, token)
	return claims, false, err
}

func (t *typed[C, P]) verifyAnew(ctx context.Context, token string) (*C, error) {
	a, err := t.v.authenticate(ctx, token)
	if err != nil {
		return nil, err
	}
	claims := new(C)
	reason := ReasonClaims
	registered := P(claims).Registered()
	if isObject(a.payload) && json.Unmarshal(a.payload, claims) == nil {
		reason = t.v.admit(registered, a, t.shape)
	}
	switch {
	case reason == ReasonClaims && t.v.introspector != nil: // the client did not write them
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

// recheck judges what may have changed since a token was verified: the time,
// the keys and revocations. It returns nothing if the source has another key
// by now, which may be as good: then the token is verified again.
func (t *typed[C, P]) recheck(ctx context.Context, token string, known *cached[C]) (*C, error) {
	key, err := t.v.findKey(ctx, known.header)
	if err != nil || key.material != known.key {
		if e := asError(err); e != nil && e.Status != 401 {
			return nil, err // an outage, and the token is good when that is over
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

// dispatch hands token to the Verifier of its issuer.
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
