package ginjwt_test

import (
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/openapi"
)

func readBooks(*gin.Context)           {}
func ReadHTTPBooks(*gin.Context)       {}
func read_all_books(*gin.Context)      {} //nolint:revive // Python's way of names
func get_books2(*gin.Context)          {} //nolint:revive // Python's way of names
func читатьКниги(*gin.Context)         {}
func readAny[T any](*gin.Context)      {}
func readGuarded(*gin.Context, string) {}

type bookShelf struct{}

func (bookShelf) ListBooks(*gin.Context) {}
func (*bookShelf) AddBook(*gin.Context)  {}

type bookRepo[T any] struct{}

func (bookRepo[T]) ListAny(*gin.Context) {}
func (*bookRepo[T]) AddAny(*gin.Context) {}

// Each handler at GET /books with the ID and the summary that its name makes.
func TestDocumentNamesOperationsForTheirFunctions(t *testing.T) {
	t.Parallel()
	key := ginjwt.APIKeyHeader("X-Key")
	for name, tc := range map[string]struct {
		handler     gin.HandlerFunc
		id, summary string
	}{
		"a function":                             {readBooks, "readBooks", "Read Books"},
		"an exported one with initials":          {ReadHTTPBooks, "ReadHTTPBooks", "Read HTTP Books"},
		"one with underscores":                   {read_all_books, "read_all_books", "Read All Books"},
		"one with a digit":                       {get_books2, "get_books2", "Get Books2"},
		"one of another alphabet":                {читатьКниги, "get_books", "GET /books"},
		"a closure":                              {func(*gin.Context) {}, "get_books", "GET /books"},
		"a generic function":                     {readAny[int], "readAny", "Read Any"},
		"a method value":                         {bookShelf{}.ListBooks, "ListBooks", "List Books"},
		"a method value of a pointer":            {new(bookShelf).AddBook, "AddBook", "Add Book"},
		"a method value of a generic type":       {bookRepo[int]{}.ListAny, "ListAny", "List Any"},
		"a method value of a generic pointer":    {new(bookRepo[string]).AddAny, "AddAny", "Add Any"},
		"what Handle calls":                      {ginjwt.Handle(key, readGuarded), "readGuarded", "Read Guarded"},
		"a closure that Handle calls":            {ginjwt.Handle(key, func(*gin.Context, string) {}), "get_books", "GET /books"},
		"a generic function that Handle calls":   {ginjwt.Handle(key, okWith[string]), "okWith", "Ok With"},
		"a function that net/http has":           {gin.WrapF(http.NotFound), "get_books", "GET /books"},
		"a handler that net/http has":            {gin.WrapH(http.NotFoundHandler()), "get_books", "GET /books"},
		"a function of a package with a version": {gin.Logger(), "get_books", "GET /books"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newEngine()
			r.GET("/books", tc.handler)
			d, _ := docOf(t, r)
			o := d.operation(t, "get", "/books")
			assert.Equal(t, tc.id, o.OperationID)
			assert.Equal(t, tc.summary, o.Summary)
		})
	}
}

func operationIDs(t testing.TB, d apiDoc) map[string]string {
	t.Helper()
	ids, owners := map[string]string{}, map[string]string{}
	for path, methods := range d.Paths {
		for method, o := range methods {
			require.NotEmpty(t, o.OperationID, "%s %s", method, path)
			require.NotContains(t, owners, o.OperationID, "%s %s", method, path)
			owners[o.OperationID] = path
			ids[method+" "+path] = o.OperationID
		}
	}
	return ids
}

func TestDocumentGivesEachOperationAnIDOfItsOwn(t *testing.T) {
	t.Parallel()
	id := func(id string) gin.HandlerFunc { return openapi.Describe(openapi.Op{ID: id}) }
	for name, tc := range map[string]struct {
		routes func(*gin.Engine)
		want   map[string]string
	}{
		"the same function on two routes": {func(r *gin.Engine) { r.GET("/a", readBooks); r.POST("/a", readBooks) },
			map[string]string{"get /a": "readBooks_get_a", "post /a": "readBooks_post_a"}},
		"two functions of one name": {func(r *gin.Engine) { r.GET("/a", bookShelf{}.ListBooks); r.GET("/b", otherShelf{}.ListBooks) },
			map[string]string{"get /a": "ListBooks_get_a", "get /b": "ListBooks_get_b"}},
		"paths with the same letters": {func(r *gin.Engine) { r.GET("/a/b", readBooks); r.GET("/a_b", readBooks); r.GET("/a-b", readBooks) },
			map[string]string{"get /a-b": "readBooks_get_a_b", "get /a/b": "readBooks_get_a_b_3", "get /a_b": "readBooks_get_a_b_2"}},
		"a given ID that a function has": {func(r *gin.Engine) { r.GET("/a", readBooks); r.GET("/b", id("readBooks"), ok) },
			map[string]string{"get /a": "readBooks_get_a", "get /b": "readBooks"}},
		"a given ID that a path makes": {func(r *gin.Engine) { r.GET("/a", id("get_b"), ok); r.GET("/b", func(*gin.Context) {}) },
			map[string]string{"get /a": "get_b", "get /b": "get_b_2"}},
		"paths of another alphabet": {func(r *gin.Engine) {
			r.GET("/книги", func(*gin.Context) {})
			r.GET("/люди", func(*gin.Context) {})
		},
			map[string]string{"get /книги": "get", "get /люди": "get_2"}},
		"the root": {func(r *gin.Engine) { r.GET("/", func(*gin.Context) {}) }, map[string]string{"get /": "get"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newEngine()
			tc.routes(r)
			d, _ := docOf(t, r)
			ids := operationIDs(t, d)
			if name == "paths with the same letters" || name == "paths of another alphabet" { // which is the second is Gin's order
				assert.Len(t, ids, len(tc.want))
				assert.ElementsMatch(t, valuesOf(tc.want), valuesOf(ids))
				return
			}
			assert.Equal(t, tc.want, ids)
		})
	}
}

type otherShelf struct{}

func (otherShelf) ListBooks(*gin.Context) {}

func valuesOf(m map[string]string) (values []string) {
	for _, v := range m {
		values = append(values, v)
	}
	return values
}

func TestDocumentOfAny(t *testing.T) {
	t.Parallel()
	r := newEngine()
	r.Any("/books", readBooks)
	d, _ := docOf(t, r)
	assert.ElementsMatch(t, []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}, keysOf(d.Paths["/books"]), "OpenAPI has no CONNECT")
	ids := operationIDs(t, d)
	assert.Equal(t, "readBooks_get_books", ids["get /books"])
	assert.Equal(t, "readBooks_post_books", ids["post /books"])
}

// Each Gin path with its template and its parameters.
func TestDocumentWritesPathsAsTemplates(t *testing.T) {
	t.Parallel()
	for path, tc := range map[string]struct {
		template string
		params   []string
	}{
		"/":                       {"/", nil},
		"/users/":                 {"/users/", nil},
		"/users/:id":              {"/users/{id}", []string{"id"}},
		"/users/:id/files/*path":  {"/users/{id}/files/{path}", []string{"id", "path"}},
		"/*all":                   {"/{all}", []string{"all"}},
		`/things\:batch`:          {"/things:batch", nil},
		`/things\:batch/:id`:      {"/things:batch/{id}", []string{"id"}},
		"/things:batch":           {"/things{batch}", []string{"batch"}},
		"/:a/:b":                  {"/{a}/{b}", []string{"a", "b"}},
		"/straße/:größe":          {"/straße/{größe}", []string{"größe"}},
		"/with space/and\"quote<": {"/with space/and\"quote<", nil},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			r := newEngine()
			r.GET(path, ok)
			d, _ := docOf(t, r)
			requireTemplate(t, d, tc.template, tc.params)
			answerOf(r) // Gin rewrites its tree at the first request
			d, _ = docOf(t, r)
			requireTemplate(t, d, tc.template, tc.params)
		})
	}
}

func requireTemplate(t testing.TB, d apiDoc, template string, params []string) {
	t.Helper()
	require.Equal(t, []string{template}, keysOf(d.Paths))
	var names []string
	for _, p := range d.operation(t, "get", template).Parameters {
		assert.Equal(t, "path", p["in"])
		assert.Equal(t, true, p["required"], "OpenAPI demands it of a path parameter")
		assert.Equal(t, map[string]any{"type": "string"}, p["schema"])
		names = append(names, p["name"].(string))
	}
	assert.Equal(t, params, names)
}

// OpenAPI takes templates that differ in names alone for the same path, and Gin
// lets each method name its parameters.
func TestDocumentHasOnePathForTemplatesThatDifferInNames(t *testing.T) {
	t.Parallel()
	r := newEngine()
	r.GET("/users/:id", ok)
	r.DELETE("/users/:name", readBooks)
	r.GET("/users/:id/files/*path", ok)
	r.PUT("/users/:user/files/:file", ok)
	d, _ := docOf(t, r)
	require.Len(t, d.Paths, 2, "%v", keysOf(d.Paths))
	for template, methods := range d.Paths {
		assert.Len(t, methods, 2, template)
		for _, o := range methods {
			for _, p := range o.Parameters {
				assert.Contains(t, template, "{"+p["name"].(string)+"}")
			}
		}
	}
}

// Braces in a path of Gin's are letters, and in OpenAPI's they are not.
func TestDocumentTellsBracesFromParameters(t *testing.T) {
	t.Parallel()
	r := newEngine()
	r.GET("/users/{id}", ok)
	r.GET("/books/{id}", readBooks)
	r.GET("/books/:id", ok)
	_, err := openapi.Document(r, apiConfig)
	assert.ErrorContains(t, err, "/users/{id}", "a template without its parameter is no OpenAPI")
}

func TestDocumentLeavesOutWhatIsNoOperation(t *testing.T) {
	t.Parallel()
	r := newEngine()
	dir := t.TempDir()
	r.Static("/static", dir)
	r.StaticFile("/file", dir+"/file")
	r.StaticFS("/fs", http.Dir(dir))
	r.StaticFileFS("/one", "one", http.Dir(dir))
	r.Group("/guarded", ginjwt.Require(ginjwt.APIKeyHeader("X-Key"))).Static("/static", dir)
	r.Handle(http.MethodConnect, "/connect", ok)
	r.Handle("PURGE", "/cache", ok)
	r.GET("/hidden", openapi.Hidden(), ok)
	r.Group("/group", openapi.Hidden()).GET("/hidden", openapi.Describe(openapi.Op{Summary: "Seen?"}), ok)
	r.NoRoute(ok)
	require.NoError(t, openapi.Mount(r, apiConfig))
	r.GET("/seen", ok)
	d, _ := docOf(t, r)
	assert.Equal(t, []string{"/seen"}, keysOf(d.Paths))
	assert.Empty(t, d.Components.SecuritySchemes, "schemes of what is left out")
}

type RouterGroup struct{}

func (*RouterGroup) Members(*gin.Context) {}

// A type of the user's own can have the name of Gin's.
func TestDocumentShowsMethodsOfAnotherRouterGroup(t *testing.T) {
	t.Parallel()
	r := newEngine()
	r.GET("/members", new(RouterGroup).Members)
	d, _ := docOf(t, r)
	assert.Equal(t, "Members", d.operation(t, "get", "/members").OperationID)
}
