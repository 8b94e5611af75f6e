package describe

import (
	"reflect"
	"slices"
	"strings"
)

// A Way is credentials that suffice together.
type Way struct {
	Demands []Demand
	// Unless lists sets of schemes: a request with credentials for all of one is
	// judged another way.
	Unless [][]*Scheme
}

// A Demand is a security scheme and the scopes that its credentials must grant,
// the outermost demand first.
type Demand struct {
	Scheme *Scheme
	Scopes []string
}

// A Scheme is a security scheme.
type Scheme struct {
	Kind             string // the constructor's name
	Name             string
	Description      string
	AuthorizationURL string
	TokenURL         string
	RefreshURL       string
	Scopes           map[string]string // nil if it cannot have any
	DiscoveryURL     string
	HTTPScheme       string
	BearerFormat     string
	ResourceMetadata string // the URL that its challenges name, or ""
	Challenge        string // its WWW-Authenticate without credentials
	Malformed        string // and for malformed ones
	Insufficient     string // and for missing scopes, without them; or ""
	Places           []Place
}

// Same reports whether s and other are described alike.
func (s *Scheme) Same(other *Scheme) bool { return s == other || reflect.DeepEqual(s, other) }

// Same reports whether w and other demand the same, in whatever order.
func (w Way) Same(other Way) bool {
	return len(w.Demands) == len(other.Demands) && !slices.ContainsFunc(w.Demands, func(d Demand) bool {
		return !slices.ContainsFunc(other.Demands, func(o Demand) bool {
			return d.Scheme.Same(o.Scheme) && slices.Equal(d.Scopes, o.Scopes)
		})
	})
}

// has reports whether w demands credentials for s.
func (w Way) has(s *Scheme) bool {
	return slices.ContainsFunc(w.Demands, func(d Demand) bool { return d.Scheme.Same(s) })
}

// possible reports whether a request with w's credentials is judged by w.
func (w Way) possible() bool {
	return !slices.ContainsFunc(w.Unless, func(set []*Scheme) bool {
		return !slices.ContainsFunc(set, func(s *Scheme) bool { return !w.has(s) })
	})
}

// A Place is where credentials can be in a request. The first of a Scheme is
// what it is named for.
type Place struct{ In, Name string }

// All returns the ways to satisfy a and b at once: each of a together with each of
// b, without those that no request can take.
func All(a, b []Way) (all []Way) {
	for _, first := range a {
		for _, second := range b {
			w := first.and(second)
			if w.possible() && !slices.ContainsFunc(all, func(o Way) bool { return w.Same(o) && reflect.DeepEqual(w.Unless, o.Unless) }) {
				all = append(all, w)
			}
		}
	}
	return all
}

// Once returns ways without those that demand the same as one before.
func Once(ways []Way) (once []Way) {
	for _, w := range ways {
		if !slices.ContainsFunc(once, w.Same) {
			once = append(once, w)
		}
	}
	return once
}

// and returns w and other together: a scheme that is in both has the scopes of
// both, those of w first.
func (w Way) and(other Way) Way {
	all := slices.Clone(w.Demands)
	for _, d := range other.Demands {
		i := slices.IndexFunc(all, func(e Demand) bool { return e.Scheme.Same(d.Scheme) })
		if i < 0 {
			all = append(all, d)
			continue
		}
		all[i].Scopes = Union(all[i].Scopes, d.Scopes)
	}
	return Way{all, slices.Concat(w.Unless, other.Unless)}
}

// Union returns the elements of a and then those of b, each once.
func Union(a, b []string) []string {
	all := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

// Spell returns ways and checks in words, or "" if neither demands anything.
func Spell(ways []Way, checks []string) string {
	var all []string
	optional := false
	for _, w := range Once(ways) {
		var demands []string
		for _, d := range w.Demands {
			demands = append(demands, strings.Join(append([]string{d.Scheme.Name}, d.Scopes...), " "))
		}
		optional = optional || len(demands) == 0
		if len(demands) > 0 {
			all = append(all, strings.Join(demands, " and "))
		}
	}
	var text strings.Builder
	text.WriteString(strings.Join(all, ", or "))
	for _, check := range checks {
		text.WriteString(", check " + check)
	}
	if optional && len(all) > 0 {
		text.WriteString(", optional")
	}
	return strings.TrimPrefix(text.String(), ", ")
}
