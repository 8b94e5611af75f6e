package ginjwttest_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

// lyingSigner is a Signer of a user's own, who says that it signs in another way.
type lyingSigner struct {
	*ginjwt.Issuer
	cfg ginjwt.IssuerConfig
}

func (s lyingSigner) Config() ginjwt.IssuerConfig { return s.cfg }

// noKeys are the keys of a signer that has none left.
type noKeys struct{ ginjwt.SigningKeys }

func (noKeys) SigningKey(context.Context) (ginjwt.Key, error) {
	return ginjwt.Key{}, errors.New("the vault is sealed")
}

func TestFlawsNeedAKeyToSignWith(t *testing.T) {
	t.Parallel()
	key := ginjwt.Must(ginjwt.GenerateKey(ginjwt.ES256))
	issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: key, Issuer: issuerName, Audience: []string{service}}))
	public := issuer.Config()
	public.Key = ginjwt.Must(ginjwt.NewKey(ginjwt.ES256, key.Public()))
	sealed := issuer.Config()
	sealed.Key, sealed.Keys = ginjwt.Key{}, noKeys{}
	for name, tc := range map[string]struct {
		cfg  ginjwt.IssuerConfig
		says string
	}{
		"a public key":       {public, "the key cannot sign"},
		"keys that are gone": {sealed, "no key to sign with: the vault is sealed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := watch(t, func(t testing.TB) {
				ginjwttest.Token(t, lyingSigner{issuer, tc.cfg}, &ginjwt.Claims{Subject: "s"}, ginjwttest.WithoutExpiry)
			})
			assert.True(t, w.fatal)
			assert.Contains(t, w.all(), tc.says)
		})
	}
}

func TestEveryRouteGuardedOfNoEngine(t *testing.T) {
	t.Parallel()
	w := watch(t, func(t testing.TB) { ginjwttest.EveryRouteGuarded(t, nil) })
	assert.True(t, w.fatal)
	assert.Contains(t, w.all(), "the engine is nil")
}

// unreadable is a body that breaks off.
type unreadable struct{}

func (unreadable) Read([]byte) (int, error) { return 0, errors.New("it breaks off") }

func (unreadable) Close() error { return nil }

func TestForgeriesCarryTheRequestsBody(t *testing.T) {
	t.Parallel()
	key := ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256))
	issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: key, Issuer: issuerName, Audience: []string{service}}))
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.HTTPBearer(), ginjwt.Must(issuer.Verifier(ginjwt.Policy{})))
	r := gin.New()
	r.POST("/", ginjwt.Require(claims), func(c *gin.Context) { c.Status(204) })
	req, err := http.NewRequest(http.MethodPost, "/", nil)
	require.NoError(t, err)
	req = ginjwttest.Authorized(req, ginjwttest.Token(t, issuer, &ginjwt.Claims{Subject: "s"}))

	t.Run("none, not even an empty one", func(t *testing.T) {
		require.Nil(t, req.Body)
		w := watch(t, func(t testing.TB) { ginjwttest.RefusesForged(t, r, req, key) })
		assert.Empty(t, w.texts)
	})
	t.Run("one that cannot be read", func(t *testing.T) {
		broken := req.Clone(t.Context())
		broken.Body = unreadable{}
		w := watch(t, func(t testing.TB) { ginjwttest.RefusesForged(t, r, broken, key) })
		assert.True(t, w.fatal)
		assert.Contains(t, w.all(), "the request's body: it breaks off")
	})
}

// A parameter whose value is missing makes the whole field malformed.
func TestChallengeWithoutAValue(t *testing.T) {
	t.Parallel()
	for _, field := range []string{`Bearer realm=(`, `Bearer realm="x", error=;`, `Basic realm= "x", charset=@`} {
		rec := httptest.NewRecorder()
		rec.Header().Set("WWW-Authenticate", field)
		rec.Code = 401
		w := watch(t, func(t testing.TB) { ginjwttest.Unauthorized(t, rec) })
		assert.Contains(t, w.all(), "malformed", field)
	}
}

// A program can have an Issuer of its own with the keys of the test's: it knows
// those that are published, and no others.
func TestIssuerLendsItsKeys(t *testing.T) {
	t.Parallel()
	idp := ginjwttest.NewIssuer(t, service)
	own := ginjwt.Must(ginjwt.NewIssuer(idp.Config()))
	v := ginjwt.Must(own.Verifier(ginjwt.Policy{}))
	accepts := func(token string) error {
		_, err := ginjwt.Verify[ginjwt.Claims](t.Context(), v, token)
		return err
	}
	before := ginjwttest.Token(t, idp, &ginjwt.Claims{Subject: "s"})
	assert.NoError(t, accepts(before))
	idp.Rotate()
	after := ginjwttest.Token(t, idp, &ginjwt.Claims{Subject: "s"})
	assert.NoError(t, accepts(before))
	assert.NoError(t, accepts(after))
	idp.Withdraw()
	assert.ErrorIs(t, accepts(before), ginjwt.ReasonKey)
	assert.NoError(t, accepts(after))
}
