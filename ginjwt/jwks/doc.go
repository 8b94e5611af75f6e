// Package jwks is about keys that are published: those of an identity provider,
// which verify its tokens, and those of one's own issuer.
//
// One line accepts a provider's access tokens:
//
//	verifier, err := jwks.Discover("https://id.example.com", ginjwt.Policy{Audience: []string{"https://api.example.com"}})
//	claims := ginjwt.JWT[ginjwt.Claims](token, verifier)
//
// [Remote] is for a key set without metadata, [Introspect] for opaque tokens,
// and [ginjwt.ByIssuer] for several providers. The examples of [Discover] show
// what Auth0, Keycloak, Entra ID, Cognito, Google and Okta need. See [Source] for
// what happens while a provider is slow, down or attacked: a service starts
// without it and goes on with the keys it has, and what cannot be judged is 503.
//
// # Keys of one's own
//
// A [Ring] holds the keys that an issuer signs with while they rotate, and
// [Handler] publishes them as a JSON Web Key Set (RFC 7517):
//
//	ring := ginjwt.Must(jwks.NewRing(jwks.RingConfig{}, jwks.RingKey{Key: current}, jwks.RingKey{Key: next, From: sunday}))
//	issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{Keys: ring, Issuer: name, Audience: audience}))
//
//	r.GET("/.well-known/jwks.json", ginjwt.Public(), jwks.Handler(ring))
//
// The keys and their times come from the caller, so that all instances of a
// service, which load the same, sign with the same key at the same time.
//
// # Security
//
//   - The audience should be the API's own name, never the ID of a client, for
//     ID tokens have that.
//   - URLs are https, and redirects stay on their host. [InsecureLoopbackHTTP]
//     is for tests, and for this machine only.
//   - Tokens cannot make a service ask for keys more often than once in each
//     [CoolDown], whatever key IDs they name. An answer is at most 1 MiB, a set
//     at most 100 keys, and a secret in it is not used: all can read it.
//   - What a set says by x5c or x5u is not looked at: the keys are trusted because
//     of where they are.
//   - A key that the provider withdraws is used until the next fetch, at most a
//     quarter of an hour, and while the provider cannot be reached for
//     [MaxStale]. [Source.Refresh] fetches at once.
//   - If a key of your own gets known, [Ring.Set] without it refuses its tokens
//     from the next request on.
//
// # Compatibility
//
// As for package [ginjwt]. Intervals and limits that are no options may change
// with a minor version, the bounds that the comments promise among them.
package jwks
