package ginjwt_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// lentKey is a source of keys that says which one to sign with.
type lentKey struct{ ginjwt.Key }

func (k lentKey) SigningKey(context.Context) (ginjwt.Key, error) { return k.Key, nil }

// A source of keys is the program's own, and may be wrong about them. No half a
// token comes of that, and no panic.
func TestKeysThatCannotSign(t *testing.T) {
	t.Parallel()
	private := ginjwt.Must(ginjwt.GenerateKey(ginjwt.ES256))
	cases := map[string]struct {
		key  ginjwt.Key
		says string
	}{
		"a public key":            {ginjwt.Must(ginjwt.NewKey(ginjwt.ES256, private.Public())), "zero or public"},
		"no key":                  {ginjwt.Key{}, "zero or public"},
		"a key whose ID is bytes": {private.WithID("\xff"), "UTF-8"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{Keys: lentKey{tc.key}, Issuer: testIssuer, Audience: []string{testAudience}}))
			token, err := issuer.Sign(&ginjwt.Claims{Subject: "s"})
			assert.ErrorContains(t, err, "ginjwt: Sign: ")
			assert.ErrorContains(t, err, tc.says)
			assert.Empty(t, token)
		})
	}
}

type hidesSession struct {
	ginjwt.Claims
	Mine string `json:"sid"`
}

type hidesClient struct {
	ginjwt.Claims
	Mine string `json:"client_id"`
}

// A token must not lose what it came of, or nobody could revoke it.
func TestFieldsThatHideWhatATokenCameOf(t *testing.T) {
	t.Parallel()
	issuer, _ := newIssuer(t)
	ofSession, ofClient := &hidesSession{Mine: "mine"}, &hidesClient{Mine: "mine"}
	for _, claims := range []ginjwt.AnyClaims{ofSession, ofClient} {
		_, err := issuer.Sign(claims)
		assert.NoError(t, err, "nothing is hidden")
	}
	ofSession.SessionID, ofClient.ClientID = "s", "c"
	for _, claims := range []ginjwt.AnyClaims{ofSession, ofClient} {
		token, err := issuer.Sign(claims)
		assert.ErrorContains(t, err, "hides the SessionID or ClientID")
		assert.Empty(t, token)
	}
}
