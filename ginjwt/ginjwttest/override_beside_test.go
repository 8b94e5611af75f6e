package ginjwttest_test

import (
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

// What a test replaces beside the credentials does not stand in for them: who
// sends none is still nobody.
func TestReplacementsBesideCredentialsAreNoCredentials(t *testing.T) {
	t.Parallel()
	db := ginjwt.Provide(func(*gin.Context) (string, error) { return "real", nil })
	user := ginjwt.Depends2(ginjwt.HTTPBearer(), db, func(_ *gin.Context, token, db string) (string, error) { return token + " in " + db, nil })
	r := gin.New()
	r.GET("/", ginjwt.Handle(ginjwt.OptionalOr(user, "nobody"), func(c *gin.Context, me string) { c.String(200, me) }))
	req := ginjwttest.With(httptest.NewRequest("GET", "/", nil), ginjwttest.Value(db, "fake"))
	rec := httptest.NewRecorder()
	r.ServeHTTP(rec, req)
	assert.Equal(t, "nobody", rec.Body.String())
	assert.Equal(t, "token in fake", ginjwttest.Do(t, r, ginjwttest.Authorized(req, "token")).Body.String())
}
