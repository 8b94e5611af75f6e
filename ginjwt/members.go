package ginjwt

import (
	"bytes"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// checkMembers judges what is there at all: members that other kinds of tokens
// have, and claims that are there without a value.
func (v *Verifier) checkMembers(c *Claims, a authentic, sh *shape) Reason {
	t := c.telltales
	if emptyClaim(c, a.payload) || len(sh.hidden) > 0 {
		members, ok := topLevel(a.payload)
		if !ok {
			return ReasonClaims
		}
		for _, name := range []string{"iss", "sub", "jti", "scope"} {
			value, there := members[name]
			if s, ok := text(value); there && (!ok || s == "" && name != "scope") {
				return ReasonClaims
			}
		}
		t = telltalesOf(members)
		c.SessionID, _ = text(members["sid"])
		c.ClientID, _ = text(members["client_id"])
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

// topLevel returns the members of a JSON object.
func topLevel(payload []byte) (map[string]jsontext.Value, bool) {
	var members map[string]jsontext.Value
	return members, json.Unmarshal(payload, &members) == nil
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
