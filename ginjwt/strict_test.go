package ginjwt

import (
	"fmt"
	"strings"
	"sync"
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

// The memory of headers is bounded, and is used by many requests at once.
func TestRememberedHeadersAreBounded(t *testing.T) {
	t.Parallel()
	var r remembered
	assert.Nil(t, r.find("x"))
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 1000 {
				name := fmt.Sprint(g, i)
				r.add(name, &header{kid: name})
				if h := r.find(name); h != nil {
					assert.Equal(t, name, h.kid)
				}
			}
		})
	}
	wg.Wait()
	r.add("last", &header{kid: "last"})
	assert.Equal(t, "last", r.find("last").kid)
	assert.LessOrEqual(t, len(*r.m.Load()), maxRemembered)
}

func TestIsObjectCountsDepth(t *testing.T) {
	t.Parallel()
	nest := func(n int) string {
		return strings.Repeat(`{"a":`, n-1) + "{}" + strings.Repeat("}", n-1)
	}
	for text, want := range map[string]bool{
		"": false, " ": false, "[]": false, "null": false, "{}": true, " \t\r\n{}": true, "\v{}": false, "\ufeff{}": false,
		nest(32): true, nest(33): false, nest(5000): false,
		`{"a":` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `}`: true,
		`{"a":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`: false,
		`{"a":"` + strings.Repeat("[", 100) + `"}`:                        true,
		`{"a":` + strings.Repeat("[", 40):                                 false,
	} {
		assert.Equal(t, want, isObject([]byte(text)), "%.60s", text)
	}
}

// What an attacker sends costs no more if it holds many brackets: the look at
// the depth must not look for repeated members.
func TestDepthIsCheapToLookAt(t *testing.T) {
	var members strings.Builder
	for i := range 500 {
		fmt.Fprintf(&members, `"m%d":0,`, i)
	}
	object := []byte(`{` + members.String() + `"x":"` + strings.Repeat("[", 40) + `"}`)
	require.True(t, isObject(object))
	assert.Less(t, testing.AllocsPerRun(10, func() { isObject(object) }), 50.0)
	segment := strictBase64.EncodeToString(object)
	assert.Less(t, testing.AllocsPerRun(10, func() { _, _ = parseHeader(segment) }), 10.0)
}
