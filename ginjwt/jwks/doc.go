// Package jwks is about keys that are published: those of an identity provider,
// which verify its tokens, and those of one's own issuer.
//
// One line accepts a provider's access tokens:
//
//	verifier, err := jwks.Discover("https://id.example.com", ginjwt.Policy{Audience: []string{"https://api.example.com"}})
//	claims := ginjwt.JWT[ginjwt.Claims](token, verifier)
//
// Remote is for a key set without metadata, Introspect for opaque tokens, and
// ginjwt.ByIssuer for several providers. See Source for what happens while a
// provider is slow, down or attacked: a service starts without it and goes on
// with the keys it has, and what cannot be judged is 503.
//
// A Ring holds the keys that an issuer signs with while they rotate, and Handler
// publishes them as a JSON Web Key Set (RFC 7517):
//
//	ring := ginjwt.Must(jwks.NewRing(jwks.RingConfig{}, jwks.RingKey{Key: current}, jwks.RingKey{Key: next, From: sunday}))
//	issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{Keys: ring, Issuer: name, Audience: audience}))
//
//	r.GET("/.well-known/jwks.json", ginjwt.Public(), jwks.Handler(ring))
//
// The keys and their times come from the caller, so that all instances of a
// service, which load the same, sign with the same key at the same time.
package jwks
