package ginjwt_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

func TestIntrospectAsksEachTimeByDefault(t *testing.T) {
	t.Parallel()
	w := newIntroWorld(t)
	for range 3 {
		w.requireStatus(200)
	}
	assert.EqualValues(t, 3, w.asked.Load())
	w.says(`{"active":false}`)
	w.requireStatus(401, "revoked elsewhere: at once")
	w.active("")
	w.requireStatus(200)
	assert.EqualValues(t, 5, w.asked.Load())
}

// IN-07. What the endpoint says first, and later; whether the answer to a
// request at a time after the first is still the first one.
func TestIntrospectKeepsAnswers(t *testing.T) {
	t.Parallel()
	const active, longer, inactive = `"sub":"alice"`, `"exp":1772999999`, `"active":false`
	in30 := fmt.Sprintf(`"exp":%d`, newSessClock().Now().Unix()+30) // 29.75 s from the first request
	for rule, tc := range map[string]struct {
		first, then string
		after       time.Duration
		asks        bool
		status      int
	}{
		"active, at once":                         {active, inactive, 0, false, 200},
		"active, to the end of CacheFor":          {active, inactive, time.Minute - 1, false, 200},
		"active, after CacheFor":                  {active, inactive, time.Minute, true, 401},
		"active, to its exp":                      {in30, inactive, 29 * time.Second, false, 200},
		"active, never beyond its exp":            {in30, longer, 29750 * time.Millisecond, true, 200},
		"exp in the past is never kept":           {`"exp":1`, active, 0, true, 200},
		"inactive, at once":                       {inactive, active, 0, false, 401},
		"inactive, to the end of CacheFor":        {inactive, active, time.Minute - 1, false, 401},
		"inactive, after CacheFor":                {inactive, active, time.Minute, true, 200},
		"the clock was set back":                  {active, inactive, -time.Second, true, 401},
		"the clock was set back, and exp is near": {in30, inactive, -time.Second, true, 401},
		"the clock was set back far":              {active, inactive, -24 * time.Hour, true, 401},
		"the clock was set forward far":           {active, inactive, 24 * time.Hour, true, 401},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w := newIntroWorld(t, jwks.CacheFor(time.Minute, 10))
			w.active(tc.first)
			get(w.api, "/me", introToken)
			w.active(tc.then)
			w.clock.advance(tc.after)
			w.requireStatus(tc.status)
			assert.Equal(t, tc.asks, w.asked.Load() == 2, "asked %d times", w.asked.Load())
		})
	}
}

func TestIntrospectKeepsNoFailure(t *testing.T) {
	t.Parallel()
	w := newIntroWorld(t, jwks.CacheFor(time.Minute, 10))
	w.does(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(500) })
	w.requireStatus(503)
	w.active("")
	w.requireStatus(200)
	w.does(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(500) })
	w.requireStatus(200, "what is known is used while the endpoint fails")
	w.clock.advance(time.Minute)
	w.requireStatus(503, "and no longer than CacheFor")
}

func TestIntrospectKeepsTokensApart(t *testing.T) {
	t.Parallel()
	w := newIntroWorld(t, jwks.CacheFor(time.Minute, 100))
	w.does(func(rw http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(rw, w.answerOf(fmt.Sprintf(`"sub":%q`, r.FormValue("token"))))
	})
	for range 2 {
		for i := range 20 {
			token := fmt.Sprint("t", i)
			claims, err := ginjwt.Verify[introClaims](t.Context(), w.verifier, token)
			require.NoError(t, err)
			assert.Equal(t, token, claims.Subject)
			claims.Roles[0] = "admin" // the call's own
		}
	}
	assert.EqualValues(t, 20, w.asked.Load())
	claims, err := ginjwt.Verify[introClaims](t.Context(), w.verifier, "t1")
	require.NoError(t, err)
	assert.Equal(t, []string{"reader"}, claims.Roles)
}

func TestIntrospectKeepsABoundedNumber(t *testing.T) {
	t.Parallel()
	w := newIntroWorld(t, jwks.CacheFor(time.Minute, 10))
	for i := range 200 {
		_, err := ginjwt.Verify[introClaims](t.Context(), w.verifier, fmt.Sprint("t", i%100))
		require.NoError(t, err)
	}
	assert.GreaterOrEqual(t, w.asked.Load(), int64(190), "at most 10 of 100 can be known the second time")
}

// introWaiter is a context that tells when somebody waits for its end.
type introWaiter struct {
	context.Context
	once  sync.Once
	waits *atomic.Int64
}

func (c *introWaiter) Done() <-chan struct{} {
	c.once.Do(func() { c.waits.Add(1) })
	return c.Context.Done()
}

// introTransport is a client's transport of one function.
type introTransport func(*http.Request) (*http.Response, error)

func (f introTransport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func introOver(fn introTransport) jwks.Option { return jwks.HTTPClient(&http.Client{Transport: fn}) }

func (w *introWorld) response(r *http.Request) *http.Response {
	return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(w.answerOf(""))), Request: r, Header: http.Header{}}
}

const introPatience = 20 * time.Second // only ends a test that hangs

func TestIntrospectAsksOnceForManyRequests(t *testing.T) {
	t.Parallel()
	const n = 50
	release := make(chan struct{})
	var waits atomic.Int64
	w := newIntroWorld(t)
	answer := w.answerOf("")
	w.does(func(rw http.ResponseWriter, _ *http.Request) { <-release; _, _ = io.WriteString(rw, answer) })
	results := make(chan error, n)
	for range n {
		go func() {
			_, err := ginjwt.Verify[introClaims](&introWaiter{Context: t.Context(), waits: &waits}, w.verifier, introToken)
			results <- err
		}()
	}
	assert.Eventually(t, func() bool { return waits.Load() == n }, introPatience, time.Millisecond)
	close(release)
	for range n {
		assert.NoError(t, <-results)
	}
	assert.EqualValues(t, 1, w.asked.Load())
	w.requireStatus(200)
	assert.EqualValues(t, 2, w.asked.Load(), "an answer that came is not kept unless CacheFor says so")
}

func TestIntrospectAsksAtMost64QuestionsAtATime(t *testing.T) {
	t.Parallel()
	const n = 500
	release := make(chan struct{})
	var waits, now, most atomic.Int64
	var w *introWorld
	w = newIntroWorld(t, introOver(func(r *http.Request) (*http.Response, error) {
		most.Store(max(most.Load(), now.Add(1)))
		<-release
		defer now.Add(-1)
		return w.response(r), nil
	}))
	results := make(chan error, n)
	for i := range n {
		go func() {
			_, err := ginjwt.Verify[introClaims](&introWaiter{Context: t.Context(), waits: &waits}, w.verifier, fmt.Sprint("t", i))
			results <- err
		}()
	}
	assert.Eventually(t, func() bool { return waits.Load() == n && now.Load() == 64 }, introPatience, time.Millisecond)
	close(release)
	for range n {
		assert.NoError(t, <-results)
	}
	assert.LessOrEqual(t, most.Load(), int64(64))
}

func TestIntrospectThatACallerLeavesEndsNothingForOthers(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	var waits atomic.Int64
	w := newIntroWorld(t)
	answer := w.answerOf("")
	w.does(func(rw http.ResponseWriter, _ *http.Request) { <-release; _, _ = io.WriteString(rw, answer) })
	ask := func(ctx context.Context) chan error {
		result := make(chan error, 1)
		go func() {
			_, err := ginjwt.Verify[introClaims](&introWaiter{Context: ctx, waits: &waits}, w.verifier, introToken)
			result <- err
		}()
		return result
	}
	ctx, leave := context.WithCancel(t.Context())
	first := ask(ctx)
	assert.Eventually(t, func() bool { return waits.Load() == 1 && w.asked.Load() == 1 }, introPatience, time.Millisecond)
	second := ask(t.Context())
	assert.Eventually(t, func() bool { return waits.Load() == 2 }, introPatience, time.Millisecond)
	leave()
	var e *ginjwt.Error
	require.ErrorAs(t, <-first, &e)
	assert.Equal(t, 499, e.Status, "the client left: neither an outage nor a bad token")
	close(release)
	require.NoError(t, <-second)
	assert.EqualValues(t, 1, w.asked.Load())
}

// A client of the user's that breaks is an outage, and takes no turn for ever.
func TestIntrospectSurvivesAClientThatBreaks(t *testing.T) {
	t.Parallel()
	for rule, fail := range map[string]func(){
		"a panic":                     func() { panic("a bug") },
		"a panic with nil":            func() { panic(nil) }, // what users do
		"a goroutine that ends early": runtime.Goexit,
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			broken := atomic.Bool{}
			broken.Store(true)
			var w *introWorld
			w = newIntroWorld(t, introOver(func(r *http.Request) (*http.Response, error) {
				if broken.Load() {
					fail()
				}
				return w.response(r), nil
			}))
			for range 70 { // more than there are turns
				require.NotPanics(t, func() { w.requireStatus(503) })
			}
			broken.Store(false)
			w.requireStatus(200)
		})
	}
}

func TestIntrospectSurvivesAnObserverThatBreaks(t *testing.T) {
	t.Parallel()
	w := newIntroWorld(t, jwks.Observe(func(context.Context, jwks.Event) { panic("a bug") }))
	w.requireStatus(200)
	w = newIntroWorld(t, jwks.Observe(func(context.Context, jwks.Event) { runtime.Goexit() }))
	require.NotPanics(t, func() { w.requireStatus(200) })
}
