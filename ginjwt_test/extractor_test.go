package ginjwt_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// What the client is told, as it stands in the table of cases.
const (
	extNobody    = `Bearer realm="api"`
	extMalformed = `Bearer realm="api", error="invalid_request", error_description="Malformed Authorization header"`
	extTwo       = `Bearer realm="api", error="invalid_request", error_description="More than one Authorization header"`
	extExpired   = `Bearer realm="api", error="invalid_token", error_description="The access token expired"`
	extInvalid   = `Bearer realm="api", error="invalid_token", error_description="The access token is invalid"`
	extScope     = `Bearer realm="api", error="insufficient_scope", error_description="The token lacks a required scope", scope="items:read"`
)

// extBodies is the body of each.
var extBodies = map[string]string{
	extNobody: `{"detail":"Not authenticated"}`, extExpired: `{"detail":"Could not validate credentials"}`,
	extMalformed: `{"detail":"Malformed Authorization header"}`, extInvalid: `{"detail":"Could not validate credentials"}`,
	extTwo: `{"detail":"More than one Authorization header"}`, extScope: `{"detail":"Not enough permissions"}`,
}

func extEngine(handlers ...gin.HandlerFunc) *gin.Engine {
	r := newEngine()
	r.Any("/", handlers...)
	return r
}

// extService is an API at a fixed time whose key the test knows. It takes
// tokens of typ at+jwt, JWT or none, so that each forged token is wrong in one
// thing only.
type extService struct {
	*gin.Engine
	secret  []byte
	now     time.Time
	reached atomic.Int32 // by requests that were let through
}

func newExtService(t testing.TB, scopes ...string) *extService {
	t.Helper()
	s := &extService{Engine: newEngine(), secret: make([]byte, 32), now: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
	_, _ = rand.Read(s.secret) // never fails
	key, err := ginjwt.NewKey(ginjwt.HS256, s.secret)
	require.NoError(t, err)
	verifier, err := ginjwt.NewVerifier(key, ginjwt.Policy{
		Issuer: testIssuer, Audience: []string{testAudience}, Now: func() time.Time { return s.now },
	})
	require.NoError(t, err)
	s.serve(verifier, scopes...)
	return s
}

// serve adds the routes: /items, and /feed for anybody.
func (s *extService) serve(verifier *ginjwt.Verifier, scopes ...string) {
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), verifier)
	if len(scopes) > 0 {
		claims = ginjwt.Security(claims, scopes...)
	}
	s.Any("/items", ginjwt.Handle(claims, func(c *gin.Context, me ginjwt.Claims) { c.String(200, me.Subject) }), func(*gin.Context) { s.reached.Add(1) })
	s.Any("/feed", ginjwt.Handle(ginjwt.Optional(claims), func(c *gin.Context, me *ginjwt.Claims) {
		if me == nil {
			c.String(200, "nobody")
			return
		}
		c.String(200, me.Subject)
	}), func(*gin.Context) { s.reached.Add(1) })
}

const (
	extHeader = `{"alg":"HS256","typ":"JWT"}`
	extClaims = `{"iss":"` + testIssuer + `","aud":"` + testAudience + `","sub":"johndoe","exp":%d%s}`
)

// claims are those of a good token, with more after them.
func (s *extService) claims(exp time.Duration, more string) string {
	return fmt.Sprintf(extClaims, s.now.Add(exp).Unix(), more)
}

func (s *extService) valid() string { return extForge(s.secret, extHeader, s.claims(time.Minute, "")) }

// extForge signs whatever it is given with HMAC-SHA-256.
func extForge(secret []byte, header, claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(header)) + "." + encode([]byte(claims))
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}

// extBroken is token with another signature.
func extBroken(token string) string {
	at := strings.LastIndexByte(token, '.') + 1
	other := "A"
	if token[at] == 'A' {
		other = "B"
	}
	return token[:at] + other + token[at+1:]
}

// send serves a GET request with values as its Authorization headers.
func (s *extService) send(path string, values ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodGet, path, nil)
	if values != nil {
		req.Header["Authorization"] = values
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, req)
	return w
}

// refused asserts that w is the refusal with that challenge, and nothing else.
func (s *extService) refused(t *testing.T, w *httptest.ResponseRecorder, status int, challenge string) {
	t.Helper()
	assert.Equal(t, status, w.Code)
	assert.Equal(t, []string{challenge}, w.Header().Values("WWW-Authenticate"))
	assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
	assert.Equal(t, extBodies[challenge], w.Body.String())
	assert.Zero(t, s.reached.Load(), "a later handler ran")
	bearerOf(t, w.Header())
}

func TestExtractorTakesTheFormsOfRFC6750(t *testing.T) {
	t.Parallel()
	for rule, format := range map[string]string{
		"RS-03 one space": "Bearer %s", "RS-04 lower case": "bearer %s", "RS-05 upper case": "BEARER %s",
		"RS-06 several spaces": "Bearer   %s", "mixed case": "bEaReR %s", "spaces around": "  Bearer %s  ",
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			s := newExtService(t)
			for _, path := range []string{"/items", "/feed"} {
				w := s.send(path, fmt.Sprintf(format, s.valid()))
				assert.Equal(t, 200, w.Code)
				assert.Equal(t, "johndoe", w.Body.String())
				assert.Empty(t, w.Header().Values("WWW-Authenticate"))
			}
			assert.EqualValues(t, 2, s.reached.Load())
		})
	}
}

func TestExtractorRefusals(t *testing.T) {
	t.Parallel()
	const v = "{valid}"
	for _, tc := range []struct {
		rule      string
		values    []string
		status    int
		challenge string
	}{
		{"RS-01 no header", nil, 401, extNobody},
		{"RS-02 another scheme", []string{"Basic YTpi"}, 401, extNobody},
		{"an empty header", []string{""}, 401, extNobody},
		{"the token without a scheme", []string{v}, 401, extNobody},
		{"a longer scheme name", []string{"Bearers " + v}, 401, extNobody},
		{"RS-07 no token", []string{"Bearer"}, 400, extMalformed},
		{"RS-07 no token after the space", []string{"Bearer "}, 400, extMalformed},
		{"RS-08 two tokens", []string{"Bearer " + v + " x"}, 400, extMalformed},
		{"RS-09 a tab", []string{"Bearer\t" + v}, 400, extMalformed},
		{"RS-10 quotes", []string{`Bearer "` + v + `"`}, 400, extMalformed},
		{"RS-11 two headers", []string{"Bearer " + v, "Bearer " + v}, 400, extTwo},
		{"RS-12 two headers of two schemes", []string{"Basic YTpi", "Bearer " + v}, 400, extTwo},
		{"RS-12 in the other order", []string{"Bearer " + v, "Basic YTpi"}, 400, extTwo},
		{"RS-13 a list", []string{"Bearer " + v + ", Bearer " + v}, 400, extMalformed},
		{"a colon after the scheme", []string{"Bearer: " + v}, 400, extMalformed},
		{"a parameter", []string{"Bearer token=" + v}, 400, extMalformed},
		{"a byte above ASCII", []string{"Bearer " + v + "\xe9"}, 400, extMalformed},
		{"RS-25 one part", []string{"Bearer abc"}, 401, extInvalid},
		{"RS-26 five parts", []string{"Bearer a.b.c.d.e"}, 401, extInvalid},
		{"RS-27 too long a token", []string{"Bearer " + strings.Repeat("a", 16<<10+1)}, 401, extInvalid},
		{"RS-27 far too long a token", []string{"Bearer " + strings.Repeat("a", 1<<20)}, 401, extInvalid},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			t.Parallel()
			s := newExtService(t)
			var values []string
			for _, value := range tc.values {
				values = append(values, strings.ReplaceAll(value, v, s.valid()))
			}
			s.refused(t, s.send("/items", values...), tc.status, tc.challenge)
			if tc.challenge != extNobody { // RS-48: what was sent is never taken for nobody
				s.refused(t, s.send("/feed", values...), tc.status, tc.challenge)
				return
			}
			w := s.send("/feed", values...)
			assert.Equal(t, 200, w.Code)
			assert.Equal(t, "nobody", w.Body.String())
			assert.Empty(t, w.Header().Values("WWW-Authenticate"))
		})
	}
}

func TestExtractorTokensThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		rule      string
		token     func(s *extService) string
		challenge string
	}{
		{"RS-14 expired", func(s *extService) string { return extForge(s.secret, extHeader, s.claims(0, "")) }, extExpired},
		{"RS-15 another signature", func(s *extService) string { return extBroken(s.valid()) }, extInvalid},
		{"RS-16 another signature, and expired", func(s *extService) string {
			return extBroken(extForge(s.secret, extHeader, s.claims(-time.Hour, "")))
		}, extInvalid},
		{"RS-17 not yet valid", func(s *extService) string {
			return extForge(s.secret, extHeader, s.claims(time.Hour, fmt.Sprintf(`,"nbf":%d`, s.now.Unix()+1)))
		}, extInvalid},
		{"RS-18 for another audience", func(s *extService) string {
			return extForge(s.secret, extHeader, strings.Replace(s.claims(time.Hour, ""), testAudience, "https://other.example", 1))
		}, extInvalid},
		{"RS-19 by another issuer", func(s *extService) string {
			return extForge(s.secret, extHeader, strings.Replace(s.claims(time.Hour, ""), testIssuer, "https://other.example", 1))
		}, extInvalid},
		{"RS-19 and expired", func(s *extService) string {
			return extForge(s.secret, extHeader, strings.Replace(s.claims(-time.Hour, ""), testIssuer, "https://other.example", 1))
		}, extInvalid},
		{"RS-20 alg none, unsigned", func(s *extService) string {
			token := extForge(s.secret, `{"alg":"none","typ":"JWT"}`, s.claims(time.Hour, ""))
			return token[:strings.LastIndexByte(token, '.')+1]
		}, extInvalid},
		{"RS-20 alg none, signed", func(s *extService) string {
			return extForge(s.secret, `{"alg":"none","typ":"JWT"}`, s.claims(time.Hour, ""))
		}, extInvalid},
		{"RS-22 crit", func(s *extService) string {
			return extForge(s.secret, `{"alg":"HS256","crit":["exp"]}`, s.claims(time.Hour, ""))
		}, extInvalid},
		{"RS-23 an ID token", func(s *extService) string {
			return extForge(s.secret, extHeader, s.claims(time.Hour, `,"nonce":"n"`))
		}, extInvalid},
		{"RS-23 another typ", func(s *extService) string {
			return extForge(s.secret, `{"alg":"HS256","typ":"logout+jwt"}`, s.claims(time.Hour, ""))
		}, extInvalid},
		{"RS-24 a refresh token", func(s *extService) string {
			return extForge(s.secret, extHeader, s.claims(time.Hour, `,"typ":"Refresh"`))
		}, extInvalid},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			t.Parallel()
			s := newExtService(t)
			for _, path := range []string{"/items", "/feed"} {
				s.refused(t, s.send(path, "Bearer "+tc.token(s)), 401, tc.challenge)
			}
			assert.Equal(t, 200, s.send("/items", "Bearer "+s.valid()).Code, "the good token must be good")
		})
	}
}

func TestExtractorRefusesTheRSAPublicKeyAsASecret(t *testing.T) { // RS-21
	t.Parallel()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	key, err := ginjwt.NewKey(ginjwt.RS256, &private.PublicKey)
	require.NoError(t, err)
	verifier, err := ginjwt.NewVerifier(key, ginjwt.Policy{Issuer: testIssuer, Audience: []string{testAudience}})
	require.NoError(t, err)
	s := &extService{Engine: newEngine(), now: time.Now()}
	s.serve(verifier)
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	require.NoError(t, err)
	text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	for _, secret := range [][]byte{der, text, bytes.TrimSpace(text), x509.MarshalPKCS1PublicKey(&private.PublicKey)} {
		for _, alg := range []string{"HS256", "RS256"} {
			forged := extForge(secret, `{"alg":"`+alg+`","typ":"JWT"}`, s.claims(time.Hour, ""))
			s.refused(t, s.send("/items", "Bearer "+forged), 401, extInvalid)
		}
	}
}

func TestExtractorScopes(t *testing.T) { // RS-28
	t.Parallel()
	s := newExtService(t, "items:read")
	for _, scope := range []string{"", `,"scope":""`, `,"scope":"items"`, `,"scope":"items:read:all xitems:read"`, `,"scope":"ITEMS:READ"`} {
		for _, path := range []string{"/items", "/feed"} {
			s.refused(t, s.send(path, "Bearer "+extForge(s.secret, extHeader, s.claims(time.Hour, scope))), 403, extScope)
		}
	}
	good := extForge(s.secret, extHeader, s.claims(time.Hour, `,"scope":"me items:read"`))
	assert.Equal(t, 200, s.send("/items", "Bearer "+good).Code)
}
