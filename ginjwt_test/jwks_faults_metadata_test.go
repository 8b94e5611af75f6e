package ginjwt_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

// at is an answer at that path, and 404 elsewhere.
func (p *idp) at(path string, answer http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.EscapedPath() != path {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		answer(w, r)
	}
}

// Metadata is found in both well-known forms, and asked for where it was found
// before.
func TestFaultsMetadataForms(t *testing.T) {
	t.Parallel()
	for rule, tc := range map[string]struct {
		path  string // of the issuer
		at    string
		first int32 // how many answers the first time takes
	}{
		"OpenID Connect":                           {"", "/.well-known/openid-configuration", 1},
		"OpenID Connect, a path":                   {"/tenant", "/tenant/.well-known/openid-configuration", 1},
		"OpenID Connect, a slash at the end":       {"/tenant/", "/tenant/.well-known/openid-configuration", 1},
		"OpenID Connect, nothing but a slash":      {"/", "/.well-known/openid-configuration", 1},
		"RFC 8414":                                 {"", "/.well-known/oauth-authorization-server", 2},
		"RFC 8414, a path":                         {"/a/tenant", "/.well-known/oauth-authorization-server/a/tenant", 2},
		"RFC 8414, a path with escaped characters": {"/a%2Fb", "/.well-known/oauth-authorization-server/a%2Fb", 2},
	} {
		t.Run(rule, func(t *testing.T) {
			p, a := newIDP(t), newIDPKey(t, "a")
			p.publish(a.jwk)
			p.issuer += tc.path
			p.metadataIs(p.at(tc.at, p.describe(p.server.URL+"/keys")))
			s := p.discovered()
			s.requireAnswer(t, 200, p.token(a))
			assert.Equal(t, tc.first, p.metadata.Load())
			p.advance(25 * time.Hour)
			s.requireAnswer(t, 200, p.token(a))
			assert.Equal(t, tc.first+1, p.metadata.Load(), "a day later")
			p.requireEvents(p.token(a))
		})
	}
}

// A provider that is not the one of that name, or whose keys would be asked for
// without HTTPS, is no provider: 503 until it mends its ways.
func TestFaultsMetadata(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	doc := func(issuer, keySet string) http.HandlerFunc {
		return idpSays(fmt.Sprintf(`{"issuer":%q,"jwks_uri":%q}`, issuer, keySet))
	}
	for rule, answer := range map[string]func(p *idp, keys string) http.HandlerFunc{
		"a slash at the end of the issuer": func(p *idp, keys string) http.HandlerFunc { return doc(p.issuer+"/", keys) },
		"another issuer":                   func(_ *idp, keys string) http.HandlerFunc { return doc("https://id.example", keys) },
		"an issuer in capitals":            func(p *idp, keys string) http.HandlerFunc { return doc(strings.ToUpper(p.issuer), keys) },
		"no issuer":                        func(_ *idp, keys string) http.HandlerFunc { return idpSays(fmt.Sprintf(`{"jwks_uri":%q}`, keys)) },
		"an issuer that is no text": func(_ *idp, keys string) http.HandlerFunc {
			return idpSays(fmt.Sprintf(`{"issuer":7,"jwks_uri":%q}`, keys))
		},
		"a long issuer": func(_ *idp, keys string) http.HandlerFunc { return doc(strings.Repeat("x", idpMiB/2), keys) },
		"two issuers": func(p *idp, keys string) http.HandlerFunc {
			return idpSays(fmt.Sprintf(`{"issuer":"x","issuer":%q,"jwks_uri":%q}`, p.issuer, keys))
		},
		"Issuer with a capital": func(p *idp, keys string) http.HandlerFunc {
			return idpSays(fmt.Sprintf(`{"Issuer":%q,"jwks_uri":%q}`, p.issuer, keys))
		},
		"no key set":                  func(p *idp, _ string) http.HandlerFunc { return doc(p.issuer, "") },
		"a key set over plain HTTP":   func(p *idp, _ string) http.HandlerFunc { return doc(p.issuer, "http://id.example/keys") },
		"a key set in a file":         func(p *idp, _ string) http.HandlerFunc { return doc(p.issuer, "file:///keys") },
		"a key set at a relative URL": func(p *idp, _ string) http.HandlerFunc { return doc(p.issuer, "/keys") },
		"a key set without a scheme":  func(p *idp, keys string) http.HandlerFunc { return doc(p.issuer, strings.TrimPrefix(keys, "http:")) },
		"a key set at a long URL":     func(p *idp, _ string) http.HandlerFunc { return doc(p.issuer, "http://"+strings.Repeat("x", idpMiB/2)) },
		"a key set behind a password": func(p *idp, keys string) http.HandlerFunc {
			return doc(p.issuer, strings.Replace(keys, "//", "//u:"+secret+"@", 1))
		},
		"a URL with a bad password": func(p *idp, _ string) http.HandlerFunc {
			return doc(p.issuer, "https://u:"+secret+"%zz@id.example/keys")
		},
		"a list":                       func(*idp, string) http.HandlerFunc { return idpSays("[]") },
		"HTML":                         func(*idp, string) http.HandlerFunc { return idpSays("<html>") },
		"404 in both forms":            func(*idp, string) http.HandlerFunc { return idpStatus(404) },
		"500":                          func(*idp, string) http.HandlerFunc { return idpStatus(500) },
		"100 MiB":                      func(*idp, string) http.HandlerFunc { return idpMiBs(100) },
		"a redirect to another host":   func(*idp, string) http.HandlerFunc { return idpRedirect("https://id.example/") },
		"a redirect with a password":   func(*idp, string) http.HandlerFunc { return idpRedirect("https://u:" + secret + "@id.example/") },
		"a redirect to a bad password": func(*idp, string) http.HandlerFunc { return idpRedirect("https://u:" + secret + "%zz@id.example/") },
	} {
		t.Run(rule, func(t *testing.T) {
			p, a := newIDP(t), newIDPKey(t, "a")
			p.publish(a.jwk)
			p.metadataIs(answer(p, p.server.URL+"/keys"))
			s := p.discovered()
			for range 3 {
				s.requireAnswer(t, 503, p.token(a))
			}
			assert.EqualValues(t, 2, p.metadata.Load(), "each form once")
			assert.Zero(t, p.fetches.Load())
			p.settled(1)
			text := fmt.Sprintf("%+v", p.told()[0])
			assert.NotContains(t, text, secret)
			assert.Less(t, len(text), 4<<10, "a line of a log: %.200s", text)
			p.metadataIs(p.describe(p.server.URL + "/keys"))
			p.advance(idpCoolDown)
			s.requireAnswer(t, 200, p.token(a))
		})
	}
}

// A key set that moves is found at the next fetch: the metadata is asked again
// when the old place fails.
func TestFaultsMetadataKeySetMoves(t *testing.T) {
	t.Parallel()
	p, a := newIDP(t), newIDPKey(t, "a")
	gone := idpStatus(http.StatusGone)
	moved := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/keys" {
			gone(w, r)
			return
		}
		idpSays(idpKeySet(a.jwk))(w, r)
	}
	p.publish(newIDPKey(t, "old").jwk)
	s := p.discovered()
	s.requireAnswer(t, 401, p.token(a))
	p.keysAre(moved)
	p.metadataIs(p.describe(p.server.URL + "/moved"))
	p.advance(idpCoolDown)
	s.requireAnswer(t, 503, p.token(a))
	p.advance(idpCoolDown)
	s.requireAnswer(t, 200, p.token(a))
	assert.EqualValues(t, 2, p.metadata.Load())
}

// The keys are one issuer's, so no policy for another's tokens, or anybody's,
// can be made with them.
func TestFaultsKeysAreBoundToTheirIssuer(t *testing.T) {
	t.Parallel()
	p := newIDP(t)
	keys, err := jwks.DiscoverKeys(p.issuer, p.options(nil)...)
	require.NoError(t, err)
	for rule, change := range map[string]func(*ginjwt.Policy){
		"another issuer":           func(q *ginjwt.Policy) { q.Issuer = "https://id.example" },
		"a slash at the end":       func(q *ginjwt.Policy) { q.Issuer += "/" },
		"any issuer":               func(q *ginjwt.Policy) { q.Issuer, q.AnyIssuer = "", true },
		"tokens without an issuer": func(q *ginjwt.Policy) { q.Issuer, q.NoIssuer = "", true },
	} {
		policy := p.policy()
		change(&policy)
		_, err := ginjwt.NewVerifier(keys, policy)
		assert.ErrorContains(t, err, "jwks: ", rule)
		_, err = jwks.Discover(p.issuer, policy, p.options(nil)...)
		assert.Error(t, err, rule)
	}
	assert.Zero(t, p.metadata.Load())
}
