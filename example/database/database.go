package main

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/ginjwt/gin-depends/ginjwt"
)

//go:embed schema.sql
var schema string

func openDatabase(ctx context.Context, path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(8) // further requests wait their turn, until their deadline
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// dsn returns the name of the database at path. Writers take their lock when
// they begin: one that first reads and then finds the lock taken could only
// start over. With a write-ahead log, readers wait for nobody.
func dsn(path string) string {
	options := url.Values{
		"_txlock": {"immediate"}, "_journal_mode": {"WAL"}, "_synchronous": {"NORMAL"},
		"_foreign_keys": {"on"}, "_busy_timeout": {"1000"}, // milliseconds
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: options.Encode()}
	return u.String()
}

// begin begins the request's transaction, which ends with the request's
// context. It is rolled back unless the handler commits it: a clean-up cannot
// know whether the handler succeeded, and after a commit a rollback does nothing.
func (a *api) begin(c *gin.Context) (*sql.Tx, error) {
	readOnly := c.Request.Method == http.MethodGet
	tx, err := a.db.BeginTx(c.Request.Context(), &sql.TxOptions{ReadOnly: readOnly})
	if err != nil {
		return nil, outcome(c, err)
	}
	ginjwt.Cleanup(c, func() { _ = tx.Rollback() })
	return tx, nil
}

// outcome says what an error of the database means for the client:
//
//   - The client left, which cancels the request's context: 499, and no alarm.
//   - A statement that can never work is a bug: 500.
//   - All else is an outage: 503, for the token may well be good. The database
//     is locked, closed or out of reach, or the request's deadline has passed.
//
// Outages are what is left because not all can be named: that of a closed
// database, for one, is not exported. An *ginjwt.Error stands as it is.
func outcome(c *gin.Context, err error) error {
	ended := c.Request.Context().Err()
	var refusal *ginjwt.Error
	switch {
	case err == nil, errors.As(err, &refusal):
		return err
	case errors.Is(ended, context.Canceled):
		return ended // err may say no more than that the transaction is over
	case ended == nil && isBug(err):
		return err
	}
	return ginjwt.Unavailable(err)
}

// isBug reports whether err, of a request that still has time, will be the same
// at the next try.
func isBug(err error) bool {
	var failed *sqlite.Error
	if !errors.As(err, &failed) {
		return errors.Is(err, sql.ErrTxDone)
	}
	switch failed.Code() & 0xff { // the rest tells kinds of a code apart
	case sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_MISUSE, sqlite3.SQLITE_RANGE:
		return true
	}
	return false
}
