package ginjwt

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// telltales are members by which other tokens of an issuer (ID, refresh and logout
// tokens) are told from access tokens, which do not have them. They are decoded
// with the claims and cost nothing where they are missing. If the user's struct
// has a field of the same JSON name, that is filled in place of ours; the member
// is then looked for in the JSON. See shape.
type telltales struct {
	AccessTokenHash present `json:"at_hash,omitzero"`
	CodeHash        present `json:"c_hash,omitzero"`
	Events          present `json:"events,omitzero"`
	Nonce           present `json:"nonce,omitzero"`
	Confirmation    present `json:"cnf,omitzero"`
	TokenUse        label   `json:"token_use,omitzero"`
	Type            label   `json:"typ,omitzero"`
}

// present is true if a member is there, whatever its value.
type present bool

// UnmarshalJSONFrom skips the value.
func (p *present) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*p = true
	return dec.SkipValue()
}

// UnmarshalJSON is UnmarshalJSONFrom for encoding/json.
func (p *present) UnmarshalJSON([]byte) error { *p = true; return nil }

// MarshalJSON returns null, for the value was skipped.
func (present) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// label is a member whose value names the kind of token. A value that is no
// string, or the empty one, is kept as its JSON text, which is the name of no kind.
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

// labelOf returns a member's value as a label.
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

// checkPresence refuses tokens for the members that they have at all: those that
// tell another kind of token, and registered claims without a value. It also fills
// in c's SessionID and ClientID where the user's struct hides them.
func (v *Verifier) checkPresence(c *Claims, a authentic, sh *shape) Reason {
	t := c.telltales
	if mayHaveEmptyClaim(c, a.payload) || len(sh.hidden) > 0 { // c does not tell, so look at the JSON
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

// foreign reports whether the token is no access token: it has the members of an
// ID token (OpenID Connect Core sections 2 and 3.3.2.11) or of a logout token
// (Back-Channel Logout section 2.4), or says so in token_use (Amazon Cognito, and
// Ory, whose access tokens say access_token) or in typ (Keycloak).
func (t telltales) foreign(scope Scope) bool {
	switch mediaType(string(t.Type)) {
	case "id", "refresh", "offline", "logout":
		return true
	}
	return bool(t.AccessTokenHash || t.CodeHash || t.Events || t.Nonce && scope == "") ||
		t.TokenUse != "" && t.TokenUse != "access" && t.TokenUse != "access_token"
}

// mayHaveEmptyClaim reports whether the payload may have a claim whose value is
// null or an empty string, which c does not tell from one that is missing. This is
// a quick look, and true for some payloads that have none: so for all with a
// backslash, which may be an escape in a claim's name.
func mayHaveEmptyClaim(c *Claims, payload []byte) bool {
	named := func(name string) bool { return bytes.Contains(payload, []byte(name)) }
	return c.Issuer == "" && named(`"iss"`) || c.Subject == "" && named(`"sub"`) ||
		c.JWTID == "" && named(`"jti"`) || c.Scope == "" && named(`"scope"`) ||
		bytes.IndexByte(payload, '\\') >= 0
}

// telltalesOf returns the telltales among the members of a token.
func telltalesOf(members map[string]jsontext.Value) telltales {
	has := func(name string) present { _, ok := members[name]; return present(ok) }
	named := func(name string) label { return labelOf(members[name]) }
	return telltales{
		AccessTokenHash: has("at_hash"), CodeHash: has("c_hash"), Events: has("events"),
		Nonce: has("nonce"), Confirmation: has("cnf"),
		TokenUse: named("token_use"), Type: named("typ"),
	}
}
