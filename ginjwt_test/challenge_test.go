package ginjwt_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// challenge is one challenge of a WWW-Authenticate header (RFC 9110 section 11.3).
type challenge struct {
	scheme string
	params map[string]string
}

var (
	challengeToken  = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+")
	challengeQuoted = regexp.MustCompile(`^"((?:[\t \x21\x23-\x5B\x5D-\x7E]|\\[\t \x21-\x7E])*)"`)
	challengeEscape = regexp.MustCompile(`\\(.)`)
	challengeComma  = regexp.MustCompile(`^[ \t]*,[ \t]*`)
	challengeParam  = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+=")
)

// parseChallenges is strict: what it takes, every client understands.
func parseChallenges(value string) (found []challenge, err error) {
	for {
		scheme := challengeToken.FindString(value)
		if scheme == "" {
			return nil, errors.New("no scheme at: " + value)
		}
		value = value[len(scheme):]
		c := challenge{scheme, map[string]string{}}
		if strings.HasPrefix(value, " ") {
			if value, err = c.readParams(value[1:]); err != nil {
				return nil, err
			}
		}
		found = append(found, c)
		if value == "" {
			return found, nil
		}
		comma := challengeComma.FindString(value)
		if comma == "" {
			return nil, errors.New("no comma at: " + value)
		}
		value = value[len(comma):]
	}
}

// readParams reads one parameter or more, and returns what follows them.
func (c *challenge) readParams(value string) (string, error) {
	for {
		name := challengeToken.FindString(value)
		if name == "" || !strings.HasPrefix(value[len(name):], "=") {
			return "", errors.New("no parameter at: " + value)
		}
		value = value[len(name)+1:]
		name = strings.ToLower(name)
		if _, twice := c.params[name]; twice {
			return "", errors.New(name + " is there twice")
		}
		if m := challengeQuoted.FindStringSubmatch(value); m != nil {
			c.params[name] = challengeEscape.ReplaceAllString(m[1], "$1")
			value = value[len(m[0]):]
		} else if t := challengeToken.FindString(value); t != "" {
			c.params[name] = t
			value = value[len(t):]
		} else {
			return "", errors.New("no value at: " + value)
		}
		comma := challengeComma.FindString(value)
		if comma == "" || !challengeParam.MatchString(value[len(comma):]) {
			return value, nil
		}
		value = value[len(comma):]
	}
}

// bearerOf returns the parameters of the only challenge in header, which must
// be one that RFC 6750 section 3 allows.
func bearerOf(t testing.TB, header http.Header) map[string]string {
	t.Helper()
	values := header.Values("WWW-Authenticate")
	require.Len(t, values, 1, "exactly one WWW-Authenticate header")
	found, err := parseChallenges(values[0])
	require.NoError(t, err, values[0])
	require.Len(t, found, 1, "exactly one challenge")
	require.Equal(t, "Bearer", found[0].scheme)
	require.NotEmpty(t, found[0].params, "at least one parameter")
	for name, legal := range map[string]string{
		"error":             `^[\x20-\x21\x23-\x5B\x5D-\x7E]+$`,
		"error_description": `^[\x20-\x21\x23-\x5B\x5D-\x7E]+$`,
		"scope":             `^[\x21\x23-\x5B\x5D-\x7E]+( [\x21\x23-\x5B\x5D-\x7E]+)*$`,
	} {
		if v, there := found[0].params[name]; there {
			require.Regexp(t, legal, v, name)
		}
	}
	return found[0].params
}

func TestTheChallengeParserIsStrict(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]int{
		`Bearer realm="api"`:                           1,
		`Bearer realm="a\"b\\c", error="x"`:            1,
		`Bearer realm=api, Basic realm="x"`:            2,
		`Negotiate, Bearer realm="api",error=x , DPoP`: 3,
		``:                                 0,
		`Bearer `:                          0,
		`Bearer realm="api", realm="b"`:    0,
		`Bearer realm="api", Realm="b"`:    0,
		`Bearer realm="a"b"`:               0,
		`Bearer realm="a`:                  0,
		"Bearer realm=\"a\nb\"":            0,
		"Bearer realm=\"\u00e9\"":          0,
		`Bearer realm="a" error="b"`:       0,
		`Bearer realm="a",`:                0,
		`Bearer realm=`:                    0,
		`Bearer realm="a", error="b", , x`: 0,
	} {
		found, err := parseChallenges(value)
		assert.Lenf(t, found, want, "%q", value)
		assert.Equalf(t, want == 0, err != nil, "%q: %v", value, err)
	}
}

func TestTheRealmIsQuoted(t *testing.T) {
	t.Parallel()
	for _, realm := range []string{"api", "", "my service", `say "hi"`, `back\slash`, `\`, `"`, `a", error="x`, "~!#$%&'()*+,/:;<=>?@[]^_`{|}"} {
		r := extEngine(ginjwt.Handle(ginjwt.OAuth2PasswordBearer("/token", ginjwt.Realm(realm)), func(*gin.Context, string) {}))
		for _, sent := range []string{"", "Bearer", "Bearer a b"} {
			req := httptest.NewRequest(http.MethodGet, "/", nil)
			req.Header.Set("Authorization", sent)
			w := httptest.NewRecorder()
			r.ServeHTTP(w, req)
			params := bearerOf(t, w.Header())
			assert.Equal(t, realm, params["realm"])
			assert.Equal(t, sent != "", params["error"] == "invalid_request")
		}
	}
}

func TestARealmThatAHeaderCannotCarryPanics(t *testing.T) {
	t.Parallel()
	for _, realm := range []string{"a\nb", "a\r\nX: y", "a\tb", "a\x00", "\x7f", "caf\u00e9", "\xff"} {
		func() {
			defer func() {
				text, _ := recover().(string)
				assert.Truef(t, strings.HasPrefix(text, "ginjwt: Realm: "), "%q: %q", realm, text)
				assert.NotContains(t, text, "\n")
			}()
			ginjwt.Realm(realm)
		}()
	}
}

var badScopes = []string{"", " ", "a b", "a\tb", `a"b`, `a\b`, "a\nb", "caf\u00e9", "\x7f", "\x00"}

func TestABadScopePanicsAtSetUp(t *testing.T) { // RS-29
	t.Parallel()
	_, verifier := newIssuer(t)
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), verifier)
	for _, scope := range badScopes {
		for caller, setUp := range map[string]func(){
			"Security": func() { ginjwt.Security(claims, "good", scope) },
			"Scopes":   func() { ginjwt.OAuth2PasswordBearer("/token", ginjwt.Scopes{"good": "", scope: ""}) },
		} {
			func() {
				defer func() {
					text, _ := recover().(string)
					assert.Truef(t, strings.HasPrefix(text, "ginjwt: "+caller+": bad scope"), "%q: %q", scope, text)
				}()
				setUp()
			}()
		}
	}
	assert.NotPanics(t, func() { ginjwt.Security(claims, "!#[]^_`az~", "https://x.example/a.b:c") })
}

func TestSchemesWithoutWhatTheyNeedPanic(t *testing.T) {
	t.Parallel()
	for text, setUp := range map[string]func(){
		"ginjwt: OAuth2PasswordBearer: empty tokenURL; name the login's path, such as \"/token\"": func() { ginjwt.OAuth2PasswordBearer("") },
		"ginjwt: OAuth2PasswordBearer: nil option":                                                func() { ginjwt.OAuth2PasswordBearer("/token", nil) },
		"ginjwt: SchemeName: empty name":                                                          func() { ginjwt.SchemeName("") },
	} {
		assert.PanicsWithValue(t, text, setUp)
	}
}

// RS-30: whatever a refusal is made of, its header stays one legal line.
func TestAChallengeStaysOneLine(t *testing.T) {
	t.Parallel()
	issuer, verifier := newIssuer(t)
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), verifier)
	nasty := "a\"b\\c\r\nX-Injected: yes\u00e9\x00\xff"
	for _, code := range []string{ginjwt.CodeMalformedCredentials, ginjwt.CodeInvalidToken, ginjwt.CodeUnauthenticated, nasty} {
		user := ginjwt.Depends(claims, func(*gin.Context, ginjwt.Claims) (string, error) {
			return "", &ginjwt.Error{Status: 401, Code: code, Detail: nasty, Err: errors.New(nasty)}
		})
		w := get(extEngine(ginjwt.Handle(user, func(*gin.Context, string) {})), "/", sign(t, issuer, "u", ""))
		require.Equal(t, 401, w.Code)
		bearerOf(t, w.Header())
	}
}

// A challenge that middleware has set is replaced, not added to.
func TestThereIsOneChallengeWhateverCameBefore(t *testing.T) {
	t.Parallel()
	r := extEngine(
		func(c *gin.Context) { c.Header("WWW-Authenticate", `Basic realm="old"`) },
		ginjwt.Handle(ginjwt.OAuth2PasswordBearer("/token"), func(*gin.Context, string) {}),
	)
	assert.Equal(t, []string{`Bearer realm="api"`}, get(r, "/", "").Header().Values("WWW-Authenticate"))
}
