package ginjwt_test

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// requireNothingOf fails if a text shows the token, a part of it or what is in it.
func requireNothingOf(t *testing.T, token, text string) {
	t.Helper()
	require.NotContains(t, text, eventSecret)
	for i, part := range strings.Split(token, ".") {
		require.NotContains(t, text, part, "part %d", i)
	}
}

// eventUnsigned are the reasons that are found before the signature is good:
// then the key ID and the algorithm are only the client's word.
var eventUnsigned = []ginjwt.Reason{
	ginjwt.ReasonTooLarge, ginjwt.ReasonMalformed, ginjwt.ReasonHeader, ginjwt.ReasonAlgorithm, ginjwt.ReasonType, ginjwt.ReasonKey, ginjwt.ReasonSignature,
}

// allReasons returns the constants of type Reason, as the source declares them.
func allReasons(t *testing.T) (reasons []ginjwt.Reason) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../ginjwt/reason.go", nil, 0)
	require.NoError(t, err)
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "Reason" {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			require.NoError(t, err)
			reasons = append(reasons, ginjwt.Reason(text))
		}
		return true
	})
	require.Greater(t, len(reasons), 10, "they are found")
	return reasons
}

func TestEventOfEveryReason(t *testing.T) {
	t.Parallel()
	seen := []ginjwt.Reason{ginjwt.ReasonInactive} // see TestEventsOfOpaqueTokens
	for _, tc := range refusedTokens(t) {
		seen = append(seen, tc.reason)
		t.Run(string(tc.reason), func(t *testing.T) {
			t.Parallel()
			var log eventLog
			var lines bytes.Buffer
			logger := slog.New(slog.NewJSONHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug}))
			claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), refusingVerifier(t, 10))
			r := newEngine()
			r.GET("/users/:id", log.observe(), ginjwt.LogEvents(logger), ginjwt.Require(claims))
			for range 2 {
				require.Equal(t, 401, get(r, "/users/"+eventSecret, tc.token).Code)
			}
			want := ginjwt.Event{
				Outcome: ginjwt.OutcomeRefused, Status: 401, Code: ginjwt.CodeInvalidToken, Reason: tc.reason,
				Guard: "JWT", Method: http.MethodGet, Route: "/users/:id",
				Scheme: "OAuth2PasswordBearer", Issuer: testIssuer, Algorithm: "unknown", KeyID: "unknown",
			}
			if !slices.Contains(eventUnsigned, tc.reason) {
				want.Algorithm, want.KeyID = "HS256", "" // vouched for by the signature
			}
			if tc.reason == ginjwt.ReasonExpired {
				want.Code = ginjwt.CodeExpiredToken
			}
			require.Equal(t, []ginjwt.Event{want, want}, log.only(t))
			requireNothingOf(t, tc.token, fmt.Sprintf("%#v", log.events))
			requireNothingOf(t, tc.token, lines.String())
			assert.Contains(t, lines.String(), string(tc.reason))
			assert.Contains(t, lines.String(), `"level":"INFO"`)
			assert.Equal(t, 2, strings.Count(lines.String(), "\n"), "one line each")
		})
	}
	assert.ElementsMatch(t, allReasons(t), seen, "every Reason has its case")
}

// A failure tells its cause, without the credentials that an error may quote.
func TestEventOfAFailure(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	sent := f.token(t, f.headerOf(""), goodPayload(""))
	down := errors.New("keys are down, asked for " + sent)
	v := forgeVerifier(t, source(func(ginjwt.Algorithm, string) (ginjwt.Key, error) { return ginjwt.Key{}, down }), nil)
	var log eventLog
	var lines bytes.Buffer
	r := graphEngine(log.observe(), ginjwt.LogEvents(slog.New(slog.NewTextHandler(&lines, nil))),
		ginjwt.Require(ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), v)))
	require.Equal(t, 503, get(r, "/", sent).Code)
	require.Equal(t, ginjwt.Event{
		Outcome: ginjwt.OutcomeFailed, Status: 503, Code: ginjwt.CodeUnavailable,
		Cause: "keys are down, asked for [...]", Guard: "JWT", Method: http.MethodGet, Route: "/",
		Scheme: "OAuth2PasswordBearer", Issuer: testIssuer, Algorithm: "unknown", KeyID: "unknown",
	}, log.only1(t))
	requireNothingOf(t, sent, lines.String())
	assert.Contains(t, lines.String(), "level=ERROR")
}
