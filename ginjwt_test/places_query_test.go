package ginjwt_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
)

func TestRS32AQueryIsNoPlaceByDefault(t *testing.T) {
	t.Parallel()
	for cache, size := range cacheSizes {
		w := newPlaceWorld(t, size)
		for _, line := range []string{"?access_token={query}", "?access_token={query}&access_token={query}", "Cookie: token={cookie}; access_token={cookie}", "Sec-WebSocket-Protocol: bearer, {subprotocol}"} {
			for _, path := range []string{"/required", "/optional"} {
				rec := w.send(http.MethodGet, path, line)
				placeNothing.judge(t, path, line+" "+cache, rec)
				assert.Empty(t, rec.Header().Values("Cache-Control"))
				placeOK("header").judge(t, path, line+" "+cache, w.send(http.MethodGet, path, line, "Authorization: Bearer {header}"))
			}
		}
	}
}

func TestRS33AQueryThatIsSwitchedOn(t *testing.T) {
	t.Parallel()
	w := newPlaceWorld(t, 0, ginjwt.FromQuery("access_token"))
	for _, query := range []string{"?access_token={query}", "?a=1&access_token={query}&b=2", "?access%5Ftoken={query}", "?a=%zz&access_token={query}"} {
		for _, path := range []string{"/required", "/optional"} {
			for _, method := range []string{"GET", "HEAD", "POST", "DELETE"} {
				rec := w.send(method, path, query, "Sec-Fetch-Site: cross-site", "Origin: https://evil.example")
				assert.Equal(t, 200, rec.Code, "%s %s: a query is nothing that a browser sends unasked", method, query)
				assert.Equal(t, []string{"private"}, rec.Header().Values("Cache-Control"))
				assert.Empty(t, rec.Header().Values("WWW-Authenticate"))
				assert.Empty(t, rec.Header().Values("Vary"), "the URL is a part of a cache's key")
			}
		}
	}
}

func TestAQueryParameterOfAnotherName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"t", "access token", "a&b", "a=b", "a;b", "a+b", "a%b", "[]"} {
		w := newPlaceWorld(t, 0, ginjwt.FromQuery(name))
		line := "?" + url.QueryEscape(name) + "={query}"
		placeOK("query").judge(t, "/required", line, w.send(http.MethodGet, "/required", line))
		placeNothing.judge(t, "/required", name, w.send(http.MethodGet, "/required", "?access_token={query}"))
	}
}

// placeBody is a body that nobody may read.
type placeBody struct {
	io.Reader
	read bool
}

func (b *placeBody) Read(p []byte) (int, error) { b.read = true; return b.Reader.Read(p) }
func (b *placeBody) Close() error               { return nil }

func TestRS36RS37ABodyIsNoPlace(t *testing.T) {
	t.Parallel()
	const part = "--x\r\nContent-Disposition: form-data; name=\"access_token\"\r\n\r\n{query}\r\n--x--\r\n"
	for rule, tc := range map[string]struct{ method, contentType, body string }{
		"RS-36 a form that a GET has": {"GET", formType, "access_token={query}"},
		"RS-37 several parts":         {"POST", "multipart/form-data; boundary=x", part},
		"a form":                      {"POST", formType, "access_token={query}"},
		"JSON":                        {"POST", "application/json", `{"access_token":"{query}"}`},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w := newPlaceWorld(t, 0, placeOptions["query"], placeOptions["cookie"], placeOptions["subprotocol"])
			for _, path := range []string{"/required", "/optional"} {
				body := &placeBody{Reader: strings.NewReader(w.fill(tc.body))}
				req := w.request(tc.method, path, "Content-Type: "+tc.contentType)
				req.Body, req.ContentLength = body, -1
				rec := httptest.NewRecorder()
				w.ServeHTTP(rec, req)
				placeNothing.judge(t, path, rule, rec)
				assert.False(t, body.read)
			}
		})
	}
}

// Several guards, and Get, find the token of the query or of the cookie too.
func TestPlacesInNestedGuards(t *testing.T) {
	t.Parallel()
	w := newPlaceWorld(t, 0, placeOptions["query"], placeOptions["cookie"])
	group := w.Group("/group", ginjwt.Require(ginjwt.Optional(w.claims)))
	group.GET("/inner", ginjwt.Handle(w.claims, func(c *gin.Context, me ginjwt.Claims) {
		again, err := w.claims.Get(c)
		assert.NoError(t, err)
		c.String(200, me.Subject+again.Subject)
	}))
	for line, want := range map[string]string{"?access_token={query}": "queryquery", "Cookie: token={cookie}": "cookiecookie", "Authorization: Bearer {header}": "headerheader"} {
		placeOK(want).judge(t, "/group/inner", line, w.send(http.MethodGet, "/group/inner", line))
	}
	placeNothing.judge(t, "/group/inner", "nothing", w.send(http.MethodGet, "/group/inner"))
}

// What a handler does to the request after the guard, or a middleware before
// it, is what the places show: nothing of an earlier request is kept.
func TestAPlaceIsReadFromTheRequestAtHand(t *testing.T) {
	t.Parallel()
	w := newPlaceWorld(t, 0, placeOptions["query"])
	w.GET("/moved", func(c *gin.Context) {
		c.Request.URL.RawQuery = ""
		c.Request.URL.Path = "/required"
		w.HandleContext(c)
	})
	placeNothing.judge(t, "/required", "a query that was taken away", w.send(http.MethodGet, "/moved", "?access_token={query}"))
}

func TestPlacesSetUpMistakes(t *testing.T) {
	t.Parallel()
	with := func(opts ...ginjwt.SchemeOption) func() {
		return func() { ginjwt.OAuth2PasswordBearer("/token", opts...) }
	}
	for rule, tc := range map[string]struct {
		setUp func()
		says  string
	}{
		"an empty cookie name":          {func() { ginjwt.FromCookie("") }, `ginjwt: FromCookie: "" cannot be the name of a cookie`},
		"a cookie name with a space":    {func() { ginjwt.FromCookie("a b") }, "FromCookie"},
		"a cookie name with a sign":     {func() { ginjwt.FromCookie("a=b") }, "FromCookie"},
		"a cookie name beyond ASCII":    {func() { ginjwt.FromCookie("caf\u00e9") }, "FromCookie"},
		"an empty parameter name":       {func() { ginjwt.FromQuery("") }, "FromQuery"},
		"a parameter name beyond ASCII": {func() { ginjwt.FromQuery("caf\u00e9") }, "FromQuery"},
		"an empty marker":               {func() { ginjwt.FromWebSocketProtocol("") }, "FromWebSocketProtocol"},
		"a marker with a comma":         {func() { ginjwt.FromWebSocketProtocol("a,b") }, "FromWebSocketProtocol"},
		"a cookie twice":                {with(ginjwt.FromCookie("a"), ginjwt.FromCookie("a")), "given twice"},
		"a parameter twice":             {with(ginjwt.FromQuery("a"), ginjwt.FromQuery("a")), "given twice"},
		"a marker twice":                {with(ginjwt.FromWebSocketProtocol("a"), ginjwt.FromWebSocketProtocol("a")), "given twice"},
		"a place of Basic":              {func() { ginjwt.HTTPBasic(ginjwt.FromCookie("a")) }, "HTTPBasic: FromCookie is about a bearer token"},
		"a place of an API key":         {func() { ginjwt.APIKeyHeader("X-Key", ginjwt.FromQuery("a")) }, "APIKeyHeader: FromQuery"},
		"origins without a cookie":      {with(ginjwt.FromQuery("a"), ginjwt.TrustedOrigins("https://a.example")), "TrustedOrigins is about credentials that browsers send unasked"},
		"any origin without a cookie":   {with(ginjwt.InsecureAllowCrossOrigin()), "InsecureAllowCrossOrigin is about"},
		"no origins":                    {func() { ginjwt.TrustedOrigins() }, "no origins given"},
		"an origin with a path":         {with(ginjwt.FromCookie("a"), ginjwt.TrustedOrigins("https://a.example/")), "ginjwt: TrustedOrigins: "},
		"an origin without a scheme":    {with(ginjwt.FromCookie("a"), ginjwt.TrustedOrigins("a.example")), "ginjwt: TrustedOrigins: "},
		"the null origin":               {with(ginjwt.FromCookie("a"), ginjwt.TrustedOrigins("null")), "ginjwt: TrustedOrigins: "},
		"every origin":                  {with(ginjwt.FromCookie("a"), ginjwt.TrustedOrigins("*")), "ginjwt: TrustedOrigins: "},
	} {
		assert.Contains(t, panicText(tc.setUp), tc.says, rule)
	}
	assert.Equal(t, "no panic", panicText(with(ginjwt.FromCookie("a"), ginjwt.FromCookie("b"), ginjwt.FromQuery("a"), ginjwt.FromWebSocketProtocol("a"))),
		"one name in several places, and two cookies, are no mistake")
}
