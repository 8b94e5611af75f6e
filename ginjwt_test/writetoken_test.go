package ginjwt_test

import (
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// What cannot be written as JSON is a bug of the program's, and no half an answer.
func TestTokenThatIsNoText(t *testing.T) {
	t.Parallel()
	for name, token := range map[string]ginjwt.Token{
		"the access token":  {AccessToken: "secret-\xff"},
		"the refresh token": {AccessToken: "secret", RefreshToken: "secret-\xff"},
		"the scope":         {AccessToken: "secret", Scope: "\xff"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			c, _ := gin.CreateTestContext(w)
			c.Request = httptest.NewRequest("POST", "/token", nil)
			ginjwt.WriteToken(c, token)
			assert.Equal(t, 500, w.Code)
			assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
			assert.NotContains(t, w.Body.String(), "secret")
		})
	}
}
