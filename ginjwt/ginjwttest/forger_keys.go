package ginjwttest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	_ "crypto/sha256" // for crypto.Hash
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/MicahParks/jwkset"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// hashes are those of the algorithms with a secret.
var hashes = map[ginjwt.Algorithm]crypto.Hash{ginjwt.HS256: crypto.SHA256, ginjwt.HS384: crypto.SHA384, ginjwt.HS512: crypto.SHA512}

// secrets are tokens under a secret that anybody can tell.
func (f *forger) secrets() {
	alg, hash := f.key.Algorithm(), hashes[f.key.Algorithm()]
	if hash == 0 {
		alg, hash = ginjwt.HS256, crypto.SHA256
	}
	mac := func(name string, secret []byte, header map[string]any) {
		d := take(f.t, f.token, f.key)
		change(d.header, map[string]any{"alg": alg})
		change(d.header, header)
		d.claims["sub"] = f.another()
		text := b64(encode(f.t, d.header)) + "." + b64(encode(f.t, d.claims))
		h := hmac.New(hash.New, secret)
		h.Write([]byte(text))
		f.add(name, text+"."+base64.RawURLEncoding.EncodeToString(h.Sum(nil)))
	}
	mac("HMAC with an empty secret", nil, nil)
	mac("HMAC with the secret \"secret\"", []byte("secret"), nil)
	mac("a kid that names an empty file", nil, map[string]any{"kid": "../../../../dev/null"})
	mac("a kid that is SQL", []byte("k"), map[string]any{"kid": "' UNION SELECT 'k"})
	public := f.key.Public()
	if public == nil {
		return
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		f.t.Fatalf("ginjwttest: %v", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	mac("HMAC with the public key's PEM as the secret", text, nil)
	mac("HMAC with that without its line end", []byte(strings.TrimSpace(string(text))), nil)
	mac("HMAC with the public key's DER as the secret", der, nil)
}

// brought are tokens that bring the key that they are signed with, or say where
// it is (RFC 8725 section 3.10). It is there until the test is over, so that
// whoever looks finds it.
func (f *forger) brought() {
	own := f.own
	if own.Public() == nil { // there is none to bring of a secret
		own = ginjwt.Must(ginjwt.GenerateKey(ginjwt.ES256))
	}
	jwk, cert := f.asJWK(own), f.certificate(own)
	keys := http.NewServeMux()
	keys.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/jwk-set+json")
		_, _ = w.Write([]byte(`{"keys":[` + string(jwk) + `]}`))
	})
	keys.HandleFunc("/cert", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}))
	})
	server := httptest.NewServer(keys)
	f.t.Cleanup(server.Close)
	bring := func(name, member string, value any) {
		d := take(f.t, f.token, own)
		d.claims["sub"] = f.another()
		change(d.header, map[string]any{"alg": own.Algorithm(), member: value})
		f.add(name, d.sign(f.t))
	}
	bring("the key in the header (jwk)", "jwk", jwk)
	bring("the key at a URL of the header (jku)", "jku", server.URL+"/keys")
	bring("a certificate in the header (x5c)", "x5c", []string{base64.StdEncoding.EncodeToString(cert)})
	bring("a certificate at a URL of the header (x5u)", "x5u", server.URL+"/cert")
}

// asJWK returns the public key of own under the ID that the token has.
func (f *forger) asJWK(own ginjwt.Key) json.RawMessage {
	jwk, err := jwkset.NewJWKFromKey(own.Public(), jwkset.JWKOptions{Metadata: jwkset.JWKMetadataOptions{
		ALG: jwkset.ALG(own.Algorithm()), KID: f.key.ID(), USE: jwkset.UseSig,
	}})
	if err != nil {
		f.t.Fatalf("ginjwttest: %v", err)
	}
	raw, err := json.Marshal(jwk.Marshal())
	if err != nil {
		f.t.Fatalf("ginjwttest: %v", err)
	}
	return raw
}

// certificate returns one of own, by an authority that nobody knows.
func (f *forger) certificate(own ginjwt.Key) []byte {
	authority, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.t.Fatalf("ginjwttest: %v", err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, own.Public(), authority)
	if err != nil {
		f.t.Fatalf("ginjwttest: %v", err)
	}
	return der
}
