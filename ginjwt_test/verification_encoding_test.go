package ginjwt_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// respell returns segment with its last character replaced by one that decodes
// to the same bytes in a lax decoder: the stray bits of the end are set.
func respell(t *testing.T, segment string) string {
	t.Helper()
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	require.NotZero(t, len(segment)%4, "there are no stray bits to set")
	last := strings.IndexByte(alphabet, segment[len(segment)-1])
	other := segment[:len(segment)-1] + string(alphabet[last|1])
	require.NotEqual(t, segment, other)
	before, err := base64.RawURLEncoding.DecodeString(segment)
	require.NoError(t, err)
	after, err := base64.RawURLEncoding.DecodeString(other)
	require.NoError(t, err)
	require.Equal(t, before, after, "the spelling differs, not the bytes")
	return other
}

// unaligned returns text with spaces added until its Base64 has stray bits.
func unaligned(text string) string {
	for len(text)%3 == 0 {
		text += " "
	}
	return text
}

// A token has one spelling (RFC 7515 section 2): everything that a lax decoder
// takes for the same bytes is refused, although the signature fits it.
func TestVerifyRefusesOtherSpellings(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	v := forgeVerifier(t, f.key, nil)
	header, payload := b64(unaligned(f.headerOf(""))), b64(unaligned(goodPayload("")))
	// A payload whose Base64 has both characters of the URL alphabet.
	tilde := b64(goodPayload(`,"x":"???>>>~~~"`))
	require.Contains(t, tilde+b64(goodPayload(`, "x":"???>>>~~~"`))+b64(goodPayload(`,  "x":"???>>>~~~"`)), "_")
	pad := func(s string) string { return s + strings.Repeat("=", (4-len(s)%4)%4) }
	requireVerdict[ginjwt.Claims](t, v, f.segments(t, header, payload), "")
	cases := []struct{ rule, header, payload string }{
		{"stray bits in the header", respell(t, header), payload},
		{"stray bits in the payload", header, respell(t, payload)},
		{"padding in the header", pad(header), payload},
		{"padding in the payload", header, pad(payload)},
		{"a line end in the header", header[:5] + "\n" + header[5:], payload},
		{"a line end in the payload", header, payload[:9] + "\n" + payload[9:]},
		{"a carriage return in the payload", header, payload[:9] + "\r" + payload[9:]},
		{"CR LF after the header", header + "\r\n", payload},
		{"CR LF before the payload", header, "\r\n" + payload},
		{"a space in the header", header[:5] + " " + header[5:], payload},
		{"a space after the payload", header, payload + " "},
		{"a tab", header, payload[:9] + "\t" + payload[9:]},
		{"a NUL", header, payload + "\x00"},
		{"a percent-encoded line end", header, payload + "%0A"},
		{"another character", header[:5] + "?" + header[5:], payload},
		{"a letter that is not ASCII", header, payload + "é"},
		{"one character that is no byte", header, b64(goodPayload("   "))[:4] + b64(goodPayload(""))[:1]},
		{"the standard alphabet, plus", header, payload[:8] + "+" + payload[9:]},
		{"the standard alphabet, slash", header, payload[:8] + "/" + payload[9:]},
	}
	for _, tc := range cases {
		t.Run(tc.rule, func(t *testing.T) {
			requireVerdict[ginjwt.Claims](t, v, f.segments(t, tc.header, tc.payload), ginjwt.ReasonMalformed)
		})
	}
}

func TestVerifyRefusesOtherSpellingsOfTheSignature(t *testing.T) {
	t.Parallel()
	f := hmacForger(t) // 32 bytes: the Base64 has stray bits
	v := forgeVerifier(t, f.key, nil)
	good := f.token(t, f.headerOf(""), goodPayload(""))
	dot := strings.LastIndexByte(good, '.') + 1
	signed, signature := good[:dot], good[dot:]
	cases := []struct {
		rule, signature string
		want            ginjwt.Reason
	}{
		{"as it is", signature, ""},
		{"stray bits", respell(t, signature), ginjwt.ReasonMalformed},
		{"padding", signature + "=", ginjwt.ReasonMalformed},
		{"a line end after it", signature + "\n", ginjwt.ReasonMalformed},
		{"a line end inside", signature[:7] + "\n" + signature[7:], ginjwt.ReasonMalformed},
		{"a carriage return before it", "\r" + signature, ginjwt.ReasonMalformed},
		{"a space after it", signature + " ", ginjwt.ReasonMalformed},
		{"none", "", ginjwt.ReasonMalformed},
		{"one character", "A", ginjwt.ReasonMalformed},
		{"one byte", "AA", ginjwt.ReasonSignature},
		{"cut to half", b64(decoded(t, signature)[:16]), ginjwt.ReasonSignature},
		{"a byte more", b64(decoded(t, signature) + "\x00"), ginjwt.ReasonSignature},
		{"all zero", b64(strings.Repeat("\x00", 32)), ginjwt.ReasonSignature},
		{"the first bit flipped", b64(flipped(decoded(t, signature), 0)), ginjwt.ReasonSignature},
		{"the last bit flipped", b64(flipped(decoded(t, signature), 31)), ginjwt.ReasonSignature},
	}
	for _, tc := range cases {
		t.Run(tc.rule, func(t *testing.T) {
			requireVerdict[ginjwt.Claims](t, v, signed+tc.signature, tc.want)
		})
	}
}

func decoded(t *testing.T, segment string) string {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(segment)
	require.NoError(t, err)
	return string(b)
}

// flipped returns s with a bit of byte i flipped.
func flipped(s string, i int) string {
	b := []byte(s)
	b[i] ^= 1
	return string(b)
}

// A JWT has three parts and none is empty (RFC 7519 section 7.2); five parts
// are a JWE, braces a JWS in JSON (RFC 7515 section 7.2).
func TestVerifyRefusesOtherNumbersOfParts(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	v := forgeVerifier(t, f.key, nil)
	good := f.token(t, f.headerOf(""), goodPayload(""))
	parts := strings.Split(good, ".")
	cases := []struct{ rule, token string }{
		{"nothing", ""},
		{"one dot", "."},
		{"two dots", ".."},
		{"three dots", "..."},
		{"one part", "abc"},
		{"two parts", parts[0] + "." + parts[1]},
		{"two parts and a dot", parts[0] + "." + parts[1] + "."},
		{"four parts", good + "." + parts[2]},
		{"four parts, the last empty", good + "."},
		{"four parts, the first empty", "." + good},
		{"a dot too many in the middle", parts[0] + ".." + parts[1] + "." + parts[2]},
		{"five parts", "a.b.c.d.e"},
		{"five parts of a good token", good + "." + parts[1] + "." + parts[2]},
		{"an empty header", "." + parts[1] + "." + parts[2]},
		{"an empty payload", parts[0] + ".." + parts[2]},
		{"a JWS in JSON", `{"protected":"` + parts[0] + `","payload":"` + parts[1] + `","signature":"` + parts[2] + `"}`},
		{"with its scheme", "Bearer " + good},
		{"a space before it", " " + good},
		{"in quotes", `"` + good + `"`},
		{"10000 dots", strings.Repeat(".", 10000)},
	}
	for _, tc := range cases {
		t.Run(tc.rule, func(t *testing.T) {
			requireVerdict[ginjwt.Claims](t, v, tc.token, ginjwt.ReasonMalformed)
		})
	}
}

// sized returns a good token of exactly n bytes.
func sized(t *testing.T, f forger, n int) string {
	t.Helper()
	header := f.headerOf("")
	for i := range 4 { // the header's length makes up what the payload's cannot
		empty := f.token(t, header, goodPayload(`,"x":""`))
		for fill := (n - len(empty)) * 3 / 4; fill <= (n-len(empty))*3/4+3; fill++ {
			token := f.token(t, header, goodPayload(`,"x":"`+strings.Repeat("x", fill)+`"`))
			if len(token) == n {
				return token
			}
		}
		header += strings.Repeat(" ", i+1)
	}
	require.FailNow(t, "no token of that length")
	return ""
}

func TestVerifyMaxTokenBytes(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	for _, tc := range []struct {
		rule       string
		max, limit int
	}{
		{"16 KiB by default", 0, 16 << 10},
		{"less by policy", 400, 400},
		{"more by policy", 64 << 10, 64 << 10},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			v := forgeVerifier(t, f.key, func(p *ginjwt.Policy) { p.MaxTokenBytes = tc.max })
			requireVerdict[ginjwt.Claims](t, v, sized(t, f, tc.limit), "")
			requireVerdict[ginjwt.Claims](t, v, sized(t, f, tc.limit+1), ginjwt.ReasonTooLarge)
			requireVerdict[ginjwt.Claims](t, v, strings.Repeat(".", tc.limit+1), ginjwt.ReasonTooLarge)
		})
	}
}

// A forged megabyte must cost next to nothing: it is not read.
func TestVerifyDoesNotReadLargeTokens(t *testing.T) {
	f := hmacForger(t)
	v := forgeVerifier(t, f.key, nil)
	large := f.token(t, f.headerOf(""), goodPayload(`,"x":[`+strings.Repeat("[],", 350_000)+`0]`))
	result := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := ginjwt.Verify[ginjwt.Claims](b.Context(), v, large)
			require.ErrorIs(b, err, ginjwt.ReasonTooLarge)
		}
	})
	require.Less(t, result.AllocedBytesPerOp(), int64(4<<10))
}
