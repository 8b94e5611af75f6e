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
// is ended takes its access tokens with it, wherever they are: Revoker makes the
// Verifier look. List, End, EndOthers and EndAll are for a user's own page of
// sessions, and for a new password.
//
// # Security
//
// A refresh token is good once, and the next comes with the access token. If an
// old one comes back, it was stolen, and the session ends. Stores are given
// hashes only. Passwords slows down guessing.
//
// The password grant is for your own client only (RFC 9700 section 2.4).
package sessions
