package jwks_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/golang-jwt/jwt/v5"
)

// Gin's start-up log would be part of every Output.
func init() { gin.SetMode(gin.ReleaseMode) }

// A provider stands for an identity provider of the name that it is made for:
// metadata, key sets and tokens in the shapes that its documentation shows.
type provider struct {
	*httptest.Server
	issuer  string // ours
	keysURL string
	samples []sample
}

// A sample is a token and what it is.
type sample struct {
	name string
	raw  string
}

// claimSet and joseHeader are the two parts of a token, as a provider writes them.
type (
	claimSet   map[string]any
	joseHeader map[string]any
)

// with returns a copy of c in which members are replaced, or removed by nil.
func (c claimSet) with(members claimSet) claimSet {
	own := maps.Clone(c)
	maps.Copy(own, members)
	maps.DeleteFunc(own, func(_ string, v any) bool { return v == nil })
	return own
}

// A signer is a key with the header that goes before it.
type signer struct {
	key    any
	header joseHeader
}

// typed returns s with another typ.
func (s signer) typed(typ string) signer {
	header := maps.Clone(s.header)
	header["typ"] = typ
	return signer{s.key, header}
}

// sign returns a token that lives for an hour, unless c says otherwise.
func (s signer) sign(c claimSet) string {
	now := time.Now()
	token := jwt.NewWithClaims(jwt.GetSigningMethod(s.header["alg"].(string)),
		jwt.MapClaims(claimSet{"iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}.with(c)))
	token.Header = s.header
	raw, err := token.SignedString(s.key)
	if err != nil {
		panic(err)
	}
	return raw
}

// providerKeys are two keys, made once: they take long.
var providerKeys = sync.OnceValue(func() (keys [2]*rsa.PrivateKey) {
	for i := range keys {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		keys[i] = key
	}
	return keys
})

// rsaSigner signs as most providers do. An empty typ is none.
func rsaSigner(key int, kid, typ string) signer {
	header := joseHeader{"alg": "RS256", "kid": kid}
	if typ != "" {
		header["typ"] = typ
	}
	return signer{providerKeys()[key], header}
}

// jwk returns the public key of s in a set, with members added, or removed by nil.
func (s signer) jwk(members claimSet) claimSet {
	public := s.key.(*rsa.PrivateKey).PublicKey
	return claimSet{
		"kty": "RSA", "kid": s.header["kid"], "alg": "RS256", "use": "sig",
		"n": base64.RawURLEncoding.EncodeToString(public.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(public.E)).Bytes()),
	}.with(members)
}

// A realm is what a provider publishes for one issuer.
type realm struct {
	issuer string // its name, if that is not base and path
	path   string // where the metadata are, without the well-known part
	keys   string // the path of the key set
	set    []claimSet
}

// newProvider starts a provider of realms, the first of which is ours, and of
// other pages. samples are made when its URL is known.
func newProvider(realms []realm, pages map[string]http.HandlerFunc, samples func(base string) []sample) *provider {
	mux := http.NewServeMux()
	p := &provider{Server: httptest.NewUnstartedServer(mux)}
	base := "http://" + p.Listener.Addr().String()
	document := func(path string, v any) {
		body, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) })
	}
	for i, r := range realms {
		issuer := base + r.path
		if r.issuer != "" {
			issuer = r.issuer
		}
		if i == 0 {
			p.issuer, p.keysURL = issuer, base+r.keys
		}
		document(path.Join("/", r.path, ".well-known/openid-configuration"), claimSet{
			"issuer": issuer, "jwks_uri": base + r.keys, "authorization_endpoint": base + "/authorize",
			"id_token_signing_alg_values_supported": []string{"RS256"}, "subject_types_supported": []string{"public"},
		})
		document(r.keys, claimSet{"keys": r.set})
	}
	for pattern, page := range pages {
		mux.HandleFunc(pattern, page)
	}
	p.samples = samples(base)
	p.Start()
	return p
}

var challengeError = regexp.MustCompile(`error="([^"]*)"`)

// try prints what h answers to a request for path with each of p's tokens.
func (p *provider) try(h http.Handler, path string) {
	for _, s := range p.samples {
		req := httptest.NewRequest(http.MethodGet, path, nil)
		req.Header.Set("Authorization", "Bearer "+s.raw)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		text := w.Body.String()
		if w.Code != http.StatusOK {
			text = http.StatusText(w.Code)
			if m := challengeError.FindStringSubmatch(w.Header().Get("WWW-Authenticate")); m != nil {
				text = m[1]
			}
		}
		fmt.Printf("%s: %d %s\n", s.name, w.Code, text)
	}
}
