package ginjwttest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/internal/override"
)

// Do serves req by h and returns the answer. It logs what the guards of the route
// demanded and decided, and why: go test shows that of a test that fails. A
// Replacement of req's that nothing asked for fails the test: it replaces nothing.
func Do(t testing.TB, h http.Handler, req *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	enable()
	set := of(req).copy() // its own, to tell what this request asks for
	var told decisions
	asked := req.WithContext(override.Watch(req.Context(), told.add))
	if len(set.all) > 0 {
		asked = set.with(asked)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, asked)
	t.Logf("ginjwttest: %s %s was answered with %d%s", req.Method, req.URL.Path, rec.Code, told.shown())
	set.reportUnused(t, req, rec.Code)
	return rec
}

// reportUnused reports Replacements that nothing asked for.
func (s *set) reportUnused(t testing.TB, req *http.Request, status int) {
	t.Helper()
	var unused []string
	for _, r := range s.all {
		if !r.used.Load() {
			unused = append(unused, r.name)
		}
	}
	report := t.Errorf
	if status >= 400 {
		report = t.Logf // an earlier guard may have refused it: for whoever did not want that
	}
	if len(unused) > 0 {
		report("ginjwttest: %s %s was answered with %d and did not ask for %s, which the test replaces: replace what the route depends on",
			req.Method, req.URL.Path, status, strings.Join(unused, ", "))
	}
}

// decisions are what guards made of one request.
type decisions struct {
	mu  sync.Mutex
	all []string
}

func (d *decisions) add(one override.Decision) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = append(d.all, spelled(one))
}

// shown returns a line for each decision.
func (d *decisions) shown() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.all) == 0 {
		return ", and no guard was asked: there is no such route, or it is open"
	}
	return strings.Join(append([]string{""}, d.all...), "\n\t")
}

// spelled tells of a decision which guard of which route it was, what that
// demands, and the reason.
func spelled(d override.Decision) string {
	ev, _ := d.Event.(ginjwt.Event)
	if ev.Guard == "" {
		return fmt.Sprintf("route %s: %s: %s", ev.Route, ev.Outcome, because(ev))
	}
	demand := d.Demand
	if demand == "" {
		demand = "no credentials"
	}
	guard := ev.Guard[strings.LastIndexByte(ev.Guard, '/')+1:] // without the package's path
	text := fmt.Sprintf("route %s: guard %s, which demands %s: %s", ev.Route, guard, demand, ev.Outcome)
	if why := because(ev); why != "" {
		text += ": " + why
	}
	return text
}

// because says why a request was refused.
func because(ev ginjwt.Event) string {
	var why []string
	for _, s := range []string{ev.Code, string(ev.Reason), ev.Cause} {
		if s != "" {
			why = append(why, s)
		}
	}
	if ev.Ignored != "" {
		why = append(why, "not looked at: "+ev.Ignored)
	}
	return strings.Join(why, ", ")
}
