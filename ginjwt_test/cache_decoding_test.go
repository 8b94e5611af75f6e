package ginjwt_test

import (
	"errors"
	"sync/atomic"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// moody is a member whose decoder changes its mind.
type moody struct{ tags []string }

var moodyRefuses atomic.Bool

func (m *moody) UnmarshalJSON(b []byte) error {
	if moodyRefuses.Load() {
		return errors.New("not today")
	}
	return jsonv2.Unmarshal(b, &m.tags)
}

func (m moody) MarshalJSON() ([]byte, error) { return jsonv2.Marshal(m.tags) }

type moodyClaims struct {
	ginjwt.Claims
	Moody moody `json:"moody"`
}

// Claims that refer to something are decoded again for each request. A token is
// good only as long as that works.
func TestCachedTokenWhoseClaimsAreRefusedNow(t *testing.T) {
	issuer, _ := newIssuer(t)
	v, err := issuer.Verifier(ginjwt.Policy{CacheSize: 10})
	require.NoError(t, err)
	token, err := issuer.Sign(&moodyClaims{Claims: ginjwt.Claims{Subject: "s"}, Moody: moody{[]string{"a"}}})
	require.NoError(t, err)
	t.Cleanup(func() { moodyRefuses.Store(false) })
	for range 2 { // from the token, and from the cache
		claims, err := ginjwt.Verify[moodyClaims](t.Context(), v, token)
		require.NoError(t, err)
		assert.Equal(t, []string{"a"}, claims.Moody.tags)
		claims.Moody.tags[0] = "changed"
	}
	moodyRefuses.Store(true)
	_, err = ginjwt.Verify[moodyClaims](t.Context(), v, token)
	assert.ErrorIs(t, err, ginjwt.ReasonClaims)
}
