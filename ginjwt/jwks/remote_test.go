package jwks_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

// These tests run in a bubble of testing/synctest: time passes only while all
// sleep, and a goroutine that outlives the test fails it.

// remoteX are points on the curve of Ed25519, so each is a key.
const (
	remoteX1 = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
	remoteX2 = "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"
)

func remoteKey(kid, x string) string {
	return fmt.Sprintf(`{"kty":"OKP","crv":"Ed25519","kid":%q,"x":%q}`, kid, x)
}

// wire is the provider, without a network.
type wire struct {
	mu     sync.Mutex
	keys   []string
	header http.Header
	err    error
	delay  time.Duration
	asked  []time.Time
}

func (w *wire) set(change func()) { w.mu.Lock(); defer w.mu.Unlock(); change() }

func (w *wire) fetches() int { w.mu.Lock(); defer w.mu.Unlock(); return len(w.asked) }

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.asked = append(w.asked, time.Now())
	body, header, err, delay := `{"keys":[`+strings.Join(w.keys, ",")+`]}`, w.header, w.err, w.delay
	w.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: 200, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func remoteOf(t testing.TB, rt http.RoundTripper, opts ...jwks.Option) *jwks.Source {
	t.Helper()
	quiet := []jwks.Option{jwks.HTTPClient(&http.Client{Transport: rt}), jwks.Observe(func(context.Context, jwks.Event) {})}
	s, err := jwks.Remote("https://id.example/keys", append(quiet, opts...)...)
	require.NoError(t, err)
	return s
}

func seek(s *jwks.Source, kid string) error {
	_, err := s.FindKey(context.Background(), ginjwt.EdDSA, kid)
	return err
}

// requireOutage demands a 503 that says when to try again: within the CoolDown if
// retryAfter is "".
func requireOutage(t testing.TB, err error, retryAfter string) {
	t.Helper()
	var e *ginjwt.Error
	require.ErrorAs(t, err, &e)
	require.NotErrorIs(t, err, ginjwt.ErrUnknownKey)
	require.Equal(t, 503, e.Status)
	if retryAfter == "" {
		retryAfter = `[1-9]|10`
	}
	require.Regexp(t, "^("+retryAfter+")$", e.Header.Get("Retry-After"))
}

// pass lets time pass, asking for known each second.
func pass(t testing.TB, s *jwks.Source, d time.Duration, known string) {
	t.Helper()
	for range d / time.Second {
		time.Sleep(time.Second)
		require.NoError(t, seek(s, known))
	}
}

func TestRemoteRefreshesWithinBoundsThatNoProviderStretches(t *testing.T) {
	quarter := [2]time.Duration{675 * time.Second, 789 * time.Second}
	minute := [2]time.Duration{45 * time.Second, 54 * time.Second}
	for rule, tc := range map[string]struct {
		cacheControl []string
		within       [2]time.Duration
	}{
		"none is a quarter of an hour":      {nil, quarter},
		"five minutes":                      {[]string{"public, max-age=300"}, [2]time.Duration{225 * time.Second, 264 * time.Second}},
		"in quotes and capitals":            {[]string{`Max-Age="300"`}, [2]time.Duration{225 * time.Second, 264 * time.Second}},
		"in the second of two headers":      {[]string{"public", "max-age=300"}, [2]time.Duration{225 * time.Second, 264 * time.Second}},
		"zero is a minute":                  {[]string{"max-age=0"}, minute},
		"no-store is a minute":              {[]string{"no-store"}, minute},
		"no-cache before a max-age":         {[]string{"no-cache, max-age=800"}, minute},
		"a year is a quarter of an hour":    {[]string{"max-age=31536000"}, quarter},
		"more than 31 bits":                 {[]string{"max-age=4294967297"}, quarter},
		"more than 64 bits":                 {[]string{"max-age=99999999999999999999999"}, quarter},
		"negative, which is nothing at all": {[]string{"max-age=-1"}, quarter},
		"another directive's":               {[]string{"s-maxage=60, x-max-age=60"}, quarter},
	} {
		t.Run(rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &wire{keys: []string{remoteKey("a", remoteX1)}, header: http.Header{"Cache-Control": tc.cacheControl}}
				s := remoteOf(t, w)
				require.NoError(t, seek(s, "a"))
				for w.fetches() == 1 {
					pass(t, s, time.Second, "a")
					synctest.Wait()
				}
				after := w.asked[1].Sub(w.asked[0])
				assert.GreaterOrEqual(t, after, tc.within[0])
				assert.LessOrEqual(t, after, tc.within[1])
			})
		})
	}
}

func TestRemoteSourcesDoNotRefreshInStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seconds := map[time.Duration]bool{}
		for range 10 {
			w := &wire{keys: []string{remoteKey("a", remoteX1)}}
			s := remoteOf(t, w)
			require.NoError(t, seek(s, "a"))
			for w.fetches() == 1 {
				pass(t, s, time.Second, "a")
				synctest.Wait()
			}
			seconds[w.asked[1].Sub(w.asked[0])] = true
		}
		assert.Greater(t, len(seconds), 3, "of 10 sources, over 112 seconds")
	})
}

// A hanging provider costs the requests whose key is known nothing while the
// keys are fresh, and patience once if they are not.
func TestRemoteWaitsForNobodyWhoseKeyIsThere(t *testing.T) {
	for rule, tc := range map[string]struct {
		idle time.Duration
		wait time.Duration
	}{
		"due, not expired": {14 * time.Minute, 0},
		"expired":          {time.Hour, 2 * time.Second},
	} {
		t.Run(rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &wire{keys: []string{remoteKey("a", remoteX1)}}
				s := remoteOf(t, w)
				require.NoError(t, seek(s, "a"))
				w.set(func() { w.delay = 30 * time.Second })
				time.Sleep(tc.idle)
				began := time.Now()
				require.NoError(t, seek(s, "a"))
				assert.Equal(t, tc.wait, time.Since(began))
				requireOutage(t, seek(s, "unknown"), "10")
				assert.Equal(t, 10*time.Second, time.Since(began), "the Timeout ends the fetch")
				began = time.Now()
				pass(t, s, 25*time.Second, "a")
				assert.Equal(t, 25*time.Second, time.Since(began), "after a failure nobody waits for the next try")
				synctest.Wait()
				require.NoError(t, s.Close())
			})
		})
	}
}

// Patience is the provider's, not each request's: whoever comes when a fetch has
// already taken that long does not wait for it again.
func TestRemotePatienceIsOneForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{keys: []string{remoteKey("a", remoteX1)}}
		s := remoteOf(t, w)
		require.NoError(t, seek(s, "a"))
		w.set(func() { w.delay = 30 * time.Second })
		time.Sleep(time.Hour)
		began := time.Now()
		for range 3 {
			require.NoError(t, seek(s, "a"))
		}
		assert.Equal(t, 2*time.Second, time.Since(began))
		require.NoError(t, s.Close())
	})
}

func TestRemoteForgedKeyIDsFetchOncePerCoolDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{keys: []string{remoteKey("a", remoteX1)}}
		s := remoteOf(t, w)
		require.NoError(t, seek(s, "a"))
		for i := range 1000 {
			require.ErrorIs(t, seek(s, fmt.Sprint("forged", i)), ginjwt.ErrUnknownKey)
			time.Sleep(100 * time.Millisecond)
		}
		assert.Equal(t, 10, w.fetches(), "in 100 s, with a CoolDown of 10")
		w.set(func() { w.keys = append(w.keys, remoteKey("b", remoteX2)) })
		published := time.Now()
		for seek(s, "b") != nil {
			require.ErrorIs(t, seek(s, "forged"), ginjwt.ErrUnknownKey)
			time.Sleep(100 * time.Millisecond)
		}
		assert.LessOrEqual(t, time.Since(published), 10*time.Second)
	})
}

// Whoever read the clock before a fetch ended must not take that for a clock
// that was set back, and fetch again.
func TestRemoteFetchesOnceForWhoWaitedForAFetch(t *testing.T) {
	t.Run("the keys were too old and the key is none of the new ones", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := &wire{keys: []string{remoteKey("a", remoteX1)}, delay: 100 * time.Millisecond}
			s := remoteOf(t, w)
			require.NoError(t, seek(s, "a"))
			time.Sleep(time.Hour)
			require.ErrorIs(t, seek(s, "forged"), ginjwt.ErrUnknownKey)
			assert.Equal(t, 2, w.fetches())
		})
	})
	t.Run("the request was held up between the two", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := &wire{keys: []string{remoteKey("a", remoteX1)}}
			late, resume := atomic.Bool{}, make(chan struct{})
			s := remoteOf(t, w, jwks.Clock(func() time.Time {
				now := time.Now()
				if late.CompareAndSwap(true, false) {
					<-resume
				}
				return now
			}))
			late.Store(true)
			done := make(chan error, 1)
			go func() { done <- seek(s, "forged") }()
			synctest.Wait()
			time.Sleep(time.Second)
			require.NoError(t, seek(s, "a"))
			close(resume)
			require.ErrorIs(t, <-done, ginjwt.ErrUnknownKey)
			assert.Equal(t, 1, w.fetches())
		})
	})
}

func TestRemoteStaleKeysServeForMaxStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{keys: []string{remoteKey("a", remoteX1)}}
		s := remoteOf(t, w, jwks.MaxStale(time.Hour))
		require.NoError(t, seek(s, "a"))
		w.set(func() { w.err = errors.New("down") })
		pass(t, s, time.Hour-time.Second, "a")
		requireOutage(t, seek(s, "unknown"), "")
		time.Sleep(time.Second)
		requireOutage(t, seek(s, "a"), "")
		time.Sleep(10 * time.Second)
		w.set(func() { w.err = nil })
		require.NoError(t, seek(s, "a"))
	})
}

// While the provider answers, no token with a good key may be refused, however
// short MaxStale is. So it cannot be shorter than keys are used anyway.
func TestRemoteShortestMaxStale(t *testing.T) {
	for _, tooShort := range []time.Duration{3 * time.Second, 15*time.Minute - 1} {
		_, err := jwks.Remote("https://id.example/keys", jwks.MaxStale(tooShort))
		require.ErrorContains(t, err, "MaxStale")
	}
	synctest.Test(t, func(t *testing.T) {
		w := &wire{keys: []string{remoteKey("a", remoteX1)}}
		s := remoteOf(t, w, jwks.MaxStale(15*time.Minute))
		for wait := time.Second; wait < time.Hour; wait = wait * 3 / 2 {
			require.NoError(t, seek(s, "a"), "after %v", wait)
			time.Sleep(wait)
		}
		synctest.Wait()
	})
}
