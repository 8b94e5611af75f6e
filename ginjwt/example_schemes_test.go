package ginjwt_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// One user, three ways in: a bearer token, an API key, or a password.
func ExampleAnyOf() {
	type User struct{ Name string }
	issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{
		Key: ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256)), Issuer: "https://api.example", Audience: []string{"https://api.example"},
	}))
	verifier := ginjwt.Must(issuer.Verifier(ginjwt.Policy{}))
	apiKey := "k-5f2b7c"

	token := ginjwt.OAuth2PasswordBearer("/token")
	byToken := ginjwt.Depends(ginjwt.JWT[ginjwt.Claims](token, verifier), func(_ *gin.Context, claims ginjwt.Claims) (User, error) {
		return User{claims.Subject}, nil
	})
	byKey := ginjwt.Depends(ginjwt.APIKeyHeader("X-API-Key"), func(_ *gin.Context, key string) (User, error) {
		if !ginjwt.ConstantTimeEqual(key, apiKey) {
			return User{}, ginjwt.Unauthenticated("Unknown API key")
		}
		return User{"robot"}, nil
	})
	byPassword := ginjwt.Depends(ginjwt.HTTPBasic(), func(_ *gin.Context, sent ginjwt.BasicCredentials) (User, error) {
		if !sent.Match("stanleyjobson", "swordfish") {
			return User{}, ginjwt.Unauthenticated("Incorrect username or password")
		}
		return User{sent.Username}, nil
	})
	user := ginjwt.AnyOf(byToken, byKey, byPassword)

	r := gin.New()
	r.GET("/", ginjwt.Handle(user, func(c *gin.Context, me User) { c.String(200, "Hello, %s", me.Name) }))

	show := func(name, value string) {
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		if name != "" {
			req.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		fmt.Println(w.Code, w.Body)
		for _, challenge := range w.Header().Values("WWW-Authenticate") {
			fmt.Println(" ", challenge)
		}
	}
	show("Authorization", "Bearer "+ginjwt.Must(issuer.Sign(&ginjwt.Claims{Subject: "johndoe"})))
	show("X-API-Key", apiKey)
	show("Authorization", "Basic c3RhbmxleWpvYnNvbjpzd29yZGZpc2g=")
	show("X-API-Key", "stolen")
	show("", "")
	// Output:
	// 200 Hello, johndoe
	// 200 Hello, robot
	// 200 Hello, stanleyjobson
	// 401 {"detail":"Unknown API key"}
	//   APIKey
	// 401 {"detail":"Not authenticated"}
	//   Bearer realm="api"
	//   APIKey
	//   Basic realm="api", charset="UTF-8"
}

// A page's token is in a cookie that its scripts cannot read. A form of another
// site cannot use it.
func ExampleFromCookie() {
	token := ginjwt.OAuth2PasswordBearer("/token",
		ginjwt.FromCookie("__Host-access_token"), ginjwt.TrustedOrigins("https://admin.example"))
	r := gin.New()
	r.POST("/orders", ginjwt.Handle(token, func(c *gin.Context, _ string) { c.String(200, "ordered") }))

	for _, origin := range []string{"https://api.example", "https://admin.example", "https://evil.example"} {
		req := httptest.NewRequest(http.MethodPost, "https://api.example/orders", nil)
		req.Header.Set("Origin", origin)
		req.AddCookie(&http.Cookie{Name: "__Host-access_token", Value: "the-token"})
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		fmt.Println(origin, w.Code, w.Body)
	}
	// Output:
	// https://api.example 200 ordered
	// https://admin.example 200 ordered
	// https://evil.example 403 {"detail":"Cross-origin request refused"}
}

// Server-sent events that end with the token.
func ExampleVerifier_WithExpiry() {
	issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{
		Key: ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256)), Issuer: "https://api.example", Audience: []string{"https://api.example"},
	}))
	verifier := ginjwt.Must(issuer.Verifier(ginjwt.Policy{}))
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), verifier)
	prices := make(chan int, 2)

	r := gin.New()
	r.GET("/prices", ginjwt.Handle(claims, func(c *gin.Context, who ginjwt.Claims) {
		ctx, stop := verifier.WithExpiry(ginjwt.Context(c), &who)
		defer stop()
		for {
			select {
			case price, more := <-prices:
				if !more {
					return
				}
				c.SSEvent("price", price)
				c.Writer.Flush()
			case <-ctx.Done():
				c.SSEvent("end", context.Cause(ctx) != nil)
				return
			}
		}
	}))

	prices <- 42
	close(prices)
	req := httptest.NewRequest(http.MethodGet, "/prices", nil)
	req.Header.Set("Authorization", "Bearer "+ginjwt.Must(issuer.Sign(&ginjwt.Claims{Subject: "johndoe"})))
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	fmt.Println(w.Code, w.Body)
	// Output:
	// 200 event:price
	// data:42
}
