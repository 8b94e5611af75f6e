package ginjwttest_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwttest"
)

// account is the current user of the servers under test.
type account struct{ Name string }

// server is a chain of dependencies and the routes that ask for its links. Its
// functions are counted.
type server struct {
	http.Handler
	issuer  *ginjwt.Issuer
	token   *ginjwt.Dependency[string]
	claims  *ginjwt.Dependency[ginjwt.Claims]
	user    *ginjwt.Dependency[account] // over claims
	active  *ginjwt.Dependency[account] // over user; adds a "!"
	me      *ginjwt.Dependency[account] // demands "me" of active
	items   *ginjwt.Dependency[account] // demands "items" of me
	checked *ginjwt.Dependency[account] // wants the user to be no "banned!"
	found   atomic.Int32                // calls of user's function
}

func newServer(t testing.TB) *server {
	t.Helper()
	gin.SetMode(gin.ReleaseMode)
	s := &server{}
	var err error
	s.issuer, err = ginjwt.NewIssuer(ginjwt.IssuerConfig{
		Key: ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256)), Issuer: "https://issuer.example", Audience: []string{"https://api.example"},
	})
	require.NoError(t, err)
	s.token = ginjwt.OAuth2PasswordBearer("/token")
	s.claims = ginjwt.JWT[ginjwt.Claims](s.token, ginjwt.Must(s.issuer.Verifier(ginjwt.Policy{})))
	s.user = ginjwt.Depends(s.claims, func(_ *gin.Context, c ginjwt.Claims) (account, error) {
		s.found.Add(1)
		return account{c.Subject}, nil
	})
	s.active = ginjwt.Depends(s.user, func(_ *gin.Context, u account) (account, error) { return account{u.Name + "!"}, nil })
	s.me = ginjwt.Security(s.active, "me")
	s.items = ginjwt.Security(s.me, "items")
	s.checked = ginjwt.Check(s.active, "not banned", func(_ *gin.Context, u account) error {
		if u.Name == "banned!" {
			return errors.New("banned")
		}
		return nil
	})
	r := gin.New()
	for path, d := range map[string]*ginjwt.Dependency[account]{
		"/user": s.user, "/active": s.active, "/me": s.me, "/items": s.items, "/checked": s.checked,
		"/any": ginjwt.SecurityAny(s.active, "a", "b"), "/feed": ginjwt.OptionalOr(s.active, account{"guest"}),
	} {
		r.GET(path, ginjwt.Handle(d, showAccount))
	}
	r.GET("/claims", ginjwt.Handle(s.claims, func(c *gin.Context, claims ginjwt.Claims) { c.String(200, claims.Subject) }))
	r.GET("/open", ginjwt.Public(), func(c *gin.Context) { c.String(200, "open") })
	s.Handler = r
	return s
}

func showAccount(c *gin.Context, u account) { c.String(200, u.Name) }

// bearer returns a real token of sub.
func (s *server) bearer(t testing.TB, sub string, scope ginjwt.Scope) string {
	t.Helper()
	return ginjwttest.Token(t, s.issuer, &ginjwt.Claims{Subject: sub, Scope: scope})
}

func request(path string) *http.Request { return httptest.NewRequest(http.MethodGet, path, nil) }

// askWith serves path with rs.
func askWith(t testing.TB, h http.Handler, path string, rs ...ginjwttest.Replacement) *httptest.ResponseRecorder {
	t.Helper()
	return ginjwttest.Do(t, h, ginjwttest.With(request(path), rs...))
}

func TestWhatAReplacementAnswersFor(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	upper := func(*gin.Context, func() (account, error)) (account, error) { return account{"FUNC"}, nil }
	cases := map[string]struct {
		path   string
		r      ginjwttest.Replacement
		status int
		body   string
	}{
		"a value for what the handler asks for":  {"/user", ginjwttest.Value(s.user, account{"eve"}), 200, "eve"},
		"what stands above is worked out":        {"/active", ginjwttest.Value(s.user, account{"eve"}), 200, "eve!"},
		"the top hides what it stands on":        {"/active", ginjwttest.Value(s.active, account{"eve"}), 200, "eve"},
		"claims":                                 {"/active", ginjwttest.Value(s.claims, ginjwt.Claims{Subject: "eve"}), 200, "eve!"},
		"a scheme, whose token is judged":        {"/active", ginjwttest.Value(s.token, s.bearer(t, "eve", "")), 200, "eve!"},
		"a bad token in a scheme's place":        {"/active", ginjwttest.Value(s.token, "bad"), 401, `{"detail":"Could not validate credentials"}`},
		"a function":                             {"/active", ginjwttest.Func(s.user, upper), 200, "FUNC!"},
		"a check above is made":                  {"/checked", ginjwttest.Value(s.user, account{"banned"}), 403, `{"detail":"Not enough permissions"}`},
		"a check above is passed":                {"/checked", ginjwttest.Value(s.user, account{"eve"}), 200, "eve!"},
		"a check that is replaced is not made":   {"/checked", ginjwttest.Value(s.checked, account{"banned!"}), 200, "banned!"},
		"a refusal":                              {"/active", ginjwttest.Fails(s.user, ginjwt.Forbidden("no")), 403, `{"detail":"no"}`},
		"a failure":                              {"/active", ginjwttest.Fails(s.user, errors.New("secret")), 500, `{"detail":"Internal Server Error"}`},
		"a scheme that fails":                    {"/active", ginjwttest.Fails(s.token, ginjwt.HTTPError(418, "tea")), 418, `{"detail":"tea"}`},
		"credentials count as sent":              {"/feed", ginjwttest.Value(s.user, account{"eve"}), 200, "eve!"},
		"a scheme counts as sent":                {"/feed", ginjwttest.Value(s.token, s.bearer(t, "eve", "")), 200, "eve!"},
		"a refusal is not taken for nobody":      {"/feed", ginjwttest.Fails(s.user, ginjwt.Unauthenticated("gone")), 401, `{"detail":"gone"}`},
		"the zero value is a value like another": {"/active", ginjwttest.Value(s.user, account{}), 200, "!"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := askWith(t, s, tc.path, tc.r)
			assert.Equal(t, tc.status, rec.Code)
			assert.Equal(t, tc.body, rec.Body.String())
		})
	}
}

func TestAReplacedFunctionIsNotCalled(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	askWith(t, s, "/active", ginjwttest.Value(s.user, account{"eve"}))
	assert.Zero(t, s.found.Load())
	ginjwttest.Do(t, s, ginjwttest.As(request("/active"), ginjwt.Claims{Subject: "eve"}))
	assert.EqualValues(t, 1, s.found.Load(), "what stands above the replaced one is called")
}

// TestRequestsBesideAReplacedOneSeeTheRealThing: nothing of a replacement stays.
func TestRequestsBesideAReplacedOneSeeTheRealThing(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	req := request("/active")
	replaced := ginjwttest.With(req, ginjwttest.Value(s.user, account{"eve"}))
	assert.Equal(t, "eve!", ginjwttest.Do(t, s, replaced).Body.String())
	ginjwttest.Unauthorized(t, ginjwttest.Do(t, s, req))
	real := ginjwttest.Do(t, s, ginjwttest.Authorized(request("/active"), s.bearer(t, "johndoe", "")))
	assert.Equal(t, "johndoe!", real.Body.String())
}

// TestAReplacedErrorIsChallengedAsTheRealOne: the client sent a token, and it was
// judged.
func TestAReplacedErrorIsChallengedAsTheRealOne(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	bad := ginjwttest.Do(t, s, ginjwttest.Authorized(request("/active"), s.bearer(t, "x", "")+"x"))
	ginjwttest.Unauthorized(t, bad)
	gone := ginjwt.Unauthenticated("gone")
	for name, rec := range map[string]*httptest.ResponseRecorder{
		"a user":   askWith(t, s, "/active", ginjwttest.Fails(s.user, gone)),
		"claims":   askWith(t, s, "/active", ginjwttest.Fails(s.claims, gone)),
		"above":    askWith(t, s, "/me", ginjwttest.Fails(s.active, gone)),
		"optional": askWith(t, s, "/feed", ginjwttest.Fails(s.user, gone)),
		"a scheme": askWith(t, s, "/active", ginjwttest.Fails(s.token, gone)),
	} {
		assert.Equal(t, bad.Header()["Www-Authenticate"], rec.Header()["Www-Authenticate"], name)
		assert.Equal(t, `{"detail":"gone"}`, rec.Body.String(), name)
	}
}

func TestTheLaterReplacementWins(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	eve, bob := account{"eve"}, account{"bob"}
	base := ginjwttest.As(request("/active"), eve)
	cases := map[string]struct {
		req  *http.Request
		want string
	}{
		"in one With":                {ginjwttest.With(request("/active"), ginjwttest.Value(s.user, eve), ginjwttest.Value(s.user, bob)), "bob!"},
		"in two":                     {ginjwttest.With(base, ginjwttest.Value(s.user, bob)), "bob!"},
		"by type over one by type":   {ginjwttest.As(base, bob), "bob!"},
		"by type over one by a name": {ginjwttest.As(ginjwttest.With(request("/active"), ginjwttest.Value(s.user, bob)), eve), "eve!"},
		"the first request has its":  {base, "eve!"},
	}
	for name, tc := range cases {
		assert.Equal(t, tc.want, ginjwttest.Do(t, s, tc.req).Body.String(), name)
	}
}

func TestMistakesOfReplacementsPanic(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for name, mistake := range map[string]func(){
		"ginjwttest: nil or zero dependency": func() { ginjwttest.Value((*ginjwt.Dependency[int])(nil), 1) },
		"ginjwttest: Func: nil function":     func() { ginjwttest.Func(s.user, nil) },
		"ginjwttest: Fails: nil error":       func() { ginjwttest.Fails(s.user, nil) },
		"ginjwttest: zero Replacement":       func() { ginjwttest.With(request("/"), ginjwttest.Replacement{}) },
	} {
		assert.PanicsWithValue(t, name, mistake)
	}
	assert.PanicsWithValue(t, "ginjwttest: nil or zero dependency", func() { ginjwttest.Value(&ginjwt.Dependency[int]{}, 1) })
	assert.PanicsWithValue(t, "ginjwttest: zero Replacement", func() { ginjwttest.Engine(s, ginjwttest.Replacement{}) })
	assert.PanicsWithValue(t, "ginjwttest: zero Replacement", func() { ginjwttest.Replacement{}.WithAllScopes() })
}

// TestEngineAnswersForAServer: over a real connection, where no request can be
// handed replacements.
func TestEngineAnswersForAServer(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	srv := httptest.NewServer(ginjwttest.Engine(s, ginjwttest.Value(s.user, account{"eve"}, "me")))
	t.Cleanup(srv.Close)
	plain := httptest.NewServer(s)
	t.Cleanup(plain.Close)
	for url, status := range map[string]int{srv.URL + "/me": 200, srv.URL + "/items": 403, plain.URL + "/me": 401} {
		res, err := srv.Client().Get(url)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		assert.Equal(t, status, res.StatusCode, url)
	}
}

func TestARequestsOwnReplacementWinsOverTheEngines(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	h := ginjwttest.Engine(ginjwttest.Engine(s, ginjwttest.Value(s.user, account{"inner"})), ginjwttest.Value(s.user, account{"outer"}))
	assert.Equal(t, "outer!", ginjwttest.Do(t, h, request("/active")).Body.String(), "nearer to the client")
	assert.Equal(t, "eve!", askWith(t, h, "/active", ginjwttest.Value(s.user, account{"eve"})).Body.String())
	ginjwttest.Unauthorized(t, ginjwttest.Do(t, s, request("/active")))
}
