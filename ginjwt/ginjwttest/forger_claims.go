package ginjwttest

import (
	"strings"
)

// headers are those that change what a token means (RFC 7515 section 4.1.11, RFC
// 7797), or that no parser should take.
func (f *forger) headers() {
	f.changed("crit with an extension", map[string]any{"crit": []string{"x"}, "x": true}, nil)
	f.changed("crit that is empty", map[string]any{"crit": []string{}}, nil)
	f.changed("b64 false", map[string]any{"b64": false, "crit": []string{"b64"}}, nil)
	f.changed("a compressed payload (zip)", map[string]any{"zip": "DEF"}, nil)
	f.changed("an unknown kid", map[string]any{"kid": "no such key"}, nil)
	f.changed("a kid that is a number", map[string]any{"kid": 1}, nil)
	f.changed("a kid of 300 bytes", map[string]any{"kid": strings.Repeat("k", 300)}, nil)
	f.changed("typ of a DPoP proof", map[string]any{"typ": "dpop+jwt"}, nil)
	f.changed("typ of a logout token", map[string]any{"typ": "logout+jwt"}, nil)
	f.changed("typ that is a number", map[string]any{"typ": 1}, nil)
	d := take(f.t, f.token, f.key)
	header, payload := encode(f.t, d.header), encode(f.t, d.claims)
	f.add("alg twice", signed(f.t, `{"alg":"none",`+header[1:], payload, f.key))
	f.add("a header that is an array", signed(f.t, "["+header+"]", payload, f.key))
	f.add("a header with more behind it", signed(f.t, header+"x", payload, f.key))
}

// registered are the registered claims (RFC 7519 section 4.1). Where the token
// has dates, past and future lie outside of them: it is good in between, and no
// clock is asked, for the service may have its own.
func (f *forger) registered() {
	const hour = 60 * 60
	past, future := max(f.date("iat", 0)-hour, 1), f.date("exp", 1<<36)+hour
	claim := func(name, member string, value any) { f.changed(name, nil, map[string]any{member: value}) }
	claim("expired (exp)", "exp", past)
	claim("no exp", "exp", nil)
	claim("exp 0", "exp", 0)
	claim("exp that is a string", "exp", "9999999999")
	claim("exp beyond the year 9999", "exp", 1e18)
	claim("not yet valid (nbf)", "nbf", future)
	claim("nbf beyond 64 bits", "nbf", 1e19)
	claim("nbf that is a string", "nbf", "0")
	claim("issued in the future (iat)", "iat", future)
	claim("another issuer", "iss", "https://other-issuer.example")
	claim("no iss", "iss", nil)
	claim("iss that is a list", "iss", []any{take(f.t, f.token, f.key).claims["iss"]})
	claim("another audience", "aud", "https://other-service.example")
	claim("no aud", "aud", nil)
	claim("aud that is empty", "aud", []string{})
	claim("aud that is a number", "aud", 1)
	claim("sub that is a number", "sub", 1)
	claim("sub that is a list", "sub", []string{"admin"})
	claim("sub that is empty", "sub", "")
	claim("scope that is a number", "scope", 1)
}

// payloads are those that two parsers can read in two ways, or that are none.
func (f *forger) payloads() {
	d := take(f.t, f.token, f.key)
	header, payload := encode(f.t, d.header), encode(f.t, d.claims)
	with := func(name, payload string) { f.add(name, signed(f.t, header, payload, f.key)) }
	with("exp twice", `{"exp":9999999999,`+payload[1:])
	if d.claims["sub"] == nil {
		d.claims["sub"] = "nobody"
	}
	withSub := encode(f.t, d.claims)
	with("sub twice", `{"sub":"admin",`+withSub[1:])
	with("sub twice, once with an escape", `{"s\u0075b":"admin",`+withSub[1:])
	with("null", "null")
	with("a list", "["+payload+"]")
	with("a text", `"admin"`)
	with("nothing", " ")
	with("more behind the claims", payload+payload)
	with("claims that break off", payload[:len(payload)-1])
	with("no UTF-8", `{"x":"`+"\xff"+`",`+payload[1:])
	with("half a surrogate", `{"x":"\ud800",`+payload[1:])
	with("nesting that is too deep", `{"x":`+strings.Repeat("[", 1000)+strings.Repeat("]", 1000)+","+payload[1:])
}

// kinds are other tokens of the same issuer (RFC 8725 section 2.8), and those
// that are no bearer tokens.
func (f *forger) kinds() {
	jwt := map[string]any{"typ": "JWT"}
	f.changed("an ID token (at_hash)", jwt, map[string]any{"at_hash": "AA", "nonce": "n"})
	f.changed("an ID token (nonce)", jwt, map[string]any{"nonce": "n", "scope": nil})
	f.changed("a logout token (events)", jwt, map[string]any{"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}})
	f.changed("Keycloak's refresh token", jwt, map[string]any{"typ": "Refresh"})
	f.changed("Keycloak's ID token", jwt, map[string]any{"typ": "ID"})
	f.changed("Cognito's ID token", jwt, map[string]any{"token_use": "id"})
	f.changed("a token that is bound to a key (cnf)", nil, map[string]any{"cnf": map[string]any{"jkt": "AA"}})
}
