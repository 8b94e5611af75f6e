package ginjwt_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

func TestKeysAreEqual(t *testing.T) {
	t.Parallel()
	secret := randomSecret(t, 64)
	of := func(alg ginjwt.Algorithm, material any) ginjwt.Key {
		key, err := ginjwt.NewKey(alg, material)
		require.NoError(t, err)
		return key
	}
	hmac := of(ginjwt.HS256, secret)
	ecdsa, err := ginjwt.GenerateKey(ginjwt.ES256)
	require.NoError(t, err)
	rsa, err := ginjwt.GenerateKey(ginjwt.RS256)
	require.NoError(t, err)
	cases := map[string]struct {
		one, other ginjwt.Key
		equal      bool
	}{
		"the same secret":                     {hmac, of(ginjwt.HS256, string(secret)), true},
		"the same secret, another ID":         {hmac.WithID("a"), hmac.WithID("b"), true},
		"the same secret, another algorithm":  {hmac, of(ginjwt.HS512, secret), false},
		"another secret":                      {hmac, of(ginjwt.HS256, randomSecret(t, 64)), false},
		"the beginning of the secret":         {hmac, of(ginjwt.HS256, secret[:63]), false},
		"a private key and its public one":    {ecdsa, of(ginjwt.ES256, ecdsa.Public()), true},
		"the same public key, another ID":     {ecdsa.WithID("a"), of(ginjwt.ES256, ecdsa.Public()).WithID("b"), true},
		"the same RSA key, another algorithm": {rsa, of(ginjwt.PS256, rsa.Public()), false},
		"a secret and a public key":           {hmac, ecdsa, false},
		"no keys":                             {ginjwt.Key{}, ginjwt.Key{}, true},
		"no key and a key":                    {ginjwt.Key{}, hmac, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tc.equal, tc.one.Equal(tc.other))
			assert.Equal(t, tc.equal, tc.other.Equal(tc.one))
		})
	}
}
