package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const runs = `goos: linux
BenchmarkFirstSight/HS256/bare-2         	  100	       200 ns/op	       0 B/op	       0 allocs/op
BenchmarkFirstSight/HS256/gin-jwt-2      	  100	      8000 ns/op	    5000 B/op	      79 allocs/op
BenchmarkFirstSight/HS256/ginjwt-2       	  100	      3000 ns/op	    1600 B/op	      10 allocs/op
BenchmarkSignature/HS256/verify-2        	  100	      1000 ns/op	     500 B/op	       6 allocs/op
BenchmarkDistinct/1000/HS256/ginjwt-2    	  100	      4000 ns/op	       2.500 held-MiB	    1600 B/op	      10 allocs/op
PASS
BenchmarkFirstSight/HS256/ginjwt-2       	  100	      9000 ns/op	    1600 B/op	      10 allocs/op
BenchmarkFirstSight/HS256/ginjwt-2       	  100	      2000 ns/op	    1600 B/op	      10 allocs/op
`

func TestTableOfMediansAndRatios(t *testing.T) {
	t.Parallel()
	table, err := read(strings.NewReader(runs))
	require.NoError(t, err)
	var text strings.Builder
	table.print(&text)
	lines := strings.Split(text.String(), "\n")
	for _, want := range []struct{ name, cells string }{
		{"the median of three runs, and its ratios", "FirstSight/HS256/ginjwt 3 3000 1600 10 0.375 0.375 15.000 3.000"},
		{"the bare route has no more ratios than make sense", "FirstSight/HS256/bare 1 200 0 0 0.025 0.025 1.000 0.200"},
		{"another group without contenders takes first sight's", "Distinct/1000/HS256/ginjwt 1 4000 1600 10 0.500 0.500 20.000 4.000 2.5 held-MiB"},
	} {
		found := false
		for _, line := range lines {
			found = found || strings.Join(strings.Fields(line), " ") == want.cells
		}
		assert.True(t, found, "%s: %q is not in\n%s", want.name, want.cells, text.String())
	}
}

func TestTableRefusesABrokenLine(t *testing.T) {
	t.Parallel()
	_, err := read(strings.NewReader("BenchmarkA/HS256/x-2 100 many ns/op\n"))
	require.Error(t, err)
}
