package inspect

import (
	"errors"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt/internal/describe"
)

// A Route is a route of an engine, and what is demanded of its requests.
type Route struct {
	// Method and Path are those of Gin.
	Method, Path string
	// Template is the path as OpenAPI writes it, such as /users/{id}, and Params
	// are the names in it.
	Template string
	Params   []string
	// Handler is the name of the function that answers: the user's own where a
	// handler of package ginjwt calls it.
	Handler string
	// Security lists the ways to be let through: one has to hold. It is empty if
	// no credentials are demanded. An empty Way says that there need not be any.
	Security []Way
	// Checks are the names of demands that are no scopes (ginjwt.Check).
	Checks []string
	// Public says that ginjwt.Public stands before the route.
	Public bool
	// Endpoint says what a handler of package ginjwt or below it does: "login",
	// "token", "logout", "revocation", "introspection", "key set", "resource
	// metadata" or "docs". All but introspection are open by their nature.
	Endpoint string
	// Form names the constructor of the login form that is read, or is "".
	Form string
	// Guard is the place of the first guard among the route's handlers, from 1,
	// or 0. Handlers is how many there are.
	Guard, Handlers int
	// Misplaced says how a guard stands where it guards nothing, or is "".
	Misplaced string

	notes []any
}

// A Way is credentials that suffice together. An empty one needs none.
type Way []Demand

// A Demand is a security scheme and the scopes that its credentials must grant,
// the outermost demand first. Scopes is empty if the credentials alone suffice.
type Demand struct {
	Scheme *Scheme
	Scopes []string
}

// Optional reports whether a request without credentials is let through, though
// credentials are looked at.
func (r Route) Optional() bool {
	return len(r.Security) > 0 && slices.ContainsFunc(r.Security, func(w Way) bool { return len(w) == 0 })
}

// Notes returns what other packages of ginjwt have said of the route, the
// outermost first.
func (r Route) Notes() []any { return slices.Clone(r.notes) }

// Routes returns the routes of e in Gin's order. It returns a *[TreeError] if Gin
// keeps them in a way that is not known, and an error if e is nil.
func Routes(e *gin.Engine) ([]Route, error) {
	if e == nil {
		return nil, errors.New("ginjwt: inspect: the engine is nil")
	}
	all, err := walk(e)
	if err != nil {
		return nil, err
	}
	known := schemes{}
	routes := make([]Route, len(all))
	for i, f := range all {
		routes[i] = f.route(known)
	}
	return routes, nil
}

// route returns f with what its handlers say of themselves.
func (f found) route(known schemes) Route {
	r := Route{Method: f.method, Path: f.path, Template: f.template, Params: f.params, Handlers: len(f.chain)}
	security := []describe.Way{{}}
	answered := false
	for i, h := range f.chain {
		n, says := describe.Ask(h)
		if !says {
			continue
		}
		demands := slices.ContainsFunc(n.Security, func(w describe.Way) bool { return len(w.Demands) > 0 })
		switch {
		case demands && answered:
			r.Misplaced = "a guard stands after the handler that answers"
			n.Checks = nil
		case demands && i == len(f.chain)-1 && !n.Answers:
			r.Misplaced = "the guard is the last handler"
			n.Checks = nil
		case demands:
			if r.Guard == 0 {
				r.Guard = i + 1
			}
			security = describe.All(security, n.Security)
		}
		r.note(n)
		if n.Answers && !answered {
			answered, r.Handler, r.Endpoint = true, n.Handler, string(n.Endpoint)
		}
	}
	if r.Handler == "" && !answered {
		r.Handler = nameOf(f.chain.Last())
	}
	if r.Guard > 0 {
		r.Security = known.waysOf(security)
	}
	return r
}

// note adds what one handler says.
func (r *Route) note(n describe.Note) {
	r.Public = r.Public || n.Public
	for _, name := range n.Checks {
		if !slices.Contains(r.Checks, name) {
			r.Checks = append(r.Checks, name)
		}
	}
	if n.Form != "" {
		r.Form = string(n.Form)
	}
	if n.Extra != nil {
		r.notes = append(r.notes, n.Extra)
	}
}

// schemes are the schemes of an engine. Routes with the same scheme share one
// *Scheme.
type schemes map[*describe.Scheme]*Scheme

func (known schemes) waysOf(all []describe.Way) (ways []Way) {
	for _, w := range describe.Once(all) {
		way := Way{}
		for _, d := range w.Demands {
			if known[d.Scheme] == nil {
				known[d.Scheme] = schemeOf(d.Scheme)
			}
			way = append(way, Demand{known[d.Scheme], slices.Clone(d.Scopes)})
		}
		ways = append(ways, way)
	}
	return ways
}

// nameOf returns the name of a function as Gin shows it, without the "-fm" that Go
// adds to the name of a method value.
func nameOf(h gin.HandlerFunc) string {
	return strings.TrimSuffix(runtime.FuncForPC(reflect.ValueOf(h).Pointer()).Name(), "-fm")
}
