package ginjwt_test

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

type keyFile struct {
	name    string
	alg     ginjwt.Algorithm
	text    []byte
	private bool
}

// keyFiles returns a PEM text of each form that KeyFromPEM reads.
func keyFiles(t testing.TB) []keyFile {
	t.Helper()
	r, e, ed := rsaOf(t, 2048), ecdsaOf(t, ginjwt.ES256), ed25519Of(t)
	text := func(kind string, der []byte, err error) []byte {
		require.NoError(t, err)
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	}
	pkcs8 := func(k any) []byte { der, err := x509.MarshalPKCS8PrivateKey(k); return text("PRIVATE KEY", der, err) }
	pkixOf := func(k any) []byte { der, err := x509.MarshalPKIXPublicKey(k); return text("PUBLIC KEY", der, err) }
	sec1, err := x509.MarshalECPrivateKey(e)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "x"}, NotAfter: time.Unix(forgeNow, 0)}
	cert, certErr := x509.CreateCertificate(rand.Reader, template, template, &e.PublicKey, e)
	return []keyFile{
		{"PKCS 8 RSA", ginjwt.RS256, pkcs8(r), true},
		{"PKCS 8 EC", ginjwt.ES256, pkcs8(e), true},
		{"PKCS 8 Ed25519", ginjwt.EdDSA, pkcs8(ed), true},
		{"PKCS 1 private", ginjwt.PS256, text("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(r), nil), true},
		{"PKCS 1 public", ginjwt.RS512, text("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&r.PublicKey), nil), false},
		{"SEC 1", ginjwt.ES256, text("EC PRIVATE KEY", sec1, err), true},
		{"PKIX RSA", ginjwt.RS256, pkixOf(&r.PublicKey), false},
		{"PKIX EC", ginjwt.ES256, pkixOf(&e.PublicKey), false},
		{"PKIX Ed25519", ginjwt.EdDSA, pkixOf(ed.Public()), false},
		{"a certificate", ginjwt.ES256, text("CERTIFICATE", cert, certErr), false},
	}
}

func TestKeyFromPEM(t *testing.T) {
	t.Parallel()
	for _, f := range keyFiles(t) {
		t.Run(f.name, func(t *testing.T) {
			key, err := ginjwt.KeyFromPEM(f.alg, f.text)
			require.NoError(t, err)
			assert.Equal(t, f.alg, key.Algorithm())
			assert.NotEmpty(t, key.ID())
			_, err = ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: key, Issuer: testIssuer, Audience: []string{testAudience}})
			if f.private {
				requireSigns(t, key)
			} else {
				require.ErrorContains(t, err, "public key")
			}
			for _, alg := range []ginjwt.Algorithm{ginjwt.HS256, ginjwt.ES512, "none"} {
				key, err := ginjwt.KeyFromPEM(alg, f.text)
				requireRefusedKey(t, key, err, "")
			}
		})
	}
}

func TestKeyFromPEMRefuses(t *testing.T) {
	t.Parallel()
	files := keyFiles(t)
	rsaText, ecText, weak := files[0].text, files[5].text, rsaOf(t, 1024)
	block, _ := pem.Decode(rsaText)
	encode := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	cases := []struct {
		rule string
		alg  ginjwt.Algorithm
		text []byte
		says string
	}{
		{"nothing", ginjwt.RS256, nil, "no PEM block"},
		{"no PEM", ginjwt.RS256, []byte("secret"), "no PEM block"},
		{"cut off", ginjwt.RS256, rsaText[:len(rsaText)/2], "no PEM block"},
		{"DER", ginjwt.RS256, block.Bytes, "no PEM block"},
		{"two keys", ginjwt.RS256, append(append([]byte{}, rsaText...), ecText...), "more than one key"},
		{"the same key twice", ginjwt.RS256, append(append([]byte{}, rsaText...), rsaText...), "more than one key"},
		{"an unknown block", ginjwt.RS256, encode("OPENSSH PRIVATE KEY", block.Bytes), "is no key"},
		{"an encrypted key", ginjwt.RS256, encode("ENCRYPTED PRIVATE KEY", block.Bytes), "encrypted"},
		{"a private key called public", ginjwt.RS256, encode("PUBLIC KEY", block.Bytes), "cannot be parsed"},
		{"no key in the block", ginjwt.RS256, encode("PRIVATE KEY", []byte("secret")), "cannot be parsed"},
		{"an EC key for RS256", ginjwt.RS256, ecText, "*ecdsa.PrivateKey"},
		{"an RSA key of 1024 bits", ginjwt.RS256, encode("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(weak)), "at least 2048"},
	}
	for _, tc := range cases {
		t.Run(tc.rule, func(t *testing.T) {
			key, err := ginjwt.KeyFromPEM(tc.alg, tc.text)
			requireRefusedKey(t, key, err, tc.says)
		})
	}
	_, err := ginjwt.KeyFromPEM(ginjwt.RS256, encode("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(weak)), ginjwt.InsecureShortKey())
	require.NoError(t, err)
}

// openssl ecparam writes the curve in a block of its own before the key.
func TestKeyFromPEMSkipsParameters(t *testing.T) {
	t.Parallel()
	ecText := keyFiles(t)[5].text
	parameters := pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS", Bytes: []byte{6, 8, 42, 134, 72, 206, 61, 3, 1, 7}})
	key, err := ginjwt.KeyFromPEM(ginjwt.ES256, []byte(strings.ReplaceAll(string(parameters)+string(ecText), "\n", "\r\n")))
	require.NoError(t, err)
	requireSigns(t, key)
	_, err = ginjwt.KeyFromPEM(ginjwt.ES256, parameters)
	require.ErrorContains(t, err, "no PEM block")
}
