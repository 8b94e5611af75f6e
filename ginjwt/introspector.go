package ginjwt

import (
	"context"
	"errors"
)

// An Introspector finds out what an opaque token stands for: from the
// authorization server (RFC 7662; package jwks has a client), or from a table
// of one's own.
//
// Introspect returns the token's claims as a JSON object, with the names of a
// JWT's, exp among them. It returns ErrInactive for a token that is unknown,
// expired or revoked, which is then refused with 401. Any other error is an
// outage and is answered with 503. token is at most MaxTokenBytes long and of
// the characters of RFC 6750's b64token; it is a secret. Introspect must be safe
// for concurrent use.
type Introspector interface {
	Introspect(ctx context.Context, token string) (claims []byte, err error)
}

// ErrInactive is what an Introspector returns for a token that is not active:
// it is refused with 401.
var ErrInactive = errors.New("ginjwt: the token is not active")

// NewOpaqueVerifier returns a Verifier of tokens that only in can read. It is
// used as any other, by JWT and Verify, and gives the same typed claims, which
// must fulfil policy as those of a JWT must. CacheSize and Types mean nothing
// for it: what is remembered is for in to decide, and an opaque token has no
// header. The error names everything that is wrong.
func NewOpaqueVerifier(in Introspector, policy Policy) (*Verifier, error) {
	p, err := policy.complete()
	faults := faults{in: "NewOpaqueVerifier"}
	faults.addIf(in == nil, "nil Introspector")
	faults.addIf(policy.CacheSize != 0, "CacheSize is set: the Introspector decides what is remembered")
	faults.addIf(policy.Types != nil, "Types is set: an opaque token has no header")
	if err := faults.err(err); err != nil {
		return nil, err
	}
	return &Verifier{introspector: in, policy: p}, nil
}

// introspect is authenticate for an opaque token.
func (v *Verifier) introspect(ctx context.Context, token string) (authentic, error) {
	switch {
	case len(token) > v.policy.MaxTokenBytes:
		return authentic{}, refused(ReasonTooLarge)
	case !isB64Token(token):
		return authentic{}, refused(ReasonMalformed)
	}
	claims, err := v.introspector.Introspect(ctx, token)
	switch {
	case errors.Is(err, ErrInactive):
		return authentic{}, refused(ReasonInactive)
	case err != nil:
		return authentic{}, outage(ctx, err)
	}
	return authentic{payload: claims, header: &header{}}, nil
}
