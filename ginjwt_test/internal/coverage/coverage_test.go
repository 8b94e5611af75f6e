package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const code = `package p

func first(err error) bool {
	if err != nil {
		return false
	}
	return true
}

type stack[T any] struct{}

func (s *stack[T]) pop() (bool, error) {
	v, err := s.take()
	if err != nil {
		return v, err
	}
	v, err = s.leave()
	if err != nil {
		return v, err
	}
	return v, nil
}
`

// Four of five statements ran in one profile, and the fifth in none.
const profile = `mode: set
github.com/ginjwt/gin-depends/p/p.go:3.28,4.16 1 1
github.com/ginjwt/gin-depends/p/p.go:4.16,6.3 1 0
github.com/ginjwt/gin-depends/p/p.go:7.2,7.13 1 1
github.com/ginjwt/gin-depends/p/p.go:12.40,14.16 2 1
`

const failing = "github.com/ginjwt/gin-depends/p/p.go:14.16,16.3 1 0\n"
const failingToo = "github.com/ginjwt/gin-depends/p/p.go:18.16,20.3 1 0\n"
const whole = "github.com/ginjwt/gin-depends/p/p.go:4.16,6.3 1 1\n"

const ofFirst = "p/p.go first: return false\n\tNobody fails here.\n"

// judge runs the command over the profiles with a list of reasons.
func judge(t *testing.T, least, reasons string, profiles ...string) (exit int, out, errs string) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	write("p/p.go", code)
	args := []string{"-root", dir, "-least", least, "-reasons", write("reasons", reasons)}
	for i, p := range profiles {
		args = append(args, write(string(rune('a'+i))+".out", p))
	}
	var stdout, stderr bytes.Buffer
	exit = run(args, &stdout, &stderr)
	return exit, stdout.String(), stderr.String()
}

func TestJudgement(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		least, reasons string
		profiles       []string
		exit           int
		says           string
	}{
		"enough is covered, and the rest has its reason": {"80", ofFirst, []string{profile}, 0, ""},
		"too little is covered":                          {"80.1", ofFirst, []string{profile}, 1, "p: 80.00% of the statements are covered, at least 80.1% must be"},
		"a block without a reason":                       {"80", "", []string{profile}, 1, "p/p.go:4: no test reaches this, and no reason is given, in first:"},
		"what another profile covers is covered":         {"100", "", []string{profile, whole}, 0, ""},
		"the order of profiles does not matter":          {"100", "", []string{whole, profile}, 0, ""},
		"a reason of what is covered is stale":           {"80", ofFirst, []string{profile, whole}, 1, "stale: in first of p/p.go"},
		"a reason of code that is gone is stale":         {"0", ofFirst + "p/p.go first: return nil\n\tNo.\n", []string{profile}, 1, "reasons:3: stale: in first of p/p.go"},
		"a reason is for its function":                   {"0", "p/p.go second: return false\n\tNo.\n", []string{profile}, 1, "p/p.go:4: no test"},
		"a reason is for its file":                       {"0", "p/q.go first: return false\n\tNo.\n", []string{profile}, 1, "p/p.go:4: no test"},
		"a method is named with its type":                {"0", ofFirst + "p/p.go stack.pop: s.take()\n\tIt has.\n", []string{profile + failing}, 0, ""},
		"the line before tells blocks apart":             {"0", ofFirst + "p/p.go stack.pop: s.take()\n\tIt has.\n", []string{profile + failingToo}, 1, "p/p.go:18: no test"},
		"one reason is for one block":                    {"0", ofFirst + "p/p.go stack.pop: return v, err\n\tIt has.\n", []string{profile + failing + failingToo}, 1, "p/p.go:18: no test"},
		"two reasons are for two":                        {"0", ofFirst + "p/p.go stack.pop: return v, err\n\tA.\np/p.go stack.pop: return v, err\n\tB.\n", []string{profile + failing + failingToo}, 0, ""},
		"sometimes: it was reached":                      {"0", "sometimes " + ofFirst, []string{profile, whole}, 0, ""},
		"sometimes: it was not":                          {"0", "sometimes " + ofFirst, []string{profile}, 0, ""},
		"sometimes: what was not goes first":             {"0", ofFirst + "sometimes p/p.go stack.pop: s.take()\n\tIt has.\n", []string{profile + failing}, 0, ""},
		"sometimes: the code is gone":                    {"0", ofFirst + "sometimes p/p.go first: return nil\n\tNo.\n", []string{profile}, 1, "stale"},
		"an empty function needs no test":                {"80", ofFirst, []string{profile + "github.com/ginjwt/gin-depends/p/p.go:10.1,10.2 0 0\n"}, 0, ""},
		"comments and empty lines":                       {"0", "# why\n\n" + ofFirst + "\n", []string{profile}, 0, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			exit, _, errs := judge(t, c.least, c.reasons, c.profiles...)
			assert.Equal(t, c.exit, exit, errs)
			assert.Contains(t, errs, c.says)
			assert.Equal(t, c.exit == 0, errs == "", errs)
		})
	}
}

func TestWhatCannotBeJudged(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reasons  string
		profiles []string
		says     string
	}{
		"no profile":                     {"", nil, "no coverage profile is given"},
		"a profile without blocks":       {"", []string{"mode: set\n"}, "the coverage profiles are empty"},
		"a line that is no block":        {"", []string{"mode: set\nwhat\n"}, `no block of this project: "what"`},
		"a block without its numbers":    {"", []string{"github.com/ginjwt/gin-depends/p/p.go:1.2\n"}, "no block: "},
		"a block of another module":      {"", []string{"example.com/p/p.go:3.28,4.16 1 1\n"}, "no block of this project"},
		"a block after the file's end":   {"", []string{"github.com/ginjwt/gin-depends/p/p.go:99.1,99.9 1 0\n"}, "the profile is of other code"},
		"a block outside of a function":  {"", []string{"github.com/ginjwt/gin-depends/p/p.go:9.1,9.9 1 0\n"}, "the profile is of other code"},
		"a block of a file that is gone": {"", []string{"github.com/ginjwt/gin-depends/p/gone.go:9.1,9.9 1 0\n"}, "gone.go"},
		"an entry without a reason":      {"p/p.go first: return false\n", []string{profile}, "reasons:1: no reason is given"},
		"an entry without code":          {"p/p.go first\n\tNo.\n", []string{profile}, "reasons:1: want"},
		"an entry without a function":    {"p/p.go: return false\n\tNo.\n", []string{profile}, "reasons:1: want"},
		"a reason before any entry":      {"\tNo.\n", []string{profile}, "reasons:1: a reason of no block"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			exit, _, errs := judge(t, "0", c.reasons, c.profiles...)
			assert.Equal(t, 2, exit, errs)
			assert.Contains(t, errs, c.says)
		})
	}
}

func TestFilesThatAreMissing(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "missing")
	cases := map[string][]string{
		"a profile":      {missing},
		"the reasons":    {"-reasons", missing, missing},
		"a flag unknown": {"-most", "1", missing},
	}
	for name, args := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, errs bytes.Buffer
			assert.Equal(t, 2, run(args, &out, &errs))
			assert.NotEmpty(t, errs.String())
		})
	}
}

func TestEachPackageHasItsLine(t *testing.T) {
	t.Parallel()
	// In the order of file names alone, p/deep would come between p's files.
	others := "github.com/ginjwt/gin-depends/p/deep/d.go:1.1,2.2 3 1\ngithub.com/ginjwt/gin-depends/p/a.go:1.1,2.2 5 1\n"
	exit, out, errs := judge(t, "80", ofFirst, profile+others)
	assert.Equal(t, 0, exit, errs)
	assert.Equal(t, " 90.00%     9 of    10  p\n100.00%     3 of     3  p/deep\n", out)
}
