package provider_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

// What package jwks documents.
const (
	coolDown = 10 * time.Second
	freshFor = 15 * time.Minute
)

func TestRotation(t *testing.T) {
	t.Parallel()
	p, now := start(t), &clock{}
	var apps []*program
	for _, cacheSize := range []int{0, 100} { // an accepted token may be remembered
		apps = append(apps, run(t, p.issuer, ginjwt.Must(jwks.Discover(p.issuer,
			ginjwt.Policy{Audience: []string{api}, CacheSize: cacheSize, Now: now.Now}, jwks.InsecureLoopbackHTTP()))))
	}
	fetches := func() float64 { return float64(p.asked(t, "/jwks")) / float64(len(apps)) }

	before := p.token(t, api, "items:read")
	for _, app := range apps {
		app.accepts(t, before)
	}
	p.rotate(t)
	after := p.token(t, api, "items:read")
	for _, app := range apps {
		app.refuses(t, after, ginjwt.ReasonKey) // the keys were fetched just now
	}
	assert.EqualValues(t, 1, fetches())
	now.advance(coolDown)
	for _, app := range apps {
		app.accepts(t, after)
		app.accepts(t, before)
	}
	assert.EqualValues(t, 2, fetches())

	p.withdraw(t)
	for _, app := range apps {
		app.accepts(t, before) // until the keys are fetched anew
	}
	now.advance(freshFor)
	for _, app := range apps {
		app.refuses(t, before, ginjwt.ReasonKey)
		app.accepts(t, after)
	}
	assert.EqualValues(t, 3, fetches(), "one for all that is unknown then")
	assert.Equal(t, len(apps), p.asked(t, "/.well-known/openid-configuration"))
}

func TestRefreshAfterAWithdrawal(t *testing.T) {
	t.Parallel()
	p := start(t)
	keys := ginjwt.Must(jwks.DiscoverKeys(p.issuer, jwks.InsecureLoopbackHTTP()))
	t.Cleanup(func() { assert.NoError(t, keys.Close()) })
	verifier := ginjwt.Must(ginjwt.NewVerifier(keys, ginjwt.Policy{Issuer: p.issuer, Audience: []string{api}, CacheSize: 100}))
	app := run(t, p.issuer, verifier)

	before := p.token(t, api, "items:read")
	p.rotate(t)
	after := p.token(t, api, "items:read")
	app.accepts(t, before)
	app.accepts(t, after)

	p.withdraw(t)
	require.NoError(t, keys.Refresh(t.Context()))
	app.refuses(t, before, ginjwt.ReasonKey)
	app.accepts(t, after)
}
