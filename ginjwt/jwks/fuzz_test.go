package jwks

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// naive decodes one JSON object in the laxest way that there is: with the
// standard library, which lets members be repeated and takes the last.
func naive(body []byte) (map[string]any, bool) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var object map[string]any
	if dec.Decode(&object) != nil || object == nil {
		return nil, false
	}
	_, err := dec.Token()
	return object, err == io.EOF
}

// published are the keys of RFC 7517 appendix A.1 and RFC 8037 appendix A.2: a
// corpus must be the same each time.
var published = samples{
	rsa: fields{
		"kty": "RSA", "kid": "rsa", "e": "AQAB",
		"n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
	},
	p256: fields{
		"kty": "EC", "crv": "P-256", "kid": "ec",
		"x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
	},
	ed: fields{"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
}

// FuzzParse: whatever a provider sends, each key that is used stands so in the
// set, by a naive reading of it, is public and strong, and is the only one of
// its ID.
func FuzzParse(f *testing.F) {
	s := published
	for _, keys := range [][]any{
		{s.rsa}, {s.rsa.with(fields{"alg": "PS256", "use": "sig"}), s.p256, s.ed}, {s.ed, s.ed}, {},
		{s.ed.with(fields{"d": "AA"}), s.rsa.with(fields{"p": "AA"}), s.p256}, {fields{"kty": "oct", "k": "AA", "kid": "o"}, s.ed},
		{s.ed.with(fields{"kid": nil}), s.ed.with(fields{"kid": nil})}, {s.rsa.with(fields{"e": "AQAAAAAAAQAB"})},
		{s.rsa.with(fields{"use": "enc"}), s.rsa}, {s.rsa.with(fields{"key_ops": []string{"sign"}}), 1, "x", nil},
	} {
		f.Add(setOf(keys...))
	}
	f.Add([]byte(`{"keys":[{"kty":"RSA","kty":"oct"}]}`))
	f.Add([]byte("{\"keys\":[{\"kid\":\"\xff\"}]}"))
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := parse(body, asymmetric)
		assert.Equal(t, err == nil, len(p.keys) > 0)
		assert.LessOrEqual(t, len(p.keys), maxKeys)
		if len(p.keys) == 0 {
			return
		}
		set, ok := naive(body)
		require.True(t, ok, "a set that is no JSON object")
		listed, ok := set["keys"].([]any)
		require.True(t, ok, "a set without a list of keys")
		for _, k := range p.keys {
			requireKey(t, k, listed)
		}
	})
}

// requireKey asserts that k may be used by a naive reading of the set.
func requireKey(t *testing.T, k ginjwt.Key, listed []any) {
	t.Helper()
	require.False(t, k.CanSign())
	require.NotNil(t, k.Public(), "a symmetric key")
	require.LessOrEqual(t, len(k.ID()), maxKeyID)
	if public, ok := k.Public().(*rsa.PublicKey); ok {
		require.GreaterOrEqual(t, public.N.BitLen(), 2048)
	}
	same, of := 0, 0
	for _, one := range listed {
		m, ok := one.(map[string]any)
		if !ok {
			continue
		}
		if describes(m, k) {
			of++
		}
		if kid, _ := m["kid"].(string); kid == k.ID() && kid != "" && competes(m) {
			same++
		}
	}
	require.Positive(t, of, "%v does not stand in the set", k)
	require.LessOrEqual(t, same, 1, "%v shares its ID with another", k)
}

// competes reports whether m claims to verify signatures.
func competes(m map[string]any) bool {
	use, used := m["use"].(string)
	operations, limited := m["key_ops"].([]any)
	typ, _ := m["kty"].(string)
	return (!used || use == "" || use == "sig") && (!limited || slices.Contains(operations, any("verify"))) && slices.Contains([]string{"RSA", "EC", "OKP", "oct"}, typ)
}

// describes reports whether m is k, public, and for signatures.
func describes(m map[string]any, k ginjwt.Key) bool {
	text := func(name string) string { s, _ := m[name].(string); return s }
	number := func(name string) *big.Int {
		b, _ := base64.RawURLEncoding.DecodeString(strings.TrimRight(text(name), "="))
		return new(big.Int).SetBytes(b)
	}
	for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "oth"} {
		if _, there := m[private]; there {
			return false
		}
	}
	if text("kid") != k.ID() || text("alg") != "" && text("alg") != string(k.Algorithm()) || !competes(m) {
		return false
	}
	switch public := k.Public().(type) {
	case *rsa.PublicKey:
		return text("kty") == "RSA" && number("n").Cmp(public.N) == 0 && number("e").Cmp(big.NewInt(int64(public.E))) == 0
	case *ecdsa.PublicKey:
		point, err := public.Bytes()
		half := (len(point) - 1) / 2
		return err == nil && text("kty") == "EC" && text("crv") == public.Params().Name &&
			number("x").Cmp(new(big.Int).SetBytes(point[1:1+half])) == 0 && number("y").Cmp(new(big.Int).SetBytes(point[1+half:])) == 0
	case ed25519.PublicKey:
		return text("kty") == "OKP" && text("crv") == "Ed25519" && number("x").Cmp(new(big.Int).SetBytes(public)) == 0
	}
	return false
}

// FuzzIntrospection: an answer that makes a token good says so by a naive
// reading too, and in one way only; it is kept no longer than it says.
func FuzzIntrospection(f *testing.F) {
	for _, seed := range []string{
		`{"active":true}`, `{"active":false}`, `{"active":"true"}`, `{"active":1}`, `{"active":null}`, `{}`, ``, `[]`, `null`,
		`{"active":true,"active":false}`, `{"active":true,"exp":1772366700,"token_type":"Bearer"}`, `{"active":true,"exp":"1"}`,
		`{"active":true,"exp":-1e300}`, `{"active":true,"exp":1e308}`, `{"active":true,"exp":1772366400.5}`, `{"active":true}{}`,
		`{"active":true,"token_type":"DPoP"}`, `{"active":true,"token_type":null}`, `{"active":true,"token_type":"bearer"}`,
		`{"Active":true}`, `{"\u0061ctive":true}`, "{\"active\":true,\"x\":\"\xff\"}", " \n{\"active\" : true }\t", `{"a":{"b":1,"b":2},"active":true}`,
		`{"active":true,"exp":1e17}`, `{"active":true,"exp":null}`, `{"active":true,"sub":"alice","scope":"a b","aud":["x"]}`,
	} {
		f.Add([]byte(seed))
	}
	now := time.Unix(1772366400, 0)
	in := &introspector{cfg: config{cacheFor: time.Minute, now: func() time.Time { return now }}}
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := in.judge(body)
		if err != nil {
			require.Nil(t, v)
			return
		}
		require.False(t, v.until.After(now.Add(time.Minute)), "kept for longer than CacheFor")
		said, ok := naive(body)
		require.True(t, ok, "an answer that is no JSON object")
		active, ok := said["active"].(bool)
		require.True(t, ok, "an answer without active")
		if v.claims == nil {
			kind, told := said["token_type"]
			require.True(t, !active || told && !strings.EqualFold(kindOf(kind), "bearer") || bytes.Contains(body, []byte(`\`)))
			return
		}
		require.True(t, active)
		require.Equal(t, body, v.claims)
		require.Equal(t, 1, bytes.Count(actives(body), []byte(`"active":true`)), "active is told once")
		if kind, told := said["token_type"]; told {
			require.True(t, strings.EqualFold(kindOf(kind), "bearer"))
		}
		if number, ok := said["exp"].(json.Number); ok {
			exp, err := strconv.ParseFloat(number.String(), 64)
			require.NoError(t, err)
			require.True(t, exp >= float64(now.Unix()+60) || float64(v.until.Unix()) <= max(exp, -1<<62), "kept beyond exp")
		} else {
			require.False(t, v.until.After(now), "kept without an exp")
		}
	})
}

func kindOf(v any) string { s, _ := v.(string); return s }

// actives returns all that the object at the top of body says to be active, by
// whatever spelling of the name and however often.
func actives(body []byte) []byte {
	dec := json.NewDecoder(bytes.NewReader(body))
	_, _ = dec.Token()
	var out []byte
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			break
		}
		var value json.RawMessage
		if dec.Decode(&value) != nil {
			break
		}
		if name == "active" {
			out = append(out, `"active":`+string(value)+"\n"...)
		}
	}
	return out
}

// FuzzMaxAge: no header makes keys last for longer than it says, whatever the
// order of its directives.
func FuzzMaxAge(f *testing.F) {
	for _, seed := range []string{
		"max-age=600", "no-store", "max-age=600, no-cache", `max-age="600"`, "max-age=18446744073709551617", "MAX-AGE=1,no-store",
		"max-age=-1", ",,=,max-age", "private=\"a, max-age=9\"", "max-age=2147483647", "max-age=2147483648", "max-age=1, max-age=2", "max-age= 5",
	} {
		f.Add(seed, "public")
		f.Add("public", seed)
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		age, told := maxAge(http.Header{"Cache-Control": {first, second}})
		both := strings.ToLower(first + "," + second)
		require.GreaterOrEqual(t, age, time.Duration(0))
		require.LessOrEqual(t, age, 1<<31*time.Second)
		if !told {
			require.Zero(t, age)
		}
		if age > 0 {
			require.Contains(t, both, strconv.Itoa(int(age/time.Second)))
			for directive := range strings.SplitSeq(both, ",") {
				require.NotContains(t, []string{"no-store", "no-cache"}, strings.TrimSpace(directive))
			}
		}
		if strings.Contains(both, "max-age") {
			return
		}
		none := !strings.Contains(both, "no-store") && !strings.Contains(both, "no-cache")
		require.False(t, told && none, "told by a header that does not say")
	})
}
