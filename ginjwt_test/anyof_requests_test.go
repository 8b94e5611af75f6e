package ginjwt_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// TestAnyOfIsWorkedOutOnce in a request, whoever asks and for what of it.
func TestAnyOfIsWorkedOutOnce(t *testing.T) {
	t.Parallel()
	w := newAltWorld(t)
	nested := ginjwt.AnyOf(w.user, ginjwt.Depends(ginjwt.APIKeyCookie("s"), w.findByKey))
	r := newEngine()
	group := r.Group("/", ginjwt.Require(w.user, ginjwt.Security(w.user, "a")))
	group.GET("/", ginjwt.Require(w.byToken, nested), ginjwt.Handle2(ginjwt.SecurityAny(w.user, "a", "x"), ginjwt.Optional(w.user),
		func(c *gin.Context, u altUser, same *altUser) {
			assert.Equal(t, u, *same)
			got, err := w.user.Get(c)
			assert.NoError(t, err)
			assert.Equal(t, u, got)
			assert.Equal(t, altUser{"ann", "token", nil}, u)
		}))
	for i := range 3 {
		assert.Equal(t, 200, altSend(r, "Authorization", w.bearer(t, "ann", "a"), "X-API-Key", "bob:a").Code)
		assert.Len(t, w.calls.all(), i+1)
	}
	assert.Equal(t, []string{"token", "token", "token"}, w.calls.all())
	assert.Equal(t, 401, altSend(r, "Authorization", w.bearer(t, "gone", "a"), "X-API-Key", "bob:a").Code)
	assert.Len(t, w.calls.all(), 4, "a refusal is remembered, too")
}

// TestAGroupOfAnyOfAndARouteOfOne: each guard is judged for itself.
func TestAGroupOfAnyOfAndARouteOfOne(t *testing.T) {
	t.Parallel()
	w := newAltWorld(t)
	r := newEngine()
	group := r.Group("/", ginjwt.Require(w.user))
	group.GET("/", ginjwt.Handle(ginjwt.Security(w.byToken, "a"), altShow))
	for name, tc := range map[string]struct {
		headers []string
		want    altAnswer
	}{
		"what both take":           {[]string{"Authorization", w.bearer(t, "ann", "a")}, altOK},
		"what only the group does": {[]string{"X-API-Key", "bob:a"}, altAnswer{401, []string{graphNobody}}},
		"the route's demand":       {[]string{"Authorization", w.bearer(t, "ann", "")}, altForbidden(lacking("a"))},
		"nothing":                  {nil, altAnswer{401, []string{graphNobody, "APIKey", altNoBasic}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.want.check(t, r, tc.headers...)
		})
	}
}

func TestPeekTellsWhatWasChosen(t *testing.T) {
	t.Parallel()
	w := newAltWorld(t)
	looked := 0
	r := newEngine()
	r.Use(func(c *gin.Context) {
		c.Next()
		looked++
		u, ok := w.user.Peek(c)
		assert.Equal(t, c.Writer.Status() == 200, ok)
		_, token := w.byToken.Peek(c)
		_, key := w.byKey.Peek(c)
		_, password := w.byPassword.Peek(c)
		assert.Equal(t, [3]bool{ok && u.by == "token", ok && u.by == "key", ok && u.by == "password"}, [3]bool{token, key, password})
	})
	r.GET("/", ginjwt.Require(ginjwt.Check(w.user, "any", func(*gin.Context, altUser) error { return nil })), func(c *gin.Context) {
		_, known := w.user.Peek(c)
		assert.True(t, known)
	})
	for _, headers := range [][]string{
		{"Authorization", w.bearer(t, "ann", "")}, {"X-API-Key", "bob"}, {"Authorization", altBasic("cyd", "")},
		{"X-API-Key", "gone"}, {"X-API-Key", "", "Authorization", altBasic("cyd", "")}, nil,
	} {
		altSend(r, headers...)
	}
	assert.Equal(t, 6, looked)
}

func TestEventsNameTheAlternatives(t *testing.T) {
	t.Parallel()
	w := newAltWorld(t)
	all := "AnyOf(ginjwt_test_test.(*altWorld).findByToken, "
	named := ginjwt.AnyOf(w.byToken, ginjwt.Depends(w.key, w.findByKey))
	schemes := ginjwt.AnyOf(w.token, w.key)
	cases := map[string]struct {
		guard ginjwt.Guard
		want  string
	}{
		"functions":           {named, all + "ginjwt_test_test.(*altWorld).findByKey)"},
		"below Security":      {ginjwt.Security(ginjwt.AnyOf(w.byToken, w.byKey), "a"), all + "ginjwt_test_test.altRights)"},
		"below Optional":      {ginjwt.Optional(named), all + "ginjwt_test_test.(*altWorld).findByKey)"},
		"schemes":             {schemes, "AnyOf(OAuth2PasswordBearer, APIKeyHeader)"},
		"nested":              {ginjwt.AnyOf(schemes, ginjwt.APIKeyCookie("s", ginjwt.SchemeName("session"))), "AnyOf(AnyOf(OAuth2PasswordBearer, APIKeyHeader), session)"},
		"demands are no name": {ginjwt.AnyOf(ginjwt.Security(w.byToken, "a"), ginjwt.Depends(w.key, w.findByKey)), all + "ginjwt_test_test.(*altWorld).findByKey)"},
		"a function above it": {ginjwt.Depends(named, altNamed), "ginjwt_test_test.altNamed"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log eventLog
			r := graphEngine(log.observe(), ginjwt.Require(tc.guard))
			altSend(r, "Authorization", w.bearer(t, "ann", "a"))
			altSend(r, "Authorization", "Bearer a b")
			require.Len(t, log.events, 2)
			assert.Equal(t, ginjwt.OutcomeAccepted, log.events[0].Outcome)
			assert.Equal(t, ginjwt.OutcomeRefused, log.events[1].Outcome)
			for _, ev := range log.events {
				assert.Equal(t, tc.want, ev.Guard[strings.LastIndexByte(ev.Guard, '/')+1:])
			}
		})
	}
}

func altNamed(_ *gin.Context, u altUser) (altUser, error) { return u, nil }

// TestAnAlternativeThatAsksForTheAnyOf gets an error, not a deadlock.
func TestAnAlternativeThatAsksForTheAnyOf(t *testing.T) {
	graphCaptureLog(t)
	w := newAltWorld(t)
	ask := map[string]func(c *gin.Context, user *ginjwt.Dependency[altUser]) error{
		"itself": func(c *gin.Context, user *ginjwt.Dependency[altUser]) error { _, err := user.Get(c); return err },
		"with a demand": func(c *gin.Context, user *ginjwt.Dependency[altUser]) error {
			_, err := ginjwt.Security(user, "a").Get(c)
			return err
		},
		"or nobody": func(c *gin.Context, user *ginjwt.Dependency[altUser]) error {
			_, err := ginjwt.Optional(user).Get(c)
			return err
		},
		"in a nested one": func(c *gin.Context, user *ginjwt.Dependency[altUser]) error {
			_, err := ginjwt.AnyOf(user).Get(c)
			return err
		},
		"with its Context": func(c *gin.Context, user *ginjwt.Dependency[altUser]) error {
			_, err := user.Get(ginjwt.Context(c))
			return err
		},
		"through another": func(c *gin.Context, user *ginjwt.Dependency[altUser]) error {
			_, err := ginjwt.Provide(func(c *gin.Context) (altUser, error) { return user.Get(c) }).Get(c)
			return err
		},
	}
	for name, fn := range ask {
		t.Run(name, func(t *testing.T) {
			var user *ginjwt.Dependency[altUser]
			var seen error
			byKey := ginjwt.Grants(ginjwt.Depends(w.key, func(c *gin.Context, _ string) (altUser, error) {
				seen = fn(c, user)
				return altUser{}, seen
			}), altRights)
			user = ginjwt.AnyOf(w.byToken, byKey)
			graphWithin(t, func() {
				assert.Equal(t, 500, altSend(altEngine(user), "X-API-Key", "bob").Code)
			})
			assert.ErrorIs(t, seen, ginjwt.ErrCycle)
			assert.Equal(t, 200, altSend(altEngine(user), "Authorization", w.bearer(t, "ann", "")).Code, "not chosen, no cycle")
		})
	}
}

// TestAPanicInAnAlternative leaves nothing that waits.
func TestAPanicInAnAlternative(t *testing.T) {
	t.Parallel()
	w := newAltWorld(t)
	user := ginjwt.AnyOf(w.byToken, ginjwt.Depends(w.key, func(*gin.Context, string) (altUser, error) { panic("boom") }))
	var again error
	r := newEngine()
	r.GET("/", func(c *gin.Context) {
		defer func() {
			assert.Equal(t, "boom", recover())
			_, again = user.Get(c)
		}()
		ginjwt.Handle(user, altShow)(c)
	})
	graphWithin(t, func() { altSend(r, "X-API-Key", "bob") })
	assert.Error(t, again)
}

// TestConcurrentGetOfAnyOf: by the AnyOf, its alternatives and what lies above.
func TestConcurrentGetOfAnyOf(t *testing.T) {
	t.Parallel()
	w := newAltWorld(t, ginjwt.FromCookie("t"), ginjwt.FromQuery("t"))
	above := ginjwt.Security(pass(w.user), "a")
	asks := []func(ctx context.Context) (altUser, error){w.user.Get, w.byToken.Get, above.Get, ginjwt.OptionalOr(w.user, altUser{}).Get, ginjwt.AnyOf(w.user).Get}
	r := graphEngine(ginjwt.Require(graphValue(1)), func(c *gin.Context) {
		var wait sync.WaitGroup
		for i := range 40 {
			ctx := []context.Context{c, c.Copy(), ginjwt.Context(c)}[i%3]
			wait.Go(func() {
				u, err := asks[i%len(asks)](ctx)
				assert.NoError(t, err)
				assert.Equal(t, "ann", u.name)
			})
		}
		wait.Wait()
	})
	altSend(r, "Authorization", w.bearer(t, "ann", "a"), "X-API-Key", "bob:a")
	assert.Equal(t, []string{"token"}, w.calls.all())
}

// TestGetInAGoroutineLeavesTheRequestAlone: the handler goes on reading it. The
// race detector judges.
func TestGetInAGoroutineLeavesTheRequestAlone(t *testing.T) {
	w := newAltWorld(t, ginjwt.FromWebSocketProtocol("bearer"))
	r := graphEngine(ginjwt.Require(graphValue(1)), func(c *gin.Context) {
		var wait sync.WaitGroup
		wait.Go(func() {
			u, err := w.user.Get(c)
			assert.NoError(t, err)
			assert.Equal(t, "ann", u.name)
		})
		assert.Equal(t, "/", c.Request.URL.Path)
		wait.Wait()
	})
	altSend(r, "Sec-WebSocket-Protocol", "chat, bearer, "+sign(t, w.issuer, "ann", ""))
}

// TestATokenThatWasNotChosenIsNoSubprotocol either: no library may tell it back.
func TestATokenThatWasNotChosenIsNoSubprotocol(t *testing.T) {
	t.Parallel()
	w := newAltWorld(t, ginjwt.FromWebSocketProtocol("bearer"))
	cookie := ginjwt.Depends(ginjwt.APIKeyCookie("s"), w.findByKey)
	for name, user := range map[string]*ginjwt.Dependency[altUser]{
		"the token first": ginjwt.AnyOf(w.byToken, cookie), "the cookie first": ginjwt.AnyOf(cookie, w.byToken),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shown := ""
			r := graphEngine(ginjwt.Require(user), func(c *gin.Context) { shown = c.GetHeader("Sec-WebSocket-Protocol") })
			require.Equal(t, 200, altSend(r, "Cookie", "s=bob", "Sec-WebSocket-Protocol", "chat, bearer, "+sign(t, w.issuer, "ann", "")).Code)
			assert.Equal(t, "chat, bearer", shown)
		})
	}
}
