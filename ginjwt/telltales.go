package ginjwt

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// checkPresence judges what is there at all: members that other kinds of tokens
// have, and claims that are there without a value.
func (v *Verifier) checkPresence(c *Claims, a authentic, sh *shape) Reason {
	t := c.telltales
	if emptyClaim(c, a.payload) || len(sh.hidden) > 0 {
		members, ok := topLevel(a.payload)
		if !ok {
			return ReasonClaims
		}
		for _, name := range []string{"iss", "sub", "jti", "scope"} {
			value, there := members[name]
			if s, ok := jsonString(value); there && (!ok || s == "" && name != "scope") {
				return ReasonClaims
			}
		}
		t = telltalesOf(members)
		c.SessionID, _ = jsonString(members["sid"])
		c.ClientID, _ = jsonString(members["client_id"])
	}
	if bool(t.Confirmation) && !v.policy.InsecureIgnoreConfirmation {
		return ReasonBound
	}
	if a.header.typ != accessToken && !v.policy.InsecureAcceptIDTokens && t.foreign(c.Scope) {
		return ReasonType
	}
	return ""
}

// foreign reports whether these are the marks of a token that is no access
// token: an ID token (OpenID Connect Core 2 and 3.3.2.11), a logout token
// (Back-Channel Logout 2.4), Cognito's token_use (Ory writes access_token),
// Keycloak's typ.
func (t telltales) foreign(scope Scope) bool {
	switch mediaType(string(t.Type)) {
	case "id", "refresh", "offline", "logout":
		return true
	}
	return bool(t.AccessTokenHash || t.CodeHash || t.Events || t.Nonce && scope == "") ||
		t.TokenUse != "" && t.TokenUse != "access" && t.TokenUse != "access_token"
}

// emptyClaim reports whether a claim has no value though the payload may name
// it: null, or an empty string. A name with an escape in it is taken for one.
func emptyClaim(c *Claims, payload []byte) bool {
	named := func(name string) bool { return bytes.Contains(payload, []byte(name)) }
	return c.Issuer == "" && named(`"iss"`) || c.Subject == "" && named(`"sub"`) ||
		c.JWTID == "" && named(`"jti"`) || c.Scope == "" && named(`"scope"`) ||
		bytes.IndexByte(payload, '\\') >= 0
}

func telltalesOf(members map[string]jsontext.Value) telltales {
	has := func(name string) present { _, ok := members[name]; return present(ok) }
	named := func(name string) label { return labelOf(members[name]) }
	return telltales{
		AccessTokenHash: has("at_hash"), CodeHash: has("c_hash"), Events: has("events"),
		Nonce: has("nonce"), Confirmation: has("cnf"),
		TokenUse: named("token_use"), Type: named("typ"),
	}
}

// telltales are members that access tokens do not have, and other tokens of the
// same issuer do. They are decoded with the claims and cost nothing where they
// are missing. A field of the user's with the same name hides one here, and is
// then looked for in the JSON; see shape.
type telltales struct {
	AccessTokenHash present `json:"at_hash,omitzero"`
	CodeHash        present `json:"c_hash,omitzero"`
	Events          present `json:"events,omitzero"`
	Nonce           present `json:"nonce,omitzero"`
	Confirmation    present `json:"cnf,omitzero"`
	TokenUse        label   `json:"token_use,omitzero"`
	Type            label   `json:"typ,omitzero"`
}

// present notes that a member is there, whatever its value.
type present bool

// UnmarshalJSONFrom skips the value.
func (p *present) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*p = true
	return dec.SkipValue()
}

// UnmarshalJSON is UnmarshalJSONFrom for encoding/json.
func (p *present) UnmarshalJSON([]byte) error { *p = true; return nil }

// MarshalJSON returns null: what was skipped is gone.
func (present) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// label is a member whose value names the token's kind. A value that is no
// string, or empty, is kept as the JSON text, which names none.
type label string

// UnmarshalJSONFrom keeps the value of a string, and the text of anything else.
func (l *label) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	*l = labelOf(v)
	return nil
}

func labelOf(v jsontext.Value) label {
	if s, ok := jsonString(v); ok && s != "" {
		return label(s)
	}
	return label(v)
}

// UnmarshalJSON is UnmarshalJSONFrom for encoding/json.
func (l *label) UnmarshalJSON(b []byte) error {
	return l.UnmarshalJSONFrom(jsontext.NewDecoder(bytes.NewReader(b)))
}
