package ginjwt_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// tenancy is a base of the user's, with Claims in it.
type tenancy struct {
	ginjwt.Claims
	Tenant string `json:"tenant"`
}

type office struct {
	Floor int      `json:"floor"`
	Doors []string `json:"doors"`
}

type everything struct {
	tenancy
	office  `json:",embed"`
	Roles   []string        `json:"roles,omitempty"`
	Flags   map[string]bool `json:"flags,omitempty"`
	Home    *office         `json:"home,omitempty"`
	Raw     json.RawMessage `json:"raw,omitempty"`
	Left    func()          `json:"-"`
	TENANT  string          `json:"TENANT,omitempty"`
	Rest    map[string]any  `json:",embed"`
	private int
	Nested  struct {
		Exp string `json:"exp"`
	} `json:"nested"`
	Birthday ginjwt.NumericDate `json:"birthday,omitzero"`
}

func TestClaimsTypesThatWork(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 10} {
		f := hmacForger(t)
		v := forgeVerifier(t, f.key, func(p *ginjwt.Policy) { p.CacheSize = size })
		token := f.token(t, f.headerOf(""), goodPayload(`,"tenant":"t","floor":3,"doors":["a"],"roles":["r"],"flags":{"f":true},`+
			`"home":{"floor":1},"raw":{"a":1},"TENANT":"u","other":[1],"nested":{"exp":"never"},"birthday":1,"scope":"me"`))
		for range 3 {
			c, err := ginjwt.Verify[everything](t.Context(), v, token)
			require.NoError(t, err)
			assert.Equal(t, "alice", c.Subject)
			assert.Equal(t, "t", c.Tenant)
			assert.Equal(t, "u", c.TENANT)
			assert.Equal(t, office{3, []string{"a"}}, c.office)
			assert.Equal(t, []string{"r"}, c.Roles)
			assert.Equal(t, map[string]bool{"f": true}, c.Flags)
			assert.Equal(t, 1, c.Home.Floor)
			assert.JSONEq(t, `{"a":1}`, string(c.Raw))
			assert.Equal(t, map[string]any{"other": []any{1.0}}, c.Rest)
			assert.Equal(t, "never", c.Nested.Exp)
			assert.Equal(t, int64(1), c.Birthday.Unix())
			assert.True(t, c.Scope.Has("me"))
			assert.Zero(t, c.private)
			// What one request does with its claims is no other's concern.
			c.Roles[0], c.Flags["f"], c.Rest["other"], c.Home.Floor, c.Raw[1] = "admin", false, nil, 9, 'x'
		}
	}
}

func TestClaimsOfTheUserAreStrictToo(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	v := forgeVerifier(t, f.key, nil)
	for rule, claims := range map[string]string{
		"a wrong type": `,"tenant":7`, "a name twice in a map": `,"flags":{"f":true,"f":false}`, "a name twice in raw JSON": `,"raw":{"a":1,"a":2}`,
		"a name twice in the rest": `,"z":{"a":1,"a":2}`, "twice, one of them a field": `,"tenant":"a","tenant":"b"`,
		"invalid UTF-8 in raw JSON": ",\"raw\":\"\xff\"", "a number too large": `,"floor":1e30`,
	} {
		token := f.token(t, f.headerOf(""), goodPayload(claims))
		c, err := ginjwt.Verify[everything](t.Context(), v, token)
		requireRefusal(t, err, token, ginjwt.ReasonClaims)
		assert.Empty(t, c.Subject+c.Tenant, rule)
		assert.Empty(t, c.Rest, rule)
	}
	token := f.token(t, f.headerOf(""), goodPayload(`,"Tenant":"x","FLOOR":9`))
	c, err := ginjwt.Verify[tenancy](t.Context(), v, token)
	require.NoError(t, err)
	assert.Empty(t, c.Tenant, "names are exact for the user's fields as well")
}
