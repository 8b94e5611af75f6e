package ginjwt_test

import (
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/inspect"
)

// A misspelt scope can be told where the scheme says which there are.
func TestSchemesThatDeclareTheirScopes(t *testing.T) {
	t.Parallel()
	scopes := ginjwt.Scopes{"me": "Read your profile."}
	cases := map[string]struct {
		scheme        *ginjwt.Dependency[string]
		known, others bool
	}{
		"a password flow":            {ginjwt.OAuth2PasswordBearer("/token", scopes), true, false},
		"an authorization code flow": {ginjwt.OAuth2AuthorizationCodeBearer("/authorize", "/token", scopes), true, false},
		"a flow without scopes":      {ginjwt.OAuth2PasswordBearer("/token"), false, false},
		"no flow":                    {ginjwt.HTTPBearer(), true, true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			routes, err := inspect.Routes(graphEngine(ginjwt.Require(tc.scheme), func(*gin.Context) {}))
			require.NoError(t, err)
			require.Len(t, routes, 1)
			scheme := routes[0].Security[0][0].Scheme
			assert.Equal(t, tc.known, scheme.Declares("me"))
			assert.Equal(t, tc.others, scheme.Declares("you"))
		})
	}
}
