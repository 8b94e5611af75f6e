package redisstore_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/sessions/redisstore"
)

// tokens is what the token endpoint answers.
type tokens struct {
	status  int
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Error   string `json:"error"`
}

var browser = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}

func post(tb testing.TB, base string, form url.Values) (got tokens) {
	tb.Helper()
	resp, err := browser.PostForm(base+"/token", form)
	if !assert.NoError(tb, err) {
		return got
	}
	defer resp.Body.Close()
	assert.NoError(tb, json.NewDecoder(resp.Body).Decode(&got))
	got.status = resp.StatusCode
	return got
}

func login(tb testing.TB, base, user string) tokens {
	tb.Helper()
	got := post(tb, base, url.Values{"grant_type": {"password"}, "username": {user}, "password": {"p"}})
	require.Equal(tb, http.StatusOK, got.status)
	return got
}

func refresh(tb testing.TB, base, token string) tokens {
	tb.Helper()
	return post(tb, base, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
}

// refreshAtOnce presents one token 64 times at once, to both instances.
func refreshAtOnce(t *testing.T, urls []string, token string) []tokens {
	t.Helper()
	answers := make([]tokens, 64)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() {
			<-start
			answers[i] = refresh(t, urls[i%len(urls)], token)
		})
	}
	close(start)
	all.Wait()
	return answers
}

const rounds = 100

func TestOfManyRefreshesInTwoProcessesOneWins(t *testing.T) {
	redis := sharedServer(t)
	urls := []string{startChild(t, redis, 0), startChild(t, redis, 0)}
	_, logins := newService(open(t, option(redis.addr), redisstore.Config{}), 0)
	for round := range rounds {
		user := fmt.Sprintf("%s %d", t.Name(), round)
		first := login(t, urls[round%2], user)
		won := 0
		for _, a := range refreshAtOnce(t, urls, first.Refresh) {
			if a.status == http.StatusOK {
				won++
				continue
			}
			require.Equal(t, http.StatusBadRequest, a.status)
			require.Equal(t, "invalid_grant", a.Error)
		}
		require.Equal(t, 1, won)
		left, err := logins.List(t.Context(), user)
		require.NoError(t, err)
		require.Empty(t, left, "the token came back 63 times after it was used, and the session goes on")
	}
}

func TestOfManyRefreshesInTwoProcessesWithGraceOneChainComes(t *testing.T) {
	redis := sharedServer(t)
	const grace = 30 * time.Second
	urls := []string{startChild(t, redis, grace), startChild(t, redis, grace)}
	_, logins := newService(open(t, option(redis.addr), redisstore.Config{}), grace)
	for round := range rounds / 4 {
		user := fmt.Sprintf("%s %d", t.Name(), round)
		next := login(t, urls[round%2], user).Refresh
		for range 3 {
			var all []string
			for _, a := range refreshAtOnce(t, urls, next) {
				require.Equal(t, http.StatusOK, a.status)
				all = append(all, a.Refresh)
			}
			slices.Sort(all)
			require.Len(t, slices.Compact(all), 1, "two families of one token")
			next = all[0]
		}
		left, err := logins.List(t.Context(), user)
		require.NoError(t, err)
		require.Len(t, left, 1)
	}
}

// A token that is revoked on one instance is refused by another, over HTTP and
// with the answer that it was good in memory.
func TestARevocationIsKnownOnTheOtherInstance(t *testing.T) {
	redis := sharedServer(t)
	here, _ := newService(open(t, option(redis.addr), redisstore.Config{}), 0)
	_, elsewhere := newService(open(t, option(redis.addr), redisstore.Config{}), 0)
	server := httptest.NewServer(here)
	t.Cleanup(server.Close)
	me := func(token string) int {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/me", nil)
		req.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		here.ServeHTTP(w, req)
		return w.Code
	}
	const times = 1000
	took := make([]time.Duration, times)
	for i := range took {
		user := fmt.Sprintf("%s %d", t.Name(), i)
		token := login(t, server.URL, user).Access
		require.Equal(t, http.StatusOK, me(token))
		require.NoError(t, elsewhere.EndAll(t.Context(), user))
		revoked := time.Now()
		for me(token) != http.StatusUnauthorized {
			require.Less(t, time.Since(revoked), time.Second, "Redis' message was not heeded")
		}
		took[i] = time.Since(revoked)
	}
	slices.Sort(took)
	t.Logf("refused elsewhere after the call had returned: median %v, 99%% %v, worst of %d %v", took[times/2], took[times*99/100], times, took[times-1])
}
