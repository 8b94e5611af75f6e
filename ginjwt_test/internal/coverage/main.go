// Command coverage judges the coverage profiles of "go test": every package must
// reach a share of its statements, and every block that no test reaches must have
// its reason in a list.
//
//	coverage [-least 95] [-reasons file] [-root directory] profile...
//
// Blocks of all profiles are merged: one is covered if any of them says so.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

const modulePath = "github.com/ginjwt/gin-depends/"

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run returns 0, or 1 if a package or a block is not good enough, or 2 if that
// cannot be judged.
func run(args []string, out, errs io.Writer) int {
	flags := flag.NewFlagSet("coverage", flag.ContinueOnError)
	flags.SetOutput(errs)
	least := flags.Float64("least", 95, "percent of its statements that each package must reach")
	list := flags.String("reasons", "", "file of the blocks that no test reaches, and why")
	root := flags.String("root", ".", "directory of the root module")
	if flags.Parse(args) != nil {
		return 2
	}
	blocks, err := readProfiles(flags.Args())
	if err != nil {
		fmt.Fprintln(errs, err)
		return 2
	}
	reasons, err := readReasons(*list)
	if err != nil {
		fmt.Fprintln(errs, err)
		return 2
	}
	code := &source{root: *root}
	faults := report(out, blocks, *least)
	unexplained, err := explain(code, blocks, reasons)
	if err != nil {
		fmt.Fprintln(errs, err)
		return 2
	}
	faults = append(append(faults, unexplained...), stale(reasons, *list)...)
	for _, fault := range faults {
		fmt.Fprintln(errs, fault)
	}
	if len(faults) > 0 {
		return 1
	}
	return 0
}
