package ginjwt_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// What a client is told about a token that is not alone, or not one.
const (
	placeTwo       = "More than one access token"
	placeBad       = "Malformed access token"
	placeBadHeader = "Malformed Authorization header"
	placeHeaders   = "More than one Authorization header"
	placeNobody    = "Not authenticated"
	placeInvalid   = "Could not validate credentials"
)

// placeOptions are the places beside the header.
var placeOptions = map[string]ginjwt.SchemeOption{
	"query":       ginjwt.FromQuery("access_token"),
	"cookie":      ginjwt.FromCookie("token"),
	"subprotocol": ginjwt.FromWebSocketProtocol("bearer"),
}

// placeWorld is a service whose tokens can be in several places. Each place has
// a token of its own, whose subject is the place's name. {place} stands for it
// in what is sent.
type placeWorld struct {
	*gin.Engine
	claims *ginjwt.Dependency[ginjwt.Claims]
	tokens map[string]string
}

func newPlaceWorld(t testing.TB, cacheSize int, opts ...ginjwt.SchemeOption) *placeWorld {
	t.Helper()
	f := hmacForger(t)
	v := forgeVerifier(t, f.key, func(p *ginjwt.Policy) { p.CacheSize = cacheSize })
	w := &placeWorld{Engine: newEngine(), tokens: map[string]string{}}
	w.claims = ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token", opts...), v)
	for _, place := range []string{"header", "query", "cookie", "subprotocol"} {
		w.tokens[place] = f.token(t, f.headerOf(""), payloadWithout("sub", `,"sub":"`+place+`"`))
		if cacheSize > 0 { // the cache is to know it
			_, err := ginjwt.Verify[ginjwt.Claims](t.Context(), v, w.tokens[place])
			require.NoError(t, err)
		}
	}
	w.tokens["forged"] = extBroken(w.tokens["header"])
	w.Any("/required", ginjwt.Handle(w.claims, func(c *gin.Context, me ginjwt.Claims) { c.String(200, me.Subject) }))
	w.Any("/optional", ginjwt.Handle(ginjwt.Optional(w.claims), func(c *gin.Context, me *ginjwt.Claims) {
		if me == nil {
			c.String(200, "nobody")
			return
		}
		c.String(200, me.Subject)
	}))
	return w
}

// fill puts the tokens into what is sent.
func (w *placeWorld) fill(text string) string {
	for place, token := range w.tokens {
		text = strings.ReplaceAll(text, "{"+place+"}", token)
	}
	return text
}

// request is a request for path with header lines, "Name: value". A line "?a=b"
// is the query.
func (w *placeWorld) request(method, path string, lines ...string) *http.Request {
	req := httptest.NewRequest(method, path, nil)
	for _, line := range lines {
		if query, ok := strings.CutPrefix(line, "?"); ok {
			req.URL.RawQuery = w.fill(query)
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		req.Header.Add(name, strings.TrimPrefix(w.fill(value), " "))
	}
	return req
}

func (w *placeWorld) send(method, path string, lines ...string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, w.request(method, path, lines...))
	return rec
}

// placeVerdict is what becomes of a request: the subject, or the text of the
// refusal.
type placeVerdict struct {
	status int
	text   string
}

func placeOK(subject string) placeVerdict { return placeVerdict{200, subject} }
func place400(text string) placeVerdict   { return placeVerdict{400, text} }

var (
	place401     = placeVerdict{401, placeInvalid}
	placeNothing = placeVerdict{401, placeNobody}
)

// judge asserts that rec is what want says, the challenge included.
func (want placeVerdict) judge(t *testing.T, path, sent string, rec *httptest.ResponseRecorder) {
	t.Helper()
	challenge := ""
	switch {
	case want == placeNothing && path == "/optional":
		want = placeOK("nobody")
	case want == placeNothing:
		challenge = extNobody
	case want.status == 401:
		challenge = extInvalid
	case want.status == 400:
		challenge = fmt.Sprintf(`Bearer realm="api", error="invalid_request", error_description="%s"`, want.text)
	}
	body := want.text
	if challenge != "" {
		body = `{"detail":"` + want.text + `"}`
	}
	require.Equal(t, body, rec.Body.String(), "%s with %s", path, sent)
	require.Equal(t, want.status, rec.Code, "%s with %s", path, sent)
	require.Equal(t, challenge, strings.Join(rec.Header().Values("WWW-Authenticate"), " | "), "%s with %s", path, sent)
}

// placeRows state the rules by name, with all places on.
var placeRows = []struct {
	rule  string
	lines string // separated by |
	want  placeVerdict
}{
	{"nothing", "", placeNothing},
	{"RS-34 header and query", "?access_token={query}|Authorization: Bearer {header}", place400(placeTwo)},
	{"the same token in header and query", "?access_token={header}|Authorization: Bearer {header}", place400(placeTwo)},
	{"RS-35 two in the query", "?access_token={query}&access_token={header}", place400(placeTwo)},
	{"two in the query, one empty", "?access_token={query}&access_token", place400(placeTwo)},
	{"two in the query, one escaped", "?access_token={query}&access%5Ftoken={query}", place400(placeTwo)},
	{"a forged one in the query beside a good header", "?access_token={forged}|Authorization: Bearer {header}", place400(placeTwo)},
	{"an empty one in the query beside a good header", "?access_token=|Authorization: Bearer {header}", place400(placeTwo)},
	{"a malformed header beside a good query", "?access_token={query}|Authorization: Bearer a b", place400(placeTwo)},
	{"another scheme's header and query", "?access_token={query}|Authorization: Basic dTpw", placeOK("query")},
	{"an empty header and query", "?access_token={query}|Authorization:", placeOK("query")},
	{"header and subprotocol", "Authorization: Bearer {header}|Sec-WebSocket-Protocol: bearer, {subprotocol}", place400(placeTwo)},
	{"header, query and subprotocol", "?access_token={query}|Authorization: Bearer {header}|Sec-WebSocket-Protocol: bearer, {subprotocol}", place400(placeTwo)},
	{"the header wins over the cookie", "Authorization: Bearer {header}|Cookie: token={cookie}", placeOK("header")},
	{"the query wins over the cookie", "?access_token={query}|Cookie: token={cookie}", placeOK("query")},
	{"the subprotocol wins over the cookie", "Sec-WebSocket-Protocol: bearer, {subprotocol}|Cookie: token={cookie}", placeOK("subprotocol")},
	{"a good header wins over a malformed cookie", "Authorization: Bearer {header}|Cookie: token=a b", placeOK("header")},
	{"a good header wins over two cookies", "Authorization: Bearer {header}|Cookie: token={cookie}; token={cookie}", placeOK("header")},
	{"a malformed header is not mended by a cookie", "Authorization: Bearer|Cookie: token={cookie}", place400(placeBadHeader)},
	{"two headers are not mended by a cookie", "Authorization: Basic dTpw|Authorization: Bearer {header}|Cookie: token={cookie}", place400(placeHeaders)},
	{"a forged header is not mended by a cookie", "Authorization: Bearer {forged}|Cookie: token={cookie}", place401},
	{"a query with a bad escape is not mended by a cookie", "?access_token=%zz|Cookie: token={cookie}", place400(placeBad)},
	{"the marker alone is not mended by a cookie", "Sec-WebSocket-Protocol: bearer|Cookie: token={cookie}", place400(placeBad)},
	{"another scheme's header and a cookie", "Authorization: Basic dTpw|Cookie: token={cookie}", placeOK("cookie")},
	{"two cookies in two lines", "Cookie: token={cookie}|Cookie: a=b; token={header}", place400(placeTwo)},
	{"two cookies, one that net/http passes over", `Cookie: token={cookie}; token=a"b`, place400(placeTwo)},
	{"an empty cookie", "Cookie: token=", place400(placeBad)},
	{"the cookie's name alone", "Cookie: token", place400(placeBad)},
	{"a forged cookie", "Cookie: token={forged}", place401},
	{"a quoted cookie", `Cookie: token="{cookie}"`, placeOK("cookie")},
	{"cookies whose names only look the same", "Cookie: \u2003token={cookie}; Token={cookie}; __Host-token={cookie}; $token={cookie}; =token={cookie}", placeNothing},
	{"a cookie with the scheme", "Cookie: token=Bearer {cookie}", place400(placeBad)},
	{"a query with the scheme", "?access_token=Bearer+{query}", place400(placeBad)},
	{"a query with a space after the token", "?access_token={query}+", place400(placeBad)},
	{"a query with a line break after the token", "?access_token={query}%0A", place400(placeBad)},
	{"a query with NUL", "?access_token={query}%00", place400(placeBad)},
	{"a query with a semicolon", "?access_token={query};a=b", place400(placeBad)},
	{"the query's name in another case", "?Access_Token={query}", placeNothing},
	{"a query that is too long", "?access_token=" + strings.Repeat("a", 64<<10+1), place401},
	{"a cookie that is too long", "Cookie: token=" + strings.Repeat("a", 64<<10+1), place401},
	{"a cookie beside one that is too long in the query", "Cookie: token={cookie}|?access_token=" + strings.Repeat("a", 64<<10+1), place401},
}

func TestPlacesByName(t *testing.T) {
	t.Parallel()
	q, c, s := placeOptions["query"], placeOptions["cookie"], placeOptions["subprotocol"]
	for order, opts := range map[string][]ginjwt.SchemeOption{"the cookie first": {c, q, s}, "the cookie last": {s, q, c}} {
		for cache, size := range cacheSizes {
			w := newPlaceWorld(t, size, opts...)
			for _, tc := range placeRows {
				t.Run(strings.Join([]string{tc.rule, order, cache}, ", "), func(t *testing.T) {
					t.Parallel()
					for _, path := range []string{"/required", "/optional"} {
						tc.want.judge(t, path, tc.lines, w.send(http.MethodGet, path, placeLines(tc.lines)...))
					}
				})
			}
		}
	}
}

func placeLines(text string) []string {
	return slices.DeleteFunc(strings.Split(text, "|"), func(line string) bool { return line == "" })
}

// placeStates are the ways in which something can be in a place, as lines.
var placeStates = map[string]map[string]string{
	"header": {
		"absent": "", "foreign": "Authorization: Digest a=b", "good": "Authorization: Bearer {header}", "malformed": "Authorization: Bearer {header} x",
		"empty": "Authorization: Bearer", "twice": "Authorization: Bearer {header}|Authorization: Bearer {header}",
	},
	"query": {
		"absent": "?a=1", "good": "?a=1&access_token={query}", "malformed": "?access_token=%22{query}%22", "empty": "?access_token=",
		"twice": "?access_token={query}&access_token={query}",
	},
	"cookie": {
		"absent": "Cookie: a=1", "good": "Cookie: a=1; token={cookie}", "malformed": "Cookie: token=a,b", "empty": "Cookie: token=",
		"twice": "Cookie: token={cookie}; token={cookie}",
	},
	"subprotocol": {
		"absent": "Sec-WebSocket-Protocol: chat", "good": "Sec-WebSocket-Protocol: bearer, {subprotocol}", "malformed": "Sec-WebSocket-Protocol: bearer, a b",
		"empty": "Sec-WebSocket-Protocol: bearer", "twice": "Sec-WebSocket-Protocol: bearer, {subprotocol}, bearer, {subprotocol}",
	},
}

// placeOracle says what has to become of a request by the states of the places
// that the scheme reads: what the client gave must be one, and only without it
// a cookie counts.
func placeOracle(states map[string]string) placeVerdict {
	var given []string
	for _, place := range []string{"header", "query", "subprotocol"} {
		if s := states[place]; s != "" && s != "absent" && s != "foreign" {
			given = append(given, place)
		}
	}
	switch {
	case len(given) > 1:
		return place400(placeTwo)
	case len(given) == 0 && states["cookie"] != "" && states["cookie"] != "absent":
		given = []string{"cookie"}
	case len(given) == 0:
		return placeNothing
	}
	place, header := given[0], given[0] == "header"
	switch state := states[place]; {
	case state == "good":
		return placeOK(place)
	case state == "twice" && header:
		return place400(placeHeaders)
	case state == "twice":
		return place400(placeTwo)
	case header:
		return place400(placeBadHeader)
	}
	return place400(placeBad)
}

// Every state of every place beside every other, for every set of places that
// a scheme can read, with and without a cache that knows the tokens.
func TestPlacesInAllCombinations(t *testing.T) {
	t.Parallel()
	for set := range 8 {
		read := []string{"header"}
		var opts []ginjwt.SchemeOption
		for i, place := range []string{"query", "cookie", "subprotocol"} {
			if set&(1<<i) != 0 {
				read, opts = append(read, place), append(opts, placeOptions[place])
			}
		}
		for cache, size := range cacheSizes {
			t.Run(strings.Join(read, " ")+" "+cache, func(t *testing.T) {
				t.Parallel()
				w := newPlaceWorld(t, size, opts...)
				placeCombine(func(states map[string]string, lines []string) {
					seen := map[string]string{}
					for _, place := range read {
						seen[place] = states[place]
					}
					for _, path := range []string{"/required", "/optional"} {
						placeOracle(seen).judge(t, path, fmt.Sprint(states), w.send(http.MethodGet, path, lines...))
					}
				})
			})
		}
	}
}

// placeCombine calls fn with each combination of states and what is sent then.
func placeCombine(fn func(states map[string]string, lines []string)) {
	for h, header := range placeStates["header"] {
		for q, query := range placeStates["query"] {
			for c, cookie := range placeStates["cookie"] {
				for s, subprotocol := range placeStates["subprotocol"] {
					fn(map[string]string{"header": h, "query": q, "cookie": c, "subprotocol": s},
						slices.Concat(placeLines(header), placeLines(query), placeLines(cookie), placeLines(subprotocol)))
				}
			}
		}
	}
}
