package ginjwt_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// anyScheme is a constructor of each kind, given only what it must have.
type anyScheme struct {
	name    string
	make    func(opts ...ginjwt.SchemeOption) *ginjwt.Dependency[string]
	options string // that mean something for it, beside those for all

	good, malformed string // a header line
	refuses         func(realm string) schemeChallenges
}

// schemeChallenges are a scheme's challenges: to nobody, for what is malformed,
// for credentials that a function refused, and for scopes that are missing.
type schemeChallenges struct{ nobody, malformed, refused, scope string }

const (
	schemeOptionsOAuth2 = "Scopes RefreshURL FromCookie FromQuery FromWebSocketProtocol ResourceMetadata"
	schemeOptionsBearer = "FromCookie FromQuery FromWebSocketProtocol ResourceMetadata"
	schemeOptionsAsked  = "TrustedOrigins InsecureAllowCrossOrigin"
)

func bearerRefuses(realm string) schemeChallenges {
	if realm == "" {
		realm = `"api"`
	}
	b := "Bearer realm=" + realm
	return schemeChallenges{
		b,
		b + `, error="invalid_request", error_description="Malformed Authorization header"`,
		b + `, error="invalid_token", error_description="The access token is invalid"`,
		b + `, error="insufficient_scope", error_description="The token lacks a required scope", scope="a b"`,
	}
}

func basicRefuses(realm string) schemeChallenges {
	if realm == "" {
		realm = `"api"`
	}
	b := "Basic realm=" + realm + `, charset="UTF-8"`
	return schemeChallenges{b, b, b, ""}
}

// refusesAs is that of the schemes whose challenge is their name.
func refusesAs(name string) func(string) schemeChallenges {
	return func(realm string) schemeChallenges {
		value := name
		if realm != "" {
			value += " realm=" + realm
		}
		return schemeChallenges{value, value, value, ""}
	}
}

func anySchemes() []anyScheme {
	type text = *ginjwt.Dependency[string]
	const good, malformed = "Authorization: Bearer tok", "Authorization: Bearer a b"
	return []anyScheme{
		{"OAuth2PasswordBearer", func(o ...ginjwt.SchemeOption) text { return ginjwt.OAuth2PasswordBearer("/token", o...) },
			schemeOptionsOAuth2, good, malformed, bearerRefuses},
		{"OAuth2AuthorizationCodeBearer", func(o ...ginjwt.SchemeOption) text {
			return ginjwt.OAuth2AuthorizationCodeBearer("/authorize", "/token", o...)
		}, schemeOptionsOAuth2, good, malformed, bearerRefuses},
		{"OpenIDConnect", func(o ...ginjwt.SchemeOption) text { return ginjwt.OpenIDConnect("/.well-known", o...) },
			schemeOptionsBearer, good, malformed, bearerRefuses},
		{"HTTPBearer", ginjwt.HTTPBearer, schemeOptionsBearer + " BearerFormat", good, malformed, bearerRefuses},
		{"HTTPBasic", func(o ...ginjwt.SchemeOption) text {
			return ginjwt.Depends(ginjwt.HTTPBasic(o...), func(_ *gin.Context, c ginjwt.BasicCredentials) (string, error) { return c.Username, nil })
		}, schemeOptionsAsked, "Authorization: Basic dG9rOnB3", "Authorization: Basic dTpw dw", basicRefuses},
		{"HTTPBase", func(o ...ginjwt.SchemeOption) text { return ginjwt.HTTPBase("hmac-sha", o...) },
			"", "Authorization: hmac-sha tok", "Authorization: hmac-sha", refusesAs("Hmac-Sha")},
		{"HTTPBase", func(o ...ginjwt.SchemeOption) text { return ginjwt.HTTPBase("digest", o...) },
			schemeOptionsAsked, "Authorization: Digest tok", "Authorization: Digest", refusesAs("Digest")},
		{"HTTPBase", func(o ...ginjwt.SchemeOption) text { return ginjwt.HTTPBase("NTLM", o...) },
			schemeOptionsAsked, "Authorization: NTLM tok", "Authorization: NTLM", refusesAs("NTLM")},
		{"HTTPBase", func(o ...ginjwt.SchemeOption) text { return ginjwt.HTTPBase("Negotiate", o...) },
			schemeOptionsAsked, "Authorization: Negotiate tok", "Authorization: Negotiate", refusesAs("Negotiate")},
		{"APIKeyHeader", func(o ...ginjwt.SchemeOption) text { return ginjwt.APIKeyHeader("X-API-Key", o...) },
			"", "X-API-Key: tok", "X-API-Key: a\tb", refusesAs("APIKey")},
		{"APIKeyQuery", func(o ...ginjwt.SchemeOption) text { return ginjwt.APIKeyQuery("key", o...) },
			"", "?key=tok", "?key=", refusesAs("APIKey")},
		{"APIKeyCookie", func(o ...ginjwt.SchemeOption) text { return ginjwt.APIKeyCookie("session", o...) },
			schemeOptionsAsked, "Cookie: session=tok", "Cookie: session=", refusesAs("APIKey")},
	}
}

// serveLines serves a GET request with header lines, of which "?..." is the query.
func serveLines(h http.Handler, lines ...string) *httptest.ResponseRecorder {
	return serveMethod(h, http.MethodGet, lines...)
}

func servePost(guard gin.HandlerFunc, lines ...string) *httptest.ResponseRecorder {
	r := newEngine()
	r.POST("/", guard)
	return serveMethod(r, http.MethodPost, lines...)
}

func serveMethod(h http.Handler, method string, lines ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, "/", nil)
	for _, line := range lines {
		if query, ok := strings.CutPrefix(line, "?"); ok {
			req.URL.RawQuery = query
		} else if name, value, ok := strings.Cut(line, ": "); ok {
			req.Header.Add(name, value)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}

// assertChallenges asserts the status, the detail and the challenges, each of
// which is well-formed.
func assertChallenges(t *testing.T, w *httptest.ResponseRecorder, status int, detail string, challenges ...string) {
	t.Helper()
	assert.Equal(t, status, w.Code)
	assert.Equal(t, `{"detail":"`+detail+`"}`, w.Body.String())
	challenges = slices.DeleteFunc(challenges, func(c string) bool { return c == "" })
	assert.Equal(t, strings.Join(challenges, "\n"), strings.Join(w.Header().Values("WWW-Authenticate"), "\n"))
	for _, value := range challenges {
		_, err := parseChallenges(value)
		assert.NoError(t, err, value)
	}
}

func showText(c *gin.Context, s string) { c.String(200, "%s", s) }

// TestEachSchemesChallenges: in each case and with each kind of realm.
func TestEachSchemesChallenges(t *testing.T) {
	t.Parallel()
	for realm, quoted := range map[string]string{
		"":            "",
		"staff":       `"staff"`,
		`a "b" \c, d`: `"a \"b\" \\c, d"`,
	} {
		for _, s := range anySchemes() {
			var options []ginjwt.SchemeOption
			if realm != "" {
				options = append(options, ginjwt.Realm(realm))
			}
			scheme, says := s.make(options...), s.refuses(quoted)
			t.Run(s.name+" "+says.nobody, func(t *testing.T) {
				t.Parallel()
				assertSchemeRefuses(t, scheme, s, says)
			})
		}
	}
}

func assertSchemeRefuses(t *testing.T, scheme *ginjwt.Dependency[string], s anyScheme, says schemeChallenges) {
	t.Helper()
	route := func(d *ginjwt.Dependency[string]) *gin.Engine { return graphEngine(ginjwt.Handle(d, showText)) }
	failing := func(err error) *ginjwt.Dependency[string] {
		return ginjwt.Depends(scheme, func(*gin.Context, string) (string, error) { return "", err })
	}
	w := serveLines(route(scheme), s.good)
	assert.Equal(t, "tok", w.Body.String())
	assert.Empty(t, w.Header().Values("WWW-Authenticate"))

	detail := "Malformed Authorization header"
	switch s.name {
	case "APIKeyHeader":
		detail = "Malformed X-API-Key header"
	case "APIKeyQuery":
		detail = "Malformed key query parameter"
	case "APIKeyCookie":
		detail = "Malformed session cookie"
	}
	assertChallenges(t, serveLines(route(scheme)), 401, "Not authenticated", says.nobody)
	assertChallenges(t, serveLines(route(scheme), s.malformed), 400, detail, says.malformed)
	optional := graphEngine(ginjwt.Handle(ginjwt.Optional(scheme), func(c *gin.Context, _ *string) { c.String(200, "in") }))
	assertChallenges(t, serveLines(optional, s.malformed), 400, detail, says.malformed)

	assertChallenges(t, serveLines(route(failing(ginjwt.Unauthenticated("Unknown"))), s.good), 401, "Unknown", says.refused)
	assertChallenges(t, serveLines(route(failing(ginjwt.HTTPError(401, "Unknown"))), s.good), 401, "Unknown", says.refused)
	assertChallenges(t, serveLines(route(failing(ginjwt.Forbidden("No"))), s.good), 403, "No")
	assertChallenges(t, serveLines(route(failing(ginjwt.HTTPError(404, "Gone"))), s.good), 404, "Gone")
	assertChallenges(t, serveLines(route(failing(ginjwt.HTTPError(429, "Slow"))), s.good), 429, "Slow")

	granting := ginjwt.Grants(scheme, func(string) []string { return []string{"a"} })
	scoped := route(ginjwt.Security(granting, "a", "b"))
	assertChallenges(t, serveLines(scoped, s.good), 403, "Not enough permissions", says.scope)
	assertChallenges(t, serveLines(scoped), 401, "Not authenticated", says.nobody)
	assert.Equal(t, 200, serveLines(route(ginjwt.Security(granting, "a")), s.good).Code)
}

// TestChallengesOfTwoSchemesTogether: a route that needs a bearer token and a key.
func TestChallengesOfTwoSchemesTogether(t *testing.T) {
	t.Parallel()
	const token, key, badToken, badKey = "Authorization: Bearer tok", "X-API-Key: k", "Authorization: Bearer", "X-API-Key:  "
	const malformedToken = `Bearer realm="api", error="invalid_request", error_description="Malformed Authorization header"`
	bearer, apiKey := ginjwt.HTTPBearer(), ginjwt.APIKeyHeader("X-API-Key")
	pair := func(_ *gin.Context, a, b string) (string, error) { return a + b, nil }
	reversed := ginjwt.Depends2(apiKey, bearer, pair)
	wrong := func(*gin.Context, string) (string, error) { return "", ginjwt.Unauthenticated("Unknown") }
	bothWrong := func(*gin.Context, string, string) (string, error) { return "", ginjwt.Unauthenticated("Unknown") }
	orNobody := ginjwt.OptionalOr(bearer, "")
	granting := ginjwt.Grants(ginjwt.Depends2(apiKey, bearer, pair), func(string) []string { return nil })

	for _, tc := range []struct {
		rule   string
		needs  *ginjwt.Dependency[string]
		sent   []string
		status int
		detail string
		says   []string
	}{
		{"both sent", ginjwt.Depends2(bearer, apiKey, pair), []string{token, key}, 200, "tokk", nil},
		{"none: the first asks", ginjwt.Depends2(bearer, apiKey, pair), nil, 401, "Not authenticated", []string{graphNobody}},
		{"none: the first asks, in the other order", reversed, nil, 401, "Not authenticated", []string{"APIKey"}},
		{"the second is missing: it asks", ginjwt.Depends2(bearer, apiKey, pair), []string{token}, 401, "Not authenticated", []string{"APIKey"}},
		{"the first is missing: it asks", ginjwt.Depends2(bearer, apiKey, pair), []string{key}, 401, "Not authenticated", []string{graphNobody}},
		{"the first is malformed", ginjwt.Depends2(bearer, apiKey, pair), []string{badToken, key}, 400, "Malformed Authorization header", []string{malformedToken}},
		{"both are malformed: the first", ginjwt.Depends2(bearer, apiKey, pair), []string{badToken, badKey}, 400, "Malformed Authorization header", []string{malformedToken}},
		{"the second is malformed", ginjwt.Depends2(bearer, apiKey, pair), []string{token, badKey}, 400, "Malformed X-API-Key header", []string{"APIKey"}},
		{"the first is missing, the second malformed", ginjwt.Depends2(bearer, apiKey, pair), []string{badKey}, 401, "Not authenticated", []string{graphNobody}},
		{"the first is refused, by its own function", ginjwt.Depends2(ginjwt.Depends(bearer, wrong), apiKey, pair), []string{token, key}, 401, "Unknown", []string{graphInvalid}},
		{"the second is refused, by its own function", ginjwt.Depends2(bearer, ginjwt.Depends(apiKey, wrong), pair), []string{token, key}, 401, "Unknown", []string{"APIKey"}},
		{"a function over both refuses: both ask", ginjwt.Depends2(bearer, apiKey, bothWrong), []string{token, key}, 401, "Unknown", []string{graphInvalid, "APIKey"}},
		{"in the other order", ginjwt.Depends2(apiKey, bearer, bothWrong), []string{token, key}, 401, "Unknown", []string{"APIKey", graphInvalid}},
		{"what was not sent is not told to be invalid", ginjwt.Depends2(orNobody, apiKey, bothWrong), []string{key}, 401, "Unknown", []string{graphNobody, "APIKey"}},
		{"two schemes with one challenge ask once", ginjwt.Depends2(apiKey, ginjwt.APIKeyQuery("key"), bothWrong), []string{key, "?key=k"}, 401, "Unknown", []string{"APIKey"}},
		{"scopes over both: the bearer scheme's alone", ginjwt.Security(granting, "a"), []string{token, key}, 403, "Not enough permissions",
			[]string{`Bearer realm="api", error="insufficient_scope", error_description="The token lacks a required scope", scope="a"`}},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			t.Parallel()
			w := serveLines(graphEngine(ginjwt.Handle(tc.needs, showText)), tc.sent...)
			if tc.status == 200 {
				assert.Equal(t, tc.detail, w.Body.String())
				return
			}
			assertChallenges(t, w, tc.status, tc.detail, tc.says...)
		})
	}
}

func TestOneOfTwoSchemesIsNotNobody(t *testing.T) {
	t.Parallel()
	both := ginjwt.Depends2(ginjwt.HTTPBearer(), ginjwt.APIKeyHeader("X-API-Key"), func(_ *gin.Context, a, b string) (string, error) { return a + b, nil })
	r := graphEngine(ginjwt.Handle(ginjwt.OptionalOr(both, "nobody"), showText))
	assert.Equal(t, "nobody", serveLines(r).Body.String())
	assert.Equal(t, "nobody", serveLines(r, "Authorization: Basic dTpw", "X-Other: k").Body.String())
	assertChallenges(t, serveLines(r, "Authorization: Bearer tok"), 401, "Not authenticated", "APIKey")
	assertChallenges(t, serveLines(r, "X-API-Key: k"), 401, "Not authenticated", graphNobody)
	assertChallenges(t, serveLines(r, "X-API-Key: "), 401, "Not authenticated", graphNobody)
}

// TestRequireOfTwoSchemes: each guard asks for itself, in order.
func TestRequireOfTwoSchemes(t *testing.T) {
	t.Parallel()
	r := graphEngine(ginjwt.Require(ginjwt.HTTPBearer(), ginjwt.APIKeyHeader("X-API-Key")), func(c *gin.Context) { c.String(200, "in") })
	assertChallenges(t, serveLines(r), 401, "Not authenticated", graphNobody)
	assertChallenges(t, serveLines(r, "X-API-Key: k"), 401, "Not authenticated", graphNobody)
	assertChallenges(t, serveLines(r, "Authorization: Bearer tok"), 401, "Not authenticated", "APIKey")
	assert.Equal(t, "in", serveLines(r, "Authorization: Bearer tok", "X-API-Key: k").Body.String())
}
