package ginjwttest

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/internal/override"
)

// A Replacement answers for a dependency in the requests that With gives it to.
// Credentials below the dependency then count as sent, and are not looked for;
// checks and functions above it run as ever.
type Replacement struct {
	*replacement
}

type replacement struct {
	name   string
	node   override.Node // what is replaced, or nil: by type
	made   reflect.Type  // what As replaces
	answer func(c *gin.Context, original func() (any, error)) (any, error)
	value  any      // the answer, if it is always the same
	scopes []string // granted; if there are none, the value may say
	all    bool     // whatever is demanded is granted
	used   atomic.Bool
}

// Value replaces d by v. Tokens are then said to grant scopes: what a route
// demands of them is judged as ever.
func Value[T any](d *ginjwt.Dependency[T], v T, scopes ...string) Replacement {
	r := replace(d, func(*gin.Context, func() (T, error)) (T, error) { return v, nil }, scopes)
	r.value = v
	return r
}

// Fails makes d fail with err: a store that is down, a user who is gone. Whatever
// scopes are demanded are granted, so that it comes to that.
func Fails[T any](d *ginjwt.Dependency[T], err error) Replacement {
	if err == nil {
		panic("ginjwttest: Fails: nil error")
	}
	return replace(d, func(*gin.Context, func() (T, error)) (v T, _ error) { return v, err }, nil).WithAllScopes()
}

// Func replaces d by fn. What fn needs of the real one, original works out, once,
// while fn runs. Unless scopes are given, what counts is what the real token
// grants, if original came to it, and nothing else.
func Func[T any](d *ginjwt.Dependency[T], fn func(c *gin.Context, original func() (T, error)) (T, error), scopes ...string) Replacement {
	if fn == nil {
		panic("ginjwttest: Func: nil function")
	}
	return replace(d, fn, scopes)
}

func replace[T any](d *ginjwt.Dependency[T], fn func(*gin.Context, func() (T, error)) (T, error), scopes []string) Replacement {
	enable()
	node := d.OverrideNode(override.Promise{})
	if node == nil {
		panic("ginjwttest: nil or zero dependency")
	}
	r := &replacement{name: node.Label(), node: node, scopes: slices.Clone(scopes)}
	r.answer = func(c *gin.Context, original func() (any, error)) (any, error) {
		return fn(c, func() (v T, err error) {
			value, err := original()
			if err == nil {
				v, _ = value.(T) // nil, where T is an interface
			}
			return v, err
		})
	}
	return Replacement{r}
}

// WithAllScopes is r, which grants whatever is demanded: for tests that are about
// something else.
func (r Replacement) WithAllScopes() Replacement {
	all := r.copy()
	all.all = true
	return Replacement{all}
}

func (r *replacement) copy() *replacement {
	if r == nil {
		panic("ginjwttest: zero Replacement")
	}
	return &replacement{name: r.name, node: r.node, made: r.made, answer: r.answer, value: r.value, scopes: r.scopes, all: r.all}
}

// As returns req from somebody: whatever makes values of v's type, such as the
// current user, is replaced by v, and the token below it is said to grant scopes.
// It is for servers that do not hand out their dependencies; what checks the
// value further up runs as ever. Where v is ginjwt's Claims or embeds them, it
// grants its own Scope unless scopes are given.
func As[T any](req *http.Request, v T, scopes ...string) *http.Request {
	return With(req, Replacement{&replacement{
		name: reflect.TypeFor[T]().String(), made: reflect.TypeFor[T](), value: v, scopes: slices.Clone(scopes),
		answer: func(*gin.Context, func() (any, error)) (any, error) { return v, nil },
	}})
}

// With returns a copy of req in which rs answer, beside those that it has. Of two
// for one dependency the later wins.
func With(req *http.Request, rs ...Replacement) *http.Request {
	enable()
	return (&set{slices.Concat(of(req).all, copies(rs))}).with(req)
}

func copies(rs []Replacement) (all []*replacement) {
	for _, r := range rs {
		all = append(all, r.copy())
	}
	return all
}

// Engine returns h with rs answering in all of its requests: for tests that call
// a server. h itself is not changed, and a request's own Replacements win.
func Engine(h http.Handler, rs ...Replacement) http.Handler {
	enable()
	all := copies(rs)
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		h.ServeHTTP(w, (&set{slices.Concat(all, of(req).all)}).with(req))
	})
}

// enable switches the seam on, in test binaries only.
func enable() {
	if !testing.Testing() {
		panic("ginjwttest: this is no test binary: dependencies are replaced in tests only")
	}
	override.Enable()
}

// set is the Replacements of one request.
type set struct{ all []*replacement }

// of returns the set of req, which may be empty.
func of(req *http.Request) *set {
	if s, ok := override.Of(req.Context()).(*set); ok {
		return s
	}
	return &set{}
}

func (s *set) with(req *http.Request) *http.Request {
	return req.WithContext(override.With(req.Context(), s))
}

func (s *set) copy() *set {
	next := &set{}
	for _, r := range s.all {
		next.all = append(next.all, r.copy())
	}
	return next
}

// of returns what replaces dep, or nil: the last. With use, it counts as asked for,
// and so do those that it hides.
func (s *set) of(dep any, use bool) (found *replacement) {
	node := dep.(override.Node) // as all dependencies are
	for _, r := range slices.Backward(s.all) {
		if r.node != nil && r.node == node || r.node == nil && node.Makes(r.made) {
			if found == nil {
				found = r
			}
			if use {
				r.used.Store(true)
			}
		}
	}
	return found
}

func (s *set) Resolve(c *gin.Context, dep any, original func() (any, error)) (any, error, bool) { //nolint:revive // value and error belong together
	r := s.of(dep, true)
	if r == nil {
		return nil, nil, false
	}
	var over atomic.Bool
	defer over.Store(true)
	once := sync.OnceValues(original)
	v, err := r.answer(c, func() (any, error) {
		if over.Load() {
			return nil, ginjwt.ErrRequestOver
		}
		return once()
	})
	return v, err, true
}

func (s *set) Replaces(dep any) bool { return s.of(dep, false) != nil }

func (s *set) Granted(dep any, demanded []string) (scope string, ok bool) {
	r := s.of(dep, false)
	switch {
	case r == nil:
		return "", false
	case r.all:
		scope, ok = strings.Join(demanded, " "), true
	case len(r.scopes) > 0:
		scope, ok = strings.Join(r.scopes, " "), true
	default:
		scope, ok = r.own()
	}
	if ok {
		s.of(dep, true)
	}
	return scope, ok
}

// own returns the scope of claims that are the replacement, or that it points to.
func (r *replacement) own() (string, bool) {
	v := reflect.ValueOf(r.value)
	if v.Kind() == reflect.Struct {
		v = reflect.New(v.Type())
		v.Elem().Set(reflect.ValueOf(r.value))
	}
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return "", false
	}
	claims, ok := reflect.TypeAssert[ginjwt.AnyClaims](v)
	if !ok || claims.Registered() == nil {
		return "", false
	}
	return string(claims.Registered().Scope), true
}

func (s *set) Sent(any) (sent, ok bool) { return false, false }
