package ginjwt

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// formCode returns what newPasswordForm refuses values with, or "".
func formCode(t *testing.T, query string, strict bool) (OAuth2PasswordRequestForm, string) {
	t.Helper()
	values, err := url.ParseQuery(query)
	require.NoError(t, err)
	form, err := newPasswordForm(values, strict)
	if err == nil {
		return form, ""
	}
	e := asError(err)
	require.NotNil(t, e)
	assert.Equal(t, 400, e.Status)
	assert.True(t, e.tokenEndpoint, "the answer would not be RFC 6749's")
	return form, e.Code
}

func TestPasswordFormFields(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		rule, query string
		lax, strict string // the codes
	}{
		{"all that is needed", "grant_type=password&username=u&password=p", "", ""},
		{"no grant type", "username=u&password=p", "", CodeInvalidRequest},
		{"an empty grant type", "grant_type=&username=u&password=p", "", CodeInvalidRequest},
		{"another grant type", "grant_type=client_credentials&username=u&password=p", CodeUnsupportedGrantType, CodeUnsupportedGrantType},
		{"another letter case", "grant_type=Password&username=u&password=p", CodeUnsupportedGrantType, CodeUnsupportedGrantType},
		{"a line break after it", "grant_type=password%0A&username=u&password=p", CodeUnsupportedGrantType, CodeUnsupportedGrantType},
		{"another grant type and nothing else", "grant_type=foo", CodeUnsupportedGrantType, CodeUnsupportedGrantType},
		{"no user name", "grant_type=password&password=p", CodeInvalidRequest, CodeInvalidRequest},
		{"an empty user name", "grant_type=password&username=&password=p", CodeInvalidRequest, CodeInvalidRequest},
		{"no password", "grant_type=password&username=u", CodeInvalidRequest, CodeInvalidRequest},
		{"an empty password", "grant_type=password&username=u&password=", CodeInvalidRequest, CodeInvalidRequest},
		{"nothing", "", CodeInvalidRequest, CodeInvalidRequest},
		{"names are exact", "grant_type=password&Username=u&password=p", CodeInvalidRequest, CodeInvalidRequest},
		{"a space is a user name", "grant_type=password&username=+&password=+", "", ""},
		{"a bad scope", `grant_type=password&username=u&password=p&scope=a"b`, CodeInvalidScope, CodeInvalidScope},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			t.Parallel()
			_, lax := formCode(t, tc.query, false)
			assert.Equal(t, tc.lax, lax, "lax")
			_, strict := formCode(t, tc.query, true)
			assert.Equal(t, tc.strict, strict, "strict")
		})
	}
}

func TestPasswordFormRefusesEachRepeatedOrGarbledField(t *testing.T) {
	t.Parallel()
	const good = "grant_type=password&username=u&password=p&scope=s&client_id=i&client_secret=c"
	_, code := formCode(t, good, true)
	require.Empty(t, code)
	for _, name := range []string{"grant_type", "username", "password", "scope", "client_id", "client_secret"} {
		for _, strict := range []bool{false, true} {
			_, code := formCode(t, good+"&"+name+"=x", strict)
			assert.Equal(t, CodeInvalidRequest, code, "%s twice", name)
			_, code = formCode(t, good+"&"+name+"=", strict)
			assert.Equal(t, CodeInvalidRequest, code, "%s twice, once empty", name)
			garbled := strings.Replace(good, name+"=", name+"=%ff", 1)
			_, code = formCode(t, garbled, strict)
			assert.Equal(t, CodeInvalidRequest, code, "%s is not UTF-8", name)
		}
	}
	_, code = formCode(t, good+"&other=1&other=2&other=%ff", true)
	assert.Empty(t, code, "an unknown field is ignored")
}

// RFC 6749 appendix A.15: username = *UNICODECHARNOCRLF, where only TAB of the
// control characters is allowed; A.16 says the same of the password. Databases
// fail on NUL, so a client could turn a login into an error of the server.
func TestPasswordFormRefusesControlCharacters(t *testing.T) {
	t.Parallel()
	for _, control := range []string{"%00", "%0A", "%0D", "%1B", "%7F"} {
		_, code := formCode(t, "username=u"+control+"&password=p", false)
		assert.Equal(t, CodeInvalidRequest, code, "%s in the user name", control)
		_, code = formCode(t, "username=u&password=p"+control, false)
		assert.Equal(t, CodeInvalidRequest, code, "%s in the password", control)
	}
	form, code := formCode(t, "username=u%09v&password=p%C2%80", false)
	assert.Empty(t, code, "TAB, and what lies above ASCII, are allowed")
	assert.Equal(t, "u\tv", form.Username)
}

func TestPasswordFormValuesAreNotChanged(t *testing.T) {
	t.Parallel()
	form, code := formCode(t, "grant_type=password&username=+J%C3%BCrgen+&password=p%26%3D%2B%25%22&client_id=i&client_secret=+c&scope=b+a", true)
	require.Empty(t, code)
	assert.Equal(t, OAuth2PasswordRequestForm{
		GrantType: "password", Username: " J\u00fcrgen ", Password: `p&=+%"`,
		Scopes: []string{"b", "a"}, ClientID: "i", ClientSecret: " c",
	}, form)
}

func TestRequestedScopes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		rule, scope string
		want        []string
		ok          bool
	}{
		{"none", "", nil, true},
		{"spaces only", "   ", nil, true},
		{"the order stands", "me items", []string{"me", "items"}, true},
		{"spaces are no scopes", " me   items ", []string{"me", "items"}, true},
		{"each once", "me items me me", []string{"me", "items"}, true},
		{"letter case tells apart", "me ME", []string{"me", "ME"}, true},
		{"a tab", "me\titems", nil, false},
		{"a line break", "me\nitems", nil, false},
		{"a quote", `a"b`, nil, false},
		{"a backslash", `a\b`, nil, false},
		{"above ASCII", "caf\u00e9", nil, false},
		{"a no-break space", "me\u00a0items", nil, false},
		{"NUL", "me\x00", nil, false},
		{"one bad among good ones", `me a"b items`, nil, false},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			t.Parallel()
			got, err := requestedScopes(tc.scope)
			assert.Equal(t, tc.want, got)
			if tc.ok {
				assert.NoError(t, err)
				return
			}
			e := asError(err)
			require.NotNil(t, e)
			assert.Equal(t, CodeInvalidScope, e.Code)
		})
	}
}

// A form full of scopes must cost about what its 16 KiB cost, for anybody may
// send one.
func BenchmarkRequestedScopes(b *testing.B) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/:#"
	var scopes strings.Builder
	for i := range maxFormBytes / 3 { // as many different ones as fit
		scopes.Write([]byte{letters[i/len(letters)%len(letters)], letters[i%len(letters)], ' '})
	}
	scope := scopes.String()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := requestedScopes(scope); err != nil {
			b.Fatal(err)
		}
	}
}
