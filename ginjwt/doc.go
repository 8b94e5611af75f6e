// Package ginjwt guards Gin routes with JWT bearer tokens and hands each
// handler what it depends on, typed: FastAPI's Depends and
// OAuth2PasswordBearer, for Go.
//
// The usual way is a chain of dependencies, from the token to the user:
//
//	verifier    := ginjwt.Must(issuer.Verifier(ginjwt.Policy{})) // or jwks.Discover, for a provider's tokens
//	token       := ginjwt.OAuth2PasswordBearer("/token")
//	claims      := ginjwt.JWT[ginjwt.Claims](token, verifier)
//	currentUser := ginjwt.Depends(claims, findUser) // func(*gin.Context, ginjwt.Claims) (User, error)
//
//	r.GET("/users/me", ginjwt.Handle(currentUser, readMe)) // func(*gin.Context, User)
//
// A handler cannot be registered without what it takes. Without credentials, or
// with bad ones, the request is refused before the handler runs. Everything is
// a gin.HandlerFunc. The example of the package is a whole program: a login, a
// route that needs a scope, and one that is open to guests.
//
//   - [Optional] lets a request without credentials pass, as nobody's.
//   - [Security] demands scopes, [Check] demands anything else.
//   - [Require] guards a whole group; [Dependency.Get] then reads the user
//     inside of a plain handler.
//   - [AnyOf] accepts one of several credentials, [Depends2] wants both.
//   - [Provide] is for what depends on the request alone, [Cleanup] for what
//     has to be undone after it.
//
// # Credentials
//
// Bearer tokens come in the Authorization header and, by options, in a cookie,
// a query or a WebSocket handshake: [FromCookie], [FromQuery],
// [FromWebSocketProtocol]. [HTTPBasic], [HTTPBase], [APIKeyHeader],
// [APIKeyQuery] and [APIKeyCookie] are the other schemes. What is sent but
// empty, repeated or malformed is refused with 400, never taken for missing.
//
// # Tokens
//
// [NewIssuer] signs tokens, and [Issuer.Verifier] accepts just those.
// [NewVerifier] accepts the tokens of another issuer, whose keys, name and
// audience must be given. For an identity provider, package jwks finds the
// keys; for logins that last longer than a token, and end before it, see package
// sessions. [Verify] is for what is no route: WebSocket messages, gRPC, jobs.
//
// # Errors
//
// A refusal is an [*Error]: 401 with a challenge for bad credentials (RFC 6750
// section 3), 403 for missing scopes, 400 for a malformed header, 503 for an
// outage of keys or stores. Functions of yours choose with [Unauthenticated],
// [Forbidden], [HTTPError], [Unavailable] and, at the token endpoint,
// [InvalidGrant]; any other error is 500, of a [Check] 403. The client sees fixed
// texts; causes are for the log. [OnError] gives refusals another body, and
// [Observe] and [LogEvents] tell of each decision.
//
// Mistakes in setting up routes panic, with a text that begins "ginjwt: ".
// Configuration returns all of its faults as one error. Requests never panic.
//
// # Results
//
// A dependency is worked out at most once per request. Its result can be read
// with the *gin.Context, with c.Copy in a goroutine, and with what [Context]
// returns, which is safe to keep. Nothing of it is in c.Keys by a name.
//
// # Security
//
//   - Signature, algorithm, issuer, audience, type and expiry of a token are
//     always checked. What loosens a rule says so in its name: AnyIssuer,
//     AnyAudience, and all that begins with Insecure. A key is bound to one
//     algorithm (RFC 8725 section 3.1), and weak or published ones are refused.
//   - A bearer token is good for whoever has it, so serve over HTTPS only. It
//     cannot be taken back before it expires, by default after 15 minutes,
//     unless [Policy.Revoker] knows of it: that of package sessions does.
//   - A guard stands before the routes that are registered after it, as any
//     middleware of Gin does. Package inspect has an audit that fails if a
//     route is open by mistake.
//   - Browsers send cookies and Basic credentials unasked. With these, unsafe
//     methods and WebSocket handshakes must come from the service's own origin;
//     see [FromCookie].
//   - Grant the scopes that a user may have, not those asked for. Hash passwords
//     slowly, and answer alike for an unknown user and a wrong password.
//   - The password grant is for your own client only: RFC 9700 section 2.4
//     forbids it for anybody else's.
//   - Tokens, secrets and passwords are in no error, event or log line of this
//     package. An error of a function of yours is logged, without the request's
//     credentials: keep other secrets out of it.
//
// # Compatibility
//
// The module has semantic versions and is before v1.0.0: a new minor version
// may change what is exported, a new patch version may not. Codes, reasons and
// outcomes count as exported, and so do the status and the challenge of a
// refusal. The texts of errors, panics and logs are for people: compare errors
// with errors.Is and errors.As. Any version may refuse what should never have
// been accepted.
//
// It needs Go 1.26 or later and Gin 1.12, as go.mod says. What package inspect
// reads of Gin's routes is tested with Gin 1.11, too.
package ginjwt
