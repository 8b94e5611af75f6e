package ginjwt

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
)

// FromWebSocketProtocol lets the token come as a subprotocol of a WebSocket
// handshake, too, since a page's script can set no header there:
//
//	new WebSocket(url, ["bearer", token])
//
// with FromWebSocketProtocol("bearer"). What follows name in
// Sec-WebSocket-Protocol (RFC 6455 section 11.3.4) is the token. Once it is
// found, the later handlers' c.Request does not have it any more, so no library
// can select it as the subprotocol, which the server tells the client. Select
// name, or another that the client offers: browsers close a connection for
// which none of theirs was selected.
//
// A token elsewhere as well, but in a cookie, is 400.
func FromWebSocketProtocol(name string) SchemeOption {
	needToken("FromWebSocketProtocol", "subprotocol", name)
	return fromPlace("FromWebSocketProtocol", place{
		in: inSubprotocol, name: name,
		values: func(c *gin.Context) ([]string, bool) {
			tokens, _, ok := cutTokens(offeredSubprotocols(c.Request), name)
			return tokens, ok
		},
	})
}

// cutTokens returns what follows marker in the subprotocols, and those without
// it; ok is false if nothing follows.
func cutTokens(offered []string, marker string) (tokens, rest []string, ok bool) {
	for i := 0; i < len(offered); i++ {
		rest = append(rest, offered[i])
		if offered[i] != marker {
			continue
		}
		if i++; i == len(offered) {
			return nil, rest, false
		}
		tokens = append(tokens, offered[i])
	}
	return tokens, rest, true
}

const subprotocolHeader = "Sec-Websocket-Protocol" // as net/http spells it

// offeredSubprotocols returns those that the client offered, with the token.
func offeredSubprotocols(req *http.Request) []string {
	header := req.Header[subprotocolHeader]
	if len(header) == 0 {
		return nil
	}
	if o := offerOf(req); o != nil {
		return o.all
	}
	var all []string
	for one := range strings.SplitSeq(strings.Join(header, ","), ",") {
		if one = strings.Trim(one, " \t"); one != "" {
			all = append(all, one)
		}
	}
	return all
}

// offer is what a request offered, while its header shows less.
type offer struct {
	all    []string
	hidden []string // the markers whose tokens are not shown
	shown  []string // the header
}

type offerKey struct{}

// offerOf returns the offer of req, or nil if its header shows all of it. The
// context may be that of an outer request, from which req was made: the offer is
// req's own only if the header is the very one that hideToken put there.
func offerOf(req *http.Request) *offer {
	o, _ := req.Context().Value(offerKey{}).(*offer)
	if header := req.Header[subprotocolHeader]; o == nil || len(header) == 0 || &header[0] != &o.shown[0] {
		return nil
	}
	return o
}

// hideToken takes the token that p finds out of c.Request's header. The request
// is replaced, not changed, for others may be reading it.
func (p place) hideToken(c *gin.Context) {
	if len(c.Request.Header[subprotocolHeader]) == 0 {
		return
	}
	o := &offer{all: offeredSubprotocols(c.Request)}
	if before := offerOf(c.Request); before != nil {
		o.hidden = before.hidden
	}
	tokens, _, _ := cutTokens(o.all, p.name)
	if len(tokens) == 0 || slices.Contains(o.hidden, p.name) {
		return
	}
	o.hidden = append(slices.Clip(o.hidden), p.name)
	rest := o.all
	for _, marker := range o.hidden {
		_, rest, _ = cutTokens(rest, marker)
	}
	o.shown = []string{strings.Join(rest, ", ")}
	c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), offerKey{}, o))
	c.Request.Header = c.Request.Header.Clone()
	c.Request.Header[subprotocolHeader] = o.shown
}

// subprotocol returns the place of s that FromWebSocketProtocol added, or nil.
func (s *scheme) subprotocol() *place {
	i := slices.IndexFunc(s.places, func(p place) bool { return p.in == inSubprotocol })
	if i < 0 {
		return nil
	}
	return &s.places[i]
}
