package ginjwt_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
)

func TestAllOfNeedsAGuard(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "ginjwt: AllOf: no guards given", panicOf(func() { ginjwt.AllOf() }))
}

// readBody is a body that knows whether it was read.
type readBody struct{ read bool }

func (b *readBody) Read([]byte) (int, error) { b.read = true; return 0, io.EOF }

func (*readBody) Close() error { return nil }

// A stranger's body is not read, wherever the form is declared.
func TestCredentialsAreJudgedBeforeTheForm(t *testing.T) {
	t.Parallel()
	token, form := ginjwt.OAuth2PasswordBearer("/token"), ginjwt.PasswordForm()
	type posted = ginjwt.OAuth2PasswordRequestForm
	guards := map[string]ginjwt.Guard{
		"AllOf":    ginjwt.AllOf(form, token),
		"Depends2": ginjwt.Depends2(form, token, func(*gin.Context, posted, string) (int, error) { return 0, nil }),
		"Depends3": ginjwt.Depends3(form, graphValue(2), token, func(*gin.Context, posted, int, string) (int, error) { return 0, nil }),
	}
	for name, guard := range guards {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := gin.New()
			r.POST("/", ginjwt.Require(guard))
			for authorization, status := range map[string]int{"": 401, "Bearer": 400, "Bearer token": 400} {
				body := &readBody{}
				req := httptest.NewRequest(http.MethodPost, "/", nil)
				req.Body = body
				req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				if authorization != "" {
					req.Header.Set("Authorization", authorization)
				}
				w := httptest.NewRecorder()
				r.ServeHTTP(w, req)
				assert.Equal(t, status, w.Code, authorization)
				assert.Equal(t, authorization == "Bearer token", body.read, authorization)
			}
		})
	}
}
