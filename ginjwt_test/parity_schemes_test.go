package ginjwt_test

import (
	"encoding/base64"

	"github.com/ginjwt/gin-depends/ginjwt"
)

const (
	whyForeign = "browsers send it unasked, so a page of anybody's could act for the user"
	whyStrict  = "RFC 4648 3.3: what is no base64 is refused, and malformed is not unknown"
	whyUTF8    = "RFC 7617 2.1: the challenge announces charset=\"UTF-8\""
	whyNotUTF8 = "RFC 7617 2.1: the challenge announces UTF-8; what is malformed is 400"
	whyPair    = "RFC 7617 2: a user name and a password have a colon between them"
	whyCTL     = "RFC 7617 2: no control characters"
	whyKeyCTL  = "a control character in a key is a forged line of a log, or a mistake"
	whyNoKey   = "an empty key was sent: neither a key nor nobody"
	whyTwoKeys = "a proxy may have judged one, and the service another"
	whyEscape  = "what is no percent-encoding is malformed: no guess is made"
	whySemi    = "some programs split a query at a semicolon, others do not"
	whyRaw     = "the bytes as they were sent: with U+FFFD for bad ones, two keys could look the same"
	whyNoPair  = "the name is there, so something was sent"
	whyOctal   = "RFC 6265 4.1.1: a cookie's value knows no escapes"
	whyCharset = "RFC 7617 2 wants a realm, and 2.1 tells which charset is meant"
)

// parityBasic sends the user-pass in Basic's base64.
func parityBasic(userPass string) parityRequest {
	return withAuth("Basic " + base64.StdEncoding.EncodeToString([]byte(userPass)))
}

func basicRows() []parityRow {
	upw := givesPair("u", "pw") // dTpwdw==
	return []parityRow{
		{"no header", withLines(), toNobody, toNobody, ""},
		{"an empty header", withAuth(""), toNobody, toNobody, ""},
		{"another scheme", withAuth("Bearer tok"), toNobody, toNobody, ""},
		{"a longer scheme name", withAuth("Basics dTpwdw=="), toNobody, toNobody, ""},
		{"base64 alone", withAuth("dTpwdw=="), toNobody, toNobody, ""},
		{"a pair", withAuth("Basic dTpwdw=="), upw, upw, ""},
		{"lower case", withAuth("basic dTpwdw=="), upw, upw, ""},
		{"upper case", withAuth("BASIC dTpwdw=="), upw, upw, ""},
		{"two spaces", withAuth("Basic  dTpwdw=="), upw, upw, ""},
		{"spaces around", withAuth("  Basic dTpwdw==  "), upw, upw, ""},
		{"an empty user name", parityBasic(":pw"), givesPair("", "pw"), givesPair("", "pw"), ""},
		{"an empty password", parityBasic("u:"), givesPair("u", ""), givesPair("u", ""), ""},
		{"both empty", withAuth("Basic Og=="), givesPair("", ""), givesPair("", ""), ""},
		{"several colons", parityBasic("u:p:w:"), givesPair("u", "p:w:"), givesPair("u", "p:w:"), ""},
		{"spaces are kept", parityBasic(" u : p "), givesPair(" u ", " p "), givesPair(" u ", " p "), ""},
		{"nothing", withAuth("Basic"), badHeader, refusedAlways, whyEmpty},
		{"nothing after a space", withAuth("Basic "), badHeader, refusedAlways, whyEmpty},
		{"a tab", withAuth("Basic\tdTpwdw=="), badHeader, toNobody, whySpace},
		{"no base64", withAuth("Basic !!!"), badHeader, refusedAlways, whyStrict},
		{"missing padding", withAuth("Basic dTpwdw"), badHeader, refusedAlways, whyStrict},
		{"the alphabet of URLs", withAuth("Basic dTpwPj4-"), badHeader, refusedAlways, whyStrict},
		{"a stray character", withAuth("Basic dTp!wdw=="), badHeader, upw, whyStrict},
		{"a space in the base64", withAuth("Basic dTpw dw=="), badHeader, upw, whyStrict},
		{"trailing bits", withAuth("Basic dTpwdx=="), badHeader, upw, whyStrict},
		{"more after the padding", withAuth("Basic dTpwdw==dTpw"), badHeader, upw, whyStrict},
		{"no colon", parityBasic("user"), badHeader, refusedAlways, whyPair},
		{"an empty pair", withAuth("Basic ===="), badHeader, refusedAlways, whyStrict},
		{"UTF-8", parityBasic("Jörg:pässwörd€"), givesPair("Jörg", "pässwörd€"), refusedAlways, whyUTF8},
		{"Latin-1", parityBasic("J\xf6rg:pw"), badHeader, refusedAlways, whyNotUTF8},
		{"NUL", parityBasic("u:p\x00w"), badHeader, givesPair("u", "p\x00w"), whyCTL},
		{"a line feed", parityBasic("u\n:pw"), badHeader, givesPair("u\n", "pw"), whyCTL},
		{"a tab in the password", parityBasic("u:p\tw"), badHeader, givesPair("u", "p\tw"), whyCTL},
		{"DEL", parityBasic("u:p\x7fw"), badHeader, givesPair("u", "p\x7fw"), whyCTL},
		{"two headers", withAuth("Basic dTpwdw==", "Basic YTpi"), twoHeaders, upw, whyTwo},
		{"two headers, the first of another scheme", withAuth("Bearer tok", "Basic dTpwdw=="), twoHeaders, toNobody, whyTwo},
		{"a page of another site", fromSite("cross-site", "Authorization: Basic dTpwdw=="), foreignPages, upw, whyForeign},
		{"a page of its own", fromSite("same-origin", "Authorization: Basic dTpwdw=="), upw, upw, ""},
		{"a page of another site, but no credentials", fromSite("cross-site"), toNobody, toNobody, ""},
	}
}

func keyHeaderRows() []parityRow {
	key := gives("key")
	malformed, two := isBad("Malformed X-API-Key header"), isBad("More than one X-API-Key header")
	return []parityRow{
		{"no header", withLines(), toNobody, toNobody, ""},
		{"a key", withLines("X-API-Key: key"), key, key, ""},
		{"the name in lower case", withLines("x-api-key: key"), key, key, ""},
		{"the name in upper case", withLines("X-API-KEY: key"), key, key, ""},
		{"no space after the colon", withLines("X-API-Key:key"), key, key, ""},
		{"white space around", withLines("X-API-Key: \t key \t "), key, key, ""},
		{"spaces in the key", withLines("X-API-Key: Bearer a, b"), gives("Bearer a, b"), gives("Bearer a, b"), ""},
		{"an empty header", withLines("X-API-Key:"), malformed, toNobody, whyNoKey},
		{"a header of white space", withLines("X-API-Key: \t "), malformed, toNobody, whyNoKey},
		{"two headers", withLines("X-API-Key: a", "X-API-Key: b"), two, gives("a"), whyTwoKeys},
		{"two headers in two letter cases", withLines("X-API-Key: a", "x-api-key: b"), two, gives("a"), whyTwoKeys},
		{"two headers, the first empty", withLines("X-API-Key:", "X-API-Key: b"), two, toNobody, whyTwoKeys},
		{"a tab in the key", withLines("X-API-Key: a\tb"), malformed, gives("a\tb"), whyKeyCTL},
		{"the byte E9", withLines("X-API-Key: key\xe9"), gives("key\xe9"), gives("keyé"), whyBytes},
		{"the query", withQuery("X-API-Key=key"), toNobody, toNobody, ""},
		{"a cookie", withLines("Cookie: X-API-Key=key"), toNobody, toNobody, ""},
		{"the Authorization header", withAuth("APIKey key"), toNobody, toNobody, ""},
		{"a page of another site", fromSite("cross-site", "X-API-Key: key"), key, key, ""},
	}
}

func keyQueryRows() []parityRow {
	key := gives("key")
	malformed, two := isBad("Malformed api_key query parameter"), isBad("More than one api_key query parameter")
	return []parityRow{
		{"no query", withQuery(""), toNobody, toNobody, ""},
		{"another parameter", withQuery("key=key"), toNobody, toNobody, ""},
		{"a key", withQuery("api_key=key"), key, key, ""},
		{"among others", withQuery("a=1&api_key=key&b=2"), key, key, ""},
		{"the name in upper case", withQuery("API_KEY=key"), toNobody, toNobody, ""},
		{"the name encoded", withQuery("api%5Fkey=key"), key, key, ""},
		{"the key encoded", withQuery("api_key=%6bey"), key, key, ""},
		{"a plus", withQuery("api_key=a+b"), gives("a b"), gives("a b"), ""},
		{"a plus encoded", withQuery("api_key=a%2Bb"), gives("a+b"), gives("a+b"), ""},
		{"an equals sign", withQuery("api_key=a=b=="), gives("a=b=="), gives("a=b=="), ""},
		{"UTF-8", withQuery("api_key=%C3%A9"), gives("é"), gives("é"), ""},
		{"a bad escape elsewhere", withQuery("a=%zz&api_key=key"), key, key, ""},
		{"an empty key", withQuery("api_key="), malformed, toNobody, whyNoKey},
		{"the name alone", withQuery("api_key"), malformed, toNobody, whyNoKey},
		{"two keys", withQuery("api_key=a&api_key=b"), two, gives("b"), whyTwoKeys},
		{"two keys, one name encoded", withQuery("api_key=a&api%5fkey=b"), two, gives("b"), whyTwoKeys},
		{"two keys, the last empty", withQuery("api_key=a&api_key="), two, toNobody, whyTwoKeys},
		{"a bad escape", withQuery("api_key=%zz"), malformed, gives("%zz"), whyEscape},
		{"half an escape", withQuery("api_key=a%2"), malformed, gives("a%2"), whyEscape},
		{"a bad escape and a good key", withQuery("api_key=%&api_key=key"), malformed, key, whyEscape},
		{"a semicolon", withQuery("api_key=a;b"), malformed, gives("a;b"), whySemi},
		{"a semicolon encoded", withQuery("api_key=a%3Bb"), gives("a;b"), gives("a;b"), ""},
		{"not UTF-8", withQuery("api_key=%E9"), gives("\xe9"), gives("\ufffd"), whyRaw},
		{"NUL", withQuery("api_key=a%00"), malformed, gives("a\x00"), whyKeyCTL},
		{"a line end", withQuery("api_key=a%0D%0Ab"), malformed, gives("a\r\nb"), whyKeyCTL},
		{"the header", withLines("api_key: key"), toNobody, toNobody, ""},
	}
}

func keyCookieRows() []parityRow {
	key := gives("key")
	malformed, two := isBad("Malformed session cookie"), isBad("More than one session cookie")
	return []parityRow{
		{"no cookie", withLines(), toNobody, toNobody, ""},
		{"an empty header", withLines("Cookie:"), toNobody, toNobody, ""},
		{"another cookie", withLines("Cookie: sessionid=key"), toNobody, toNobody, ""},
		{"a key", withLines("Cookie: session=key"), key, key, ""},
		{"among others", withLines("Cookie: a=1; session=key; b=2"), key, key, ""},
		{"no space between cookies", withLines("Cookie: a=1;session=key;b=2"), key, key, ""},
		{"white space around", withLines("Cookie: a=1;  session = key  ; b=2"), key, key, ""},
		{"the name in upper case", withLines("Cookie: SESSION=key"), toNobody, toNobody, ""},
		{"quotes", withLines(`Cookie: session="key"`), key, key, ""},
		{"one quote", withLines(`Cookie: session="key`), gives(`"key`), gives(`"key`), ""},
		{"an equals sign", withLines("Cookie: session=a=b=="), gives("a=b=="), gives("a=b=="), ""},
		{"a percent sign is itself", withLines("Cookie: session=a%20b+c"), gives("a%20b+c"), gives("a%20b+c"), ""},
		{"a space in the key", withLines("Cookie: session=a b"), gives("a b"), gives("a b"), ""},
		{"an escape in quotes", withLines(`Cookie: session="a\"b"`), gives(`a\"b`), gives(`a"b`), whyOctal},
		{"an octal escape in quotes", withLines(`Cookie: session="a\073b"`), gives(`a\073b`), gives("a;b"), whyOctal},
		{"an empty key", withLines("Cookie: session="), malformed, toNobody, whyNoKey},
		{"empty quotes", withLines(`Cookie: session=""`), malformed, toNobody, whyNoKey},
		{"the name alone", withLines("Cookie: session"), malformed, toNobody, whyNoPair},
		{"two cookies", withLines("Cookie: session=a; session=b"), two, gives("b"), whyTwoKeys},
		{"the same cookie twice", withLines("Cookie: session=key; session=key"), two, key, whyTwoKeys},
		{"two cookies, the last empty", withLines("Cookie: session=a; session="), two, toNobody, whyTwoKeys},
		{"a tab in the key", withLines("Cookie: session=a\tb"), malformed, gives("a\tb"), whyKeyCTL},
		{"the byte E9", withLines("Cookie: session=key\xe9"), gives("key\xe9"), gives("keyé"), whyBytes},
		{"the query", withQuery("session=key"), toNobody, toNobody, ""},
		{"the header", withLines("Session: key"), toNobody, toNobody, ""},
		{"a page of another site reads", withLines("Cookie: session=key", "Sec-Fetch-Site: cross-site"), key, key, ""},
		{"a page of another site writes", fromSite("cross-site", "Cookie: session=key"), foreignPages, key, whyForeign},
		{"a page of a sibling host writes", fromSite("same-site", "Cookie: session=key"), foreignPages, key, whyForeign},
		{"a page of its own writes", fromSite("same-origin", "Cookie: session=key"), key, key, ""},
		{"a page of another site writes, but no cookie", fromSite("cross-site"), toNobody, toNobody, ""},
	}
}

// parityOtherSchemes are HTTPBasic and the API keys.
func parityOtherSchemes() []parityScheme {
	const basic = `Basic realm="api", charset="UTF-8"`
	pair := func(c ginjwt.BasicCredentials) string { return parityQuote(c.Username) + " " + parityQuote(c.Password) }
	apiKey := challengedWith("APIKey")
	return []parityScheme{
		{"HTTPBasic", served(ginjwt.HTTPBasic(), pair), basicRows(), challengedWith(basic), "Basic", whyCharset},
		{"APIKeyHeader", served(ginjwt.APIKeyHeader("X-API-Key"), parityQuote), keyHeaderRows(), apiKey, "APIKey", ""},
		{"APIKeyQuery", served(ginjwt.APIKeyQuery("api_key"), parityQuote), keyQueryRows(), apiKey, "APIKey", ""},
		{"APIKeyCookie", served(ginjwt.APIKeyCookie("session"), parityQuote), keyCookieRows(), apiKey, "APIKey", ""},
	}
}
