package ginjwttest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

// answered returns an answer with challenges, each a field.
func answered(code int, body string, challenges ...string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	for _, c := range challenges {
		rec.Header().Add("WWW-Authenticate", c)
	}
	rec.WriteHeader(code)
	_, _ = rec.WriteString(body)
	return rec
}

const (
	plain   = `Bearer realm="api"`
	missing = `Bearer realm="api", error="insufficient_scope", error_description="The token lacks a required scope", scope="items me"`
)

func TestAssertions(t *testing.T) {
	t.Parallel()
	unauthorized, bad := ginjwttest.Unauthorized, ginjwttest.BadRequest
	forbidden := func(scopes ...string) func(testing.TB, *httptest.ResponseRecorder) bool {
		return func(t testing.TB, rec *httptest.ResponseRecorder) bool {
			return ginjwttest.Forbidden(t, rec, scopes...)
		}
	}
	late := httptest.NewRecorder()
	late.WriteHeader(401)
	late.Header().Set("WWW-Authenticate", plain)
	for name, tc := range map[string]struct {
		check func(testing.TB, *httptest.ResponseRecorder) bool
		rec   *httptest.ResponseRecorder
		want  []string // of the failure's text; none if it passes
	}{
		"401 with a challenge":                 {unauthorized, answered(401, "", plain), nil},
		"401 with several":                     {unauthorized, answered(401, "", `Basic realm="x", `+plain, "Negotiate"), nil},
		"401 without one":                      {unauthorized, answered(401, "x"), []string{"401 without a challenge", "no client can tell how to authenticate", "\n\tx"}},
		"401 with an empty one":                {unauthorized, answered(401, "", ""), []string{"401 without a challenge"}},
		"401 with one that was set too late":   {unauthorized, late, []string{"401 without a challenge"}},
		"401 with a malformed one":             {unauthorized, answered(401, "", `Bearer realm="api`), []string{`the challenge is malformed: ["Bearer realm=\"api"]`}},
		"401 with a good and a malformed one":  {unauthorized, answered(401, "", plain, `realm`+"=1"), []string{"malformed"}},
		"200 instead of 401":                   {unauthorized, answered(200, "hello"), []string{"the answer is 200 OK\n\thello", "want 401 Unauthorized"}},
		"403 instead of 401":                   {unauthorized, answered(403, "", missing), []string{"the answer is 403 Forbidden\n\tWWW-Authenticate: Bearer realm", "want 401 Unauthorized"}},
		"an answer that was never written":     {unauthorized, httptest.NewRecorder(), []string{"the answer is 200 OK"}},
		"403":                                  {forbidden(), answered(403, ""), nil},
		"403 with a challenge":                 {forbidden(), answered(403, "", missing), nil},
		"403 with a malformed one":             {forbidden(), answered(403, "", `Bearer "`), []string{"malformed"}},
		"401 instead of 403":                   {forbidden("me"), answered(401, "", plain), []string{"the answer is 401 Unauthorized", plain, "want 403 Forbidden"}},
		"403 for lack of scopes":               {forbidden("items", "me"), answered(403, "", missing), nil},
		"the order of scopes does not matter":  {forbidden("me", "items"), answered(403, "", missing), nil},
		"403 for lack of other scopes":         {forbidden("me", "users"), answered(403, "", missing), []string{`no challenge says error="insufficient_scope" with the scopes ["me" "users"]`, `scope="items me"`}},
		"403 for lack of more scopes":          {forbidden("me"), answered(403, "", missing), []string{"with the scopes"}},
		"403 for lack of fewer scopes":         {forbidden("me", "items", "users"), answered(403, "", missing), []string{"with the scopes"}},
		"a scope given twice is one":           {forbidden("me", "me", "items"), answered(403, "", missing), nil},
		"403 without a challenge, with scopes": {forbidden("me"), answered(403, ""), []string{"no challenge says"}},
		"403 with another error":               {forbidden("me"), answered(403, "", `Bearer error="invalid_token", scope="me"`), []string{"no challenge says"}},
		"403 in the second challenge":          {forbidden("items", "me"), answered(403, "", `Basic realm="x", `+missing), nil},
		"403 in the second field":              {forbidden("items", "me"), answered(403, "", `Basic realm="x"`, missing), nil},
		"the error of one, the scope of other": {forbidden("me"), answered(403, "", `Bearer error="insufficient_scope"`, `Bearer scope="me"`), []string{"no challenge says"}},
		"400":                                  {bad, answered(400, ""), nil},
		"400 with a challenge":                 {bad, answered(400, "", `Bearer realm="api", error="invalid_request"`), nil},
		"400 with a malformed one":             {bad, answered(400, "", `Bearer realm=,x=y`), []string{"malformed"}},
		"422 instead of 400":                   {bad, answered(422, ""), []string{"the answer is 422 Unprocessable Entity", "want 400 Bad Request"}},
		"a status that nobody knows":           {bad, answered(299, ""), []string{"the answer is 299"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			passed := false
			w := watch(t, func(tb testing.TB) { passed = tc.check(tb, tc.rec) })
			assert.False(t, w.fatal, "the test goes on")
			assert.Equal(t, len(w.texts) == 0, passed, "it reports what it asserts")
			if len(tc.want) == 0 {
				assert.Empty(t, w.texts)
				return
			}
			if assert.Len(t, w.texts, 1) {
				assert.True(t, strings.HasPrefix(w.texts[0], "ginjwttest: "), w.texts[0])
			}
			for _, text := range tc.want {
				assert.Contains(t, w.all(), text)
			}
		})
	}
}

func TestLongBodiesAreCut(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"ASCII":                  strings.Repeat("x", 5000),
		"in the middle of an é":  "x" + strings.Repeat("é", 5000),
		"in the middle of bytes": strings.Repeat("\xff", 5000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := watch(t, func(tb testing.TB) { ginjwttest.Unauthorized(tb, answered(http.StatusOK, body)) })
			assert.Less(t, len(w.all()), 500)
			assert.Contains(t, w.all(), "...")
			assert.True(t, utf8.ValidString(w.all()))
		})
	}
	w := watch(t, func(tb testing.TB) { ginjwttest.Unauthorized(tb, answered(http.StatusOK, strings.Repeat("x", 300))) })
	assert.Contains(t, w.all(), strings.Repeat("x", 300)+"\n", "300 bytes are shown whole")
}
