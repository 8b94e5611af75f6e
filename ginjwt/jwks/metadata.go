package jwks

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// metadataAge is how long an issuer's metadata is used.
const metadataAge = time.Hour

// metadata finds an issuer's key set.
type metadata struct {
	issuer   string
	urls     []string // where the metadata can be; the one that answered last is asked first
	keySet   string   // "" if it is not known, or may have changed
	obtained time.Time
}

// wellKnown returns the URLs at which the metadata of issuer can be: OpenID
// Connect Discovery section 4.1 appends to the issuer's path, RFC 8414 section 3
// puts it before that.
func wellKnown(issuer string) ([]string, error) {
	u, err := url.Parse(issuer)
	if err != nil || u.RawQuery != "" || u.ForceQuery { // RFC 8414 section 2
		return nil, errors.New("an issuer is a URL without a query")
	}
	const oidc, oauth = "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"
	root, path := u.Scheme+"://"+u.Host, strings.TrimSuffix(u.EscapedPath(), "/")
	return []string{root + path + oidc, root + oauth + path}, nil
}

// locate returns the URL of the key set. A provider that does not call itself
// by the issuer's very name is not that issuer (RFC 8414 section 3.3).
func (m *metadata) locate(ctx context.Context, cfg *config) (string, error) {
	if m.keySet != "" && !elapsed(m.obtained, cfg.now(), metadataAge) {
		return m.keySet, nil
	}
	var faults error
	for i, url := range m.urls {
		keySet, err := m.read(ctx, cfg, url)
		if err == nil {
			m.urls[0], m.urls[i] = m.urls[i], m.urls[0]
			m.keySet, m.obtained = keySet, cfg.now()
			return keySet, nil
		}
		if err = fmt.Errorf("%s: %w", url, err); faults == nil {
			faults = err
		} else {
			faults = fmt.Errorf("%w; %w", faults, err) // on one line of a log
		}
	}
	return "", faults
}

// forget makes the next locate read the metadata: the key set may have moved.
func (m *metadata) forget() { m.keySet = "" }

func (m *metadata) read(ctx context.Context, cfg *config, url string) (string, error) {
	var doc struct {
		Issuer string `json:"issuer"`
		KeySet string `json:"jwks_uri"`
	}
	a, err := cfg.get(ctx, url)
	if err != nil {
		return "", err
	}
	if err := decode(a.body, &doc); err != nil {
		return "", err
	}
	if doc.Issuer != m.issuer {
		return "", fmt.Errorf("the provider calls itself %.200q, not %q: configure the issuer exactly so if it is the one you mean", doc.Issuer, m.issuer)
	}
	if err := cfg.checkURL(doc.KeySet); err != nil {
		return "", fmt.Errorf("jwks_uri: %w", err)
	}
	return doc.KeySet, nil
}
