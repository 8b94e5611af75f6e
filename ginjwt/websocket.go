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
// Sec-WebSocket-Protocol (RFC 6455 section 11.3.4) is the token. Behind a guard,
// c.Request does not show it any more, so no library can select it as the
// subprotocol, which the server tells the client. Select name, or another that
// the client offers: browsers close a connection for which none of theirs was
// selected.
//
// A token elsewhere as well, but in a cookie, is 400.
func FromWebSocketProtocol(name string) SchemeOption {
	needToken("FromWebSocketProtocol", "subprotocol", name)
	return fromPlace("FromWebSocketProtocol", place{
		in: inSubprotocol, name: name,
		values: func(c *gin.Context) ([]string, bool) {
			return tokensAfter(offeredSubprotocols(c.Request), name)
		},
	})
}

// tokensAfter returns what follows each marker in the subprotocols offered, and
// false if nothing follows one of them.
func tokensAfter(offered []string, marker string) (tokens []string, ok bool) {
	for i := 0; i < len(offered); i++ {
		if offered[i] != marker {
			continue
		}
		if i++; i == len(offered) {
			return nil, false
		}
		tokens = append(tokens, offered[i])
	}
	return tokens, true
}

const subprotocolHeader = "Sec-Websocket-Protocol" // as net/http spells it

// offeredSubprotocols returns all that the client offered, the tokens that
// hideToken has taken out of the header included.
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

// offer is what a request offered, kept in its context while its header shows less.
type offer struct {
	all    []string
	hidden []string // the markers whose tokens were taken out
	shown  []string // the header as it is now
}

type offerKey struct{}

// offerOf returns the offer of req, or nil if its header shows all of it. req may
// have been made by the user with the context of another request; an offer there
// is req's own only if req has the very header that hideToken made.
func offerOf(req *http.Request) *offer {
	o, _ := req.Context().Value(offerKey{}).(*offer)
	if header := req.Header[subprotocolHeader]; o == nil || len(header) == 0 || &header[0] != &o.shown[0] {
		return nil
	}
	return o
}

// withoutTokens returns what was offered, without the tokens wherever they stand.
func (o *offer) withoutTokens() []string {
	secret := o.tokens()
	return slices.DeleteFunc(slices.Clone(o.all), func(one string) bool { return slices.Contains(secret, one) })
}

// tokens returns the tokens that were taken out of the header.
func (o *offer) tokens() (tokens []string) {
	for _, marker := range o.hidden {
		found, _ := tokensAfter(o.all, marker)
		tokens = append(tokens, found...)
	}
	return tokens
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
	tokens, _ := tokensAfter(o.all, p.name)
	if len(tokens) == 0 || slices.Contains(o.hidden, p.name) {
		return
	}
	o.hidden = append(slices.Clip(o.hidden), p.name)
	o.shown = []string{strings.Join(o.withoutTokens(), ", ")}
	c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), offerKey{}, o))
	c.Request.Header = c.Request.Header.Clone()
	c.Request.Header[subprotocolHeader] = o.shown
}
