package ginjwttest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt/inspect"
)

// EveryRouteGuarded asserts that each route of e answers a request without
// credentials with 401 and a challenge. It is a black box: handlers are called,
// those of open routes with all that they do, so e should be a test's own.
//
// Routes that are open on purpose are named in except, as "POST /items" or
// "/items" for all methods; those that ginjwt.Public stands before, login and
// token endpoints, the key set and the documentation need not be. A panic is a
// failure, and so is an exception that is no open route.
func EveryRouteGuarded(t testing.TB, e *gin.Engine, except ...string) {
	t.Helper()
	routes, err := inspect.Routes(e)
	if err != nil {
		t.Fatalf("ginjwttest: %v", err)
	}
	if len(routes) == 0 {
		t.Error("ginjwttest: the engine has no routes")
	}
	stale := slices.Clone(except)
	for _, r := range routes {
		name := r.Method + " " + r.Path
		fault := guardedFault(e, r)
		excepted := slices.Contains(except, name) || slices.Contains(except, r.Path)
		if excepted && fault != "" {
			stale = slices.DeleteFunc(stale, func(x string) bool { return x == name || x == r.Path })
			continue
		}
		if fault != "" && !r.Public && (r.Endpoint == "" || r.Endpoint == "introspection") {
			t.Errorf("ginjwttest: %s (%s) %s\n\tthe audit sees: %s", name, r.Handler, fault, r.Access())
		}
	}
	for _, x := range stale {
		t.Errorf("ginjwttest: %q is excepted, and is no route that is open", x)
	}
}

// guardedFault says what is wrong with the answer to a request without
// credentials, or "".
func guardedFault(e *gin.Engine, r inspect.Route) (fault string) {
	defer func() {
		if v := recover(); v != nil {
			fault = fmt.Sprintf("panics: %v", v)
		}
	}()
	rec := httptest.NewRecorder()
	e.ServeHTTP(rec, httptest.NewRequest(r.Method, pathOf(r), nil))
	challenges, err := Challenges(rec.Header())
	switch {
	case rec.Code != http.StatusUnauthorized:
		return fmt.Sprintf("answers %d %s to nobody, not 401", rec.Code, http.StatusText(rec.Code))
	case err != nil:
		return fmt.Sprintf("answers 401 with a malformed challenge: %q", rec.Header().Values("WWW-Authenticate"))
	case len(challenges) == 0:
		return "answers 401 without a challenge: no client can tell how to authenticate"
	}
	return ""
}

// pathOf returns a path that r's pattern matches.
func pathOf(r inspect.Route) string {
	path := r.Template
	for _, name := range r.Params {
		path = strings.Replace(path, "{"+name+"}", "1", 1)
	}
	return path
}
