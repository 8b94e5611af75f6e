package ginjwt_test

import (
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

const sharedMembers = `,"scope":"me","roles":["reader"],"limits":{"calls":1},"org":{"name":"acme","tags":["x"]},"grid":[["a"],["b"]],"free":{"k":["v"]},"plan":"basic"`

type sharedFlat struct {
	ginjwt.Claims
	Plan string `json:"plan"`
}

type sharedRoles struct {
	ginjwt.Claims
	Roles []string `json:"roles"`
}

type sharedOrg struct {
	Name string   `json:"name"`
	Tags []string `json:"tags"`
}

// sharedDeep has everything that a plain copy shares.
type sharedDeep struct {
	ginjwt.Claims
	Roles  []string       `json:"roles"`
	Limits map[string]int `json:"limits"`
	Org    *sharedOrg     `json:"org"`
	Grid   [2][]string    `json:"grid"`
	Free   any            `json:"free"`
}

// sharedCloned copies itself.
type sharedCloned struct {
	ginjwt.Claims
	Roles  []string       `json:"roles"`
	Limits map[string]int `json:"limits"`
	cloned bool
}

var sharedClones atomic.Int64

func (c *sharedCloned) Clone() sharedCloned {
	sharedClones.Add(1)
	cp := *c
	cp.Roles, cp.Limits, cp.cloned = slices.Clone(c.Roles), maps.Clone(c.Limits), true
	return cp
}

// sharedBase copies itself, but not the structs that embed it.
type sharedBase struct {
	ginjwt.Claims
	Roles []string `json:"roles"`
}

func (c sharedBase) Clone() sharedBase { c.Roles = slices.Clone(c.Roles); return c }

type sharedPromoted struct {
	sharedBase
	Limits map[string]int `json:"limits"`
}

// sharedPointer has a Clone of another form.
type sharedPointer struct {
	ginjwt.Claims
	Roles []string `json:"roles"`
}

func (c *sharedPointer) Clone() *sharedPointer { return c }

// runShared uses one token many times, at once and one after the other, and
// spoils the claims each time. The next must get them unspoilt.
func runShared[C any, P ginjwt.ClaimsOf[C]](t *testing.T, spoil func(*C)) {
	t.Helper()
	w, v := newCacheWorld(t)
	token := w.token(t, sharedMembers)
	fresh, err := ginjwt.Verify[C, P](t.Context(), forgeVerifier(t, w.key, nil), token)
	require.NoError(t, err)
	judge := func(claims C) {
		assert.True(t, sharedEqual(fresh, claims), "got %+v, want %+v", claims, fresh)
		spoil(&claims)
	}
	d := ginjwt.JWT[C, P](ginjwt.OAuth2PasswordBearer("/token"), v)
	r := newEngine()
	r.GET("/", ginjwt.Handle(d, func(c *gin.Context, claims C) {
		judge(claims)
		c.Status(http.StatusOK)
	}))
	for range 3 {
		claims, err := ginjwt.Verify[C, P](t.Context(), v, token)
		require.NoError(t, err)
		judge(claims)
	}
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for range 10 {
				claims, err := ginjwt.Verify[C, P](t.Context(), v, token)
				if assert.NoError(t, err) {
					judge(claims)
				}
				assert.Equal(t, http.StatusOK, get(r, "/", token).Code)
			}
		})
	}
	all.Wait()
}

// sharedEqual compares claims, but not whether they are a clone.
func sharedEqual(a, b any) bool {
	plain := func(v any) any {
		if c, ok := v.(sharedCloned); ok {
			c.cloned = false
			return c
		}
		return v
	}
	return assert.ObjectsAreEqual(plain(a), plain(b))
}

func spoilRegistered(c *ginjwt.Claims) {
	c.Subject, c.Scope, c.ExpiresAt = "mallory", "admin", ginjwt.NumericDate{}
	if list := c.Audience.List(); len(list) > 0 {
		list[0] = "mallory"
	}
	c.Audience = ginjwt.NewAudience("mallory")
}

func TestCacheHandsOutClaimsThatAreOnesOwn(t *testing.T) {
	t.Parallel()
	t.Run("Claims", func(t *testing.T) { t.Parallel(); runShared(t, spoilRegistered) })
	t.Run("flat", func(t *testing.T) {
		t.Parallel()
		runShared(t, func(c *sharedFlat) { spoilRegistered(&c.Claims); c.Plan = "gold" })
	})
	t.Run("slices, maps, pointers and what is in them", func(t *testing.T) {
		t.Parallel()
		runShared(t, func(c *sharedDeep) {
			spoilRegistered(&c.Claims)
			c.Roles[0], c.Limits["calls"], c.Org.Name, c.Org.Tags[0], c.Grid[1][0] = "admin", 99, "evil", "evil", "evil"
			c.Free.(map[string]any)["k"].([]any)[0] = "evil"
		})
	})
	t.Run("with Clone", func(t *testing.T) {
		t.Parallel()
		runShared(t, func(c *sharedCloned) { spoilRegistered(&c.Claims); c.Roles[0] = "admin"; delete(c.Limits, "calls") })
	})
	t.Run("with a Clone of what it embeds", func(t *testing.T) {
		t.Parallel()
		runShared(t, func(c *sharedPromoted) {
			spoilRegistered(&c.Claims)
			c.Roles[0], c.Limits["calls"] = "admin", 99
		})
	})
	t.Run("with a Clone that returns a pointer", func(t *testing.T) {
		t.Parallel()
		runShared(t, func(c *sharedPointer) { c.Roles[0] = "admin" })
	})
}

func TestCacheUsesClone(t *testing.T) {
	t.Parallel()
	w, v := newCacheWorld(t)
	token := w.token(t, sharedMembers)
	first, err := ginjwt.Verify[sharedCloned](t.Context(), v, token)
	require.NoError(t, err)
	assert.False(t, first.cloned, "the first gets what was decoded")
	for range 3 {
		before := sharedClones.Load()
		next, err := ginjwt.Verify[sharedCloned](t.Context(), v, token)
		require.NoError(t, err)
		assert.True(t, next.cloned)
		assert.Greater(t, sharedClones.Load(), before, "a clone for each")
	}
}

// Several recipients are a slice within, which nobody can reach.
func TestCachedAudienceCannotBeChanged(t *testing.T) {
	t.Parallel()
	w, v := newCacheWorld(t)
	token := w.forger.token(t, w.forger.headerOf(""), payloadWithout("aud", `,"aud":["a","`+testAudience+`"]`))
	for range 3 {
		claims, err := ginjwt.Verify[ginjwt.Claims](t.Context(), v, token)
		require.NoError(t, err)
		require.Equal(t, []string{"a", testAudience}, claims.Audience.List())
		claims.Audience.List()[0] = "mallory"
		_ = append(claims.Audience.List()[:1], "mallory")
		require.True(t, claims.Audience.Has("a"))
		require.False(t, claims.Audience.Has("mallory"))
	}
}

// Two dependencies of one request may get pointers to what is shared.
func TestOptionalGivesClaimsThatAreOnesOwn(t *testing.T) {
	t.Parallel()
	w, v := newCacheWorld(t)
	token := w.token(t, "")
	claims := ginjwt.Optional(ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), v))
	r := graphEngine(ginjwt.Handle(claims, func(c *gin.Context, claims *ginjwt.Claims) {
		c.String(http.StatusOK, claims.Subject)
		spoilRegistered(claims)
	}))
	for range 3 {
		require.Equal(t, "alice", get(r, "/", token).Body.String())
	}
}
