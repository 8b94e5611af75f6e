package ginjwt_test

import (
	"fmt"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/inspect"
)

const randomRoutes = 300

// randomRoute returns the route of seed, and what it is made of.
func randomRoute(t *testing.T, seed uint64) (*world, *gin.Engine, inspect.Route) {
	t.Helper()
	w := newWorld(seed)
	e := w.engine()
	routes, err := inspect.Routes(e)
	require.NoError(t, err)
	require.Len(t, routes, 1)
	return w, e, routes[0]
}

func ask(e *gin.Engine, w wallet) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	e.ServeHTTP(answer, w.request())
	return answer
}

// Whoever is let through has what one of the ways asks for: the list of a route
// is never stricter than the route.
func TestNobodyIsLetThroughButByAWayThatIsListed(t *testing.T) {
	t.Parallel()
	all := wallets()
	for seed := range uint64(randomRoutes) {
		_, e, r := randomRoute(t, seed)
		for _, w := range all {
			answer := ask(e, w)
			require.Contains(t, []int{200, 401, 403}, answer.Code, "seed %d: %s with %v", seed, r.Access(), w)
			if answer.Code == 200 {
				require.True(t, w.suffices(r), "seed %d: %s let through %v", seed, r.Access(), w)
			}
		}
	}
}

// Each way that is listed is one: its credentials and scopes alone are enough.
func TestEachWayThatIsListedLetsThrough(t *testing.T) {
	t.Parallel()
	var lies []string
	for seed := range uint64(randomRoutes) {
		_, e, r := randomRoute(t, seed)
		for _, way := range r.Security {
			if answer := ask(e, exactly(way)); answer.Code != 200 {
				lies = append(lies, fmt.Sprintf("seed %d: %s: %d for %v", seed, r.Access(), answer.Code, exactly(way)))
			}
		}
	}
	assert.Empty(t, lies[:min(len(lies), 10)], "%d ways are none", len(lies))
}

// With the credentials of a way, but too few scopes for any, it is 403: more
// credentials would not help.
func TestTooFewScopesAreForbiddenAndNotUnauthorized(t *testing.T) {
	t.Parallel()
	for seed := range uint64(randomRoutes) {
		_, e, r := randomRoute(t, seed)
		for _, way := range r.Security {
			w := exactly(way)
			for name := range w {
				w[name] = nil
			}
			if !w.suffices(r) {
				assert.Equal(t, 403, ask(e, w).Code, "seed %d: %s with %v", seed, r.Access(), w)
			}
		}
	}
}

// Where nothing can be chosen, the list is exact for every request, whatever
// else is sent, and so are the scopes and their order in the challenge.
func TestTheListIsExactWhereNothingIsChosen(t *testing.T) {
	t.Parallel()
	all, routes, challenges := wallets(), 0, 0
	for seed := range uint64(randomRoutes) {
		made, e, r := randomRoute(t, seed)
		if !made.plain {
			continue
		}
		routes++
		require.Len(t, r.Security, 1, "seed %d", seed)
		for _, w := range all {
			answer := ask(e, w)
			require.Equal(t, w.suffices(r), answer.Code == 200, "seed %d: %s with %v: %d", seed, r.Access(), w, answer.Code)
			if answer.Code == 200 || r.Guard != r.Handlers {
				continue // several guards: a challenge names the scopes of one
			}
			if m := scopeOfChallenge.FindStringSubmatch(answer.Header().Get("WWW-Authenticate")); m != nil && answer.Code == 403 {
				challenges++
				require.Contains(t, scopesOf(r, "Bearer"), m[1], "seed %d: %s", seed, r.Access())
			}
		}
	}
	assert.Greater(t, routes, randomRoutes/20)
	assert.Greater(t, challenges, 50)
}

var scopeOfChallenge = regexp.MustCompile(`scope="([^"]*)"`)

func scopesOf(r inspect.Route, scheme string) string {
	for _, d := range r.Security[0] {
		if d.Scheme.Name == scheme {
			return strings.Join(d.Scopes, " ")
		}
	}
	return ""
}

// Without any credentials, 401 says that they are required, and 200 that they
// are not.
func TestOptionalIsWhatNobodyGetsThrough(t *testing.T) {
	t.Parallel()
	optional := 0
	for seed := range uint64(randomRoutes) {
		_, e, r := randomRoute(t, seed)
		want := 401
		if r.Optional() {
			want = 200
			optional++
		}
		require.Equal(t, want, ask(e, nil).Code, "seed %d: %s", seed, r.Access())
		require.Positive(t, r.Guard, "seed %d", seed)
	}
	assert.Greater(t, optional, randomRoutes/20)
}
