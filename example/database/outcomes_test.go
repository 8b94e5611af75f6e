package main

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

const loginForm = "POST /token username=johndoe&password=secret"

// everyRequest asks for each route, and a login that succeeds.
var everyRequest = []string{
	"GET /users/me", "GET /notes", `POST /notes {"text":"milk"}`, "DELETE /users/me", loginForm, "GET /healthz",
}

func TestUserFound(t *testing.T) {
	t.Parallel()
	s := start(t, setup{})
	login := s.call(t, loginForm, "")
	require.Equal(t, 200, login.StatusCode, login.body)
	assert.Equal(t, "no-store", login.Header.Get("Cache-Control"))
	assert.Empty(t, s.hashing, "the place is free again")
	token := decode[ginjwt.Token](t, login.body).AccessToken
	me := s.call(t, "GET /users/me", token)
	assert.Equal(t, 200, me.StatusCode)
	user := decode[User](t, me.body)
	assert.Equal(t, User{user.ID, "johndoe", "John Doe"}, user)
	assert.NotEmpty(t, user.ID)
	assert.NotContains(t, me.body, "argon2id")
	s.assertFree(t)
}

func TestLoginRefusesAlike(t *testing.T) {
	t.Parallel()
	s := start(t, setup{})
	wrong := s.call(t, "POST /token username=johndoe&password=wrong", "")
	assert.Equal(t, 400, wrong.StatusCode)
	assert.Contains(t, wrong.body, `"error":"invalid_grant"`)
	for name, form := range map[string]string{
		"an unknown user":                         "username=nobody&password=secret",
		"a password that would take long to hash": "username=johndoe&password=" + strings.Repeat("x", 257),
	} {
		assert.Equal(t, wrong.body, s.call(t, "POST /token "+form, "").body, name)
	}
}

// An unknown user costs as much as a known one: both wait for a place.
func TestLoginsAreBounded(t *testing.T) {
	t.Parallel()
	s := start(t, setup{limit: 100 * time.Millisecond})
	for range cap(s.hashing) {
		s.hashing <- struct{}{}
	}
	for _, username := range []string{"johndoe", "nobody"} {
		got := s.call(t, "POST /token username="+username+"&password=secret", "")
		assert.Equal(t, 503, got.StatusCode, username)
		assert.Equal(t, "1", got.Header.Get("Retry-After"))
	}
	long := s.call(t, "POST /token username=johndoe&password="+strings.Repeat("x", 257), "")
	assert.Equal(t, 400, long.StatusCode, "what would take long is not hashed at all")
	s.assertFree(t)
}

func TestUserGone(t *testing.T) {
	t.Parallel()
	s := start(t, setup{})
	john, alice := s.tokenOf(t, "johndoe"), s.tokenOf(t, "alice")
	for _, token := range []string{john, alice} {
		require.Equal(t, 201, s.call(t, `POST /notes {"text":"milk"}`, token).StatusCode)
	}
	gone := s.call(t, "DELETE /users/me", john)
	assert.Equal(t, 204, gone.StatusCode)
	assert.Empty(t, gone.body)
	for _, request := range []string{"GET /users/me", "GET /notes", `POST /notes {"text":"milk"}`, "DELETE /users/me"} {
		got := s.call(t, request, john)
		assert.Equal(t, 401, got.StatusCode, request)
		assert.JSONEq(t, `{"detail":"Could not validate credentials"}`, got.body)
		assert.Contains(t, got.Header.Get("WWW-Authenticate"), `error="invalid_token"`)
	}
	assert.Equal(t, 400, s.call(t, loginForm, "").StatusCode, "there is nobody to log in")
	assert.Equal(t, 200, s.call(t, "GET /users/me", alice).StatusCode)
	assert.Equal(t, 1, s.notes(t), "his notes are gone, hers are not")

	// The name is somebody else's now.
	_, err := s.db.Exec(schema)
	require.NoError(t, err)
	assert.Equal(t, 401, s.call(t, "GET /users/me", john).StatusCode)
	assert.Equal(t, 200, s.call(t, "GET /users/me", s.tokenOf(t, "johndoe")).StatusCode)
	s.assertFree(t)
}

func TestOutagesAre503(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		setup setup
		spoil func(t *testing.T, s *service)
	}{
		"closed": {spoil: func(t *testing.T, s *service) { require.NoError(t, s.db.Close()) }},
		"locked by another program, readers too": {spoil: func(t *testing.T, s *service) {
			s.db.SetMaxIdleConns(0) // so that it can get the lock, and each request has to connect
			s.other(t, "PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE")
		}},
		"the deadline has passed":          {setup: setup{limit: time.Nanosecond}},
		"the deadline passes in the queue": {setup{limit: 20 * time.Millisecond, conns: 1}, func(t *testing.T, s *service) { s.hold(t) }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, tc.setup)
			token := s.tokenOf(t, "johndoe")
			if tc.spoil != nil {
				tc.spoil(t, s)
			}
			for _, request := range everyRequest {
				assertOutage(t, s, request, token)
			}
		})
	}
}

// assertOutage makes a request that must be answered with 503, and logged.
func assertOutage(t *testing.T, s *service, request, token string) {
	t.Helper()
	got := s.call(t, request, token)
	assert.Equal(t, 503, got.StatusCode, request)
	assert.Equal(t, "1", got.Header.Get("Retry-After"), request)
	assert.Empty(t, got.Header.Get("WWW-Authenticate"), "a client must not throw its token away")
	assert.JSONEq(t, `{"detail":"Service unavailable"}`, got.body)
	for {
		level, attrs := s.events.next(t)
		for _, value := range attrs {
			assert.NotContains(t, value, token)
		}
		if attrs["status"] == "" {
			continue // the token was accepted
		}
		assert.Equal(t, slog.LevelError, level, request)
		assert.Equal(t, "unavailable", attrs["code"], request)
		assert.NotEmpty(t, attrs["cause"], request)
		return
	}
}

func TestAnotherWriterStopsWritersOnly(t *testing.T) {
	t.Parallel()
	s := start(t, setup{conns: 1})
	token := s.tokenOf(t, "johndoe")
	_, err := s.db.Exec("PRAGMA busy_timeout = 0") // of the only connection
	require.NoError(t, err)
	conn := s.other(t, "BEGIN IMMEDIATE")
	for request, want := range map[string]int{
		"GET /users/me": 200, "GET /notes": 200, loginForm: 200, "GET /healthz": 200,
		`POST /notes {"text":"milk"}`: 503, "DELETE /users/me": 503,
	} {
		assert.Equal(t, want, s.call(t, request, token).StatusCode, request)
	}
	_, err = conn.ExecContext(t.Context(), "ROLLBACK")
	require.NoError(t, err)
	assert.Equal(t, 201, s.call(t, `POST /notes {"text":"milk"}`, token).StatusCode, "the same, a moment later")
	s.assertFree(t)
}

// The wait for a lock ends with the request's deadline.
func TestDeadlinePassesWhileLocked(t *testing.T) {
	t.Parallel()
	s := start(t, setup{conns: 1, limit: 20 * time.Millisecond})
	_, err := s.db.Exec("PRAGMA busy_timeout = 600000") // of the only connection
	require.NoError(t, err)
	token := s.tokenOf(t, "johndoe")
	s.other(t, "BEGIN IMMEDIATE")
	assertOutage(t, s, `POST /notes {"text":"milk"}`, token)
	s.assertFree(t)
}

// A client that leaves is nobody's outage. The database has no connection free,
// so each request waits until it is cancelled.
func TestClientLeaves(t *testing.T) {
	t.Parallel()
	for _, request := range everyRequest[:5] { // no guard reports on the open route
		t.Run(request, func(t *testing.T) {
			t.Parallel()
			arrived := make(chan struct{})
			s := start(t, setup{conns: 1, wrap: func(h http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					r.Body = &watchedBody{r.Body, func() { close(arrived) }}
					if r.ContentLength == 0 {
						close(arrived)
					}
					h.ServeHTTP(w, r)
				})
			}})
			token := s.tokenOf(t, "johndoe")
			s.hold(t)
			ctx, leave := context.WithCancel(t.Context())
			go func() { <-arrived; leave() }()
			resp, err := http.DefaultClient.Do(s.request(t, request, token).WithContext(ctx))
			if err == nil {
				_ = resp.Body.Close()
			}
			require.ErrorIs(t, err, context.Canceled)
			level, attrs := s.events.next(t)
			for attrs["status"] == "" && attrs["guard"] != "" {
				level, attrs = s.events.next(t) // the token was accepted
			}
			assert.Equal(t, "499", attrs["status"], attrs)
			assert.Equal(t, slog.LevelInfo, level)
		})
	}
}

// watchedBody calls over when all of it was read.
type watchedBody struct {
	io.ReadCloser
	over func()
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) && b.over != nil {
		b.over()
		b.over = nil
	}
	return n, err
}

func TestOutcome(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("sqlite", ":memory:")
	require.NoError(t, err)
	defer db.Close()
	_, bug := db.Exec("SELEC 1")
	_, constraint := db.Exec("CREATE TABLE a (b NOT NULL); INSERT INTO a VALUES (NULL)")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	cases := map[string]struct {
		ctx    context.Context
		err    error
		status int
	}{
		"a pool that is closed":                       {t.Context(), sql.ErrConnDone, 503},
		"somebody else's cancellation":                {t.Context(), context.Canceled, 503},
		"the deadline":                                {late, context.DeadlineExceeded, 503},
		"a transaction that the deadline rolled back": {late, sql.ErrTxDone, 503},
		"a transaction used after its end":            {t.Context(), sql.ErrTxDone, 500},
		"a client that left":                          {cancelled, context.Canceled, 499},
		"a transaction that it took along":            {cancelled, sql.ErrTxDone, 499},
		"a statement that cannot work":                {t.Context(), bug, 500},
		"a constraint":                                {t.Context(), constraint, 500},
		"a refusal stands":                            {t.Context(), ginjwt.HTTPError(409, ""), 409},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Error(t, tc.err)
			w := httptest.NewRecorder()
			c, _ := gin.CreateTestContext(w)
			c.Request = httptest.NewRequest("GET", "/", nil).WithContext(tc.ctx)
			ginjwt.Observe(func(context.Context, ginjwt.Event) {})(c) // in place of the log
			ginjwt.Abort(c, outcome(c, tc.err))
			assert.Equal(t, tc.status, w.Code)
		})
	}
}
