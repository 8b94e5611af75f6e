package ginjwt

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"

	"github.com/ginjwt/gin-depends/ginjwt/internal/describe"
)

// maxFormBytes limits the body of a login.
const maxFormBytes = 16 << 10

// OAuth2PasswordRequestForm is what a client posts to a token endpoint (RFC
// 6749 section 4.3.2). The names are FastAPI's.
type OAuth2PasswordRequestForm struct {
	// GrantType is "password", or empty where PasswordForm lets it be missing.
	GrantType string
	// Username and Password are not empty, valid UTF-8, and without control
	// characters other than a tab (RFC 6749 appendix A).
	Username, Password string
	// Scopes are those asked for, each once. Grant what the user may have, not
	// what is asked for; if nothing is left of it, answer InvalidScope.
	Scopes []string
	// ClientID and ClientSecret are empty unless they were in the form. They
	// are not checked.
	ClientID, ClientSecret string
}

// Format prints the user name and the scopes only, whatever the verb.
func (f OAuth2PasswordRequestForm) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "%q:%s %q", f.Username, redacted, f.Scopes)
}

// MarshalJSON is what Format prints, as a string: loggers marshal what they are
// given.
func (f OAuth2PasswordRequestForm) MarshalJSON() ([]byte, error) {
	return json.Marshal(fmt.Sprint(f))
}

// LogValue is what Format prints.
func (f OAuth2PasswordRequestForm) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(f)) }

// PasswordForm returns the login form as a dependency. grant_type may be
// missing, as in FastAPI's OAuth2PasswordRequestForm.
//
// The method must be POST, the body application/x-www-form-urlencoded and at
// most 16 KiB (a form that an earlier handler parsed is taken as it is). An
// empty field counts as missing and an unknown one is ignored (RFC 6749 section
// 3.2); a repeated field is refused. Refusals are those of RFC 6749 section
// 5.2, and every answer from there on gets "Cache-Control: no-store". What else
// the route depends on and needs credentials for is worked out first: nothing
// of the body is read for a client that is refused anyway.
func PasswordForm() *Dependency[OAuth2PasswordRequestForm] {
	return passwordForm("PasswordForm", false)
}

// PasswordFormStrict is PasswordForm that wants grant_type=password, as RFC
// 6749 section 4.3.2 does.
func PasswordFormStrict() *Dependency[OAuth2PasswordRequestForm] {
	return passwordForm("PasswordFormStrict", true)
}

func passwordForm(name string, strict bool) *Dependency[OAuth2PasswordRequestForm] {
	return formDependency(name, func(values url.Values) (OAuth2PasswordRequestForm, error) {
		return newPasswordForm(values, strict)
	})
}

// TokenForm returns what a client posts to a token endpoint as a dependency,
// whatever the grant: for grants other than the password's. It is read and
// refused as by PasswordForm, which says more; of what is in it, only the form
// of the values is judged: UTF-8 and one for each name that RFC 6749 knows.
func TokenForm() *Dependency[url.Values] {
	return formDependency("TokenForm", func(values url.Values) (url.Values, error) {
		for _, name := range tokenFields {
			if len(values[name]) > 1 {
				return nil, InvalidRequest("Repeated form field: " + name)
			}
			if !utf8.ValidString(values.Get(name)) {
				return nil, InvalidRequest("Form field is not UTF-8: " + name)
			}
		}
		return values, nil
	})
}

// tokenFields are the parameters of RFC 6749, 7009 and 7662 that are posted.
var tokenFields = []string{
	"grant_type", "username", "password", "scope", "client_id", "client_secret",
	"refresh_token", "code", "redirect_uri", "token", "token_type_hint",
}

// formDependency returns a dependency on what read makes of the posted form.
func formDependency[T any](name string, read func(url.Values) (T, error)) *Dependency[T] {
	form := newDependency(name, nil, func(r run, _ *entry) (*T, error) {
		if r.c != r.slot.origin {
			return nil, errFormElsewhere
		}
		noStore(r.c)
		if r.c.Request.Method != http.MethodPost {
			return nil, &Error{
				Status: 405, Code: CodeInvalidRequest, Detail: "A token is asked for with POST", tokenEndpoint: true,
				Header: http.Header{"Allow": {http.MethodPost}},
			}
		}
		values, err := postedForm(r.c)
		if err != nil {
			return nil, err
		}
		return result(read(values))
	})
	form.body, form.form = true, describe.Form(name)
	return form
}

var errFormElsewhere = errors.New("ginjwt: the login form can be read in the request's own handlers only: not with a copied context")

// postedForm reads the request's form. It leaves it in Request.PostForm, where
// later handlers find it, and where an earlier one may have put it.
func postedForm(c *gin.Context) (url.Values, error) {
	mediaType, _, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	if err != nil || mediaType != "application/x-www-form-urlencoded" {
		return nil, InvalidRequest("The request body must be application/x-www-form-urlencoded")
	}
	if c.Request.PostForm != nil { // read before, and the body is gone
		return c.Request.PostForm, nil
	}
	body, err := readBody(c)
	if err != nil {
		return nil, err
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, InvalidRequest("Malformed form")
	}
	c.Request.PostForm = values
	return values, nil
}

// readBody reads the request's body, up to maxFormBytes.
func readBody(c *gin.Context) ([]byte, error) {
	if c.Request.Body == nil {
		return nil, nil
	}
	tooLarge := &Error{
		Status: 413, Code: CodeInvalidRequest, Detail: "The request body is too large", tokenEndpoint: true,
		Header: http.Header{"Connection": {"close"}},
	}
	if c.Request.ContentLength > maxFormBytes {
		return nil, tooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(innermost(c.Writer), c.Request.Body, maxFormBytes))
	var limit *http.MaxBytesError
	switch {
	case errors.As(err, &limit):
		return nil, tooLarge
	case err != nil:
		return nil, InvalidRequest("The request body could not be read")
	}
	return body, nil
}

// innermost returns the server's own writer below w, which MaxBytesReader tells
// to close the connection.
func innermost(w http.ResponseWriter) http.ResponseWriter {
	for {
		outer, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return w
		}
		w = outer.Unwrap()
	}
}

// newPasswordForm checks the fields of a login form.
func newPasswordForm(values url.Values, strict bool) (form OAuth2PasswordRequestForm, err error) {
	scope := ""
	fields := []struct {
		name     string
		to       *string
		required bool
		text     bool // may hold no control characters; the others have a grammar of their own
	}{
		{"grant_type", &form.GrantType, strict, false},
		{"username", &form.Username, true, true},
		{"password", &form.Password, true, true},
		{"scope", &scope, false, false},
		{"client_id", &form.ClientID, false, true},
		{"client_secret", &form.ClientSecret, false, true},
	}
	for _, f := range fields {
		if len(values[f.name]) > 1 {
			return form, InvalidRequest("Repeated form field: " + f.name)
		}
		*f.to = values.Get(f.name)
		if !utf8.ValidString(*f.to) {
			return form, InvalidRequest("Form field is not UTF-8: " + f.name)
		}
		if f.text && strings.ContainsFunc(*f.to, isControlButTab) {
			return form, InvalidRequest("Form field has a control character: " + f.name)
		}
	}
	if form.GrantType != "" && form.GrantType != "password" {
		return form, UnsupportedGrantType("The grant type must be password")
	}
	for _, f := range fields {
		if f.required && *f.to == "" {
			return form, InvalidRequest("Missing form field: " + f.name)
		}
	}
	form.Scopes, err = requestedScopes(scope)
	return form, err
}

// requestedScopes returns the scopes of a scope parameter, each once.
func requestedScopes(scope string) ([]string, error) {
	var scopes []string
	seen := map[string]bool{"": true}
	for s := range strings.SplitSeq(scope, " ") {
		switch {
		case seen[s]:
		case !validScope(s):
			return nil, InvalidScope("Malformed scope")
		default:
			seen[s] = true
			scopes = append(scopes, s)
		}
	}
	return scopes, nil
}

// noStore forbids caches to keep the response (RFC 6749 section 5.1).
func noStore(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	c.Header("Pragma", "no-cache")
}
