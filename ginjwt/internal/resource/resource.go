// Package resource is what a protected resource's challenges and the server of
// its metadata must agree on (RFC 9728).
package resource

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Fault returns what is wrong with a URL that clients are sent to, or "". It must
// be https, or http on this machine, and without a password or a fragment.
func Fault(text string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil || strings.ContainsFunc(text, strange):
		return "that is no URL, or has characters that a URL must encode" // it may hold a password
	case u.User != nil:
		return "a URL that all clients see must hold no password"
	case u.Hostname() == "" || strings.Contains(text, "#"):
		return strconv.Quote(text) + " is no absolute URL without a fragment"
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())):
		return strconv.Quote(text) + " is not https://"
	}
	return ""
}

// strange reports whether r can be in no URL (RFC 3986 section 2).
func strange(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"<>\\^`{|}", r) }

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// MetadataURL returns where the metadata of a resource are: its identifier, which
// has no query, with a part before the path (RFC 9728 section 3.1).
func MetadataURL(identifier string) string {
	scheme, rest, _ := strings.Cut(identifier, "://")
	host, path, _ := strings.Cut(rest, "/")
	url := scheme + "://" + host + WellKnown
	if path != "" {
		url += "/" + path
	}
	return url
}

// WellKnown is what the path of a resource's metadata begins with.
const WellKnown = "/.well-known/oauth-protected-resource"
