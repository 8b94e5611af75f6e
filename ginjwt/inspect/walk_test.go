package inspect

import (
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	os.Exit(m.Run())
}

func nothing(*gin.Context) {}

const unseen = "ginjwt: inspect: this version of Gin keeps its routes in another way, so they cannot be seen: "

// visitAll is what walk does to a root, with its recover.
func visitAll(root any) (all []found, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = r.(error)
		}
	}()
	return visit(nil, found{}, reflect.ValueOf(root).Elem()), nil
}

// What Gin's nodes could be in a later version.
type (
	plainNode struct {
		path     string
		nType    uint8
		handlers gin.HandlersChain
		children []*plainNode
	}
	renamedNode struct{ prefix string }
	bytesNode   struct{ path []byte }
	signedNode  struct {
		path  string
		nType int
	}
	otherChainNode struct {
		path     string
		nType    uint8
		handlers []func(*gin.Context)
	}
	mapNode struct {
		path     string
		nType    uint8
		handlers gin.HandlersChain
		children map[string]*mapNode
	}
)

func TestATreeThatIsNotAsExpectedIsAnError(t *testing.T) {
	t.Parallel()
	chain := gin.HandlersChain{nothing}
	all, err := visitAll(&plainNode{path: "/", handlers: chain, children: []*plainNode{{path: ":id", nType: paramNode, handlers: chain}}})
	require.NoError(t, err)
	require.Len(t, all, 2)
	assert.Equal(t, "/{id}", all[1].template)
	cases := map[string]struct {
		root any
		want string
	}{
		"a field has another name":   {&renamedNode{prefix: "/"}, "inspect.renamedNode has no field path that is a string"},
		"a field is of another kind": {&bytesNode{path: []byte("/")}, "inspect.bytesNode has no field path that is a string"},
		"so is a number":             {&signedNode{path: "/", nType: 0}, "inspect.signedNode has no field nType that is a uint8"},
		"the chain has another type": {&otherChainNode{path: "/", nType: 0, handlers: []func(*gin.Context){nothing}},
			"a []func(*gin.Context) stands where a gin.HandlersChain is expected"},
		"the children are no list": {&mapNode{path: "/", nType: 0, handlers: chain, children: map[string]*mapNode{}}, "inspect.mapNode has no field children that is a slice"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all, err := visitAll(tc.root)
			assert.Empty(t, all)
			var tree *TreeError
			require.ErrorAs(t, err, &tree)
			assert.EqualError(t, err, unseen+tc.want)
		})
	}
}

func engineOfThree() *gin.Engine {
	e := gin.New()
	e.GET("/a", nothing)
	e.GET("/b/:id", nothing)
	e.POST("/a", nothing)
	return e
}

// A tree of the right form could still not be what Gin serves.
func TestRoutesThatGinDoesNotListAreAnError(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(all []found) []found
		want   string
	}{
		"as they are": {func(all []found) []found { return all }, ""},
		"one missing": {func(all []found) []found { return all[1:] }, "2 routes were found where Gin lists 3"},
		"none":        {func([]found) []found { return nil }, "0 routes were found where Gin lists 3"},
		"one twice":   {func(all []found) []found { return append(all, all[0]) }, "4 routes were found where Gin lists 3"},
		"in another order": {func(all []found) []found { all[0], all[1] = all[1], all[0]; return all },
			"GET /b/:id was found where Gin lists GET /a"},
		"another method": {func(all []found) []found { all[0].method = "PUT"; return all }, "PUT /a was found where Gin lists GET /a"},
		"another path":   {func(all []found) []found { all[0].path = "/x"; return all }, "GET /x was found where Gin lists GET /a"},
		"another handler": {func(all []found) []found { all[0].chain = gin.HandlersChain{nothing, gin.Recovery()}; return all },
			"GET /a was found where Gin lists GET /a"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := engineOfThree()
			all, err := walk(e)
			require.NoError(t, err)
			err = compare(tc.change(all), e.Routes())
			if tc.want == "" {
				require.NoError(t, err)
				return
			}
			var tree *TreeError
			require.ErrorAs(t, err, &tree)
			assert.Equal(t, tc.want, tree.detail)
		})
	}
}

// Every field that is read is looked for: without one, there is no answer.
func TestFieldPanicsWithATreeError(t *testing.T) {
	t.Parallel()
	root := reflect.ValueOf(&plainNode{}).Elem()
	assert.PanicsWithError(t, unseen+"inspect.plainNode has no field trees that is a slice", func() { field(root, "trees", reflect.Slice) })
	assert.PanicsWithError(t, unseen+"inspect.plainNode has no field path that is a slice", func() { field(root, "path", reflect.Slice) })
	assert.NotPanics(t, func() { field(root, "path", reflect.String) })
}

// Whatever reflect says of an engine that was not made by Gin is an error, too.
func TestWalkOfAnEngineThatGinDidNotMake(t *testing.T) {
	t.Parallel()
	all, err := walk(&gin.Engine{})
	assert.Empty(t, all)
	assert.NoError(t, err, "it has no routes")
	all, err = walk(nil)
	assert.Empty(t, all)
	var tree *TreeError
	assert.ErrorAs(t, err, &tree)
}

func TestParamsOfSiblingsAreTheirOwn(t *testing.T) {
	t.Parallel()
	e := gin.New()
	for _, path := range []string{"/:a/:b/:c", "/:a/:b/x/:d", "/:a/:b/x/y/*e", "/:a/z/:f", "/:a/:b/:c/x/:g", "/:a/:b/:c/y/:h"} {
		e.GET(path, nothing)
	}
	e.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	all, err := walk(e)
	require.NoError(t, err)
	params := map[string][]string{}
	for _, f := range all {
		params[f.template] = f.params
	}
	assert.Equal(t, map[string][]string{
		"/{a}/{b}/{c}": {"a", "b", "c"}, "/{a}/{b}/x/{d}": {"a", "b", "d"},
		"/{a}/{b}/x/y/{e}": {"a", "b", "e"}, "/{a}/z/{f}": {"a", "f"},
		"/{a}/{b}/{c}/x/{g}": {"a", "b", "c", "g"}, "/{a}/{b}/{c}/y/{h}": {"a", "b", "c", "h"},
	}, params)
}
