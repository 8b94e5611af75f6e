//lint:file-ignore SA1019 the vectors give coordinates

package ginjwt_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// rfcClaims is the payload of RFC 7515 appendix A.1 to A.3, line ends and all.
const rfcClaims = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

// rfcVector is an example of an RFC.
type rfcVector struct {
	rule     string
	alg      ginjwt.Algorithm
	material any
	token    string
	json     bool // whether the payload is JSON; if not, a good signature is answered with ReasonClaims
}

func rfcVectors(t *testing.T) []rfcVector {
	t.Helper()
	number := func(s string) *big.Int { return new(big.Int).SetBytes(fromB64(t, s)) }
	rsaKey := &rsa.PublicKey{E: 65537, N: number("ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ")}
	ecKey := &ecdsa.PublicKey{Curve: elliptic.P256(), X: number("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"), Y: number("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")}
	ec521Key := &ecdsa.PublicKey{Curve: elliptic.P521(),
		X: number("AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk"),
		Y: number("ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2")}
	edKey := ed25519.PublicKey(fromB64(t, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"))
	return []rfcVector{
		{"RFC 7515 A.2", ginjwt.RS256, rsaKey, "eyJhbGciOiJSUzI1NiJ9." + rfcClaims + ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw", true},
		{"RFC 7515 A.3", ginjwt.ES256, ecKey, "eyJhbGciOiJFUzI1NiJ9." + rfcClaims + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q", true},
		{"RFC 7515 A.4", ginjwt.ES512, ec521Key, "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn", false},
		{"RFC 8037 A.4", ginjwt.EdDSA, edKey, "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg", false},
	}
}

func TestRFCVectors(t *testing.T) {
	t.Parallel()
	for _, vector := range rfcVectors(t) {
		t.Run(vector.rule, func(t *testing.T) {
			key, err := ginjwt.NewKey(vector.alg, vector.material)
			require.NoError(t, err)
			v := forgeVerifier(t, key, func(p *ginjwt.Policy) {
				p.Issuer, p.Audience, p.AnyAudience = "joe", nil, true
				p.Now = func() time.Time { return time.Unix(1300819379, 0) }
			})
			dot := strings.LastIndexByte(vector.token, '.') + 1
			bad := vector.token[:dot] + b64(flipped(decoded(t, vector.token[dot:]), 5))
			requireVerdict[ginjwt.Claims](t, v, bad, ginjwt.ReasonSignature)
			if !vector.json {
				requireVerdict[ginjwt.Claims](t, v, vector.token, ginjwt.ReasonClaims)
				return
			}
			claims, err := ginjwt.Verify[ginjwt.Claims](t.Context(), v, vector.token)
			require.NoError(t, err)
			assert.Equal(t, "joe", claims.Issuer)
			assert.Equal(t, int64(1300819380), claims.ExpiresAt.Unix())
		})
	}
}
