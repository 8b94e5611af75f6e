package ginjwttest_test

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

func TestReadMe(t *testing.T) {
	t.Parallel()
	r := setupRouter()
	req := httptest.NewRequest("GET", "/users/me", nil)
	johndoe := User{Name: "johndoe"}

	ginjwttest.Unauthorized(t, ginjwttest.Do(t, r, req))
	ginjwttest.Forbidden(t, ginjwttest.Do(t, r, ginjwttest.As(req, johndoe)), "me")
	rec := ginjwttest.Do(t, r, ginjwttest.As(req, johndoe, "me"))
	assert.Equal(t, 200, rec.Code)
	assert.Equal(t, "Hello, johndoe", rec.Body.String())
}
