package ginjwt_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
	"github.com/ginjwt/gin-depends/ginjwt/inspect"
)

const (
	resourceID       = "https://api.example"
	resourceDocument = resourceID + "/.well-known/oauth-protected-resource"
	resourceBegin    = `Bearer realm="api", resource_metadata="` + resourceDocument + `"`
)

// resourceGuards are dependencies on a token whose scheme names metadata.
type resourceGuards struct {
	token         *ginjwt.Dependency[string]
	claims, gone  *ginjwt.Dependency[ginjwt.Claims]
	issuer        *ginjwt.Issuer
	nobody, alice string // tokens: without a scope, and with me and items
}

func newResourceGuards(t testing.TB, opts ...ginjwt.SchemeOption) (g resourceGuards) {
	t.Helper()
	issuer, verifier := newIssuer(t)
	g.issuer = issuer
	g.token = ginjwt.HTTPBearer(append(opts, ginjwt.ResourceMetadata(resourceDocument))...)
	g.claims = ginjwt.JWT[ginjwt.Claims](g.token, verifier)
	g.gone = ginjwt.Depends(g.claims, func(*gin.Context, ginjwt.Claims) (ginjwt.Claims, error) {
		return ginjwt.Claims{}, ginjwt.Unauthenticated("Gone")
	})
	g.nobody, g.alice = sign(t, issuer, "bob", ""), sign(t, issuer, "alice", "me items")
	return g
}

func TestChallengesNameTheMetadata(t *testing.T) {
	t.Parallel()
	g := newResourceGuards(t)
	key := ginjwt.APIKeyHeader("X-Key")
	items := ginjwt.Security(ginjwt.Security(g.claims, "me"), "items")
	subject := func(_ *gin.Context, c ginjwt.Claims) (string, error) { return c.Subject, nil }
	fine := func(*gin.Context, ginjwt.Claims) error { return nil }
	const invalid = `, error="invalid_token", error_description="The access token is invalid"`
	const missing = `, error="insufficient_scope", error_description="The token lacks a required scope"`
	expired := ginjwttest.Token(t, g.issuer, &ginjwt.Claims{}, ginjwttest.Expired)
	cases := map[string]struct {
		guard  gin.HandlerFunc
		header string
		status int
		want   []string
	}{
		"without credentials":        {ginjwt.Handle(g.claims, okWith[ginjwt.Claims]), "", 401, []string{resourceBegin}},
		"another scheme's":           {ginjwt.Handle(g.claims, okWith[ginjwt.Claims]), "Basic YTpi", 401, []string{resourceBegin}},
		"a token that is none":       {ginjwt.Handle(g.claims, okWith[ginjwt.Claims]), "Bearer x", 401, []string{resourceBegin + invalid}},
		"one that expired":           {ginjwt.Handle(g.claims, okWith[ginjwt.Claims]), "Bearer " + expired, 401, []string{resourceBegin + `, error="invalid_token", error_description="The access token expired"`}},
		"one whose user is gone":     {ginjwt.Handle(g.gone, okWith[ginjwt.Claims]), "Bearer " + g.alice, 401, []string{resourceBegin + invalid}},
		"a malformed header":         {ginjwt.Handle(items, okWith[ginjwt.Claims]), "Bearer a b", 400, []string{resourceBegin + `, error="invalid_request", error_description="Malformed Authorization header"`}},
		"a scope that is missing":    {ginjwt.Handle(items, okWith[ginjwt.Claims]), "Bearer " + g.nobody, 403, []string{resourceBegin + missing + `, scope="items me"`}},
		"a 401 has all scopes":       {ginjwt.Handle(items, okWith[ginjwt.Claims]), "", 401, []string{resourceBegin + `, scope="items me"`}},
		"also one for a bad token":   {ginjwt.Handle(items, okWith[ginjwt.Claims]), "Bearer x", 401, []string{resourceBegin + invalid + `, scope="items me"`}},
		"and for a user who is gone": {ginjwt.Handle(ginjwt.Security(g.gone, "me"), okWith[ginjwt.Claims]), "Bearer " + g.alice, 401, []string{resourceBegin + invalid + `, scope="me"`}},
		"by Require":                 {ginjwt.Require(items), "", 401, []string{resourceBegin + `, scope="items me"`}},
		"by Optional":                {ginjwt.Handle(ginjwt.Optional(items), okWith[*ginjwt.Claims]), "Bearer x", 401, []string{resourceBegin + invalid + `, scope="items me"`}},
		"of which one is enough":     {ginjwt.Handle(ginjwt.SecurityAny(g.claims, "a", "b"), okWith[ginjwt.Claims]), "", 401, []string{resourceBegin + `, scope="a b"`}},
		"of the first that refuses":  {ginjwt.Require(g.claims, items), "", 401, []string{resourceBegin}},
		"an alternative's are told": {ginjwt.Handle(ginjwt.AnyOf(ginjwt.Depends(ginjwt.Security(g.claims, "me"), subject), key), okWith[string]), "", 401,
			[]string{resourceBegin + `, scope="me"`, `APIKey`}},
		"those of all alternatives, too": {ginjwt.Handle(ginjwt.Security(ginjwt.AnyOf(ginjwt.Depends(g.claims, subject), ginjwt.Grants(key, strings.Fields)), "a"), okWith[string]), "", 401,
			[]string{resourceBegin + `, scope="a"`, `APIKey`}},
		"not those of another scheme": {ginjwt.Require(ginjwt.AllOf(g.claims, ginjwt.Security(ginjwt.Grants(key, strings.Fields), "a"))), "", 401,
			[]string{resourceBegin}},
		"each once": {ginjwt.Require(ginjwt.Security(ginjwt.Security(g.claims, "me", "a"), "items", "me")), "", 401,
			[]string{resourceBegin + `, scope="items me a"`}},
		"checks are no scopes":       {ginjwt.Handle(ginjwt.Check(g.claims, "role", fine), okWith[ginjwt.Claims]), "", 401, []string{resourceBegin}},
		"what grants other scopes":   {ginjwt.Handle(ginjwt.Security(ginjwt.Grants(renamed(g.token), strings.Fields), "own"), okWith[string]), "", 401, []string{resourceBegin + `, scope="own"`}},
		"good credentials have none": {ginjwt.Handle(items, okWith[ginjwt.Claims]), "Bearer " + g.alice, 200, nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := gin.New()
			r.GET("/", tc.guard, ok)
			var lines []string
			if tc.header != "" {
				lines = []string{"Authorization: " + tc.header}
			}
			w := send(r, "GET", "/", lines...)
			assert.Equal(t, tc.status, w.Code)
			got := w.Header().Values("WWW-Authenticate")
			require.Len(t, got, len(tc.want))
			for i, want := range tc.want {
				if want == "APIKey" {
					assert.Regexp(t, `^APIKey\b`, got[i])
					assert.NotContains(t, got[i], "scope=", "that is another scheme's")
					continue
				}
				assert.Equal(t, want, got[i])
				_, err := parseChallenges(got[i])
				assert.NoError(t, err)
			}
		})
	}
}

// Each kind of bearer scheme has it, beside a realm of its own.
func TestEveryBearerSchemeCanNameMetadata(t *testing.T) {
	t.Parallel()
	found := 0
	for _, s := range anySchemes() {
		if !strings.Contains(s.options, "ResourceMetadata") {
			continue
		}
		found++
		d := s.make(ginjwt.ResourceMetadata(resourceDocument), ginjwt.Realm(`a "b"`))
		w := serveLines(graphEngine(ginjwt.Handle(d, showText)))
		assert.Equal(t, `Bearer realm="a \"b\"", resource_metadata="`+resourceDocument+`"`, w.Header().Get("WWW-Authenticate"), s.name)
	}
	assert.Equal(t, 4, found)
}

// Without the option a challenge is what it was, scopes or not.
func TestWithoutMetadataChallengesAreAsShortAsEver(t *testing.T) {
	t.Parallel()
	_, verifier := newIssuer(t)
	r := gin.New()
	r.GET("/", ginjwt.Handle(ginjwt.Security(ginjwt.JWT[ginjwt.Claims](ginjwt.HTTPBearer(), verifier), "me"), okWith[ginjwt.Claims]))
	assert.Equal(t, `Bearer realm="api"`, get(r, "/", "").Header().Get("WWW-Authenticate"))
	assert.Equal(t, `Bearer realm="api", error="invalid_token", error_description="The access token is invalid"`, get(r, "/", "x").Header().Get("WWW-Authenticate"))
}

// A handler that refuses by itself says the same as its guard.
func TestAbortNamesTheMetadata(t *testing.T) {
	t.Parallel()
	g := newResourceGuards(t)
	r := gin.New()
	r.GET("/", ginjwt.Require(ginjwt.Security(g.claims, "me")), func(c *gin.Context) { ginjwt.Abort(c, ginjwt.Unauthenticated("Gone")) })
	assert.Equal(t, resourceBegin+`, error="invalid_token", error_description="The access token is invalid", scope="me"`,
		get(r, "/", g.alice).Header().Get("WWW-Authenticate"))
}

// Get in a function of the user's says what it lacks; what asks for more around
// it does not say it twice.
func TestAChallengeNamesScopesOnce(t *testing.T) {
	t.Parallel()
	g := newResourceGuards(t)
	inner := ginjwt.Security(g.gone, "me")
	outer := ginjwt.Security(ginjwt.Depends(g.claims, func(c *gin.Context, _ ginjwt.Claims) (ginjwt.Claims, error) { return inner.Get(c) }), "items")
	r := gin.New()
	r.GET("/", ginjwt.Handle(outer, okWith[ginjwt.Claims]))
	assert.Equal(t, resourceBegin+`, error="invalid_token", error_description="The access token is invalid", scope="me"`,
		get(r, "/", g.alice).Header().Get("WWW-Authenticate"))
}

// A refusal is remembered for the request, and shared by all who ask: each adds
// its scopes to a copy.
func TestScopesOfOneGuardAreNotAnothers(t *testing.T) {
	t.Parallel()
	g := newResourceGuards(t)
	first, second := ginjwt.Security(g.claims, "me"), ginjwt.Security(g.claims, "items")
	var challenges []string
	r := gin.New()
	r.GET("/", ginjwt.Handle(ginjwt.Provide(func(c *gin.Context) (string, error) {
		for _, d := range []*ginjwt.Dependency[ginjwt.Claims]{first, second, g.claims} {
			_, err := d.Get(c)
			var e *ginjwt.Error
			require.ErrorAs(t, err, &e)
			challenges = append(challenges, e.Header.Get("WWW-Authenticate"))
		}
		return "", nil
	}), okWith[string]))
	require.Equal(t, 200, get(r, "/", "").Code)
	assert.Equal(t, []string{resourceBegin + `, scope="me"`, resourceBegin + `, scope="items"`, resourceBegin}, challenges)
}

func TestResourceMetadataPanicsOnWhatClientsCannotUse(t *testing.T) {
	t.Parallel()
	const strange = "that is no URL, or has characters that a URL must encode"
	for url, text := range map[string]string{
		"":                                  `"" is no absolute URL without a fragment`,
		"/.well-known":                      `"/.well-known" is no absolute URL without a fragment`,
		"https://":                          `"https://" is no absolute URL without a fragment`,
		"https:api.example":                 `"https:api.example" is no absolute URL without a fragment`,
		"https://:443/x":                    `"https://:443/x" is no absolute URL without a fragment`,
		"//api.example/x":                   `"//api.example/x" is not https://`,
		"http://api.example/x":              `"http://api.example/x" is not https://`,
		"http://localhost.evil.example/":    `"http://localhost.evil.example/" is not https://`,
		"http://10.0.0.1/":                  `"http://10.0.0.1/" is not https://`,
		"ftp://api.example/x":               `"ftp://api.example/x" is not https://`,
		"javascript://localhost/x":          `"javascript://localhost/x" is not https://`,
		"https://api.example/x#a":           `"https://api.example/x#a" is no absolute URL without a fragment`,
		"https://api.example/x#":            `"https://api.example/x#" is no absolute URL without a fragment`,
		"https://user:secret@api.example/x": "a URL that all clients see must hold no password",
		`https://api.example/"x`:            strange,
		`https://api.example/\x`:            strange,
		"https://api.example/a b":           strange,
		"https://api.example/\r\nX: y":      strange,
		"https://api.example/\x7f":          strange,
		"https://api.example/é":             strange,
		"https://api.example/%zz":           strange,
	} {
		assert.Equal(t, "ginjwt: ResourceMetadata: "+text, panicText(func() { ginjwt.ResourceMetadata(url) }), url)
	}
	for _, url := range []string{
		resourceDocument, "https://api.example:8443/x?y=z", "https://[2001:db8::1]/x", "HTTPS://api.example/%20",
		"http://localhost:8080/x", "http://LOCALHOST/x", "http://127.0.0.1/x", "http://127.1.2.3:80/x", "http://[::1]:8080/x",
	} {
		assert.Equal(t, "no panic", panicText(func() { ginjwt.ResourceMetadata(url) }), url)
	}
}

// The document shows challenges as they are on the wire.
func TestDocumentShowsTheMetadataAsSent(t *testing.T) {
	t.Parallel()
	g := newResourceGuards(t)
	r := gin.New()
	for path, d := range map[string]*ginjwt.Dependency[ginjwt.Claims]{
		"/plain": g.claims, "/scopes": ginjwt.Security(ginjwt.Security(g.claims, "me"), "items"), "/any": ginjwt.SecurityAny(g.claims, "a", "b"),
	} {
		r.GET(path, ginjwt.Handle(d, okWith[ginjwt.Claims]))
	}
	_, verifier := newIssuer(t)
	r.GET("/without", ginjwt.Handle(ginjwt.Security(ginjwt.JWT[ginjwt.Claims](ginjwt.HTTPBearer(ginjwt.SchemeName("Other")), verifier), "me"), okWith[ginjwt.Claims]))
	d, _ := docOf(t, r)
	for path, authorizations := range map[string]map[string]string{
		"/plain":   {"401": "", "400": "Bearer a b"},
		"/scopes":  {"401": "", "400": "Bearer a b", "403": "Bearer " + g.nobody},
		"/any":     {"401": "", "400": "Bearer a b"},
		"/without": {"401": "", "400": "Bearer a b"},
	} {
		for status, authorization := range authorizations {
			var lines []string
			if authorization != "" {
				lines = []string{"Authorization: " + authorization}
			}
			w := send(r, "GET", path, lines...)
			require.Equal(t, status, itoa(w.Code))
			assert.Equal(t, w.Header().Get("WWW-Authenticate"), d.operation(t, "get", path).Responses[status].Headers["WWW-Authenticate"].Example, path+" "+status)
		}
	}
}

func TestInspectTellsTheMetadata(t *testing.T) {
	t.Parallel()
	g := newResourceGuards(t)
	r := gin.New()
	r.GET("/", ginjwt.Handle(g.claims, okWith[ginjwt.Claims]))
	r.GET("/other", ginjwt.Handle(ginjwt.HTTPBearer(), okWith[string]))
	routes := allRoutes(t, r)
	assert.Equal(t, resourceDocument, routes["GET /"].Security[0][0].Scheme.ResourceMetadata)
	assert.Empty(t, routes["GET /other"].Security[0][0].Scheme.ResourceMetadata)
}

// A client that is sent to a page that is not there cannot log in: the audit says
// so once, and no more, for a proxy may serve it.
func TestAuditWarnsOfMetadataThatNobodyServes(t *testing.T) {
	t.Parallel()
	const warning = "warning: GET /a sends clients to " + resourceDocument + ", which is no route: see openapi.MountProtectedResource\n"
	for name, tc := range map[string]struct {
		add  func(*gin.Engine)
		want int
	}{
		"nobody": {func(*gin.Engine) {}, 1},
		"a post": {func(r *gin.Engine) {
			r.POST("/.well-known/oauth-protected-resource", ginjwt.Public(), ok)
		}, 1},
		"a handler": {func(r *gin.Engine) {
			r.GET("/.well-known/oauth-protected-resource", ginjwt.Public(), ok)
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newResourceGuards(t)
			r := gin.New()
			r.GET("/a", ginjwt.Handle(g.claims, okWith[ginjwt.Claims]))
			r.GET("/b", ginjwt.Handle(g.claims, okWith[ginjwt.Claims]))
			r.GET("/c", ginjwt.Handle(ginjwt.HTTPBearer(ginjwt.SchemeName("Other")), okWith[string]))
			tc.add(r)
			var out strings.Builder
			require.NoError(t, inspect.Audit(&out, r))
			assert.Equal(t, tc.want, strings.Count(out.String(), warning))
			assert.Equal(t, tc.want, strings.Count(out.String(), "warning:"))
		})
	}
}

// The test kit reads these challenges as any other.
func TestKitReadsChallengesWithMetadata(t *testing.T) {
	t.Parallel()
	g := newResourceGuards(t)
	r := gin.New()
	r.GET("/", ginjwt.Handle(ginjwt.Security(g.claims, "me"), okWith[ginjwt.Claims]))
	ginjwttest.Unauthorized(t, get(r, "/", ""))
	ginjwttest.Unauthorized(t, get(r, "/", "x"))
	ginjwttest.Forbidden(t, get(r, "/", g.nobody), "me")
	w := get(r, "/", "")
	require.Equal(t, http.StatusUnauthorized, w.Code)
	all, err := ginjwttest.Challenges(w.Header())
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"realm": "api", "resource_metadata": resourceDocument, "scope": "me"}, all[0].Params)
}
