package ginjwt_test

import (
	"encoding/json"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// The marks of other kinds of tokens are no claims of the user's: they are read
// without complaint, whatever they are, and what they were is not written again.
func TestMarksOfOtherTokensUnderBothJSONPackages(t *testing.T) {
	t.Parallel()
	const in = `{"sub":"s","at_hash":"secret-1","c_hash":["secret-2"],"events":{"a":"secret-3"},"nonce":4,"cnf":null,"token_use":"id","typ":7}`
	const out = `{"sub":"s","at_hash":null,"c_hash":null,"events":null,"nonce":null,"cnf":null,"token_use":"id","typ":"7"}`
	for name, codec := range map[string]struct {
		unmarshal func([]byte, *ginjwt.Claims) error
		marshal   func(*ginjwt.Claims) ([]byte, error)
	}{
		"encoding/json": {
			func(b []byte, c *ginjwt.Claims) error { return json.Unmarshal(b, c) },
			func(c *ginjwt.Claims) ([]byte, error) { return json.Marshal(c) },
		},
		"json v2": {
			func(b []byte, c *ginjwt.Claims) error { return jsonv2.Unmarshal(b, c) },
			func(c *ginjwt.Claims) ([]byte, error) { return jsonv2.Marshal(c) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var claims ginjwt.Claims
			require.NoError(t, codec.unmarshal([]byte(in), &claims))
			assert.Equal(t, "s", claims.Subject)
			b, err := codec.marshal(&claims)
			require.NoError(t, err)
			assert.JSONEq(t, out, string(b))
		})
	}
}

func TestClaimsThatAreNoJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"exp":}`, `{"exp":01}`, `{"exp":1`, `{"aud":[`, `{"aud":["a"`, `{"aud":["a",]}`, `{"scope":}`, `{"typ":}`} {
		var claims ginjwt.Claims
		var syntax *jsontext.SyntacticError // and no word about what a claim has to be
		assert.ErrorAs(t, jsonv2.Unmarshal([]byte(text), &claims), &syntax, text)
		assert.Error(t, json.Unmarshal([]byte(text), &claims), text)
	}
}
