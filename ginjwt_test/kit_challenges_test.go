package ginjwt_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

// kitSchemes guard a route each with one scheme, whose realm needs escapes.
func kitSchemes() map[string]ginjwt.Guard {
	realm := ginjwt.Realm(`a "realm", \ and more`)
	return map[string]ginjwt.Guard{
		"OAuth2PasswordBearer":          ginjwt.OAuth2PasswordBearer("/token", realm),
		"OAuth2AuthorizationCodeBearer": ginjwt.OAuth2AuthorizationCodeBearer("/authorize", "/token", realm),
		"OpenIDConnect":                 ginjwt.OpenIDConnect("/.well-known/openid-configuration", realm),
		"HTTPBearer":                    ginjwt.HTTPBearer(realm),
		"HTTPBasic":                     ginjwt.HTTPBasic(realm),
		"HTTPBase":                      ginjwt.HTTPBase("Digest", realm),
		"APIKeyHeader":                  ginjwt.APIKeyHeader("X-Key"),
		"APIKeyQuery":                   ginjwt.APIKeyQuery("key"),
		"APIKeyCookie":                  ginjwt.APIKeyCookie("key"),
		"AnyOf":                         ginjwt.AnyOf(ginjwt.HTTPBearer(realm), ginjwt.APIKeyHeader("X-Key"), ginjwt.HTTPBase("Negotiate")),
	}
}

// TestEveryChallengeOfOursIsUnderstood: of each scheme, for nobody and for what
// is malformed, by the kit's parser and by the strict one of these tests.
func TestEveryChallengeOfOursIsUnderstood(t *testing.T) {
	t.Parallel()
	r := newEngine()
	for name, guard := range kitSchemes() {
		r.GET("/"+name, ginjwt.Require(guard), func(c *gin.Context) { c.Status(http.StatusNoContent) })
	}
	ginjwttest.EveryRouteGuarded(t, r)
	for name := range kitSchemes() {
		for _, authorization := range []string{"", "Bearer", "Bearer a b", "Basic", "Basic !", "Digest", "\"", "Bearer \"x\\\"", "Other x"} {
			req := httptest.NewRequest(http.MethodGet, "/"+name, nil)
			if authorization != "" {
				req.Header.Set("Authorization", authorization)
			}
			rec := ginjwttest.Do(t, r, req)
			if rec.Code == http.StatusNoContent {
				continue // a scheme alone takes any credentials
			}
			found, err := ginjwttest.Challenges(rec.Header())
			require.NoError(t, err, "%s %q: %q", name, authorization, rec.Header())
			require.NotEmpty(t, found, "%s %q", name, authorization)
			var strict []challenge
			for _, value := range rec.Header().Values("WWW-Authenticate") {
				more, err := parseChallenges(value)
				require.NoError(t, err, value)
				strict = append(strict, more...)
			}
			require.Len(t, found, len(strict))
			for i, c := range found {
				assert.Equal(t, strict[i], challenge{c.Scheme, c.Params}, "%s %q", name, authorization) //nolint:testifylint // strict is what it is to be
			}
		}
	}
}

// TestRefusalsReadWithTheKit: what the assertions say of a route's own answers.
func TestRefusalsReadWithTheKit(t *testing.T) {
	t.Parallel()
	issuer, verifier := newIssuer(t)
	user := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token", ginjwt.Scopes{"me": "", "items": ""}), verifier)
	r := newEngine()
	r.GET("/items", ginjwt.Require(ginjwt.Security(ginjwt.Security(user, "me"), "items")), func(c *gin.Context) { c.Status(http.StatusNoContent) })

	ginjwttest.Unauthorized(t, get(r, "/items", ""))
	ginjwttest.Forbidden(t, get(r, "/items", sign(t, issuer, "johndoe", "")), "me", "items")
	ginjwttest.Forbidden(t, get(r, "/items", sign(t, issuer, "johndoe", "")))
	ginjwttest.BadRequest(t, get(r, "/items", "a b"))
	ginjwttest.Unauthorized(t, get(r, "/items", ginjwttest.Token(t, issuer, &ginjwt.Claims{Scope: "me items"}, ginjwttest.Expired)))
	assert.Equal(t, http.StatusNoContent, get(r, "/items", ginjwttest.Token(t, issuer, &ginjwt.Claims{Scope: "me items"})).Code)
}
