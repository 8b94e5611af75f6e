package openapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/openapi"
)

func readBooks(c *gin.Context, _ string) { c.JSON(200, []string{}) }

// The document and the page of a program with one guarded route.
func ExampleMount() {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	key := ginjwt.APIKeyHeader("X-API-Key")
	r.GET("/books/:shelf", ginjwt.Handle(key, readBooks))
	if err := openapi.Mount(r, openapi.Config{Title: "Books", Version: "1.0.0"}); err != nil {
		fmt.Println(err)
		return
	}

	for _, path := range []string{"/openapi.json", "/docs"} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		fmt.Println(w.Code, w.Header().Get("Content-Type"))
	}
	// Output:
	// 200 application/json
	// 200 text/html; charset=utf-8
}

// What the guard demands is in the document without being said again.
func ExampleDocument() {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	token := ginjwt.OAuth2PasswordBearer("/token", ginjwt.Scopes{"books": "Read books."})
	user := ginjwt.Grants(token, func(string) []string { return nil }) // in short for a user with rights
	r.GET("/books/:shelf", ginjwt.Handle(ginjwt.Security(user, "books"), readBooks))

	document, err := openapi.Document(r, openapi.Config{Title: "Books", Version: "1.0.0"})
	var d struct {
		Paths map[string]map[string]struct {
			Summary  string
			Security any
		}
	}
	fmt.Println(err, json.Unmarshal(document, &d))
	fmt.Println(d.Paths["/books/{shelf}"]["get"])
	// Output:
	// <nil> <nil>
	// {Read Books [map[OAuth2PasswordBearer:[books]]]}
}

// What cannot be known of a handler is said of a group, and of a route in it.
func ExampleDescribe() {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	books := r.Group("/books", openapi.Describe(openapi.Op{Tags: []string{"books"}}))
	books.POST("", openapi.Describe(openapi.Op{
		Summary: "Add a book",
		Request: map[string]any{"type": "object", "required": []string{"title"}},
		Status:  http.StatusCreated,
	}), func(c *gin.Context) { c.Status(http.StatusCreated) })

	document, err := openapi.Document(r, openapi.Config{Title: "Books", Version: "1.0.0"})
	fmt.Println(err)
	var d struct {
		Paths map[string]map[string]json.RawMessage
	}
	fmt.Println(json.Unmarshal(document, &d))
	fmt.Println(string(d.Paths["/books"]["post"]))
	// Output:
	// <nil>
	// <nil>
	// {"tags":["books"],"summary":"Add a book","operationId":"post_books","requestBody":{"required":true,"content":{"application/json":{"schema":{"required":["title"],"type":"object"}}}},"responses":{"201":{"description":"Successful response"}}}
}

// A document that another tool wrote gets the security, and nothing else changes.
func ExampleMerge() {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.GET("/books/:shelf", ginjwt.Handle(ginjwt.APIKeyHeader("X-API-Key"), readBooks))

	spec := `{"openapi":"3.1.0","info":{"title":"Books","version":"1.0.0"},"paths":{"/books/{shelf}":{"get":{"responses":{}}}}}`
	merged, err := openapi.Merge([]byte(spec), r)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(merged))
	// Output:
	// {"openapi":"3.1.0","info":{"title":"Books","version":"1.0.0"},"paths":{"/books/{shelf}":{"get":{"responses":{},"security":[{"APIKeyHeader":[]}]}}},"components":{"securitySchemes":{"APIKeyHeader":{"type":"apiKey","name":"X-Api-Key","in":"header"}}}}
}

// A route that readers of the document need not know. It is guarded all the same.
func ExampleHidden() {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	key := ginjwt.APIKeyHeader("X-API-Key")
	r.GET("/books/:shelf", ginjwt.Handle(key, readBooks))
	r.GET("/internal/books", openapi.Hidden(), ginjwt.Handle(key, readBooks))

	document, err := openapi.Document(r, openapi.Config{Title: "Books", Version: "1.0.0"})
	fmt.Println(err, strings.Contains(string(document), "/books/{shelf}"), strings.Contains(string(document), "/internal"))
	// Output:
	// <nil> true false
}
