package ginjwt_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

func TestIssuersConfigurationFaults(t *testing.T) {
	t.Parallel()
	p, other := newIssProvider(t, "api"), newIssProvider(t, "api")
	source, err := jwks.Remote(p.srv.URL+"/keys", p.options()...)
	require.NoError(t, err)
	discovered, err := jwks.DiscoverKeys(p.srv.URL, p.options()...)
	require.NoError(t, err)
	var none *jwks.Source
	audience := []string{"api"}
	for rule, tc := range map[string]struct {
		keys   ginjwt.KeySource
		policy ginjwt.Policy
		texts  []string
	}{
		"AnyIssuer with a remote source":   {source, ginjwt.Policy{AnyIssuer: true, Audience: audience}, []string{"one issuer's", "AnyIssuer"}},
		"NoIssuer with a remote source":    {source, ginjwt.Policy{NoIssuer: true, Audience: audience}, []string{"one issuer's", "NoIssuer"}},
		"AnyIssuer with a discovered one":  {discovered, ginjwt.Policy{AnyIssuer: true, Audience: audience}, []string{"one issuer's"}},
		"another issuer than discovered":   {discovered, ginjwt.Policy{Issuer: other.srv.URL, Audience: audience}, []string{p.srv.URL, other.srv.URL}},
		"another spelling of that":         {discovered, ginjwt.Policy{Issuer: p.srv.URL + "/", Audience: audience}, []string{p.srv.URL + `/"`}},
		"no issuer and no audience either": {discovered, ginjwt.Policy{}, []string{"Issuer is empty", "Audience is empty"}},
		"a nil source":                     {none, ginjwt.Policy{Issuer: "x"}, []string{"nil or zero", "Audience is empty"}},
		"a zero source":                    {new(jwks.Source), ginjwt.Policy{Issuer: "x", Audience: audience}, []string{"nil or zero"}},
	} {
		v, err := ginjwt.NewVerifier(tc.keys, tc.policy)
		assert.Nil(t, v, rule)
		require.Error(t, err, rule)
		for _, text := range tc.texts {
			assert.ErrorContains(t, err, text, rule)
		}
	}
	_, err = jwks.Discover(p.srv.URL, ginjwt.Policy{Issuer: other.srv.URL, Audience: audience}, p.options()...)
	assert.ErrorContains(t, err, other.srv.URL)
	_, err = jwks.Discover(p.srv.URL, ginjwt.Policy{AnyIssuer: true, Audience: audience}, p.options()...)
	assert.ErrorContains(t, err, "AnyIssuer")
	_, err = ginjwt.ByIssuer(p.discovered(t, ginjwt.Policy{}), other.remote(t, ginjwt.Policy{}), p.remote(t, ginjwt.Policy{}), nil)
	assert.ErrorContains(t, err, fmt.Sprintf("verifier 3 is the second for the issuer %q", p.srv.URL))
	assert.ErrorContains(t, err, "verifier 4 is nil or zero")
	assert.Zero(t, p.asked.Load()+other.asked.Load(), "configuration asks nobody")
}
