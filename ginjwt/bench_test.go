package ginjwt_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/golang-jwt/jwt/v5"

	"github.com/ginjwt/gin-depends/ginjwt"
)

const (
	benchIssuer   = "https://issuer.example"
	benchAudience = "https://api.example"
)

type benchUser struct{ Name string }

// benchWriter is a response writer that costs nothing and can be used again.
type benchWriter struct {
	header http.Header
	status int
}

func (w *benchWriter) Header() http.Header         { return w.header }
func (w *benchWriter) Write(b []byte) (int, error) { return len(b), nil }
func (w *benchWriter) WriteHeader(status int)      { w.status = status }

// benchToken returns a secret and a token signed with it, which is good for an
// hour.
func benchToken(b *testing.B) (ginjwt.Key, []byte, string) {
	b.Helper()
	secret := []byte("bench: not used anywhere else, 32+ bytes")
	key := ginjwt.Must(ginjwt.NewKey(ginjwt.HS256, secret))
	issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{
		Key: key, Issuer: benchIssuer, Audience: []string{benchAudience},
	}))
	return key, secret, ginjwt.Must(issuer.Sign(&ginjwt.Claims{Subject: "johndoe", Scope: "me items"}))
}

// benchServe measures a route with a good token, after it has shown that it
// accepts that and refuses a changed one.
func benchServe(b *testing.B, token string, guarded bool, handlers ...gin.HandlerFunc) {
	b.Helper()
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.GET("/me", handlers...)
	req := httptest.NewRequest(http.MethodGet, "/me", nil)
	w := &benchWriter{header: http.Header{}}
	ask := func(token string) int {
		clear(w.header)
		req.Header["Authorization"] = []string{"Bearer " + token}
		r.ServeHTTP(w, req)
		return w.status
	}
	if status := ask(strings.Replace(token, ".", ".e30", 1)); guarded && status != http.StatusUnauthorized {
		b.Fatalf("a changed token is answered with %d", status)
	}
	if status := ask(token); status != http.StatusOK {
		b.Fatalf("the good token is answered with %d", status)
	}
	b.ReportAllocs()
	for b.Loop() {
		r.ServeHTTP(w, req)
	}
}

// benchReply answers 200 to the right user.
func benchReply(c *gin.Context, u benchUser) {
	if u.Name != "johndoe" {
		c.Status(http.StatusInternalServerError)
		return
	}
	c.Status(http.StatusOK)
}

// BenchmarkRoute is a whole request through Gin. The peers module has the same
// for other libraries and algorithms.
func BenchmarkRoute(b *testing.B) {
	key, secret, token := benchToken(b)
	b.Run("bare", func(b *testing.B) {
		benchServe(b, token, false, func(c *gin.Context) { benchReply(c, benchUser{"johndoe"}) })
	})
	b.Run("ginjwt", func(b *testing.B) { benchServe(b, token, true, benchChain(key, 0)) })
	b.Run("ginjwt-cached", func(b *testing.B) { benchServe(b, token, true, benchChain(key, 1000)) })
	b.Run("ginjwt-scopes", func(b *testing.B) { benchServe(b, token, true, benchScopes(key)) })
	b.Run("golang-jwt", func(b *testing.B) { benchServe(b, token, true, benchGolangJWT(secret)...) })
}

// benchCurrentUser returns a chain of three: token, claims, user.
func benchCurrentUser(key ginjwt.Key, cacheSize int) *ginjwt.Dependency[benchUser] {
	verifier := ginjwt.Must(ginjwt.NewVerifier(key, ginjwt.Policy{
		Issuer: benchIssuer, Audience: []string{benchAudience}, CacheSize: cacheSize,
	}))
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), verifier)
	return ginjwt.Depends(claims, func(_ *gin.Context, c ginjwt.Claims) (benchUser, error) {
		return benchUser{c.Subject}, nil
	})
}

func benchChain(key ginjwt.Key, cacheSize int) gin.HandlerFunc {
	return ginjwt.Handle(benchCurrentUser(key, cacheSize), benchReply)
}

// benchScopes returns the tutorial's chain: the user must be active, and the
// token must grant two scopes, demanded in two places.
func benchScopes(key ginjwt.Key) gin.HandlerFunc {
	active := ginjwt.Depends(benchCurrentUser(key, 0), func(_ *gin.Context, u benchUser) (benchUser, error) { return u, nil })
	return ginjwt.Handle(ginjwt.Security(ginjwt.Security(active, "me"), "items"), benchReply)
}

// benchGolangJWT returns the middleware that people write by hand.
func benchGolangJWT(secret []byte) []gin.HandlerFunc {
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithExpirationRequired(),
		jwt.WithIssuer(benchIssuer), jwt.WithAudience(benchAudience))
	return []gin.HandlerFunc{func(c *gin.Context) {
		token, ok := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
		var claims jwt.RegisteredClaims
		if ok {
			_, err := parser.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return secret, nil })
			ok = err == nil
		}
		if !ok {
			c.AbortWithStatus(http.StatusUnauthorized)
			return
		}
		c.Set("user", benchUser{claims.Subject})
	}, func(c *gin.Context) {
		u, _ := c.MustGet("user").(benchUser)
		benchReply(c, u)
	}}
}
