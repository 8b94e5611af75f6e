package ginjwt

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
)

// SigningKeys is a source of keys that also says which one to sign with now: for
// keys that rotate. A Ring of package jwks is one. SigningKey must be safe for
// concurrent use; if it returns an error, or a public key, nothing is signed.
type SigningKeys interface {
	KeySource
	SigningKey(ctx context.Context) (Key, error)
}

// IssuerConfig says what an Issuer puts into its tokens. Issuer, Audience and
// either Key or Keys must be set.
type IssuerConfig struct {
	// Key signs, and verifies what it signed. It is a secret or a private key.
	Key Key
	// Keys is the alternative to Key, for keys that rotate.
	Keys SigningKeys
	// Issuer is the tokens' iss: a URL, or a name for this service.
	Issuer string
	// Audience is the tokens' aud: the services that they are meant for.
	Audience []string
	// AccessTTL is a token's lifetime in whole seconds. By default, it is 15 minutes.
	AccessTTL time.Duration
	// Now returns the time. By default, it is time.Now.
	Now func() time.Time
}

const defaultAccessTTL = 15 * time.Minute

// An Issuer signs access tokens. It is safe for concurrent use.
type Issuer struct {
	cfg    IssuerConfig
	keys   SigningKeys
	shapes shapes
}

// oneKey is a Key as SigningKeys.
type oneKey struct{ Key }

func (k oneKey) SigningKey(context.Context) (Key, error) { return k.Key, nil }

// NewIssuer returns an Issuer. The error names everything that is wrong with cfg.
func NewIssuer(cfg IssuerConfig) (*Issuer, error) {
	faults := faults{in: "IssuerConfig"}
	if cfg.AccessTTL == 0 {
		cfg.AccessTTL = defaultAccessTTL
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.Audience = slices.Clone(cfg.Audience)
	keys := cfg.Keys
	switch {
	case keys == nil && cfg.Key.material == nil:
		faults.addIf(true, "no key: set Key, made by NewKey, KeyFromPEM or GenerateKey, or Keys")
	case keys == nil:
		faults.addIf(cfg.Key.material.sign == nil, "Key is a public key: signing needs the private one")
		keys = oneKey{cfg.Key}
	default:
		faults.addIf(cfg.Key.material != nil, "Key and Keys are both set: choose one")
	}
	faults.addIf(len(cfg.Key.ID()) > maxKeyID, "the ID of Key has %d bytes; a token's has at most %d", len(cfg.Key.ID()), maxKeyID)
	faults.addIf(cfg.Issuer == "", "Issuer is empty: set it to a URL or name of this service")
	faults.addIf(len(cfg.Audience) == 0, "Audience is empty: set it to the services that the tokens are for")
	faults.addIf(slices.Contains(cfg.Audience, ""), "Audience has an empty entry")
	faults.addIf(cfg.AccessTTL < 0 || cfg.AccessTTL%time.Second != 0, "AccessTTL is %v: it must be a positive number of whole seconds", cfg.AccessTTL)
	if err := faults.err(); err != nil {
		return nil, err
	}
	return &Issuer{cfg: cfg, keys: keys}, nil
}

// Sign returns a signed access token (RFC 9068: typ is at+jwt) with claims, a
// pointer to Claims or to a struct that embeds them. Claims that are empty are
// filled in: iss, aud, exp and a random jti; iat is always now. claims itself is
// not changed.
//
// A claim that is set must be one that this issuer's Verifier accepts: its own
// iss, some of its aud, an exp no later than AccessTTL from now. Otherwise, and
// if there is no key to sign with, Sign returns an error. A token of over 16 KiB
// needs a Policy.MaxTokenBytes.
func (i *Issuer) Sign(claims AnyClaims) (string, error) {
	token, _, err := i.sign(claims, nil)
	return token, err
}

// Token is Sign with all that RFC 6749 section 5.1 wants to be told with it:
// the type, the lifetime and the scope. Each of change, if any, is called with a
// copy of the registered claims before they are filled in and signed.
func (i *Issuer) Token(claims AnyClaims, change ...func(*Claims)) (Token, error) {
	token, c, err := i.sign(claims, change)
	if err != nil {
		return Token{}, err
	}
	return Token{
		AccessToken: token,
		TokenType:   "bearer",
		ExpiresIn:   int(c.ExpiresAt.Sub(c.IssuedAt.Time) / time.Second),
		Scope:       c.Scope,
	}, nil
}

// Config returns what i was made with, defaults included.
func (i *Issuer) Config() IssuerConfig {
	cfg := i.cfg
	cfg.Audience = slices.Clone(cfg.Audience)
	return cfg
}

func (i *Issuer) sign(claims AnyClaims, change []func(*Claims)) (string, *Claims, error) {
	claims, hidden, err := i.copyOf(claims)
	if err != nil {
		return "", nil, err
	}
	c := claims.Registered()
	for _, fn := range change {
		fn(c)
	}
	if c.SessionID != "" && slices.Contains(hidden, "sid") || c.ClientID != "" && slices.Contains(hidden, "client_id") {
		return "", nil, fmt.Errorf("ginjwt: Sign: a field of %T hides the SessionID or ClientID of ginjwt.Claims: drop it, or rename it in JSON", claims)
	}
	if err := i.fill(c); err != nil {
		return "", nil, err
	}
	key, err := i.keys.SigningKey(context.Background())
	if err != nil {
		return "", nil, fmt.Errorf("ginjwt: Sign: no key to sign with: %w", err)
	}
	if key.material == nil || key.material.sign == nil {
		return "", nil, errors.New("ginjwt: Sign: the key to sign with is zero or public")
	}
	token, err := key.material.token(claims)
	if err != nil {
		return "", nil, fmt.Errorf("ginjwt: Sign: %w", err)
	}
	return token, c, nil
}

// token returns the JWS of claims (RFC 7515 section 7.1), typ at+jwt.
func (m *keyMaterial) token(claims AnyClaims) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	if !isObject(payload) {
		return "", fmt.Errorf("the claims nest more than %d deep, which no Verifier accepts", maxDepth)
	}
	header, err := json.Marshal(struct {
		Alg Algorithm `json:"alg"`
		Typ string    `json:"typ"`
		Kid string    `json:"kid,omitzero"`
	}{m.alg, accessToken, m.kid})
	if err != nil {
		return "", err
	}
	signed := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(payload)
	signature, err := m.sign(signed)
	if err != nil {
		return "", err
	}
	token := signed + "." + base64.RawURLEncoding.EncodeToString(signature)
	if len(token) > maxCredentials {
		return "", fmt.Errorf("the token has %d bytes; no Verifier accepts more than %d", len(token), maxCredentials)
	}
	return token, nil
}

// copyOf returns a shallow copy of claims, which can be filled in without a change
// to the caller's, and the JSON names that its type's own fields hide; see shape.
func (i *Issuer) copyOf(claims AnyClaims) (cp AnyClaims, hidden []string, err error) {
	v := reflect.ValueOf(claims)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return nil, nil, errors.New("ginjwt: Sign: claims must be a pointer to Claims or to a struct that embeds them, and not nil")
	}
	sh, err := i.shapes.of(v.Type().Elem())
	if err != nil {
		return nil, nil, err
	}
	own := reflect.New(v.Type().Elem())
	own.Elem().Set(v.Elem())
	return own.Interface().(AnyClaims), sh.hidden, nil
}

// fill sets what is empty in c, and refuses what i's own Verifier would refuse.
func (i *Issuer) fill(c *Claims) error {
	now := NewNumericDate(i.cfg.Now())
	latest := NewNumericDate(now.Add(i.cfg.AccessTTL))
	if c.Issuer == "" {
		c.Issuer = i.cfg.Issuer
	}
	if c.Audience.IsZero() {
		c.Audience = NewAudience(i.cfg.Audience...)
	}
	if c.ExpiresAt.IsZero() {
		c.ExpiresAt = latest
	}
	if c.JWTID == "" {
		c.JWTID = rand.Text()
	}
	c.IssuedAt = now
	switch {
	case c.Issuer != i.cfg.Issuer:
		return fmt.Errorf("ginjwt: Sign: iss is %q; this issuer is %q", c.Issuer, i.cfg.Issuer)
	case slices.ContainsFunc(c.Audience.List(), func(a string) bool { return !slices.Contains(i.cfg.Audience, a) }):
		return fmt.Errorf("ginjwt: Sign: aud %q is not among this issuer's: %q", c.Audience.List(), i.cfg.Audience)
	case c.ExpiresAt.After(latest.Time):
		return fmt.Errorf("ginjwt: Sign: exp is more than AccessTTL (%v) from now", i.cfg.AccessTTL)
	case !c.ExpiresAt.After(now.Time):
		return errors.New("ginjwt: Sign: exp is not in the future")
	}
	return nil
}

// Verifier returns a Verifier that accepts nothing but what i signs: its key, its
// issuer and audience, typ at+jwt, no longer lifetime than its own. The rest of
// p stands; its Issuer, Audience, Types and what waives them stay empty.
func (i *Issuer) Verifier(p Policy) (*Verifier, error) {
	faults := faults{in: "Issuer.Verifier"}
	faults.addIf(p.Issuer != "" || p.AnyIssuer || p.NoIssuer, "the issuer is known: leave Policy.Issuer, AnyIssuer and NoIssuer empty")
	faults.addIf(len(p.Audience) > 0 || p.AnyAudience, "the audience is known: leave Policy.Audience and AnyAudience empty")
	faults.addIf(p.Types != nil, "the type is at+jwt: leave Policy.Types empty")
	faults.addIf(p.MaxLifetime > i.cfg.AccessTTL, "Policy.MaxLifetime is longer than the tokens live")
	p.Issuer, p.Audience, p.Types = i.cfg.Issuer, i.cfg.Audience, []string{accessToken}
	p.AnyIssuer, p.NoIssuer, p.AnyAudience = false, false, false
	if p.MaxLifetime == 0 {
		p.MaxLifetime = i.cfg.AccessTTL
	}
	if p.Now == nil {
		p.Now = i.cfg.Now
	}
	var keys KeySource = i.keys
	if one, ok := i.keys.(oneKey); ok {
		keys = one.public()
	}
	v, err := NewVerifier(keys, p)
	if err := faults.err(err); err != nil {
		return nil, err
	}
	return v, nil
}
