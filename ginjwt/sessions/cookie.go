package sessions

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"

	"github.com/ginjwt/gin-depends/ginjwt"
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

func (k Cookies) check() error {
	_, err := k.protection()
	return err
}

func (k Cookies) protection() (*http.CrossOriginProtection, error) {
	p := http.NewCrossOriginProtection()
	var faults []error
	for _, origin := range k.TrustedOrigins {
		if err := p.AddTrustedOrigin(origin); err != nil {
			faults = append(faults, fmt.Errorf("sessions: Cookies: TrustedOrigins: %w", err))
		}
	}
	return p, errors.Join(faults...)
}

// sameOrigin returns the check that a page of another origin does not act with
// the user's cookies, nor plants its own by a login of its own.
func (s *Sessions[D]) sameOrigin() *ginjwt.Dependency[struct{}] {
	var protection *http.CrossOriginProtection
	if s.cfg.Cookies != nil {
		protection, _ = s.cfg.Cookies.protection() // checked by New
	}
	return ginjwt.Provide(func(c *gin.Context) (struct{}, error) {
		c.Header("Cache-Control", "no-store")
		c.Header("Pragma", "no-cache")
		if protection == nil {
			return struct{}{}, nil
		}
		if err := protection.Check(c.Request); err != nil {
			return struct{}{}, &ginjwt.Error{Status: 403, Code: ginjwt.CodeCrossOrigin, Detail: "Cross-origin request refused", Err: err}
		}
		if s.cfg.Cookies.InsecureLoopback && !isLoopback(c.Request) {
			return struct{}{}, errors.New("sessions: Cookies: InsecureLoopback is set, and the request came to another address than a loopback one")
		}
		return struct{}{}, nil
	})
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

// cookie returns a cookie of the tokens; an empty value takes it off.
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
	http.SetCookie(c.Writer, k.cookie(k.AccessName(), t.AccessToken, time.Duration(t.ExpiresIn)*time.Second))
	http.SetCookie(c.Writer, k.cookie(k.RefreshName(), t.RefreshToken, t.refreshTTL))
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

// clearCookies takes both cookies off the browser.
func (s *Sessions[D]) clearCookies(c *gin.Context) {
	if k := s.cfg.Cookies; k != nil {
		http.SetCookie(c.Writer, k.cookie(k.AccessName(), "", 0))
		http.SetCookie(c.Writer, k.cookie(k.RefreshName(), "", 0))
	}
}

// fits refuses an access token that a browser would drop without a word.
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

// presented returns the refresh token of a request; given is false if it is
// none of ours by its form.
func (s *Sessions[D]) presented(c *gin.Context, form url.Values) (t refreshToken, given bool, err error) {
	text := form.Get("refresh_token")
	if k := s.cfg.Cookies; k != nil {
		cookies := c.Request.CookiesNamed(k.RefreshName())
		if len(cookies)+len(form["refresh_token"]) > 1 {
			return t, false, ginjwt.InvalidRequest("More than one refresh token")
		}
		if len(cookies) == 1 {
			text = cookies[0].Value
		}
	}
	if text == "" {
		return t, false, ginjwt.InvalidRequest("Missing refresh token")
	}
	t, given = parseRefreshToken(text)
	return t, given, nil
}
