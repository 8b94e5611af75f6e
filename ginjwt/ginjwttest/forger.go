package ginjwttest

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"maps"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// forger makes forgeries of one token.
type forger struct {
	t     testing.TB
	token string
	key   ginjwt.Key
	now   int64 // by the token
	all   []Forgery
}

func (f *forger) add(name, token string) {
	f.all = append(f.all, Forgery{name, token})
}

func (f *forger) issuedAt() int64 {
	if iat, ok := take(f.t, f.token, f.key).claims["iat"].(float64); ok {
		return int64(iat)
	}
	return time.Now().Unix()
}

// changed adds the token with another header or claims, signed with the key. A
// nil value takes a member out.
func (f *forger) changed(name string, header, claims map[string]any) {
	d := take(f.t, f.token, f.key)
	change(d.header, header)
	change(d.claims, claims)
	f.add(name, d.sign(f.t))
}

func change(members, changes map[string]any) {
	maps.Copy(members, changes)
	maps.DeleteFunc(members, func(_ string, v any) bool { return v == nil })
}

func (f *forger) parts() (header, payload, signature string) { return parts(f.token) }

func b64(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// with returns the token with another header, given as changes, and signature.
func (f *forger) with(header map[string]any, signature string) string {
	d := take(f.t, f.token, f.key)
	change(d.header, header)
	_, payload, _ := f.parts()
	return b64(encode(f.t, d.header)) + "." + payload + "." + signature
}

// algorithms are those that need no key (RFC 8725 section 2.1).
func (f *forger) algorithms() {
	_, _, signature := f.parts()
	for _, alg := range []string{"none", "None", "NONE", "nOnE"} {
		f.add("alg "+alg+", no signature", f.with(map[string]any{"alg": alg}, ""))
	}
	f.add("alg none, the signature kept", f.with(map[string]any{"alg": "none"}, signature))
	f.add("alg empty", f.with(map[string]any{"alg": ""}, signature))
	f.add("alg missing", f.with(map[string]any{"alg": nil}, signature))
	f.add("alg a number", f.with(map[string]any{"alg": 256}, signature))
	f.add("alg unknown", f.with(map[string]any{"alg": "XX256"}, signature))
}

// signatures are those that are not the token's.
func (f *forger) signatures() {
	header, payload, signature := f.parts()
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil {
		f.t.Fatalf("ginjwttest: this is no token to start from: %v", err)
	}
	with := func(name string, signature []byte) {
		f.add(name, header+"."+payload+"."+base64.RawURLEncoding.EncodeToString(signature))
	}
	f.add("no signature", header+"."+payload+".")
	f.add("no signature and no dot before it", header+"."+payload)
	flipped := append([]byte{raw[0] ^ 1}, raw[1:]...)
	with("one bit of the signature changed", flipped)
	with("half a signature", raw[:len(raw)/2])
	with("a signature with more behind it", append(append([]byte{}, raw...), 0))
	with("a signature of zeros", make([]byte, len(raw)))
	d := take(f.t, f.token, f.key)
	d.claims["sub"] = "admin"
	f.add("another sub under the same signature", header+"."+b64(encode(f.t, d.claims))+"."+signature)
	d.key = ginjwt.Must(ginjwt.GenerateKey(f.key.Algorithm()))
	f.add("signed with another key", d.sign(f.t))
	if public, ok := f.key.Public().(*ecdsa.PublicKey); ok { // ECDSA has two forms
		half := len(raw) / 2
		der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(raw[:half]), new(big.Int).SetBytes(raw[half:])})
		if err == nil {
			with("an ECDSA signature as DER", der)
		}
		order := public.Params().N.FillBytes(make([]byte, half))
		with("an ECDSA signature whose r and s are the order", append(append([]byte{}, order...), order...))
	}
}

// foreignKeys are tokens that bring a key, or make a secret of a public one.
func (f *forger) foreignKeys() {
	mac := func(name string, secret []byte, header map[string]any) {
		d := take(f.t, f.token, f.key)
		change(d.header, map[string]any{"alg": "HS256"})
		change(d.header, header)
		d.claims["sub"] = "admin"
		text := b64(encode(f.t, d.header)) + "." + b64(encode(f.t, d.claims))
		h := hmac.New(sha256.New, secret)
		h.Write([]byte(text))
		f.add(name, text+"."+base64.RawURLEncoding.EncodeToString(h.Sum(nil)))
	}
	mac("HS256 with an empty secret", nil, nil)
	mac("HS256 with the secret \"secret\"", []byte("secret"), nil)
	mac("a kid that names an empty file", nil, map[string]any{"kid": "../../../../dev/null"})
	mac("a kid that is SQL", []byte("k"), map[string]any{"kid": "' UNION SELECT 'k"})
	if public := f.key.Public(); public != nil {
		der, err := x509.MarshalPKIXPublicKey(public)
		if err != nil {
			f.t.Fatalf("ginjwttest: %v", err)
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
		mac("HS256 with the public key's PEM as the secret", text, nil)
		mac("HS256 with that without its line end", []byte(strings.TrimSpace(string(text))), nil)
		mac("HS256 with the public key's DER as the secret", der, nil)
	}
	own := ginjwt.Must(ginjwt.GenerateKey(ginjwt.EdDSA))
	bring := func(name string, header map[string]any) {
		d := take(f.t, f.token, own)
		d.claims["sub"] = "admin"
		change(d.header, map[string]any{"alg": "EdDSA"})
		change(d.header, header)
		f.add(name, d.sign(f.t))
	}
	jwk := map[string]any{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": base64.RawURLEncoding.EncodeToString(own.Public().(ed25519.PublicKey))}
	bring("the key in the header (jwk)", map[string]any{"jwk": jwk})
	bring("the key at a URL of the header (jku)", map[string]any{"jku": "http://127.0.0.1:1/keys"})
	bring("a certificate in the header (x5c)", map[string]any{"x5c": []string{"AA=="}})
	bring("a certificate at a URL of the header (x5u)", map[string]any{"x5u": "http://127.0.0.1:1/cert"})
	if _, isRSA := f.key.Public().(*rsa.PublicKey); isRSA {
		f.add("PSS named for an RSA key of another algorithm", f.with(map[string]any{"alg": otherRSA(f.key.Algorithm())}, "AA"))
	}
}

func otherRSA(alg ginjwt.Algorithm) string {
	if alg == ginjwt.PS256 {
		return "RS256"
	}
	return "PS256"
}

// spellings are other ways to write the same token: it has one (RFC 7515 section
// 2), or lists of revoked ones could be evaded.
func (f *forger) spellings() {
	header, payload, signature := f.parts()
	f.add("padding", header+"."+payload+"."+signature+"=")
	f.add("five parts", f.token+".AA.AA")
	f.add("a fourth part", f.token+".AA")
	f.add("an empty header", "."+payload+"."+signature)
	f.add("an empty payload", header+".."+signature)
	f.add("a character outside of the alphabet", header+"."+payload+"."+signature[:len(signature)-1]+"*")
	f.add("JSON instead of three parts", `{"payload":"`+payload+`","protected":"`+header+`","signature":"`+signature+`"}`)
	f.add("100 KiB of dots", strings.Repeat(".", 100<<10))
	f.add("100 KiB of signature", header+"."+payload+"."+strings.Repeat("A", 100<<10))
}
