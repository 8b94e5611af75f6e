package inspect

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt/internal/describe"
)

// An Option changes what Audit accepts.
type Option func(*audit)

// Except names routes that are open, or optional, on purpose, as "GET /feed", or
// as "/feed" for all methods: those that cannot say it themselves with
// ginjwt.Public. One that names no such route is a fault, so that the list stays
// true.
func Except(routes ...string) Option {
	return func(a *audit) {
		for _, r := range routes {
			a.excepted = append(a.excepted, &exception{route: r})
		}
	}
}

type exception struct {
	route string
	found bool // there is such a route
	used  bool // and it is open
}

type audit struct {
	excepted []*exception
	faults   []error
	warnings []string
}

// Audit writes a table of e's routes and of what guards each to w, and returns
// an error that names all that are open, all whose guard stands where it guards
// nothing, and all exceptions that are none. A route that looks at credentials
// and does without them counts as open. Those that ginjwt.Public stands before
// are open on purpose, and so are login and token endpoints, the key set and the
// documentation.
//
// Call it when all routes are registered. It never passes if it cannot see the
// routes, or if there are none: that is an error as well.
func Audit(w io.Writer, e *gin.Engine, opts ...Option) error {
	routes, err := Routes(e)
	if err != nil {
		return err
	}
	a := &audit{}
	for _, o := range opts {
		if o == nil {
			return errors.New("ginjwt: audit: nil Option")
		}
		o(a)
	}
	if len(routes) == 0 {
		a.fault("the engine has no routes: call Audit when all are registered")
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range routes {
		a.judge(r)
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", r.Method, r.Path, r.Access(), r.Handler[strings.LastIndexByte(r.Handler, '/')+1:])
	}
	a.stale()
	a.unserved(routes)
	err = table.Flush()
	for _, text := range a.warnings {
		_, failed := fmt.Fprintln(w, "warning:", text)
		err = errors.Join(err, failed)
	}
	return errors.Join(append(a.faults, err)...)
}

func (a *audit) fault(format string, args ...any) {
	a.faults = append(a.faults, fmt.Errorf("ginjwt: audit: "+format, args...))
}

func (a *audit) warn(format string, args ...any) {
	a.warnings = append(a.warnings, fmt.Sprintf(format, args...))
}

// judge notes what is wrong with r.
func (a *audit) judge(r Route) {
	name := r.Method + " " + r.Path
	meant := r.open() || r.Public
	if (r.Guard == 0 || r.Optional()) && !meant {
		meant = a.allow(r)
	} else {
		a.seen(r)
	}
	switch {
	case r.Misplaced != "" && r.Guard == 0:
		a.fault("%s is open: %s", name, r.Misplaced)
	case r.Misplaced != "":
		a.fault("%s has a guard that guards nothing: %s", name, r.Misplaced)
	case r.Guard == 0 && !meant:
		a.fault("%s is open: no guard stands before it (if that is meant, say ginjwt.Public at the route)", name)
	case r.Optional() && !meant:
		a.fault("%s is open: its credentials are optional (if that is meant, name it in Except)", name)
	}
	if r.Public && r.Guard > 0 && !r.Optional() {
		a.warn("%s is behind a guard: Public opens nothing there", name)
	}
	for _, place := range r.inQuery() {
		a.warn("%s takes credentials in the query parameter %s: URLs are logged, and sent on by browsers", name, place)
	}
}

// open reports whether r is an endpoint that nobody needs credentials for.
func (r Route) open() bool { return r.Endpoint != "" && r.Endpoint != "introspection" }

// allow reports whether r, which is open, is excepted.
func (a *audit) allow(r Route) (allowed bool) {
	for _, x := range a.excepted {
		if x.names(r) {
			x.found, x.used, allowed = true, true, true
		}
	}
	return allowed
}

// seen notes that r is there, and needs no exception.
func (a *audit) seen(r Route) {
	for _, x := range a.excepted {
		x.found = x.found || x.names(r)
	}
}

func (x *exception) names(r Route) bool { return x.route == r.Path || x.route == r.Method+" "+r.Path }

// stale finds the exceptions that no open route needs.
func (a *audit) stale() {
	for _, x := range a.excepted {
		switch {
		case !x.found:
			a.fault("Except names %q, and there is no such route", x.route)
		case !x.used:
			a.fault("Except names %q, which is guarded, or open by itself", x.route)
		}
	}
}

// unserved warns of metadata that challenges send clients to, and that e does
// not serve: something else may, or it was forgotten.
func (a *audit) unserved(routes []Route) {
	told := map[string]bool{}
	for _, r := range routes {
		for _, way := range r.Security {
			for _, d := range way {
				text := d.Scheme.ResourceMetadata
				u, err := url.Parse(text)
				if err != nil || text == "" || told[text] {
					continue
				}
				told[text] = true
				if !slices.ContainsFunc(routes, func(r Route) bool { return r.Method == http.MethodGet && r.Path == u.Path }) {
					a.warn("%s %s sends clients to %s, which is no route: see openapi.MountProtectedResource", r.Method, r.Path, text)
				}
			}
		}
	}
}

// inQuery returns the query parameters that r takes credentials from.
func (r Route) inQuery() (names []string) {
	for _, way := range r.Security {
		for _, d := range way {
			for _, p := range d.Scheme.Places {
				if p.In == "query" && !slices.Contains(names, p.Name) {
					names = append(names, p.Name)
				}
			}
		}
	}
	return names
}

// Access says in words what is demanded of a request:
//
//	OAuth2PasswordBearer items me
//	APIKeyHeader and OAuth2PasswordBearer, or HTTPBasic
//	OAuth2PasswordBearer, optional
//	open
func (r Route) Access() string {
	ways := make([]describe.Way, len(r.Security))
	for i, way := range r.Security {
		for _, d := range way {
			ways[i].Demands = append(ways[i].Demands, describe.Demand{Scheme: &describe.Scheme{Name: d.Scheme.Name}, Scopes: d.Scopes})
		}
	}
	text := describe.Spell(ways, r.Checks)
	if !slices.ContainsFunc(r.Security, func(w Way) bool { return len(w) > 0 }) {
		switch {
		case r.Endpoint != "":
			text = r.Endpoint
		case r.Public:
			text = "public"
		default:
			text = "open"
		}
	}
	if r.Misplaced != "" {
		text += ": " + r.Misplaced
	}
	return text
}
