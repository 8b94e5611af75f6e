package ginjwttest

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Unauthorized asserts that rec is a 401 with a challenge, as RFC 9110 section
// 15.5.2 demands. It reports whether it is.
func Unauthorized(t testing.TB, rec *httptest.ResponseRecorder) bool {
	t.Helper()
	return refused(t, rec, http.StatusUnauthorized, "", nil)
}

// Forbidden asserts that rec is a 403. If scopes are given, its challenge must
// name just these as missing (RFC 6750 section 3.1).
func Forbidden(t testing.TB, rec *httptest.ResponseRecorder, scopes ...string) bool {
	t.Helper()
	code := ""
	if len(scopes) > 0 {
		code = "insufficient_scope"
	}
	return refused(t, rec, http.StatusForbidden, code, scopes)
}

// BadRequest asserts that rec is a 400, as for malformed credentials.
func BadRequest(t testing.TB, rec *httptest.ResponseRecorder) bool {
	t.Helper()
	return refused(t, rec, http.StatusBadRequest, "", nil)
}

// refused asserts the status of rec and what its challenge says.
func refused(t testing.TB, rec *httptest.ResponseRecorder, status int, code string, scopes []string) bool {
	t.Helper()
	if rec.Code != status {
		t.Errorf("ginjwttest: the answer is %s\n\twant %d %s", shown(rec), status, http.StatusText(status))
		return false
	}
	header := rec.Result().Header
	challenges, err := Challenges(header)
	switch {
	case err != nil:
		t.Errorf("ginjwttest: the challenge is malformed: %q", header.Values("WWW-Authenticate"))
		return false
	case status == http.StatusUnauthorized && len(challenges) == 0:
		t.Errorf("ginjwttest: a 401 without a challenge: no client can tell how to authenticate\n\t%s", shown(rec))
		return false
	case code == "":
		return true
	}
	for _, c := range challenges {
		if c.Params["error"] == code && sameScopes(c.Params["scope"], scopes) {
			return true
		}
	}
	t.Errorf("ginjwttest: no challenge says error=%q with the scopes %q\n\t%s", code, scopes, shown(rec))
	return false
}

// sameScopes reports whether a scope attribute names just these, in any order.
func sameScopes(attribute string, scopes []string) bool {
	return maps.Equal(setOf(strings.Fields(attribute)), setOf(scopes))
}

func setOf(scopes []string) map[string]bool {
	all := map[string]bool{}
	for _, s := range scopes {
		all[s] = true
	}
	return all
}

// shown is an answer in a failure's text.
func shown(rec *httptest.ResponseRecorder) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d %s", rec.Code, http.StatusText(rec.Code))
	for _, v := range rec.Result().Header.Values("WWW-Authenticate") { // as it was sent
		text.WriteString("\n\tWWW-Authenticate: " + v)
	}
	body := rec.Body.String()
	if len(body) > 300 {
		body = body[:300] + "..."
	}
	body = strings.ToValidUTF8(body, "?") // a cut may halve a character
	if body != "" {
		text.WriteString("\n\t" + body)
	}
	return text.String()
}
