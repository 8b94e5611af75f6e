package ginjwttest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

// muted is a test that does not fail by what Do says.
type muted struct{ testing.TB }

func (muted) Helper()               {}
func (muted) Errorf(string, ...any) {}
func (muted) Logf(string, ...any)   {}

// heard is a test that keeps what it is told: what guards decided apart.
type heard struct {
	testing.TB
	errors, logs, decided []string
}

func (h *heard) Helper() {}

func (h *heard) Errorf(format string, args ...any) {
	h.errors = append(h.errors, fmt.Sprintf(format, args...))
}

func (h *heard) Logf(format string, args ...any) {
	if !strings.Contains(format, "did not ask for") {
		h.decided = append(h.decided, fmt.Sprintf(format, args...))
		return
	}
	h.logs = append(h.logs, fmt.Sprintf(format, args...))
}

func findNobody(*gin.Context) (int, error) { return 0, nil }

func TestAReplacementThatNothingAskedForFailsTheTest(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	other := ginjwt.Provide(findNobody)
	const text = "ginjwttest: GET %s was answered with %d and did not ask for %s, which the test replaces: replace what the route depends on"
	eve := account{"eve"}
	cases := map[string]struct {
		path         string
		rs           []ginjwttest.Replacement
		errors, logs []string
	}{
		"none":               {"/open", nil, nil, nil},
		"asked for":          {"/user", []ginjwttest.Replacement{ginjwttest.Value(s.user, eve)}, nil, nil},
		"an open route":      {"/open", []ginjwttest.Replacement{ginjwttest.Value(other, 1)}, []string{fmt.Sprintf(text, "/open", 200, "ginjwttest_test.findNobody")}, nil},
		"two":                {"/open", []ginjwttest.Replacement{ginjwttest.Value(other, 1), ginjwttest.Value(s.token, "")}, []string{fmt.Sprintf(text, "/open", 200, "ginjwttest_test.findNobody, OAuth2PasswordBearer")}, nil},
		"one of two":         {"/user", []ginjwttest.Replacement{ginjwttest.Value(other, 1), ginjwttest.Value(s.user, eve)}, []string{fmt.Sprintf(text, "/user", 200, "ginjwttest_test.findNobody")}, nil},
		"below another":      {"/user", []ginjwttest.Replacement{ginjwttest.Value(s.token, ""), ginjwttest.Value(s.user, eve)}, []string{fmt.Sprintf(text, "/user", 200, "OAuth2PasswordBearer")}, nil},
		"refused before":     {"/user", []ginjwttest.Replacement{ginjwttest.Value(other, 1)}, nil, []string{fmt.Sprintf(text, "/user", 401, "ginjwttest_test.findNobody")}},
		"hidden by a later":  {"/user", []ginjwttest.Replacement{ginjwttest.Value(s.user, account{"bob"}), ginjwttest.Value(s.user, eve)}, nil, nil},
		"asked for scopes":   {"/me", []ginjwttest.Replacement{ginjwttest.Value(s.claims, ginjwt.Claims{Scope: "me"}), ginjwttest.Value(s.user, eve)}, nil, nil},
		"refused for scopes": {"/me", []ginjwttest.Replacement{ginjwttest.Value(s.user, eve, "x")}, nil, nil},
		"it fails":           {"/user", []ginjwttest.Replacement{ginjwttest.Fails(s.user, ginjwt.Forbidden("no"))}, nil, nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &heard{TB: t}
			askWith(h, s, tc.path, tc.rs...)
			assert.Equal(t, tc.errors, h.errors)
			assert.Equal(t, tc.logs, h.logs)
		})
	}
}

// TestAWrongTypeIsTold: 401 alone would not tell why.
func TestAWrongTypeIsTold(t *testing.T) {
	t.Parallel()
	h := &heard{TB: t}
	ginjwttest.Do(h, newServer(t), ginjwttest.As(request("/user"), &account{"eve"}))
	assert.Empty(t, h.errors)
	assert.Len(t, h.logs, 1)
	assert.Contains(t, strings.Join(h.logs, ""), "did not ask for *ginjwttest_test.account")
}

// TestEachRequestTellsOfItself: what one asked for, another may not.
func TestEachRequestTellsOfItself(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	req := ginjwttest.As(request("/user"), account{"eve"})
	h := &heard{TB: t}
	ginjwttest.Do(h, s, req)
	ginjwttest.Do(h, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }), req)
	ginjwttest.Do(h, s, ginjwttest.With(req, ginjwttest.Value(s.claims, ginjwt.Claims{})))
	assert.Len(t, h.errors, 2)
}

// TestAnEngineHidesNothingOfARequests: Do sees that they were asked for.
func TestAnEngineHidesNothingOfARequests(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	engine := ginjwttest.Engine(s, ginjwttest.Value(s.claims, ginjwt.Claims{Scope: "me"}))
	h := &heard{TB: t}
	rec := askWith(h, engine, "/me", ginjwttest.Value(s.user, account{"eve"}))
	assert.Equal(t, "eve!", rec.Body.String())
	assert.Empty(t, h.errors)
	askWith(h, engine, "/claims", ginjwttest.Value(s.user, account{"eve"}))
	assert.Len(t, h.errors, 1)
}
