package jwks_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

// benchKeys are the same key, once as it is and once as a provider publishes it.
func benchKeys(b *testing.B, alg ginjwt.Algorithm) (issuer *ginjwt.Issuer, sources map[string]ginjwt.KeySource) {
	b.Helper()
	key, err := ginjwt.GenerateKey(alg)
	require.NoError(b, err)
	key = key.WithID("2026-01")
	ring, err := jwks.NewRing(jwks.RingConfig{}, jwks.RingKey{Key: key})
	require.NoError(b, err)
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.GET("/", jwks.Handler(ring))
	srv := httptest.NewServer(r)
	b.Cleanup(srv.Close)
	remote, err := jwks.Remote(srv.URL, jwks.InsecureLoopbackHTTP())
	require.NoError(b, err)
	require.NoError(b, remote.Refresh(b.Context()))
	issuer, err = ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: key, Issuer: "https://id.example", Audience: []string{"api"}})
	require.NoError(b, err)
	return issuer, map[string]ginjwt.KeySource{"static": ginjwt.Keys(key), "remote": remote}
}

// BenchmarkFindKey: what a warm source costs beside a list of keys.
func BenchmarkFindKey(b *testing.B) {
	_, sources := benchKeys(b, ginjwt.ES256)
	find := func(name string) func() error {
		return func() error {
			_, err := sources[name].FindKey(b.Context(), ginjwt.ES256, "2026-01")
			return err
		}
	}
	benchPair(b, find("static"), find("remote"))
}

// BenchmarkVerify: a token, by a static key and by the same one of a warm
// source, without and with a cache.
func BenchmarkVerify(b *testing.B) {
	benchEach(b, func(v *ginjwt.Verifier, token string) func() error {
		ctx := b.Context()
		return func() error {
			_, err := ginjwt.Verify[ginjwt.Claims](ctx, v, token)
			return err
		}
	})
}

// BenchmarkRequest is BenchmarkVerify for a whole request.
func BenchmarkRequest(b *testing.B) {
	benchEach(b, func(v *ginjwt.Verifier, token string) func() error {
		r := gin.New()
		r.GET("/", ginjwt.Handle(ginjwt.JWT[ginjwt.Claims](ginjwt.HTTPBearer(), v), func(c *gin.Context, _ ginjwt.Claims) { c.Status(http.StatusNoContent) }))
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		req.Header.Set("Authorization", "Bearer "+token)
		return func() error {
			w := httptest.NewRecorder()
			if r.ServeHTTP(w, req); w.Code != http.StatusNoContent {
				return fmt.Errorf("status %d", w.Code)
			}
			return nil
		}
	})
}

func benchEach(b *testing.B, make func(v *ginjwt.Verifier, token string) func() error) {
	for _, alg := range []ginjwt.Algorithm{ginjwt.ES256, ginjwt.RS256, ginjwt.EdDSA} {
		for _, size := range []int{0, 1000} {
			b.Run(fmt.Sprintf("%s/cache=%d", alg, size), func(b *testing.B) {
				issuer, sources := benchKeys(b, alg)
				token, err := issuer.Sign(&ginjwt.Claims{Subject: "alice", Scope: "me"})
				require.NoError(b, err)
				of := func(name string) func() error {
					v, err := ginjwt.NewVerifier(sources[name], ginjwt.Policy{Issuer: "https://id.example", Audience: []string{"api"}, CacheSize: size})
					require.NoError(b, err)
					return make(v, token)
				}
				benchPair(b, of("static"), of("remote"))
			})
		}
	}
}

// benchPair runs both by turns, some times each, so that what else the machine
// does slows both down, and reports the medians and their ratio.
func benchPair(b *testing.B, static, remote func() error) {
	const batch = 16
	var times [2][]time.Duration
	turn := func(i int, fn func() error) {
		began := time.Now()
		for range batch {
			if err := fn(); err != nil {
				b.Fatal(err)
			}
		}
		times[i] = append(times[i], time.Since(began))
	}
	for b.Loop() {
		turn(0, static)
		turn(1, remote)
		turn(1, remote)
		turn(0, static)
	}
	var ns [2]float64
	for i, name := range []string{"static-ns", "remote-ns"} {
		slices.Sort(times[i])
		ns[i] = float64(times[i][len(times[i])/2]) / batch
		b.ReportMetric(ns[i], name)
	}
	b.ReportMetric(ns[1]/ns[0], "remote/static")
	b.ReportMetric(0, "ns/op") // of four batches: means nothing
}
