package provider_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

func TestProviderStops(t *testing.T) {
	t.Parallel()
	p, now := start(t), &clock{}
	policy := ginjwt.Policy{Audience: []string{api}, Now: now.Now}
	jwts := run(t, p.issuer, ginjwt.Must(jwks.Discover(p.issuer, policy, jwks.InsecureLoopbackHTTP())))
	opaques := run(t, p.issuer, p.introspect(policy))
	known, token := p.token(t, api, "items:read"), p.token(t, opaque, "items:read")
	jwts.accepts(t, known)
	opaques.accepts(t, token)
	p.rotate(t)
	unknown := p.token(t, api, "items:read")

	p.stop(t)
	jwts.accepts(t, known)
	opaques.cannotTell(t, token)
	jwts.refuses(t, unknown, ginjwt.ReasonKey) // the keys were fetched just now
	now.advance(coolDown)
	jwts.cannotTell(t, unknown)
	now.advance(freshFor)
	jwts.accepts(t, known) // by keys that are stale

	p.restart(t)
	opaques.accepts(t, token)
	now.advance(coolDown)
	jwts.accepts(t, unknown)
	jwts.accepts(t, known)
}

func TestProviderIsDownWhenTheProgramStarts(t *testing.T) {
	t.Parallel()
	p, now := start(t), &clock{}
	token := p.token(t, api, "items:read")
	p.stop(t)
	app := run(t, p.issuer, ginjwt.Must(jwks.Discover(p.issuer,
		ginjwt.Policy{Audience: []string{api}, Now: now.Now}, jwks.InsecureLoopbackHTTP(), jwks.WarmUp())))

	app.cannotTell(t, token)
	p.restart(t)
	now.advance(coolDown)
	app.accepts(t, token)
}

func TestPlainHTTPMustBeNamed(t *testing.T) {
	t.Parallel()
	const issuer = "http://127.0.0.1:8080"
	policy := ginjwt.Policy{Issuer: issuer, Audience: []string{api}}
	const advice = "for tests on this machine, say InsecureLoopbackHTTP"

	_, err := jwks.Discover(issuer, policy)
	assert.ErrorContains(t, err, advice)
	_, err = jwks.Remote(issuer + "/jwks")
	assert.ErrorContains(t, err, advice)
	_, err = jwks.Introspect(issuer+"/token/introspection", api, apiSecret, policy)
	assert.ErrorContains(t, err, advice)
}

func TestIssuerMustBeSpeltAsTheProviderSpellsIt(t *testing.T) {
	t.Parallel()
	p := startShared(t)
	events := make(chan jwks.Event, 10)
	verifier := ginjwt.Must(jwks.Discover(p.issuer+"/", ginjwt.Policy{Audience: []string{api}}, jwks.InsecureLoopbackHTTP(),
		jwks.Observe(func(_ context.Context, ev jwks.Event) { events <- ev })))
	run(t, p.issuer, verifier).cannotTell(t, p.token(t, api, "items:read"))
	select {
	case ev := <-events:
		assert.ErrorContains(t, ev.Err, `the provider calls itself "`+p.issuer+`"`)
	case <-time.After(10 * time.Second):
		t.Fatal("no event tells why")
	}
}
