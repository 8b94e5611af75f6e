package jwks_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

func TestConfigurationsThatAreRefused(t *testing.T) {
	t.Parallel()
	made := func(_ *jwks.Source, err error) error { return err }
	policy := ginjwt.Policy{Audience: []string{"api"}}
	cases := map[string]struct {
		err  error
		says string
	}{
		"a key set without a URL":           {made(jwks.Remote("")), "jwks: Remote: "},
		"a key set over plain HTTP":         {made(jwks.Remote("http://id.example/keys")), "https"},
		"plain HTTP to another machine":     {made(jwks.Remote("http://id.example/keys", jwks.InsecureLoopbackHTTP())), "is not https://"},
		"what only looks like this machine": {made(jwks.Remote("http://localhost.example/keys", jwks.InsecureLoopbackHTTP())), "is not https://"},
		"no algorithms":                     {made(jwks.Remote("https://id.example/keys", jwks.Algorithms())), "Algorithms: none given"},
		"an algorithm of secrets":           {made(jwks.Remote("https://id.example/keys", jwks.Algorithms(ginjwt.RS256, ginjwt.HS256))), `"HS256" is no asymmetric algorithm`},
		"an issuer with a query":            {made(jwks.DiscoverKeys("https://id.example/?tenant=a")), "jwks: the issuer: an issuer is a URL without a query"},
		"an issuer with an empty query":     {made(jwks.DiscoverKeys("https://id.example/?")), "without a query"},
		"an issuer that is no URL":          {made(jwks.DiscoverKeys("https://id.example:port")), "jwks: the issuer: "},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.ErrorContains(t, tc.err, tc.says)
		})
	}
	t.Run("all faults together, the policy's too", func(t *testing.T) {
		t.Parallel()
		policy := policy
		policy.Leeway = -time.Second
		_, err := jwks.Discover("http://id.example", policy, jwks.Timeout(0))
		for _, says := range []string{"the issuer", "Timeout", "Leeway"} {
			assert.ErrorContains(t, err, says)
		}
	})
	t.Run("this machine by its name", func(t *testing.T) {
		t.Parallel()
		for _, url := range []string{"http://localhost:1/keys", "http://LOCALHOST/keys", "http://127.0.0.1:1/keys", "http://[::1]:1/keys"} {
			assert.NoError(t, made(jwks.Remote(url, jwks.InsecureLoopbackHTTP())), url)
		}
	})
	t.Run("a handler of no ring", func(t *testing.T) {
		t.Parallel()
		assert.PanicsWithValue(t, "jwks: Handler: nil Ring", func() { jwks.Handler(nil) })
	})
}

// Who waits for a refresh waits no longer than the context lasts, be it for the
// fetch that was under way or for the one that was begun for it.
func TestRefreshEndsWithItsContext(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]jwks.Option{"a fetch was under way": {jwks.WarmUp()}, "none was": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &wire{keys: []string{remoteKey("a", remoteX1)}, delay: 5 * time.Second}
				s := remoteOf(t, w, opts...)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				began := time.Now()
				assert.ErrorIs(t, s.Refresh(ctx), context.DeadlineExceeded)
				assert.Equal(t, time.Second, time.Since(began))
				assert.NoError(t, seek(s, "a"), "the fetch goes on for others")
				assert.Equal(t, 1, w.fetches())
			})
		})
	}
}

// The caller's own client may be stricter about redirects than the package.
func TestClientsOwnRuleForRedirects(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		rule  func(*http.Request, []*http.Request) error
		asked int
	}{
		"none":              {nil, 2},
		"one that allows":   {func(*http.Request, []*http.Request) error { return nil }, 2},
		"one that does not": {func(*http.Request, []*http.Request) error { return errors.New("not there") }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keys, asked := &wire{keys: []string{remoteKey("a", remoteX1)}}, 0
			client := &http.Client{CheckRedirect: tc.rule, Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
				asked++
				if req.URL.Path == "/keys" {
					return &http.Response{StatusCode: 302, Header: http.Header{"Location": {"/moved"}}, Body: http.NoBody, Request: req}, nil
				}
				return keys.RoundTrip(req)
			})}
			s := remoteOf(t, nil, jwks.HTTPClient(client))
			err := s.Refresh(t.Context())
			assert.Equal(t, tc.asked, asked)
			if tc.asked == 1 {
				assert.ErrorContains(t, err, "not there")
			} else {
				assert.NoError(t, err)
			}
		})
	}
}

// Questions that are never answered must not pile up: those beyond a bound give
// up after the Timeout, and say so.
func TestIntrospectionsAtATimeAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const atATime = 64
		goOn, asked := make(chan struct{}), make(chan struct{}, 2*atATime)
		deaf := roundTrip(func(*http.Request) (*http.Response, error) { // it does not hear that the time is up
			asked <- struct{}{}
			<-goOn
			return nil, errors.New("too late")
		})
		v, err := jwks.Introspect("https://id.example/introspect", "client", "secret",
			ginjwt.Policy{Issuer: "https://id.example", Audience: []string{"api"}},
			jwks.HTTPClient(&http.Client{Transport: deaf}), jwks.Timeout(time.Second), jwks.Observe(func(context.Context, jwks.Event) {}))
		require.NoError(t, err)
		ask := func(i int) error {
			_, err := ginjwt.Verify[ginjwt.Claims](context.Background(), v, fmt.Sprintf("opaque-token-%d", i))
			return err
		}
		answers := make(chan error, atATime)
		for i := range atATime {
			go func() { answers <- ask(i) }()
		}
		synctest.Wait()
		require.Len(t, asked, atATime)
		err = ask(atATime)
		requireOutage(t, err, "")
		assert.ErrorContains(t, err, "too many tokens are being introspected")
		assert.Len(t, asked, atATime, "the one beyond was not asked")
		close(goOn)
		for range atATime {
			assert.Error(t, <-answers)
		}
	})
}

// records is a slog.Handler for a test that waits for what is logged.
type records chan slog.Record

func (r records) Enabled(context.Context, slog.Level) bool { return true }
func (r records) Handle(_ context.Context, rec slog.Record) error {
	r <- rec
	return nil
}
func (r records) WithAttrs([]slog.Attr) slog.Handler { return r }
func (r records) WithGroup(string) slog.Handler      { return r }

// Without an observer, the program's logger has it: a provider that fails and
// keys that are of no use are what an operator must see.
func TestEventsGoToTheDefaultLogger(t *testing.T) {
	logged, before := make(records, 10), slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	cases := map[string]struct {
		wire  *wire
		level slog.Level
		text  string
		attrs map[string]string
	}{
		"keys": {&wire{keys: []string{remoteKey("a", remoteX1)}}, slog.LevelDebug, "jwks: provider answered", map[string]string{"keys": "1"}},
		"a key of no use": {
			&wire{keys: []string{remoteKey("a", remoteX1), remoteKey("b", "x")}}, slog.LevelWarn, "jwks: keys skipped",
			map[string]string{"keys": "1", "skipped": "[kid=b reason=malformed]"},
		},
		"a failure": {&wire{err: errors.New("no route")}, slog.LevelWarn, "jwks: provider failed", map[string]string{"error": ""}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s, err := jwks.Remote("https://id.example/keys", jwks.HTTPClient(&http.Client{Transport: tc.wire}))
			require.NoError(t, err)
			slog.SetDefault(slog.New(logged)) // after the Source was made: it is the logger of the time
			_ = s.Refresh(t.Context())        // what it returns is other tests'
			rec := <-logged
			assert.Equal(t, tc.level, rec.Level)
			assert.Equal(t, tc.text, rec.Message)
			got := map[string]string{}
			rec.Attrs(func(a slog.Attr) bool { got[a.Key] = a.Value.String(); return true })
			assert.Equal(t, "https://id.example/keys", got["url"])
			for _, key := range []string{"keys", "skipped", "error"} {
				want, there := tc.attrs[key]
				assert.Equal(t, there, got[key] != "", key)
				if want != "" {
					assert.Equal(t, want, got[key])
				}
			}
		})
	}
}
