package ginjwttest_test

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net/http"
	"slices"
	"strings"

	v2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// naive is a verifier written by hand, one check for each rule. The rule off is
// taken out, as somebody would who does not know why it is there. Each of its
// checks stands alone: with one out, nothing else refuses what it was for.
type naive struct {
	off      string
	alg, kid string
	key      any // as golang-jwt verifies with it
	issuer   string
	audience string
	now      float64
}

// bad reports whether a rule refuses what it found.
func (n naive) bad(rule string, found bool) bool { return found && n.off != rule }

// lets reports whether rule is off, and found what it was for.
func (n naive) lets(rule string, found bool) bool { return found && n.off == rule }

func (n naive) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if !n.accepts(strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")) {
		w.WriteHeader(http.StatusUnauthorized)
	}
}

func (n naive) accepts(token string) bool {
	if n.lets("one serialization", strings.HasPrefix(token, "{")) {
		var flat struct{ Protected, Payload, Signature string }
		if json.Unmarshal([]byte(token), &flat) == nil {
			token = flat.Protected + "." + flat.Payload + "." + flat.Signature
		}
	}
	if n.bad("a size", len(token) > 64<<10) {
		return false
	}
	parts := strings.Split(token, ".")
	if n.lets("no unsecured token", len(parts) == 2) {
		return n.payload(parts[1])
	}
	if len(parts) < 3 || n.bad("three parts", len(parts) > 3) {
		return false
	}
	header, ok := n.object(parts[0])
	if !ok {
		return false
	}
	if header == nil {
		header = map[string]any{"alg": n.alg, "kid": n.kid}
	}
	return n.header(header) && n.signed(header, parts[0]+"."+parts[1], parts[2]) && n.payload(parts[1])
}

// decode decodes Base64url by its strictest form.
func (n naive) decode(part string) ([]byte, bool) {
	if n.off == "no padding" {
		part = strings.TrimRight(part, "=")
	}
	if n.off == "an alphabet" {
		part = strings.ReplaceAll(part, "*", "")
	}
	encoding := base64.RawURLEncoding.Strict()
	if n.off == "no spare bits" {
		encoding = base64.RawURLEncoding
	}
	raw, err := encoding.DecodeString(part)
	return raw, err == nil
}

// object reads one part's JSON. It is nil if there is none, and nobody minds.
func (n naive) object(part string) (map[string]any, bool) {
	raw, ok := n.decode(part)
	if !ok || n.bad("a depth", bytes.Count(raw, []byte("[")) > 100) {
		return nil, false
	}
	if n.lets("whole JSON", !bytes.HasSuffix(raw, []byte("}"))) {
		raw = append(raw, '}')
	}
	options := []v2.Options{jsontext.AllowDuplicateNames(n.off == "each member once"), jsontext.AllowInvalidUTF8(n.off == "UTF-8")}
	decoder := jsontext.NewDecoder(bytes.NewReader(raw), options...)
	value, err := decoder.ReadValue()
	value = slices.Clone(value)
	if n.off != "one value" {
		if _, more := decoder.ReadToken(); !errors.Is(more, io.EOF) {
			err = errors.New("more than one value")
		}
	}
	if n.lets("an object", err != nil || value.Kind() != '{') {
		if value.Kind() != '[' {
			return nil, true
		}
		value = bytes.Trim(value, "[]")
	}
	var members map[string]any
	if err == nil {
		err = v2.Unmarshal(value, &members, v2.JoinOptions(options...))
	}
	return members, err == nil && members != nil
}

func (n naive) header(h map[string]any) bool {
	_, crit := h["crit"]
	_, zip := h["zip"]
	kid, isText := h["kid"].(string)
	_, hasKid := h["kid"]
	typ, hasTyp := h["typ"]
	name, typIsText := typ.(string)
	known := []string{"at+jwt", "jwt"}
	elsewhere := n.off == "a kid is no path" || n.off == "a kid is no query"
	return !n.bad("crit is understood", crit) && !n.bad("no compression", zip) &&
		!n.bad("a kid is a text", hasKid && !isText) &&
		!n.bad("a kid is known", isText && kid != n.kid && !elsewhere) &&
		!n.bad("a typ is a text", hasTyp && !typIsText) &&
		!n.bad("a typ is known", typIsText && !slices.Contains(known, strings.ToLower(name)))
}

// signed verifies the signature of text.
func (n naive) signed(h map[string]any, text, part string) bool {
	signature, ok := n.decode(part)
	if !ok {
		return false
	}
	for rule, secret := range map[string]string{"no empty secret": "", "no sample secret": "secret"} {
		if n.off == rule && jwt.SigningMethodHS256.Verify(text, signature, []byte(secret)) == nil {
			return true
		}
	}
	alg, key := n.alg, n.key
	named, _ := h["alg"].(string)
	if n.lets("none is no algorithm", strings.EqualFold(named, "none")) || n.off == "a signature is right" {
		return true
	}
	if other, its := n.foreign(h, named); other != nil {
		alg, key = its, other
	} else if n.bad("an algorithm is the key's", named != n.alg) {
		return false
	}
	if alg == "HS256" {
		mac, err := jwt.SigningMethodHS256.Sign(text, key)
		if n.off == "a whole signature" {
			shorter := min(len(mac), len(signature))
			mac, signature = mac[:shorter], signature[:shorter]
		}
		return err == nil && bytes.Equal(mac, signature)
	}
	if public, ok := key.(*ecdsa.PublicKey); ok && len(signature) > 0 {
		signature = n.ecdsa(public, signature)
	}
	return signature == nil || jwt.GetSigningMethod(alg).Verify(text, signature, key) == nil
}

// ecdsa returns a signature in the form of JWS, or nil for one of zeros that
// nobody minds.
func (n naive) ecdsa(public *ecdsa.PublicKey, signature []byte) []byte {
	var der struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(signature, &der); n.lets("no DER", err == nil && len(rest) == 0) {
		return append(der.R.FillBytes(make([]byte, 32)), der.S.FillBytes(make([]byte, 32))...)
	}
	if n.off == "r and s are not 0" {
		r := new(big.Int).SetBytes(signature[:len(signature)/2])
		if r.Mod(r, public.Params().N).Sign() == 0 {
			return nil
		}
	}
	if n.off == "a whole signature" && len(signature) > 64 {
		return signature[:64]
	}
	return signature
}

// payload judges the claims.
func (n naive) payload(part string) bool {
	c, ok := n.object(part)
	return ok && (c == nil || n.dates(c) && n.names(c) && n.kind(c))
}

func (n naive) dates(c map[string]any) bool {
	exp, there := c["exp"]
	seconds, isNumber := exp.(float64)
	if n.lets("exp is a number", !isNumber) {
		seconds, isNumber = n.now+1, true
	}
	switch {
	case n.bad("exp is there", !there), n.bad("exp is there", there && !isNumber):
		return false
	case n.bad("exp 0 is a date", there && seconds == 0):
		return false
	case n.bad("exp has a range", seconds > 253402300799):
		return false
	case n.bad("exp is ahead", there && seconds != 0 && seconds <= n.now):
		return false
	}
	nbf, there := c["nbf"]
	seconds, isNumber = nbf.(float64)
	iat, _ := c["iat"].(float64)
	return !n.bad("nbf is a number", there && !isNumber) && !n.bad("nbf has a range", seconds > 253402300799) &&
		!n.bad("nbf is past", seconds > n.now && seconds < 253402300799) && !n.bad("iat is past", iat > n.now)
}

func (n naive) names(c map[string]any) bool {
	text := func(name string) (value string, there, ok bool) {
		v, there := c[name]
		value, ok = v.(string)
		return value, there, ok
	}
	iss, hasIss, issOK := text("iss")
	sub, hasSub, subOK := text("sub")
	_, hasScope, scopeOK := text("scope")
	aud, hasAud := c["aud"]
	var audience []any
	switch aud := aud.(type) {
	case string:
		audience = []any{aud}
	case []any:
		audience = aud
	}
	return !n.bad("iss is there", !hasIss) && !n.bad("iss is a text", hasIss && !issOK) &&
		!n.bad("iss is ours", issOK && iss != n.issuer) &&
		!n.bad("aud is there", !hasAud) && !n.bad("aud is text", hasAud && audience == nil) &&
		!n.bad("aud is not empty", hasAud && audience != nil && len(audience) == 0) &&
		!n.bad("aud is ours", len(audience) > 0 && !slices.Contains(audience, any(n.audience))) &&
		!n.bad("sub is a text", hasSub && !subOK) && !n.bad("sub is not empty", subOK && sub == "") &&
		!n.bad("scope is a text", hasScope && !scopeOK)
}

func (n naive) kind(c map[string]any) bool {
	has := func(name string) bool { _, ok := c[name]; return ok }
	typ, _ := c["typ"].(string)
	return !n.bad("an ID token is none", has("at_hash") || has("nonce") && !has("scope") || typ == "ID" || c["token_use"] == "id") &&
		!n.bad("a logout token is none", has("events")) && !n.bad("a refresh token is none", typ == "Refresh") &&
		!n.bad("a bound token needs a proof", has("cnf"))
}

// newNaive returns a naive verifier of tokens for audience, signed with key.
func newNaive(off string, key ginjwt.Key, verifies any, issuer, audience string, now int64) naive {
	return naive{off, string(key.Algorithm()), key.ID(), verifies, issuer, audience, float64(now)}
}
