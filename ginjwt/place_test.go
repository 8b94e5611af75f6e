package ginjwt

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCookieValues(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		rule    string
		headers []string
		want    []string
	}{
		{"no header", nil, nil},
		{"an empty header", []string{""}, nil},
		{"another cookie", []string{"tokens=a; xtoken=b; token_=c"}, nil},
		{"a name in another case is another", []string{"Token=a; TOKEN=b"}, nil},
		{"one", []string{"token=a"}, []string{"a"}},
		{"among others", []string{"a=1; token=b; c=2"}, []string{"b"}},
		{"without spaces between", []string{"a=1;token=b;c=2"}, []string{"b"}},
		{"white space around", []string{" \ttoken \t= \tb\t "}, []string{"b"}},
		{"more equals signs belong to the value", []string{"token=a=b=="}, []string{"a=b=="}},
		{"quotes are taken off", []string{`token="a"`}, []string{"a"}},
		{"a single quote is none", []string{`token="`}, []string{`"`}},
		{"a quote at one end stands", []string{`token="a`}, []string{`"a`}},
		{"a semicolon ends a quoted value too", []string{`token="a;b"`}, []string{`"a`}},
		{"an attribute of old is a cookie", []string{`$Version=1; token="a"; $Path=/`}, []string{"a"}},
		{"an empty value is one", []string{"token="}, []string{""}},
		{"an empty quoted value is one", []string{`token=""`}, []string{""}},
		{"the name alone is an empty value", []string{"token"}, []string{""}},
		{"the name alone among others", []string{"a=1; token; b=2"}, []string{""}},
		{"two", []string{"token=a; token=b"}, []string{"a", "b"}},
		{"two equal ones", []string{"token=a; token=a"}, []string{"a", "a"}},
		{"two headers, as HTTP/2 sends them", []string{"token=a", "token=b"}, []string{"a", "b"}},
		{"a comma does not divide", []string{"a=1, token=b"}, nil},
		{"what net/http passes over is seen", []string{"token=a\x00b", `token=a"b`, "token=\xe9"}, []string{"a\x00b", `a"b`, "\xe9"}},
		{"a Unicode space is part of the name", []string{"\u2003token=evil; \u00a0token=evil; \x85token=evil"}, nil},
		{"a name in the value of another", []string{"a=token=b"}, nil},
		{"a percent sign is no escape", []string{"%74oken=a; token=%61"}, []string{"%61"}},
		{"a cookie without a name", []string{"=token=a; =a"}, nil},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tc.want, cookieValues(tc.headers, "token"))
		})
	}
}

func TestQueryValues(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		rule, query string
		want        []string
		ok          bool
	}{
		{"nothing", "", nil, true},
		{"another parameter", "a=1&access_tokens=2&xaccess_token=3&Access_token=4&ACCESS_TOKEN=5", nil, true},
		{"one", "access_token=a", []string{"a"}, true},
		{"an escaped name is the name", "access%5Ftoken=a&%61ccess_token=b", []string{"a", "b"}, true},
		{"escapes in the value", "access_token=a%2eb+c%2Bd", []string{"a.b c+d"}, true},
		{"more equals signs belong to the value", "access_token=a==", []string{"a=="}, true},
		{"an empty value is one", "access_token=", []string{""}, true},
		{"the name alone is one", "access_token", []string{""}, true},
		{"twice", "access_token=a&b=1&access_token=a", []string{"a", "a"}, true},
		{"empty pairs", "&&access_token=a&&", []string{"a"}, true},
		{"a bad escape in the value", "access_token=a%2", nil, false},
		{"a bad escape in one of two", "access_token=a&access_token=%zz", nil, false},
		{"a semicolon in the value", "access_token=a;b=c", nil, false},
		{"an escaped semicolon is a character", "access_token=a%3Bb", []string{"a;b"}, true},
		{"a bad escape elsewhere", "a=%zz&%zz=1&access_token=a", []string{"a"}, true},
		{"a semicolon does not divide", "a=1;access_token=b", nil, true},
		{"an array is another parameter", "access_token[]=a&access_token%5B%5D=b", nil, true},
		{"NUL is part of the name", "access_token%00=a&%00access_token=b", nil, true},
		{"white space is part of the name", "+access_token=a&access_token+=b", nil, true},
		{"a question mark too", "?access_token=a", nil, true},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			t.Parallel()
			values, ok := queryValues(tc.query, "access_token")
			assert.Equal(t, tc.ok, ok)
			assert.Equal(t, tc.want, values)
		})
	}
}

// placeContext is a request with header lines, "Name: value", and a query.
func placeContext(query string, lines ...string) *gin.Context {
	req := &http.Request{Header: http.Header{}, URL: &url.URL{RawQuery: query}}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Add(name, value)
	}
	return &gin.Context{Request: req}
}

func TestTheOnlyValueOfAPlace(t *testing.T) {
	t.Parallel()
	const limit = maxCredentials
	for _, tc := range []struct {
		rule   string
		place  place
		c      *gin.Context
		want   string
		code   string
		detail string
	}{
		{"a header", headerPlace("x-api-key", ""), placeContext("", "X-Api-Key: a"), "a", "", ""},
		{"white space around a header", headerPlace("X-API-Key", ""), placeContext("", "X-API-Key: \t a b \t"), "a b", "", ""},
		{"white space alone is an empty header", headerPlace("X-API-Key", ""), placeContext("", "X-API-Key:  \t"), "", "", ""},
		{"no header", headerPlace("X-API-Key", ""), placeContext(""), "", CodeNoCredentials, "Not authenticated"},
		{"two headers", headerPlace("X-API-Key", ""), placeContext("", "X-API-Key: a", "x-api-key: a"), "", CodeMalformedCredentials, "More than one X-API-Key header"},
		{"no query", queryPlace("key"), &gin.Context{Request: &http.Request{}}, "", CodeNoCredentials, "Not authenticated"},
		{"two parameters", queryPlace("key"), placeContext("key=a&key="), "", CodeMalformedCredentials, "More than one key query parameter"},
		{"a bad parameter", queryPlace("key"), placeContext("key=%"), "", CodeMalformedCredentials, "Malformed key query parameter"},
		{"two cookies", cookiePlace("sid"), placeContext("", "Cookie: sid=a; sid"), "", CodeMalformedCredentials, "More than one sid cookie"},
		{"as long as can be", cookiePlace("sid"), placeContext("", "Cookie: sid="+strings.Repeat("a", limit)), strings.Repeat("a", limit), "", ""},
		{"longer than that", cookiePlace("sid"), placeContext("", "Cookie: sid="+strings.Repeat("a", limit+1)), "", CodeInvalidToken, "Could not validate credentials"},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			t.Parallel()
			value, err := tc.place.one(tc.c)
			assert.Equal(t, tc.want, value)
			if tc.code == "" {
				require.Nil(t, err)
				return
			}
			require.NotNil(t, err)
			assert.Equal(t, tc.code, err.Code)
			assert.Equal(t, tc.detail, err.Detail)
		})
	}
}

// FuzzCookieValues holds ours beside net/http's: the cookies that it finds are
// ours, but for white space around a value, and we never find fewer.
func FuzzCookieValues(f *testing.F) {
	for _, seed := range []string{
		"", "token=a", "token=a; token=b", `token="a"`, " token = a ", "a=1;token", "=token=a", `token="a;b"`, "token=a\x00",
		"token=\"\"", "\ttoken=\t\"a\"\t", ";;token=a;;", "tOken=a", "token=a,token=b", "\u2003token=a", "token=\\", "token= a b ",
	} {
		f.Add(seed, "")
		f.Add("a=1", seed)
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		if strings.ContainsAny(first+second, "\r\n") {
			return // no header's value has them
		}
		headers := []string{first, second}
		ours := cookieValues(headers, "token")
		theirs := (&http.Request{Header: http.Header{"Cookie": headers}}).CookiesNamed("token")
		require.GreaterOrEqual(t, len(ours), len(theirs), "%q", headers)
		i := 0
		for _, cookie := range theirs { // in order, with others between them
			want := cookie.Value
			if !cookie.Quoted {
				want = strings.Trim(want, " ")
			}
			at := slices.Index(ours[i:], want)
			require.GreaterOrEqual(t, at, 0, "%q: %q is not in %q", headers, want, ours)
			i += at + 1
		}
		for _, value := range ours {
			require.Contains(t, first+"\n"+second, value)
		}
	})
}

// FuzzQueryValues holds ours beside net/url's: where it finds values we find
// the same or refuse, and where it finds a fault in them we do not find none.
func FuzzQueryValues(f *testing.F) {
	for _, seed := range []string{
		"", "access_token=a", "access_token=a&access_token=b", "access%5ftoken=a", "access_token", "access_token=%", "access_token=a;b",
		"a=1;access_token=b", "a;access_token=b&access_token=c", "access_token=a+b%20c", "&&=&access_token==", "%zz=1&access_token=a", "access_token%00=1",
	} {
		f.Add(seed)
	}
	const name = "access_token"
	f.Fuzz(func(t *testing.T, query string) {
		ours, ok := queryValues(query, name)
		values, err := url.ParseQuery(query)
		theirs := values[name]
		switch {
		case !ok:
			require.Nil(t, ours)
			require.Error(t, err, "%q: nothing is wrong with it", query)
		case err == nil:
			require.Equal(t, theirs, ours, "%q", query)
		default: // the fault is elsewhere, unless they were not read at all
			if len(theirs) > 0 || strings.Count(query, "&") < 1000 {
				require.Equal(t, theirs, ours, "%q", query)
			}
		}
	})
}
