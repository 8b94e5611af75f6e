package ginjwt

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestScopeHasComparesWholeScopesExactly(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		rule  string
		scope Scope
		ask   string
		want  bool
	}{
		{"the only one", "me", "me", true},
		{"the first", "me items", "me", true},
		{"the last", "me items", "items", true},
		{"one in the middle", "me items admin", "items", true},
		{"double spaces", "me  items", "items", true},
		{"spaces at the ends", " me ", "me", true},
		{"a prefix", "items:read", "items", false},
		{"a suffix", "items:read", "read", false},
		{"another letter case", "me", "ME", false},
		{"two at once", "me items", "me items", false},
		{"nothing asked for", "me", "", false},
		{"nothing asked for, with a gap", "me  items", "", false},
		{"nothing granted", "", "me", false},
		{"nothing at all", "", "", false},
		{"a tab is no separator", "me\titems", "items", false},
		{"a line break is no separator", "me\nitems", "items", false},
		{"a comma is no separator", "me,items", "items", false},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tc.want, tc.scope.Has(tc.ask))
		})
	}
}

func TestScopeListHoldsWhatHasFinds(t *testing.T) {
	t.Parallel()
	for scope, want := range map[Scope][]string{
		"":               {},
		"   ":            {},
		"me":             {"me"},
		" me  items ":    {"me", "items"},
		"me me":          {"me", "me"},
		"me\titems\nall": {"me\titems\nall"},
	} {
		assert.Equalf(t, want, scope.List(), "%q", scope)
		for _, one := range scope.List() {
			assert.Truef(t, scope.Has(one), "%q in %q", one, scope)
		}
	}
}

func TestScopeListIsTheCallersOwn(t *testing.T) {
	t.Parallel()
	scope := Scope("me items")
	scope.List()[0] = "admin"
	assert.Equal(t, []string{"me", "items"}, scope.List())
}

func TestJoinedScopesGrantNothingThatWasNotOne(t *testing.T) {
	t.Parallel()
	given := []string{"me", "read all", "", "items", "a\"b", "a\\b", "tab\tbed", "caf\u00e9", "del\x7f", " admin"}
	before := strings.Join(given, "|")
	got := joinScopes(given)
	assert.Equal(t, Scope("me items"), got)
	for _, never := range []string{"read", "all", "admin", "tab", "bed"} {
		assert.Falsef(t, got.Has(never), "%q was made up", never)
	}
	assert.Equal(t, before, strings.Join(given, "|"), "the caller's slice is changed")
}

// RFC 6749 section 3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ).
func TestAScopesCharactersAreThoseOfTheGrammar(t *testing.T) {
	t.Parallel()
	for b := range 256 {
		want := b == 0x21 || b >= 0x23 && b <= 0x5b || b >= 0x5d && b <= 0x7e
		for _, scope := range []string{string([]byte{byte(b)}), string([]byte{'a', byte(b)}), string([]byte{byte(b), 'a'})} {
			assert.Equalf(t, want, validScope(scope), "%q", scope)
		}
	}
	assert.False(t, validScope(""))
}
