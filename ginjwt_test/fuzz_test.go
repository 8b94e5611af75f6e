package ginjwt_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// seedTokens adds a token of every class that the tables know.
func seedTokens(f *testing.F, add func(header, payload string)) {
	f.Helper()
	tables := [][]tokenCase{headerCases, jsonCases, stringCases, dateCases, typCases}
	for _, table := range tables {
		for _, tc := range table {
			header, payload := tc.header, tc.payload
			if header == "" {
				header = `{"alg":"HS256"}`
			}
			if payload == "" {
				payload = goodPayload("")
			}
			if len(payload) < 2000 { // longer ones only slow the fuzzer down
				add(header, payload)
			}
		}
	}
	for _, l := range looks {
		add(`{"alg":"HS256","typ":"at+jwt"}`, goodPayload(l.claims))
		add(`{"alg":"HS256"}`, goodPayload(l.claims))
	}
	for _, value := range []string{`null`, `[]`, `["exp"]`, `true`} {
		add(`{"alg":"HS256","crit":`+value+`}`, goodPayload(""))
		add(`{"alg":"HS256","b64":`+value+`}`, goodPayload(""))
		add(`{"alg":"HS256","kid":`+value+`}`, goodPayload(""))
	}
}

// Whatever ginjwt accepts, golang-jwt accepts, and reads the same subject and
// expiry in it: ours is the stricter of the two. Header and payload are signed
// as they come, so that the fuzzer gets past the signature.
func FuzzVerify(f *testing.F) {
	signer := hmacForger(f)
	v := forgeVerifier(f, signer.key, nil)
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuer(testIssuer), jwt.WithAudience(testAudience),
		jwt.WithExpirationRequired(), jwt.WithStrictDecoding(), jwt.WithTimeFunc(forgeClock),
		jwt.WithLeeway(time.Second)) // it drops the fractions of dates
	seedTokens(f, func(header, payload string) { f.Add(b64(header), b64(payload), "") })
	f.Add(b64(`{"alg":"HS256"}`), b64(goodPayload("")), "AA")
	f.Add(b64(`{"alg":"HS256"}`)+"\n", b64(goodPayload(""))+"=", "")
	f.Add("..", "..", ".")
	f.Fuzz(func(t *testing.T, header, payload, tail string) {
		token := signer.segments(t, header, payload) + tail
		claims, err := ginjwt.Verify[ginjwt.Claims](t.Context(), v, token)
		if err != nil {
			require.Zero(t, claims)
			requireSaneRefusal(t, err)
			return
		}
		var theirs jwt.MapClaims
		_, err = parser.ParseWithClaims(token, &theirs, func(*jwt.Token) (any, error) { return forgeSecret, nil })
		require.NoError(t, err)
		subject, _ := theirs["sub"].(string)
		require.Equal(t, subject, claims.Subject)
		exp, ok := theirs["exp"].(float64)
		require.True(t, ok)
		ours := float64(claims.ExpiresAt.Unix()) + float64(claims.ExpiresAt.Nanosecond())/1e9
		require.InDelta(t, exp, ours, 1e-3)
	})
}

func requireSaneRefusal(t *testing.T, err error) {
	t.Helper()
	var refusal *ginjwt.Error
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, 401, refusal.Status)
	require.Contains(t, []string{ginjwt.CodeInvalidToken, ginjwt.CodeExpiredToken}, refusal.Code)
	var reason ginjwt.Reason
	require.ErrorAs(t, err, &reason)
	require.Equal(t, reason == ginjwt.ReasonExpired, refusal.Code == ginjwt.CodeExpiredToken)
}

// What ginjwt accepts, encoding/json reads in the same way, member by member:
// no parser behind us can see another subject, date or audience.
func FuzzClaims(f *testing.F) {
	signer := hmacForger(f)
	v := forgeVerifier(f, signer.key, func(p *ginjwt.Policy) {
		p.Issuer, p.Audience, p.AnyIssuer, p.AnyAudience, p.InsecureAcceptIDTokens = "", nil, true, true, true
	})
	seedTokens(f, func(_, payload string) { f.Add([]byte(payload)) })
	f.Add([]byte(goodPayload(`,"tenant":"t","n":9007199254740993`)))
	type numbered struct {
		tenancy
		N int64 `json:"n"`
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		claims, err := ginjwt.Verify[numbered](t.Context(), v, signer.token(t, `{"alg":"HS256"}`, string(payload)))
		if err != nil {
			require.Zero(t, claims)
			return
		}
		var members map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(payload, &members))
		for name, value := range map[string]string{"iss": claims.Issuer, "sub": claims.Subject, "jti": claims.JWTID, "scope": string(claims.Scope), "tenant": claims.Tenant} {
			requireSameString(t, members[name], value, name)
		}
		for name, date := range map[string]ginjwt.NumericDate{"exp": claims.ExpiresAt, "nbf": claims.NotBefore, "iat": claims.IssuedAt} {
			requireSameDate(t, members[name], date, name)
		}
		var n int64
		if raw := members["n"]; raw != nil {
			require.NoError(t, json.Unmarshal(raw, &n))
		}
		require.Equal(t, n, claims.N)
		require.Equal(t, audienceOf(t, members["aud"]), claims.Audience.List())
		require.True(t, claims.ExpiresAt.After(forgeClock()))
	})
}

func requireSameString(t *testing.T, raw json.RawMessage, value, name string) {
	t.Helper()
	var s string
	if raw != nil {
		require.NoError(t, json.Unmarshal(raw, &s))
	}
	require.Equal(t, s, value, name)
}

func requireSameDate(t *testing.T, raw json.RawMessage, date ginjwt.NumericDate, name string) {
	t.Helper()
	require.Equal(t, raw == nil, date.IsZero(), name)
	if raw == nil {
		return
	}
	var seconds float64
	require.NoError(t, json.Unmarshal(raw, &seconds))
	require.LessOrEqual(t, math.Abs(seconds-float64(date.Unix())), 1.0, name)
	require.True(t, seconds >= 0 && seconds <= 253402300799, name)
}

func audienceOf(t *testing.T, raw json.RawMessage) []string {
	t.Helper()
	var one string
	if raw == nil {
		return nil
	}
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}
	}
	many := []string{}
	require.NoError(t, json.Unmarshal(raw, &many))
	if len(many) == 0 {
		return nil
	}
	return many
}

// fuzzPolicy turns bits into a policy.
func fuzzPolicy(bits uint16) ginjwt.Policy {
	on := func(i int) bool { return bits>>i&1 == 1 }
	p := strictPolicy()
	if on(0) {
		p.Issuer, p.AnyIssuer = "", true
	} else if on(1) {
		p.Issuer, p.NoIssuer = "", true
	}
	if on(2) {
		p.Audience, p.AnyAudience = nil, true
	}
	if on(3) {
		p.Types = []string{"at+jwt"}
	}
	p.InsecureAcceptIDTokens, p.InsecureIgnoreConfirmation = on(4), on(5)
	if on(6) {
		p.Leeway = 5 * time.Minute
	}
	if on(7) {
		p.MaxLifetime = time.Hour
	}
	if on(8) {
		p.CacheSize = 4
	}
	if on(9) {
		p.MaxTokenBytes = 200
	}
	return p
}

// fuzzEngine returns an engine with a route of each kind under policy.
func fuzzEngine(t testing.TB, keys ginjwt.KeySource, bits uint16) *gin.Engine {
	t.Helper()
	v, err := ginjwt.NewVerifier(keys, fuzzPolicy(bits))
	require.NoError(t, err)
	if bits>>10&1 == 1 && bits&1 == 0 {
		v, err = ginjwt.ByIssuer(v)
		require.NoError(t, err)
	}
	claims := ginjwt.JWT[tenancy](ginjwt.OAuth2PasswordBearer("/token"), v)
	r := newEngine()
	r.GET("/must", ginjwt.Handle(claims, func(c *gin.Context, _ tenancy) { c.Status(http.StatusOK) }))
	r.GET("/may", ginjwt.Handle(ginjwt.Optional(claims), func(c *gin.Context, _ *tenancy) { c.Status(http.StatusOK) }))
	r.GET("/scope", ginjwt.Handle(ginjwt.Security(claims, "me"), func(c *gin.Context, _ tenancy) { c.Status(http.StatusOK) }))
	return r
}

var (
	challengeForm = regexp.MustCompile(`^Bearer realm="api"(, error="(invalid_request|invalid_token|insufficient_scope)", error_description="[ -!#-\[\]-~]+"(, scope="me")?)?$`)
	fuzzStatuses  = map[string][]int{"/must": {200, 400, 401}, "/may": {200, 400, 401}, "/scope": {200, 400, 401, 403}}
	fuzzPaths     = []string{"/must", "/may", "/scope"}
)

// Any policy and any header: no panic, a status that is foreseen, and one
// challenge in the form of RFC 6750 section 3.
func FuzzMiddleware(f *testing.F) {
	signer := hmacForger(f)
	seedTokens(f, func(header, payload string) {
		f.Add(uint16(0), "Bearer ", header, payload, "")
		f.Add(uint16(0x5f5), "bearer  ", header, payload, "")
	})
	for _, prefix := range []string{"", "Bearer", "Basic ", "Bearer\t", "Bearer \"", "bEARER   ", "Bearer=", "\x00Bearer ", "Bearer Bearer "} {
		f.Add(uint16(1<<10), prefix, `{"alg":"HS256"}`, goodPayload(`,"scope":"me"`), ", x")
	}
	f.Fuzz(func(t *testing.T, bits uint16, prefix, header, payload, tail string) {
		r := fuzzEngine(t, signer.key, bits)
		value := prefix + signer.token(t, header, payload) + tail
		for _, path := range fuzzPaths {
			for range 2 { // the second time, it may be remembered
				req := httptest.NewRequest(http.MethodGet, path, io.NopCloser(bytes.NewReader(nil)))
				req.Header["Authorization"] = []string{value}
				w := httptest.NewRecorder()
				r.ServeHTTP(w, req)
				requireForeseen(t, path, w)
			}
		}
	})
}

func requireForeseen(t *testing.T, path string, w *httptest.ResponseRecorder) {
	t.Helper()
	require.Contains(t, fuzzStatuses[path], w.Code)
	challenges := w.Header().Values("WWW-Authenticate")
	if w.Code == http.StatusOK {
		require.Empty(t, challenges)
		return
	}
	require.Len(t, challenges, 1)
	require.Regexp(t, challengeForm, challenges[0])
	want := map[int]string{400: "invalid_request", 401: "invalid_token", 403: "insufficient_scope"}[w.Code]
	if strings.Contains(challenges[0], "error=") {
		require.Contains(t, challenges[0], want)
	} else {
		require.Equal(t, http.StatusUnauthorized, w.Code)
	}
	var body map[string]string
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body))
	require.Len(t, body, 1)
	require.NotEmpty(t, body["detail"])
}
