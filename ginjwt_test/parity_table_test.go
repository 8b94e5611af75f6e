package ginjwt_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// The table of docs/from-fastapi.md about security schemes, as requests and
// answers. A row holds in both modes: where a required scheme answers 401 to
// nobody, an optional one lets nobody in.

// parityAnswer is what a server answers: the value that the handler gets, or
// the detail of a refusal.
type parityAnswer struct {
	status int
	text   string
	always bool // FastAPI's HTTPBasic: auto_error=False changes nothing
}

// toNobody is the answer to a request without credentials.
var toNobody = parityAnswer{401, "Not authenticated", false}

// refusedAlways is the 401 that FastAPI answers in optional mode, too.
var refusedAlways = parityAnswer{401, "Not authenticated", true}

func gives(value string) parityAnswer { return parityAnswer{200, parityQuote(value), false} }

func givesPair(username, password string) parityAnswer {
	return parityAnswer{200, parityQuote(username) + " " + parityQuote(password), false}
}

func isBad(detail string) parityAnswer { return parityAnswer{400, detail, false} }

var (
	badHeader    = isBad("Malformed Authorization header")
	twoHeaders   = isBad("More than one Authorization header")
	foreignPages = parityAnswer{403, "Cross-origin request refused", false}
)

// parityQuote shows each byte of value: JSON has no way to show what is not UTF-8.
func parityQuote(value string) string { return strconv.QuoteToASCII(value) }

// in returns the answer in optional mode, or in required mode.
func (a parityAnswer) in(optional bool) parityAnswer {
	if optional && a.status == 401 && !a.always {
		return parityAnswer{200, "null", false}
	}
	a.always = false
	return a
}

func (a parityAnswer) body() string {
	if a.status == 200 {
		return a.text
	}
	return `{"detail":` + strconv.Quote(a.text) + `}`
}

// parityRequest is a request as a client sends it, byte for byte.
type parityRequest struct{ method, query, lines string }

func withLines(lines ...string) parityRequest {
	r := parityRequest{method: "GET"}
	for _, line := range lines {
		r.lines += line + "\r\n"
	}
	return r
}

// withAuth sends an Authorization header with each of values.
func withAuth(values ...string) parityRequest {
	r := withLines()
	for _, value := range values {
		r.lines += "Authorization: " + value + "\r\n"
	}
	return r
}

func withQuery(query string) parityRequest { return parityRequest{method: "GET", query: query} }

// fromSite sends a POST request as the browser does for a page of another site.
func fromSite(site string, lines ...string) parityRequest {
	r := withLines(append(lines, "Sec-Fetch-Site: "+site, "Content-Length: 0")...)
	r.method = "POST"
	return r
}

// parityRow says what a request is answered. Where FastAPI answers something
// else, because is the reason.
type parityRow struct {
	rule    string
	request parityRequest
	want    parityAnswer
	fastapi parityAnswer
	because string
}

// parityScheme is a security scheme with its rows.
type parityScheme struct {
	name  string // of ginjwt's constructor, and the route's
	serve func(r *gin.Engine, path string)
	rows  []parityRow

	challenge        func(parityAnswer) string
	fastapiChallenge string // of a 401: FastAPI has no other
	because          string // the reason for what departs in every row: the challenge, or the value
}

// served returns how to serve d in both modes to handlers that show its value.
func served[T any](d *ginjwt.Dependency[T], show func(T) string) func(*gin.Engine, string) {
	return func(r *gin.Engine, path string) {
		r.Any(path+"/required", ginjwt.Handle(d, func(c *gin.Context, v T) { c.String(200, "%s", show(v)) }))
		r.Any(path+"/optional", ginjwt.Handle(ginjwt.Optional(d), func(c *gin.Context, v *T) {
			if v == nil {
				c.String(200, "null")
				return
			}
			c.String(200, "%s", show(*v))
		}))
	}
}

// bearerChallenged is the challenge of a bearer scheme (RFC 6750 section 3).
func bearerChallenged(a parityAnswer) string {
	if a.status == 400 {
		return `Bearer realm="api", error="invalid_request", error_description="` + a.text + `"`
	}
	return `Bearer realm="api"`
}

// challengedWith is the challenge of a scheme that says the same to everybody.
func challengedWith(value string) func(parityAnswer) string {
	return func(a parityAnswer) string {
		if a.status == 403 {
			return ""
		}
		return value
	}
}

func paritySchemes() []parityScheme {
	return append(parityHeaderSchemes(), parityOtherSchemes()...)
}

var parityModes = map[string]bool{"required": false, "optional": true}

func TestParityOfSchemes(t *testing.T) {
	t.Parallel()
	engine := newEngine()
	for _, s := range paritySchemes() {
		s.serve(engine, "/"+s.name)
	}
	srv := wireServer(t, engine)
	for _, s := range paritySchemes() {
		for mode, optional := range parityModes {
			for _, row := range s.rows {
				t.Run(s.name+"/"+mode+"/"+row.rule, func(t *testing.T) {
					t.Parallel()
					request := fmt.Sprintf("%s /%s/%s?%s HTTP/1.1\r\n%s", row.request.method, s.name, mode, row.request.query, row.request.lines)
					parityJudge(t, wireSend(t, srv, request+wireEnd), s, row.want.in(optional))
				})
			}
		}
	}
}

func parityJudge(t *testing.T, answer wireAnswer, s parityScheme, want parityAnswer) {
	t.Helper()
	assert.Equal(t, want.status, answer.StatusCode)
	assert.Equal(t, want.body(), answer.body)
	var challenges []string
	if want.status != 200 {
		assert.Equal(t, []string{"application/json"}, answer.Header.Values("Content-Type"))
		if c := s.challenge(want); c != "" {
			challenges = []string{c}
		}
	}
	assert.Equal(t, challenges, answer.Header["Www-Authenticate"])
	for _, value := range challenges {
		_, err := parseChallenges(value)
		require.NoError(t, err, value)
	}
}

// TestParityHasReasons: no row departs from FastAPI without saying why, and none
// gives a reason for nothing.
func TestParityHasReasons(t *testing.T) {
	t.Parallel()
	rows, seen := 0, map[string]bool{}
	for _, s := range paritySchemes() {
		if s.challenge(toNobody) != s.fastapiChallenge {
			assert.NotEmpty(t, s.because, s.name+": another challenge")
		}
		for _, row := range s.rows {
			name := s.name + ": " + row.rule
			assert.False(t, seen[name], name+" is there twice")
			seen[name] = true
			departs := false
			for _, optional := range parityModes {
				rows++
				departs = departs || row.want.in(optional) != row.fastapi.in(optional)
			}
			assert.Equal(t, departs, row.because != "", name+": a reason if, and only if, it departs")
		}
	}
	require.GreaterOrEqual(t, rows, 150)
	t.Logf("%d rows", rows)
}
