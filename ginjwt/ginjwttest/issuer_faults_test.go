package ginjwttest_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

func TestIssuerIsDown(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(*ginjwttest.Issuer){
		"down":    (*ginjwttest.Issuer).Down,
		"garbage": (*ginjwttest.Issuer).Garbage,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRelying(t)
			fault(r.idp)
			token := r.token(t)
			assert.Equal(t, 503, r.status(t, token), "no keys at all")
			r.idp.Up()
			r.clock.Advance(time.Minute)
			assert.Equal(t, 200, r.status(t, token), "up again")
			fault(r.idp)
			r.clock.Advance(5 * time.Minute)
			assert.Equal(t, 200, r.status(t, token), "the keys are known")
			r.idp.Rotate()
			assert.Equal(t, 503, r.status(t, r.token(t)), "whether there is a new key cannot be told")
		})
	}
}

func TestIssuerIsSlow(t *testing.T) {
	t.Parallel()
	r := newRelying(t, jwks.Timeout(100*time.Millisecond))
	r.idp.Slow()
	token := r.token(t)
	assert.Equal(t, 503, r.status(t, token))
	r.idp.Up()
	r.clock.Advance(time.Minute)
	assert.Equal(t, 200, r.status(t, token))
}

// waiting sends a request to idp, and returns when it is there.
func waiting(ctx context.Context, t *testing.T, idp *ginjwttest.Issuer) (code <-chan int) {
	t.Helper()
	before := idp.Asked("/keys")
	answer := make(chan int, 1)
	req, err := http.NewRequestWithContext(ctx, "GET", idp.URL+"/keys", nil)
	require.NoError(t, err)
	go func() {
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			answer <- 0
			return
		}
		res.Body.Close()
		answer <- res.StatusCode
	}()
	require.Eventually(t, func() bool { return idp.Asked("/keys") > before }, 10*time.Second, time.Millisecond)
	return answer
}

func TestSlowEnds(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		end  func(*ginjwttest.Issuer)
		want int
	}{
		"with Up":                   {(*ginjwttest.Issuer).Up, 200},
		"with Down":                 {(*ginjwttest.Issuer).Down, 503},
		"with Garbage":              {(*ginjwttest.Issuer).Garbage, 200},
		"with Slow twice, and Up":   {func(i *ginjwttest.Issuer) { i.Slow(); i.Up() }, 200},
		"with Up twice":             {func(i *ginjwttest.Issuer) { i.Up(); i.Up() }, 200},
		"with Down after Slow's Up": {func(i *ginjwttest.Issuer) { i.Slow(); i.Down(); i.Down() }, 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			idp := ginjwttest.NewIssuer(t, service)
			idp.Slow()
			one, other := waiting(t.Context(), t, idp), waiting(t.Context(), t, idp)
			assert.Empty(t, one, "not answered yet")
			tc.end(idp)
			assert.Equal(t, tc.want, <-one)
			assert.Equal(t, tc.want, <-other)
			assert.Equal(t, 2, idp.Asked("/keys"), "those who waited asked once")
		})
	}
}

// TestIssuerStopsWithItsTest: also while requests hang, and clients that never
// read keep their connections.
func TestIssuerStopsWithItsTest(t *testing.T) {
	t.Parallel()
	var idp *ginjwttest.Issuer
	var hanging []<-chan int
	ctx := t.Context()
	start := time.Now()
	t.Run("the test", func(t *testing.T) {
		idp = ginjwttest.NewIssuer(t, service)
		waiting(ctx, t, idp) // leaves an idle connection behind
		idp.Slow()
		for range 3 {
			hanging = append(hanging, waiting(ctx, t, idp))
		}
	})
	for _, h := range hanging {
		<-h
	}
	assert.Less(t, time.Since(start), 4*time.Second, "it does not wait for clients")
	_, err := http.Get(idp.URL + "/keys")
	assert.Error(t, err, "nobody listens any more")
}
