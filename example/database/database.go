package main

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"
	_ "modernc.org/sqlite" // the driver

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
