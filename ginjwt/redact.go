package ginjwt

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
)

// redact takes the request's credentials out of the text of a user's error. It
// looks for the longest first, for a shorter one can be the beginning of it.
func redact(c *gin.Context, text string) string {
	if c.Request == nil {
		return text
	}
	found := secrets(c)
	if len(found) > maxSecrets {
		return redacted // an attack: to look for so many would take seconds
	}
	var forms []string // as they are, escaped as in URLs, and as %q prints them
	for _, secret := range found {
		quoted, ascii := strconv.Quote(secret), strconv.QuoteToASCII(secret)
		forms = append(forms, secret, url.QueryEscape(secret), quoted[1:len(quoted)-1], ascii[1:len(ascii)-1])
	}
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, form := range forms {
		if len(form) >= shortestSecret {
			pairs = append(pairs, form, redacted)
		}
	}
	return strings.NewReplacer(pairs...).Replace(text) // one pass, so that replacements are not looked at again
}

// maxSecrets is how many credentials of a request are looked for in a cause.
const maxSecrets = 64

// shortestSecret is the length below which a credential is not looked for: it
// would be found in ordinary words.
const shortestSecret = 4

const redacted = "[...]"

// secrets returns the request's credentials: the Authorization header as it is,
// without its scheme, and decoded if it is Basic; what is in the places of the
// schemes that guard the route; and what any scheme has found.
func secrets(c *gin.Context) (found []string) {
	for _, value := range c.Request.Header["Authorization"] {
		_, credentials, _ := strings.Cut(strings.TrimSpace(value), " ")
		credentials = strings.TrimSpace(credentials)
		found = append(found, value, credentials)
		if pair, ok := decodeBasic(credentials); ok {
			_, password, _ := strings.Cut(pair, ":")
			found = append(found, pair, password)
		}
	}
	_, schemes, _ := guarding(c)
	if s := slotOf(c); s != nil {
		nodes, texts := s.credentials()
		schemes, found = append(schemes, nodes...), append(found, texts...)
	}
	for _, n := range schemes {
		for _, p := range n.scheme.places {
			values, _ := p.values(c)
			found = append(found, values...)
			if p.in == inQuery && c.Request.URL != nil {
				found = append(found, rawQueryValues(c.Request.URL.RawQuery, p.name)...)
			}
		}
	}
	if o, ok := c.Request.Context().Value(offerKey{}).(*offer); ok {
		found = append(found, o.tokens()...)
	}
	return found
}
