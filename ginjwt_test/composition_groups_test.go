package ginjwt_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// compRevoker counts how often a token is verified.
type compRevoker struct{ asked atomic.Int32 }

func (r *compRevoker) Revoked(context.Context, *ginjwt.Claims) (bool, error) {
	r.asked.Add(1)
	return false, nil
}

// TestScopesAddUpThroughGroups: each guard is judged for itself, and its
// challenge has its own demands only. The token is verified once.
func TestScopesAddUpThroughGroups(t *testing.T) {
	t.Parallel()
	issuer, _ := newIssuer(t)
	var revoker compRevoker
	verifier, err := issuer.Verifier(ginjwt.Policy{Revoker: &revoker})
	require.NoError(t, err)
	var found atomic.Int32
	user := ginjwt.Depends(ginjwt.JWT[ginjwt.Claims](ginjwt.HTTPBearer(), verifier), func(_ *gin.Context, c ginjwt.Claims) (graphUser, error) {
		found.Add(1)
		return graphUser{c.Subject}, nil
	})
	active := ginjwt.Security(pass(user), "me")
	r := newEngine()
	outer := r.Group("/", ginjwt.Require(ginjwt.Security(user, "a")))
	inner := outer.Group("/", ginjwt.Require(ginjwt.SecurityAny(user, "b", "b2")))
	inner.GET("/", ginjwt.Handle(ginjwt.Security(active, "c"), func(c *gin.Context, u graphUser) { c.String(200, u.Name) }))
	cases := map[string]struct {
		granted ginjwt.Scope
		lacks   string
		found   int32
	}{
		"none":              {"", "a", 0},
		"the route's alone": {"c me", "a", 0},
		"the outer group's": {"a", "b b2", 1},
		"but the outer one": {"b c me", "a", 0},
		"both groups'":      {"a b", "c me", 1},
		"but the inner one": {"a c me", "b b2", 1},
		"but the chain's":   {"a b2 c", "c me", 1},
		"but the route's":   {"a b me", "c me", 1},
		"all":               {"me c b2 a", "", 1},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			revoker.asked.Store(0)
			found.Store(0)
			want := altOK
			if tc.lacks != "" {
				want = altForbidden(lacking(tc.lacks))
			}
			want.check(t, r, "Authorization", "Bearer "+sign(t, issuer, "johndoe", tc.granted))
			assert.EqualValues(t, 1, revoker.asked.Load(), "verified once")
			assert.Equal(t, tc.found, found.Load(), "and looked up only where the scopes sufficed")
		})
	}
}

// compTenant is a user with a role in a tenant.
type compTenant struct{ role, tenant string }

// TestChecksForRolesAndTenants: no OAuth scopes, so no challenge names them.
func TestChecksForRolesAndTenants(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	member := ginjwt.Depends(g.user, func(_ *gin.Context, u graphUser) (compTenant, error) {
		role, tenant, _ := strings.Cut(u.Name, "@")
		return compTenant{role, tenant}, nil
	})
	mine := ginjwt.Check(member, "tenant", func(c *gin.Context, m compTenant) error {
		if m.tenant != c.Param("tenant") {
			return errors.New("not a member")
		}
		return nil
	})
	admin := ginjwt.Check(mine, "role:admin", func(_ *gin.Context, m compTenant) error {
		if m.role != "admin" {
			return errors.New("no admin")
		}
		return nil
	})
	cases := map[string]struct {
		guard ginjwt.Guard
		user  string
		want  altAnswer
		event ginjwt.Event // its Guard, Code and Cause
	}{
		"both met":                  {admin, "admin@acme", altOK, ginjwt.Event{Guard: "role:admin"}},
		"the outer one not":         {admin, "guest@acme", altForbidden(), ginjwt.Event{Guard: "role:admin", Code: ginjwt.CodeForbidden, Cause: "no admin"}},
		"the only one not":          {mine, "admin@other", altForbidden(), ginjwt.Event{Guard: "tenant", Code: ginjwt.CodeForbidden, Cause: "not a member"}},
		"below a scope":             {ginjwt.Security(admin, "x"), "guest@acme", altForbidden(), ginjwt.Event{Guard: "role:admin", Code: ginjwt.CodeForbidden, Cause: "no admin"}},
		"below a scope that lacks":  {ginjwt.Security(admin, "y"), "guest@acme", altForbidden(lacking("y")), ginjwt.Event{Guard: "role:admin", Code: ginjwt.CodeInsufficientScope}},
		"optional":                  {ginjwt.Optional(admin), "guest@acme", altForbidden(), ginjwt.Event{Guard: "role:admin", Code: ginjwt.CodeForbidden, Cause: "no admin"}},
		"in an alternative":         {ginjwt.AnyOf(admin), "guest@acme", altForbidden(), ginjwt.Event{Guard: "AnyOf(role:admin)", Code: ginjwt.CodeForbidden, Cause: "no admin"}},
		"two guards: the first not": {pass(mine), "admin@other", altForbidden(), ginjwt.Event{Code: ginjwt.CodeForbidden, Cause: "not a member"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log eventLog
			r := newEngine()
			r.GET("/:tenant", log.observe(), ginjwt.Require(tc.guard))
			got := get(r, "/acme", sign(t, g.issuer, tc.user, "x"))
			assert.Equal(t, tc.want.status, got.Code)
			assert.Equal(t, tc.want.challenges, got.Header().Values("WWW-Authenticate"))
			require.Len(t, log.events, 1)
			if tc.event.Guard != "" {
				assert.Equal(t, tc.event.Guard, log.events[0].Guard)
			}
			assert.Equal(t, tc.event.Code, log.events[0].Code)
			assert.Contains(t, log.events[0].Cause, tc.event.Cause)
		})
	}
}

// TestARefusingCheckIsNamedInTheEvent, not the guard above it alone, nor
// another Check that was not asked.
func TestARefusingCheckIsNamedInTheEvent(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	for _, refusal := range []error{errors.New("no"), ginjwt.Forbidden("No")} {
		tenant := ginjwt.Check(g.user, "tenant:acme", func(*gin.Context, graphUser) error { return refusal })
		for name, guard := range map[string]ginjwt.Guard{
			"below a function":    pass(tenant),
			"below another Check": ginjwt.Check(tenant, "role:admin", func(*gin.Context, graphUser) error { return nil }),
			"below Grants":        ginjwt.Grants(tenant, func(graphUser) []string { return nil }),
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				var log eventLog
				require.Equal(t, 403, get(graphEngine(log.observe(), ginjwt.Require(guard)), "/", sign(t, g.issuer, "johndoe", "")).Code)
				require.Len(t, log.events, 1)
				assert.Contains(t, log.events[0].Guard+log.events[0].Cause, "tenant:acme")
			})
		}
	}
}

// The claims that identity providers name their rights by, as a user writes them.
type (
	entraClaims struct {
		ginjwt.Claims
		Permissions entraScp `json:"scp,omitzero"`
		Roles       []string `json:"roles,omitzero"`
	}
	auth0Claims struct {
		ginjwt.Claims
		Permissions []string `json:"permissions,omitzero"`
	}
	cognitoClaims struct {
		ginjwt.Claims
		Groups []string `json:"cognito:groups,omitzero"`
		Client string   `json:"client_id,omitzero"`
	}
)

// entraScp is one string with spaces, or a list.
type entraScp []string

func (s *entraScp) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*s = strings.Fields(one)
		return nil
	}
	return json.Unmarshal(b, (*[]string)(s))
}

// compServe serves C with the rights that grants finds in it, for Security of
// scopes, and answers to a token with payload.
func compServe[C any, P ginjwt.ClaimsOf[C]](t *testing.T, grants func(C) []string, more string, scopes ...string) altAnswer {
	t.Helper()
	f := hmacForger(t)
	v := forgeVerifier(t, f.key, func(p *ginjwt.Policy) { p.CacheSize = 10 })
	claims := ginjwt.Grants(ginjwt.JWT[C, P](ginjwt.HTTPBearer(), v), grants)
	r := graphEngine(ginjwt.Handle(ginjwt.Security(claims, scopes...), func(*gin.Context, C) {}))
	token := f.token(t, f.headerOf(""), goodPayload(more))
	first, second := get(r, "/", token), get(r, "/", token)
	require.Equal(t, first.Code, second.Code, "the cache changes nothing")
	return altAnswer{first.Code, first.Header().Values("WWW-Authenticate")}
}

func TestGrantsOfIdentityProviders(t *testing.T) {
	t.Parallel()
	entra := func(c entraClaims) []string { return slices.Concat(c.Permissions, c.Roles) }
	auth0 := func(c auth0Claims) []string { return c.Permissions }
	cognito := func(c cognitoClaims) []string { return append(c.Groups, c.Scope.List()...) }
	cases := map[string]struct {
		got, want altAnswer
	}{
		"Entra, a string":                      {compServe(t, entra, `,"scp":"Files.Read User.Read"`, "User.Read", "Files.Read"), altOK},
		"Entra, a list":                        {compServe(t, entra, `,"scp":["Files.Read","User.Read"]`, "User.Read"), altOK},
		"Entra, a role":                        {compServe(t, entra, `,"roles":["Reports.Admin"]`, "Reports.Admin"), altOK},
		"Entra, lacking":                       {compServe(t, entra, `,"scp":"User.Read"`, "Files.Read"), altForbidden(lacking("Files.Read"))},
		"Entra, none":                          {compServe(t, entra, ``, "Files.Read"), altForbidden(lacking("Files.Read"))},
		"Entra, the scope claim is replaced":   {compServe(t, entra, `,"scope":"Files.Read","scp":"User.Read"`, "Files.Read"), altForbidden(lacking("Files.Read"))},
		"Entra, neither a string nor a list":   {compServe(t, entra, `,"scp":{"a":1}`, "a"), altAnswer{401, []string{graphInvalid}}},
		"Entra, two in one of a list are none": {compServe(t, entra, `,"scp":["Files.Read User.Read"]`, "User.Read"), altForbidden(lacking("User.Read"))},
		"Auth0":                                {compServe(t, auth0, `,"scope":"openid profile","permissions":["read:reports"]`, "read:reports"), altOK},
		"Auth0, its scopes are replaced":       {compServe(t, auth0, `,"scope":"openid read:reports","permissions":[]`, "read:reports"), altForbidden(lacking("read:reports"))},
		"Auth0, no permissions":                {compServe(t, auth0, `,"scope":"read:reports"`, "read:reports"), altForbidden(lacking("read:reports"))},
		"Cognito, a group and a scope":         {compServe(t, cognito, `,"token_use":"access","scope":"https://api/read","cognito:groups":["admins"]`, "admins", "https://api/read"), altOK},
		"Cognito, no group":                    {compServe(t, cognito, `,"token_use":"access","scope":"https://api/read"`, "admins"), altForbidden(lacking("admins"))},
		"Cognito, an ID token":                 {compServe(t, cognito, `,"token_use":"id","cognito:groups":["admins"]`, "admins"), altAnswer{401, []string{graphInvalid}}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tc.want, tc.got)
		})
	}
}
