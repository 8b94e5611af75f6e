package ginjwt

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
)

// shape is what was found out, once, about a claims type.
type shape struct {
	// hidden lists the JSON names of origin and telltales that a field of the
	// user's has as well. JSON then fills that field and not ours.
	hidden []string
	// flat says that a plain copy shares nothing with the original that can be
	// changed.
	flat bool
}

// shapes remembers the shape of each claims type that an Issuer has met.
type shapes struct{ m sync.Map }

// shapeResult is what shapeOf returned.
type shapeResult struct {
	shape *shape
	err   error
}

func (s *shapes) of(c reflect.Type) (*shape, error) {
	if v, ok := s.m.Load(c); ok {
		r := v.(shapeResult)
		return r.shape, r.err
	}
	shape, err := shapeOf(c)
	s.m.Store(c, shapeResult{shape, err})
	return shape, err
}

var (
	claimsType    = reflect.TypeFor[Claims]()
	telltalesType = reflect.TypeFor[telltales]()
	originType    = reflect.TypeFor[origin]()
	registered    = jsonNames(claimsType)
	hideable      = append(jsonNames(originType), jsonNames(telltalesType)...)
)

// jsonNames returns the JSON names of t's own fields.
func jsonNames(t reflect.Type) (names []string) {
	for f := range t.Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// shapeOf examines the claims type c. If a field of the user's had the JSON name of
// a registered claim, it could be filled in place of ours, whose check would then
// see nothing. So no field may have such a name, at whatever depth.
func shapeOf(c reflect.Type) (*shape, error) {
	if c.Kind() != reflect.Struct {
		return nil, fmt.Errorf("ginjwt: claims must be a struct that embeds ginjwt.Claims by value; %v is none", c)
	}
	w := &shapeWalk{root: c, seen: map[string]string{}}
	if c != claimsType {
		w.methods(c)
		w.fields(c, c.Name(), 0)
	} else {
		w.claims = 1
	}
	switch {
	case w.claims == 0:
		w.fault("it does not embed ginjwt.Claims by value, without a JSON name")
	case w.claims > 1:
		w.fault("it embeds ginjwt.Claims more than once")
	case w.deepest > w.depth:
		w.fault("a field named %q lies so deep that JSON would not fill it; declare it in %v itself", strings.Join(w.hidden, " or "), c)
	}
	if len(w.faults) == 0 {
		w.try()
	}
	w.flat = isFlat(c)
	return &w.shape, errors.Join(w.faults...)
}

// shapeWalk goes over the fields of a claims type.
type shapeWalk struct {
	shape
	root    reflect.Type
	seen    map[string]string // JSON name -> the field that has it
	claims  int               // how often Claims is embedded
	depth   int               // of the fields of Claims; those of origin and telltales are one deeper
	deepest int               // of the fields that share a name with those
	faults  []error
}

func (w *shapeWalk) fault(format string, args ...any) {
	w.faults = append(w.faults, fmt.Errorf("ginjwt: claims type %v: %s", w.root, fmt.Sprintf(format, args...)))
}

// methods refuses JSON methods of t's own: they would decode the claims in a way
// that nothing is known about.
func (w *shapeWalk) methods(t reflect.Type) {
	for _, name := range []string{"MarshalJSON", "MarshalJSONTo", "MarshalText", "AppendText", "UnmarshalJSON", "UnmarshalJSONFrom", "UnmarshalText"} {
		if _, ok := reflect.PointerTo(t).MethodByName(name); ok {
			w.fault("%v has a method %s; the checks read the JSON themselves: give a field's type that method instead", t, name)
		}
	}
}

// fields examines t's fields, which JSON finds depth levels below the root.
func (w *shapeWalk) fields(t reflect.Type, path string, depth int) {
	for f := range t.Fields() {
		where := path + "." + f.Name
		tag, tagged := f.Tag.Lookup("json")
		name, options, _ := strings.Cut(tag, ",")
		embedded := name == "" && (f.Anonymous || slices.Contains(strings.Split(options, ","), "embed"))
		switch {
		case f.Type == claimsType && embedded:
			w.claims, w.depth = w.claims+1, depth+1
		case f.Type == reflect.PointerTo(claimsType) && f.Anonymous:
			w.claims++
			w.fault("%s embeds *ginjwt.Claims; embed it by value, for a pointer is nil in a token without registered claims", where)
		case tag == "-":
		case embedded && f.Type.Kind() == reflect.Struct:
			w.methods(f.Type)
			w.fields(f.Type, where, depth+1)
		case embedded && f.Type.Kind() == reflect.Pointer && f.Type.Elem().Kind() == reflect.Struct:
			w.fault("%s is embedded by pointer; embed it by value", where)
		case embedded: // a map that takes the members that no field has
		case !f.IsExported():
			if tagged {
				w.fault("%s has a JSON name but is not exported, so it would stay empty", where)
			}
		case name == "":
			w.fault("%s has no JSON name; give it one, such as `json:%q`, or `json:\"-\"`", where, strings.ToLower(f.Name))
		default:
			w.name(name, where, depth)
		}
	}
}

// name notes that the field where has a JSON name.
func (w *shapeWalk) name(name, where string, depth int) {
	name = strings.Trim(name, "'") // a quoted name
	if before, ok := w.seen[name]; ok {
		w.fault("%s and %s share the JSON name %q", before, where, name)
	}
	w.seen[name] = where
	for _, r := range registered {
		if strings.EqualFold(r, name) {
			w.fault("%s has the JSON name %q of a registered claim, so its check would see nothing; use the field of ginjwt.Claims", where, name)
		}
	}
	if slices.Contains(hideable, name) {
		w.hidden = append(w.hidden, name)
		w.deepest = max(w.deepest, depth)
	}
}

// try decodes an empty object, for faults that only the decoder knows, and sees
// that Registered returns what the decoder fills.
func (w *shapeWalk) try() {
	v := reflect.New(w.root)
	if err := json.Unmarshal([]byte(`{"jti":"x"}`), v.Interface()); err != nil {
		w.fault("it cannot be decoded: %v", err)
		return
	}
	c, ok := reflect.TypeAssert[AnyClaims](v)
	mine := ok && c.Registered() != nil && c.Registered().JWTID == "x"
	if mine {
		c.Registered().JWTID = "" // this must change the struct itself, not a copy
		mine = c.Registered().JWTID == ""
	}
	if !mine {
		w.fault("its Registered method does not return the embedded ginjwt.Claims; leave that method to ginjwt.Claims")
	}
}

// isFlat reports whether nothing in a t can be changed through a copy of it.
func isFlat(t reflect.Type) bool {
	switch t {
	case reflect.TypeFor[Audience](), reflect.TypeFor[time.Time]():
		return true // what they refer to is never changed
	}
	switch t.Kind() {
	case reflect.Bool, reflect.String, reflect.Float32, reflect.Float64,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return true
	case reflect.Array:
		return isFlat(t.Elem())
	case reflect.Struct:
		for f := range t.Fields() {
			if !isFlat(f.Type) {
				return false
			}
		}
		return true
	}
	return false
}
