package ginjwt

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/maypok86/otter/v2"
)

// cache holds accepted tokens with their claims. It is keyed by the whole
// token, so no two can be taken for each other, and bounded; its admission
// policy keeps a flood of tokens that are seen once from driving out those
// that are seen again. A nil cache is one that is switched off.
type cache[C any] struct {
	tokens *otter.Cache[string, any] // of *cached[C]: otter would be compiled anew for each C
	shared bool                      // C can be handed out as it is
	clone  func(*C) *C               // nil if C has no Clone method
}

// cached is a token that was accepted. It is good as long as its key is in use.
type cached[C any] struct {
	claims    *C
	authentic // the payload only if the claims are decoded anew for each request
}

// cloner is a claims type that can copy itself, deeply.
type cloner[C any] interface{ Clone() C }

func newCache[C any](size int, sh *shape) *cache[C] {
	if size == 0 {
		return nil
	}
	c := &cache[C]{tokens: newTokens(size), shared: sh.flat}
	if _, ok := any((*C)(nil)).(cloner[C]); ok && !sh.flat {
		c.clone = func(claims *C) *C {
			cp := any(claims).(cloner[C]).Clone()
			return &cp
		}
	}
	return c
}

func newTokens(size int) *otter.Cache[string, any] {
	return otter.Must(&otter.Options[string, any]{
		MaximumSize: size,
		Executor:    func(fn func()) { fn() }, // a goroutine each costs more than what it would do
	})
}

func (c *cache[C]) find(token string) *cached[C] {
	if c == nil {
		return nil
	}
	v, _ := c.tokens.GetIfPresent(token)
	known, _ := v.(*cached[C])
	return known
}

// add remembers an accepted token. claims has gone to a request, which can
// change what they refer to, though not the registered claims. So unless they
// refer to nothing, later requests get theirs from a clone or from the payload.
func (c *cache[C]) add(token string, claims *C, a authentic) {
	if c == nil {
		return
	}
	known := &cached[C]{claims, a}
	switch {
	case c.shared:
		known.payload = nil
	case c.clone != nil:
		known.claims, known.payload = c.clone(claims), nil
	}
	c.tokens.Set(strings.Clone(token), known) // the token may be a part of all the request's headers
}

func (c *cache[C]) drop(token string) { c.tokens.Invalidate(token) }

// copyOf returns claims that no other request can change.
func (c *cache[C]) copyOf(known *cached[C]) (*C, error) {
	switch {
	case c.shared:
		return known.claims, nil
	case c.clone != nil:
		return c.clone(known.claims), nil
	}
	claims := new(C)
	if json.Unmarshal(known.payload, claims) != nil {
		return nil, refused(ReasonClaims)
	}
	return claims, nil
}
