package ginjwttest

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/asn1"
	"encoding/base64"
	"maps"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// forger makes forgeries of one token.
type forger struct {
	t     testing.TB
	token string
	key   ginjwt.Key
	own   ginjwt.Key // the attacker's, of the same algorithm
	all   []Forgery
}

// add adds a forgery.
func (f *forger) add(name, token string) {
	f.all = append(f.all, Forgery{name, token})
}

// date returns a date claim of the token, or otherwise if it has none.
func (f *forger) date(name string, otherwise int64) int64 {
	v, _ := take(f.t, f.token, f.key).claims[name].(jsontext.Value)
	if seconds, err := strconv.ParseFloat(string(v), 64); err == nil {
		return int64(seconds)
	}
	return otherwise
}

// another returns a sub that is not the token's, for forgeries that claim to be
// somebody else.
func (f *forger) another() string {
	if v, _ := take(f.t, f.token, f.key).claims["sub"].(jsontext.Value); string(v) == `"admin"` {
		return "root"
	}
	return "admin"
}

// changed adds the token with another header or claims, signed with the key. A
// nil value takes a member out.
func (f *forger) changed(name string, header, claims map[string]any) {
	d := take(f.t, f.token, f.key)
	change(d.header, header)
	change(d.claims, claims)
	f.add(name, d.sign(f.t))
}

// change puts changes into members. A nil value takes a member out.
func change(members, changes map[string]any) {
	maps.Copy(members, changes)
	maps.DeleteFunc(members, func(_ string, v any) bool { return v == nil })
}

func (f *forger) parts() (header, payload, signature string) { return parts(f.token) }

// with returns the token with another header, given as changes, and signature.
func (f *forger) with(header map[string]any, signature string) string {
	d := take(f.t, f.token, f.key)
	change(d.header, header)
	_, payload, _ := f.parts()
	return b64(encode(f.t, d.header)) + "." + payload + "." + signature
}

// addEncoded adds the token of a header and a payload that are encoded already,
// signed with the key.
func (f *forger) addEncoded(name, header, payload string) {
	f.add(name, signedText(f.t, header+"."+payload, f.key))
}

// algorithms are those that need no key (RFC 8725 section 2.1), and those that
// are not the key's: whoever looks at the key alone takes them.
func (f *forger) algorithms() {
	_, _, signature := f.parts()
	for _, alg := range []string{"none", "None", "NONE", "nOnE"} {
		f.add("alg "+alg+", no signature", f.with(map[string]any{"alg": alg}, ""))
	}
	f.add("alg none, the signature kept", f.with(map[string]any{"alg": "none"}, signature))
	f.changed("alg none over a good signature", map[string]any{"alg": "none"}, nil)
	f.changed("alg empty", map[string]any{"alg": ""}, nil)
	f.changed("alg missing", map[string]any{"alg": nil}, nil)
	f.changed("alg a number", map[string]any{"alg": 256}, nil)
	f.changed("alg unknown", map[string]any{"alg": "XX256"}, nil)
	f.changed("alg of another family", map[string]any{"alg": otherFamily(f.key)}, nil)
	f.changed("alg in lower case", map[string]any{"alg": strings.ToLower(string(f.key.Algorithm()))}, nil)
}

// otherFamily returns an algorithm of another family than key's: for RSA that of
// the other padding, which the same key could verify.
func otherFamily(key ginjwt.Key) ginjwt.Algorithm {
	switch key.Public().(type) {
	case nil:
		return ginjwt.ES256
	case *rsa.PublicKey:
		if strings.HasPrefix(string(key.Algorithm()), "RS") {
			return ginjwt.PS256
		}
		return ginjwt.RS256
	}
	return ginjwt.HS256
}

// signatures are those that are not the token's.
func (f *forger) signatures() {
	header, payload, signature := f.parts()
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || len(raw) < 2 {
		f.t.Fatal("ginjwttest: this is no token to start from: it has no signature")
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
	d := take(f.t, f.token, f.own)
	d.claims["sub"] = f.another()
	f.add("another sub under the same signature", header+"."+b64(encode(f.t, d.claims))+"."+signature)
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

// spellings are other ways to write the same token: it has one (RFC 7515 section
// 2), or lists of revoked ones could be evaded.
func (f *forger) spellings() {
	header, payload, signature := f.parts()
	f.add("padding", header+"."+payload+"."+signature+"=")
	f.add("five parts", f.token+".AA.AA")
	f.add("a fourth part", f.token+".AA")
	f.add("10,000 dots behind it", f.token+strings.Repeat(".", 10_000))
	f.addEncoded("an empty header", "", payload)
	f.addEncoded("an empty payload", header, "")
	half := len(signature) / 2
	f.add("a character outside of the alphabet", header+"."+payload+"."+signature[:half]+"*"+signature[half:])
	if len(signature)%4 != 0 { // the last character has bits to spare
		f.add("other bits behind the signature", header+"."+payload+"."+signature[:len(signature)-1]+spare(signature[len(signature)-1]))
	}
	f.add("JSON instead of three parts", `{"payload":"`+payload+`","protected":"`+header+`","signature":"`+signature+`"}`)
	f.changed("100 KiB of claims", nil, map[string]any{"x": strings.Repeat("x", 100<<10)})
}

// spare returns last, a Base64url character whose lowest bit is not used and must
// be 0, with that bit set.
func spare(last byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[strings.IndexByte(alphabet, last)|1])
}
