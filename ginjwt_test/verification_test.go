package ginjwt_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

var allAlgorithms = []ginjwt.Algorithm{
	ginjwt.HS256, ginjwt.HS384, ginjwt.HS512, ginjwt.RS256, ginjwt.RS384, ginjwt.RS512,
	ginjwt.PS256, ginjwt.PS384, ginjwt.PS512, ginjwt.ES256, ginjwt.ES384, ginjwt.ES512, ginjwt.EdDSA,
}

// One key is for one algorithm: no other one verifies with it, though the
// material would do (RFC 8725 section 3.1).
func TestVerifyBindsKeysToOneAlgorithm(t *testing.T) {
	t.Parallel()
	for _, bound := range allAlgorithms {
		v := forgeVerifier(t, forgerFor(t, bound).key, nil)
		set := forgeVerifier(t, ginjwt.Keys(forgerFor(t, bound).key), nil)
		for _, used := range allAlgorithms {
			f := forgerFor(t, used)
			token := f.token(t, f.headerOf(""), goodPayload(""))
			want := ginjwt.ReasonKey
			if used == bound {
				want = ""
			}
			t.Run(fmt.Sprintf("a key for %s and a token with %s", bound, used), func(t *testing.T) {
				requireVerdict[ginjwt.Claims](t, v, token, want)
				requireVerdict[ginjwt.Claims](t, set, token, want)
			})
		}
	}
}

func TestVerifyRefusesChangedTokens(t *testing.T) {
	t.Parallel()
	for _, alg := range allAlgorithms {
		t.Run(string(alg), func(t *testing.T) {
			t.Parallel()
			f := forgerFor(t, alg)
			v := forgeVerifier(t, f.key, nil)
			parts := strings.Split(f.token(t, f.headerOf(""), goodPayload("")), ".")
			requireVerdict[ginjwt.Claims](t, v, strings.Join(parts, "."), "")
			changed := b64(goodPayload(`,"scope":"admin"`))
			requireVerdict[ginjwt.Claims](t, v, parts[0]+"."+changed+"."+parts[2], ginjwt.ReasonSignature)
			header := b64(f.headerOf(`,"x":1`))
			requireVerdict[ginjwt.Claims](t, v, header+"."+parts[1]+"."+parts[2], ginjwt.ReasonSignature)
			signature := decoded(t, parts[2])
			for _, i := range []int{0, len(signature) / 2, len(signature) - 1} {
				bad := parts[0] + "." + parts[1] + "." + b64(flipped(signature, i))
				requireVerdict[ginjwt.Claims](t, v, bad, ginjwt.ReasonSignature)
			}
			for _, bad := range []string{strings.Repeat("\x00", len(signature)), signature[1:], signature + "\x00", "\x00" + signature} {
				requireVerdict[ginjwt.Claims](t, v, parts[0]+"."+parts[1]+"."+b64(bad), ginjwt.ReasonSignature)
			}
		})
	}
}

// The checks come in an order that tells a forger nothing: each of these
// tokens has everything wrong that comes later, too.
func TestVerifyOrder(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	wrong := newForger(t, ginjwt.HS256, []byte(strings.Repeat("another secret ", 5)))
	v := forgeVerifier(t, f.key, func(p *ginjwt.Policy) { p.MaxTokenBytes = 1000 })
	expired := `{"iss":"x","exp":1,"nbf":"x"`
	cases := []struct {
		rule, token string
		want        ginjwt.Reason
	}{
		{"size before the parts", strings.Repeat("a.\n", 400), ginjwt.ReasonTooLarge},
		{"parts before the header", f.segments(t, b64(`{}`), "x") + ".y", ginjwt.ReasonMalformed},
		{"the header before the algorithm", wrong.token(t, `{"alg":"none","crit":[]}`, expired), ginjwt.ReasonHeader},
		{"the algorithm before typ", wrong.token(t, `{"alg":"none","typ":"x","kid":"x"}`, expired), ginjwt.ReasonAlgorithm},
		{"typ before the key", wrong.token(t, `{"alg":"HS256","typ":"x","kid":"x"}`, expired), ginjwt.ReasonType},
		{"the key before the signature", wrong.token(t, `{"alg":"HS256","kid":"x"}`, expired), ginjwt.ReasonKey},
		{"the signature before the payload's Base64", wrong.segments(t, b64(`{"alg":"HS256"}`), "AB"), ginjwt.ReasonSignature},
		{"the signature before the JSON", wrong.token(t, `{"alg":"HS256"}`, expired), ginjwt.ReasonSignature},
		{"the signature before exp", wrong.token(t, `{"alg":"HS256"}`, payloadWithout("exp", `,"exp":1`)), ginjwt.ReasonSignature},
		{"the JSON before the issuer", f.token(t, `{"alg":"HS256"}`, `{"iss":"x","exp":"1"}`), ginjwt.ReasonClaims},
		{"the issuer before exp", f.token(t, `{"alg":"HS256"}`, `{"iss":"x","exp":1}`), ginjwt.ReasonIssuer},
		{"the audience before exp", f.token(t, `{"alg":"HS256"}`, `{"iss":"`+testIssuer+`","exp":1}`), ginjwt.ReasonAudience},
		{"exp last", f.token(t, `{"alg":"HS256"}`, payloadWithout("exp", `,"exp":1`)), ginjwt.ReasonExpired},
	}
	for _, tc := range cases {
		t.Run(tc.rule, func(t *testing.T) {
			requireVerdict[ginjwt.Claims](t, v, tc.token, tc.want)
			requireVerdict[marked](t, v, tc.token, tc.want)
		})
	}
}

// The client learns whether a good token expired, and nothing else.
func TestVerifyAnswersAlikeThroughGin(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	wrong := newForger(t, ginjwt.HS256, []byte(strings.Repeat("another secret ", 5)))
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), forgeVerifier(t, f.key, nil))
	r := newEngine()
	r.GET("/", ginjwt.Handle(claims, func(c *gin.Context, cl ginjwt.Claims) { c.String(http.StatusOK, cl.Subject) }))
	const invalid, expired = "The access token is invalid", "The access token expired"
	past := payloadWithout("exp", `,"exp":1`)
	cases := []struct{ rule, token, description string }{
		{"expired", f.token(t, f.headerOf(""), past), expired},
		{"expired and a bad signature", wrong.token(t, f.headerOf(""), past), invalid},
		{"expired and another issuer's", f.token(t, f.headerOf(""), `{"iss":"x","aud":"`+testAudience+`","exp":1}`), invalid},
		{"a bad signature", wrong.token(t, f.headerOf(""), goodPayload("")), invalid},
		{"no token of ours at all", "abc", invalid},
		{"alg none", b64(`{"alg":"none"}`) + "." + b64(goodPayload("")) + ".AA", invalid},
		{"bound", f.token(t, f.headerOf(""), goodPayload(`,"cnf":{}`)), invalid},
	}
	assert.Equal(t, "alice", get(r, "/", f.token(t, f.headerOf(""), goodPayload(""))).Body.String())
	for _, tc := range cases {
		t.Run(tc.rule, func(t *testing.T) {
			w := get(r, "/", tc.token)
			require.Equal(t, http.StatusUnauthorized, w.Code)
			assert.Equal(t, []string{`Bearer realm="api", error="invalid_token", error_description="` + tc.description + `"`},
				w.Header().Values("WWW-Authenticate"))
			assert.Equal(t, `{"detail":"Could not validate credentials"}`, w.Body.String())
		})
	}
}

// A refused token leaves nothing behind in the user's own claims either.
func TestVerifyReturnsNothingOfARefusedToken(t *testing.T) {
	t.Parallel()
	type rich struct {
		ginjwt.Claims
		Roles []string       `json:"roles"`
		Rest  map[string]any `json:",embed"`
	}
	f := hmacForger(t)
	v := forgeVerifier(t, f.key, nil)
	for _, claims := range []string{`,"exp":1`, `,"exp":"x"`, `,"exp":1800000600,"cnf":{}`, `,"exp":1800000600,"roles":["a",1]`} {
		token := f.token(t, f.headerOf(""), payloadWithout("exp", `,"roles":["admin"],"y":1`+claims))
		got, err := ginjwt.Verify[rich](t.Context(), v, token)
		require.Error(t, err)
		assert.Zero(t, got)
	}
}
