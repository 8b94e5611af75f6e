package sessions

import (
	"net/url"
	"slices"
	"strings"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// narrowed returns the scope that a refresh asks for, which must be a part of
// the session's (RFC 6749 section 6); if it asks for none, all of that.
func narrowed(granted ginjwt.Scope, form url.Values) (ginjwt.Scope, error) {
	asked := ginjwt.Scope(form.Get("scope"))
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
