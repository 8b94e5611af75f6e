package ginjwttest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt/inspect"
)

// EveryRouteGuarded asserts that each route of e answers a request without
// credentials with 401 and a challenge. It is a black box: handlers are called,
// those of open routes with all that they do, so e should be a test's own. To
// them the client is one that has gone away, or streams would not end.
//
// Routes that are open on purpose are named in except, as "POST /items" or
// "/items" for all methods; those that ginjwt.Public stands before, login and
// token endpoints, the key set and the documentation need not be. A panic is a
// failure, of open routes too, and so is an exception that is no open route.
func EveryRouteGuarded(t testing.TB, e *gin.Engine, except ...string) {
	t.Helper()
	routes, err := inspect.Routes(e)
	if err != nil {
		t.Fatalf("ginjwttest: %v", err)
	}
	if len(routes) == 0 {
		t.Error("ginjwttest: the engine has no routes: call EveryRouteGuarded when all are registered")
	}
	stale := slices.Clone(except)
	value := unusedValue(routes)
	for _, r := range routes {
		name := r.Method + " " + r.Path
		fault, panics := guardedFault(e, r, value)
		if fault == "" && r.Guard == 0 && r.Misplaced != "" {
			fault = "answers 401 when its handler has run"
		}
		meant := r.Public || r.Endpoint != "" && r.Endpoint != "introspection"
		if fault != "" && (slices.Contains(except, name) || slices.Contains(except, r.Path)) {
			stale = slices.DeleteFunc(stale, func(x string) bool { return x == name || x == r.Path })
			meant = true
		}
		if panics || fault != "" && !meant {
			t.Errorf("ginjwttest: %s (%s) %s\n\tthe audit sees: %s", name, r.Handler, fault, r.Access())
		}
	}
	for _, x := range stale {
		t.Errorf("ginjwttest: %q is excepted, and is no route that is open", x)
	}
}

// guardedFault says what is wrong with the answer to a request without
// credentials, or "".
func guardedFault(e *gin.Engine, r inspect.Route, value string) (fault string, panics bool) {
	defer func() {
		if v := recover(); v != nil {
			fault, panics = fmt.Sprintf("panics: %v", v), true
		}
	}()
	rec := httptest.NewRecorder()
	target := url.URL{Path: pathOf(r, value)}
	e.ServeHTTP(goneClient{rec}, httptest.NewRequestWithContext(context.Background(), r.Method, target.EscapedPath(), nil))
	header := rec.Result().Header
	challenges, err := Challenges(header)
	switch {
	case rec.Code != http.StatusUnauthorized:
		return fmt.Sprintf("answers %d %s to nobody, not 401", rec.Code, http.StatusText(rec.Code)), false
	case err != nil:
		return fmt.Sprintf("answers 401 with a malformed challenge: %q", header.Values("WWW-Authenticate")), false
	case len(challenges) == 0:
		return "answers 401 without a challenge: no client can tell how to authenticate", false
	}
	return "", false
}

// goneClient is a recorder whose client has gone away: gin.Context.Stream asks.
type goneClient struct{ *httptest.ResponseRecorder }

func (goneClient) CloseNotify() <-chan bool {
	gone := make(chan bool)
	close(gone)
	return gone
}

func (goneClient) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return nil, nil, errors.New("ginjwttest: there is no connection to take over")
}

// pathOf returns a path that r's pattern matches.
func pathOf(r inspect.Route, value string) string {
	path := r.Template
	for _, name := range r.Params {
		path = strings.Replace(path, "{"+name+"}", value, 1)
	}
	return path
}

// unusedValue returns a value for parameters that no path has in it: where
// there is /items/1 beside /items/:id, 1 would ask for the former.
func unusedValue(routes []inspect.Route) string {
	value := "1"
	for slices.ContainsFunc(routes, func(r inspect.Route) bool { return strings.Contains(r.Path, value) }) {
		value += "1"
	}
	return value
}
