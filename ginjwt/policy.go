package ginjwt

import (
	"context"
	"slices"
	"time"
)

// Policy says which of the tokens that were signed with the right key are
// accepted. Issuer and Audience must be set, or waived by name.
type Policy struct {
	// Issuer is the iss that tokens must have, compared exactly.
	Issuer string
	// Audience lists this service's names. A token's aud must hold one of them.
	Audience []string

	// AnyIssuer accepts any iss, and none: the key alone vouches for it.
	AnyIssuer bool
	// NoIssuer accepts only tokens that have no iss.
	NoIssuer bool
	// AnyAudience accepts tokens that were meant for other services.
	AnyAudience bool

	// Types lists the values of the typ header that are accepted, in any letter
	// case and with or without "application/"; "" is a token without one. By
	// default, they are "at+jwt" (RFC 9068), "JWT" and "".
	Types []string
	// InsecureAcceptIDTokens accepts tokens that look like ID, refresh or logout
	// tokens of the issuer. By default, they are refused, unless typ is at+jwt:
	// such a token tells a client who logged in, and gives no right to anything.
	InsecureAcceptIDTokens bool
	// InsecureIgnoreConfirmation accepts tokens that are bound to a key (cnf, RFC
	// 7800) without the proof that the sender has that key. By default, they are
	// refused, for they are no bearer tokens.
	InsecureIgnoreConfirmation bool

	// Leeway is by how much exp and nbf may be missed, at most 5 minutes. By
	// default, it is 0. iat may always be up to a minute ahead, because two
	// machines' clocks differ.
	Leeway time.Duration
	// MaxLifetime, if set, bounds exp - iat; a token without iat is then refused.
	MaxLifetime time.Duration
	// MaxTokenBytes is the length above which a token is refused unread. By
	// default, it is 16 KiB; at most 64 KiB.
	MaxTokenBytes int

	// CacheSize is how many accepted tokens are remembered with their claims, so
	// that they need not be verified again; dates, keys and revocations are
	// looked at each time. By default, it is 0: none. A token takes its own
	// length and half a KiB, and its payload unless the claims are flat or have a
	// method Clone() C, which returns a copy that shares nothing.
	CacheSize int

	// Revoker, if set, is asked about every token that is good in all else.
	Revoker Revoker
	// Now returns the time. By default, it is time.Now.
	Now func() time.Time
}

// A Revoker knows which tokens are good no more. Revoked is called on every
// request, after all other checks, and must be safe for concurrent use. An
// error is an outage: the request is answered with 503, not let through, unless
// it is an *Error, which decides itself. c is the call's own.
type Revoker interface {
	Revoked(ctx context.Context, c *Claims) (bool, error)
}

const (
	maxLeeway            = 5 * time.Minute
	clockSkew            = time.Minute
	defaultMaxTokenBytes = 16 << 10
)

// accessToken is the typ of access tokens (RFC 9068 section 2.1).
const accessToken = "at+jwt"

// complete returns p with its defaults filled in and its slices copied, and an
// error that names all of its faults.
func (p Policy) complete() (Policy, error) {
	faults := faults{in: "Policy"}
	waived := p.AnyIssuer || p.NoIssuer
	faults.addIf(p.Issuer == "" && !waived, "Issuer is empty: set it to the iss of your tokens, or say AnyIssuer")
	faults.addIf(p.Issuer != "" && waived, "Issuer is set and waived as well: drop AnyIssuer or NoIssuer")
	faults.addIf(p.AnyIssuer && p.NoIssuer, "AnyIssuer and NoIssuer exclude each other")
	faults.addIf(len(p.Audience) == 0 && !p.AnyAudience, "Audience is empty: set it to this service's name in aud, or say AnyAudience")
	faults.addIf(len(p.Audience) > 0 && p.AnyAudience, "Audience is set and waived as well: drop AnyAudience")
	faults.addIf(slices.Contains(p.Audience, ""), "Audience has an empty entry")
	faults.addIf(p.Leeway < 0 || p.Leeway > maxLeeway, "Leeway is %v: it must be from 0 to %v", p.Leeway, maxLeeway)
	faults.addIf(p.MaxLifetime < 0, "MaxLifetime is negative: %v", p.MaxLifetime)
	faults.addIf(p.CacheSize < 0, "CacheSize is negative: %d", p.CacheSize)
	faults.addIf(p.MaxTokenBytes < 0 || p.MaxTokenBytes > maxCredentials, "MaxTokenBytes is %d: it must be from 1 to %d", p.MaxTokenBytes, maxCredentials)

	p.Audience = slices.Clone(p.Audience)
	if p.Types == nil {
		p.Types = []string{accessToken, "jwt", ""}
	}
	p.Types = slices.Clone(p.Types)
	faults.addIf(len(p.Types) == 0, "Types is empty, so no token would be accepted: leave it nil for the default")
	for i, t := range p.Types {
		p.Types[i] = mediaType(t)
	}
	if p.MaxTokenBytes == 0 {
		p.MaxTokenBytes = defaultMaxTokenBytes
	}
	if p.Now == nil {
		p.Now = time.Now
	}
	return p, faults.err()
}
