package peers

import (
	"context"
	"net/http"

	jwtmiddleware "github.com/auth0/go-jwt-middleware/v2"
	"github.com/auth0/go-jwt-middleware/v2/validator"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/jwtauth/v5"
	"github.com/golang-jwt/jwt/v5"
	echojwt "github.com/labstack/echo-jwt/v4"
	"github.com/labstack/echo/v4"
	jwx "github.com/lestrrat-go/jwx/v2/jwt"
)

// newEcho returns echo-jwt. It has no setting for an issuer or an audience; its
// ParseTokenFunc is where they are checked.
func newEcho(f *Fixture) (http.Handler, error) {
	parser := jwt.NewParser(f.options()...)
	mw, err := echojwt.Config{
		ParseTokenFunc: func(_ echo.Context, token string) (any, error) {
			return parser.ParseWithClaims(token, new(accessClaims), f.keyFunc)
		},
	}.ToMiddleware()
	if err != nil {
		return nil, err
	}
	e := echo.New()
	e.GET("/me", func(c echo.Context) error {
		claims := c.Get("user").(*jwt.Token).Claims.(*accessClaims)
		return c.NoContent(known(User{claims.Subject}))
	}, mw)
	return e, nil
}

// newJWTAuth returns jwtauth in chi, for which it is made.
func newJWTAuth(f *Fixture) (http.Handler, error) {
	auth := jwtauth.New(f.Method.Alg(), f.SignKey, f.VerifyKey,
		jwx.WithIssuer(issuer), jwx.WithAudience(audience), jwx.WithRequiredClaim(jwx.ExpirationKey))
	r := chi.NewRouter()
	r.Use(jwtauth.Verifier(auth), jwtauth.Authenticator(auth))
	r.Get("/me", func(w http.ResponseWriter, r *http.Request) {
		token, _ := r.Context().Value(jwtauth.TokenCtxKey).(jwx.Token)
		w.WriteHeader(known(User{token.Subject()}))
	})
	return r, nil
}

// scopeClaim is how auth0's validator is told of a claim of one's own.
type scopeClaim struct {
	Scope string `json:"scope"`
}

// Validate is the validator's hook; there is nothing to do in it.
func (*scopeClaim) Validate(context.Context) error { return nil }

// newAuth0 returns auth0's middleware in net/http. Its validator lets a token
// without exp pass, so that is looked for in the handler.
func newAuth0(f *Fixture) (http.Handler, error) {
	v, err := validator.New(
		func(context.Context) (any, error) { return f.VerifyKey, nil },
		validator.SignatureAlgorithm(f.Method.Alg()), issuer, []string{audience},
		validator.WithCustomClaims(func() validator.CustomClaims { return new(scopeClaim) }),
	)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /me", jwtmiddleware.New(v.ValidateToken).CheckJWT(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := r.Context().Value(jwtmiddleware.ContextKey{}).(*validator.ValidatedClaims)
		if claims.RegisteredClaims.Expiry == 0 {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.WriteHeader(known(User{claims.RegisteredClaims.Subject}))
	})))
	return mux, nil
}
