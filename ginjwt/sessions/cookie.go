package sessions

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/internal/origins"
)

// Cookies says how tokens are sent as cookies, which a page's scripts cannot
// read. Routes then take the access token with ginjwt.FromCookie; its name is
// AccessName's.
//
// Both cookies are Secure, HttpOnly, SameSite=Lax and for this host alone, which
// the prefix __Host- makes the browser see to. The token endpoint, Logout and
// Revoke are then held to the service's own origin.
type Cookies struct {
	// TrustedOrigins are other origins of the same site whose pages may log in and
	// out, such as "https://app.example.com". A page of another site can do so by a
	// form only: browsers drop the cookies of its scripts' requests (SameSite).
	TrustedOrigins []string
	// InsecureLoopback is for development without TLS: on a loopback address the
	// cookies are not Secure, and their names are without __Host-.
	InsecureLoopback bool
}

const (
	accessCookie  = "access_token"
	refreshCookie = "refresh_token"
	hostPrefix    = "__Host-"
	maxCookie     = 4096 // bytes of name, value and attributes; browsers drop what is larger
)

// AccessName is the name of the access token's cookie.
func (k Cookies) AccessName() string { return k.name(accessCookie) }

// RefreshName is the name of the refresh token's cookie.
func (k Cookies) RefreshName() string { return k.name(refreshCookie) }

func (k Cookies) name(name string) string {
	if k.InsecureLoopback {
		return name
	}
	return hostPrefix + name
}

// protection returns the check of origins.
func (k Cookies) protection() (*http.CrossOriginProtection, error) {
	p := http.NewCrossOriginProtection()
	var faults []error
	for _, text := range k.TrustedOrigins {
		if err := origins.Trust(p, text); err != nil {
			faults = append(faults, fmt.Errorf("sessions: Cookies: TrustedOrigins: %w", err))
		}
	}
	return p, errors.Join(faults...)
}

// sameOrigin returns checkOrigin as a guard.
func (s *Sessions[D]) sameOrigin() *ginjwt.Dependency[struct{}] {
	return ginjwt.Provide(func(c *gin.Context) (struct{}, error) { return struct{}{}, s.checkOrigin(c) })
}

// checkOrigin checks, with Cookies, that a page of another origin does not act
// with the user's cookies, nor plants its own by a login of its own.
func (s *Sessions[D]) checkOrigin(c *gin.Context) error {
	c.Header("Cache-Control", "no-store")
	c.Header("Pragma", "no-cache")
	if s.protection == nil {
		return nil
	}
	if err := s.protection.Check(c.Request); err != nil {
		return &ginjwt.Error{Status: 403, Code: ginjwt.CodeCrossOrigin, Detail: "Cross-origin request refused", Err: err}
	}
	if s.cfg.Cookies.InsecureLoopback && !isLoopback(c.Request) {
		return errors.New("sessions: Cookies: InsecureLoopback is set, and the request came to another address than a loopback one")
	}
	return nil
}

// isLoopback reports whether the request came to a loopback address, as the
// connection says; the Host header is the client's word.
func isLoopback(req *http.Request) bool {
	addr, ok := req.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return false
	}
	host, _, err := net.SplitHostPort(addr.String())
	return err == nil && net.ParseIP(host).IsLoopback()
}

// cookie returns a cookie with a token. An empty value removes it.
func (k Cookies) cookie(name, value string, ttl time.Duration) *http.Cookie {
	c := &http.Cookie{ //nolint:gosec // not Secure only where its name says so, on loopback
		Name: name, Value: value, Path: "/", MaxAge: int(ttl / time.Second),
		Secure: !k.InsecureLoopback, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	if value == "" {
		c.MaxAge = -1
	}
	return c
}

// write answers a login or a refresh.
func (s *Sessions[D]) write(c *gin.Context, t issued) {
	k := s.cfg.Cookies
	if k == nil {
		ginjwt.WriteToken(c, t.Token)
		return
	}
	s.setCookies(c, t)
	body, err := json.Marshal(struct {
		TokenType string       `json:"token_type"`
		ExpiresIn int          `json:"expires_in"`
		Scope     ginjwt.Scope `json:"scope,omitzero"`
	}{t.TokenType, t.ExpiresIn, t.Scope})
	if err != nil {
		ginjwt.Abort(c, err)
		return
	}
	c.Header("Content-Type", "application/json")
	c.Data(http.StatusOK, "application/json", body)
}

func (s *Sessions[D]) setCookies(c *gin.Context, t issued) {
	k := s.cfg.Cookies
	http.SetCookie(c.Writer, k.cookie(k.AccessName(), t.AccessToken, time.Duration(t.ExpiresIn)*time.Second))
	http.SetCookie(c.Writer, k.cookie(k.RefreshName(), t.RefreshToken, t.refreshTTL))
}

// clearCookies takes both cookies off the browser.
func (s *Sessions[D]) clearCookies(c *gin.Context) {
	if k := s.cfg.Cookies; k != nil {
		http.SetCookie(c.Writer, k.cookie(k.AccessName(), "", 0))
		http.SetCookie(c.Writer, k.cookie(k.RefreshName(), "", 0))
	}
}

// fits returns an error if browsers would drop the cookie of the access token,
// which they do without telling anybody.
func (s *Sessions[D]) fits(t ginjwt.Token) error {
	k := s.cfg.Cookies
	if k == nil {
		return nil
	}
	if n := len(k.cookie(k.AccessName(), t.AccessToken, time.Duration(t.ExpiresIn)*time.Second).String()); n > maxCookie {
		return fmt.Errorf("sessions: the cookie of the access token has %d bytes, and browsers keep at most %d: put less into its claims", n, maxCookie)
	}
	return nil
}
