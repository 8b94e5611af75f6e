package ginjwt

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/ginjwt/gin-depends/ginjwt/internal/readonly"
)

// A Verifier verifies the tokens of one issuer, with its keys and by one
// policy; or, made by ByIssuer, those of several. It is safe for concurrent use.
type Verifier struct {
	keys         KeySource
	introspector Introspector // instead of keys, for opaque tokens
	policy       Policy

	headers remembered
	types   sync.Map // reflect.Type of the claims -> *typed; see typedOf

	issuers map[string]*Verifier // of ByIssuer, where of keys and policy only MaxTokenBytes is set
}

// NewVerifier returns a Verifier of tokens that are signed with one of keys and
// fulfil policy. The error names everything that is wrong with either.
func NewVerifier(keys KeySource, policy Policy) (*Verifier, error) {
	p, err := policy.complete()
	if err := errors.Join(checkSource(keys, policy), err); err != nil {
		return nil, err
	}
	return &Verifier{keys: keys, policy: p}, nil
}

// authentic is what is needed further of a token whose signature is good.
type authentic struct {
	payload []byte // JSON
	header  *header
	key     *keyMaterial // the one that it was verified with; nil for an opaque token
}

// authenticate checks all of a token but its claims.
func (v *Verifier) authenticate(ctx context.Context, token string) (a authentic, err error) {
	if v.introspector != nil {
		return v.introspect(ctx, token)
	}
	s, reason := split(token, v.policy.MaxTokenBytes)
	if reason != "" {
		return a, refused(reason)
	}
	h := v.headers.find(s.header)
	known := h != nil
	if !known {
		if h, reason = parseHeader(s.header); reason != "" {
			return a, refused(reason)
		}
	}
	if !slices.Contains(v.policy.Types, h.typ) {
		return a, refused(ReasonType)
	}
	key, err := v.findKey(ctx, h)
	if err != nil {
		return a, err
	}
	if reason := checkSignature(key, s); reason != "" {
		return a, refused(reason)
	}
	if !known {
		v.headers.add(s.header, h)
	}
	payload, err := strictBase64.DecodeString(s.payload)
	if err != nil {
		return a, refused(ReasonMalformed)
	}
	return authentic{payload, h, key.material}, nil
}

// findKey asks the source for the header's key. A key for another algorithm is not
// used, whatever the source says (RFC 8725 section 3.1).
func (v *Verifier) findKey(ctx context.Context, h *header) (Key, error) {
	key, err := v.keys.FindKey(ctx, h.alg, h.kid)
	switch {
	case errors.Is(err, ErrUnknownKey):
		return Key{}, refused(ReasonKey)
	case err != nil:
		return Key{}, outage(ctx, err)
	case key.material == nil:
		return Key{}, Unavailable(errors.New("ginjwt: the KeySource returned the zero Key and no error"))
	case key.material.alg != h.alg:
		return Key{}, refused(ReasonAlgorithm)
	}
	return key, nil
}

// outage returns the error for a KeySource, Revoker or Introspector that failed
// with err. If there is an *Error in err, that decides.
func outage(ctx context.Context, err error) error {
	switch {
	case asError(err) != nil:
		return err
	case errors.Is(ctx.Err(), context.Canceled):
		return clientClosed(err)
	case ctx.Err() != nil:
		err = errors.Join(ctx.Err(), err)
	}
	return Unavailable(err)
}

// checkSignature returns why the signature of s is not one by key, or "".
func checkSignature(key Key, s segments) Reason {
	signature, err := strictBase64.DecodeString(s.signature)
	if err != nil {
		return ReasonMalformed
	}
	for m := key.material; m != nil; m = m.next {
		if m.verify(s.signed, signature) {
			return ""
		}
	}
	return ReasonSignature
}

// checkClaims judges the claims of an authentic token. exp comes last: a client is
// told that its token expired only if nothing else is wrong with it.
func (v *Verifier) checkClaims(c *Claims, a authentic, sh *shape) Reason {
	if reason := v.checkPresence(c, a, sh); reason != "" {
		return reason
	}
	p := &v.policy
	if !p.AnyIssuer && c.Issuer != p.Issuer {
		return ReasonIssuer
	}
	if !p.AnyAudience && !slices.ContainsFunc(p.Audience, c.Audience.Has) {
		return ReasonAudience
	}
	if c.ExpiresAt.IsZero() {
		return ReasonNoExpiry
	}
	if p.MaxLifetime > 0 && (c.IssuedAt.IsZero() || c.ExpiresAt.Sub(c.IssuedAt.Time) > p.MaxLifetime) {
		return ReasonLifetime
	}
	return v.checkDates(c)
}

// checkDates judges the dates against the present time.
func (v *Verifier) checkDates(c *Claims) Reason {
	now := v.policy.Now()
	early, late := now, now
	if leeway := v.policy.Leeway; leeway > 0 {
		early, late = now.Add(-leeway), now.Add(leeway)
	}
	switch {
	case !c.NotBefore.IsZero() && late.Before(c.NotBefore.Time):
		return ReasonNotYet
	case !c.IssuedAt.IsZero() && now.Before(c.IssuedAt.Time) && now.Add(max(clockSkew, v.policy.Leeway)).Before(c.IssuedAt.Time):
		return ReasonIssuedAt
	case !early.Before(c.ExpiresAt.Time):
		return ReasonExpired
	}
	return ""
}

// revoked asks the policy's Revoker, if there is one.
func (v *Verifier) revoked(ctx context.Context, c *Claims) error {
	if v.policy.Revoker == nil {
		return nil
	}
	if _, readsOnly := v.policy.Revoker.(readonly.Revoker); !readsOnly {
		own := *c // the Revoker is the user's and may change it, and other requests have c
		c = &own
	}
	revoked, err := v.policy.Revoker.Revoked(ctx, c)
	switch {
	case err != nil:
		return outage(ctx, afterSignature{err})
	case revoked:
		return refused(ReasonRevoked)
	}
	return nil
}

// afterSignature marks the failure of a check that only authentic tokens come to.
type afterSignature struct{ error }

func (e afterSignature) Unwrap() error { return e.error }

// usable returns an error if v is nil or zero.
func (v *Verifier) usable() error {
	if v == nil || v.keys == nil && v.introspector == nil && v.issuers == nil {
		return errors.New("ginjwt: the Verifier is nil or zero; make it with NewVerifier")
	}
	return nil
}
