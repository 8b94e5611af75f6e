package main

import (
	"context"
	"database/sql"
	"errors"

	"github.com/gin-gonic/gin"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/ginjwt/gin-depends/ginjwt"
)

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
	switch failed.Code() & 0xff { // the primary result code: the higher bits say more about it
	case sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_MISUSE, sqlite3.SQLITE_RANGE:
		return true
	}
	return false
}
