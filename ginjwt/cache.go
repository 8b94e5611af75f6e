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
	tokens *otter.Cache[string, any] // the values are *cached[C]; with that type here, otter would be compiled once for each C
	shared bool                      // one *C can be given to all requests, for nothing in it can be changed
	clone  func(*C) *C               // nil if C has no Clone method
}

// cached is a token that was accepted.
type cached[C any] struct {
	claims    *C
	authentic // the payload is nil unless each request has to decode it again
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
		Executor:    func(fn func()) { fn() }, // by default, otter starts a goroutine for each task, which costs more than the task
	})
}

// find returns what is known of token, or nil.
func (c *cache[C]) find(token string) *cached[C] {
	if c == nil {
		return nil
	}
	v, _ := c.tokens.GetIfPresent(token)
	known, _ := v.(*cached[C])
	return known
}

// add remembers an accepted token. The request that it came with has the same
// claims, and its functions may change what those refer to: a slice, a map. (The
// registered claims refer to nothing that can be changed.) So unless C is flat,
// later requests do not get these claims, but a clone or what the payload says.
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

// drop forgets a token that is not accepted any more.
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
