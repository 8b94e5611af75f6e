package ginjwt

import (
	"errors"
	"fmt"
)

// faults collects what is wrong with a configuration, so that one error can name
// all of it.
type faults struct {
	in   string // what is configured, such as "Policy"
	errs []error
}

// addIf adds a fault if bad is true.
func (f *faults) addIf(bad bool, format string, args ...any) {
	if bad {
		f.errs = append(f.errs, fmt.Errorf("ginjwt: "+f.in+": "+format, args...))
	}
}

// err returns the faults, and errs that are not nil, as one error; or nil.
func (f *faults) err(errs ...error) error { return errors.Join(append(f.errs, errs...)...) }
