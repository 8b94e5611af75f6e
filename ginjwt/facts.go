package ginjwt

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// facts are what events tell of a token. They are worked out when somebody
// observes, and are never a text that only the client has chosen.
type facts struct {
	issuer, algorithm, keyID string
	subject                  func() string
}

const unknown = "unknown"

// detail completes an event about the guard n.
func (r run) detail(ev *Event, n *node) {
	var names []string
	for _, s := range r.judged(n) {
		names = append(names, s.scheme.name)
	}
	ev.Scheme, ev.Ignored = strings.Join(names, " and "), ignored(r.c, n.schemes)
	if began := r.slot.settings.began; !began.IsZero() {
		ev.Duration = time.Since(began)
	}
	n.walk(func(below *node) {
		if below.facts == nil || ev.Issuer != "" {
			return
		}
		if e := r.slot.peek(below); e != nil {
			f := below.facts(r.slot, e)
			ev.Issuer, ev.Algorithm, ev.KeyID, ev.Cached, ev.subject = f.issuer, f.algorithm, f.keyID, e.cached, f.subject
		}
	})
}

// facts returns what is known of a token: the dependency that it came from, and
// what became of it.
func (t *typed[C, P]) facts(token, verified *entry) facts {
	f := facts{issuer: unknown, algorithm: unknown, keyID: unknown}
	if token == nil || token.failed {
		return facts{}
	}
	raw := *token.value.(*string)
	one := t
	if t.issuers != nil {
		iss, _ := issuerOf(raw, t.v.policy.MaxTokenBytes)
		if one = t.issuers[iss]; one == nil {
			return f
		}
	}
	if one.v.policy.Issuer != "" {
		f.issuer = one.v.policy.Issuer
	}
	if s, reason := split(raw, one.v.policy.MaxTokenBytes); reason == "" && one.v.introspector == nil {
		if h, reason := parseHeader(s.header); reason == "" {
			f.algorithm = string(h.alg)
			if authenticated(verified.err()) {
				f.keyID = h.kid
			}
		}
	}
	if !verified.failed {
		f.subject = func() string { return P(verified.value.(*C)).Registered().Subject }
	}
	return f
}

// authenticated reports whether a token was refused, if it was, for what comes
// after the signature.
func authenticated(err error) bool {
	var reason Reason
	if err == nil {
		return true
	}
	early := []Reason{
		ReasonTooLarge, ReasonMalformed, ReasonHeader, ReasonAlgorithm, ReasonType, ReasonKey, ReasonSignature, ReasonInactive,
	}
	return errors.As(err, &reason) && !slices.Contains(early, reason)
}

// ignored returns what was sent and is not looked at by schemes.
func ignored(c *gin.Context, schemes []*node) string {
	if c.Request == nil || len(schemes) == 0 {
		return ""
	}
	authorization := c.Request.Header["Authorization"]
	if len(authorization) != 1 || strings.TrimSpace(authorization[0]) == "" {
		return ""
	}
	for _, n := range schemes {
		for _, p := range n.scheme.places {
			if p.in != inHeader || p.name != "Authorization" {
				continue
			}
			if _, own := afterScheme(strings.Trim(authorization[0], " \t"), p.scheme); own {
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
