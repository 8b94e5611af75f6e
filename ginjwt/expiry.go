package ginjwt

import (
	"context"
	"time"
)

// WithExpiry returns a copy of parent that ends when v would no longer accept
// the token of claims because of its age: for WebSockets and server-sent
// events, which outlive the request's check.
//
//	ctx, stop := verifier.WithExpiry(ginjwt.Context(c), &claims)
//	defer stop()
//
// context.Cause then has an *Error of CodeExpiredToken in its chain. A later
// revocation does not end the context. Call stop as with context.WithDeadline.
func (v *Verifier) WithExpiry(parent context.Context, claims AnyClaims) (ctx context.Context, stop context.CancelFunc) {
	return context.WithTimeoutCause(parent, v.timeLeft(claims), refused(ReasonExpired))
}

// timeLeft returns how long v will accept the token of claims, which is not at
// all if it is not one of v's.
func (v *Verifier) timeLeft(claims AnyClaims) time.Duration {
	if v.usable() != nil || claims == nil {
		return 0
	}
	registered := claims.Registered()
	if registered == nil {
		return 0
	}
	if v.issuers != nil {
		v = v.issuers[registered.Issuer]
		return v.timeLeft(registered)
	}
	if registered.ExpiresAt.IsZero() {
		return 0
	}
	return registered.ExpiresAt.Add(v.policy.Leeway).Sub(v.policy.Now())
}
