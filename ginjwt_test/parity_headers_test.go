package ginjwt_test

import (
	"strings"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// Why ginjwt answers as it does.
const (
	whyForm   = "RFC 6750 2.1: \"Bearer\" 1*SP b64token; what is malformed is told, never taken for nobody"
	whyEmpty  = "no credentials follow the scheme's name: malformed, neither a token nor nobody"
	whySpace  = "RFC 9110 11.4: 1*SP, and no tab, after the scheme's name; malformed, never taken for nobody"
	whyTwo    = "a proxy may have judged one header, and the service another"
	whyWhole  = "the value is the token alone, as of every bearer scheme; of another scheme there is none"
	whyScheme = "the scheme's name is compared: another scheme's credentials are none of this one's"
	whyBytes  = "the bytes as they were sent: HTTP does not say that they are Latin-1"
	whyRealm  = "RFC 6750 3: a Bearer challenge has at least one parameter, and an error for what is malformed"
)

// bearerRow is a row of the bearer schemes. FastAPI's differ: oauth2 is what
// OAuth2PasswordBearer and OAuth2AuthorizationCodeBearer answer, http what
// HTTPBearer does, and oidc OpenIdConnect.
type bearerRow struct {
	rule    string
	request parityRequest
	want    parityAnswer

	oauth2, http, oidc parityAnswer
	because            string
}

func bearerRows() []bearerRow {
	tok := gives("tok")
	return []bearerRow{
		{"no header", withLines(), toNobody, toNobody, toNobody, toNobody, ""},
		{"an empty header", withAuth(""), toNobody, toNobody, toNobody, toNobody, ""},
		{"a header of white space", withAuth(" \t "), toNobody, toNobody, toNobody, toNobody, ""},
		{"one space", withAuth("Bearer tok"), tok, tok, tok, gives("Bearer tok"), ""},
		{"lower case", withAuth("bearer tok"), tok, tok, tok, gives("bearer tok"), ""},
		{"upper case", withAuth("BEARER tok"), tok, tok, tok, gives("BEARER tok"), ""},
		{"mixed case", withAuth("bEaReR tok"), tok, tok, tok, gives("bEaReR tok"), ""},
		{"the header's name in lower case", withLines("authorization: Bearer tok"), tok, tok, tok, gives("Bearer tok"), ""},
		{"two spaces", withAuth("Bearer  tok"), tok, tok, tok, gives("Bearer  tok"), ""},
		{"spaces behind", withAuth("Bearer tok  "), tok, tok, tok, gives("Bearer tok"), ""},
		{"spaces before", withAuth("   Bearer tok"), tok, tok, tok, gives("Bearer tok"), ""},
		{"every kind of character", withAuth("Bearer aZ09-._~+/=="), gives("aZ09-._~+/=="), gives("aZ09-._~+/=="), gives("aZ09-._~+/=="), gives("Bearer aZ09-._~+/=="), ""},
		{"no token", withAuth("Bearer"), badHeader, gives(""), toNobody, gives("Bearer"), whyEmpty},
		{"no token after a space", withAuth("Bearer "), badHeader, gives(""), toNobody, gives("Bearer"), whyEmpty},
		{"a tab", withAuth("Bearer\ttok"), badHeader, toNobody, toNobody, gives("Bearer\ttok"), whySpace},
		{"a space and a tab", withAuth("Bearer \ttok"), badHeader, tok, tok, gives("Bearer \ttok"), whySpace},
		{"a colon", withAuth("Bearer: tok"), badHeader, toNobody, toNobody, gives("Bearer: tok"), whyForm},
		{"a slash for the space", withAuth("Bearer/tok"), badHeader, toNobody, toNobody, gives("Bearer/tok"), whySpace},
		{"two words", withAuth("Bearer tok extra"), badHeader, gives("tok extra"), gives("tok extra"), gives("Bearer tok extra"), whyForm},
		{"a list", withAuth("Bearer a, Bearer b"), badHeader, gives("a, Bearer b"), gives("a, Bearer b"), gives("Bearer a, Bearer b"), whyForm},
		{"a comma behind", withAuth("Bearer tok,"), badHeader, gives("tok,"), gives("tok,"), gives("Bearer tok,"), whyForm},
		{"quotes", withAuth(`Bearer "tok"`), badHeader, gives(`"tok"`), gives(`"tok"`), gives(`Bearer "tok"`), whyForm},
		{"padding only", withAuth("Bearer =="), badHeader, gives("=="), gives("=="), gives("Bearer =="), whyForm},
		{"the byte E9", withAuth("Bearer tok\xe9"), badHeader, gives("toké"), gives("toké"), gives("Bearer toké"), whyForm},
		{"two headers", withAuth("Bearer a", "Bearer b"), twoHeaders, gives("a"), gives("a"), gives("Bearer a"), whyTwo},
		{"the same header twice", withAuth("Bearer tok", "Bearer tok"), twoHeaders, tok, tok, gives("Bearer tok"), whyTwo},
		{"two headers, the first of another scheme", withAuth("Basic x", "Bearer b"), twoHeaders, toNobody, toNobody, gives("Basic x"), whyTwo},
		{"two headers, the second of another scheme", withAuth("Bearer a", "Basic x"), twoHeaders, gives("a"), gives("a"), gives("Bearer a"), whyTwo},
		{"a token alone", withAuth("tok"), toNobody, toNobody, toNobody, gives("tok"), ""},
		{"another scheme", withAuth("Basic dTpw"), toNobody, toNobody, toNobody, gives("Basic dTpw"), ""},
		{"a longer scheme name", withAuth("Bearers tok"), toNobody, toNobody, toNobody, gives("Bearers tok"), ""},
		{"another header", withLines("Proxy-Authorization: Bearer tok"), toNobody, toNobody, toNobody, toNobody, ""},
		{"the query", withQuery("access_token=tok"), toNobody, toNobody, toNobody, toNobody, ""},
		{"a cookie", withLines("Cookie: access_token=tok"), toNobody, toNobody, toNobody, toNobody, ""},
		{"a page of another site", fromSite("cross-site", "Authorization: Bearer tok"), tok, tok, tok, gives("Bearer tok"), ""},
	}
}

// column returns the rows of one scheme; fastapi picks its column. common is
// the reason for what departs in this column alone.
func column(rows []bearerRow, fastapi func(bearerRow) parityAnswer, common string) (column []parityRow) {
	for _, r := range rows {
		row := parityRow{r.rule, r.request, r.want, fastapi(r), r.because}
		switch {
		case row.want == row.fastapi:
			row.because = ""
		case row.because == "":
			row.because = common
		}
		column = append(column, row)
	}
	return column
}

// otherRow is a row of HTTPBase: what HTTPBase("x-Custom") answers in FastAPI,
// and HTTPDigest with its own name.
type otherRow struct {
	rule    string
	request parityRequest
	want    parityAnswer

	base, digest parityAnswer
	because      string
}

// otherRows are the rows of the HTTP authentication scheme w.
func otherRows(w string) []otherRow {
	tok := gives("tok")
	params := `username="u", uri="/", nc=00000001`
	return []otherRow{
		{"no header", withLines(), toNobody, toNobody, toNobody, ""},
		{"an empty header", withAuth(""), toNobody, toNobody, toNobody, ""},
		{"one space", withAuth(w + " tok"), tok, tok, tok, ""},
		{"lower case", withAuth(strings.ToLower(w) + " tok"), tok, tok, tok, ""},
		{"upper case", withAuth(strings.ToUpper(w) + " tok"), tok, tok, tok, ""},
		{"two spaces", withAuth(w + "  tok"), tok, tok, tok, ""},
		{"spaces around", withAuth("  " + w + " tok  "), tok, tok, tok, ""},
		{"two words", withAuth(w + " tok extra"), gives("tok extra"), gives("tok extra"), gives("tok extra"), ""},
		{"a list", withAuth(w + " a, " + w + " b"), gives("a, " + w + " b"), gives("a, " + w + " b"), gives("a, " + w + " b"), ""},
		{"parameters", withAuth(w + " " + params), gives(params), gives(params), gives(params), ""},
		{"a tab in the credentials", withAuth(w + " a,\tb"), gives("a,\tb"), gives("a,\tb"), gives("a,\tb"), ""},
		{"no credentials", withAuth(w), badHeader, toNobody, toNobody, whyEmpty},
		{"no credentials after a space", withAuth(w + " "), badHeader, toNobody, toNobody, whyEmpty},
		{"a tab", withAuth(w + "\ttok"), badHeader, toNobody, toNobody, whySpace},
		{"a space and a tab", withAuth(w + " \ttok"), badHeader, tok, tok, whySpace},
		{"a colon", withAuth(w + ": tok"), badHeader, tok, toNobody, whySpace},
		{"the byte E9", withAuth(w + " tok\xe9"), gives("tok\xe9"), gives("toké"), gives("toké"), whyBytes},
		{"two headers", withAuth(w+" a", w+" b"), twoHeaders, gives("a"), gives("a"), whyTwo},
		{"two headers, the first of another scheme", withAuth("Basic x", w+" b"), twoHeaders, gives("x"), toNobody, whyTwo},
		{"credentials alone", withAuth("tok"), toNobody, toNobody, toNobody, ""},
		{"another scheme", withAuth("Basic dTpw"), toNobody, gives("dTpw"), toNobody, whyScheme},
		{"a longer scheme name", withAuth(w + "s tok"), toNobody, tok, toNobody, whyScheme},
	}
}

func otherColumn(rows []otherRow, fastapi func(otherRow) parityAnswer) (column []parityRow) {
	for _, r := range rows {
		row := parityRow{r.rule, r.request, r.want, fastapi(r), r.because}
		if row.want == row.fastapi {
			row.because = ""
		}
		column = append(column, row)
	}
	return column
}

// parityHeaderSchemes are those of the Authorization header, but HTTPBasic.
func parityHeaderSchemes() []parityScheme {
	oauth2 := column(bearerRows(), func(r bearerRow) parityAnswer { return r.oauth2 }, "")
	bearer := column(bearerRows(), func(r bearerRow) parityAnswer { return r.http }, "")
	openID := column(bearerRows(), func(r bearerRow) parityAnswer { return r.oidc }, whyWhole)
	custom := otherColumn(otherRows("x-Custom"), func(r otherRow) parityAnswer { return r.base })
	digest := otherColumn(otherRows("Digest"), func(r otherRow) parityAnswer { return r.digest })
	digest = append(digest,
		parityRow{"a page of another site", fromSite("cross-site", "Authorization: Digest tok"), foreignPages, gives("tok"), whyForeign},
		parityRow{"a page of its own", fromSite("same-origin", "Authorization: Digest tok"), gives("tok"), gives("tok"), ""})
	return []parityScheme{
		{"OAuth2PasswordBearer", served(ginjwt.OAuth2PasswordBearer("/token"), parityQuote), oauth2, bearerChallenged, "Bearer", whyRealm},
		{"OAuth2AuthorizationCodeBearer", served(ginjwt.OAuth2AuthorizationCodeBearer("/authorize", "/token"), parityQuote), oauth2, bearerChallenged, "Bearer", whyRealm},
		{"HTTPBearer", served(ginjwt.HTTPBearer(), parityQuote), bearer, bearerChallenged, "Bearer", whyRealm},
		{"OpenIDConnect", served(ginjwt.OpenIDConnect("https://login.example/.well-known/openid-configuration"), parityQuote), openID, bearerChallenged, "Bearer", whyRealm},
		{"HTTPBase", served(ginjwt.HTTPBase("x-Custom"), parityQuote), custom, challengedWith("X-Custom"), "X-Custom", ""},
		{"HTTPDigest", served(ginjwt.HTTPBase("Digest"), parityQuote), digest, challengedWith("Digest"), "Digest", ""},
	}
}
