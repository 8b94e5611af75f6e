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
// all if it is not one of v's, or if claims is nil.
func (v *Verifier) timeLeft(claims AnyClaims) (left time.Duration) {
	defer func() {
		if recover() != nil { // Registered of a nil struct that embeds Claims
			left = 0
		}
	}()
	if v.usable() != nil || claims == nil {
		return 0
	}
	c := claims.Registered()
	switch {
	case v.issuers != nil:
		return v.issuers[c.Issuer].timeLeft(c)
	case c.ExpiresAt.IsZero() || !v.policy.AnyIssuer && c.Issuer != v.policy.Issuer:
		return 0
	}
	return c.ExpiresAt.Add(v.policy.Leeway).Sub(v.policy.Now())
}
