//lint:file-ignore SA5008,U1000 claims types that are wrong on purpose

package ginjwt_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// Claims types in which a check would see nothing, or the wrong thing.
type (
	shadowsNBF struct {
		ginjwt.Claims
		NotBefore string `json:"nbf"`
	}
	shadowsUpper struct {
		ginjwt.Claims
		Expiry int64 `json:"EXP"`
	}
	shadowsFolded struct {
		ginjwt.Claims
		User string `json:"ſub"`
	}
	shadowsIgnoredCase struct {
		ginjwt.Claims
		Expiry int64 `json:"Exp,case:ignore"`
	}
	shadowsQuoted struct {
		ginjwt.Claims
		Issuer string `json:"'iss'"`
	}
	shadowsEscaped struct {
		ginjwt.Claims
		Expiry int64 `json:"'\\u0065xp'"`
	}
	shadowsEscapedMark struct {
		ginjwt.Claims
		Confirmation any `json:"'\\u0063nf'"`
	}
	audienceBase struct {
		Audience []string `json:"aud"`
	}
	// The quotes keep vet, which knows this mistake too, from seeing it.
	quotedBase struct {
		Audience []string `json:"'aud'"`
	}
	shadowsInBase struct {
		ginjwt.Claims
		quotedBase
	}
	shadowsByEmbed struct {
		ginjwt.Claims
		Base audienceBase `json:",embed"`
	}
	deepClaims       struct{ ginjwt.Claims }
	shadowsFromAbove struct {
		deepClaims
		Scopes []string `json:"scope"`
	}
	byPointer struct {
		*ginjwt.Claims
	}
	bothWays struct {
		ginjwt.Claims
		Other ginjwt.Claims `json:",embed"`
	}
	baseByPointer struct {
		*deepClaims
	}
	named struct {
		ginjwt.Claims `json:"claims"`
	}
	left struct {
		ginjwt.Claims `json:"-"`
	}
	sharedNames struct {
		ginjwt.Claims
		A string `json:"tenant"`
		B string `json:"'tenant'"`
	}
	tenantBase struct {
		Tenant string `json:"tenant"`
	}
	sharedDeeply struct {
		ginjwt.Claims
		tenantBase
		Tenant string `json:"tenant"`
	}
	noName struct {
		ginjwt.Claims
		Tenant string
	}
	optionsOnly struct {
		ginjwt.Claims
		Tenant string `json:",omitempty"`
	}
	namedUnexported struct {
		ginjwt.Claims
		tenant string `json:""`
	}
	markBelow  struct{ markHolder }
	markHolder struct {
		Cnf any `json:"cnf"`
	}
	markTooDeep struct {
		ginjwt.Claims
		markBelow
	}
	unreadable struct {
		ginjwt.Claims
		F string `json:"f,case:sideways"` //nolint:staticcheck // it is the mistake
	}
	ownUnmarshal struct{ ginjwt.Claims }
	ownMarshal   struct{ ginjwt.Claims }
	ownText      struct{ ginjwt.Claims }
	promotedTime struct {
		ginjwt.Claims
		time.Time
	}
	promotedDate struct {
		ginjwt.Claims
		ginjwt.NumericDate
	}
	elsewhere struct {
		ginjwt.Claims
		other ginjwt.Claims
	}
	ownCopy struct{ ginjwt.Claims }
	ownNil  struct{ ginjwt.Claims }
)

func (*ownUnmarshal) UnmarshalJSON([]byte) error   { return nil }
func (ownMarshal) MarshalJSON() ([]byte, error)    { return []byte("{}"), nil }
func (*ownText) UnmarshalText([]byte) error        { return nil }
func (c *elsewhere) Registered() *ginjwt.Claims    { return &c.other }
func (c *ownCopy) Registered() *ginjwt.Claims      { cp := c.Claims; return &cp }
func (c *ownNil) Registered() *ginjwt.Claims       { return nil }
func (c *bothWays) Registered() *ginjwt.Claims     { return &c.Claims }
func (c *promotedTime) Registered() *ginjwt.Claims { return &c.Claims }

// panicOf returns what f panics with, as text.
func panicOf(f func()) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = fmt.Sprint(r)
		}
	}()
	f()
	return ""
}

// requireBadShape demands that C is refused wherever claims are named, each
// time, and before any token is seen.
func requireBadShape[C any, P ginjwt.ClaimsOf[C]](t *testing.T, rule string, says ...string) {
	t.Helper()
	t.Run(rule, func(t *testing.T) {
		f := hmacForger(t)
		v := forgeVerifier(t, f.key, nil)
		many, err := ginjwt.ByIssuer(v)
		require.NoError(t, err)
		token := ginjwt.OAuth2PasswordBearer("/token")
		for _, text := range []string{
			panicOf(func() { ginjwt.JWT[C, P](token, v) }),
			panicOf(func() { ginjwt.JWT[C, P](token, v) }),
			panicOf(func() { ginjwt.JWT[C, P](token, many) }),
			panicOf(func() { _, _ = ginjwt.Verify[C, P](t.Context(), v, "") }),
		} {
			assert.Regexp(t, "^ginjwt: ", text)
			for _, s := range says {
				assert.Contains(t, text, s)
			}
		}
		issuer, _ := newIssuer(t)
		token2, err := issuer.Sign(P(new(C)))
		assert.Error(t, err)
		assert.Empty(t, token2)
	})
}

func TestClaimsTypesThatAreRefused(t *testing.T) {
	t.Parallel()
	requireBadShape[shadowsNBF](t, "a field named nbf", "shadowsNBF.NotBefore", `"nbf"`)
	requireBadShape[shadowsUpper](t, "a field named EXP", "shadowsUpper.Expiry", `"EXP"`)
	requireBadShape[shadowsFolded](t, "a field that folds to sub", "shadowsFolded.User")
	requireBadShape[shadowsIgnoredCase](t, "a field that ignores the letter case", "shadowsIgnoredCase.Expiry")
	requireBadShape[shadowsQuoted](t, "a name in quotes", "shadowsQuoted.Issuer")
	requireBadShape[shadowsEscaped](t, "a name with an escape")
	requireBadShape[shadowsEscapedMark](t, "a mark's name with an escape")
	requireBadShape[shadowsInBase](t, "a field of a base named aud", "Audience")
	requireBadShape[shadowsByEmbed](t, "a field of a base by option", "Audience")
	requireBadShape[shadowsFromAbove](t, "a field above Claims", "Scopes")
	requireBadShape[byPointer](t, "Claims by pointer", "by value")
	requireBadShape[bothWays](t, "Claims twice", "more than once")
	requireBadShape[baseByPointer](t, "a base by pointer", "by value")
	requireBadShape[named](t, "Claims under a name", "does not embed")
	requireBadShape[left](t, "Claims left out", "does not embed")
	requireBadShape[sharedNames](t, "a name twice", `"tenant"`)
	requireBadShape[sharedDeeply](t, "a name twice at two depths", `"tenant"`)
	requireBadShape[noName](t, "a field without a name", "noName.Tenant", `json:"tenant"`)
	requireBadShape[optionsOnly](t, "a field with options only", "optionsOnly.Tenant")
	requireBadShape[namedUnexported](t, "a name on an unexported field", "namedUnexported.tenant")
	requireBadShape[markTooDeep](t, "a mark too deep", `"cnf"`)
	requireBadShape[unreadable](t, "a tag that cannot be read", "decoded")
	requireBadShape[ownUnmarshal](t, "an UnmarshalJSON of its own", "UnmarshalJSON")
	requireBadShape[ownMarshal](t, "a MarshalJSON of its own", "MarshalJSON")
	requireBadShape[ownText](t, "an UnmarshalText of its own", "UnmarshalText")
	requireBadShape[promotedTime](t, "JSON methods of an embedded time", "MarshalJSON")
	requireBadShape[promotedDate](t, "JSON methods of an embedded date", "MarshalJSON")
	requireBadShape[elsewhere](t, "Registered of another field", "Registered")
	requireBadShape[ownCopy](t, "Registered of a copy", "Registered")
	requireBadShape[ownNil](t, "Registered of nothing", "Registered")
}

// All faults come at once.
func TestClaimsTypeFaultsTogether(t *testing.T) {
	t.Parallel()
	type many struct {
		ginjwt.Claims
		A string
		B string `json:"exp"`
		C string `json:"x"`
		D string `json:"'x'"`
	}
	text := panicOf(func() {
		ginjwt.JWT[many](ginjwt.OAuth2PasswordBearer("/token"), forgeVerifier(t, hmacForger(t).key, nil))
	})
	for _, s := range []string{"many.A", "many.B", "many.C", "many.D"} {
		assert.Contains(t, text, s)
	}
}

func TestVerifyPanicsWithoutAVerifier(t *testing.T) {
	t.Parallel()
	for _, v := range []*ginjwt.Verifier{nil, {}} {
		assert.Regexp(t, "^ginjwt: .*NewVerifier", panicOf(func() { _, _ = ginjwt.Verify[ginjwt.Claims](t.Context(), v, "") }))
		assert.Regexp(t, "^ginjwt: .*NewVerifier", panicOf(func() { ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), v) }))
	}
}

// The claims can also be written and read with encoding/json.
func TestClaimsUnderEncodingJSON(t *testing.T) {
	t.Parallel()
	in := tenancy{Tenant: "t", Claims: ginjwt.Claims{
		Issuer: "i", Subject: "s", Audience: ginjwt.NewAudience("a", "b"), Scope: "x y", JWTID: "j",
		ExpiresAt: ginjwt.NumericDate{Time: time.Unix(5, 250_000_000).UTC()}, IssuedAt: ginjwt.NewNumericDate(time.Unix(4, 9)),
	}}
	b, err := json.Marshal(&in)
	require.NoError(t, err)
	assert.JSONEq(t, `{"iss":"i","sub":"s","aud":["a","b"],"exp":5.25,"iat":4,"jti":"j","scope":"x y","tenant":"t"}`, string(b))
	var out tenancy
	require.NoError(t, json.Unmarshal(b, &out))
	assert.Equal(t, in, out)
	for _, bad := range []string{`{"exp":"5"}`, `{"exp":-1}`, `{"nbf":1e19}`, `{"aud":7}`, `{"aud":[""]}`, `{"aud":[null]}`} {
		assert.Error(t, json.Unmarshal([]byte(bad), &out), bad)
	}
	_, err = json.Marshal(ginjwt.NumericDate{Time: time.Unix(-1, 0)})
	assert.Error(t, err)
}

func TestAudienceCannotBeChanged(t *testing.T) {
	t.Parallel()
	values := []string{"a", "b"}
	audience := ginjwt.NewAudience(values...)
	values[0] = "x"
	audience.List()[1] = "x"
	assert.Equal(t, []string{"a", "b"}, audience.List())
	assert.True(t, audience.Has("a") && audience.Has("b"))
	assert.False(t, audience.Has("x") || audience.Has("") || ginjwt.NewAudience("").Has("") || ginjwt.NewAudience("", "x").Has(""))
	assert.True(t, ginjwt.Audience{}.IsZero() && ginjwt.NewAudience().IsZero() && ginjwt.NewAudience("").IsZero())
	one, err := json.Marshal(ginjwt.NewAudience("a"))
	require.NoError(t, err)
	assert.Equal(t, `"a"`, string(one))
}
