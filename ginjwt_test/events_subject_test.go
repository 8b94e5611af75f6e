package ginjwt_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

func TestTheSubjectIsToldOnlyIfAskedFor(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	const who = "j0hnd03"
	good := "Authorization: Bearer " + sign(t, g.issuer, who, "me")
	for rule, tc := range map[string]struct {
		guard      ginjwt.Guard
		line, want string
	}{
		"accepted":                      {g.user, good, who},
		"a good token that lacks scope": {ginjwt.Security(g.user, "admin"), good, who},
		"a good token, and a check":     {ginjwt.Check(g.user, "no", refuse), good, who},
		"in an Optional":                {ginjwt.Optional(g.user), good, who},
		"in an AnyOf":                   {ginjwt.AnyOf(g.user, ginjwt.Depends(ginjwt.APIKeyHeader("X-Key"), nobodyByKey)), good, who},
		"nobody":                        {ginjwt.Optional(g.user), "", ""},
		"by a key":                      {ginjwt.AnyOf(g.user, ginjwt.Depends(ginjwt.APIKeyHeader("X-Key"), nobodyByKey)), "X-Key: " + who, ""},
		"a forged token":                {g.user, extBroken(good), ""},
		"no token below":                {ginjwt.Provide(eventOne), good, ""},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			log := eventsOf([]ginjwt.Guard{tc.guard}, tc.line)
			require.Len(t, log.events, 1)
			ev := log.events[0]
			assert.Equal(t, tc.want, ev.Subject())
			var out bytes.Buffer
			for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
				slog.New(h).Info("event", "event", ev, "pointer", &ev)
			}
			text, err := json.Marshal(ev)
			require.NoError(t, err)
			assert.NotContains(t, fmt.Sprintf("%v %+v %#v %v %+v %s", ev, ev, ev, &ev, &ev, text)+out.String(), who)
		})
	}
	assert.Empty(t, ginjwt.Event{}.Subject())
}

func nobodyByKey(*gin.Context, string) (graphUser, error) { return graphUser{}, nil }

// The times of a handler's guards do not count one twice.
func TestDurationsAddUpToNoMoreThanTheRequest(t *testing.T) {
	t.Parallel()
	slow := ginjwt.Provide(func(*gin.Context) (int, error) {
		for began := time.Now(); time.Since(began) < 5*time.Millisecond; {
			runtime.Gosched()
		}
		return 1, nil
	})
	began := time.Now()
	log := eventsOf([]ginjwt.Guard{slow, ginjwt.Provide(eventOne), ginjwt.Provide(eventDown)})
	took := time.Since(began)
	require.Len(t, log.only(t), 3)
	var sum time.Duration
	for _, ev := range log.events {
		sum += ev.Duration
	}
	assert.GreaterOrEqual(t, log.events[0].Duration, 5*time.Millisecond)
	assert.LessOrEqual(t, sum, took)
}

// A guard that panics has decided nothing; those before it have.
func TestEventsOfAGuardThatPanics(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	panics := ginjwt.Depends(g.user, func(*gin.Context, graphUser) (int, error) { panic("a bug") })
	var log eventLog
	var later graphLog
	r := graphEngine(log.observe(), gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, _ any) { c.AbortWithStatus(500) }),
		ginjwt.Require(g.claims, panics, g.user), later.handler("later"))
	assert.Equal(t, 500, get(r, "/", sign(t, g.issuer, "johndoe", "")).Code)
	assert.Equal(t, []string{"JWT accepted"}, log.guards())
	assert.Empty(t, later.all())
}

// Handlers that work things out in goroutines do not disturb the events.
func TestEventsWhileGoroutinesAsk(t *testing.T) {
	t.Parallel()
	w, v := newCacheWorld(t)
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.HTTPBearer(), v)
	user := ginjwt.Depends(claims, eventClaims)
	token := w.token(t, "")
	var log eventLog
	r := graphEngine(log.observe(), ginjwt.Require(ginjwt.Provide(eventOne)), func(c *gin.Context) {
		copied := c.Copy()
		var asked sync.WaitGroup
		for range 4 {
			asked.Go(func() {
				_, err := user.Get(copied)
				assert.NoError(t, err)
			})
		}
		c.Next()
		asked.Wait()
	}, ginjwt.Require(claims, ginjwt.Optional(user)), ginjwt.Handle(user, func(*gin.Context, ginjwt.Claims) {}))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { assert.Equal(t, 200, get(r, "/", token).Code) })
	}
	all.Wait()
	events := log.only(t)
	require.Len(t, events, 8*4)
	for i, ev := range events {
		assert.Equal(t, ginjwt.OutcomeAccepted, ev.Outcome)
		assert.Empty(t, ev.Cause)
		if ev.Guard != "" && eventShort(ev.Guard) != "eventOne" {
			assert.Equal(t, []string{testIssuer, "HS256", "HTTPBearer"}, []string{ev.Issuer, ev.Algorithm, ev.Scheme})
			assert.Equal(t, "alice", log.events[i].Subject())
		}
	}
}
