package openapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/openapi"
)

func readBooks(c *gin.Context, _ string) { c.JSON(200, []string{}) }

// The document and the page of a program with one guarded route. What the guard
// demands is in the document without being said again.
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
	// 200 application/json
	// 200 text/html; charset=utf-8
	// <nil> <nil>
	// {Read Books [map[APIKeyHeader:[]]]}
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
