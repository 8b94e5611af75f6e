package main

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/example/fromginjwt/after"
	"github.com/ginjwt/gin-depends/example/fromginjwt/before"
	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

// engines are the new service as it is in the end, and during the migration.
func engines(t *testing.T) map[string]after.Config {
	t.Helper()
	key, err := ginjwt.NewKey(ginjwt.HS256, secret)
	require.NoError(t, err)
	return map[string]after.Config{"in the end": {Key: key}, "during the migration": {Key: key, Old: old(t, nil)}}
}

func TestEveryRouteIsGuarded(t *testing.T) {
	t.Parallel()
	for name, cfg := range engines(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ginjwttest.EveryRouteGuarded(t, after.New(cfg))
		})
	}
}

func TestForgeriesAreRefused(t *testing.T) {
	t.Parallel()
	was, cfg := startBefore(t, before.Config{}), engines(t)["during the migration"]
	is := startAfter(t, cfg)
	service := after.New(cfg)
	t.Run("of old tokens", func(t *testing.T) {
		req := ginjwttest.Authorized(httptest.NewRequest("GET", "/auth/hello", nil), was.login(t, "admin").Access)
		// What NoIssuer and AnyAudience waive, and nothing else.
		ginjwttest.RefusesForged(t, service, req, cfg.Old.Key, "no iss", "another audience", "no aud", "aud that is empty")
	})
	t.Run("of new tokens", func(t *testing.T) {
		token := is.login(t, "admin").Access
		req := ginjwttest.Authorized(httptest.NewRequest("GET", "/auth/hello", nil), token)
		ginjwttest.RefusesForged(t, service, req, cfg.Key)
	})
}

func TestChosen(t *testing.T) {
	t.Parallel()
	cases := []struct {
		args   []string
		status int // of a login as JSON, which only the old service takes
	}{{[]string{"before"}, 200}, {[]string{"after"}, 400}, {nil, 400}}
	for _, test := range cases {
		h, err := chosen(test.args)
		require.NoError(t, err)
		server := httptest.NewServer(h)
		t.Cleanup(server.Close)
		a := (&service{url: server.URL}).call(t, `POST /login {"username":"admin","password":"admin"}`)
		assert.Equal(t, test.status, a.StatusCode, test.args)
	}
}
