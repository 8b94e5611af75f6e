package jwks

import (
	"context"
	"errors"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// Discover returns a Verifier of the tokens of issuer, whose metadata tell where
// its keys are (OpenID Connect Discovery 1.0, or RFC 8414). The policy needs
// nothing but the audience; its Issuer is filled in:
//
//	verifier, err := jwks.Discover("https://id.example.com", ginjwt.Policy{Audience: []string{"https://api.example.com"}})
//
// An audience should be the API's own, never the ID of a client: ID tokens are
// for that, and some have no other mark. Where access tokens are at+jwt (RFC
// 9068), Types can say that no other is accepted.
//
// The issuer must be spelt as the provider spells it, a slash at its end
// included. The error names everything that is wrong with issuer, policy and
// opts. Nothing is fetched before the first token comes, unless WarmUp says so,
// so a service can start while the provider is down.
func Discover(issuer string, policy ginjwt.Policy, opts ...Option) (*ginjwt.Verifier, error) {
	if policy.Issuer == "" {
		policy.Issuer = issuer
	}
	if policy.Now != nil {
		opts = append([]Option{Clock(policy.Now)}, opts...)
	}
	keys, err := DiscoverKeys(issuer, opts...)
	if err != nil {
		_, faults := ginjwt.NewVerifier(noKeys{}, policy)
		return nil, errors.Join(err, faults)
	}
	v, err := ginjwt.NewVerifier(keys, policy)
	if err != nil {
		_ = keys.Close()
		return nil, err
	}
	return v, nil
}

// noKeys stands for a Source that could not be made, so that a Policy's faults
// are found all the same.
type noKeys struct{}

func (noKeys) FindKey(context.Context, ginjwt.Algorithm, string) (ginjwt.Key, error) {
	return ginjwt.Key{}, ginjwt.ErrUnknownKey
}
