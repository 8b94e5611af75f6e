package ginjwt

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// A shared HTTP cache, such as a CDN, keeps no response to a request with an
// Authorization header unless that allows it (RFC 9111 section 3.5). It does not
// know that a cookie, another header or a query holds credentials, and would give
// one user's response to another. This file tells it.

// unknownToCaches returns the places below nodes where caches expect no credentials.
func unknownToCaches(nodes []*node) (places []place) {
	for _, n := range nodes {
		for _, s := range n.schemes {
			for _, p := range s.scheme.places {
				if p.in != inHeader || p.name != "Authorization" {
					places = append(places, p)
				}
			}
		}
	}
	return places
}

// forbidSharing tells caches that the response depends on what is in places and,
// if there is something, that it is for this client only.
func forbidSharing(c *gin.Context, places []place) {
	if c.Request == nil {
		return
	}
	header := c.Writer.Header()
	for _, p := range places {
		switch p.in {
		case inHeader:
			addVary(header, p.name)
		case inCookie:
			addVary(header, "Cookie")
		case inSubprotocol:
			p.hideToken(c) // even if the scheme is never asked, as one that an AnyOf does not choose
		}
		if values, ok := p.values(c); len(values) > 0 || !ok {
			setPrivate(header)
		}
	}
}

// addVary adds name to Vary (RFC 9110 section 12.5.5), unless that has it.
func addVary(header http.Header, name string) {
	for _, value := range header["Vary"] {
		for one := range strings.SplitSeq(value, ",") {
			if one = strings.TrimSpace(one); one == "*" || strings.EqualFold(one, name) {
				return
			}
		}
	}
	header.Add("Vary", name)
}

// setPrivate keeps the response out of shared caches (RFC 9111 section 5.2.2.7).
// Of a Cache-Control that middleware has set, it keeps what does not contradict
// that, such as max-age for the client's own cache.
func setPrivate(header http.Header) {
	said := strings.Join(header["Cache-Control"], ",")
	kept := []string{}
	for directive := range strings.SplitSeq(said, ",") {
		directive = strings.TrimSpace(directive)
		name, fields, _ := strings.Cut(strings.ToLower(directive), "=")
		switch name {
		case "no-store":
			return
		case "private":
			if fields == "" {
				return
			}
		case "", "public", "s-maxage", "proxy-revalidate":
		default:
			kept = append(kept, directive)
		}
	}
	header.Set("Cache-Control", strings.Join(append(kept, "private"), ", "))
}
