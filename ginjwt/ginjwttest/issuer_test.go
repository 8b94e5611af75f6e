package ginjwttest_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

// relying is a service that takes tokens from idp, and its clock.
type relying struct {
	idp      *ginjwttest.Issuer
	clock    *ginjwttest.Clock
	verifier *ginjwt.Verifier
}

func newRelying(t *testing.T, opts ...jwks.Option) relying {
	t.Helper()
	r := relying{idp: ginjwttest.NewIssuer(t, service), clock: ginjwttest.NewClock()}
	r.idp.UseClock(r.clock)
	var err error
	r.verifier, err = jwks.Discover(r.idp.URL, ginjwt.Policy{Audience: []string{service}, Now: r.clock.Now},
		append([]jwks.Option{jwks.InsecureLoopbackHTTP(), jwks.Clock(r.clock.Now)}, opts...)...)
	require.NoError(t, err)
	return r
}

func (r relying) token(t *testing.T) string {
	t.Helper()
	return ginjwttest.Token(t, r.idp, &ginjwt.Claims{Subject: "johndoe", Scope: "me"})
}

// status is what the service answers to token.
func (r relying) status(t *testing.T, token string) int {
	t.Helper()
	_, err := ginjwt.Verify[ginjwt.Claims](t.Context(), r.verifier, token)
	if err == nil {
		return http.StatusOK
	}
	var refusal *ginjwt.Error
	require.ErrorAs(t, err, &refusal)
	return refusal.Status
}

func TestIssuerIsFoundInEveryWay(t *testing.T) {
	t.Parallel()
	idp := ginjwttest.NewIssuer(t, service, "https://other.example")
	loopback := jwks.InsecureLoopbackHTTP()
	policy := ginjwt.Policy{Audience: []string{service}}
	discovered, err := jwks.Discover(idp.URL, policy, loopback)
	require.NoError(t, err)
	policy.Issuer = idp.URL
	keys, err := jwks.DiscoverKeys(idp.URL, loopback)
	require.NoError(t, err)
	remote, err := jwks.Remote(idp.URL+"/keys", loopback)
	require.NoError(t, err)
	byKeys, err := ginjwt.NewVerifier(keys, policy)
	require.NoError(t, err)
	byRemote, err := ginjwt.NewVerifier(remote, policy)
	require.NoError(t, err)
	token := ginjwttest.Token(t, idp, &ginjwt.Claims{Subject: "johndoe"})
	for name, v := range map[string]*ginjwt.Verifier{"Discover": discovered, "DiscoverKeys": byKeys, "Remote": byRemote} {
		claims, err := ginjwt.Verify[ginjwt.Claims](t.Context(), v, token)
		require.NoError(t, err, name)
		assert.Equal(t, []any{"johndoe", idp.URL, true}, []any{claims.Subject, claims.Issuer, claims.Audience.Has("https://other.example")})
	}
	assert.Equal(t, 3, idp.Asked("/keys"))
	assert.Zero(t, idp.Asked("/token"))
}

// fetch sends a request, and returns the status and a JSON object.
func fetch(t *testing.T, req *http.Request) (int, map[string]any) {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	var members map[string]any
	if strings.HasPrefix(res.Header.Get("Content-Type"), "application/j") {
		require.NoError(t, json.Unmarshal(body, &members), string(body))
	}
	return res.StatusCode, members
}

func TestIssuerMetadata(t *testing.T) {
	t.Parallel()
	idp := ginjwttest.NewIssuer(t, service)
	for _, path := range []string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"} {
		req, err := http.NewRequest("GET", idp.URL+path, nil)
		require.NoError(t, err)
		code, members := fetch(t, req)
		assert.Equal(t, 200, code)
		assert.Equal(t, []any{idp.URL, idp.URL + "/keys", idp.URL + "/token"},
			[]any{members["issuer"], members["jwks_uri"], members["token_endpoint"]}, path)
		assert.Equal(t, 1, idp.Asked(path))
	}
	req, err := http.NewRequest("GET", idp.URL+"/nowhere", nil)
	require.NoError(t, err)
	code, _ := fetch(t, req)
	assert.Equal(t, 404, code)
	assert.Equal(t, 1, idp.Asked("/nowhere"))
}

func TestIssuerRotates(t *testing.T) {
	t.Parallel()
	r := newRelying(t)
	old := r.token(t)
	assert.Equal(t, 200, r.status(t, old))
	assert.Equal(t, 200, r.status(t, old))
	assert.Equal(t, 1, r.idp.Asked("/keys"), "asked once for two tokens")

	r.clock.Advance(time.Minute)
	r.idp.Rotate()
	fresh := r.token(t)
	assert.Equal(t, 200, r.status(t, fresh), "an unknown kid is asked for")
	assert.Equal(t, 200, r.status(t, old), "the old key stays published")
	assert.Equal(t, 2, r.idp.Asked("/keys"))

	r.clock.Advance(time.Minute)
	r.idp.RotateUnpublished()
	lagging := r.token(t)
	assert.Equal(t, 401, r.status(t, lagging), "its key is not published yet")
	r.idp.Publish()
	r.idp.Publish() // twice is once
	r.clock.Advance(time.Minute)
	assert.Equal(t, 200, r.status(t, lagging))
	assert.Equal(t, 200, r.status(t, old))

	r.idp.Rotate()
	r.idp.Withdraw()
	r.clock.Advance(time.Minute)
	assert.Equal(t, 200, r.status(t, r.token(t)), "an unknown kid is asked for")
	for _, token := range []string{old, fresh, lagging} {
		assert.Equal(t, 401, r.status(t, token), "its key is withdrawn")
	}
}

func TestIssuerTokenEndpoint(t *testing.T) {
	t.Parallel()
	r := newRelying(t)
	good := url.Values{"grant_type": {"client_credentials"}, "scope": {"me items"}}
	with := func(more ...string) url.Values {
		form := url.Values{}
		maps.Copy(form, good)
		for i := 0; i < len(more); i += 2 {
			form.Set(more[i], more[i+1])
		}
		return form
	}
	for name, tc := range map[string]struct {
		form   url.Values
		basic  string // the client's name, as it is sent
		code   int
		client string
		err    string
	}{
		"client_secret_post":             {with("client_id", "worker", "client_secret", "s"), "", 200, "worker", ""},
		"client_secret_basic":            {good, "worker", 200, "worker", ""},
		"basic, encoded as RFC 6749 has": {good, "a%3Ab", 200, "a:b", ""},
		"no client":                      {good, "", 401, "", "invalid_client"},
		"another grant":                  {with("client_id", "worker", "grant_type", "password"), "", 400, "", "unsupported_grant_type"},
		"no grant":                       {url.Values{"client_id": {"worker"}}, "", 400, "", "unsupported_grant_type"},
		"a field twice":                  {url.Values{"grant_type": {"client_credentials"}, "client_id": {"a", "b"}}, "", 400, "", "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req, err := http.NewRequest("POST", r.idp.URL+"/token", strings.NewReader(tc.form.Encode()))
			require.NoError(t, err)
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if tc.basic != "" {
				req.SetBasicAuth(tc.basic, "s")
			}
			code, answer := fetch(t, req)
			require.Equal(t, tc.code, code, answer)
			if tc.err != "" {
				assert.Equal(t, tc.err, answer["error"])
				return
			}
			claims, err := ginjwt.Verify[ginjwt.Claims](t.Context(), r.verifier, answer["access_token"].(string))
			require.NoError(t, err)
			assert.Equal(t, []any{tc.client, tc.client, ginjwt.Scope("me items"), "bearer", "me items"},
				[]any{claims.Subject, claims.ClientID, claims.Scope, answer["token_type"], answer["scope"]})
		})
	}
	req, err := http.NewRequest("GET", r.idp.URL+"/token", nil)
	require.NoError(t, err)
	code, _ := fetch(t, req)
	assert.Equal(t, 405, code)
}

// TestIssuerFaultsHoldForAll: the token endpoint and the metadata as well.
func TestIssuerFaultsHoldForAll(t *testing.T) {
	t.Parallel()
	idp := ginjwttest.NewIssuer(t, service)
	idp.Down()
	for _, path := range []string{"/token", "/keys", "/.well-known/openid-configuration"} {
		res, err := http.Get(idp.URL + path)
		require.NoError(t, err)
		res.Body.Close()
		assert.Equal(t, 503, res.StatusCode, path)
		assert.Equal(t, 1, idp.Asked(path), "it was asked all the same")
	}
}

func TestIssuerIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	r := newRelying(t)
	var all sync.WaitGroup
	for _, act := range []func(){
		r.idp.Rotate, r.idp.RotateUnpublished, r.idp.Publish, r.idp.Withdraw, r.idp.Down, r.idp.Garbage, r.idp.Up, r.idp.Slow, r.idp.Up,
		func() { r.idp.Asked("/keys") }, func() { r.idp.UseClock(r.clock) }, func() { r.clock.Advance(time.Second) },
		func() { ginjwttest.Token(t, r.idp, &ginjwt.Claims{}, ginjwttest.WithoutExpiry) },
	} {
		all.Go(act)
	}
	all.Wait()
	r.idp.Up()
	r.idp.Publish()
	r.clock.Advance(time.Hour)
	assert.Equal(t, 200, r.status(t, r.token(t)))
}

func TestNewIssuerWithoutAudienceFails(t *testing.T) {
	t.Parallel()
	w := watch(t, func(tb testing.TB) { ginjwttest.NewIssuer(tb) })
	assert.True(t, w.fatal)
	assert.Contains(t, w.all(), "ginjwttest: NewIssuer: ")
	assert.Contains(t, w.all(), "Audience is empty")
}

// TestIssuerPrintsNothing runs a test as a user does who has Gin's debug mode on.
func TestIssuerPrintsNothing(t *testing.T) {
	t.Parallel()
	if os.Getenv("GIN_MODE") == "debug" {
		idp := ginjwttest.NewIssuer(t, service)
		res, err := http.Get(idp.URL + "/keys")
		require.NoError(t, err)
		res.Body.Close()
		res, err = http.PostForm(idp.URL+"/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {"a"}})
		require.NoError(t, err)
		res.Body.Close()
		require.Equal(t, 200, res.StatusCode)
		return
	}
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestIssuerPrintsNothing$", "-test.v")
	cmd.Env = append(os.Environ(), "GIN_MODE=debug")
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, string(output))
	assert.Contains(t, string(output), "--- PASS: TestIssuerPrintsNothing")
	assert.NotContains(t, string(output), "GIN", "nothing of Gin's")
}
