package ginjwt_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

const graphInternal = `{"detail":"Internal Server Error"}`

// graphCaptureLog collects what slog.Default is told. The test must not be parallel.
func graphCaptureLog(t *testing.T) *bytes.Buffer {
	t.Helper()
	var buf bytes.Buffer
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	slog.SetDefault(slog.New(slog.NewTextHandler(&buf, nil)))
	return &buf
}

// brokenError is an *Error of a function that forgot to return a plain nil.
func brokenError() error {
	var e *ginjwt.Error
	return e
}

func TestWhatAnErrorIsAnsweredWith(t *testing.T) {
	logged := graphCaptureLog(t)
	cases := map[string]struct {
		err        error
		status     int
		body       string
		retryAfter string
	}{
		"a plain error":               {errors.New("secret cause"), 500, graphInternal, ""},
		"an *Error":                   {ginjwt.HTTPError(409, "Taken"), 409, `{"detail":"Taken"}`, ""},
		"a wrapped *Error":            {fmt.Errorf("secret cause: %w", ginjwt.Forbidden("No")), 403, `{"detail":"No"}`, ""},
		"a joined *Error":             {errors.Join(errors.New("secret cause"), ginjwt.Forbidden("No")), 403, `{"detail":"No"}`, ""},
		"an outage":                   {ginjwt.Unavailable(errors.New("secret cause")), 503, `{"detail":"Service unavailable"}`, "1"},
		"a nil *Error":                {brokenError(), 500, graphInternal, ""},
		"a wrapped nil *Error":        {fmt.Errorf("secret cause: %w", brokenError()), 500, graphInternal, ""},
		"an *Error without a status":  {&ginjwt.Error{Detail: "secret"}, 500, graphInternal, ""},
		"an *Error with status 200":   {ginjwt.HTTPError(200, "secret"), 500, graphInternal, ""},
		"an *Error with status 302":   {ginjwt.HTTPError(302, "secret"), 500, graphInternal, ""},
		"an *Error with status 399":   {ginjwt.HTTPError(399, "secret"), 500, graphInternal, ""},
		"an *Error with status 400":   {ginjwt.HTTPError(400, "a"), 400, `{"detail":"a"}`, ""},
		"an *Error with status 599":   {ginjwt.HTTPError(599, "a"), 599, `{"detail":"a"}`, ""},
		"an *Error with status 600":   {ginjwt.HTTPError(600, "secret"), 500, graphInternal, ""},
		"an *Error with status -1":    {ginjwt.HTTPError(-1, "secret"), 500, graphInternal, ""},
		"cancelled, the client there": {context.Canceled, 500, graphInternal, ""},
		"an empty detail":             {ginjwt.HTTPError(400, ""), 400, `{"detail":""}`, ""},
	}
	for name, tc := range cases {
		guards := map[string]gin.HandlerFunc{
			"Provide": ginjwt.Require(graphFails(tc.err)),
			"Depends": ginjwt.Require(ginjwt.Depends(graphValue(1), func(*gin.Context, int) (int, error) { return 0, tc.err })),
			"Abort":   func(c *gin.Context) { ginjwt.Abort(c, tc.err) },
			"Get": ginjwt.Handle(graphValue(1), func(c *gin.Context, _ int) {
				_, err := graphFails(tc.err).Get(c)
				ginjwt.Abort(c, err)
			}),
		}
		for place, guard := range guards {
			t.Run(name+" in "+place, func(t *testing.T) {
				logged.Reset()
				var later graphLog
				w := get(plainEngine(guard, later.handler("later"), func(c *gin.Context) { c.String(200, "no") }), "/", "")
				assert.Equal(t, tc.status, w.Code)
				assert.Equal(t, tc.body, w.Body.String())
				assert.Equal(t, tc.retryAfter, w.Header().Get("Retry-After"))
				assert.Empty(t, w.Header().Get("WWW-Authenticate"))
				assert.Empty(t, later.all())
				if tc.status >= 500 {
					assert.Contains(t, logged.String(), "level=ERROR")
				} else {
					assert.Empty(t, logged.String(), "a refusal is not the operator's to mend")
				}
			})
		}
	}
}

func TestErrNilIsABug(t *testing.T) {
	graphCaptureLog(t)
	w := get(plainEngine(func(c *gin.Context) { ginjwt.Abort(c, nil) }), "/", "")
	assert.Equal(t, 500, w.Code, "not 200")
}

func TestTheCauseIsLoggedWithoutTheToken(t *testing.T) {
	logged := graphCaptureLog(t)
	g := newGraphChain(t)
	token := sign(t, g.issuer, "johndoe", "")
	for name, cause := range map[string]func(c *gin.Context) error{
		"a plain error": func(c *gin.Context) error { return fmt.Errorf("no database for %s", token) },
		"an outage":     func(c *gin.Context) error { return ginjwt.Unavailable(fmt.Errorf("no database for %s", token)) },
		"the header": func(c *gin.Context) error {
			return fmt.Errorf("no database: %v", c.Request.Header)
		},
		"with a mark of its own": func(c *gin.Context) error {
			return fmt.Errorf("no database: %w", &ginjwt.Error{Status: 500, Err: errors.New("x" + token + "x")})
		},
	} {
		t.Run(name, func(t *testing.T) {
			logged.Reset()
			d := ginjwt.Depends(g.user, func(c *gin.Context, _ graphUser) (int, error) { return 0, cause(c) })
			w := get(plainEngine(ginjwt.Require(d)), "/", token)
			assert.GreaterOrEqual(t, w.Code, 500)
			assert.NotContains(t, w.Body.String(), "database")
			if name != "with a mark of its own" {
				assert.Contains(t, logged.String(), "no database")
			}
			assert.Contains(t, logged.String(), "[...]")
			assert.False(t, bytes.Contains(logged.Bytes(), []byte(token)), "the log shows the token")
		})
	}
}

func TestAClientThatLeftIsNoError(t *testing.T) {
	logged := graphCaptureLog(t)
	waits := func(c *gin.Context) error { <-c.Request.Context().Done(); return c.Request.Context().Err() }
	keys := graphKeySource(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	verifier, err := ginjwt.NewVerifier(keys, ginjwt.Policy{AnyIssuer: true, AnyAudience: true})
	require.NoError(t, err)
	issuer, _ := newIssuer(t)
	token := sign(t, issuer, "johndoe", "")
	cases := map[string]ginjwt.Guard{
		"Provide":                    ginjwt.Provide(func(c *gin.Context) (int, error) { return 0, waits(c) }),
		"wrapped":                    ginjwt.Provide(func(c *gin.Context) (int, error) { return 0, fmt.Errorf("query: %w", waits(c)) }),
		"Check":                      ginjwt.Check(graphValue(1), "check", func(c *gin.Context, _ int) error { return waits(c) }),
		"while the keys are fetched": ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), verifier),
	}
	for name, guard := range cases {
		t.Run(name, func(t *testing.T) {
			logged.Reset()
			ctx, cancel := context.WithCancel(t.Context())
			req := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
			req.Header.Set("Authorization", "Bearer "+token)
			w := httptest.NewRecorder()
			cancel()
			var later graphLog
			graphWithin(t, func() { plainEngine(ginjwt.Require(guard), later.handler("later")).ServeHTTP(w, req) })
			assert.Equal(t, 499, w.Code)
			assert.Empty(t, later.all())
			assert.Empty(t, logged.String(), "nobody can mend it")
		})
	}
}

type graphKeySource func(context.Context) error

func (f graphKeySource) FindKey(ctx context.Context, _ ginjwt.Algorithm, _ string) (ginjwt.Key, error) {
	return ginjwt.Key{}, f(ctx)
}

// graphGone is a package variable, as users keep their errors.
var graphGone = &ginjwt.Error{Status: 401, Code: "gone", Detail: "User is gone", Header: http.Header{"X-Reason": append(make([]string, 0, 8), "gone")}}

func TestAPackageVariableIsNeverChanged(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	realm := ginjwt.OAuth2PasswordBearer("/token", ginjwt.Realm("other"))
	gone := ginjwt.Depends(g.user, func(*gin.Context, graphUser) (int, error) { return 0, graphGone })
	goneElsewhere := ginjwt.Depends(realm, func(*gin.Context, string) (int, error) { return 0, fmt.Errorf("wrapped: %w", graphGone) })
	spoil := ginjwt.OnError(func(c *gin.Context, e *ginjwt.Error) {
		c.Writer.Header().Add("X-Reason", c.Query("n"))
		c.String(e.Status, e.Detail)
	})
	r := gin.New()
	r.GET("/a", ginjwt.Require(gone))
	r.GET("/b", ginjwt.Require(goneElsewhere))
	r.GET("/c", func(c *gin.Context) { ginjwt.Abort(c, graphGone) })
	r.GET("/d", spoil, ginjwt.Require(gone))
	token := sign(t, g.issuer, "johndoe", "")
	want := map[string]string{"/a": graphInvalid, "/b": `Bearer realm="other", error="invalid_token", error_description="The access token is invalid"`, "/c": graphInvalid, "/d": graphInvalid}
	var all sync.WaitGroup
	for i := range 40 {
		for path, challenge := range want {
			all.Go(func() {
				w := get(r, fmt.Sprintf("%s?n=%d", path, i), token)
				assert.Equal(t, 401, w.Code)
				assert.Equal(t, []string{challenge}, w.Header()["Www-Authenticate"])
				assert.Equal(t, "gone", w.Header().Get("X-Reason"))
			})
		}
	}
	all.Wait()
	assert.Equal(t, http.Header{"X-Reason": {"gone"}}, graphGone.Header)
	assert.Empty(t, graphGone.Header["X-Reason"][:2][1], "nor what lies behind its header's end")
	assert.NoError(t, graphGone.Err)
}

func TestAChallengeOfTheUsersStands(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	token := sign(t, g.issuer, "johndoe", "")
	for _, spelling := range []string{"Www-Authenticate", "WWW-Authenticate", "www-authenticate"} {
		own := &ginjwt.Error{Status: 401, Header: http.Header{spelling: {"Mine"}}}
		r := plainEngine(ginjwt.Require(ginjwt.Depends(g.user, func(*gin.Context, graphUser) (int, error) { return 0, own })))
		for range 50 { // a map's order must not decide
			require.Equal(t, []string{"Mine"}, get(r, "/", token).Header()["Www-Authenticate"], spelling)
		}
	}
}

func TestAbortInPlainHandlers(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	realm := ginjwt.OAuth2PasswordBearer("/token", ginjwt.Realm("other"))
	token := sign(t, g.issuer, "johndoe", "")
	cases := map[string]struct {
		guard     gin.HandlerFunc
		err       error
		status    int
		challenge []string
	}{
		"nothing guards the route":                           {ginjwt.Public(), ginjwt.Unauthenticated("Who?"), 401, []string{graphInvalid}},
		"the challenge of the schemes above":                 {ginjwt.Require(realm), ginjwt.Unauthenticated("Who?"), 401, []string{`Bearer realm="other", error="invalid_token", error_description="The access token is invalid"`}},
		"one challenge per scheme":                           {ginjwt.Require(g.user, realm), ginjwt.Unauthenticated("Who?"), 401, []string{graphInvalid, `Bearer realm="other", error="invalid_token", error_description="The access token is invalid"`}},
		"no challenge for what is not a 401":                 {ginjwt.Require(g.user), ginjwt.Forbidden("Who?"), 403, nil},
		"nor that of a scheme that a handler only asked for": {ginjwt.Handle(g.user, func(c *gin.Context, _ graphUser) { _, _ = realm.Get(c) }), ginjwt.Unauthenticated("Who?"), 401, []string{graphInvalid}},
		"no challenge twice for the same realm":              {ginjwt.Require(g.user, g.token), ginjwt.Unauthenticated("Who?"), 401, []string{graphInvalid}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var later graphLog
			r := plainEngine(tc.guard, func(c *gin.Context) {
				ginjwt.Abort(c, tc.err)
				assert.True(t, c.IsAborted())
				assert.Empty(t, c.Errors)
			}, later.handler("later"))
			w := get(r, "/", token)
			assert.Equal(t, tc.status, w.Code)
			assert.Equal(t, `{"detail":"Who?"}`, w.Body.String())
			assert.Equal(t, tc.challenge, w.Header()["Www-Authenticate"])
			assert.Empty(t, later.all())
		})
	}
}

func TestOneResponseEver(t *testing.T) {
	logged := graphCaptureLog(t)
	writes := func(c *gin.Context) { c.String(200, "written") }
	flushes := func(c *gin.Context) { c.Writer.WriteHeaderNow() }
	bad := ginjwt.Require(graphFails(ginjwt.Forbidden("no")))
	abort := func(c *gin.Context) { ginjwt.Abort(c, errors.New("late failure")) }
	cases := map[string]struct {
		handlers []gin.HandlerFunc
		body     string
	}{
		"a guard after a response":         {[]gin.HandlerFunc{writes, bad}, "written"},
		"a guard after a header":           {[]gin.HandlerFunc{flushes, bad}, ""},
		"Abort after a response":           {[]gin.HandlerFunc{writes, abort}, "written"},
		"Abort twice":                      {[]gin.HandlerFunc{writes, abort, abort}, "written"},
		"OnError's text after a response":  {[]gin.HandlerFunc{ginjwt.OnError(func(c *gin.Context, _ *ginjwt.Error) { c.String(500, "twice") }), writes, bad}, "written"},
		"a guard that itself has answered": {[]gin.HandlerFunc{ginjwt.Require(ginjwt.Provide(func(c *gin.Context) (int, error) { writes(c); return 0, ginjwt.Forbidden("") }))}, "written"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			logged.Reset()
			var later graphLog
			w := get(plainEngine(append(tc.handlers, later.handler("later"))...), "/", "")
			assert.Equal(t, 200, w.Code, "what was sent cannot be changed")
			assert.Equal(t, tc.body, w.Body.String())
			assert.Empty(t, w.Header().Get("WWW-Authenticate"))
			assert.Empty(t, later.all(), "but the chain stops")
			if name == "Abort after a response" {
				assert.Contains(t, logged.String(), "late failure", "and the failure is reported")
			}
		})
	}
}

func TestAbortTwiceWritesOnce(t *testing.T) {
	t.Parallel()
	r := plainEngine(func(c *gin.Context) {
		ginjwt.Abort(c, ginjwt.Forbidden("first"))
		ginjwt.Abort(c, ginjwt.HTTPError(404, "second"))
	})
	w := get(r, "/", "")
	assert.Equal(t, 403, w.Code)
	assert.Equal(t, `{"detail":"first"}`, w.Body.String())
}

func TestAPanicInADependencyIsGinsToHandle(t *testing.T) {
	t.Parallel()
	bad := ginjwt.Provide(func(*gin.Context) (int, error) { panic("boom") })
	recoveries := map[string]gin.HandlerFunc{
		"a Recovery that aborts": gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, v any) { c.String(500, "recovered %v", v); c.Abort() }),
		// Gin goes on with the chain then, so the guard itself must have ended it.
		"a Recovery that forgets to abort": gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, v any) { c.String(500, "recovered %v", v) }),
	}
	for recovery, recoverer := range recoveries {
		for name, guard := range map[string]func(*graphLog) gin.HandlerFunc{
			"Require": func(*graphLog) gin.HandlerFunc { return ginjwt.Require(bad) },
			"Handle": func(l *graphLog) gin.HandlerFunc {
				return ginjwt.Handle(ginjwt.Depends(bad, same), func(*gin.Context, int) { l.add("handler") })
			},
			"Handle2": func(l *graphLog) gin.HandlerFunc {
				return ginjwt.Handle2(graphValue(1), bad, func(*gin.Context, int, int) { l.add("handler") })
			},
		} {
			t.Run(name+" under "+recovery, func(t *testing.T) {
				t.Parallel()
				var later graphLog
				w := get(plainEngine(recoverer, guard(&later), later.handler("later")), "/", "")
				assert.Equal(t, "recovered boom", w.Body.String())
				assert.Empty(t, later.all(), "nobody was admitted")
			})
		}
	}
}

func TestErrorIsFoundInItsChain(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	e := &ginjwt.Error{Status: 503, Code: "unavailable", Detail: "d", Err: cause}
	assert.ErrorIs(t, fmt.Errorf("w: %w", e), cause)
	var found *ginjwt.Error
	require.ErrorAs(t, fmt.Errorf("w: %w", e), &found)
	assert.Same(t, e, found)
	assert.Equal(t, "ginjwt: 503 unavailable: d: cause", e.Error())
	var none *ginjwt.Error
	assert.NoError(t, none.Unwrap())
	assert.NotEmpty(t, none.Error(), "a nil *Error can be logged")
}

func TestGetTellsTheRefusalInFull(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	r := plainEngine(ginjwt.Require(graphValue(1)), func(c *gin.Context) {
		_, err := g.user.Get(c)
		var e *ginjwt.Error
		if assert.ErrorAs(t, err, &e) {
			assert.Equal(t, 401, e.Status)
			assert.Equal(t, ginjwt.CodeNoCredentials, e.Code)
			assert.Equal(t, graphNobody, e.Header.Get("WWW-Authenticate"))
		}
		ginjwt.Abort(c, err)
	})
	w := get(r, "/", "")
	assert.Equal(t, 401, w.Code)
	assert.Equal(t, graphNobody, w.Header().Get("WWW-Authenticate"))
}

func TestMust(t *testing.T) {
	t.Parallel()
	assert.Equal(t, 3, ginjwt.Must(3, nil))
	err := errors.New("bad configuration")
	assert.PanicsWithValue(t, err, func() { ginjwt.Must(3, err) })
}
