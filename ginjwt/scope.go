package ginjwt

import (
	"slices"
	"strings"
)

// Scope is a list of scopes as it stands in a token and in RFC 6749 section
// 3.3: scopes with spaces between them.
type Scope string

// Has reports whether scope, compared exactly, is one of the list.
func (s Scope) Has(scope string) bool {
	if scope == "" {
		return false
	}
	for rest, more := string(s), true; more; {
		var one string
		one, rest, more = strings.Cut(rest, " ")
		if one == scope {
			return true
		}
	}
	return false
}

// List returns the scopes, each as often as it stands in the list.
func (s Scope) List() []string {
	return slices.DeleteFunc(strings.Split(string(s), " "), func(one string) bool { return one == "" })
}

// joinScopes returns scopes as one list. What is no scope is left out: "read
// all" must not become the right to read.
func joinScopes(scopes []string) Scope {
	valid := slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return !validScope(s) })
	return Scope(strings.Join(valid, " "))
}

// validScope reports whether s is a scope-token of RFC 6749 section 3.3:
//
//	1*( %x21 / %x23-5B / %x5D-7E )
func validScope(s string) bool {
	for i := range len(s) {
		if b := s[i]; b < '!' || b > '~' || b == '"' || b == '\\' {
			return false
		}
	}
	return s != ""
}
