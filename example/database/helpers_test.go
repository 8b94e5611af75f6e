package main

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

const page = "http://localhost:5173" // whose scripts may call the service

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	gin.DefaultErrorWriter = io.Discard // where Recovery prints its stacks
	os.Exit(m.Run())
}

// service is the example as it runs, with a database and a port of its own.
type service struct {
	*api
	router *gin.Engine
	path   string // of the database
	url    string
	events records
}

// setup is what a test wants different.
type setup struct {
	limit time.Duration                   // of a request, a minute by default
	conns int                             // in the pool
	wrap  func(http.Handler) http.Handler // sees each request first
}

func start(t *testing.T, s setup) *service {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notes?.db") // as a file may be called
	db, err := openDatabase(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	if s.conns > 0 {
		db.SetMaxOpenConns(s.conns)
	}
	a, err := newAPI(db, ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256)))
	require.NoError(t, err)
	pages, err := corsFor(page)
	require.NoError(t, err)
	events := make(records, 1000)
	if s.limit == 0 {
		s.limit = time.Minute
	}
	router := a.router(middleware(slog.New(events), pages, s.limit)...)
	var h http.Handler = router
	if s.wrap != nil {
		h = s.wrap(h)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return &service{a, router, path, server.URL, events}
}

// records is a slog.Handler that keeps what is logged, at all levels.
type records chan slog.Record

func (r records) Enabled(context.Context, slog.Level) bool { return true }
func (r records) Handle(_ context.Context, rec slog.Record) error {
	r <- rec
	return nil
}
func (r records) WithAttrs([]slog.Attr) slog.Handler { return r }
func (r records) WithGroup(string) slog.Handler      { return r }

// next waits for the next record, and returns its level and attributes.
func (r records) next(t *testing.T) (slog.Level, map[string]string) {
	t.Helper()
	select {
	case rec := <-r:
		attrs := map[string]string{}
		rec.Attrs(func(a slog.Attr) bool { attrs[a.Key] = a.Value.String(); return true })
		return rec.Level, attrs
	case <-time.After(time.Minute):
		require.FailNow(t, "nothing was logged")
		return 0, nil
	}
}

// tokenOf returns a token for the seeded user, without the slow login.
func (s *service) tokenOf(t *testing.T, username string) string {
	t.Helper()
	var id string
	require.NoError(t, s.db.QueryRow("SELECT id FROM users WHERE username = ?", username).Scan(&id))
	token, err := s.issuer.Sign(&ginjwt.Claims{Subject: id})
	require.NoError(t, err)
	return token
}

// answer is a response whose body was read.
type answer struct {
	*http.Response
	body string
}

// call makes a request, given as "METHOD /path body", with token unless it is
// empty and with headers given as name, value, name, value.
func (s *service) call(t *testing.T, request, token string, headers ...string) answer {
	t.Helper()
	resp, err := http.DefaultClient.Do(s.request(t, request, token, headers...))
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return answer{resp, string(body)}
}

func (s *service) request(t *testing.T, request, token string, headers ...string) *http.Request {
	t.Helper()
	method, rest, _ := strings.Cut(request, " ")
	path, body, _ := strings.Cut(rest, " ")
	req, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	require.NoError(t, err)
	if path == "/token" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return req
}

// notes returns how many notes there are, whoever's they are.
func (s *service) notes(t *testing.T) (count int) {
	t.Helper()
	require.NoError(t, s.db.QueryRow("SELECT count(*) FROM notes").Scan(&count))
	return count
}

// assertFree fails if a connection does not come back to the pool: it takes
// all of them at once.
func (s *service) assertFree(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var held []*sql.Conn
	for range cmp.Or(s.db.Stats().MaxOpenConnections, 1) {
		conn, err := s.db.Conn(ctx)
		if !assert.NoError(t, err, "a transaction was left open") {
			break
		}
		held = append(held, conn)
	}
	for _, conn := range held {
		assert.NoError(t, conn.Close())
	}
	assert.Zero(t, s.db.Stats().InUse)
}

// hold takes a connection out of the pool for the rest of the test.
func (s *service) hold(t *testing.T) *sql.Conn {
	t.Helper()
	conn, err := s.db.Conn(context.Background())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, conn.Close()) })
	return conn
}

// other returns a connection of another program to the same database, on which
// statements were executed.
func (s *service) other(t *testing.T, statements ...string) *sql.Conn {
	t.Helper()
	db, err := sql.Open("sqlite", dsn(s.path))
	require.NoError(t, err)
	conn, err := db.Conn(context.Background())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, conn.Close()); assert.NoError(t, db.Close()) })
	for _, statement := range statements {
		_, err := conn.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	return conn
}

func decode[T any](t *testing.T, body string) (v T) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(body), &v), body)
	return v
}
