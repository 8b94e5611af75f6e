// Package sessions lets logins last longer than an access token, and end before
// it does: refresh tokens, logout, revocation, for one instance or many.
//
//	logins := ginjwt.Must(sessions.New(sessions.Config[struct{}]{Issuer: issuer, Password: checkPassword}))
//	verifier := ginjwt.Must(issuer.Verifier(ginjwt.Policy{Revoker: logins.Revoker()}))
//
//	r.POST("/token", logins.Token())   // grant_type=password, grant_type=refresh_token
//	r.POST("/logout", logins.Logout())
//
// An access token carries the ID of its session as sid, so that a session that
// is ended takes its access tokens with it, wherever they are:
// [Sessions.Revoker] makes the Verifier look. [Sessions.List], [Sessions.End],
// [Sessions.EndOthers] and [Sessions.EndAll] are for a user's own page of
// sessions, and for a new password. [Sessions.Revoke] and [Sessions.Introspect]
// are the endpoints of RFC 7009 and 7662. [Denylist] takes back tokens of issuers
// elsewhere.
//
// Sessions are in memory, for one instance, unless [Config] has another [Store]:
// package redisstore keeps them in Redis, for any number of instances. What else
// is to be remembered of a login goes into [Login.Data], whose type is that of
// Config: struct{} for nothing.
//
// # Security
//
//   - A refresh token is good once, and the next comes with the access token. If
//     an old one comes back, it was stolen, and the session ends (RFC 9700
//     section 4.14.2).
//   - Revocation works only where the Verifier's policy has the Revoker: without
//     it, access tokens are good until they expire. While the Store is down it is
//     503, never let through.
//   - Stores are given hashes of refresh tokens, and no access token.
//   - [Config.Claims] looks the user up at each refresh, so that rights which were
//     taken away do not live on.
//   - [Passwords] slows down guessing, and bounds how many hashes run at a time.
//   - For pages in a browser, [Config.Cookies] keeps tokens away from scripts.
//   - The password grant is for your own client only (RFC 9700 section 2.4).
//
// # Compatibility
//
// As for package [ginjwt]. Until v1.0.0 a minor version may want further methods
// of a [Store]; package storetest tests them. It may also keep sessions in
// another way, so that users have to log in again.
package sessions
