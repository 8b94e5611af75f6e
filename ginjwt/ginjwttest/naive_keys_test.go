package ginjwttest_test

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"path"
	"strings"

	"github.com/MicahParks/jwkset"
)

// foreign returns the key that a header asks for, if a rule that forbids it is
// off, and its algorithm.
func (n naive) foreign(h map[string]any, alg string) (key any, its string) {
	kid, _ := h["kid"].(string)
	switch n.off {
	case "a kid is no path":
		if path.Join("/etc/keys", kid) == "/dev/null" {
			return []byte(nil), "HS256"
		}
	case "a kid is no query":
		if _, secret, ok := strings.Cut(kid, "' UNION SELECT '"); ok {
			return []byte(secret), "HS256"
		}
	case "a PEM is no secret", "a PEM without its line end is no secret", "a DER is no secret":
		der, err := x509.MarshalPKIXPublicKey(n.key)
		if err != nil || alg != "HS256" {
			return nil, ""
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
		return map[string][]byte{
			"a PEM is no secret": text, "a DER is no secret": der, "a PEM without its line end is no secret": bytes.TrimSpace(text),
		}[n.off], "HS256"
	case "keys are ours":
		return brought(h), alg
	}
	return nil, ""
}

// brought returns the key that a token brings.
func brought(h map[string]any) any {
	if jwk, ok := h["jwk"]; ok {
		raw, _ := json.Marshal(jwk)
		return ofJWK(raw)
	}
	if jku, ok := h["jku"].(string); ok {
		var set struct{ Keys []json.RawMessage }
		if json.Unmarshal(fetched(jku), &set) == nil && len(set.Keys) == 1 {
			return ofJWK(set.Keys[0])
		}
	}
	if x5u, ok := h["x5u"].(string); ok {
		if block, _ := pem.Decode(fetched(x5u)); block != nil {
			return ofCertificate(block.Bytes)
		}
	}
	if x5c, ok := h["x5c"].([]any); ok {
		der, _ := base64.StdEncoding.DecodeString(x5c[0].(string))
		return ofCertificate(der)
	}
	return nil
}

func ofJWK(raw []byte) any {
	jwk, err := jwkset.NewJWKFromRawJSON(raw, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
	if err != nil {
		return nil
	}
	return jwk.Key()
}

func ofCertificate(der []byte) any {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil
	}
	return cert.PublicKey
}

func fetched(url string) []byte {
	res, err := http.Get(url)
	if err != nil {
		return nil
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return body
}
