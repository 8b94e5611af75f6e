// Package origins writes web origins as browsers do, for the checks of requests that
// a page of another origin may have made.
package origins

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Trust makes p allow requests of origin, however that is written: the Origin header
// that it is compared with has the scheme and the host in lower case, no port that
// is the scheme's own, and the ASCII form of names in other alphabets (RFC 6454
// section 6.2). An origin that no browser could send is an error.
func Trust(p *http.CrossOriginProtection, origin string) error {
	text := strings.ToLower(origin)
	u, err := url.Parse(text)
	if err != nil {
		return p.AddTrustedOrigin(origin) // whose error says it better
	}
	if u.User != nil || u.ForceQuery || strings.HasSuffix(text, "#") {
		return fmt.Errorf("invalid origin %q: only a scheme, a host and a port are allowed", origin)
	}
	for _, r := range u.Host {
		if r > 0x7f {
			return fmt.Errorf("invalid origin %q: write the host as browsers send it, in ASCII (xn--...)", origin)
		}
	}
	if u.Scheme == "https" && u.Port() == "443" || u.Scheme == "http" && u.Port() == "80" {
		text = strings.TrimSuffix(text, ":"+u.Port())
	}
	return p.AddTrustedOrigin(strings.TrimSuffix(text, ":"))
}
