package peers_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt_test/peers"
)

// ready returns c's server, which has shown that it does the work.
func ready(b *testing.B, c peers.Contender, f *peers.Fixture) http.Handler {
	b.Helper()
	h, err := c.Ready(f)
	require.NoError(b, err)
	return h
}

func good(b *testing.B, f *peers.Fixture) string {
	b.Helper()
	token, err := f.Good()
	require.NoError(b, err)
	return token
}

// serve measures h with one token.
func serve(b *testing.B, h http.Handler, token string, want int) {
	b.Helper()
	w, r := peers.NewWriter(), peers.NewRequest(token)
	measure(b, func() {
		w.Reset()
		h.ServeHTTP(w, r)
	})
	require.Equal(b, want, w.Status)
}

// measure runs op in b's loop. Beside the clock's time it reports the CPU's, the
// collector's included, which is the better one to compare on a busy machine.
func measure(b *testing.B, op func()) {
	b.Helper()
	b.ReportAllocs()
	before := cpuTime()
	for b.Loop() {
		op()
	}
	reportCPU(b, before)
}

func reportCPU(b *testing.B, before int64) {
	if now := cpuTime(); now > before {
		b.ReportMetric(float64(now-before)/float64(b.N), "cpu-ns/op")
	}
}

// BenchmarkFirstSight is a whole request with nothing remembered of its token.
func BenchmarkFirstSight(b *testing.B) {
	contenders := []peers.Contender{
		peers.Bare, peers.Ginjwt, peers.GinJWT, peers.GolangJWT, peers.EchoJWT, peers.JWTAuth, peers.Auth0,
	}
	for _, alg := range peers.Algorithms {
		f := fixture(b, alg)
		for _, c := range contenders {
			b.Run(alg+"/"+c.Name, func(b *testing.B) {
				serve(b, ready(b, c, f), good(b, f), http.StatusOK)
			})
		}
	}
}

// BenchmarkSignature is the signature check alone, by golang-jwt.
func BenchmarkSignature(b *testing.B) {
	for _, alg := range peers.Algorithms {
		b.Run(alg+"/verify", func(b *testing.B) {
			f := fixture(b, alg)
			token := good(b, f)
			dot := strings.LastIndexByte(token, '.')
			signature, err := decode(token[dot+1:])
			require.NoError(b, err)
			measure(b, func() { err = f.Method.Verify(token[:dot], signature, f.VerifyKey) })
			require.NoError(b, err)
			require.Error(b, f.Method.Verify("x"+token[:dot], signature, f.VerifyKey))
		})
	}
}

// BenchmarkKnown is a whole request with the token of the request before. Of the
// libraries only ginjwt can remember one; "least" is written by hand.
func BenchmarkKnown(b *testing.B) {
	for _, alg := range peers.Algorithms {
		f := fixture(b, alg)
		for _, c := range []peers.Contender{peers.Bare, peers.Least, peers.GinjwtCached, peers.GinJWT} {
			b.Run(alg+"/"+c.Name, func(b *testing.B) {
				serve(b, ready(b, c, f), good(b, f), http.StatusOK)
			})
		}
	}
}

// BenchmarkParallel is the same from as many goroutines as there are CPUs, each
// with its own request and, where tokens are remembered, a thousand tokens.
func BenchmarkParallel(b *testing.B) {
	contenders := append([]peers.Contender{peers.Bare}, peers.Guards...)
	for _, alg := range peers.Algorithms {
		f := fixture(b, alg)
		for _, c := range contenders {
			b.Run(alg+"/"+c.Name, func(b *testing.B) {
				h := ready(b, c, f)
				tokens, err := f.Many(1000)
				require.NoError(b, err)
				parallel(b, h, tokens)
			})
		}
	}
}

func parallel(b *testing.B, h http.Handler, tokens []string) {
	b.Helper()
	headers := make([]string, len(tokens))
	for i, token := range tokens {
		headers[i] = "Bearer " + token
		require.Equal(b, http.StatusOK, peers.Ask(h, token))
	}
	var failed, worker atomic.Int64
	b.ReportAllocs()
	before := cpuTime()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		w, r := peers.NewWriter(), peers.NewRequest("")
		for i := int(worker.Add(1)) * 101; pb.Next(); i++ {
			w.Reset()
			r.Header["Authorization"][0] = headers[i%len(headers)]
			h.ServeHTTP(w, r)
			if w.Status != http.StatusOK {
				failed.Add(1)
			}
		}
	})
	reportCPU(b, before)
	require.Zero(b, failed.Load())
}

// BenchmarkDistinct is a whole request each time with the next of many tokens,
// each of which came before, and the memory that is held after all of them: the
// bytes that live on for each token that can be remembered, and the heap's spans
// in use, which hold those bytes and the gaps that evicted tokens left.
func BenchmarkDistinct(b *testing.B) {
	for _, n := range []int{1, 1_000, 1_000_000} {
		f := fixture(b, "HS256")
		tokens, err := f.Many(n)
		require.NoError(b, err)
		for i := range tokens {
			tokens[i] = "Bearer " + tokens[i]
		}
		for _, c := range []peers.Contender{peers.Ginjwt, peers.GinjwtCached, peers.GinJWT} {
			b.Run(fmt.Sprintf("%d/HS256/%s", n, c.Name), func(b *testing.B) { distinct(b, c, f, tokens) })
		}
	}
}

func distinct(b *testing.B, c peers.Contender, f *peers.Fixture, headers []string) {
	b.Helper()
	before := heap()
	h := ready(b, c, f)
	w, r := peers.NewWriter(), peers.NewRequest("")
	ask := func(i int) {
		w.Reset()
		r.Header["Authorization"][0] = headers[i]
		h.ServeHTTP(w, r)
	}
	for i := range headers {
		if ask(i); w.Status != http.StatusOK {
			b.Fatalf("token %d is answered with %d", i, w.Status)
		}
	}
	i := 0
	measure(b, func() {
		ask(i)
		if i++; i == len(headers) {
			i = 0
		}
	})
	require.Equal(b, http.StatusOK, w.Status)
	after := heap()
	live := max(0, float64(after.HeapAlloc)-float64(before.HeapAlloc))
	inUse := max(0, float64(after.HeapInuse)-float64(before.HeapInuse))
	b.ReportMetric(live/float64(min(len(headers), peers.CacheSize)), "live-B/token")
	b.ReportMetric(inUse/(1<<20), "inuse-MiB")
	runtime.KeepAlive(h)
}

// heap returns the state of the heap after a collection. A second one frees
// what the first only took out of pools.
func heap() runtime.MemStats {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m
}
