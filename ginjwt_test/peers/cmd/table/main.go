// Table reads the output of go test -bench, of as many runs as there are, and
// prints the median of each benchmark with its ratios to gin-jwt, to the bare
// route and to the bare signature check. With -time cpu-ns/op the ratios are of
// CPU time, which tells more on a machine that has other things to do.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func main() {
	unit := flag.String("time", "ns/op", "the unit that is compared: ns/op or cpu-ns/op")
	flag.Parse()
	t, err := read(os.Stdin)
	if err == nil && len(t.order) == 0 {
		err = errors.New("no benchmark results on standard input")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "table:", err)
		os.Exit(1)
	}
	t.unit = *unit
	t.print(os.Stdout)
}

// table holds the results: of each benchmark, of each unit, one value a run.
type table struct {
	unit   string // of time
	order  []string
	values map[string]map[string][]float64
}

// procs is what go test appends to a name: the number of CPUs.
var procs = regexp.MustCompile(`-\d+$`)

// read takes the lines of results, and all else for noise.
func read(r io.Reader) (*table, error) {
	t := &table{unit: "ns/op", values: map[string]map[string][]float64{}}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || len(fields)%2 != 0 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := procs.ReplaceAllString(strings.TrimPrefix(fields[0], "Benchmark"), "")
		if t.values[name] == nil {
			t.values[name] = map[string][]float64{}
			t.order = append(t.order, name)
		}
		for i := 2; i < len(fields); i += 2 {
			v, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", fields[0], err)
			}
			unit := fields[i+1]
			t.values[name][unit] = append(t.values[name][unit], v)
		}
	}
	return t, lines.Err()
}

// median returns the median of a benchmark's runs, and false if there are none.
func (t *table) median(name, unit string) (float64, bool) {
	v := slices.Sorted(slices.Values(t.values[name][unit]))
	n := len(v)
	if n == 0 {
		return 0, false
	}
	return (v[(n-1)/2] + v[n/2]) / 2, true
}

const format = "%-44s %4s %11s %10s %7s %8s %8s %8s %8s  %s\n"

func (t *table) print(w io.Writer) {
	fmt.Fprintf(w, format, "benchmark", "runs", t.unit, "B/op", "allocs", "/gin-jwt", "/HS256", "/bare", "/check", "")
	fmt.Fprintf(w, format, "", "", "", "", "", "same alg", "gin-jwt", "route", "", "")
	for _, name := range t.order {
		parts := strings.Split(name, "/")
		alg := ""
		if len(parts) >= 3 {
			alg = parts[len(parts)-2]
		}
		group := strings.Join(parts[:len(parts)-1], "/")
		fmt.Fprintf(w, format, name, strconv.Itoa(len(t.values[name][t.unit])),
			t.cell(name, t.unit), t.cell(name, "B/op"), t.cell(name, "allocs/op"),
			t.ratio(name, group+"/gin-jwt", "FirstSight/"+alg+"/gin-jwt"), t.ratio(name, "FirstSight/HS256/gin-jwt"),
			t.ratio(name, group+"/bare", "FirstSight/"+alg+"/bare"), t.ratio(name, "Signature/"+alg+"/verify"),
			t.rest(name))
	}
}

func (t *table) cell(name, unit string) string {
	v, ok := t.median(name, unit)
	if !ok {
		return "-"
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}

// ratio returns the time of name over that of the first of others that was run.
func (t *table) ratio(name string, others ...string) string {
	for _, other := range others {
		a, ok := t.median(name, t.unit)
		b, there := t.median(other, t.unit)
		if ok && there && b > 0 {
			return strconv.FormatFloat(a/b, 'f', 3, 64)
		}
	}
	return "-"
}

// rest returns the medians of the units that have no column.
func (t *table) rest(name string) string {
	var rest []string
	for unit := range t.values[name] {
		if unit != t.unit && unit != "B/op" && unit != "allocs/op" {
			v, _ := t.median(name, unit)
			rest = append(rest, fmt.Sprintf("%.1f %s", v, unit))
		}
	}
	slices.Sort(rest)
	return strings.Join(rest, ", ")
}
