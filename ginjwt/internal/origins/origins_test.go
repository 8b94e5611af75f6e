package origins

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTrustWritesOriginsAsBrowsersDo(t *testing.T) {
	t.Parallel()
	for rule, tc := range map[string]struct{ given, sent string }{
		"as it is sent":              {"https://app.example.com", "https://app.example.com"},
		"upper case":                 {"HTTPS://App.Example.COM", "https://app.example.com"},
		"https has 443":              {"https://app.example.com:443", "https://app.example.com"},
		"http has 80":                {"http://app.example.com:80", "http://app.example.com"},
		"another port":               {"https://app.example.com:8443", "https://app.example.com:8443"},
		"the other scheme's port":    {"http://app.example.com:443", "http://app.example.com:443"},
		"a port that is left empty":  {"https://app.example.com:", "https://app.example.com"},
		"IPv6":                       {"https://[2001:DB8::1]:443", "https://[2001:db8::1]"},
		"IPv6 without a port":        {"https://[::1]", "https://[::1]"},
		"another alphabet, in ASCII": {"https://XN--Bcher-kva.example", "https://xn--bcher-kva.example"},
		"an app's own scheme":        {"capacitor://localhost", "capacitor://localhost"},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			p := http.NewCrossOriginProtection()
			require.NoError(t, Trust(p, tc.given))
			assert.NoError(t, p.Check(requestFrom(tc.sent)))
			assert.Error(t, p.Check(requestFrom(tc.sent+"0")), "another is let through")
		})
	}
}

func requestFrom(origin string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "https://api.example.com/", nil)
	r.Header.Set("Origin", origin)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	return r
}

func TestTrustRefusesWhatNoBrowserSends(t *testing.T) {
	t.Parallel()
	for rule, tc := range map[string]struct{ given, says string }{
		"no origin":        {"", `invalid origin "": scheme is required`},
		"every origin":     {"*", "scheme is required"},
		"the null origin":  {"null", "scheme is required"},
		"no scheme":        {"app.example.com", "scheme is required"},
		"no host":          {"https://", "host is required"},
		"a path":           {"https://app.example.com/", "are not allowed"},
		"an empty query":   {"https://app.example.com?", "only a scheme, a host and a port are allowed"},
		"an empty anchor":  {"https://app.example.com#", "only a scheme, a host and a port are allowed"},
		"a user":           {"https://me@app.example.com", "only a scheme, a host and a port are allowed"},
		"not ASCII":        {"https://bücher.example", "in ASCII (xn--...)"},
		"not to be parsed": {"https://App.example.com:port", `invalid origin "https://App.example.com:port"`},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			p := http.NewCrossOriginProtection()
			assert.ErrorContains(t, Trust(p, tc.given), tc.says)
			assert.Error(t, p.Check(requestFrom(tc.given+" ")))
		})
	}
}
