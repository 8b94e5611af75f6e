package ginjwt

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// headerContext is a request whose Authorization headers are values.
func headerContext(values ...string) *gin.Context {
	header := http.Header{}
	if values != nil {
		header["Authorization"] = values
	}
	return &gin.Context{Request: &http.Request{Header: header}}
}

func TestBearerTokenFollowsTheGrammar(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		rule   string
		values []string
		token  string
		code   string
	}{
		{"no header is no credentials", nil, "", CodeNoCredentials},
		{"an empty header is no credentials", []string{""}, "", CodeNoCredentials},
		{"white space alone is no credentials", []string{" \t "}, "", CodeNoCredentials},
		{"another scheme is no credentials", []string{"Basic YTpi"}, "", CodeNoCredentials},
		{"a prefix of the name is another scheme", []string{"Beare abc"}, "", CodeNoCredentials},
		{"a longer name is another scheme", []string{"BearerX abc"}, "", CodeNoCredentials},
		{"every tchar goes on with the name", []string{"Bearer!#$%&'*+-.^_`|~9 abc"}, "", CodeNoCredentials},
		{"the token alone is another scheme", []string{"a.b.c"}, "", CodeNoCredentials},
		{"one space", []string{"Bearer a.b.c"}, "a.b.c", ""},
		{"several spaces", []string{"Bearer    a.b.c"}, "a.b.c", ""},
		{"any letter case", []string{"bEaReR a.b.c"}, "a.b.c", ""},
		{"white space around the value", []string{"\t Bearer a.b.c \t"}, "a.b.c", ""},
		{"the whole alphabet", []string{"Bearer azAZ09-._~+/=="}, "azAZ09-._~+/==", ""},
		{"one character", []string{"Bearer a"}, "a", ""},
		{"no token", []string{"Bearer"}, "", CodeMalformedCredentials},
		{"spaces for a token", []string{"Bearer   "}, "", CodeMalformedCredentials},
		{"padding for a token", []string{"Bearer =="}, "", CodeMalformedCredentials},
		{"padding inside", []string{"Bearer ab=cd"}, "", CodeMalformedCredentials},
		{"a tab", []string{"Bearer\tabc"}, "", CodeMalformedCredentials},
		{"a tab after the space", []string{"Bearer \tabc"}, "", CodeMalformedCredentials},
		{"a slash does not go on with the name", []string{"Bearer/abc"}, "", CodeMalformedCredentials},
		{"a colon", []string{"Bearer: abc"}, "", CodeMalformedCredentials},
		{"an equals sign", []string{"Bearer=abc"}, "", CodeMalformedCredentials},
		{"a comma", []string{"Bearer, abc"}, "", CodeMalformedCredentials},
		{"two tokens", []string{"Bearer abc def"}, "", CodeMalformedCredentials},
		{"a list", []string{"Bearer a, Bearer b"}, "", CodeMalformedCredentials},
		{"quotes", []string{`Bearer "abc"`}, "", CodeMalformedCredentials},
		{"NUL", []string{"Bearer a\x00bc"}, "", CodeMalformedCredentials},
		{"a line break", []string{"Bearer abc\r\nX: y"}, "", CodeMalformedCredentials},
		{"a byte above ASCII", []string{"Bearer ab\xe9"}, "", CodeMalformedCredentials},
		{"a no-break space", []string{"Bearer\u00a0abc"}, "", CodeMalformedCredentials},
		{"a full-width letter", []string{"Bearer \uff41bc"}, "", CodeMalformedCredentials},
		{"two headers", []string{"Bearer a", "Bearer b"}, "", CodeMalformedCredentials},
		{"two equal headers", []string{"Bearer a", "Bearer a"}, "", CodeMalformedCredentials},
		{"two headers, one empty", []string{"", "Bearer a"}, "", CodeMalformedCredentials},
		{"two headers of another scheme", []string{"Basic a", "Basic b"}, "", CodeMalformedCredentials},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			t.Parallel()
			token, err := bearerToken(headerContext(tc.values...))
			assert.Equal(t, tc.token, token)
			if tc.code == "" {
				require.Nil(t, err)
				return
			}
			require.NotNil(t, err)
			assert.Equal(t, tc.code, err.Code)
		})
	}
}

func TestAnOversizedTokenIsRefusedUnread(t *testing.T) {
	const mebibyte = 1 << 20
	for rule, value := range map[string]string{
		"a token":          "Bearer " + strings.Repeat("a", mebibyte),
		"stray characters": "Bearer " + strings.Repeat("\x00", mebibyte),
		"dots":             "bearer " + strings.Repeat(".", mebibyte),
		"white space":      " \tBearer " + strings.Repeat("a", mebibyte) + "\t ",
	} {
		c := headerContext(value)
		_, err := bearerToken(c)
		require.NotNil(t, err, rule)
		assert.Equal(t, 401, err.Status, rule)
		assert.Equal(t, CodeInvalidToken, err.Code, rule)
		assert.ErrorIs(t, err, ReasonTooLarge, rule)
		assert.Zero(t, testing.AllocsPerRun(10, func() { _, _ = bearerToken(c) }), rule)
	}
	_, err := bearerToken(headerContext("Basic " + strings.Repeat("a", mebibyte)))
	require.NotNil(t, err)
	assert.Equal(t, CodeNoCredentials, err.Code, "another scheme's are none, however long")
}

// MaxTokenBytes may be as large as maxCredentials, and counts the token only.
func TestALargeTokenIsLeftToThePolicy(t *testing.T) {
	t.Parallel()
	want := strings.Repeat("a", maxCredentials)
	token, err := bearerToken(headerContext("Bearer " + want))
	require.Nil(t, err, "a token of just the largest MaxTokenBytes is refused before its policy is asked")
	assert.Equal(t, want, token)
	_, err = bearerToken(headerContext("Bearer " + want + "a"))
	require.NotNil(t, err)
	assert.Equal(t, CodeInvalidToken, err.Code)
}

func TestARequestWithoutARequestHasNoCredentials(t *testing.T) {
	t.Parallel()
	_, err := bearerToken(&gin.Context{})
	require.NotNil(t, err)
	assert.Equal(t, CodeNoCredentials, err.Code)
}

// The grammar once more, by other means.
var (
	fuzzCredentials = regexp.MustCompile(`^[ \t]*[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/-]+=*)[ \t]*$`)
	fuzzBearer      = regexp.MustCompile(`(?s)^[ \t]*[Bb][Ee][Aa][Rr][Ee][Rr]([^A-Za-z0-9!#$%&'*+.^_|~` + "`" + `-].*)?$`)
)

// FuzzAuthorizationHeader compares the extraction with RFC 6750's grammar, and
// with what an optional dependency is told.
func FuzzAuthorizationHeader(f *testing.F) {
	for _, value := range []string{
		"", " ", "Bearer", "Bearer ", "Bearer a.b.c", "bearer  a.b.c", "BEARER a==", "Bearer\ta", "Bearer a b", `Bearer "a"`,
		"Bearer a, Bearer b", "Basic YTpi", "Bearerx a", "Bearer/a", "Bearer:a", "Bearer a=b", "Bearer =", "Bearer a\x00", "Bearer a\xe9",
		"Bearer a\r\n b", "\tBearer a\t", "Bearer " + strings.Repeat("a", 100) + "!", "\u212aearer a",
	} {
		f.Add(value, "", false)
	}
	f.Add("Basic YTpi", "Bearer a", true)
	f.Add("", "", true)
	d := OAuth2PasswordBearer("/token")
	f.Fuzz(func(t *testing.T, first, second string, two bool) {
		values := []string{first}
		if two {
			values = append(values, second)
		}
		c := headerContext(values...)
		token, err := bearerToken(c)
		assert.Equal(t, err == nil || err.Code != CodeNoCredentials, d.scheme.sent(c), "sent and extraction disagree")
		fuzzJudge(t, first, two, token, err)
	})
}

// The same for values that are too long, which would slow the fuzzer down.
func TestALongHeaderIsJudgedLikeAShortOne(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxCredentials)
	for _, value := range []string{
		"", " ", "Bearer", "Bearer ", "Bearer a.b.c", "\t Bearer ", "Bearer\t", "Bearer a ", "Basic ", "Bearer/", "Bearer, ", "\u212aearer ",
	} {
		for _, value := range []string{value + long, value + long + " \t", value + strings.Repeat(" ", maxCredentials) + "a"} {
			c := headerContext(value)
			token, err := bearerToken(c)
			fuzzJudge(t, value, false, token, err)
		}
	}
}

func fuzzJudge(t *testing.T, value string, two bool, token string, err *Error) {
	if err != nil {
		assert.Empty(t, token)
	}
	match := fuzzCredentials.FindStringSubmatch(value)
	switch {
	case two:
		require.NotNil(t, err)
		assert.Equal(t, 400, err.Status)
		assert.Equal(t, CodeMalformedCredentials, err.Code)
	case match != nil && len(match[1]) <= maxCredentials && len(value) <= maxCredentials:
		require.Nilf(t, err, "%q is refused", value)
		assert.Equal(t, match[1], token)
	case match != nil:
		if err == nil {
			assert.Equal(t, match[1], token)
			return
		}
		assert.Equal(t, CodeInvalidToken, err.Code, "a token may be too long, nothing else")
	case fuzzBearer.MatchString(value):
		require.NotNilf(t, err, "%q is accepted", value)
		if err.Code != CodeInvalidToken || len(value) <= maxCredentials {
			assert.Equal(t, CodeMalformedCredentials, err.Code)
		}
	default:
		require.NotNilf(t, err, "%q is accepted", value)
		assert.Equal(t, CodeNoCredentials, err.Code)
	}
}
