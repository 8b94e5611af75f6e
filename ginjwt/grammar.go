package ginjwt

// The characters that RFCs allow in credentials, names and texts.

import (
	"slices"
	"strings"
)

// isB64Token reports whether s is RFC 6750's b64token:
//
//	1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
func isB64Token(s string) bool {
	s = strings.TrimRight(s, "=")
	if s == "" {
		return false
	}
	var stray byte
	for ; len(s) >= 8; s = s[8:] { // eight at a time, which is faster: every token passes here
		stray |= notB64[s[0]] | notB64[s[1]] | notB64[s[2]] | notB64[s[3]] |
			notB64[s[4]] | notB64[s[5]] | notB64[s[6]] | notB64[s[7]]
	}
	for i := range len(s) {
		stray |= notB64[s[i]]
	}
	return stray == 0
}

// notB64 is 0 for the characters of a b64token, without "=", and 1 for others.
var notB64 = func() (set [256]byte) {
	for i := range set {
		if strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/", byte(i)) < 0 {
			set[i] = 1
		}
	}
	return set
}()

// isTokenChar reports whether b can stand in a scheme's name (tchar of RFC 9110
// section 5.6.2).
func isTokenChar(b byte) bool {
	return notB64[b] == 0 && b != '/' || strings.IndexByte("!#$%&'*^`|", b) >= 0
}

// equalFoldASCII reports whether s, in any letter case, is lower, which is as long
// and in lower case. strings.EqualFold would take the Kelvin sign for a k.
func equalFoldASCII(s, lower string) bool {
	for i := range len(s) {
		if s[i] != lower[i] && (s[i] < 'A' || s[i] > 'Z' || s[i]-'A'+'a' != lower[i]) {
			return false
		}
	}
	return true
}

// lowerASCII returns s with A to Z in lower case. strings.ToLower would turn the
// Kelvin sign into a k.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// isControl reports whether r is a control character (CTL of RFC 5234).
func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// isControlButTab reports whether r is a control character other than a tab. RFC
// 6749 appendix A allows a tab in user names and passwords (UNICODECHARNOCRLF).
func isControlButTab(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

func isPrintableASCII(s string) bool {
	return !slices.ContainsFunc([]byte(s), func(b byte) bool { return b < ' ' || b > '~' })
}
