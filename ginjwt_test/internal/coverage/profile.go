package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
)

// place is where a block of statements is. Lines and columns count from 1.
type place struct {
	file               string // below the root module
	line, column       int
	endLine, endColumn int
}

type block struct {
	place
	statements int
	covered    bool
}

// readProfiles returns the blocks of all profiles, in order of package and place.
func readProfiles(files []string) ([]block, error) {
	if len(files) == 0 {
		return nil, errors.New("no coverage profile is given")
	}
	merged := map[place]block{}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		err = mergeProfile(merged, f)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if len(merged) == 0 {
		return nil, errors.New("the coverage profiles are empty")
	}
	blocks := make([]block, 0, len(merged))
	for _, b := range merged {
		blocks = append(blocks, b)
	}
	slices.SortFunc(blocks, func(a, b block) int {
		return cmp.Or(strings.Compare(path.Dir(a.file), path.Dir(b.file)), strings.Compare(a.file, b.file), cmp.Compare(a.line, b.line), cmp.Compare(a.column, b.column))
	})
	return blocks, nil
}

func mergeProfile(into map[place]block, profile io.Reader) error {
	lines := bufio.NewScanner(profile)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "mode: ") {
			continue
		}
		b, err := parseBlock(lines.Text())
		if err != nil {
			return err
		}
		if b.statements == 0 { // the body of an empty function
			continue
		}
		b.covered = b.covered || into[b.place].covered
		into[b.place] = b
	}
	return lines.Err()
}

// parseBlock reads "import/path/file.go:12.34,56.2 3 1": from line and column, to
// line and column, how many statements, how often they ran.
func parseBlock(line string) (block, error) {
	name, rest, ok := strings.Cut(line, ".go:")
	file, ours := strings.CutPrefix(name+".go", modulePath)
	if !ok || !ours {
		return block{}, fmt.Errorf("no block of this project: %q", line)
	}
	b, ran := block{place: place{file: file}}, 0
	_, err := fmt.Sscanf(rest, "%d.%d,%d.%d %d %d", &b.line, &b.column, &b.endLine, &b.endColumn, &b.statements, &ran)
	if err != nil {
		return block{}, fmt.Errorf("no block: %q: %w", line, err)
	}
	b.covered = ran > 0
	return b, nil
}

// report prints how much of each package is covered, and returns a fault for each
// that is below least percent.
func report(out io.Writer, blocks []block, least float64) []string {
	var faults []string
	for len(blocks) > 0 {
		pkg := path.Dir(blocks[0].file)
		all, covered, n := 0, 0, 0
		for ; n < len(blocks) && path.Dir(blocks[n].file) == pkg; n++ {
			all += blocks[n].statements
			if blocks[n].covered {
				covered += blocks[n].statements
			}
		}
		blocks = blocks[n:]
		percent := 100 * float64(covered) / float64(all)
		fmt.Fprintf(out, "%6.2f%% %5d of %5d  %s\n", percent, covered, all, pkg)
		if percent < least {
			faults = append(faults, fmt.Sprintf("%s: %.2f%% of the statements are covered, at least %g%% must be", pkg, percent, least))
		}
	}
	return faults
}
