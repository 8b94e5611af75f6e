package main

import (
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

// newRouter returns the program with sessions in memory and no identity provider.
func newRouter(key ginjwt.Key) *gin.Engine {
	return setupRouter(key, ginjwt.Must(sessions.NewMemory(sessions.MemoryConfig{})), nil)
}

func TestReadMe(t *testing.T) {
	r := newRouter(ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256)))
	req := httptest.NewRequest("GET", "/users/me/", nil)

	ginjwttest.Unauthorized(t, ginjwttest.Do(t, r, req))
	ginjwttest.Forbidden(t, ginjwttest.Do(t, r, ginjwttest.As(req, users["johndoe"])), "me")
	rec := ginjwttest.Do(t, r, ginjwttest.As(req, users["johndoe"], "me"))
	assert.Equal(t, 200, rec.Code)
	assert.JSONEq(t, `{"username":"johndoe","email":"johndoe@example.com","full_name":"John Doe","disabled":false}`, rec.Body.String())
}
