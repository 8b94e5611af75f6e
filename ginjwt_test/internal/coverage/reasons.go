package main

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
)

// reason says why no test reaches a block. It names the block by its code, for
// line numbers would be wrong after the next change above it.
type reason struct {
	file, function, code, why string
	sometimes                 bool // what happens there is a matter of timing: covered or not, both are right
	line                      int  // in the list
	used                      bool
}

// readReasons reads entries such as
//
//	ginjwt/key.go Key.WithID: if err != nil
//		The generator has no errors.
//
// The code is a part of the block, or of the line before it. An entry is good for
// one block; "sometimes" in front of it says that tests may reach that, too. Lines
// that begin with # are comments.
func readReasons(file string) ([]*reason, error) {
	if file == "" {
		return nil, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var reasons []*reason
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		text := lines.Text()
		why, indented := strings.CutPrefix(text, "\t")
		switch {
		case strings.TrimSpace(text) == "" || text[0] == '#':
		case !indented:
			r, err := parseReason(text)
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", file, n, err)
			}
			r.line = n
			reasons = append(reasons, r)
		case len(reasons) == 0:
			return nil, fmt.Errorf("%s:%d: a reason of no block", file, n)
		default:
			last := reasons[len(reasons)-1]
			last.why = strings.TrimSpace(last.why + " " + why)
		}
	}
	for _, r := range reasons {
		if r.why == "" {
			return nil, fmt.Errorf("%s:%d: no reason is given", file, r.line)
		}
	}
	return reasons, lines.Err()
}

func parseReason(head string) (*reason, error) {
	var r reason
	head, r.sometimes = strings.CutPrefix(head, "sometimes ")
	where, code, ok := strings.Cut(head, ": ")
	file, function, both := strings.Cut(where, " ")
	if !ok || !both || code == "" {
		return nil, fmt.Errorf("want \"file function: code\", have %q", head)
	}
	r.file, r.function, r.code = file, function, code
	return &r, nil
}

// explain uses up the reasons, and returns a fault for each block that has none.
func explain(code *source, blocks []block, reasons []*reason) ([]string, error) {
	var faults []string
	for _, b := range blocks {
		if b.covered {
			continue
		}
		function, text, err := code.find(b.place)
		if err != nil {
			return nil, err
		}
		if !use(b, function, text, reasons) {
			faults = append(faults, fmt.Sprintf("%s:%d: no test reaches this, and no reason is given, in %s:\n%s", b.file, b.line, function, text))
		}
	}
	return faults, reached(code, blocks, reasons)
}

// reached uses up the reasons of blocks that tests reach sometimes, and now did.
func reached(code *source, blocks []block, reasons []*reason) error {
	for _, b := range blocks {
		if !b.covered || !slices.ContainsFunc(reasons, func(r *reason) bool { return r.sometimes && r.file == b.file }) {
			continue
		}
		function, text, err := code.find(b.place)
		if err != nil {
			return err
		}
		use(b, function, text, reasons)
	}
	return nil
}

// use looks for a reason for b that is not used up, and uses it up.
func use(b block, function, text string, reasons []*reason) bool {
	for _, r := range reasons {
		fits := r.file == b.file && r.function == function && strings.Contains(text, r.code)
		if fits && !r.used && (r.sometimes || !b.covered) {
			r.used = true
			return true
		}
	}
	return false
}

// stale returns a fault for each reason whose block is covered, or gone.
func stale(reasons []*reason, file string) []string {
	var faults []string
	for _, r := range reasons {
		if !r.used {
			faults = append(faults, fmt.Sprintf("%s:%d: stale: in %s of %s no such block is left uncovered: %s", file, r.line, r.function, r.file, r.code))
		}
	}
	return faults
}
