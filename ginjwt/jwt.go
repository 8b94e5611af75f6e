package ginjwt

import (
	"context"
	"reflect"

	"github.com/go-json-experiment/json"
)

// Verify verifies token and returns its claims: outside of Gin, for WebSocket
// messages, gRPC and jobs. In a route, use JWT.
//
// The error is an *Error, and no claims are returned with it: 401 with
// CodeExpiredToken or CodeInvalidToken and a Reason as its cause, 503 if keys
// or the Revoker cannot be reached. Verify panics if C cannot be a claims type;
// see JWT.
func Verify[C any, P ClaimsOf[C]](ctx context.Context, v *Verifier, token string) (C, error) {
	sh, err := v.shapeOf(reflect.TypeFor[C]())
	if err != nil {
		panic(err.Error())
	}
	return verify[C, P](ctx, v, sh, token)
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
	c := reflect.TypeFor[C]()
	sh, err := v.shapeOf(c)
	if err != nil {
		panic(err.Error())
	}
	d := newDependency("JWT["+c.String()+"]", below, func(r run, e *entry) (claims C, err error) {
		raw, err := token.resolve(r)
		if err != nil {
			return claims, err
		}
		ctx := context.Background()
		if r.c.Request != nil {
			ctx = r.c.Request.Context()
		}
		claims, err = verify[C, P](ctx, v, sh, raw)
		if err == nil {
			e.scope = P(&claims).Registered().Scope
		}
		return claims, err
	})
	d.grants = true
	return d
}

// verify is Verify with what is known of C beforehand. On an error it returns
// no claims, not even those decoded so far.
func verify[C any, P ClaimsOf[C]](ctx context.Context, v *Verifier, sh *shape, token string) (claims C, err error) {
	var none C
	if v, err = v.choose(token); err != nil {
		return none, err
	}
	payload, h, err := v.authenticate(ctx, token)
	if err != nil {
		return none, err
	}
	if !isObject(payload) || json.Unmarshal(payload, &claims) != nil {
		return none, refused(ReasonClaims)
	}
	registered := P(&claims).Registered()
	if reason := v.admit(registered, payload, h, sh); reason != "" {
		return none, refused(reason)
	}
	if err := v.revoked(ctx, registered); err != nil {
		return none, err
	}
	return claims, nil
}
