package ginjwt_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// schemeOptions is an option of each kind, and what a scheme without the thing
// it is about says.
var schemeOptions = []struct {
	name   string
	option ginjwt.SchemeOption
	says   string
}{
	{"SchemeName", ginjwt.SchemeName("Staff"), ""},
	{"Description", ginjwt.Description("For staff."), ""},
	{"Realm", ginjwt.Realm("staff"), ""},
	{"Scopes", ginjwt.Scopes{"me": ""}, "Scopes is about a flow of OAuth 2.0, which this scheme has not"},
	{"RefreshURL", ginjwt.RefreshURL("/refresh"), "RefreshURL is about a flow of OAuth 2.0, which this scheme has not"},
	{"BearerFormat", ginjwt.BearerFormat("JWT"), "BearerFormat is about the token of HTTPBearer, which this scheme has not"},
	{"FromCookie", ginjwt.FromCookie("c"), "FromCookie is about a bearer token, which this scheme has not"},
	{"FromQuery", ginjwt.FromQuery("q"), "FromQuery is about a bearer token, which this scheme has not"},
	{"FromWebSocketProtocol", ginjwt.FromWebSocketProtocol("p"), "FromWebSocketProtocol is about a bearer token, which this scheme has not"},
	{"ResourceMetadata", ginjwt.ResourceMetadata("https://api.example/.well-known/oauth-protected-resource"),
		"ResourceMetadata is about a bearer token, which this scheme has not"},
	{"TrustedOrigins", ginjwt.TrustedOrigins("https://a.example"),
		"TrustedOrigins is about credentials that browsers send unasked, such as cookies, which this scheme does not read"},
	{"InsecureAllowCrossOrigin", ginjwt.InsecureAllowCrossOrigin(),
		"InsecureAllowCrossOrigin is about credentials that browsers send unasked, such as cookies, which this scheme does not read"},
}

// TestEachOptionOfEachScheme: it is taken, or it panics and says why.
func TestEachOptionOfEachScheme(t *testing.T) {
	t.Parallel()
	for _, s := range anySchemes() {
		for _, o := range schemeOptions {
			want := "no panic"
			if o.says != "" && !slices.Contains(strings.Fields(s.options), o.name) {
				want = "ginjwt: " + s.name + ": " + o.says
			}
			assert.Equal(t, want, panicText(func() { s.make(o.option) }), s.name+" with "+o.name)
		}
		assert.Equal(t, "ginjwt: "+s.name+": nil option", panicText(func() { s.make(nil) }))
		assert.Equal(t, "ginjwt: "+s.name+": nil option", panicText(func() { s.make(ginjwt.Realm("x"), nil) }))
		assert.Equal(t, "no panic", panicText(func() { s.make([]ginjwt.SchemeOption{}...) }))
	}
}

// TestOptionsAboutOriginsComeInAnyOrder: what a scheme reads is known when all
// of its options are.
func TestOptionsAboutOriginsComeInAnyOrder(t *testing.T) {
	t.Parallel()
	trusted, cookie := ginjwt.TrustedOrigins("https://a.example"), ginjwt.FromCookie("c")
	assert.Equal(t, "no panic", panicText(func() { ginjwt.HTTPBearer(trusted, cookie) }))
	assert.Equal(t, "no panic", panicText(func() { ginjwt.HTTPBearer(cookie, trusted) }))
	assert.Contains(t, panicText(func() { ginjwt.HTTPBearer(ginjwt.FromQuery("c"), trusted) }), "which this scheme does not read")
}

func TestSchemesPanicOnWhatTheyCannotBe(t *testing.T) {
	t.Parallel()
	const notToken = " cannot be the name of a "
	for rule, tc := range map[string]struct {
		mistake func()
		text    string
	}{
		"OAuth2PasswordBearer without a URL": {func() { ginjwt.OAuth2PasswordBearer("") },
			`OAuth2PasswordBearer: empty tokenURL; name the login's path, such as "/token"`},
		"OAuth2AuthorizationCodeBearer without the first URL": {func() { ginjwt.OAuth2AuthorizationCodeBearer("", "/token") },
			"OAuth2AuthorizationCodeBearer: empty URL; name the authorization endpoint and the token endpoint"},
		"OAuth2AuthorizationCodeBearer without the second URL": {func() { ginjwt.OAuth2AuthorizationCodeBearer("/authorize", "") },
			"OAuth2AuthorizationCodeBearer: empty URL; name the authorization endpoint and the token endpoint"},
		"OpenIDConnect without a URL": {func() { ginjwt.OpenIDConnect("") }, "OpenIDConnect: empty discoveryURL"},
		"HTTPBase for Bearer":         {func() { ginjwt.HTTPBase("Bearer") }, "HTTPBase: use HTTPBearer, which knows the form of a bearer token"},
		"HTTPBase for bEARER":         {func() { ginjwt.HTTPBase("bEARER") }, "HTTPBase: use HTTPBearer, which knows the form of a bearer token"},
		"HTTPBase for basic":          {func() { ginjwt.HTTPBase("basic") }, "HTTPBase: use HTTPBasic, which decodes the user name and the password"},
		"HTTPBase without a name":     {func() { ginjwt.HTTPBase("") }, `HTTPBase: ""` + notToken + "scheme"},
		"HTTPBase with a space":       {func() { ginjwt.HTTPBase("x Custom") }, `HTTPBase: "x Custom"` + notToken + "scheme"},
		"HTTPBase with a slash":       {func() { ginjwt.HTTPBase("a/b") }, `HTTPBase: "a/b"` + notToken + "scheme"},
		"APIKeyHeader without a name": {func() { ginjwt.APIKeyHeader("") }, `APIKeyHeader: ""` + notToken + "header"},
		"APIKeyHeader with a colon":   {func() { ginjwt.APIKeyHeader("X-Key:") }, `APIKeyHeader: "X-Key:"` + notToken + "header"},
		"APIKeyHeader with a space":   {func() { ginjwt.APIKeyHeader("X Key") }, `APIKeyHeader: "X Key"` + notToken + "header"},
		"APIKeyHeader with a line":    {func() { ginjwt.APIKeyHeader("X\r\nKey") }, `APIKeyHeader: "X??Key"` + notToken + "header"},
		"APIKeyHeader beyond ASCII":   {func() { ginjwt.APIKeyHeader("Schlüssel") }, `APIKeyHeader: "Schl?ssel"` + notToken + "header"},
		"a rune that ends like a letter": {func() { ginjwt.APIKeyHeader("X-\u0141") },
			`APIKeyHeader: "X-?"` + notToken + "header"},
		"APIKeyCookie without a name":  {func() { ginjwt.APIKeyCookie("") }, `APIKeyCookie: ""` + notToken + "cookie"},
		"APIKeyCookie with an equals":  {func() { ginjwt.APIKeyCookie("a=b") }, `APIKeyCookie: "a=b"` + notToken + "cookie"},
		"APIKeyCookie with a ;":        {func() { ginjwt.APIKeyCookie("a;b") }, `APIKeyCookie: "a;b"` + notToken + "cookie"},
		"APIKeyCookie with a quote":    {func() { ginjwt.APIKeyCookie(`a"b`) }, `APIKeyCookie: "a\"b"` + notToken + "cookie"},
		"APIKeyQuery without a name":   {func() { ginjwt.APIKeyQuery("") }, `APIKeyQuery: ""` + notToken + "query parameter"},
		"APIKeyQuery with a NUL":       {func() { ginjwt.APIKeyQuery("a\x00") }, `APIKeyQuery: "a?"` + notToken + "query parameter"},
		"APIKeyQuery beyond ASCII":     {func() { ginjwt.APIKeyQuery("clé") }, `APIKeyQuery: "cl?"` + notToken + "query parameter"},
		"FromCookie without a name":    {func() { ginjwt.FromCookie("") }, `FromCookie: ""` + notToken + "cookie"},
		"FromCookie with a comma":      {func() { ginjwt.FromCookie("a,b") }, `FromCookie: "a,b"` + notToken + "cookie"},
		"FromQuery without a name":     {func() { ginjwt.FromQuery("") }, `FromQuery: ""` + notToken + "query parameter"},
		"a subprotocol without a name": {func() { ginjwt.FromWebSocketProtocol("") }, `FromWebSocketProtocol: ""` + notToken + "subprotocol"},
		"a subprotocol with a comma":   {func() { ginjwt.FromWebSocketProtocol("a,b") }, `FromWebSocketProtocol: "a,b"` + notToken + "subprotocol"},
		"one cookie twice": {func() { ginjwt.HTTPBearer(ginjwt.FromCookie("c"), ginjwt.FromCookie("c")) },
			`HTTPBearer: FromCookie("c") is given twice`},
		"one parameter twice": {func() { ginjwt.OpenIDConnect("/", ginjwt.FromQuery("q"), ginjwt.FromQuery("q")) },
			`OpenIDConnect: FromQuery("q") is given twice`},
		"one marker twice": {func() {
			ginjwt.OAuth2PasswordBearer("/", ginjwt.FromWebSocketProtocol("p"), ginjwt.FromWebSocketProtocol("p"))
		}, `OAuth2PasswordBearer: FromWebSocketProtocol("p") is given twice`},
		"an empty SchemeName":  {func() { ginjwt.SchemeName("") }, "SchemeName: empty name"},
		"a Realm with a line":  {func() { ginjwt.Realm("a\r\nX: y") }, `Realm: "a??X: y" has a control or non-ASCII character, which a header cannot carry`},
		"a Realm beyond ASCII": {func() { ginjwt.Realm("café") }, `Realm: "caf?" has a control or non-ASCII character, which a header cannot carry`},
		"a Realm with DEL":     {func() { ginjwt.Realm("a\x7f") }, `Realm: "a?" has a control or non-ASCII character, which a header cannot carry`},
		"no TrustedOrigins":    {func() { ginjwt.TrustedOrigins() }, "TrustedOrigins: no origins given"},
		"a scope with a quote": {func() { ginjwt.OAuth2PasswordBearer("/", ginjwt.Scopes{`a"`: ""}) },
			`Scopes: bad scope "a\"": a scope has at least one character and no space, quote, backslash, control or non-ASCII character`},
		"an empty scope": {func() { ginjwt.OAuth2AuthorizationCodeBearer("/", "/", ginjwt.Scopes{"": "all"}) },
			`Scopes: bad scope "": a scope has at least one character and no space, quote, backslash, control or non-ASCII character`},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, "ginjwt: "+tc.text, panicText(tc.mistake))
		})
	}
}

// TestTrustedOriginsPanicsOnWhatIsNoOrigin: the standard library's own words follow.
func TestTrustedOriginsPanicsOnWhatIsNoOrigin(t *testing.T) {
	t.Parallel()
	for _, origin := range []string{"", "a.example", "https://", "https://a.example/", "https://a.example/x", "https://a.example?x", "*", "null"} {
		text := panicText(func() { ginjwt.APIKeyCookie("c", ginjwt.TrustedOrigins("https://b.example", origin)) })
		assert.True(t, strings.HasPrefix(text, "ginjwt: TrustedOrigins: invalid origin"), "%q: %s", origin, text)
	}
}

func TestWhatSchemesTake(t *testing.T) {
	t.Parallel()
	for rule, fine := range map[string]func(){
		"nil Scopes":                     func() { ginjwt.OAuth2PasswordBearer("/", ginjwt.Scopes(nil)) },
		"empty Scopes":                   func() { ginjwt.OAuth2PasswordBearer("/", ginjwt.Scopes{}) },
		"a scope of every kind":          func() { ginjwt.OAuth2PasswordBearer("/", ginjwt.Scopes{"https://api.example/items:read#!~": ""}) },
		"an empty Description":           func() { ginjwt.HTTPBearer(ginjwt.Description("")) },
		"an empty Realm":                 func() { ginjwt.HTTPBearer(ginjwt.Realm("")) },
		"two cookies":                    func() { ginjwt.HTTPBearer(ginjwt.FromCookie("a"), ginjwt.FromCookie("b")) },
		"two cookies in letter case":     func() { ginjwt.HTTPBearer(ginjwt.FromCookie("a"), ginjwt.FromCookie("A")) },
		"one name in two places":         func() { ginjwt.HTTPBearer(ginjwt.FromCookie("a"), ginjwt.FromQuery("a")) },
		"every character of a token":     func() { ginjwt.APIKeyHeader("!#$%&'*+-.^_`|~09azAZ") },
		"a query name with odd signs":    func() { ginjwt.APIKeyQuery("a b&c=d;e%+[]") },
		"a cookie with the host prefix":  func() { ginjwt.APIKeyCookie("__Host-session") },
		"origins with ports and schemes": func() { ginjwt.HTTPBasic(ginjwt.TrustedOrigins("http://localhost:8080", "https://[::1]:8443")) },
	} {
		assert.Equal(t, "no panic", panicText(fine), rule)
	}
}

// TestOptionsOfTheNameAndTheRealm: the last one holds.
func TestOptionsOfTheNameAndTheRealm(t *testing.T) {
	t.Parallel()
	twice := ginjwt.HTTPBearer(ginjwt.Realm("one"), ginjwt.SchemeName("One"), ginjwt.Realm("two"), ginjwt.SchemeName("Two"))
	assertChallenges(t, serveLines(graphEngine(ginjwt.Handle(twice, showText))), 401, "Not authenticated", `Bearer realm="two"`)
	assert.Contains(t, panicText(func() { ginjwt.Security(twice, "a") }), "nothing below Two grants scopes")
	assert.Contains(t, panicText(func() { ginjwt.Security(ginjwt.HTTPBearer(), "a") }), "nothing below HTTPBearer grants scopes")

	for want, d := range map[string]*ginjwt.Dependency[string]{
		`Bearer realm=""`: ginjwt.HTTPBearer(ginjwt.Realm("")),
		`APIKey`:          ginjwt.APIKeyHeader("X-API-Key", ginjwt.Realm("")),
		`X-Custom`:        ginjwt.HTTPBase("x-custom", ginjwt.Realm("")),
	} {
		assertChallenges(t, serveLines(graphEngine(ginjwt.Handle(d, showText))), 401, "Not authenticated", want)
	}
}

// TestHTTPBaseTakes64KiB: and no byte more.
func TestHTTPBaseTakes64KiB(t *testing.T) {
	t.Parallel()
	r := graphEngine(ginjwt.Handle(ginjwt.HTTPBase("Hawk"), showText))
	full := strings.Repeat("k", 64<<10)
	assert.Equal(t, full, serveLines(r, "Authorization: Hawk   "+full).Body.String())
	assertChallenges(t, serveLines(r, "Authorization: Hawk "+full+"k"), 401, "Could not validate credentials", "Hawk")
	assertChallenges(t, serveLines(r, "Authorization: Hawk a\x00b"), 400, "Malformed Authorization header", "Hawk")
}

// TestSchemesKeepTheirOwnOptions: an option is a value that many schemes can
// share, and a map of the caller's can change afterwards.
func TestSchemesKeepTheirOwnOptions(t *testing.T) {
	t.Parallel()
	trusted := ginjwt.TrustedOrigins("https://a.example")
	first, second := ginjwt.APIKeyCookie("c", trusted), ginjwt.APIKeyCookie("c", trusted, ginjwt.TrustedOrigins("https://b.example"))
	post := func(d *ginjwt.Dependency[string], origin string) int {
		return servePost(ginjwt.Handle(d, showText), "Cookie: c=tok", "Origin: "+origin).Code
	}
	assert.Equal(t, 200, post(first, "https://a.example"))
	assert.Equal(t, 403, post(first, "https://b.example"), "the second scheme's own option")
	assert.Equal(t, 200, post(second, "https://a.example"))
	assert.Equal(t, 200, post(second, "https://b.example"))
}

// TestWhatBrowsersSendUnasked: with those credentials a page of another origin
// must not write, be they optional or not.
func TestWhatBrowsersSendUnasked(t *testing.T) {
	t.Parallel()
	for _, s := range anySchemes() {
		refused := strings.Contains(s.options, schemeOptionsAsked)
		var allow []ginjwt.SchemeOption
		if refused {
			allow = append(allow, ginjwt.InsecureAllowCrossOrigin())
		}
		required, optional := ginjwt.Handle(s.make(), showText), ginjwt.Handle(ginjwt.OptionalOr(s.make(), "nobody"), showText)
		for _, guard := range []gin.HandlerFunc{required, optional} {
			w := servePost(guard, s.good, "Sec-Fetch-Site: cross-site")
			if refused {
				assertChallenges(t, w, 403, "Cross-origin request refused")
			} else {
				assert.Equal(t, "tok", w.Body.String(), s.name)
			}
			assert.Equal(t, "tok", servePost(guard, s.good, "Sec-Fetch-Site: same-origin").Body.String(), s.name)
			assert.Equal(t, "tok", servePost(guard, s.good).Body.String(), s.name+": a client that is no browser")
			assert.Equal(t, "tok", serveLines(graphEngine(guard), s.good, "Sec-Fetch-Site: cross-site").Body.String(), s.name+": a page that reads")
		}
		assert.Equal(t, "nobody", servePost(optional, "Sec-Fetch-Site: cross-site").Body.String(), s.name)
		assert.Equal(t, "tok", servePost(ginjwt.Handle(s.make(allow...), showText), s.good, "Sec-Fetch-Site: cross-site").Body.String(), s.name)
	}
}
