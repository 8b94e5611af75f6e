package ginjwt

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const wycheproof = "../../shared/corpora/wycheproof"

// jwk is a JSON Web Key as the vectors have it, or a set of them.
type jwk struct {
	Kty, Alg, Use, Crv, Kid string
	K, N, E, X, Y           string
	KeyOps                  []string `json:"key_ops"`
	Keys                    []jwk
}

type vectorFile struct {
	NumberOfTests int
	TestGroups    []struct {
		Comment         string
		Private, Public *jwk
		Tests           []vectorCase
	}
}

type vectorCase struct {
	TcID                 int
	Comment, Jws, Result string
}

func readVectors(t *testing.T, name string, into any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(wycheproof, name))
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("the public vectors of Wycheproof are not in %s", wycheproof)
	}
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, into))
}

// key returns k as a key by our rules: for signatures, bound to its alg, sound.
func (k jwk) key() (Key, error) {
	if k.Use == "enc" || k.KeyOps != nil && !slices.Contains(k.KeyOps, "verify") {
		return Key{}, errors.New("not for signatures")
	}
	number := func(s string) *big.Int {
		b, _ := strictBase64.DecodeString(s)
		return new(big.Int).SetBytes(b)
	}
	alg := Algorithm(k.Alg)
	var material any
	switch k.Kty {
	case "oct":
		material, _ = strictBase64.DecodeString(k.K)
	case "RSA":
		material = &rsa.PublicKey{N: number(k.N), E: int(number(k.E).Int64())}
	case "EC":
		curve := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}[k.Crv]
		//lint:ignore SA1019 the vectors hold keys that are no points
		material = &ecdsa.PublicKey{Curve: curve, X: number(k.X), Y: number(k.Y)}
	default:
		return Key{}, fmt.Errorf("key type %q", k.Kty)
	}
	key, err := NewKey(alg, material)
	if err != nil && (strings.Contains(err.Error(), "one byte repeated") || strings.Contains(err.Error(), "published sample")) {
		// NewKey refuses what everybody can guess; the vectors are about signatures.
		key, err = keyAnyway(alg, material.([]byte))
	}
	return key.WithID(k.Kid), err
}

// source returns the keys of k, or of the set that k is.
func (k jwk) source() (KeySource, error) {
	if k.Keys == nil {
		return k.key()
	}
	var keys []Key
	var symmetric, public bool
	for _, one := range k.Keys {
		key, err := one.key()
		if err != nil {
			return nil, err
		}
		symmetric, public = symmetric || one.Kty == "oct", public || one.Kty != "oct"
		keys = append(keys, key)
	}
	if symmetric && public {
		return nil, errors.New("a set with secrets and public keys")
	}
	source := Keys(keys...)
	return source, checkSource(source, Policy{})
}

// judge returns nil if the signature of token is good by our rules. The
// payloads are not JSON, and some are empty, which no JWT is.
func judge(t *testing.T, keys KeySource, token string) error {
	s, reason := split(token, 1<<20)
	if parts := strings.Split(token, "."); reason == ReasonMalformed && len(parts) == 3 && parts[1] == "" && parts[2] != "" {
		s, reason = segments{header: parts[0], signature: parts[2], signed: parts[0] + "."}, ""
	}
	if reason != "" {
		return reason
	}
	h, reason := parseHeader(s.header)
	if reason != "" {
		return reason
	}
	key, err := (&Verifier{keys: keys}).findKey(t.Context(), h)
	if err != nil {
		return err
	}
	if reason := checkSignature(key, s); reason != "" {
		return reason
	}
	if _, err := strictBase64.DecodeString(s.payload); err != nil {
		return ReasonMalformed
	}
	return nil
}

// mislabelled returns what the vectors should say whose label is wrong.
func mislabelled(t *testing.T) map[int]string {
	t.Helper()
	var known struct {
		Vectors []struct {
			TcID    int
			TreatAs string `json:"treat_as"`
		}
	}
	readVectors(t, "KNOWN_VECTOR_ERRORS.json", &known)
	results := map[int]string{}
	for _, v := range known.Vectors {
		results[v.TcID], _, _ = strings.Cut(v.TreatAs, " ")
	}
	require.Len(t, results, 8)
	return results
}

func runVectors(t *testing.T, file string, count int, labels map[int]string) {
	t.Helper()
	var vectors vectorFile
	readVectors(t, file, &vectors)
	seen, valid := 0, 0
	for _, group := range vectors.TestGroups {
		k := group.Public
		if k == nil {
			k = group.Private
		}
		keys, keyErr := k.source()
		for _, tc := range group.Tests {
			seen++
			want := tc.Result
			if label, ok := labels[tc.TcID]; ok {
				want = label
			}
			require.Contains(t, []string{"valid", "invalid"}, want)
			err := keyErr
			if err == nil {
				err = judge(t, keys, tc.Jws)
			}
			if want == "valid" {
				valid++
				assert.NoError(t, err, "%d %s %s", tc.TcID, group.Comment, tc.Comment)
			} else {
				assert.Error(t, err, "%d %s %s", tc.TcID, group.Comment, tc.Comment)
			}
		}
	}
	assert.Equal(t, count, seen, "the number of vectors has changed: look at the new ones")
	assert.Equal(t, vectors.NumberOfTests, seen)
	assert.NotZero(t, valid)
}

func TestWycheproofSignatures(t *testing.T) {
	t.Parallel()
	runVectors(t, "json_web_signature_test.json", 401, mislabelled(t))
}

func TestWycheproofKeys(t *testing.T) {
	t.Parallel()
	runVectors(t, "json_web_key_test.json", 26, nil)
}

// A salt of another length than the hash's is not what RFC 7518 section 3.5
// says, and the same signature methods without our copy accept it.
func TestWycheproofSaltLengths(t *testing.T) {
	t.Parallel()
	var vectors vectorFile
	readVectors(t, "json_web_signature_test.json", &vectors)
	found := 0
	for _, group := range vectors.TestGroups {
		for _, tc := range group.Tests {
			if tc.TcID >= 281 && tc.TcID <= 286 {
				found++
				keys, err := group.Public.source()
				require.NoError(t, err)
				assert.ErrorIs(t, judge(t, keys, tc.Jws), ReasonSignature, tc.Comment)
			}
		}
	}
	assert.Equal(t, 6, found)
}
