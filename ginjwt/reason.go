package ginjwt

// A Reason is why a token was refused. It is the Err of the *Error, for logs
// and metrics, and never reaches the client; errors.Is finds it.
type Reason string

// Error returns the reason.
func (r Reason) Error() string { return string(r) }

// The reasons, in the order in which they are looked for. The marks of ID,
// refresh and logout tokens, which are claims, are looked for after ReasonBound.
const (
	ReasonTooLarge  Reason = "token too large"
	ReasonMalformed Reason = "token malformed"            // not three parts of strict Base64url
	ReasonHeader    Reason = "header malformed"           // or over 4 KiB, or with crit, b64, enc or zip
	ReasonAlgorithm Reason = "algorithm not allowed"      // none, or not the key's
	ReasonType      Reason = "token type not allowed"     // its typ, or an ID, refresh or logout token
	ReasonKey       Reason = "key unknown"                // no key of that ID for that algorithm
	ReasonSignature Reason = "signature wrong"            //
	ReasonClaims    Reason = "claims malformed"           // no object, repeated members, a claim of the wrong type
	ReasonBound     Reason = "token bound to a key"       // cnf: no bearer token (RFC 7800)
	ReasonIssuer    Reason = "issuer not allowed"         //
	ReasonAudience  Reason = "audience not allowed"       //
	ReasonNoExpiry  Reason = "token without expiry"       //
	ReasonLifetime  Reason = "lifetime too long"          // exp - iat, or no iat to tell
	ReasonNotYet    Reason = "token not valid yet"        // nbf
	ReasonIssuedAt  Reason = "token issued in the future" // iat, beyond what clocks may differ
	ReasonExpired   Reason = "token expired"              //
	ReasonRevoked   Reason = "token revoked"              //
	ReasonInactive  Reason = "token not active"           // by an Introspector
)

// refused returns the error for a token that is refused for reason.
func refused(reason Reason) error {
	code := CodeInvalidToken
	if reason == ReasonExpired {
		code = CodeExpiredToken
	}
	return &Error{Status: 401, Code: code, Detail: detailInvalid, Err: reason}
}
