package sessions

import (
	"context"
	"errors"
	"time"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/internal/readonly"
)

// Revoker returns what a Policy needs so that revoked access tokens are refused
// at once: those of a session that is over, those revoked by themselves, and all
// from before EndAll. If the Store cannot be reached, requests are answered
// with 503.
func (s *Sessions[D]) Revoker() ginjwt.Revoker { return &revoker{asker{s.cfg.Store, newTags()}} }

type revoker struct{ asker }

// ReadsOnly says that Revoked needs no copy of the claims.
func (*revoker) ReadsOnly(readonly.Promise) {}

func (v *revoker) Revoked(ctx context.Context, c *ginjwt.Claims) (bool, error) {
	revoked, generation, err := v.ask(ctx, c)
	if err != nil || revoked || generation == 0 {
		return revoked, err
	}
	if c.SessionID != "" {
		return generationOf(c.JWTID) < generation, nil
	}
	return issuedBefore(c, generation), nil
}

// asker asks a Store about tokens.
type asker struct {
	store Store
	tags  *tags
}

func (a asker) ask(ctx context.Context, c *ginjwt.Claims) (revoked bool, generation int64, err error) {
	if c.Subject == "" && c.SessionID == "" && c.JWTID == "" {
		return true, 0, nil // nothing could ever revoke it
	}
	return a.store.Revoked(ctx, a.tags.of(c.Issuer, c.Subject), c.SessionID, c.JWTID)
}

// issuedBefore reports whether a token without a generation may have been issued
// before the subject's was raised, which is a time in microseconds. The minute is
// for clocks that differ, and iat has whole seconds.
func issuedBefore(c *ginjwt.Claims, generation int64) bool {
	return c.IssuedAt.IsZero() || !c.IssuedAt.After(time.UnixMicro(generation).Add(time.Minute))
}

// A Denylist revokes tokens of other issuers, for which there are no Sessions
// here. It is the Revoker of their Policy.
type Denylist struct {
	asker
	ttl time.Duration
}

// NewDenylist returns a Denylist in store, which Sessions may share. lifetime is
// the longest that the issuers' tokens live: so long a revocation is kept, and
// the longest Leeway and a minute more.
func NewDenylist(store Store, lifetime time.Duration) (*Denylist, error) {
	if store == nil || lifetime <= 0 {
		return nil, errors.New("sessions: NewDenylist: a store and a positive lifetime are needed")
	}
	return &Denylist{asker{store, newTags()}, lifetime + longestLeeway}, nil
}

// Revoke revokes the token of claims by its jti; without one, it is an error.
func (d *Denylist) Revoke(ctx context.Context, claims ginjwt.AnyClaims) error {
	c := claims.Registered()
	if c.JWTID == "" {
		return errors.New("sessions: Denylist: the token has no jti; RevokeSession or RevokeSubject may do")
	}
	return outage(ctx, d.store.Revoke(ctx, tagOf(c.Issuer, c.Subject), c.JWTID, d.ttl))
}

// RevokeSession revokes all tokens of a subject with the given sid, as a logout
// of OpenID Connect asks for.
func (d *Denylist) RevokeSession(ctx context.Context, issuer, subject, sid string) error {
	if sid == "" || subject == "" {
		return errors.New("sessions: Denylist: the subject and the sid are needed: what is known of a token is under its subject")
	}
	return outage(ctx, d.store.End(ctx, tagOf(issuer, subject), sid, d.ttl))
}

// RevokeSubject revokes all tokens of a subject that were issued up to a minute
// from now: iat has whole seconds, and clocks differ.
func (d *Denylist) RevokeSubject(ctx context.Context, issuer, subject string) error {
	if subject == "" {
		return errors.New("sessions: Denylist: empty subject")
	}
	return outage(ctx, d.store.EndAll(ctx, tagOf(issuer, subject), "", d.ttl))
}

// Revoked is for the Verifier.
func (d *Denylist) Revoked(ctx context.Context, c *ginjwt.Claims) (bool, error) {
	revoked, generation, err := d.ask(ctx, c)
	if err != nil || revoked || generation == 0 {
		return revoked, err
	}
	return issuedBefore(c, generation), nil
}
