package inspect

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unsafe"

	"github.com/gin-gonic/gin"
)

// A TreeError says that Gin's tree of routes is not what this package knows: it
// was not seen which handlers run.
type TreeError struct{ detail string }

// Error returns what is different.
func (e *TreeError) Error() string {
	return "ginjwt: inspect: this version of Gin keeps its routes in another way, so they cannot be seen: " + e.detail
}

// found is a route as it was found in the tree.
type found struct {
	method, path string
	template     string   // the path as OpenAPI writes it
	params       []string // the names in it
	chain        gin.HandlersChain
}

// walk returns the routes of e in the order of e.Routes().
func walk(e *gin.Engine) (all []found, err error) {
	defer func() {
		if r := recover(); r != nil {
			mismatch, ok := r.(*TreeError)
			if !ok {
				mismatch = &TreeError{fmt.Sprint(r)} // a panic of package reflect, on a value of another kind
			}
			all, err = nil, mismatch
		}
	}()
	trees := field(reflect.ValueOf(e).Elem(), "trees", reflect.Slice)
	for i := range trees.Len() {
		tree := trees.Index(i)
		method := field(tree, "method", reflect.String).String()
		all = visit(all, found{method: method}, field(tree, "root", reflect.Pointer).Elem())
	}
	return all, compare(all, e.Routes())
}

// Gin's nType of the nodes that are parameters.
const (
	paramNode    = 2
	catchAllNode = 3
)

// visit adds the routes at a node and below it to all. above has the method, and
// the path down to the node.
func visit(all []found, above found, node reflect.Value) []found {
	text := field(node, "path", reflect.String).String()
	above.path += text
	switch field(node, "nType", reflect.Uint8).Uint() {
	case paramNode: // ":id"
		above = above.param(text[1:])
	case catchAllNode: // there are two: one that is empty, and below it "/*path"
		if text != "" {
			above.template += "/"
			above = above.param(text[2:])
		}
	default:
		above.template += strings.ReplaceAll(text, `\:`, ":")
	}
	if chain := read[gin.HandlersChain](field(node, "handlers", reflect.Slice)); len(chain) > 0 {
		route := above
		route.chain = chain
		all = append(all, route)
	}
	children := field(node, "children", reflect.Slice)
	for i := range children.Len() {
		all = visit(all, above, children.Index(i).Elem())
	}
	return all
}

// param returns f with one more parameter at the end of its path.
func (f found) param(name string) found {
	f.template += "{" + name + "}"
	f.params = append(slices.Clip(f.params), name)
	return f
}

// field returns a field of a struct, if it is of the kind that is expected.
func field(v reflect.Value, name string, kind reflect.Kind) reflect.Value {
	f := v.FieldByName(name)
	if !f.IsValid() || f.Kind() != kind {
		panic(&TreeError{fmt.Sprintf("%v has no field %s that is a %v", v.Type(), name, kind)})
	}
	return f
}

// read returns the value of a field that is not exported, if its type is T.
func read[T any](f reflect.Value) T {
	if f.Type() != reflect.TypeFor[T]() {
		panic(&TreeError{fmt.Sprintf("a %v stands where a %v is expected", f.Type(), reflect.TypeFor[T]())})
	}
	return *(*T)(unsafe.Pointer(f.UnsafeAddr())) //nolint:gosec // of that type, as was just checked
}

// compare returns an error unless the routes are those that Gin lists.
func compare(all []found, listed gin.RoutesInfo) error {
	if len(all) != len(listed) {
		return &TreeError{fmt.Sprintf("%d routes were found where Gin lists %d", len(all), len(listed))}
	}
	for i, f := range all {
		last := reflect.ValueOf(f.chain.Last()).Pointer()
		if f.method != listed[i].Method || f.path != listed[i].Path || last != reflect.ValueOf(listed[i].HandlerFunc).Pointer() {
			return &TreeError{fmt.Sprintf("%s %s was found where Gin lists %s %s", f.method, f.path, listed[i].Method, listed[i].Path)}
		}
	}
	return nil
}

// Engine returns the engine of a group, or r itself if it is one. Of any other
// router, it returns an error, and a *[TreeError] if Gin keeps it in a way that is
// not known.
func Engine(r gin.IRouter) (e *gin.Engine, err error) {
	defer func() {
		if r := recover(); r != nil {
			e, err = nil, &TreeError{fmt.Sprint(r)}
		}
	}()
	switch r := r.(type) {
	case *gin.Engine:
		e = r
	case *gin.RouterGroup:
		e = read[*gin.Engine](field(reflect.ValueOf(r).Elem(), "engine", reflect.Pointer))
	}
	if e == nil {
		return nil, fmt.Errorf("ginjwt: inspect: a %T is no engine and no group of one", r)
	}
	return e, nil
}
