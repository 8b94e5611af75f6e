package ginjwt_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// formRow is a form that is posted to the lax login and to the strict one. An
// answer is the form as the login gets it, or a status and why. Where FastAPI
// answers something else, because is the reason; formUnknown is what
// nobody measured there.
type formRow struct {
	rule, body       string
	mediaType, query string

	lax, strict               string // strict is lax if it is empty
	fastapiLax, fastapiStrict string // the answers above if they are empty
	because                   string
}

const (
	formUnknown = "unknown"

	formWhyCode   = "RFC 6749 5.2: 400 with a code, which Swagger UI shows, and FastAPI's 422 it does not; the first fault is told"
	formWhyGrant  = "RFC 6749 5.2 has a code of its own for another grant type"
	formWhyTwice  = "RFC 6749 3.2: a parameter must not be repeated; a filter before us may have judged the other one"
	formWhyFormat = "RFC 6749 4.3.2 knows one format; JSON is sent without preflight by no form, and read by no second parser"
	formWhyOnce   = "scopes are a set"
	formWhySpace  = "RFC 6749 3.3: spaces, and nothing else, are between scopes"
	formWhyScope  = "RFC 6749 3.3: not a scope's character, and it would end a quoted challenge"
	formWhyText   = "RFC 6749 A: UTF-8 without control characters"
	formWhyParse  = "what is malformed is refused, not guessed"
	formWhyLimit  = "a login is small; 16 KiB are read, and the rest is not"
	urlRight      = "username=u&password=p"
	formRight     = "grant_type=password&" + urlRight

	formNone   = "400 invalid_request: The request body must be application/x-www-form-urlencoded"
	formNoType = "none" // no Content-Type header at all
)

func formTaken(grant, username, password, clientID, secret string, scopes ...string) string {
	b, _ := json.Marshal([]any{grant, username, password, clientID, secret, append([]string{}, scopes...)})
	return string(b)
}

func formMissing(field string) string { return "400 invalid_request: Missing form field: " + field }

func formRepeated(field string) string { return "400 invalid_request: Repeated form field: " + field }

func formMissing422(fields ...string) string { return "422 missing: " + strings.Join(fields, ", ") }

// formRows are those of FastAPI's own table first.
func formRows() []formRow {
	up := formTaken("password", "u", "p", "", "")
	lone := formTaken("", "u", "p", "", "")
	wrong, wrong422 := "400 unsupported_grant_type: The grant type must be password", "422 string_pattern_mismatch: grant_type"
	all422, three422 := formMissing422("username", "password"), formMissing422("grant_type", "username", "password")
	multipart := "--x\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\nu\r\n--x\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\np\r\n" +
		"--x\r\nContent-Disposition: form-data; name=\"grant_type\"\r\n\r\npassword\r\n--x--\r\n"
	return []formRow{
		{rule: "user name and password", body: urlRight, lax: lone, strict: formMissing("grant_type"), fastapiStrict: formMissing422("grant_type"), because: formWhyCode},
		{rule: "and the grant type", body: formRight, lax: up},
		{rule: "an empty grant type", body: "grant_type=&" + urlRight, lax: lone, strict: formMissing("grant_type"), fastapiStrict: formMissing422("grant_type"), because: formWhyCode},
		{rule: "Password", body: "grant_type=Password&" + urlRight, lax: wrong, fastapiLax: wrong422, because: formWhyGrant},
		{rule: "client_credentials", body: "grant_type=client_credentials&" + urlRight, lax: wrong, fastapiLax: wrong422, because: formWhyGrant},
		{rule: "refresh_token", body: "grant_type=refresh_token&" + urlRight, lax: wrong, fastapiLax: wrong422, because: formWhyGrant},
		{rule: "a line feed after the grant type", body: "grant_type=password%0A&" + urlRight, lax: wrong, fastapiLax: wrong422, because: formWhyGrant},
		{rule: "a space after the grant type", body: "grant_type=password+&" + urlRight, lax: wrong, fastapiLax: wrong422, because: formWhyGrant},
		{rule: "no user name", body: "grant_type=password&password=p", lax: formMissing("username"), fastapiLax: formMissing422("username"), because: formWhyCode},
		{rule: "an empty user name", body: "grant_type=password&username=&password=p", lax: formMissing("username"), fastapiLax: formMissing422("username"), because: formWhyCode},
		{rule: "no password", body: "grant_type=password&username=u", lax: formMissing("password"), fastapiLax: formMissing422("password"), because: formWhyCode},
		{rule: "an empty password", body: "grant_type=password&username=u&password=", lax: formMissing("password"), fastapiLax: formMissing422("password"), because: formWhyCode},
		{rule: "neither", body: "grant_type=password", lax: formMissing("username"), fastapiLax: all422, because: formWhyCode},
		{rule: "neither, and another grant type", body: "grant_type=x", lax: wrong, fastapiLax: wrong422 + "; missing: username, password", because: formWhyGrant},
		{rule: "a space for a user name", body: "grant_type=password&username=+&password=p", lax: formTaken("password", " ", "p", "", "")},
		{rule: "spaces around are kept", body: "grant_type=password&username=+u+&password=%20p%20", lax: formTaken("password", " u ", " p ", "", "")},
		{rule: "two user names", body: "username=a&" + formRight, lax: formRepeated("username"), fastapiLax: up, because: formWhyTwice},
		{rule: "two passwords", body: "password=a&" + formRight, lax: formRepeated("password"), fastapiLax: up, because: formWhyTwice},
		{rule: "two grant types", body: "grant_type=password&" + formRight, lax: formRepeated("grant_type"), fastapiLax: up, because: formWhyTwice},
		{rule: "two scopes", body: formRight + "&scope=a&scope=b", lax: formRepeated("scope"), fastapiLax: formTaken("password", "u", "p", "", "", "b"), because: formWhyTwice},
		{rule: "two client names", body: formRight + "&client_id=a&client_id=b", lax: formRepeated("client_id"), fastapiLax: formTaken("password", "u", "p", "b", ""), because: formWhyTwice},
		{rule: "JSON", mediaType: "application/json", body: `{"grant_type":"password","username":"u","password":"p"}`, lax: formNone, fastapiLax: all422, fastapiStrict: three422, because: formWhyFormat},
		{rule: "no Content-Type", mediaType: formNoType, body: formRight, lax: formNone, fastapiLax: all422, fastapiStrict: three422, because: formWhyFormat},
		{rule: "nothing at all", mediaType: formNoType, lax: formNone, fastapiLax: all422, fastapiStrict: three422, because: formWhyCode},
		{rule: "an empty body", lax: formMissing("username"), strict: formMissing("grant_type"), fastapiLax: all422, fastapiStrict: three422, because: formWhyCode},
		{rule: "all in the query", query: formRight, lax: formMissing("username"), strict: formMissing("grant_type"), fastapiLax: all422, fastapiStrict: three422, because: formWhyCode},
		{rule: "something else in the query", query: "username=x&scope=admin&grant_type=x", body: formRight, lax: up},
		{rule: "multipart", mediaType: "multipart/form-data; boundary=x", body: multipart, lax: formNone, fastapiLax: up, because: formWhyFormat},
		{rule: "multipart without a boundary", mediaType: "multipart/form-data", body: multipart, lax: formNone, fastapiLax: "400 Missing boundary in multipart.", because: formWhyFormat},
		{rule: "a file as the user name", mediaType: "multipart/form-data; boundary=x", body: strings.Replace(multipart, `"username"`, `"username"; filename="f"`, 1),
			lax: formNone, fastapiLax: "422 string_type: username", because: formWhyFormat},
		{rule: "the media type in capitals", mediaType: "APPLICATION/X-WWW-FORM-URLENCODED", body: formRight, lax: up},
		{rule: "with a charset", mediaType: formType + "; charset=utf-8", body: formRight, lax: up},
		{rule: "scopes", body: formRight + "&scope=me+items", lax: formTaken("password", "u", "p", "", "", "me", "items")},
		{rule: "an empty scope", body: formRight + "&scope=", lax: up},
		{rule: "spaces around scopes", body: formRight + "&scope=+me++items+", lax: formTaken("password", "u", "p", "", "", "me", "items")},
		{rule: "a scope twice", body: formRight + "&scope=me+items+me", lax: formTaken("password", "u", "p", "", "", "me", "items"),
			fastapiLax: formTaken("password", "u", "p", "", "", "me", "items", "me"), because: formWhyOnce},
		{rule: "a tab between scopes", body: formRight + "&scope=me%09items", lax: "400 invalid_scope: Malformed scope", fastapiLax: formTaken("password", "u", "p", "", "", "me", "items"), because: formWhySpace},
		{rule: "a line feed between scopes", body: formRight + "&scope=me%0Aitems", lax: "400 invalid_scope: Malformed scope", fastapiLax: formTaken("password", "u", "p", "", "", "me", "items"), because: formWhySpace},
		{rule: "a quote in a scope", body: formRight + "&scope=a%22b", lax: "400 invalid_scope: Malformed scope", fastapiLax: formTaken("password", "u", "p", "", "", `a"b`), because: formWhyScope},
		{rule: "a client", body: formRight + "&client_id=web&client_secret=s", lax: formTaken("password", "u", "p", "web", "s")},
		{rule: "an empty client, as Swagger UI sends it", body: formRight + "&client_id=&client_secret=", lax: up},
		{rule: "unknown fields, twice", body: formRight + "&otp=1&otp=2", lax: up},
		{rule: "letters of other languages", body: "grant_type=password&username=%C3%A9&password=%E2%82%AC", lax: formTaken("password", "é", "€", "", "")},
		{rule: "characters of the format itself", body: "grant_type=password&username=a%2Bb%26c%3Dd&password=%25%3B%3F", lax: formTaken("password", "a+b&c=d", "%;?", "", "")},
		{rule: "bad UTF-8", body: "grant_type=password&username=%ff&password=p", lax: "400 invalid_request: Form field is not UTF-8: username", fastapiLax: formUnknown, because: formWhyText},
		{rule: "NUL", body: "grant_type=password&username=u%00&password=p", lax: "400 invalid_request: Form field has a control character: username", fastapiLax: formUnknown, because: formWhyText},
		{rule: "a bad escape", body: formRight + "&x=%zz", lax: "400 invalid_request: Malformed form", fastapiLax: formUnknown, because: formWhyParse},
		{rule: "semicolons for ampersands", body: strings.ReplaceAll(formRight, "&", ";"), lax: "400 invalid_request: Malformed form", fastapiLax: formUnknown, because: formWhyParse},
		{rule: "a body that is too large", body: loginPad(loginLimit + 1), lax: "413 invalid_request: The request body is too large", fastapiLax: formUnknown, because: formWhyLimit},
	}
}

// answers returns the answers of the lax and of the strict login, and FastAPI's.
func (row formRow) answers() (ours, fastapi [2]string) {
	or := func(s, other string) string {
		if s == "" {
			return other
		}
		return s
	}
	ours = [2]string{row.lax, or(row.strict, row.lax)}
	lax := or(row.fastapiLax, ours[0])
	strict := or(row.fastapiLax, ours[1])
	return ours, [2]string{lax, or(row.fastapiStrict, strict)}
}

var formPaths = [2]string{"/lax", "/strict"}

func newFormServer(t *testing.T) *httptest.Server {
	t.Helper()
	r := newEngine()
	show := func(c *gin.Context, f loginForm) {
		c.String(200, formTaken(f.GrantType, f.Username, f.Password, f.ClientID, f.ClientSecret, f.Scopes...))
	}
	r.POST(formPaths[0], ginjwt.Handle(ginjwt.PasswordForm(), show))
	r.POST(formPaths[1], ginjwt.Handle(ginjwt.PasswordFormStrict(), show))
	return depServer(t, r)
}

func TestParityOfLoginForms(t *testing.T) {
	t.Parallel()
	srv := newFormServer(t)
	for _, row := range formRows() {
		ours, _ := row.answers()
		for i, path := range formPaths {
			t.Run(path[1:]+"/"+row.rule, func(t *testing.T) {
				t.Parallel()
				req, err := http.NewRequest(http.MethodPost, path+"?"+row.query, strings.NewReader(row.body))
				require.NoError(t, err)
				if req.Header.Set("Content-Type", formType); row.mediaType != "" {
					req.Header.Set("Content-Type", row.mediaType)
				}
				if row.mediaType == formNoType {
					req.Header.Del("Content-Type")
				}
				judgeForm(t, depSend(t, srv, req), ours[i])
			})
		}
	}
}

func judgeForm(t *testing.T, answer wireAnswer, want string) {
	t.Helper()
	assert.Empty(t, answer.Header.Values("WWW-Authenticate"))
	assert.Equal(t, []string{"no-store"}, answer.Header.Values("Cache-Control"))
	assert.Equal(t, []string{"no-cache"}, answer.Header.Values("Pragma"))
	if strings.HasPrefix(want, "[") {
		assert.Equal(t, 200, answer.StatusCode)
		assert.Equal(t, want, answer.body)
		return
	}
	status, rest, _ := strings.Cut(want, " ")
	code, text, _ := strings.Cut(rest, ": ")
	assert.Equal(t, status, answer.Status[:3])
	assert.Equal(t, exampleError(code, text), answer.body)
	assert.Equal(t, []string{"application/json"}, answer.Header.Values("Content-Type"))
	assert.Equal(t, status == "413", answer.Close, "the rest of a large body is not waited for")
}

// TestParityOfLoginFormsHasReasons: as TestParityHasReasons.
func TestParityOfLoginFormsHasReasons(t *testing.T) {
	t.Parallel()
	rows, seen := 0, map[string]bool{}
	for _, row := range formRows() {
		assert.False(t, seen[row.rule], row.rule+" is there twice")
		seen[row.rule] = true
		ours, fastapi := row.answers()
		rows += len(ours)
		assert.Equal(t, ours != fastapi, row.because != "", row.rule+": a reason if, and only if, it departs")
	}
	assert.GreaterOrEqual(t, rows, 40)
}

// A login that is told to answer as FastAPI's tutorial does. Swagger UI sends
// an empty client as Basic, which is no bearer token that could be invalid.
func TestParityOfLoginsInFastAPIsWords(t *testing.T) {
	t.Parallel()
	for rule, row := range map[string]struct {
		err                   error
		authorization, answer string
	}{
		"tutorial 004":                  {ginjwt.Unauthenticated("Incorrect username or password"), "", "401 " + graphNobody},
		"tutorial 004, from Swagger UI": {ginjwt.Unauthenticated("Incorrect username or password"), "Basic Og==", "401 " + graphNobody},
		"tutorial 005":                  {ginjwt.HTTPError(400, "Incorrect username or password"), "", "400 "},
		"tutorial 005, from Swagger UI": {ginjwt.HTTPError(400, "Incorrect username or password"), "Basic Og==", "400 "},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			srv := depServer(t, loginRoute(func(*gin.Context, loginForm) (ginjwt.Token, error) { return ginjwt.Token{}, row.err }))
			answer := wireSend(t, srv, loginWire{lines: "Authorization: " + row.authorization + "\r\n", body: urlRight}.String())
			assert.Equal(t, row.answer, answer.Status[:4]+strings.Join(answer.Header.Values("WWW-Authenticate"), " and "))
			assert.Equal(t, `{"detail":"Incorrect username or password"}`, answer.body)
			assert.Equal(t, []string{"no-store"}, answer.Header.Values("Cache-Control"))
		})
	}
}
