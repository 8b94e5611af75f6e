package ginjwt_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// secretWorld is everything that a service can be sent credentials for.
type secretWorld struct {
	guards  map[string]ginjwt.Guard
	lines   map[string]string // a header line each, or "?query"
	secrets []string
}

func newSecretWorld(t *testing.T) *secretWorld {
	t.Helper()
	f, wrong := secretForger(t, "good"), secretForger(t, "wrong")
	header := f.headerOf("")
	v := forgeVerifier(t, f.key, func(p *ginjwt.Policy) { p.CacheSize = 10 })
	down := forgeVerifier(t, source(func(ginjwt.Algorithm, string) (ginjwt.Key, error) { return ginjwt.Key{}, errors.New("keys down") }), nil)
	token := ginjwt.HTTPBearer(ginjwt.FromCookie("token"), ginjwt.FromQuery("access_token"), ginjwt.FromWebSocketProtocol("bearer"))
	key := ginjwt.AnyOf(ginjwt.APIKeyHeader("X-Key"), ginjwt.APIKeyQuery("key"), ginjwt.APIKeyCookie("sid"), ginjwt.HTTPBase("Digest"))
	password := ginjwt.Depends(ginjwt.HTTPBasic(), func(_ *gin.Context, b ginjwt.BasicCredentials) (string, error) {
		return b.Username + ":" + b.Password, nil
	})
	raw := ginjwt.AnyOf(token, key, password)
	claims := ginjwt.JWT[ginjwt.Claims](token, v)
	quotes := func(err func(text string) error) ginjwt.Guard {
		return ginjwt.Depends(raw, func(_ *gin.Context, s string) (int, error) { return 0, err("no row for " + s) })
	}
	w := &secretWorld{lines: map[string]string{}, guards: map[string]ginjwt.Guard{
		"accepts": raw, "verifies": claims, "demands": ginjwt.Security(claims, "admin"), "optional": ginjwt.Optional(claims),
		"any":            ginjwt.AnyOf(ginjwt.Depends(claims, func(_ *gin.Context, c ginjwt.Claims) (string, error) { return c.Subject, nil }), key, password),
		"is down":        ginjwt.JWT[ginjwt.Claims](token, down),
		"quotes, ours":   quotes(errors.New),
		"quotes, outage": quotes(func(text string) error { return ginjwt.Unavailable(errors.New(text)) }),
		"quotes, wraps":  quotes(func(text string) error { return fmt.Errorf("%s: %w", text, ginjwt.Forbidden("No")) }),
		"checks":         ginjwt.Check(raw, "owner", func(_ *gin.Context, s string) error { return fmt.Errorf("not %q", s) }),
	}}
	tokens := map[string]string{
		"good": f.token(t, header, goodPayload("")), "forged": wrong.token(t, header, goodPayload("")),
		"expired": f.token(t, header, payloadWithout("exp", `,"exp":1799999999`)), "foreign": f.token(t, header, payloadOf("elsewhere")),
		"large": strings.Repeat("l4rge-", 3<<10), "opaque": "0p4que-t0ken", "strange": "str4nge,t0ken",
	}
	for name, text := range tokens {
		w.lines[name+" header"], w.lines[name+" twice"] = "Authorization: Bearer "+text, "Authorization: Bearer "+text+" "+text
		w.lines[name+" cookie"], w.lines[name+" query"] = "Cookie: token="+text, "?access_token="+text
		w.lines[name+" subprotocol"], w.lines[name+" key"] = "Sec-WebSocket-Protocol: bearer, "+text, "X-Key: "+text
		w.lines[name+" sid"], w.lines[name+" key query"] = "Cookie: sid="+text, "?key="+text
		w.lines[name+" digest"] = "Authorization: Digest " + text
		basic := base64.StdEncoding.EncodeToString([]byte("johndoe:" + text))
		w.lines[name+" basic"] = "Authorization: Basic " + basic
		w.secrets = append(w.secrets, text, basic)
		if name != "large" && name != "opaque" && name != "strange" {
			w.secrets = append(w.secrets, text[strings.LastIndexByte(text, '.')+1:])
		}
	}
	return w
}

// Whatever is sent, and whatever becomes of it, no log line and no event shows
// the credentials.
func TestNoEventShowsACredential(t *testing.T) {
	t.Parallel()
	w := newSecretWorld(t)
	outcomes := map[ginjwt.Outcome]int{}
	for guard, g := range w.guards {
		for what, line := range w.lines {
			var log eventLog
			var out bytes.Buffer
			all := &slog.HandlerOptions{Level: slog.LevelDebug}
			r := graphEngine(log.observe(), ginjwt.LogEvents(slog.New(slog.NewTextHandler(&out, all))), ginjwt.LogEvents(slog.New(slog.NewJSONHandler(&out, all))),
				ginjwt.Require(g), func(c *gin.Context) { ginjwt.Abort(c, ginjwt.Forbidden("after the guard")) })
			req := httptest.NewRequest(http.MethodGet, "/", nil)
			if query, ok := strings.CutPrefix(line, "?"); ok {
				req.URL.RawQuery = query
			}
			outcomeHeader(req, line, nil)
			r.ServeHTTP(httptest.NewRecorder(), req)
			require.NotEmpty(t, log.events)
			text, err := json.Marshal(log.events)
			require.NoError(t, err)
			shown := fmt.Sprintf("%+v %#v %s %s", log.events, log.events, text, out.String())
			for _, ev := range log.events {
				outcomes[ev.Outcome]++
			}
			for _, secret := range w.secrets {
				if strings.Contains(shown, secret) {
					assert.Fail(t, "shown", "%s of %s at %q", secret, what, guard)
				}
			}
		}
	}
	for _, o := range []ginjwt.Outcome{ginjwt.OutcomeAccepted, ginjwt.OutcomeAnonymous, ginjwt.OutcomeRefused, ginjwt.OutcomeFailed} {
		assert.Positive(t, outcomes[o], o)
	}
}

// All that an event has is in its log line, under these names and no others.
func TestTheAttributesOfALogLine(t *testing.T) {
	t.Parallel()
	w := newOutcomeWorld(t)
	line := func(guard ginjwt.Guard, header string) map[string]any {
		var out bytes.Buffer
		r := graphEngine(ginjwt.LogEvents(slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))), ginjwt.Require(guard))
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		outcomeHeader(req, header, nil)
		r.ServeHTTP(httptest.NewRecorder(), req)
		var attrs map[string]any
		require.NoError(t, json.Unmarshal(out.Bytes(), &attrs), "one line: %s", out.String())
		assert.Positive(t, attrs["duration"])
		assert.NotEmpty(t, attrs["time"])
		delete(attrs, "duration")
		delete(attrs, "time")
		attrs["guard"] = eventShort(attrs["guard"].(string))
		return attrs
	}
	assert.Equal(t, map[string]any{
		"level": "DEBUG", "msg": "ginjwt: request anonymous", "guard": "eventClaims", "method": "GET", "route": "/",
		"ignored": ginjwt.IgnoredOtherScheme, "cached": false,
	}, line(ginjwt.Optional(w.user), "Authorization: Basic YTpi"))
	assert.Equal(t, map[string]any{
		"level": "DEBUG", "msg": "ginjwt: request accepted", "guard": "eventClaims", "method": "GET", "route": "/",
		"scheme": "HTTPBearer", "issuer": testIssuer, "alg": "HS256", "cached": false,
	}, line(w.user, "Authorization: Bearer "+w.token(t, "")))
	assert.Equal(t, map[string]any{
		"level": "INFO", "msg": "ginjwt: request refused", "guard": "eventClaims", "method": "GET", "route": "/", "status": 401.0,
		"code": ginjwt.CodeInvalidToken, "reason": "signature wrong", "scheme": "HTTPBearer", "issuer": testIssuer, "alg": "unknown", "kid": "unknown", "cached": false,
	}, line(w.user, "Authorization: Bearer "+extBroken(w.token(t, ""))))
	assert.Equal(t, map[string]any{
		"level": "ERROR", "msg": "ginjwt: request failed", "guard": "outcomeBug", "method": "GET", "route": "/", "status": 500.0,
		"code": ginjwt.CodeInternal, "cause": "a bug", "scheme": "HTTPBearer", "issuer": testIssuer, "alg": "HS256", "cached": true,
	}, line(ginjwt.Depends(w.user, outcomeBug), "Authorization: Bearer "+w.token(t, "")))
}
