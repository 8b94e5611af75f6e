package openapi

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/ginjwt/gin-depends/ginjwt/inspect"
)

// named is an operation that needs an operationId of its own.
type named struct {
	*operation
	route inspect.Route
	id    string // "" if its function has no name
	given bool   // by Describe
}

func newNamed(o *operation, r inspect.Route, op Op) named {
	n := named{operation: o, route: r, id: op.ID, given: op.ID != ""}
	if !n.given {
		n.id = functionName(r)
	}
	switch {
	case op.Summary != "":
		o.Summary = op.Summary
	case functionName(r) != "":
		o.Summary = title(functionName(r))
	default:
		o.Summary = r.Method + " " + r.Template
	}
	return n
}

// name gives each operation its ID: the name of its function if no other has
// that, or else that name with its method and path.
func (b *builder) name(all []named) {
	count := map[string]int{}
	for _, n := range all {
		count[n.id]++
	}
	used := map[string]bool{}
	for _, n := range all {
		if n.given {
			if used[n.id] {
				b.fault("%s %s has the ID %q, which another operation has too", n.route.Method, n.route.Path, n.id)
			}
			n.OperationID, used[n.id] = n.id, true
		}
	}
	for _, n := range all {
		if n.given {
			continue
		}
		id := n.id
		if id == "" || count[id] > 1 || used[id] {
			id = strings.Trim(id+"_"+slug(n.route), "_")
		}
		for base, i := id, 2; used[id]; i++ {
			id = fmt.Sprintf("%s_%d", base, i)
		}
		n.OperationID, used[id] = id, true
	}
}

var noWord = regexp.MustCompile(`[^A-Za-z0-9]+`)

// slug is a route's method and path in letters and digits.
func slug(r inspect.Route) string {
	path := strings.Trim(noWord.ReplaceAllString(r.Template, "_"), "_")
	return strings.Trim(strings.ToLower(r.Method)+"_"+path, "_")
}

// endpoints are the names of what package ginjwt answers itself.
var endpoints = map[string]string{
	"token": "token", "logout": "logOut", "revocation": "revokeToken", "introspection": "introspectToken", "key set": "keySet",
}

// functionName returns the name of the function that answers, without its
// package and its type, or "" if it has none.
func functionName(r inspect.Route) string {
	if name := endpoints[r.Endpoint]; name != "" {
		return name
	}
	name := typeArguments.ReplaceAllString(r.Handler, "")
	name = name[strings.LastIndexByte(name, '/')+1:]
	name = name[strings.LastIndexByte(name, '.')+1:]
	if closure.MatchString(name) || noWord.MatchString(strings.ReplaceAll(name, "_", "")) {
		return ""
	}
	return name
}

// typeArguments stand in the names of generic functions and types.
var typeArguments = regexp.MustCompile(`\[[^\[\]]*\]`)

// closure is how Go calls a function without a name.
var closure = regexp.MustCompile(`^(func)?[0-9]+$`)

// title writes readUsersMe as "Read Users Me", and parseURL as "Parse URL".
func title(name string) string {
	var b strings.Builder
	runes := []rune(strings.ReplaceAll(name, "_", " "))
	for i, r := range runes {
		begins := i == 0 || runes[i-1] == ' '
		upper := unicode.IsUpper(r) && !begins
		if upper && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			b.WriteByte(' ')
		}
		if begins {
			r = unicode.ToUpper(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}
