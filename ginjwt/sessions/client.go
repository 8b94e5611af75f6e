package sessions

import (
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// client returns the client_id of a request to the token endpoint or one beside
// it, and authenticates it where clients have secrets (RFC 6749 section 2.3).
func (s *Sessions[D]) client(c *gin.Context, form url.Values) (string, error) {
	id, secret, basic, err := basicClient(c)
	switch {
	case err != nil:
		return "", err
	case basic && (form.Get("client_secret") != "" || form.Get("client_id") != "" && form.Get("client_id") != id):
		return "", ginjwt.InvalidRequest("The client is named in the header and in the form")
	case !basic:
		id, secret = form.Get("client_id"), form.Get("client_secret")
		if !isClientText(id) || !isClientText(secret) {
			return "", ginjwt.InvalidRequest("Malformed client_id or client_secret")
		}
	}
	if s.cfg.Client == nil {
		return id, nil
	}
	known := false
	if id != "" {
		if known, err = s.cfg.Client(c.Request.Context(), id, secret); err != nil {
			return "", outage(c.Request.Context(), err)
		}
	}
	if !known {
		return "", ginjwt.InvalidClient("Client authentication failed")
	}
	return id, nil
}

// basicClient returns the client of an Authorization header with HTTP Basic, in
// which both parts are form-encoded first (RFC 6749 section 2.3.1). It reports
// false if both are empty, too: Swagger UI sends that for a public client.
func basicClient(c *gin.Context) (id, secret string, basic bool, err error) {
	values := c.Request.Header["Authorization"]
	if len(values) > 1 {
		return "", "", false, ginjwt.InvalidRequest("More than one Authorization header")
	}
	if len(values) == 0 {
		return "", "", false, nil
	}
	scheme, encoded, _ := strings.Cut(strings.TrimSpace(values[0]), " ")
	if !strings.EqualFold(scheme, "Basic") {
		return "", "", false, nil
	}
	b, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(encoded))
	name, password, colon := strings.Cut(string(b), ":")
	id, idErr := url.QueryUnescape(name)
	secret, secretErr := url.QueryUnescape(password)
	if err := errors.Join(err, idErr, secretErr); err != nil || !colon || !isClientText(id) || !isClientText(secret) {
		return "", "", false, ginjwt.InvalidClient("Malformed client credentials")
	}
	return id, secret, id != "" || secret != "", nil
}

// isClientText reports whether s can be a client's name or secret: at most 256
// bytes of UTF-8 without control characters.
func isClientText(s string) bool {
	return len(s) <= 256 && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}
