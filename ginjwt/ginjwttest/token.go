package ginjwttest

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/internal/override"
)

// A Signer signs tokens: a *ginjwt.Issuer, or an Issuer of this package.
type Signer interface {
	Sign(claims ginjwt.AnyClaims) (string, error)
}

// configured is a Signer that says how it signs, as both kinds of issuer do.
type configured interface{ Config() ginjwt.IssuerConfig }

// Token returns a token of issuer with claims, a pointer to ginjwt.Claims or to a
// struct that embeds them. With flaws it is a bad one.
func Token(t testing.TB, issuer Signer, claims ginjwt.AnyClaims, flaws ...Flaw) string {
	t.Helper()
	token, err := issuer.Sign(claims)
	if err != nil {
		t.Fatalf("ginjwttest: Token: %v", err)
	}
	if len(flaws) == 0 {
		return token
	}
	c, ok := issuer.(configured)
	if !ok {
		t.Fatalf("ginjwttest: Token: a %T does not say how it signs, so its token cannot be made bad", issuer)
	}
	cfg := c.Config()
	d := take(t, token, signingKey(t, cfg))
	for _, flaw := range flaws {
		flaw(d, cfg)
	}
	return d.sign(t)
}

// Authorized returns a copy of req with token in its Authorization header.
func Authorized(req *http.Request, token string) *http.Request {
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer "+token)
	return req
}

// A Flaw is what is wrong with a token that Token makes.
type Flaw func(*draft, ginjwt.IssuerConfig)

// The flaws: each makes one thing wrong and leaves all else as it is, the
// signature included.
var (
	// Expired makes exp an hour past.
	Expired Flaw = func(d *draft, cfg ginjwt.IssuerConfig) {
		d.claims["exp"] = cfg.Now().Add(-time.Hour).Unix()
	}
	// NotYetValid makes nbf an hour ahead.
	NotYetValid Flaw = func(d *draft, cfg ginjwt.IssuerConfig) {
		d.claims["nbf"] = cfg.Now().Add(time.Hour).Unix()
	}
	// WrongIssuer makes iss another's.
	WrongIssuer Flaw = func(d *draft, _ ginjwt.IssuerConfig) { d.claims["iss"] = "https://other-issuer.example" }
	// WrongAudience makes aud another service's.
	WrongAudience Flaw = func(d *draft, _ ginjwt.IssuerConfig) { d.claims["aud"] = "https://other-service.example" }
	// WrongType makes typ that of a DPoP proof.
	WrongType Flaw = func(d *draft, _ ginjwt.IssuerConfig) { d.header["typ"] = "dpop+jwt" }
	// WrongKey signs with another key, under the same key ID.
	WrongKey Flaw = func(d *draft, _ ginjwt.IssuerConfig) { d.key = ginjwt.Must(ginjwt.GenerateKey(d.key.Algorithm())) }
	// WithoutExpiry leaves exp out.
	WithoutExpiry Flaw = func(d *draft, _ ginjwt.IssuerConfig) { delete(d.claims, "exp") }
)

// draft is a token that has not been signed yet.
type draft struct {
	header, claims map[string]any
	key            ginjwt.Key
}

// take takes a token apart, to be signed anew with key.
func take(t testing.TB, token string, key ginjwt.Key) *draft {
	t.Helper()
	header, payload, _ := parts(token)
	return &draft{header: members(t, header), claims: members(t, payload), key: key}
}

// members returns the members of a token's header or payload. Their values stay as
// they were written, for a number may be too large for a float64.
func members(t testing.TB, part string) map[string]any {
	t.Helper()
	var written map[string]jsontext.Value
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err == nil {
		err = json.Unmarshal(raw, &written)
	}
	if err != nil {
		t.Fatalf("ginjwttest: this is no token to start from: %v", err)
	}
	all := map[string]any{}
	for name, value := range written {
		all[name] = value
	}
	return all
}

// sign returns the token.
func (d *draft) sign(t testing.TB) string {
	t.Helper()
	return signed(t, encode(t, d.header), encode(t, d.claims), d.key)
}

func encode(t testing.TB, v any) string {
	t.Helper()
	raw, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		t.Fatalf("ginjwttest: %v", err)
	}
	return string(raw)
}

// signed returns the token of a header and a payload, given as JSON.
func signed(t testing.TB, header, payload string, key ginjwt.Key) string {
	t.Helper()
	return signedText(t, b64(header)+"."+b64(payload), key)
}

func b64(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// signedText returns the token of a header and a payload that are encoded already,
// with a dot between them.
func signedText(t testing.TB, text string, key ginjwt.Key) string {
	t.Helper()
	signature, err := key.SignText(override.Promise{}, text)
	if err != nil {
		t.Fatalf("ginjwttest: %v", err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// signingKey returns the key that an issuer signs with now.
func signingKey(t testing.TB, cfg ginjwt.IssuerConfig) ginjwt.Key {
	t.Helper()
	if cfg.Keys == nil {
		return cfg.Key
	}
	key, err := cfg.Keys.SigningKey(t.Context())
	if err != nil {
		t.Fatalf("ginjwttest: no key to sign with: %v", err)
	}
	return key
}

// parts returns the three parts of a token.
func parts(token string) (header, payload, signature string) {
	header, rest, _ := strings.Cut(token, ".")
	payload, signature, _ = strings.Cut(rest, ".")
	return header, payload, signature
}
