package peers

import (
	"net/http"
	"strings"
	"sync"
	"time"

	appleboy "github.com/appleboy/gin-jwt/v3"
	"github.com/gin-gonic/gin"
	"github.com/golang-jwt/jwt/v5"
	"github.com/maypok86/otter/v2"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// newGinjwt returns ginjwt with a chain of three: token, claims, user.
func newGinjwt(f *Fixture, cacheSize int) (http.Handler, error) {
	v, err := f.verifier(issuer, cacheSize, nil)
	if err != nil {
		return nil, err
	}
	return serveGinjwt(v), nil
}

func newGinjwtIssuers(f *Fixture) (http.Handler, error) {
	ours, err := f.verifier(issuer, 0, nil)
	if err != nil {
		return nil, err
	}
	stranger, err := NewFixture(f.Method.Alg())
	if err != nil {
		return nil, err
	}
	theirs, err := stranger.verifier("https://another.example", 0, nil)
	if err != nil {
		return nil, err
	}
	both, err := ginjwt.ByIssuer(theirs, ours)
	if err != nil {
		return nil, err
	}
	return serveGinjwt(both), nil
}

func (f *Fixture) verifier(issuer string, cacheSize int, revoker ginjwt.Revoker) (*ginjwt.Verifier, error) {
	key, err := ginjwt.NewKey(ginjwt.Algorithm(f.Method.Alg()), f.VerifyKey)
	if err != nil {
		return nil, err
	}
	return ginjwt.NewVerifier(key.WithID(keyID), ginjwt.Policy{
		Issuer: issuer, Audience: []string{audience}, CacheSize: cacheSize, Revoker: revoker,
	})
}

func serveGinjwt(v *ginjwt.Verifier) *gin.Engine {
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), v)
	user := ginjwt.Depends(claims, func(_ *gin.Context, c ginjwt.Claims) (User, error) { return User{c.Subject}, nil })
	r := gin.New()
	r.GET("/me", ginjwt.Handle(user, func(c *gin.Context, u User) { c.Status(known(u)) }))
	return r
}

// options are golang-jwt's for what ginjwt demands by default.
func (f *Fixture) options() []jwt.ParserOption {
	return []jwt.ParserOption{
		jwt.WithValidMethods([]string{f.Method.Alg()}), jwt.WithExpirationRequired(),
		jwt.WithIssuer(issuer), jwt.WithAudience(audience),
	}
}

func (f *Fixture) keyFunc(*jwt.Token) (any, error) { return f.VerifyKey, nil }

// newAppleboy returns gin-jwt. Only its KeyFunc takes a public key: there are no
// settings for ES256 and EdDSA, and those for RS256 want the private key too.
func newAppleboy(f *Fixture) (http.Handler, error) {
	mw := &appleboy.GinJWTMiddleware{
		Realm:            "api",
		SigningAlgorithm: f.Method.Alg(),
		ParseOptions:     f.options(),
		IdentityHandler: func(c *gin.Context) any {
			sub, _ := appleboy.ExtractClaims(c)["sub"].(string)
			return User{sub}
		},
	}
	if secret, ok := f.VerifyKey.([]byte); ok {
		mw.Key = secret
	} else {
		mw.KeyFunc = f.keyFunc
	}
	if err := mw.MiddlewareInit(); err != nil {
		return nil, err
	}
	r := gin.New()
	r.GET("/me", mw.MiddlewareFunc(), func(c *gin.Context) {
		u, _ := c.MustGet(appleboy.IdentityKey).(User)
		c.Status(known(u))
	})
	return r, nil
}

// accessClaims are the claims as a user of golang-jwt declares them.
type accessClaims struct {
	jwt.RegisteredClaims
	Scope string `json:"scope"`
}

// newGolangJWT returns the middleware that people write by hand, at its best:
// one parser for all requests, typed claims.
func newGolangJWT(f *Fixture) (http.Handler, error) {
	parser := jwt.NewParser(f.options()...)
	r := gin.New()
	r.GET("/me", func(c *gin.Context) {
		token, ok := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
		if !ok {
			c.AbortWithStatus(http.StatusUnauthorized)
			return
		}
		var claims accessClaims
		if _, err := parser.ParseWithClaims(token, &claims, f.keyFunc); err != nil {
			c.Header("WWW-Authenticate", `Bearer realm="api", error="invalid_token"`)
			c.AbortWithStatusJSON(http.StatusUnauthorized, gin.H{"detail": "Could not validate credentials"})
			return
		}
		c.Set("user", User{claims.Subject})
	}, func(c *gin.Context) {
		u, _ := c.MustGet("user").(User)
		c.Status(known(u))
	})
	return r, nil
}

// newLeast returns the least that a Gin middleware with a cache and revocation can
// do: one look for the token, one at the clock, one for a revocation, one c.Set. It
// is what others are measured against, and nothing to be copied: its keys cannot
// change, its cache holds whatever it is sent, and its handler finds the user by a
// string.
func newLeast(f *Fixture) (http.Handler, error) {
	parser := jwt.NewParser(f.options()...)
	seen := otter.Must(&otter.Options[string, accessClaims]{MaximumSize: CacheSize})
	var mu sync.RWMutex
	revoked := map[string]bool{"another": true} // by jti
	r := gin.New()
	r.GET("/me", func(c *gin.Context) {
		token, ok := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
		claims, found := seen.GetIfPresent(token)
		if ok && !found {
			_, err := parser.ParseWithClaims(token, &claims, f.keyFunc)
			if ok = err == nil; ok {
				seen.Set(strings.Clone(token), claims)
			}
		}
		mu.RLock()
		ended := revoked[claims.ID]
		mu.RUnlock()
		if !ok || ended || !time.Now().Before(claims.ExpiresAt.Time) {
			c.Header("WWW-Authenticate", `Bearer realm="api", error="invalid_token"`)
			c.AbortWithStatusJSON(http.StatusUnauthorized, gin.H{"detail": "Could not validate credentials"})
			return
		}
		c.Set("user", User{claims.Subject})
	}, func(c *gin.Context) {
		u, _ := c.MustGet("user").(User)
		c.Status(known(u))
	})
	return r, nil
}
