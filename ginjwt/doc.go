// Package ginjwt guards Gin routes with JWT bearer tokens and hands each
// handler what it depends on, typed: FastAPI's Depends and
// OAuth2PasswordBearer, for Go.
//
// The usual way is a chain of dependencies, from the token to the user:
//
//	token       := ginjwt.OAuth2PasswordBearer("/token")
//	claims      := ginjwt.JWT[ginjwt.Claims](token, verifier)
//	currentUser := ginjwt.Depends(claims, findUser) // func(*gin.Context, ginjwt.Claims) (User, error)
//
//	r.GET("/users/me", ginjwt.Handle(currentUser, readMe)) // func(*gin.Context, User)
//
// A handler cannot be registered without what it takes. Without credentials, or
// with bad ones, the request is refused before the handler runs; with Optional,
// a request without credentials passes as nobody's. Security demands scopes,
// Check demands anything else, Require guards a whole group, and Get reads a
// dependency inside of a plain handler. Everything is a gin.HandlerFunc.
//
// # Credentials
//
// Bearer tokens come in the Authorization header and, by options, in a cookie,
// a query or a WebSocket handshake. HTTPBasic, HTTPBase, APIKeyHeader,
// APIKeyQuery and APIKeyCookie are the other schemes. AnyOf accepts one of
// several; Depends2, or Require with several guards, wants all. What is sent but
// empty, repeated or malformed is refused with 400, never taken for missing.
//
// # Tokens
//
// NewIssuer signs tokens and its Verifier accepts just those. NewVerifier
// accepts the tokens of another issuer, whose keys, name and audience must be
// given; what loosens a rule says so in its name. A token must have an expiry.
//
// # Errors
//
// A refusal is an *Error: 401 with a challenge for bad credentials (RFC 6750),
// 403 for missing scopes, 400 for a malformed header, 503 for an outage of keys
// or stores. Any other error of a user's function is 500, of a Check 403. The
// client sees fixed texts; causes are for the log.
//
// Mistakes in setting up routes panic, with a text that begins "ginjwt: ".
// Configuration returns all of its faults as one error. Requests never panic.
//
// # Results
//
// A dependency is worked out at most once per request. Its result can be read
// with the *gin.Context, with c.Copy in a goroutine, and with what Context
// returns, which is safe to keep. Nothing of it is in c.Keys by a name.
package ginjwt
