package ginjwt_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

// sessFaulty is a Store with methods that do what fault says instead, if that
// returns an error.
type sessFaulty struct {
	sessions.Store
	mu    sync.Mutex
	fault func(ctx context.Context, method string) error
}

func (s *sessFaulty) set(fault func(ctx context.Context, method string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = fault
}

func (s *sessFaulty) down(ctx context.Context, method string) error {
	s.mu.Lock()
	fault := s.fault
	s.mu.Unlock()
	if fault == nil {
		return nil
	}
	return fault(ctx, method)
}

func (s *sessFaulty) Create(ctx context.Context, tag sessions.Tag, r sessions.Record, ttl time.Duration, limit int, revoked time.Duration) error {
	if err := s.down(ctx, "Create"); err != nil {
		return err
	}
	return s.Store.Create(ctx, tag, r, ttl, limit, revoked)
}

func (s *sessFaulty) Get(ctx context.Context, tag sessions.Tag, id string) (sessions.Record, int64, error) {
	if err := s.down(ctx, "Get"); err != nil {
		return sessions.Record{}, 0, err
	}
	r, generation, err := s.Store.Get(ctx, tag, id)
	if err != nil {
		err = fmt.Errorf("store: %w", err) // as a Store may
	}
	return r, generation, err
}

func (s *sessFaulty) Rotate(ctx context.Context, tag sessions.Tag, id string, from sessions.Hash, to sessions.Rotation, ttl time.Duration) error {
	if err := s.down(ctx, "Rotate"); err != nil {
		return err
	}
	if err := s.Store.Rotate(ctx, tag, id, from, to, ttl); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

func (s *sessFaulty) List(ctx context.Context, tag sessions.Tag) ([]sessions.Record, error) {
	if err := s.down(ctx, "List"); err != nil {
		return nil, err
	}
	return s.Store.List(ctx, tag)
}

func (s *sessFaulty) End(ctx context.Context, tag sessions.Tag, id string, revoked time.Duration) error {
	if err := s.down(ctx, "End"); err != nil {
		return err
	}
	return s.Store.End(ctx, tag, id, revoked)
}

func (s *sessFaulty) EndAll(ctx context.Context, tag sessions.Tag, keep string, revoked time.Duration) error {
	if err := s.down(ctx, "EndAll"); err != nil {
		return err
	}
	return s.Store.EndAll(ctx, tag, keep, revoked)
}

func (s *sessFaulty) Revoke(ctx context.Context, tag sessions.Tag, jti string, ttl time.Duration) error {
	if err := s.down(ctx, "Revoke"); err != nil {
		return err
	}
	return s.Store.Revoke(ctx, tag, jti, ttl)
}

func (s *sessFaulty) Revoked(ctx context.Context, tag sessions.Tag, sid, jti string) (bool, int64, error) {
	if err := s.down(ctx, "Revoked"); err != nil {
		return false, 0, err
	}
	return s.Store.Revoked(ctx, tag, sid, jti)
}

func newSessFaulty(t testing.TB, change ...func(*sessConfig)) (*sessWorld, *sessFaulty) {
	t.Helper()
	faulty := &sessFaulty{}
	w := newSessWorld(t, append(change, func(cfg *sessConfig) { faulty.Store, cfg.Store = cfg.Store, faulty })...)
	return w, faulty
}

// sessRequests are requests by the method of the Store that they cannot do
// without; used is a refresh token that was used before tokens'.
var sessRequests = []struct {
	name, method string
	send         func(w *sessWorld, tokens sessTokens, used string) sessAnswer
}{
	{"a protected route", "Revoked", func(w *sessWorld, tokens sessTokens, _ string) sessAnswer {
		return w.do("GET", "/me", "", "", sessBearer(tokens.Access))
	}},
	{"a login", "Revoked", sessLogInAgain}, {"a login", "Create", sessLogInAgain},
	{"a login that ends another", "Get", sessLogInInstead}, {"a login that ends another", "End", sessLogInInstead},
	{"a refresh", "Get", sessRefreshIt}, {"a refresh", "Rotate", sessRefreshIt},
	{"reuse", "Get", sessReuseIt}, {"reuse", "End", sessReuseIt},
	{"a logout", "End", func(w *sessWorld, tokens sessTokens, _ string) sessAnswer {
		return w.do("POST", "/logout", "", "", sessBearer(tokens.Access))
	}},
	{"a logout by the refresh token", "Get", sessLogOutByRefresh}, {"a logout by the refresh token", "End", sessLogOutByRefresh},
	{"a revocation", "Get", sessRevokeRefresh}, {"a revocation", "End", sessRevokeRefresh},
	{"a revocation of an access token", "Revoke", func(w *sessWorld, tokens sessTokens, _ string) sessAnswer { // RV-09
		return w.post("/revoke", sessForm("token", tokens.Access))
	}},
	{"an introspection", "Revoked", func(w *sessWorld, tokens sessTokens, _ string) sessAnswer {
		return w.post("/introspect", sessForm("token", tokens.Access), sessAPI)
	}},
	{"an introspection of a refresh token", "Get", func(w *sessWorld, tokens sessTokens, _ string) sessAnswer {
		return w.post("/introspect", sessForm("token", tokens.Refresh), sessAPI)
	}},
}

func sessLogInAgain(w *sessWorld, _ sessTokens, _ string) sessAnswer {
	return w.post("/token", sessForm("grant_type", "password", "username", "alice", "password", "right"))
}

func sessLogInInstead(w *sessWorld, tokens sessTokens, _ string) sessAnswer {
	return w.post("/token", sessForm("grant_type", "password", "username", "alice", "password", "right", "refresh_token", tokens.Refresh))
}

func sessRefreshIt(w *sessWorld, tokens sessTokens, _ string) sessAnswer {
	return w.tryRefresh(tokens.Refresh)
}
func sessReuseIt(w *sessWorld, _ sessTokens, used string) sessAnswer { return w.tryRefresh(used) }

func sessLogOutByRefresh(w *sessWorld, tokens sessTokens, _ string) sessAnswer {
	return w.post("/logout", sessForm("refresh_token", tokens.Refresh))
}

func sessRevokeRefresh(w *sessWorld, tokens sessTokens, _ string) sessAnswer {
	return w.post("/revoke", sessForm("token", tokens.Refresh))
}

// sessFaults are the ways in which a Store can be down.
var sessFaults = map[string]func(context.Context) error{
	"an error":              func(context.Context) error { return errors.New("secret-host:6379: connection refused") },
	"a time-out of its own": func(context.Context) error { return fmt.Errorf("pool: %w", context.DeadlineExceeded) },
	"its own cancellation":  func(context.Context) error { return fmt.Errorf("pool closed: %w", context.Canceled) },
	"it hangs until the request's deadline": func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	},
}

// An outage of ours is 503, so that no client throws its tokens away; what was
// not acknowledged has not happened.
func TestSessionsStoreDown(t *testing.T) {
	t.Parallel()
	for fault, fail := range sessFaults {
		for _, tc := range sessRequests {
			t.Run(tc.name+", "+tc.method+": "+fault, func(t *testing.T) {
				t.Parallel()
				w, faulty := newSessFaulty(t)
				first := w.logIn("alice")
				tokens := w.refresh(first.Refresh)
				w.srv = wireServer(t, sessDeadline(w.srv.Config.Handler))
				asked := 0
				faulty.set(func(ctx context.Context, method string) error {
					if method != tc.method {
						return nil
					}
					asked++
					if _, limited := ctx.Deadline(); !limited && strings.Contains(fault, "hangs") {
						return errors.New("no deadline: it would hang for ever")
					}
					return fail(ctx)
				})
				a := tc.send(w, tokens, first.Refresh)
				assert.Equal(t, 503, a.status, a.body)
				assert.NotEmpty(t, a.header.Get("Retry-After"))
				assert.Empty(t, a.header.Get("WWW-Authenticate"))
				assert.Equal(t, `{"detail":"Service unavailable"}`, a.body)
				assert.Equal(t, 1, asked)
				faulty.set(nil)
				w.requireAlive(tokens)
				assert.Len(t, w.list("alice"), 1)
			})
		}
	}
}

// sessDeadline is a service that takes no longer than a moment for a request
// that says so.
func sessDeadline(h http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		ctx, stop := context.WithTimeout(req.Context(), 300*time.Millisecond)
		defer stop()
		h.ServeHTTP(rw, req.WithContext(ctx))
	})
}

func TestSessionsStoreDownForFunctions(t *testing.T) {
	t.Parallel()
	w, faulty := newSessFaulty(t)
	tokens := w.logIn("alice")
	down := errors.New("down")
	faulty.set(func(context.Context, string) error { return down })
	_, listErr := w.List(t.Context(), "alice")
	for name, err := range map[string]error{
		"List": listErr, "End": w.End(t.Context(), "alice", sessSID(t, tokens.Access)),
		"EndAll": w.EndAll(t.Context(), "alice"), "EndOthers": w.EndOthers(t.Context(), "alice", "x"),
	} {
		assert.ErrorIs(t, err, down, name)
		assert.Equal(t, 503, asRefusal(t, err).Status, name)
	}
	list, err := sessions.NewDenylist(faulty, time.Hour)
	require.NoError(t, err)
	for _, err := range []error{
		list.Revoke(t.Context(), &ginjwt.Claims{Subject: "a", JWTID: "j"}), list.RevokeSession(t.Context(), "i", "a", "s"), list.RevokeSubject(t.Context(), "i", "a"),
	} {
		assert.Equal(t, 503, asRefusal(t, err).Status)
	}
	faulty.set(nil)
	w.requireAlive(tokens)
}

// A Store may say more with the errors that it returns.
func TestSessionsStoreWrapsItsErrors(t *testing.T) {
	t.Parallel()
	w, _ := newSessFaulty(t)
	tokens := w.logIn("alice")
	require.NoError(t, w.EndAll(t.Context(), "alice"))
	assert.Equal(t, sessRefused, w.tryRefresh(tokens.Refresh).body)
	assert.Equal(t, 204, w.post("/logout", sessForm("refresh_token", tokens.Refresh)).status)
	assert.Equal(t, 200, w.post("/revoke", sessForm("token", tokens.Refresh)).status)
	a := w.post("/introspect", sessForm("token", tokens.Refresh), sessAPI)
	assert.Equal(t, 200, a.status)
	assert.JSONEq(t, `{"active":false}`, a.body)
	require.Equal(t, 200, sessLogInInstead(w, tokens, "").status)
}

func TestSessionsStoreFull(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t, func(cfg *sessConfig) {
		cfg.Store = ginjwt.Must(sessions.NewMemory(sessions.MemoryConfig{MaxEntries: 2, Now: cfg.Issuer.Config().Now}))
	})
	one, two := w.logIn("alice"), w.logIn("bob")
	a := w.post("/token", sessForm("grant_type", "password", "username", "carol", "password", "right"))
	assert.Equal(t, 503, a.status)
	assert.NotEmpty(t, a.header.Get("Retry-After"))
	one, two = w.requireAlive(one), w.requireAlive(two)
	require.NoError(t, w.End(t.Context(), "alice", sessSID(t, one.Access)), "to end one needs no room")
	assert.Equal(t, 503, w.post("/token", sessForm("grant_type", "password", "username", "carol", "password", "right")).status)
	w.requireDead(one)
	w.requireAlive(two)
	w.clock.advance(time.Hour) // the revocation is over
	w.logIn("carol")
}

// leave sends a request whose client leaves when at says so, and returns when the
// server is done with it.
func (w *sessWorld) leave(body string, at func(leave func())) {
	w.t.Helper()
	ctx, leave := context.WithCancel(context.Background())
	defer leave()
	done := make(chan struct{})
	inner := w.srv.Config.Handler
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		defer close(done)
		inner.ServeHTTP(rw, req)
	}))
	defer srv.Close()
	at(leave)
	req, err := http.NewRequestWithContext(ctx, "POST", srv.URL+"/token", strings.NewReader(body))
	require.NoError(w.t, err)
	req.Header.Set("Content-Type", formType)
	_, err = srv.Client().Do(req)
	require.ErrorIs(w.t, err, context.Canceled)
	<-done
}

func TestSessionsClientLeavesARefresh(t *testing.T) {
	t.Parallel()
	refresh := func(token string) string {
		return sessForm("grant_type", "refresh_token", "refresh_token", token).Encode()
	}
	t.Run("before the rotation: nothing is used up", func(t *testing.T) {
		t.Parallel()
		w, _ := newSessFaulty(t)
		tokens := w.logIn("alice")
		w.leave(refresh(tokens.Refresh), func(leave func()) {
			w.setClaims(func(c *gin.Context, _ sessLogin) (ginjwt.AnyClaims, error) {
				leave()
				<-c.Request.Context().Done()
				return &ginjwt.Claims{}, nil
			})
		})
		w.setClaims(nil)
		w.requireAlive(tokens)
	})
	t.Run("while the user is looked up: it is no verdict on them", func(t *testing.T) {
		t.Parallel()
		w, _ := newSessFaulty(t)
		tokens := w.logIn("alice")
		w.leave(refresh(tokens.Refresh), func(leave func()) {
			w.setClaims(func(c *gin.Context, _ sessLogin) (ginjwt.AnyClaims, error) {
				leave()
				<-c.Request.Context().Done()
				return nil, c.Request.Context().Err()
			})
		})
		w.setClaims(nil)
		w.requireAlive(tokens)
	})
	t.Run("a thief cannot stop the end of the family by leaving", func(t *testing.T) {
		t.Parallel()
		w, faulty := newSessFaulty(t)
		first := w.logIn("alice")
		next := w.refresh(first.Refresh)
		w.leave(refresh(first.Refresh), func(leave func()) {
			faulty.set(func(ctx context.Context, method string) error {
				if method == "Get" {
					leave()
					<-ctx.Done()
					return nil
				}
				return ctx.Err()
			})
		})
		faulty.set(nil)
		w.requireDead(next)
	})
	t.Run("nor a user who is gone", func(t *testing.T) {
		t.Parallel()
		w, faulty := newSessFaulty(t)
		tokens := w.logIn("alice")
		w.leave(refresh(tokens.Refresh), func(leave func()) {
			faulty.set(func(ctx context.Context, method string) error {
				if method == "Get" {
					return nil
				}
				return ctx.Err()
			})
			w.setClaims(func(c *gin.Context, _ sessLogin) (ginjwt.AnyClaims, error) {
				leave()
				<-c.Request.Context().Done()
				return nil, ginjwt.Forbidden("Inactive user")
			})
		})
		faulty.set(nil)
		w.setClaims(nil)
		w.requireDead(tokens)
	})
}

// No Store ever sees a secret, only hashes.
func TestSessionsStoreSeesNoSecret(t *testing.T) {
	t.Parallel()
	seen := &sessSpy{}
	w := newSessWorld(t, withGrace(10*time.Second), func(cfg *sessConfig) { seen.Store, cfg.Store = cfg.Store, seen })
	tokens := w.logIn("alice")
	next := w.refresh(tokens.Refresh)
	w.refresh(tokens.Refresh)
	seen.mu.Lock()
	defer seen.mu.Unlock()
	require.NotEmpty(t, seen.bytes)
	for _, token := range []string{tokens.Refresh, next.Refresh} {
		raw := string(fromB64(t, token))
		for name, secret := range map[string]string{"family": raw[32:48], "rotation": raw[48:], "token": token} {
			assert.NotContains(t, string(seen.bytes), secret, name)
		}
	}
}

// sessSpy keeps all bytes that a Store is given.
type sessSpy struct {
	sessions.Store
	mu    sync.Mutex
	bytes []byte
}

func (s *sessSpy) saw(parts ...[]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, part := range parts {
		s.bytes = append(s.bytes, part...)
	}
}

func (s *sessSpy) Create(ctx context.Context, tag sessions.Tag, r sessions.Record, ttl time.Duration, limit int, revoked time.Duration) error {
	s.saw(tag[:], []byte(r.ID), r.Family[:], r.Current[:], r.Previous[:], r.Salt[:], r.Data)
	return s.Store.Create(ctx, tag, r, ttl, limit, revoked)
}

func (s *sessSpy) Rotate(ctx context.Context, tag sessions.Tag, id string, from sessions.Hash, to sessions.Rotation, ttl time.Duration) error {
	s.saw(from[:], to.Current[:], to.Previous[:], to.Salt[:])
	return s.Store.Rotate(ctx, tag, id, from, to, ttl)
}
