package peers_test

import (
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt_test/peers"
)

func encode(text string) string          { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
func decode(text string) ([]byte, error) { return base64.RawURLEncoding.DecodeString(text) }
func pad(form, filler string, n int) string {
	return strings.Replace(form, "*", strings.Repeat(filler, n), 1)
}

// forgeries returns tokens of about size bytes whose signature is wrong, each
// an attempt to make its refusal expensive.
func forgeries(size int) map[string]string {
	const header = `{"alg":"HS256","typ":"at+jwt"}`
	payload := encode(`{"iss":"https://issuer.example"}`)
	signature := strings.Repeat("A", 43)
	join := func(parts ...string) string { return strings.Join(parts, ".") }
	bytes := size*3/4 - 96 // of JSON, beside the rest
	return map[string]string{
		"payload":   join(encode(header), encode(pad(`{"sub":"*"}`, "a", bytes)), signature),
		"header":    join(encode(pad(`{"alg":"HS256","use":"*"}`, "a", bytes)), payload, signature),
		"members":   join(encode(members(`{"alg":"HS256"`, bytes)), payload, signature),
		"claims":    join(encode(header), encode(members(`{"iss":"https://issuer.example"`, bytes)), signature),
		"nested":    join(encode(pad(`{"alg":"HS256","a":*`, "[", bytes)), payload, signature),
		"escapes":   join(encode(pad(`{"alg":"HS256","typ":"*"}`, `\u0041`, bytes/6)), payload, signature),
		"dots":      strings.Repeat(".", size),
		"signature": join(encode(header), payload, strings.Repeat("A", size)),
		"one-part":  strings.Repeat("A", size),
		"kid":       join(encode(pad(`{"alg":"HS256","kid":"*"}`, "k", bytes)), payload, signature),
		"alphabet":  join(encode(header), strings.Repeat("A", size)+"~", signature),
	}
}

// members returns start, an object, with as many members of different names as
// fit.
func members(start string, size int) string {
	var text strings.Builder
	text.WriteString(start)
	for i := 0; text.Len() < size-12; i++ {
		text.WriteString(`,"`)
		for n := i; n > 0; n /= 26 {
			text.WriteByte(byte('a' + n%26))
		}
		text.WriteString(`_":0`)
	}
	text.WriteByte('}')
	return text.String()
}

// sizes are those of the forged tokens.
var sizes = []struct {
	name  string
	bytes int
}{{"8KiB", 8 << 10}, {"60KiB", 60 << 10}, {"1MiB", 1 << 20}}

func TestForgeriesAreRefused(t *testing.T) {
	t.Parallel()
	f := fixture(t, "HS256")
	for _, c := range []peers.Contender{peers.Ginjwt, peers.GinjwtCached, peers.GinjwtIssuers} {
		h, err := c.New(f)
		require.NoError(t, err)
		for _, size := range sizes {
			for what, token := range forgeries(size.bytes) {
				require.Equal(t, http.StatusUnauthorized, peers.Ask(h, token), "%s, %s of %s", c.Name, what, size.name)
				require.InDelta(t, size.bytes, len(token), float64(size.bytes)/10+256, "%s of %s", what, size.name)
			}
		}
	}
}

// BenchmarkForged is the refusal of a big token: what an attacker can make a
// server spend. All contenders are given one with a big payload, ginjwt also
// those that try to be worse than that.
func BenchmarkForged(b *testing.B) {
	f := fixture(b, "HS256")
	for _, size := range sizes {
		tokens := forgeries(size.bytes)
		for _, what := range slices.Sorted(maps.Keys(tokens)) {
			contenders := []peers.Contender{peers.Ginjwt, peers.GinjwtIssuers}
			if what == "payload" {
				contenders = peers.Guards
			}
			for _, c := range contenders {
				b.Run(size.name+"-"+what+"/HS256/"+c.Name, func(b *testing.B) {
					serve(b, ready(b, c, f), tokens[what], http.StatusUnauthorized)
				})
			}
		}
	}
}
