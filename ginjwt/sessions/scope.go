package sessions

import (
	"slices"
	"strings"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// narrowed returns the scope of a refreshed token: what the refresh asks for,
// which must be a part of what the login was granted, or all of that if it asks
// for nothing (RFC 6749 section 6).
func narrowed(granted, asked ginjwt.Scope) (ginjwt.Scope, error) {
	if len(asked.List()) == 0 {
		return granted, nil
	}
	for _, scope := range asked.List() {
		if !granted.Has(scope) {
			return "", ginjwt.InvalidScope("The scope is more than the login granted")
		}
	}
	return common(granted, asked), nil
}

// common returns the scopes that are in both lists, in the order of a.
func common(a, b ginjwt.Scope) ginjwt.Scope {
	list := slices.DeleteFunc(a.List(), func(s string) bool { return !b.Has(s) })
	return ginjwt.Scope(strings.Join(list, " "))
}
