package ginjwt

import (
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The secret of RFC 7515 appendix A.1 is refused as a key, for everybody knows
// it, so the example is checked below the place where keys are made.
func TestRFC7515A1(t *testing.T) {
	t.Parallel()
	secret, err := strictBase64.DecodeString("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
	require.NoError(t, err)
	_, err = NewKey(HS256, secret)
	require.ErrorContains(t, err, "published sample")
	key, err := keyAnyway(HS256, secret)
	require.NoError(t, err)
	const token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	s, reason := split(token, 1000)
	require.Empty(t, reason)
	h, reason := parseHeader(s.header)
	require.Empty(t, reason)
	assert.Equal(t, &header{alg: HS256, typ: "jwt"}, h)
	assert.Empty(t, checkSignature(key, s))
	s.signed += "x"
	assert.Equal(t, ReasonSignature, checkSignature(key, s))
}

// keyAnyway returns a key of a secret that NewKey refuses.
func keyAnyway(alg Algorithm, secret []byte) (Key, error) {
	key, err := NewKey(alg, []byte(strings.Repeat("a secret that nobody has printed", 2)))
	if err == nil {
		method := methods[alg].(*jwt.SigningMethodHMAC)
		key.material.verify = hmacVerifier(method.Hash, secret)
	}
	return key, err
}
