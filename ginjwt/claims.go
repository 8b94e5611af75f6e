package ginjwt

// Claims are the registered claims of a JWT (RFC 7519 section 4.1) and its
// scope (RFC 8693 section 4.2). Embed them by value in a struct of one's own:
//
//	type AccessClaims struct {
//		ginjwt.Claims
//		Tenant string `json:"tenant"`
//	}
//
// An empty claim is one that the token does not have. The token's sid and
// client_id are fields as well, of an unexported part: SessionID and ClientID,
// both strings.
type Claims struct {
	Issuer    string      `json:"iss,omitzero"`
	Subject   string      `json:"sub,omitzero"`
	Audience  Audience    `json:"aud,omitzero"`
	ExpiresAt NumericDate `json:"exp,omitzero"`
	NotBefore NumericDate `json:"nbf,omitzero"`
	IssuedAt  NumericDate `json:"iat,omitzero"`
	JWTID     string      `json:"jti,omitzero"`
	Scope     Scope       `json:"scope,omitzero"`

	origin
	telltales
}

// Registered returns c. It is how this package finds the Claims in a struct
// that embeds them.
func (c *Claims) Registered() *Claims { return c }

// ClaimsOf is satisfied by *C for every struct C that embeds Claims by value.
type ClaimsOf[C any] interface {
	*C
	Registered() *Claims
}

// AnyClaims is a pointer to Claims or to a struct that embeds them.
type AnyClaims interface{ Registered() *Claims }

// origin says where an access token comes from. If the user's struct has a field of
// the same JSON name, that is filled in place of ours; the claim is then looked
// for in the JSON, and an Issuer refuses to sign it. See shape.
type origin struct {
	// SessionID is the session that the token belongs to (OpenID Connect's sid).
	SessionID string `json:"sid,omitzero"`
	// ClientID is the client that it was issued to (RFC 9068 section 2.2).
	ClientID string `json:"client_id,omitzero"`
}
