package jwks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

const (
	maxBody      = 1 << 20
	maxRedirects = 3
)

// defaultClient returns the client that is used without HTTPClient. It keeps no
// idle connections to fetch keys, for the next fetch is a quarter of an hour away.
func defaultClient(use use) *http.Client {
	t := http.DefaultTransport
	if own, ok := t.(*http.Transport); ok {
		own = own.Clone()
		own.DisableKeepAlives = use == forKeys
		own.MaxIdleConnsPerHost = maxQuestions
		own.MaxResponseHeaderBytes = 64 << 10
		t = own
	}
	return &http.Client{Transport: t}
}

// restrained returns a copy of client that follows few redirects, and none to
// another host or scheme: the provider vouches for its own keys only.
func restrained(client *http.Client) *http.Client {
	own := *client
	own.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		first := via[0].URL
		switch {
		case len(via) > maxRedirects:
			return fmt.Errorf("more than %d redirects", maxRedirects)
		case req.URL.Scheme != first.Scheme || req.URL.Host != first.Host:
			return errors.New("a redirect to another host or scheme")
		case req.Method != via[0].Method: // a POST became a GET, without its body (RFC 9110 section 15.4)
			return errors.New("a redirect that loses the question")
		case client.CheckRedirect != nil:
			return client.CheckRedirect(req, via)
		}
		return nil
	}
	return &own
}

// isLoopback reports whether host is this machine.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// answer is what a provider said.
type answer struct {
	body   []byte
	header http.Header
}

// ask sends req and returns the answer, if it is 200 and of at most 1 MiB.
func (c *config) ask(req *http.Request) (answer, error) {
	res, err := c.client.Do(req)
	if err != nil {
		return answer{}, plain(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return answer{}, statusError{res.StatusCode, errorCode(res.Body)}
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	switch {
	case err != nil:
		return answer{}, fmt.Errorf("the answer breaks off: %w", plain(err))
	case len(body) > maxBody:
		return answer{}, fmt.Errorf("the answer has more than %d bytes", maxBody)
	}
	return answer{body, res.Header}, nil
}

// statusError is an answer that is not 200. Its code is the "error" in the body,
// as RFC 6749 section 5.2 has it, or "".
type statusError struct {
	status int
	code   string
}

// maxRefusal is how much is read of an answer that is not 200.
const maxRefusal = 4 << 10

func errorCode(body io.Reader) string {
	var refusal struct {
		Code string `json:"error"`
	}
	text, err := io.ReadAll(io.LimitReader(body, maxRefusal))
	if err != nil || decode(text, &refusal) != nil {
		return ""
	}
	return refusal.Code
}

func (e statusError) Error() string { return fmt.Sprintf("the answer has status %d", e.status) }

// plain returns err without the URL, which is told beside it, and without a text
// of the provider's.
func plain(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if strings.Contains(err.Error(), "Location header") {
		return errors.New("a redirect to what is no URL") // net/http quotes it
	}
	return err
}

// cut returns err with no more than maxErrorText of its text.
func cut(err error) error {
	if err != nil && len(err.Error()) > maxErrorText {
		return longError{err}
	}
	return err
}

// maxErrorText is how much of an error's text is told.
const maxErrorText = 200

// longError is an error whose text is cut.
type longError struct{ error }

func (e longError) Error() string { return e.error.Error()[:maxErrorText] + "..." }
func (e longError) Unwrap() error { return e.error }

// get asks for the JSON at url.
func (c *config) get(ctx context.Context, url string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Accept", "application/json, application/jwk-set+json")
	a, err := c.ask(req)
	return a, cut(err)
}

// decode decodes a JSON object, in which no member is repeated.
func decode(body []byte, into any) error {
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != '{' {
		return errors.New("the answer is no JSON object")
	}
	if json.Unmarshal(body, into) != nil { // the decoder's text may quote the body
		return errors.New("the answer is malformed")
	}
	return nil
}

// maxAge returns how long an answer may be kept by its Cache-Control (RFC 9111
// section 5.2.2), and false if that does not say. Of several, the shortest holds.
func maxAge(h http.Header) (age time.Duration, told bool) {
	for directive := range strings.SplitSeq(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(directive)), "=")
		var seconds uint64
		switch name {
		case "no-store", "no-cache":
		case "max-age":
			var err error
			if seconds, err = strconv.ParseUint(strings.Trim(value, `"`), 10, 31); err != nil {
				continue
			}
		default:
			continue
		}
		if one := time.Duration(seconds) * time.Second; !told || one < age {
			age, told = one, true
		}
	}
	return age, told
}
