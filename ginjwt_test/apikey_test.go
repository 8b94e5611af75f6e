package ginjwt_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// keyService shows the key that it is sent, and nobody without one.
func keyService(scheme *ginjwt.Dependency[string]) *gin.Engine {
	return graphEngine(ginjwt.Handle(ginjwt.Optional(scheme), func(c *gin.Context, key *string) {
		if key == nil {
			c.String(200, "nobody")
			return
		}
		c.String(200, "%q", *key)
	}))
}

// keyCase is what a service answers to lines: the key in quotes, nobody, or a
// refusal of these.
type keyCase struct {
	lines []string
	want  string
}

const (
	keyMalformed = "Malformed"
	keyTwice     = "More than one"
	keyTooLong   = "Could not validate credentials"
)

// runKeys checks cases in optional mode; thing is what the key is in.
func runKeys(t *testing.T, scheme *ginjwt.Dependency[string], thing string, cases map[string]keyCase) {
	t.Helper()
	r := keyService(scheme)
	for rule, tc := range cases {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w := serveLines(r, tc.lines...)
			switch tc.want {
			case keyMalformed, keyTwice:
				assertChallenges(t, w, 400, tc.want+" "+thing, "APIKey")
			case keyTooLong:
				assertChallenges(t, w, 401, tc.want, "APIKey")
			default:
				assert.Equal(t, 200, w.Code)
				assert.Equal(t, tc.want, w.Body.String())
				assert.Empty(t, w.Header().Values("WWW-Authenticate"))
			}
		})
	}
}

func keyLines(lines ...string) []string { return lines }

func TestAPIKeyHeader(t *testing.T) {
	t.Parallel()
	full := strings.Repeat("k", 64<<10)
	cases := map[string]keyCase{
		"none":                              {nil, "nobody"},
		"a name that begins alike":          {keyLines("X-API-Keys: k"), "nobody"},
		"an underscore for a hyphen":        {keyLines("X_API_Key: k"), "nobody"},
		"any letter case":                   {keyLines("x-aPi-kEy: k"), `"k"`},
		"white space around":                {keyLines("X-API-Key:  \t k \t "), `"k"`},
		"white space inside":                {keyLines("X-API-Key: a  b"), `"a  b"`},
		"a comma":                           {keyLines("X-API-Key: a,b"), `"a,b"`},
		"quotes are part of it":             {keyLines(`X-API-Key: "k"`), `"\"k\""`},
		"percent signs are":                 {keyLines("X-API-Key: %6b+"), `"%6b+"`},
		"UTF-8":                             {keyLines("X-API-Key: é€"), `"é€"`},
		"not UTF-8":                         {keyLines("X-API-Key: k\xe9\xff"), `"k\xe9\xff"`},
		"64 KiB":                            {keyLines("X-API-Key: " + full), `"` + full + `"`},
		"64 KiB and white space":            {keyLines("X-API-Key: " + full + " \t"), `"` + full + `"`},
		"over 64 KiB":                       {keyLines("X-API-Key: " + full + "k"), keyTooLong},
		"empty":                             {keyLines("X-API-Key: "), keyMalformed},
		"white space alone":                 {keyLines("X-API-Key: \t  \t"), keyMalformed},
		"two":                               {keyLines("X-API-Key: a", "X-API-Key: b"), keyTwice},
		"twice the same":                    {keyLines("X-API-Key: a", "x-api-key: a"), keyTwice},
		"an empty one and another":          {keyLines("X-API-Key: ", "X-API-Key: b"), keyTwice},
		"two that are too long":             {keyLines("X-API-Key: "+full+"k", "X-API-Key: "+full+"k"), keyTwice},
		"another scheme's header beside it": {keyLines("Authorization: Bearer a", "Authorization: Bearer b", "X-API-Key: k"), `"k"`},
	}
	for _, b := range []byte("\x00\x01\t\n\v\r\x1b\x1f\x7f") {
		cases[fmt.Sprintf("control %#x", b)] = keyCase{keyLines("X-API-Key: a" + string(rune(b)) + "b"), keyMalformed}
	}
	runKeys(t, ginjwt.APIKeyHeader("X-API-Key"), "X-API-Key header", cases)
}

func TestAPIKeyQuery(t *testing.T) {
	t.Parallel()
	full := strings.Repeat("k", 64<<10)
	cases := map[string]keyCase{
		"none":                            {nil, "nobody"},
		"an empty query":                  {keyLines("?"), "nobody"},
		"ampersands alone":                {keyLines("?&&&"), "nobody"},
		"another letter case":             {keyLines("?KEY=k"), "nobody"},
		"a name that begins alike":        {keyLines("?keys=k&key[]=k&key%00=k"), "nobody"},
		"a value that looks like it":      {keyLines("?a=key=k&b=%26key=k"), "nobody"},
		"after a semicolon":               {keyLines("?a=b;key=k"), "nobody"},
		"among others":                    {keyLines("?a&key=k&&b="), `"k"`},
		"a name in escapes":               {keyLines("?%6B%65%79=k"), `"k"`},
		"an escape in a name that is bad": {keyLines("?key%=a&key%zz=b&key=k"), `"k"`},
		"plus signs":                      {keyLines("?key=+a+"), `" a "`},
		"escapes in both letter cases":    {keyLines("?key=%2b%2B%26%3d"), `"++&="`},
		"escapes once only":               {keyLines("?key=%2525"), `"%25"`},
		"equals signs":                    {keyLines("?key==a="), `"=a="`},
		"UTF-8":                           {keyLines("?key=%e2%82%ac"), `"€"`},
		"UTF-8 without escapes":           {keyLines("?key=€"), `"€"`},
		"not UTF-8":                       {keyLines("?key=%ff%C3"), `"\xff\xc3"`},
		"an overlong NUL is no control":   {keyLines("?key=%c0%80"), `"\xc0\x80"`},
		"64 KiB, in escapes":              {keyLines("?key=" + strings.Repeat("%6b", 64<<10)), `"` + full + `"`},
		"over 64 KiB":                     {keyLines("?key=" + full + "k"), keyTooLong},
		"empty":                           {keyLines("?key="), keyMalformed},
		"the name alone":                  {keyLines("?key"), keyMalformed},
		"a bad escape":                    {keyLines("?key=%zz"), keyMalformed},
		"half an escape":                  {keyLines("?key=a%4"), keyMalformed},
		"a percent sign":                  {keyLines("?key=%"), keyMalformed},
		"a bad escape and a good key":     {keyLines("?key=k&key=%zz"), keyMalformed},
		"a bad escape in an escaped name": {keyLines("?k%65y=%u0041"), keyMalformed},
		"a semicolon":                     {keyLines("?key=a;b"), keyMalformed},
		"a semicolon behind":              {keyLines("?key=a;"), keyMalformed},
		"a semicolon and another key":     {keyLines("?key=a;key=b"), keyMalformed},
		"two":                             {keyLines("?key=a&key=b"), keyTwice},
		"twice the same":                  {keyLines("?key=a&a&key=a"), keyTwice},
		"an empty one and another":        {keyLines("?key&key=b"), keyTwice},
		"two, by an escape":               {keyLines("?key=a&%6bey=b"), keyTwice},
	}
	for b := range 0x80 {
		if b < ' ' || b == 0x7f {
			cases[fmt.Sprintf("control %#x", b)] = keyCase{keyLines(fmt.Sprintf("?key=a%%%02x", b)), keyMalformed}
		}
	}
	runKeys(t, ginjwt.APIKeyQuery("key"), "key query parameter", cases)
}

func TestAPIKeyCookie(t *testing.T) {
	t.Parallel()
	full := strings.Repeat("k", 64<<10)
	cases := map[string]keyCase{
		"none":                            {nil, "nobody"},
		"an empty header":                 {keyLines("Cookie: "), "nobody"},
		"semicolons alone":                {keyLines("Cookie: ; ;;"), "nobody"},
		"another letter case":             {keyLines("Cookie: SID=k"), "nobody"},
		"a name that begins alike":        {keyLines("Cookie: sid2=k; __Host-sid=k; si=k"), "nobody"},
		"a name in escapes":               {keyLines("Cookie: %73id=k"), "nobody"},
		"a comma does not part cookies":   {keyLines("Cookie: a=1, sid=k"), "nobody"},
		"a value that looks like it":      {keyLines("Cookie: a=sid=k"), "nobody"},
		"a cookie without a name":         {keyLines("Cookie: =sid"), "nobody"},
		"among others":                    {keyLines("Cookie: a=1; sid=k; b"), `"k"`},
		"no space":                        {keyLines("Cookie: a=1;sid=k;b=2"), `"k"`},
		"in the second header":            {keyLines("Cookie: a=1; b=2", "Cookie: sid=k"), `"k"`},
		"beside attributes of RFC 2965":   {keyLines(`Cookie: $Version="1"; sid=k; $Path="/"`), `"k"`},
		"white space around":              {keyLines("Cookie: \t sid \t = \t k \t ;b=2"), `"k"`},
		"quotes":                          {keyLines(`Cookie: sid="k"`), `"k"`},
		"quotes in quotes":                {keyLines(`Cookie: sid=""k""`), `"\"k\""`},
		"one quote before":                {keyLines(`Cookie: sid="k`), `"\"k"`},
		"one quote alone":                 {keyLines(`Cookie: sid="`), `"\""`},
		"white space in quotes":           {keyLines(`Cookie: sid=" k "`), `" k "`},
		"a backslash is itself":           {keyLines(`Cookie: sid="\k\075"`), `"\\k\\075"`},
		"escapes are themselves":          {keyLines("Cookie: sid=%6b+%zz"), `"%6b+%zz"`},
		"equals signs":                    {keyLines("Cookie: sid==a="), `"=a="`},
		"a comma":                         {keyLines("Cookie: sid=a,b"), `"a,b"`},
		"not UTF-8":                       {keyLines("Cookie: sid=\xe9"), `"\xe9"`},
		"64 KiB":                          {keyLines("Cookie: sid=" + full), `"` + full + `"`},
		"64 KiB in quotes":                {keyLines(`Cookie: sid="` + full + `"`), `"` + full + `"`},
		"over 64 KiB":                     {keyLines("Cookie: sid=" + full + "k"), keyTooLong},
		"over 64 KiB of others":           {keyLines("Cookie: a=" + full + "k; sid=k"), `"k"`},
		"empty":                           {keyLines("Cookie: sid="), keyMalformed},
		"empty, and others":               {keyLines("Cookie: sid=; a=1"), keyMalformed},
		"empty quotes":                    {keyLines(`Cookie: sid=""`), keyMalformed},
		"the name alone":                  {keyLines("Cookie: sid"), keyMalformed},
		"two":                             {keyLines("Cookie: sid=a; sid=b"), keyTwice},
		"two in two headers":              {keyLines("Cookie: sid=a", "Cookie: sid=b"), keyTwice},
		"twice the same":                  {keyLines("Cookie: sid=a; b=1; sid=a"), keyTwice},
		"an empty one and another":        {keyLines("Cookie: sid=; sid=b"), keyTwice},
		"a semicolon in quotes ends it":   {keyLines(`Cookie: sid="a;b"`), `"\"a"`},
		"one in the quotes of another":    {keyLines(`Cookie: a="; sid=evil; b="; sid=k`), keyTwice},
		"a space in the name is no match": {keyLines("Cookie: si d=k; sid x=k"), "nobody"},
		"a no-break space is no space":    {keyLines("Cookie: \u00a0sid=k"), "nobody"},
	}
	for _, b := range []byte("\x00\x01\n\v\r\x1b\x1f\x7f") {
		cases[fmt.Sprintf("control %#x", b)] = keyCase{keyLines("Cookie: sid=a" + string(rune(b)) + "b"), keyMalformed}
	}
	cases["a tab inside"] = keyCase{keyLines("Cookie: sid=a\tb"), keyMalformed}
	runKeys(t, ginjwt.APIKeyCookie("sid"), "sid cookie", cases)
}

// TestAPIKeyNamesThatNeedEscaping: in the request, and in the refusal.
func TestAPIKeyNamesThatNeedEscaping(t *testing.T) {
	t.Parallel()
	for name, shown := range map[string]string{
		"a b": "a b", "a+b": "a+b", "a&b=c": "a&b=c", "a;b": "a;b", "100%": "100%", "[key]": "[key]", `"<key>\`: `\"<key>\\`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, field := keyService(ginjwt.APIKeyQuery(name)), url.QueryEscape(name)
			assert.Equal(t, `"k"`, serveLines(r, "?x=1&"+field+"=k").Body.String())
			assert.Equal(t, "nobody", serveLines(r, "?x=1").Body.String())
			assertChallenges(t, serveLines(r, "?"+field+"="), 400, "Malformed "+shown+" query parameter", "APIKey")
			assertChallenges(t, serveLines(r, "?"+field+"=a&"+field+"=b"), 400, "More than one "+shown+" query parameter", "APIKey")
		})
	}
	const odd = "!#$%&'*+-.^_`|~k"
	assert.Equal(t, `"k"`, serveLines(keyService(ginjwt.APIKeyHeader(odd)), odd+": k").Body.String())
	assert.Equal(t, `"k"`, serveLines(keyService(ginjwt.APIKeyCookie(odd)), "Cookie: "+odd+"=k").Body.String())
	assertChallenges(t, serveLines(keyService(ginjwt.APIKeyHeader("x-api-key")), "X-API-Key: "), 400, "Malformed x-api-key header", "APIKey")
}

// TestAPIKeysSideBySide: three places with one name are three schemes.
func TestAPIKeysSideBySide(t *testing.T) {
	t.Parallel()
	all := ginjwt.Depends3(ginjwt.APIKeyHeader("k"), ginjwt.APIKeyQuery("k"), ginjwt.APIKeyCookie("k"),
		func(_ *gin.Context, header, query, cookie string) (string, error) {
			return header + query + cookie, nil
		})
	r := keyService(all)
	assert.Equal(t, `"abc"`, serveLines(r, "k: a", "?k=b", "Cookie: k=c").Body.String())
	assert.Equal(t, "nobody", serveLines(r).Body.String())
	assertChallenges(t, serveLines(r, "k: a", "?k=b"), 401, "Not authenticated", "APIKey")
	assertChallenges(t, serveLines(r, "k: a", "?k=", "Cookie: k=c"), 400, "Malformed k query parameter", "APIKey")
}

// TestAPIKeyHeaderIsNoOtherPlace: the Cookie header would be read without the
// check of APIKeyCookie, and net/http takes these others out of the header, so
// nobody could ever send the key.
func TestAPIKeyHeaderIsNoOtherPlace(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Cookie", "cookie", "Host", "Transfer-Encoding", "Trailer"} {
		assert.NotEqual(t, "no panic", panicText(func() { ginjwt.APIKeyHeader(name) }), name)
	}
}
