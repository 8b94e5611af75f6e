package ginjwt_test

import (
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// What FastAPI has and ginjwt has not, as docs/from-fastapi.md says what to use
// instead, and the programs of FastAPI's tutorial about these schemes.

// insteadOwnError is auto_error=False, or make_not_authenticated_error, with an
// answer of one's own to nobody: 403 without a challenge.
func insteadOwnError() *ginjwt.Dependency[string] {
	return ginjwt.Depends(ginjwt.Optional(ginjwt.HTTPBearer()), func(_ *gin.Context, token *string) (string, error) {
		if token == nil {
			return "", ginjwt.Forbidden("Not authenticated")
		}
		return *token, nil
	})
}

// insteadTutorial007 compares the credentials of HTTPBasic.
func insteadTutorial007() *ginjwt.Dependency[string] {
	return ginjwt.Depends(ginjwt.HTTPBasic(), func(_ *gin.Context, sent ginjwt.BasicCredentials) (string, error) {
		if !sent.Match("stanleyjobson", "swordfish") {
			return "", ginjwt.Unauthenticated("Incorrect username or password")
		}
		return sent.Username, nil
	})
}

func insteadEngine() *gin.Engine {
	r := newEngine()
	r.GET("/own-error", ginjwt.Handle(insteadOwnError(), showText))
	r.GET("/own-body", ginjwt.OnError(func(c *gin.Context, e *ginjwt.Error) {
		c.JSON(200, gin.H{"title": e.Detail})
	}), ginjwt.Handle(ginjwt.HTTPBearer(), showText))
	r.GET("/own-challenge", ginjwt.Handle(ginjwt.Depends(ginjwt.HTTPBearer(), func(*gin.Context, string) (string, error) {
		return "", &ginjwt.Error{Status: 401, Detail: "No", Header: http.Header{"WWW-Authenticate": {"DPoP"}}}
	}), showText))
	r.GET("/whole-header", ginjwt.Handle(ginjwt.Provide(func(c *gin.Context) (string, error) {
		return c.GetHeader("Authorization"), nil
	}), showText))
	r.GET("/any", ginjwt.Handle(ginjwt.AnyOf(ginjwt.HTTPBearer(), ginjwt.HTTPBase("x-Custom"), ginjwt.APIKeyQuery("key")), showText))
	r.GET("/tutorial001", ginjwt.Handle(ginjwt.OAuth2PasswordBearer("/token"), func(c *gin.Context, token string) {
		c.JSON(200, gin.H{"token": token})
	}))
	r.GET("/tutorial006", ginjwt.Handle(ginjwt.HTTPBasic(), func(c *gin.Context, sent ginjwt.BasicCredentials) {
		c.JSON(200, gin.H{"username": sent.Username, "password": sent.Password})
	}))
	r.GET("/tutorial007", ginjwt.Handle(insteadTutorial007(), func(c *gin.Context, name string) { c.JSON(200, gin.H{"username": name}) }))
	return r
}

func TestParityOfWhatToUseInstead(t *testing.T) {
	t.Parallel()
	srv := wireServer(t, insteadEngine())
	const malformed = `Bearer realm="api", error="invalid_request", error_description="Malformed Authorization header"`
	for _, tc := range []struct {
		rule, path, lines string
		status            int
		body              string
		challenges        []string
	}{
		{"an error of one's own: nobody", "own-error", "", 403, `{"detail":"Not authenticated"}`, nil},
		{"an error of one's own: a token", "own-error", "Authorization: Bearer tok\r\n", 200, "tok", nil},
		{"an error of one's own: malformed", "own-error", "Authorization: Bearer\r\n", 400, `{"detail":"Malformed Authorization header"}`, []string{malformed}},
		{"a body of one's own: status and challenge stand", "own-body", "", 401, `{"title":"Not authenticated"}`, []string{graphNobody}},
		{"a body of one's own: malformed", "own-body", "Authorization: Bearer\r\n", 400, `{"title":"Malformed Authorization header"}`, []string{malformed}},
		{"a challenge of one's own", "own-challenge", "Authorization: Bearer tok\r\n", 401, `{"detail":"No"}`, []string{"DPoP"}},
		{"a challenge of one's own: nobody", "own-challenge", "", 401, `{"detail":"Not authenticated"}`, []string{graphNobody}},
		{"the whole header", "whole-header", "Authorization: Other a b\r\n", 200, "Other a b", nil},
		{"several schemes, one sent", "any", "Authorization: x-custom a b\r\n", 200, "a b", nil},
		{"several schemes, none sent", "any", "", 401, `{"detail":"Not authenticated"}`, []string{graphNobody, "X-Custom", "APIKey"}},
		{"tutorial001", "tutorial001", "Authorization: Bearer testtoken\r\n", 200, `{"token":"testtoken"}`, nil},
		{"tutorial001 without a token", "tutorial001", "", 401, `{"detail":"Not authenticated"}`, []string{graphNobody}},
		{"tutorial001 with another scheme", "tutorial001", "Authorization: Notexistent testtoken\r\n", 401, `{"detail":"Not authenticated"}`, []string{graphNobody}},
		{"tutorial006", "tutorial006", "Authorization: Basic am9objpzZWNyZXQ=\r\n", 200, `{"password":"secret","username":"john"}`, nil},
		{"tutorial006 without credentials", "tutorial006", "", 401, `{"detail":"Not authenticated"}`, []string{basicChallenge}},
		{"tutorial006 with what is no base64", "tutorial006", "Authorization: Basic notabase64token\r\n", 400, `{"detail":"Malformed Authorization header"}`, []string{basicChallenge}},
		{"tutorial006 without a colon", "tutorial006", "Authorization: Basic am9obnNlY3JldA==\r\n", 400, `{"detail":"Malformed Authorization header"}`, []string{basicChallenge}},
		{"tutorial007", "tutorial007", "Authorization: Basic c3RhbmxleWpvYnNvbjpzd29yZGZpc2g=\r\n", 200, `{"username":"stanleyjobson"}`, nil},
		{"tutorial007 with another user", "tutorial007", "Authorization: Basic YWxpY2U6c3dvcmRmaXNo\r\n", 401, `{"detail":"Incorrect username or password"}`, []string{basicChallenge}},
		{"tutorial007 with another password", "tutorial007", "Authorization: Basic c3RhbmxleWpvYnNvbjp3cm9uZw==\r\n", 401, `{"detail":"Incorrect username or password"}`, []string{basicChallenge}},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			t.Parallel()
			answer := wireSend(t, srv, "GET /"+tc.path+" HTTP/1.1\r\n"+tc.lines+wireEnd)
			assert.Equal(t, tc.status, answer.StatusCode)
			assert.Equal(t, tc.body, answer.body)
			assert.Equal(t, tc.challenges, answer.Header["Www-Authenticate"])
		})
	}
}
