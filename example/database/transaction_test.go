package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/ginjwt/gin-depends/ginjwt"
)

func TestCommitIsSeenByTheNextRequest(t *testing.T) {
	t.Parallel()
	s := start(t, setup{conns: 2})
	token := s.tokenOf(t, "johndoe")
	assert.Equal(t, "[]", s.call(t, "GET /notes", token).body)
	added := s.call(t, `POST /notes {"text":"milk"}`, token)
	assert.Equal(t, 201, added.StatusCode)
	note := decode[Note](t, added.body)
	assert.Equal(t, "milk", note.Text)
	assert.Equal(t, []Note{note}, decode[[]Note](t, s.call(t, "GET /notes", token).body))
	assert.Equal(t, "[]", s.call(t, "GET /notes", s.tokenOf(t, "alice")).body, "hers are others")
	s.assertFree(t)
}

// write writes a note, and leaves the commit to others.
func write(c *gin.Context, me User, tx *sql.Tx) {
	ginjwt.Must(insertNote(c.Request.Context(), tx, me, "half"))
}

// lasting takes the end off the request's context. It would end the transaction
// as well, but only after the answer; so what is left is the clean-up.
func lasting(c *gin.Context) {
	c.Request = c.Request.WithContext(context.WithoutCancel(c.Request.Context()))
}

func TestNothingIsWrittenUnlessTheHandlerCommits(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		route  func(a *api) gin.HandlerFunc
		status int
	}{
		"a handler that forgets to commit": {func(a *api) gin.HandlerFunc { return ginjwt.Handle2(a.user, a.tx, write) }, 200},
		"a handler that fails": {func(a *api) gin.HandlerFunc {
			return ginjwt.Handle2(a.user, a.tx, func(c *gin.Context, me User, tx *sql.Tx) {
				write(c, me, tx)
				ginjwt.Abort(c, errors.New("a bug"))
			})
		}, 500},
		"a handler that panics": {func(a *api) gin.HandlerFunc {
			return ginjwt.Handle2(a.user, a.tx, func(c *gin.Context, me User, tx *sql.Tx) {
				write(c, me, tx)
				panic("a bug")
			})
		}, 500},
		"a dependency that refuses": {func(a *api) gin.HandlerFunc {
			written := ginjwt.Depends2(a.user, a.tx, func(c *gin.Context, me User, tx *sql.Tx) (User, error) {
				write(c, me, tx)
				return me, ginjwt.Forbidden("Not you")
			})
			return ginjwt.Handle(written, readMe)
		}, 403},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, setup{conns: 1})
			s.router.POST("/half", lasting, tc.route(s.api))
			assert.Equal(t, tc.status, s.call(t, "POST /half", s.tokenOf(t, "johndoe")).StatusCode)
			s.assertFree(t)
			assert.Zero(t, s.notes(t))
		})
	}
}

// deadline is a context whose deadline passes when the test says so.
type deadline struct {
	context.Context
	passed chan struct{}
}

func (d deadline) Done() <-chan struct{} { return d.passed }

func (d deadline) Err() error {
	select {
	case <-d.passed:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

func TestCommitAfterTheDeadline(t *testing.T) {
	t.Parallel()
	s := start(t, setup{conns: 1})
	ctx := deadline{context.Background(), make(chan struct{})}
	s.router.POST("/late", func(c *gin.Context) { c.Request = c.Request.WithContext(ctx) },
		ginjwt.Handle2(s.user, s.tx, func(c *gin.Context, me User, tx *sql.Tx) {
			write(c, me, tx)
			close(ctx.passed)
			ginjwt.Abort(c, outcome(c, tx.Commit()))
		}))
	assertOutage(t, s, "POST /late", s.tokenOf(t, "johndoe"))
	s.assertFree(t)
	assert.Zero(t, s.notes(t))
}

// A transaction that is there can still fail, and that is no reason for a 401.
func TestUserCannotBeLookedUp(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		spoil  func(c *gin.Context, a *api, late deadline) error
		status int
	}{
		"the deadline passes in between": {func(_ *gin.Context, _ *api, late deadline) error { close(late.passed); return nil }, 503},
		"the table is gone": {func(c *gin.Context, a *api, _ deadline) error {
			_, err := ginjwt.Must(a.tx.Get(c)).Exec("PRAGMA defer_foreign_keys = on; DROP TABLE users")
			return err
		}, 500},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, setup{conns: 1})
			ctx := deadline{context.Background(), make(chan struct{})}
			s.router.POST("/between", func(c *gin.Context) { c.Request = c.Request.WithContext(ctx) }, ginjwt.Require(s.tx),
				func(c *gin.Context) { assert.NoError(t, tc.spoil(c, s.api, ctx)) }, ginjwt.Handle(s.user, readMe))
			assert.Equal(t, tc.status, s.call(t, "POST /between", s.tokenOf(t, "johndoe")).StatusCode)
			s.assertFree(t)
		})
	}
}

// A writer that took its lock later could find that what it read has changed,
// and would have to start over.
func TestWriterHasItsLockFromTheStart(t *testing.T) {
	t.Parallel()
	s := start(t, setup{})
	conn := s.other(t, "PRAGMA busy_timeout = 0")
	s.router.POST("/try", ginjwt.Handle(s.user, func(c *gin.Context, _ User) {
		_, err := conn.ExecContext(c.Request.Context(), "DELETE FROM users")
		c.JSON(200, isBusy(err))
	}))
	assert.Equal(t, "true", s.call(t, "POST /try", s.tokenOf(t, "johndoe")).body)
}

func isBusy(err error) bool {
	var failed *sqlite.Error
	return errors.As(err, &failed) && failed.Code()&0xff == sqlite3.SQLITE_BUSY
}

func TestReadersDoNotStopWriters(t *testing.T) {
	t.Parallel()
	s := start(t, setup{})
	token := s.tokenOf(t, "johndoe")
	s.other(t, "BEGIN", "SELECT count(*) FROM notes")
	assert.Equal(t, 201, s.call(t, `POST /notes {"text":"milk"}`, token).StatusCode)
}

func TestTooManyNotesLeaveNone(t *testing.T) {
	t.Parallel()
	s := start(t, setup{conns: 1})
	token := s.tokenOf(t, "johndoe")
	for range maxNotes {
		_, err := s.db.Exec("INSERT INTO notes (owner, text) SELECT id, 'milk' FROM users WHERE username = 'johndoe'")
		require.NoError(t, err)
	}
	_, err := s.db.Exec("DELETE FROM notes WHERE id = 1")
	require.NoError(t, err)
	assert.Equal(t, 201, s.call(t, `POST /notes {"text":"the last"}`, token).StatusCode)
	assert.Equal(t, 409, s.call(t, `POST /notes {"text":"one more"}`, token).StatusCode)
	s.assertFree(t)
	assert.Equal(t, maxNotes, s.notes(t))
	assert.Equal(t, 201, s.call(t, `POST /notes {"text":"milk"}`, s.tokenOf(t, "alice")).StatusCode, "she has room")
}

// What asks for the transaction gets the same one. A second would wait for the
// only connection until the deadline.
func TestOneTransactionForAll(t *testing.T) {
	t.Parallel()
	s := start(t, setup{conns: 1})
	token := s.tokenOf(t, "johndoe")
	txOf := func(_ *gin.Context, tx *sql.Tx) (*sql.Tx, error) { return tx, nil }
	one, two := ginjwt.Depends(s.tx, txOf), ginjwt.Depends(s.tx, txOf)
	s.router.GET("/same", ginjwt.Handle3(s.user, one, two, func(c *gin.Context, _ User, a, b *sql.Tx) {
		asked, err := s.tx.Get(c)
		c.JSON(200, a == b && b == asked && err == nil)
	}))
	assert.Equal(t, "true", s.call(t, "GET /same", token).body)
	assert.Equal(t, 201, s.call(t, `POST /notes {"text":"milk"}`, token).StatusCode)
	assert.Equal(t, 204, s.call(t, "DELETE /users/me", token).StatusCode)
	assert.Zero(t, s.db.Stats().WaitCount)
	s.assertFree(t)
}

// With no connection free, a transaction that began would wait forever.
func TestNoTransactionForARefusedRequest(t *testing.T) {
	t.Parallel()
	s := start(t, setup{conns: 1})
	token := s.tokenOf(t, "johndoe")
	s.hold(t)
	for _, request := range everyRequest[:4] {
		assert.Equal(t, 401, s.call(t, request, "").StatusCode, request)
		assert.Equal(t, 401, s.call(t, request, token[:len(token)-9]+"forgotten").StatusCode, request)
	}
	for name, body := range map[string]string{
		"no text": "{}", "no JSON": "milk", "too long": `{"text":"` + strings.Repeat("x", 1001) + `"}`,
		"too large, before it is known to be too long": strings.Repeat(" ", 16<<10) + `{"text":"milk"}`,
	} {
		assert.Equal(t, 400, s.call(t, "POST /notes "+body, token).StatusCode, name)
	}
	assert.Zero(t, s.db.Stats().WaitCount)
}

// slowBody is a body that is sent when the server asks for it.
type slowBody struct {
	io.Reader
	asked func()
}

func (b slowBody) Read(p []byte) (int, error) {
	b.asked()
	return b.Reader.Read(p)
}

// A client that waits for "100 Continue" tells when the server begins to read.
func TestBodyIsReadBetweenTokenAndTransaction(t *testing.T) {
	t.Parallel()
	s := start(t, setup{conns: 1})
	token := s.tokenOf(t, "johndoe")
	client := &http.Client{Transport: &http.Transport{ExpectContinueTimeout: time.Hour}}
	t.Cleanup(client.CloseIdleConnections)
	for sent, want := range map[string]struct {
		status int
		asked  bool
	}{token: {201, true}, "": {401, false}, "a.b.c": {401, false}} {
		asked := false
		req := s.request(t, "POST /notes", sent, "Expect", "100-continue")
		text := strings.NewReader(`{"text":"milk"}`)
		req.ContentLength = text.Size()
		req.Body = io.NopCloser(slowBody{text, func() {
			asked = true
			assert.Zero(t, s.db.Stats().InUse, "the database waits for a slow client")
		}})
		resp, err := client.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, want.status, resp.StatusCode)
		assert.Equal(t, want.asked, asked)
	}
}

// Clients come back when they are told to, and each note is stored once.
func TestConcurrentRequests(t *testing.T) {
	t.Parallel()
	const clients, each = 8, 10
	s := start(t, setup{})
	token := s.tokenOf(t, "johndoe")
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			for j := range each {
				post := fmt.Sprintf(`POST /notes {"text":"%d %d"}`, i, j)
				status := 503
				for status == 503 { // a writer may wait longer for the others than it is allowed to
					status = s.call(t, post, token).StatusCode
				}
				assert.Equal(t, 201, status)
				assert.Equal(t, 200, s.call(t, "GET /notes", token).StatusCode)
			}
		})
	}
	wg.Wait()
	s.assertFree(t)
	texts := map[string]bool{}
	for _, note := range decode[[]Note](t, s.call(t, "GET /notes", token).body) {
		assert.False(t, texts[note.Text], note.Text)
		texts[note.Text] = true
	}
	assert.Len(t, texts, clients*each)
}
