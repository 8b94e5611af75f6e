package ginjwt_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// basicService shows the credentials it is sent, and those of nobody at /.
func basicService() *gin.Engine {
	return graphEngine(ginjwt.Handle(ginjwt.Optional(ginjwt.HTTPBasic()), func(c *gin.Context, sent *ginjwt.BasicCredentials) {
		if sent == nil {
			c.String(200, "nobody")
			return
		}
		c.String(200, "%q %q", sent.Username, sent.Password)
	}))
}

func basicLine(userPass string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(userPass))
}

const basicChallenge = `Basic realm="api", charset="UTF-8"`

func TestBasicCredentialsAreTaken(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("p", 48<<10-2) // with "u:" just 64 KiB of base64
	for rule, tc := range map[string]struct{ line, want string }{
		"RFC 7617 2's example":            {"Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", `"Aladdin" "open sesame"`},
		"RFC 7617 2.1's example":          {"Authorization: Basic dGVzdDoxMjPCow==", `"test" "123£"`},
		"lower case":                      {"Authorization: basic dTpw", `"u" "p"`},
		"mixed case":                      {"Authorization: bAsIC dTpw", `"u" "p"`},
		"many spaces":                     {"Authorization: Basic" + strings.Repeat(" ", 100) + "dTpw", `"u" "p"`},
		"white space around":              {"Authorization:  \tBasic dTpw\t ", `"u" "p"`},
		"every sign of base64":            {basicLine("\u00fb:\u00ff>>>???"), `"û" "ÿ>>>???"`},
		"both empty":                      {basicLine(":"), `"" ""`},
		"colons only":                     {basicLine(":::"), `"" "::"`},
		"the first colon":                 {basicLine("u:p:w"), `"u" "p:w"`},
		"spaces and quotes":               {basicLine(` u":'p `), `" u\"" "'p "`},
		"four-byte characters":            {basicLine("\U0001F511:\U0010FFFF"), fmt.Sprintf("%q %q", "\U0001F511", "\U0010FFFF")},
		"a byte order mark":               {basicLine("\ufeffu:p"), `"\ufeffu" "p"`},
		"the replacement character":       {basicLine("\ufffd:p"), fmt.Sprintf("%q %q", "\ufffd", "p")},
		"no normalisation, composed":      {basicLine("\u00e9:p"), `"é" "p"`},
		"no normalisation, decomposed":    {basicLine("e\u0301:p"), fmt.Sprintf("%q %q", "e\u0301", "p")},
		"controls of Unicode beyond CTL":  {basicLine("\u0085:\u2028"), `"\u0085" "\u2028"`},
		"64 KiB":                          {basicLine("u:" + long), `"u" "` + long + `"`},
		"no header":                       {"", "nobody"},
		"an empty header":                 {"Authorization: ", "nobody"},
		"another scheme":                  {"Authorization: Bearer dTpw", "nobody"},
		"a longer name":                   {"Authorization: Basic-x dTpw", "nobody"},
		"a letter that folds to an s":     {"Authorization: Ba\u017fic dTpw", "nobody"},
		"another scheme's parameter":      {`Authorization: Digest username="Basic dTpw"`, "nobody"},
		"Basic as a value of no scheme":   {"Authorization: =Basic dTpw", "nobody"},
		"another scheme, however long":    {"Authorization: Bearer " + strings.Repeat("a", 1<<20), "nobody"},
		"another header with credentials": {"Proxy-Authorization: Basic dTpw", "nobody"},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w := serveLines(basicService(), tc.line)
			assert.Equal(t, 200, w.Code)
			assert.Equal(t, tc.want, w.Body.String())
			assert.Empty(t, w.Header().Values("WWW-Authenticate"))
		})
	}
}

// TestBasicCredentialsAreMalformed: 400 in optional mode as well.
func TestBasicCredentialsAreMalformed(t *testing.T) {
	t.Parallel()
	lines := map[string]string{
		"no credentials":               "Authorization: Basic",
		"no credentials after a space": "Authorization: Basic ",
		"a tab":                        "Authorization: Basic\tdTpw",
		"a space and a tab":            "Authorization: Basic \tdTpw",
		"a colon":                      "Authorization: Basic: dTpw",
		"a comma":                      "Authorization: Basic,dTpw",
		"an equals sign":               "Authorization: Basic=dTpw",
		"a no-break space":             "Authorization: Basic\u00a0dTpw",
		"a parameter":                  `Authorization: Basic realm="api"`,
		"two of them":                  "Authorization: Basic dTpw, Basic dTpw",
		"two words":                    "Authorization: Basic dTpw dTpw",
		"quotes":                       `Authorization: Basic "dTpw"`,
		"no base64":                    "Authorization: Basic u:pw",
		"one padding missing":          "Authorization: Basic dTpwdw=",
		"all padding missing":          "Authorization: Basic dTpwdw",
		"too much padding":             "Authorization: Basic dTpw=",
		"padding only":                 "Authorization: Basic ====",
		"padding in between":           "Authorization: Basic dTpwdw==dTpw",
		"trailing bits, two":           "Authorization: Basic dTpwdx==",
		"trailing bits, one":           "Authorization: Basic dTpwd3d=",
		"the alphabet of URLs, -":      "Authorization: Basic dTpwPj4-",
		"the alphabet of URLs, _":      "Authorization: Basic dTpwPz8_",
		"other signs of a bearer":      "Authorization: Basic dTp~",
		"a line feed":                  "Authorization: Basic dTpw\ndw==",
		"a line end":                   "Authorization: Basic dTpwdw==\r\n",
		"a carriage return":            "Authorization: Basic \rdTpw",
		"one of five letters":          "Authorization: Basic dTpwd",
		"nothing encoded":              "Authorization: Basic  ",
		"no colon":                     basicLine("user"),
		"a colon of another width":     basicLine("u\uff1ap"),
		"Latin-1":                      basicLine("J\xf6rg:p"),
		"a lone continuation":          basicLine("u:\x80"),
		"half a character":             basicLine("u:\xe2\x82"),
		"an overlong NUL":              basicLine("u:\xc0\x80"),
		"an overlong colon":            basicLine("u\xc0\xbap:"),
		"a surrogate":                  basicLine("u:\xed\xa0\x80"),
		"beyond Unicode":               basicLine("u:\xf4\x90\x80\x80"),
		"UTF-16":                       basicLine("\xff\xfeu\x00:\x00p\x00"),
	}
	for b := range 0x80 {
		if b < ' ' || b == 0x7f {
			lines[fmt.Sprintf("control %#x in the user name", b)] = basicLine("u" + string(rune(b)) + ":p")
			lines[fmt.Sprintf("control %#x in the password", b)] = basicLine("u:p" + string(rune(b)))
		}
	}
	for rule, line := range lines {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			assertChallenges(t, serveLines(basicService(), line), 400, "Malformed Authorization header", basicChallenge)
		})
	}
}

func TestBasicCredentialsTwiceOrTooLong(t *testing.T) {
	t.Parallel()
	const line, two = "Authorization: Basic dTpw", "More than one Authorization header"
	r := basicService()
	assertChallenges(t, serveLines(r, line, line), 400, two, basicChallenge)
	assertChallenges(t, serveLines(r, line, "Authorization: "), 400, two, basicChallenge)
	assertChallenges(t, serveLines(r, "Authorization: Bearer a", line), 400, two, basicChallenge)
	assertChallenges(t, serveLines(r, "Authorization: Bearer a", "Authorization: Bearer b"), 400, two, basicChallenge)
	for _, more := range []int{1, 64 << 10, 1 << 20} {
		w := serveLines(r, basicLine("u:"+strings.Repeat("p", 48<<10-2+more)))
		assertChallenges(t, w, 401, "Could not validate credentials", basicChallenge)
	}
}

func TestMatchWantsBothOfThem(t *testing.T) {
	t.Parallel()
	sent := ginjwt.BasicCredentials{Username: "johndoe", Password: "secret"}
	for _, tc := range []struct {
		username, password string
		want               bool
	}{
		{"johndoe", "secret", true},
		{"johndoe", "Secret", false},
		{"Johndoe", "secret", false},
		{"johndoe", "secret ", false},
		{"johndoe", "secre", false},
		{"johndo", "secret", false},
		{"johndoe", "", false},
		{"", "secret", false},
		{"", "", false},
		{"secret", "johndoe", false},
		{"johndoe:", "secret", false},
		{"johndoesecret", "", false},
	} {
		assert.Equal(t, tc.want, sent.Match(tc.username, tc.password), "%q %q", tc.username, tc.password)
	}
	var empty ginjwt.BasicCredentials
	assert.True(t, empty.Match("", ""))
	assert.False(t, empty.Match("johndoe", "secret"))
}

func TestConstantTimeEqual(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("k", 1<<16)
	for _, tc := range []struct {
		a, b string
		want bool
	}{
		{"key", "key", true}, {"", "", true}, {"\x00", "\x00", true}, {"\xff", "\xff", true}, {long, strings.Clone(long), true},
		{"key", "keys", false}, {"keys", "key", false}, {"key", "", false}, {"", "key", false}, {"key", "kez", false},
		{"key", "Key", false}, {"key", "key\x00", false}, {"", "\x00", false}, {long, long + "k", false}, {long, long[1:] + "l", false},
		{"\u00e9", "e\u0301", false}, {"\xff", "\ufffd", false}, {"\u212a", "k", false},
	} {
		assert.Equal(t, tc.want, ginjwt.ConstantTimeEqual(tc.a, tc.b), "%.10q %.10q", tc.a, tc.b)
	}
}

// TestCredentialsAreNeverPrinted: by any verb, in any logger, wherever they are.
func TestCredentialsAreNeverPrinted(t *testing.T) {
	t.Parallel()
	const secret, clientSecret = "swordfish", "sturgeon"
	basic := ginjwt.BasicCredentials{Username: "stanley", Password: secret}
	form := ginjwt.OAuth2PasswordRequestForm{Username: "stanley", Password: secret, Scopes: []string{"me"}, ClientID: "app", ClientSecret: clientSecret}
	type holder struct {
		Basic ginjwt.BasicCredentials
		Form  *ginjwt.OAuth2PasswordRequestForm
	}
	for name, v := range map[string]any{
		"basic": basic, "a pointer to basic": &basic, "the form": form, "a pointer to the form": &form,
		"a field": holder{basic, &form}, "a slice of basic": []ginjwt.BasicCredentials{basic},
		"a slice of forms": []ginjwt.OAuth2PasswordRequestForm{form}, "a map": map[string]any{"b": basic, "f": form},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for how, text := range printings(v) {
				assert.Contains(t, text, "stanley", how+": the user name is shown")
				for _, hidden := range []string{secret, clientSecret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", clientSecret)} {
					assert.NotContains(t, text, hidden, how)
				}
			}
		})
	}
	assert.Equal(t, `"stanley":[...]`, fmt.Sprint(basic))
	assert.Equal(t, `"stanley":[...] ["me"]`, fmt.Sprint(form))
	assert.Equal(t, `"a\nb":[...]`, fmt.Sprint(ginjwt.BasicCredentials{Username: "a\nb"}), "a user name cannot forge a line")
}

// printings returns v as programs print and log it.
func printings(v any) map[string]string {
	ways := map[string]string{"Sprint": fmt.Sprint(v), "Sprintln": fmt.Sprintln(v)}
	for _, format := range []string{"%v", "%+v", "%s", "%q", "%10v", "%#v", "%d", "%x", "% X", "%t", "%z", "too many arguments"} {
		ways[format] = fmt.Sprintf(format, v)
	}
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"slog's text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"slog's JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var out bytes.Buffer
		log := slog.New(handler(&out))
		log.Info("m", "v", v)
		log.With("v", v).WithGroup("g").Info("m", slog.Group("h", "v", v))
		ways[name] = out.String()
	}
	return ways
}
