package ginjwt_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// A demand over a form must not turn the order round: the client without
// credentials learns that, and not what its form lacks.
func TestSecurityOverAFormJudgesCredentialsFirst(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	both := ginjwt.Depends2(ginjwt.PasswordForm(), g.claims, func(_ *gin.Context, f ginjwt.OAuth2PasswordRequestForm, c ginjwt.Claims) (string, error) {
		return f.Username + c.Subject, nil
	})
	r := newEngine()
	r.POST("/", ginjwt.Handle(ginjwt.Security(both, "me"), func(c *gin.Context, s string) { c.String(200, s) }))
	post := func(token, form string) *httptest.ResponseRecorder {
		req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(form))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		return w
	}
	w := post("", "x=1")
	assert.Equal(t, 401, w.Code)
	assert.Equal(t, `Bearer realm="api"`, w.Header().Get("WWW-Authenticate"))
	assert.Equal(t, 403, post(sign(t, g.issuer, "johndoe", "items"), "x=1").Code)
	assert.Equal(t, "ajohndoe", post(sign(t, g.issuer, "johndoe", "me"), "username=a&password=b").Body.String())
}

// RFC 6750 section 3.1: without credentials, a challenge names no error, even
// if it is a user's function that wants them.
func TestAUsersRefusalOfNobodyNamesNoError(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	wanted := ginjwt.Depends(ginjwt.Optional(g.user), func(_ *gin.Context, u *graphUser) (int, error) {
		return 0, ginjwt.Unauthenticated("Please log in")
	})
	abort := func(c *gin.Context) { ginjwt.Abort(c, ginjwt.Unauthenticated("Please log in")) }
	for rule, r := range map[string]*gin.Engine{
		"in a dependency":            graphEngine(ginjwt.Require(wanted)),
		"in a handler":               graphEngine(ginjwt.Require(ginjwt.Optional(g.user)), abort),
		"in a handler of no guard's": graphEngine(abort),
	} {
		w := get(r, "/", "")
		assert.Equal(t, 401, w.Code, rule)
		assert.Equal(t, []string{`Bearer realm="api"`}, w.Header().Values("WWW-Authenticate"), rule)
		w = get(r, "/", sign(t, g.issuer, "johndoe", ""))
		assert.Equal(t, 401, w.Code, rule)
		assert.Contains(t, w.Header().Get("WWW-Authenticate"), `error="invalid_token"`, rule)
	}
}

func TestTheCauseOfAFailedCheckIsTold(t *testing.T) {
	t.Parallel()
	var log eventLog
	check := ginjwt.Check(ginjwt.Provide(eventOne), "role:admin", func(*gin.Context, int) error { return errors.New("database is down") })
	w := get(graphEngine(log.observe(), ginjwt.Require(check)), "/", "")
	assert.Equal(t, 403, w.Code)
	assert.NotContains(t, w.Body.String(), "database")
	require.Len(t, log.events, 1)
	assert.Equal(t, "check role:admin: database is down", log.events[0].Cause)
}

func TestARefusalIsJSONWhateverWasSetBefore(t *testing.T) {
	t.Parallel()
	html := func(c *gin.Context) { c.Header("Content-Type", "text/html") }
	refused := ginjwt.Require(graphFails(ginjwt.HTTPError(400, "<script>")))
	assert.Equal(t, "application/json", get(graphEngine(html, refused), "/", "").Header().Get("Content-Type"))
	token := ginjwt.Handle(graphValue(ginjwt.Token{AccessToken: "x"}), ginjwt.WriteToken)
	assert.Equal(t, "application/json", get(graphEngine(html, token), "/", "").Header().Get("Content-Type"))
}

// Under crypto/rsa's own limit a key would sign and verify nothing.
func TestNewKeyRefusesRSAThatCannotWork(t *testing.T) {
	t.Parallel()
	n := new(big.Int).SetBit(big.NewInt(1), 1022, 1)
	_, err := ginjwt.NewKey(ginjwt.RS256, &rsa.PublicKey{N: n, E: 65537}, ginjwt.InsecureShortKey())
	require.ErrorContains(t, err, "1023 bits")
	private, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	_, err = ginjwt.NewKey(ginjwt.RS256, private, ginjwt.InsecureShortKey())
	assert.NoError(t, err)
}

// Another token's Optional beside the granter is nobody's business.
func TestSecurityBesideAnOptionalOfAnotherToken(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	other := ginjwt.Optional(ginjwt.OAuth2PasswordBearer("/other"))
	both := ginjwt.Depends2(g.claims, other, func(_ *gin.Context, c ginjwt.Claims, _ *string) (string, error) { return c.Subject, nil })
	r := graphEngine(ginjwt.Require(ginjwt.Security(both, "me")))
	assert.Equal(t, 403, get(r, "/", sign(t, g.issuer, "johndoe", "")).Code)
	assert.Equal(t, 200, get(r, "/", sign(t, g.issuer, "johndoe", "me")).Code)
}

// A guard that waits for a goroutine, while the client leaves, is no failure of
// ours, whatever the cause of the cancellation is called.
func TestACancellationWithACauseIsNoFailure(t *testing.T) {
	t.Parallel()
	var log eventLog
	started, cancelled := make(chan struct{}), make(chan struct{})
	slow := ginjwt.Provide(func(*gin.Context) (int, error) { close(started); <-cancelled; return 1, nil })
	done := make(chan struct{})
	begin := func(c *gin.Context) {
		ctx, cancel := context.WithCancelCause(c.Request.Context())
		copied := c.Copy()
		go func() { defer close(done); _, _ = slow.Get(copied) }()
		<-started
		cancel(errors.New("shutting down"))
		c.Request = c.Request.WithContext(ctx)
	}
	r := graphEngine(log.observe(), ginjwt.Require(graphValue(0)), begin, ginjwt.Require(slow))
	w := get(r, "/", "")
	close(cancelled)
	<-done
	assert.Equal(t, 499, w.Code)
}

// A cache makes no way round the size.
func TestALargeTokenIsRefusedWithACacheToo(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	v := forgeVerifier(t, f.key, func(p *ginjwt.Policy) { p.CacheSize, p.MaxTokenBytes = 10, 500 })
	large := f.token(t, f.headerOf(""), goodPayload(`,"pad":"`+strings.Repeat("x", 500)+`"`))
	for range 2 {
		requireVerdict[ginjwt.Claims](t, v, large, ginjwt.ReasonTooLarge)
	}
}
