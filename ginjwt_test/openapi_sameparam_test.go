package ginjwt_test

import (
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt/openapi"
)

// Gin allows it, and OpenAPI has no words for it.
func TestDocumentOfAPathWithOneNameTwice(t *testing.T) {
	t.Parallel()
	r := gin.New()
	r.GET("/users/:id/items/:id", ok)
	_, err := openapi.Document(r, openapi.Config{Title: "t", Version: "1"})
	assert.EqualError(t, err, "ginjwt: openapi: GET /users/:id/items/:id has two parameters of one name: OpenAPI cannot tell them apart")
}
