package ginjwt

import (
	"context"
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
	below := nodesOf("JWT", token)
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
	d.facts = func(s *slot, e *entry) tokenFacts { return t.facts(s.peek(&token.node), e) }
	return d
}
