package ginjwttest_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

type params = map[string]string

func of(scheme string, p params) ginjwttest.Challenge {
	if p == nil {
		p = params{}
	}
	return ginjwttest.Challenge{Scheme: scheme, Params: p}
}

func token68(scheme, text string) ginjwttest.Challenge {
	return ginjwttest.Challenge{Scheme: scheme, Params: params{}, Token68: text}
}

// goodChallenges are header fields, each in lines, with what they say.
var goodChallenges = map[string]struct {
	fields string
	want   []ginjwttest.Challenge
}{
	"none":                            {"", nil},
	"RFC 9110 section 11.6.1":         {`Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\""`, []ginjwttest.Challenge{of("Basic", params{"realm": "simple"}), of("Newauth", params{"realm": "apps", "type": "1", "title": `Login to "apps"`})}},
	"RFC 9110, the other order":       {`Newauth realm="apps", type=1, title="Login to \"apps\"", Basic realm="simple"`, []ginjwttest.Challenge{of("Newauth", params{"realm": "apps", "type": "1", "title": `Login to "apps"`}), of("Basic", params{"realm": "simple"})}},
	"in two fields":                   {"Basic realm=\"simple\"\nNewauth realm=\"apps\"", []ginjwttest.Challenge{of("Basic", params{"realm": "simple"}), of("Newauth", params{"realm": "apps"})}},
	"a token as the value":            {`Basic realm=simple`, []ginjwttest.Challenge{of("Basic", params{"realm": "simple"})}},
	"names in any case":               {`bAsIc ReALM="Simple"`, []ginjwttest.Challenge{of("bAsIc", params{"realm": "Simple"})}},
	"a scheme alone":                  {`Basic`, []ginjwttest.Challenge{of("Basic", nil)}},
	"schemes alone":                   {`Basic, Digest,Negotiate`, []ginjwttest.Challenge{of("Basic", nil), of("Digest", nil), of("Negotiate", nil)}},
	"a scheme alone, then parameters": {`Negotiate, Basic realm="x"`, []ginjwttest.Challenge{of("Negotiate", nil), of("Basic", params{"realm": "x"})}},
	"RFC 6750 section 3":              {`Bearer realm="example", error="invalid_token", error_description="The access token expired"`, []ginjwttest.Challenge{of("Bearer", params{"realm": "example", "error": "invalid_token", "error_description": "The access token expired"})}},
	"RFC 6750, scopes":                {`Bearer scope="urn:example:channel=HBO&urn:example:rating=G,PG-13"`, []ginjwttest.Challenge{of("Bearer", params{"scope": "urn:example:channel=HBO&urn:example:rating=G,PG-13"})}},
	"RFC 7616 section 3.9.1": {`Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`, []ginjwttest.Challenge{
		of("Digest", params{"realm": "http-auth@example.org", "qop": "auth, auth-int", "algorithm": "SHA-256", "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "opaque": "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"}),
		of("Digest", params{"realm": "http-auth@example.org", "qop": "auth, auth-int", "algorithm": "MD5", "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "opaque": "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"})}},
	"RFC 4559: token68":               {`Negotiate a87421000492aa874209af8bc028`, []ginjwttest.Challenge{token68("Negotiate", "a87421000492aa874209af8bc028")}},
	"token68 with padding":            {`Negotiate oYG2MIGzoAMKAQ==`, []ginjwttest.Challenge{token68("Negotiate", "oYG2MIGzoAMKAQ==")}},
	"one padding is no parameter":     {`Negotiate YII=, Basic realm=x`, []ginjwttest.Challenge{token68("Negotiate", "YII="), of("Basic", params{"realm": "x"})}},
	"token68 of all characters":       {`Negotiate aZ09-._~+/aZ=`, []ginjwttest.Challenge{token68("Negotiate", "aZ09-._~+/aZ=")}},
	"token68 that begins with a +":    {`Negotiate +/a`, []ginjwttest.Challenge{token68("Negotiate", "+/a")}},
	"token68 that begins with a /":    {`Negotiate /a`, []ginjwttest.Challenge{token68("Negotiate", "/a")}},
	"token68, then others":            {`Negotiate abc==, NTLM def, Basic realm=x`, []ginjwttest.Challenge{token68("Negotiate", "abc=="), token68("NTLM", "def"), of("Basic", params{"realm": "x"})}},
	"token68 between parameters":      {`Basic realm=x, Negotiate abc=, Basic realm=y`, []ginjwttest.Challenge{of("Basic", params{"realm": "x"}), token68("Negotiate", "abc="), of("Basic", params{"realm": "y"})}},
	"empty elements":                  {` , ,Basic realm="x",, ,charset="UTF-8" ,	,`, []ginjwttest.Challenge{of("Basic", params{"realm": "x", "charset": "UTF-8"})}},
	"nothing but empty elements":      {` , ,`, nil},
	"an empty one before parameters":  {`Basic ,realm=x`, []ginjwttest.Challenge{of("Basic", params{"realm": "x"})}},
	"white space around =":            {"Basic realm	= \"x\" , charset =	y", []ginjwttest.Challenge{of("Basic", params{"realm": "x", "charset": "y"})}},
	"several spaces":                  {`Basic   realm=x`, []ginjwttest.Challenge{of("Basic", params{"realm": "x"})}},
	"commas in quotes":                {`Basic realm=", Bearer realm=x,", a="="`, []ginjwttest.Challenge{of("Basic", params{"realm": ", Bearer realm=x,", "a": "="})}},
	"escapes":                         {`Basic realm="\\\"\a\,"`, []ginjwttest.Challenge{of("Basic", params{"realm": `\"a,`})}},
	"an escaped backslash at the end": {`Basic realm="\\"`, []ginjwttest.Challenge{of("Basic", params{"realm": `\`})}},
	"an empty value in quotes":        {`Basic realm=""`, []ginjwttest.Challenge{of("Basic", params{"realm": ""})}},
	"a tab in quotes":                 {"Basic realm=\"a\tb\"", []ginjwttest.Challenge{of("Basic", params{"realm": "a\tb"})}},
	"beyond ASCII":                    {`Basic realm="café"`, []ginjwttest.Challenge{of("Basic", params{"realm": "café"})}},
	"the same parameter of two":       {`Basic realm=x, Bearer realm=y`, []ginjwttest.Challenge{of("Basic", params{"realm": "x"}), of("Bearer", params{"realm": "y"})}},
	"odd scheme names":                {"!#$%&'*+-.^_`|~1 a=b", []ginjwttest.Challenge{of("!#$%&'*+-.^_`|~1", params{"a": "b"})}},
	"a parameter named as a scheme":   {`Basic realm=x, Basic=y`, []ginjwttest.Challenge{of("Basic", params{"realm": "x", "basic": "y"})}},
}

func header(fields string) http.Header {
	h := http.Header{}
	if fields != "" {
		h["Www-Authenticate"] = strings.Split(fields, "\n")
	}
	return h
}

func TestChallenges(t *testing.T) {
	t.Parallel()
	for name, tc := range goodChallenges {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ginjwttest.Challenges(header(tc.fields))
			require.NoError(t, err)
			assert.Equal(t, tc.want, got)
		})
	}
}

var malformedChallenges = map[string]string{
	"a parameter without a scheme":        `realm="x"`,
	"a parameter twice":                   `Basic realm="x", realm="y"`,
	"a parameter twice, in two cases":     `Basic realm="x", REALM="x"`,
	"a parameter twice, one far":          `Basic realm="x", a=b, realm="y"`,
	"no end of the quotes":                `Basic realm="x`,
	"no end of the quotes, escaped":       `Basic realm="x\"`,
	"a backslash as the end":              `Basic realm="x\`,
	"a quote in the middle":               `Basic realm=x"y"`,
	"something behind the quotes":         `Basic realm="x"y`,
	"no comma between parameters":         `Basic realm="x" charset="y"`,
	"a semicolon between parameters":      `Basic realm="x"; charset="y"`,
	"a line end in quotes":                "Basic realm=\"x\r\ny\"",
	"an escaped line end in quotes":       "Basic realm=\"x\\\ny\"",
	"NUL in quotes":                       "Basic realm=\"\x00\"",
	"DEL in quotes":                       "Basic realm=\"\x7f\"",
	"a value that is no token":            `Bearer error=invalid/token`,
	"a value with a space":                `Basic realm=a b`,
	"no value":                            `Basic realm="x", charset=`,
	"no value, and another parameter":     `Basic realm=, charset=x`,
	"quotes around the scheme":            `"Basic" realm=x`,
	"a scheme that is no token":           `Ba(sic realm=x`,
	"token68 and parameters":              `Negotiate abc==, realm=x`,
	"parameters and token68":              `Basic realm=x abc==`,
	"token68 twice":                       `Negotiate abc== def==`,
	"token68 that is padding only":        `Negotiate ==`,
	"token68 with padding in the middle":  `Negotiate a=b=c`,
	"token68 with another character":      `Negotiate abc$==`,
	"a parameter behind a bare scheme":    `Basic, realm=x`,
	"a parameter in a field of its own":   "Basic a=b\nrealm=x",
	"one field of two":                    "Basic realm=x\nBearer realm=\"",
	"a tab behind the scheme":             "Basic\trealm=x",
	"single quotes do not hold a space":   `Basic realm='a b'`,
	"a space in a parameter's name":       `Basic re alm=x`,
	"JSON":                                `{"Basic":"x"}`,
	"a colon":                             `WWW-Authenticate: Basic realm=x`,
	"two equals signs before the quotes":  `Basic realm=="x"`,
	"a byte beyond ASCII outside of them": `Basic realm=café`,
}

func TestMalformedChallenges(t *testing.T) {
	t.Parallel()
	for name, fields := range malformedChallenges {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ginjwttest.Challenges(header(fields))
			require.EqualError(t, err, "ginjwttest: malformed WWW-Authenticate", "%q", got)
			assert.Nil(t, got)
		})
	}
}

// written writes challenges anew.
func written(all []ginjwttest.Challenge) string {
	var texts []string
	for _, c := range all {
		text := c.Scheme
		if c.Token68 != "" {
			text += " " + c.Token68
		}
		for i, name := range slices.Sorted(maps.Keys(c.Params)) {
			separator := ", "
			if i == 0 {
				separator = " "
			}
			text += separator + name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(c.Params[name]) + `"`
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ", ")
}

// FuzzChallenges: nothing panics, and what is understood is still the same when
// it is written anew.
func FuzzChallenges(f *testing.F) {
	for _, tc := range goodChallenges {
		f.Add(tc.fields)
	}
	for _, fields := range malformedChallenges {
		f.Add(fields)
	}
	f.Fuzz(func(t *testing.T, fields string) {
		got, err := ginjwttest.Challenges(header(fields))
		if err != nil {
			require.Nil(t, got)
			return
		}
		for _, c := range got {
			require.NotEmpty(t, c.Scheme)
			require.False(t, c.Token68 != "" && len(c.Params) > 0, "%q", c)
		}
		again, err := ginjwttest.Challenges(header(written(got)))
		require.NoError(t, err, written(got))
		require.Equal(t, got, again)
	})
}
