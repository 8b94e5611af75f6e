package ginjwt

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt/internal/describe"
)

// tokenFacts are what events tell of a token. They are worked out only if somebody
// observes. A text that the client alone vouches for is replaced by unknown.
type tokenFacts struct {
	issuer, algorithm, keyID string
	subject                  func() string
}

const unknown = "unknown"

// fillEvent completes an event about the guard n.
func (r run) fillEvent(ev *Event, n *node) {
	var names []string
	judged := r.judged(n)
	for _, s := range judged {
		names = append(names, s.scheme.name)
	}
	ev.Scheme, ev.Ignored = strings.Join(names, " and "), r.ignored(n.schemes, judged)
	if s := r.slot.settings; s.observed() && !s.began.IsZero() {
		ev.Duration = time.Since(s.began)
	}
	if whose, e := r.token(n); e != nil {
		f := whose.facts(r.slot, e)
		ev.Issuer, ev.Algorithm, ev.KeyID, ev.Cached, ev.subject = f.issuer, f.algorithm, f.keyID, e.cached, f.subject
	}
}

// token returns the JWT dependency below the guard n and what became of its token.
// If there are several, it is the one whose token was refused, or the first.
func (r run) token(n *node) (whose *node, found *entry) {
	n.descend(func(n *node) []*node {
		if n.facts != nil {
			if e := r.slot.peek(n); e != nil && (found == nil || e.failed && !found.failed) {
				whose, found = n, e
			}
		}
		return r.taken(n)
	})
	return whose, found
}

// demanded returns the scopes that the guard n demands of this request.
func (r run) demanded(n *node) (scopes []string) {
	n.descend(func(n *node) []*node {
		scopes = describe.Union(scopes, n.scopes)
		return r.taken(n)
	})
	return scopes
}

// facts returns what events tell of a token. token is the entry of the scheme that
// found it, verified that of the JWT dependency.
func (t *typed[C, P]) facts(token, verified *entry) tokenFacts {
	if token == nil || token.failed {
		return tokenFacts{}
	}
	f := tokenFacts{issuer: unknown, algorithm: unknown, keyID: unknown}
	if !verified.failed {
		f.subject = func() string { return P(verified.value.(*C)).Registered().Subject }
	}
	raw := *token.value.(*string)
	one := t.judgeOf(raw, verified)
	if one == nil {
		return f
	}
	if one.v.policy.Issuer != "" {
		f.issuer = one.v.policy.Issuer
	}
	if h := one.v.headerOf(raw); h != nil && authenticated(verified.err()) {
		f.algorithm, f.keyID = string(h.alg), h.kid
	}
	return f
}

// judgeOf returns the part of t that judged a token: of a ByIssuer, the one of its
// issuer. It is nil if the token was refused before one was chosen.
func (t *typed[C, P]) judgeOf(raw string, verified *entry) *typed[C, P] {
	if t.issuers == nil {
		return t
	}
	if !verified.failed {
		return t.issuers[P(verified.value.(*C)).Registered().Issuer]
	}
	iss, reason := issuerOf(raw, t.v.policy.MaxTokenBytes)
	if reason != "" { // its iss is not known, which is not the same as none
		return nil
	}
	return t.issuers[iss]
}

// headerOf returns the header of a token, or nil if it has none.
func (v *Verifier) headerOf(token string) *header {
	s, reason := split(token, v.policy.MaxTokenBytes)
	if reason != "" || v.introspector != nil {
		return nil
	}
	if h := v.headers.find(s.header); h != nil {
		return h
	}
	h, _ := parseHeader(s.header)
	return h
}

// authenticated reports whether the signature of a token was found good. err is
// the error that the token was refused with afterwards, or before, or nil.
func authenticated(err error) bool {
	var reason Reason
	if err == nil || errors.As(err, new(afterSignature)) {
		return true
	}
	early := []Reason{
		ReasonTooLarge, ReasonMalformed, ReasonHeader, ReasonAlgorithm, ReasonType, ReasonKey, ReasonSignature, ReasonInactive,
	}
	return errors.As(err, &reason) && !slices.Contains(early, reason)
}

// ignored returns what else was sent, for Event.Ignored. schemes are those of the
// guard, judged those of them by whose credentials the request was judged.
func (r run) ignored(schemes, judged []*node) string {
	if r.c.Request == nil || len(schemes) == 0 {
		return ""
	}
	if said := ignoredBeside(r.c, schemes); said != "" {
		return said
	}
	for _, n := range schemes { // those of the alternatives that an AnyOf did not choose
		if !slices.Contains(judged, n) && r.sent(n.schemes) {
			return IgnoredOtherScheme
		}
	}
	return ""
}

// ignoredBeside is ignored as far as the Authorization header tells: it may be of a
// scheme that is none of schemes, or there may be a cookie beside it.
func ignoredBeside(c *gin.Context, schemes []*node) string {
	authorization := c.Request.Header["Authorization"]
	if len(authorization) != 1 || strings.TrimSpace(authorization[0]) == "" {
		return ""
	}
	for _, n := range schemes {
		for _, p := range n.scheme.places {
			if p.in != inHeader || p.name != "Authorization" {
				continue
			}
			if _, own := afterScheme(strings.Trim(authorization[0], " \t"), p.scheme); own || p.scheme == "" {
				if n.scheme.cookieSent(c) {
					return IgnoredCookie
				}
				return ""
			}
		}
	}
	return IgnoredOtherScheme
}

// cookieSent reports whether credentials for s came in a cookie, too.
func (s *scheme) cookieSent(c *gin.Context) bool {
	return slices.ContainsFunc(s.places, func(p place) bool {
		if p.in != inCookie {
			return false
		}
		values, ok := p.values(c)
		return len(values) > 0 || !ok
	})
}
