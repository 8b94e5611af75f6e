package ginjwt_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// One user, three ways in: a bearer token, an API key, or a password.
func ExampleAnyOf() {
	byToken := ginjwt.Depends(claims, func(_ *gin.Context, claims ginjwt.Claims) (string, error) {
		return claims.Subject, nil
	})
	byKey := ginjwt.Depends(ginjwt.APIKeyHeader("X-API-Key"), func(_ *gin.Context, key string) (string, error) {
		if !ginjwt.ConstantTimeEqual(key, "k-5f2b7c") {
			return "", ginjwt.Unauthenticated("Unknown API key")
		}
		return "robot", nil
	})
	byPassword := ginjwt.Depends(ginjwt.HTTPBasic(), func(_ *gin.Context, sent ginjwt.BasicCredentials) (string, error) {
		if !sent.Match("stanleyjobson", "swordfish") {
			return "", ginjwt.Unauthenticated("Incorrect username or password")
		}
		return sent.Username, nil
	})
	user := ginjwt.AnyOf(byToken, byKey, byPassword)

	r := gin.New()
	r.GET("/", ginjwt.Handle(user, func(c *gin.Context, name string) { c.String(200, "Hello, %s", name) }))
	show(r, "/", tokenFor("johndoe", ""))
	showHeader(r, "/", "X-API-Key", "k-5f2b7c")
	showHeader(r, "/", "Authorization", "Basic c3RhbmxleWpvYnNvbjpzd29yZGZpc2g=")
	showHeader(r, "/", "X-API-Key", "stolen")
	// Output:
	// 200 Hello, johndoe
	// 200 Hello, robot
	// 200 Hello, stanleyjobson
	// 401 {"detail":"Unknown API key"}
}

// If nothing was sent, the answer says what could have been: a challenge for
// each alternative.
func ExampleAnyOf_challenges() {
	r := gin.New()
	r.GET("/", ginjwt.Require(ginjwt.AnyOf(ginjwt.HTTPBearer(), ginjwt.APIKeyHeader("X-API-Key"))))

	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	fmt.Println(w.Code)
	for _, challenge := range w.Header().Values("WWW-Authenticate") {
		fmt.Println(challenge)
	}
	// Output:
	// 401
	// Bearer realm="api"
	// APIKey
}

// Keys of machines. A key is a secret, so it is compared in constant time.
func ExampleAPIKeyHeader() {
	machine := ginjwt.Depends(ginjwt.APIKeyHeader("X-API-Key"), func(_ *gin.Context, key string) (string, error) {
		if !ginjwt.ConstantTimeEqual(key, "k-5f2b7c") {
			return "", ginjwt.Unauthenticated("Unknown API key")
		}
		return "robot", nil
	})

	r := gin.New()
	r.GET("/", ginjwt.Handle(machine, func(c *gin.Context, name string) { c.String(200, name) }))
	showHeader(r, "/", "X-API-Key", "k-5f2b7c")
	showHeader(r, "/", "X-API-Key", "stolen")
	showHeader(r, "/", "X-API-Key", "")
	// Output:
	// 200 robot
	// 401 {"detail":"Unknown API key"}
	// 401 {"detail":"Not authenticated"}
}

// A user name and a password with each request, compared in constant time. For
// users' passwords, compare slow hashes.
func ExampleHTTPBasic() {
	user := ginjwt.Depends(ginjwt.HTTPBasic(), func(_ *gin.Context, sent ginjwt.BasicCredentials) (string, error) {
		if !sent.Match("stanleyjobson", "swordfish") {
			return "", ginjwt.Unauthenticated("Incorrect username or password")
		}
		return sent.Username, nil
	})

	r := gin.New()
	r.GET("/", ginjwt.Handle(user, func(c *gin.Context, name string) { c.String(200, "Hello, %s", name) }))
	for _, password := range []string{"swordfish", "wrong"} {
		req := httptest.NewRequest("GET", "/", nil)
		req.SetBasicAuth("stanleyjobson", password)
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 Hello, stanleyjobson
	// 401 {"detail":"Incorrect username or password"}
}

// A page's script opens a WebSocket: new WebSocket(url, ["chat", "bearer", token]).
// The token is for the guard alone: the library that selects a subprotocol does
// not see it.
func ExampleFromWebSocketProtocol() {
	token := ginjwt.OAuth2PasswordBearer("/token", ginjwt.FromWebSocketProtocol("bearer"))
	claims := ginjwt.JWT[ginjwt.Claims](token, verifier)

	r := gin.New()
	r.GET("/chat", ginjwt.Handle(claims, func(c *gin.Context, who ginjwt.Claims) {
		c.String(200, "%s; the library sees %q", who.Subject, c.GetHeader("Sec-WebSocket-Protocol"))
	}))
	req := httptest.NewRequest("GET", "https://api.example/chat", nil)
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", "websocket")
	req.Header.Set("Origin", "https://api.example")
	req.Header.Set("Sec-WebSocket-Protocol", "chat, bearer, "+tokenFor("johndoe", ""))
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	fmt.Println(w.Code, w.Body)
	// Output:
	// 200 johndoe; the library sees "chat, bearer"
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

// Server-sent events, for as long as the token is good.
func ExampleVerifier_WithExpiry() {
	prices := make(chan int, 1)

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
			case <-ctx.Done(): // expired, or the client left: context.Cause tells
				return
			}
		}
	}))

	prices <- 42
	close(prices)
	show(r, "/prices", tokenFor("johndoe", ""))
	// Output:
	// 200 event:price
	// data:42
}
