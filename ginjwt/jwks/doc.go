// Package jwks rotates the keys of an issuer and publishes them as a JSON Web
// Key Set (RFC 7517).
//
//	ring := ginjwt.Must(jwks.NewRing(jwks.RingConfig{}, jwks.RingKey{Key: current}, jwks.RingKey{Key: next, From: sunday}))
//	issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{Keys: ring, Issuer: name, Audience: audience}))
//
//	r.GET("/.well-known/jwks.json", ginjwt.Public(), jwks.Handler(ring))
//
// The keys and their times come from the caller, so that all instances of a
// service, which load the same, sign with the same key at the same time.
package jwks
